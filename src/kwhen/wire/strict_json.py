"""The one reader of JSON bodies: what it lets through can be stored, compared and sent on."""

import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from kwhen.errors import FieldError, InvalidFields

MOST_DEPTH = 32  # arrays and objects inside one another
MOST_DIGITS = 300  # of an integer: below the largest double, and what Python converts at once
MOST_ERRORS = 100  # of one body
MOST_SHOWN = 60  # characters of a key in a path
TOO_LARGE = "must be a finite number, got one beyond the range of a double"

_BOM = b"\xef\xbb\xbf"
_WHITESPACE = b" \t\r\n"
_SOUND = frozenset({int, bool, type(None)})


@dataclass(frozen=True, slots=True)
class Refused:
    """Stands in a tree where the body had what no field may hold."""

    message: str


def read_json(body: bytes, *, max_depth: int = MOST_DEPTH) -> Any:
    """The value of a JSON text, in which every key is there once and every number is finite.

    An integer written -0 is the float -0.0, so that its sign is not lost.

    Raises
    ------
    InvalidFields
        The body is empty, not UTF-8, not JSON or nested too deep; a key is repeated; a number is
        NaN, infinite or too large; a text has a NUL or half of a surrogate pair.
    """
    tree = read_marked(body)
    if errors := refusals(tree, max_depth=max_depth):
        raise InvalidFields(errors)
    return tree


def not_finite(word: str) -> Refused:
    """What stands for NaN, Infinity and -Infinity."""
    return Refused(f"must be a finite number, got {word}")


def read_marked(body: bytes, *, constant: Callable[[str], Any] = not_finite) -> Any:
    """The tree of a JSON text with `Refused` in some places; `refusals` finds them and others.

    `constant` makes the value of the words NaN, Infinity and -Infinity.
    """
    if not body.strip(_WHITESPACE):
        raise InvalidFields.one("", "the body is empty; send JSON")
    if body.startswith(_BOM):
        raise InvalidFields.one("", "the body starts with a byte order mark; send JSON without it")
    decoder = _DECODER if constant is not_finite else _decoder(constant)
    try:
        return decoder.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        place = _place(body, error.start)
        raise InvalidFields.one("", f"{place}: not UTF-8; send JSON in UTF-8") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise InvalidFields.one("", f"{place}: malformed JSON: {error.msg}") from error
    except RecursionError as error:
        raise InvalidFields.one("", "arrays and objects are nested too deep") from error


def _decoder(constant: Callable[[str], Any]) -> json.JSONDecoder:
    return json.JSONDecoder(object_pairs_hook=_members, parse_int=_integer, parse_constant=constant)


def refusals(tree: Any, *, max_depth: int = MOST_DEPTH) -> tuple[FieldError, ...]:
    """What no field may hold, with its path; at most 100."""
    found = _member_errors("", tree, max_depth)
    return tuple(islice(found, MOST_ERRORS))


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; a repeated key has `Refused` as its value, since neither was meant alone."""
    members = dict(pairs)
    if len(members) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                members[key] = Refused("is given more than once; send it once")
            seen.add(key)
    return members


def _integer(digits: str) -> int | float | Refused:
    if digits == "-0":
        return -0.0
    if len(digits) > MOST_DIGITS:
        return Refused(f"an integer of {len(digits)} digits; at most {MOST_DIGITS} are read")
    return int(digits)


_DECODER = _decoder(not_finite)


def _place(body: bytes, start: int) -> str:
    """Line and column of a byte."""
    line = body.count(b"\n", 0, start) + 1
    line_start = body.rfind(b"\n", 0, start) + 1
    return f"line {line}, column {start - line_start + 1}"


def _member_errors(path: str, value: Any, depth: int) -> Iterator[FieldError]:
    """Errors of one value and of all that it holds."""
    if isinstance(value, Refused):
        yield FieldError(path, value.message)
    elif isinstance(value, str):
        if message := _text_error(value):
            yield FieldError(path, message)
    elif isinstance(value, float):
        if math.isinf(value):
            yield FieldError(path, TOO_LARGE)
    elif isinstance(value, dict | list):
        if depth == 0:
            yield FieldError(path, "arrays and objects are nested too deep; send them flatter")
        elif isinstance(value, dict):
            yield from _object_errors(path, value, depth - 1)
        else:
            yield from _array_errors(path, value, depth - 1)


def _object_errors(path: str, members: dict[str, Any], depth: int) -> Iterator[FieldError]:
    for key, member in members.items():
        if _is_sound(key) and (
            type(member) in _SOUND or (type(member) is str and _is_sound(member))
        ):
            continue
        inner = f"{path}.{_shown(key)}" if path else _shown(key)
        if message := _text_error(key):
            yield FieldError(inner, f"the key {message}")
        yield from _member_errors(inner, member, depth)


def _array_errors(path: str, items: list[Any], depth: int) -> Iterator[FieldError]:
    for index, item in enumerate(items):
        if type(item) not in _SOUND:
            yield from _member_errors(f"{path}[{index}]", item, depth)


def _is_sound(text: str) -> bool:
    """Whether a text is seen at once to be good; others may be good as well."""
    return text.isascii() and "\0" not in text


def _text_error(text: str) -> str:
    """Why a text cannot be stored or sent on, "" when it can."""
    if "\0" in text:
        return "has a NUL character; send text without it"
    if not text.isascii():
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            return "has half of a surrogate pair; send whole characters"
    return ""


def _shown(key: str) -> str:
    """A key as a path shows it: short, and what cannot be sent is escaped."""
    short = key if len(key) <= MOST_SHOWN else f"{key[:MOST_SHOWN]}…"
    return short.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")
