"""What an array of interval energy must be: days of 96 cells, each 0 to 1,000 kWh."""

import math
from collections.abc import Iterable
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import FieldError, InvalidFields
from kwhen.wire.strict_json import MOST_ERRORS, TOO_LARGE, Refused

Floats = NDArray[np.float64]

CELLS_COUNT = 96  # quarter hours of a local day
MOST_DAYS = 1_100  # three years and some
MOST_CELL_KWH = 1_000.0

_MOST_BITS = np.float64(MOST_CELL_KWH).view(np.uint64)


def are_allowed(energy_kwh: Floats) -> bool:
    """Whether every value is 0 to 1,000 kWh, without a minus sign.

    Read as integers, doubles keep their order, and NaN, infinity and all that has a minus sign,
    -0.0 included, lie above the rest: one comparison of the largest finds each of them.
    """
    return bool(energy_kwh.view(np.uint64).max(initial=0) <= _MOST_BITS)


def day_count_error(path: str, days_count: int) -> FieldError | None:
    """What is wrong with the number of days of an array."""
    if 1 <= days_count <= MOST_DAYS:
        return None
    return FieldError(path, f"has {days_count:,} days; allowed are 1 to {MOST_DAYS:,}")


def row_length_error(path: str, length: int) -> FieldError | None:
    """What is wrong with the length of one day."""
    if length == CELLS_COUNT:
        return None
    return FieldError(path, f"has {length:,} values; a day must have {CELLS_COUNT}")


def checked(stored: NDArray[Any], path: str) -> Floats:
    """Numbers of any type in (D, 96) as doubles, after their cells are checked. [kWh]"""
    with np.errstate(invalid="ignore"):  # a signalling NaN: it is told with its cell
        energy_kwh = np.array(stored, dtype=np.float64, order="C")
    if not are_allowed(energy_kwh):
        bad = np.argwhere(energy_kwh.view(np.uint64) > _MOST_BITS)
        raise_all(
            FieldError(f"{path}[{day}][{cell}]", cell_error(float(energy_kwh[day, cell])))
            for day, cell in bad.tolist()
        )
    return energy_kwh


def raise_all(errors: Iterable[FieldError | None]) -> None:
    """Refuse with what is wrong, at most 100 at once; nothing happens where nothing is."""
    if found := tuple(islice(filter(None, errors), MOST_ERRORS)):
        raise InvalidFields(found)


def cell_error(cell: Any) -> str:
    """What is wrong with one cell, "" when nothing is."""
    if isinstance(cell, Refused):
        return cell.message
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return f"must be a number of kWh, got {kind_of(cell)}"
    if math.isnan(cell):
        return "must be a finite number, got NaN"
    if math.isinf(cell):
        return TOO_LARGE
    if cell > MOST_CELL_KWH:
        return f"must be at most {MOST_CELL_KWH:,.0f} kWh, got {cell:g}"
    if cell < 0:
        return f"must be 0 or more, got {cell:g}"
    if math.copysign(1.0, cell) < 0:
        return "must be written without a minus sign, got -0"
    return ""


def kind_of(value: Any) -> str:
    """A JSON value as a message names it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return "a string"
        case list():
            return "an array"
        case dict():
            return "an object"
        case _:
            return "a number"
