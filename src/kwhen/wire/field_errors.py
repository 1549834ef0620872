"""pydantic's errors by the paths that a client would write."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from kwhen.errors import FieldError

MOST_FIELD_ERRORS = 100
PLACES = frozenset({"body", "path", "query", "header"})


def field_errors(errors: Iterable[Mapping[str, Any]]) -> list[FieldError]:
    """Each error by its field, at most 100."""
    return [FieldError(_path(e["loc"]), _words(e)) for e in islice(errors, MOST_FIELD_ERRORS)]


def _path(loc: tuple[Any, ...]) -> str:
    parts = loc[1:] if loc and loc[0] in PLACES else loc
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _words(error: Mapping[str, Any]) -> str:
    if error["type"] == "missing":
        return "is required" if _path(error["loc"]) else "a body is required"
    message = str(error["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
