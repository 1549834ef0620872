"""docs/settings.md tells every setting with its default and meaning, in the order of the code."""

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticUndefined

from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.live.settings import read_settings as read_live_settings
from kwhen.config import CONFIG, environment, variable
from kwhen.settings import Settings, read_settings
from tests.reading import ROOT

PAGE = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("```toml\n")[1].split("```")[0]


def told(default: Any) -> str:
    """A default as the page writes it; blank where there is none."""
    if default in (None, "", (), PydanticUndefined):
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, tuple):
        return f"`{','.join(map(str, default))}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def row(name: str, default: Any, words: str) -> str:
    cell = told(default)
    return f"| `{name}` |{f' {cell} ' if cell else ' '}| {words} |"


def rows() -> list[str]:
    service = [
        row(variable(name), field.get_default(), field.description or "")
        for name, field in Settings.model_fields.items()
    ]
    live = [
        row(part.metadata["name"], part.default, part.metadata["words"])
        for part in fields(LiveSettings)
    ]
    return service + live


def test_the_page_has_every_setting() -> None:
    known = {line.split("`")[1] for line in rows()}
    on_page = [line for line in PAGE.splitlines() if line.startswith("| `KWHEN_")]
    assert [line for line in on_page if line.split("`")[1] in known] == rows()


def test_the_example_is_a_file_that_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "example.toml").write_text(EXAMPLE, encoding="utf-8")
    monkeypatch.setenv(CONFIG, str(tmp_path / "example.toml"))
    for name in tomllib.loads(EXAMPLE):
        monkeypatch.delenv(variable(name), raising=False)
    held = tomllib.loads(EXAMPLE)
    settings, live = read_settings(), read_live_settings(environment())
    known = {*Settings.model_fields, *(part.name for part in fields(LiveSettings))}
    assert set(held) <= known
    assert settings.port == held["port"]
    assert settings.database == held["database_url"]
    assert list(live.markets) == held["markets"]
