"""The words of the operator: `KWHEN_…` in the environment and, under them, one file.

The file is `kwhen.toml` in the working folder, or the one that KWHEN_CONFIG names; its keys are
the same words in small letters, without KWHEN_. A variable that is blank is not set.
"""

import os
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from kwhen.errors import SettingError

PREFIX = "KWHEN_"
CONFIG = "KWHEN_CONFIG"
DEFAULT_FILE = "kwhen.toml"


def config_file() -> Path | None:
    """The file of settings, None where there is none.

    Raises
    ------
    SettingError : KWHEN_CONFIG names a file that is not there
    """
    chosen = os.environ.get(CONFIG)
    file = Path(chosen or DEFAULT_FILE)
    if file.is_file():
        return file
    if chosen:
        raise SettingError(f"{CONFIG}: there is no file {chosen}")
    return None


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def environment() -> Mapping[str, str]:
    """The words of the file and, over them, of the environment, by the names of variables.

    Raises
    ------
    SettingError : the file cannot be read
    """
    told = {variable(name): _word(value) for name, value in _held().items()}
    own = {name: word for name, word in os.environ.items() if word or name not in told}
    return {**told, **own}


def origin_of(name: str, given: Collection[str] = ()) -> str:
    """Where a setting comes from: option, environment, the file or the default.

    `given` are the names of those that were given as options.

    Raises
    ------
    SettingError
    """
    if name in given:
        return "option"
    if os.environ.get(variable(name)):
        return "environment"
    return str(config_file()) if name in _held() else "default"


def _held() -> Mapping[str, object]:
    file = config_file()
    try:
        return {} if file is None else tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingError(f"{file}: {error}") from error


def _word(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
