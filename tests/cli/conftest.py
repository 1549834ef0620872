"""Run the command in this process, as the installed script does, on real catalog data."""

import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kwhen.cli import main

ANSI = re.compile(r"\x1b\[")
STYLE = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def widest(self) -> int:
        return max((len(line) for line in self.out.splitlines()), default=0)


Kwhen = Callable[..., Said]


@pytest.fixture(autouse=True)
def a_home_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """80 columns, no imported plans, no settings of the machine."""
    of_kwhen = [name for name in os.environ if name.startswith("KWHEN_")]
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", *of_kwhen):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("KWHEN_CATALOG", str(tmp_path / "catalog"))
    monkeypatch.setenv("KWHEN_DATA", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def kwhen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Kwhen:
    """The command: words in, what it said out."""
    # Loggers would keep the stream of one test for all tests after it, when it is closed.
    for place in ("logs", "server"):
        monkeypatch.setattr(f"kwhen.service.{place}.configure_logs", lambda settings: None)

    def run(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["kwhen", *words])
        capsys.readouterr()
        code = main()
        said = capsys.readouterr()
        return Said(code=code, out=said.out, err=said.err)

    return run


@pytest.fixture
def on_terminal(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """A command run as on a terminal of 80 columns."""

    def run(*words: str) -> str:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm-256color")
        said = kwhen(*words)
        assert said.code == 0, said.err
        return said.out

    return run
