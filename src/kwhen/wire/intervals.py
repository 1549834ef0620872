"""Bodies with a year of quarter hours: a fast reader, and an exact one that names what is wrong.

Both accept the same bodies and give the same values. The fast one cuts the arrays out of the text
and parses them with simdjson; what is left is small and goes through the exact JSON reader. Where
anything is out of the ordinary, the exact reader reads the whole body.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from kwhen.errors import FieldError, InvalidFields
from kwhen.haste import take_time
from kwhen.wire.interval_rules import (
    CELLS_COUNT,
    MOST_DAYS,
    Floats,
    are_allowed,
    cell_error,
    day_count_error,
    kind_of,
    row_length_error,
)
from kwhen.wire.strict_json import MOST_ERRORS, Refused, not_finite, read_marked, refusals

try:
    import simdjson
except ImportError:  # an extra, without a wheel for every Python: the exact reader reads all
    simdjson = None  # type: ignore[assignment]

PATHS = ("usage", "export")
MOST_FAST_BYTES = 4 << 20  # of one array: a parser takes a dozen times as much

_ARRAY_OF_ARRAYS = re.compile(rb'"\s*:\s*(\[)\s*\[')
_BRACKET = ord("[")
_SIGN = re.compile(rb"(?<![eE])-")
_HOLE = b"NaN"  # in the place of an array that was cut out: no JSON value is written so
_NUMBERS = frozenset({int, float})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IntervalBody:
    """A body that carries arrays of interval energy."""

    rest: dict[str, Any]  # every other field
    arrays_kwh: Mapping[str, Floats]  # path → (D, 96); what is absent, null or wrong is not here
    problems: tuple[FieldError, ...]  # of the arrays, at most 100; empty: all good


def read_intervals(body: bytes, paths: Sequence[str] = PATHS) -> IntervalBody:
    """The arrays at dotted `paths` of a JSON object, and its other fields.

    Raises
    ------
    InvalidFields
        The body is not a JSON object, or a field outside of the arrays holds what none may.
    """
    fast = _read_fast(body, paths)
    if fast is not None:
        return fast
    take_time()
    return _read_exactly(body, paths)


def _read_exactly(body: bytes, paths: Sequence[str]) -> IntervalBody:
    tree = read_marked(body)
    if not isinstance(tree, dict):
        raise InvalidFields.one("", f"the body must be a JSON object, got {kind_of(tree)}")
    given = {path: rows for path in paths if (rows := _taken(tree, path)) is not None}
    arrays_kwh = {
        path: array for path, rows in given.items() if (array := _array(rows)) is not None
    }
    wrong = chain.from_iterable(
        _rows_errors(path, rows) for path, rows in given.items() if path not in arrays_kwh
    )
    problems = tuple(islice(wrong, MOST_ERRORS))
    if errors := refusals(tree):
        raise InvalidFields((*errors, *problems)[:MOST_ERRORS])
    return IntervalBody(rest=tree, arrays_kwh=arrays_kwh, problems=problems)


def _taken(tree: dict[str, Any], path: str) -> Any:
    """What was at a dotted path, which is removed; None where nothing was."""
    *outer, name = path.split(".")
    inner: Any = tree
    for step in outer:
        inner = inner.get(step)
        if not isinstance(inner, dict):
            return None
    return inner.pop(name, None)


def _array(rows: Any) -> Floats | None:
    """Rows as an array, None when anything is wrong with them."""
    if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_DAYS:
        return None
    for row in rows:
        if not isinstance(row, list) or len(row) != CELLS_COUNT or set(map(type, row)) - _NUMBERS:
            return None
    array_kwh = np.array(rows, dtype=np.float64)  # (D, 96)
    return array_kwh if are_allowed(array_kwh) else None


def _rows_errors(path: str, rows: Any) -> Iterator[FieldError]:
    """What is wrong with rows that are not an array."""
    if isinstance(rows, Refused):
        yield FieldError(path, rows.message)
    elif not isinstance(rows, list):
        yield FieldError(path, f"must be an array of days, got {kind_of(rows)}")
    elif error := day_count_error(path, len(rows)):
        yield error
    else:
        for day, row in enumerate(rows):
            if _array([row]) is None:
                yield from _row_errors(f"{path}[{day}]", row)


def _row_errors(path: str, row: Any) -> Iterator[FieldError]:
    if isinstance(row, Refused):
        yield FieldError(path, row.message)
    elif not isinstance(row, list):
        yield FieldError(path, f"must be an array of {CELLS_COUNT} numbers, got {kind_of(row)}")
    else:
        if error := row_length_error(path, len(row)):
            yield error
        for cell, value in enumerate(row[:CELLS_COUNT]):  # a longer row has its error already
            if message := cell_error(value):
                yield FieldError(f"{path}[{cell}]", message)


@dataclass(frozen=True, slots=True)
class _Hole:
    """Stands in the tree where an array was cut out: from `start` to before `end`."""

    start: int
    end: int


def _read_fast(body: bytes, paths: Sequence[str]) -> IntervalBody | None:
    """The same as `_read_exactly`, or None: anything out of the ordinary, and all that is wrong.

    A JSON text stays one when a value in it is replaced by another. So the body is good when
    what is left around the holes is, each hole is the value of a path, and each cut is good.
    """
    spans = _spans(body, len(paths))
    if simdjson is None or not spans:
        return None
    rest = _with_holes(body, spans)
    holes = [_taken(rest, path) for path in paths] if isinstance(rest, dict) else []
    if sum(hole is not None for hole in holes) != len(spans) or refusals(rest):
        return None
    arrays_kwh = {}
    for path, hole in zip(paths, holes, strict=True):
        if hole is None:
            continue
        if not isinstance(hole, _Hole):
            return None
        array_kwh = _parsed(body[hole.start : hole.end])
        if array_kwh is None:
            return None
        arrays_kwh[path] = array_kwh
    return IntervalBody(rest=rest, arrays_kwh=arrays_kwh, problems=())


def _spans(body: bytes, most: int) -> list[_Hole]:
    """Members that seem to be arrays of arrays: each ends at the last ] before the next quote."""
    spans: list[_Hole] = []
    end = 0
    while found := _ARRAY_OF_ARRAYS.search(body, end):
        start = found.start(1)
        quote = body.find(b'"', start)
        end = body.rfind(b"]", start, quote if quote >= 0 else len(body)) + 1
        if end == 0 or len(spans) == most:
            return []
        spans.append(_Hole(start, end))
    return spans


def _with_holes(body: bytes, spans: Sequence[_Hole]) -> Any:
    """The body's tree with each span as a hole; None when it has not just these, or is wrong."""
    edges = [0, *chain.from_iterable((span.start, span.end) for span in spans), len(body)]
    left = _HOLE.join(body[a:b] for a, b in zip(edges[::2], edges[1::2], strict=True))
    if left.count(_HOLE) != len(spans):
        return None
    waiting = iter(spans)
    try:
        return read_marked(
            left, constant=lambda word: next(waiting) if word == "NaN" else not_finite(word)
        )
    except InvalidFields:
        return None


def _parsed(array: bytes) -> Floats | None:
    """An array of days as JSON, None when anything is out of the ordinary."""
    if len(array) > MOST_FAST_BYTES:
        return None
    try:
        flat_kwh, days_count = _flattened(array)
    except (ValueError, TypeError, RuntimeError):
        return None
    if flat_kwh.size != days_count * CELLS_COUNT or not 1 <= days_count <= MOST_DAYS:
        return None
    # The parser flattens arrays in cells, and reads -0 as 0.
    brackets_count = np.count_nonzero(np.frombuffer(array, np.uint8) == _BRACKET)
    if brackets_count != days_count + 1 or (b"-" in array and _SIGN.search(array)):
        return None
    return flat_kwh.reshape(days_count, CELLS_COUNT) if are_allowed(flat_kwh) else None


def _flattened(array: bytes) -> tuple[Floats, int]:
    """All numbers of an array of days of 96 elements each, and its number of days."""
    # A parser of its own: one that is kept holds the memory of the largest array it has read.
    rows: Any = simdjson.Parser().parse(array)
    flat_kwh = np.frombuffer(rows.as_buffer(of_type="d"), dtype=np.float64)
    if set(map(len, rows)) != {CELLS_COUNT}:
        raise ValueError("days of other lengths")
    return flat_kwh, len(rows)
