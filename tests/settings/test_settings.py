"""Settings: options win over the environment, it over the file, the file over the defaults."""

import os
from pathlib import Path

import pytest

from kwhen.config import CONFIG, config_file, environment, origin_of
from kwhen.errors import SettingError
from kwhen.settings import read_settings


@pytest.fixture(autouse=True)
def nothing_of_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("KWHEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_who_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (read_settings().port, origin_of("port")) == (8080, "default")
    Path("kwhen.toml").write_text("port = 1\n")
    assert (read_settings().port, origin_of("port")) == (1, "kwhen.toml")
    monkeypatch.setenv("KWHEN_PORT", "2")
    assert (read_settings().port, origin_of("port")) == (2, "environment")
    assert (read_settings(port=3).port, origin_of("port", ["port"])) == (3, "option")
    assert read_settings(port=None).port == 2  # an option that was not given


def test_a_blank_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("kwhen.toml").write_text('markets = ["CAISO", "NYISO"]\nport = 1\n')
    for name in ("KWHEN_PORT", "KWHEN_MARKETS", "KWHEN_SECRET"):
        monkeypatch.setenv(name, "")
    settings = read_settings()
    assert settings.port == 1 and settings.secret is None
    assert environment()["KWHEN_MARKETS"] == "CAISO,NYISO"
    assert origin_of("port") == "kwhen.toml"


def test_the_file_may_lie_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    assert config_file() is None
    Path("other.toml").write_text("workers = 7\n")
    monkeypatch.setenv(CONFIG, "other.toml")
    assert config_file() == Path("other.toml") and read_settings().workers == 7


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = [", "kwhen.toml: "),
        ("port = 'many'", "KWHEN_PORT: "),
        ("log_level = 'loud'", "KWHEN_LOG_LEVEL: "),
        ("workers = 0", "KWHEN_WORKERS: "),
    ],
)
def test_a_wrong_file_is_named(text: str, words: str) -> None:
    Path("kwhen.toml").write_text(text)
    with pytest.raises(SettingError, match=words):
        read_settings()


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONFIG, "nowhere.toml")
    for read in (read_settings, environment, config_file):
        with pytest.raises(SettingError, match=r"there is no file nowhere\.toml"):
            read()


def test_secrets_are_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read_settings(secret="s" * 40, database_url="postgresql://u:hush@h/d")
    assert "hush" not in repr(settings) and "s" * 40 not in repr(settings)
    assert settings.database == "postgresql://u:hush@h/d"
