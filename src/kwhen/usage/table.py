"""Rows of a CSV file with the line they stand on, and cells turned into numbers."""

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kwhen.errors import SourceError, UsageError
from kwhen.usage.channel import MOST_ROWS, Floats

_LONGEST_LINE = 20_000
# No-break and narrow spaces, and the byte order mark, which exports put where a space would do.
_SPACES = ("\u00a0", "\u202f", "\u2009", "\ufeff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The stripped cells of one CSV row."""

    line: int
    cells: tuple[str, ...]

    def cell(self, index: int) -> str:
        """The cell at an index, blank beyond the end of a short row."""
        return self.cells[index] if index < len(self.cells) else ""


def read_rows(text: str) -> tuple[Row, ...]:
    """The rows of a CSV text that have anything in them; a row is one line.

    Raises
    ------
    SourceError
        A line is too long for a table, or there are more rows than ten years of 5-minute
        readings.
    """
    for space in _SPACES:
        text = text.replace(space, " ")
    rows = []
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if len(line) > _LONGEST_LINE:
            raise SourceError(
                f"line {number}: not readable as CSV, it has {len(line):,} characters; allowed "
                f"are {_LONGEST_LINE:,}. Give a CSV, Green Button XML or Parquet file"
            )
        cells = line.split(",") if '"' not in line else next(csv.reader([line]), [])
        stripped = tuple(cell.strip() for cell in cells)
        if any(stripped):
            rows.append(Row(line=number, cells=stripped))
        if len(rows) > MOST_ROWS:
            raise SourceError(f"more than {MOST_ROWS:,} rows; give at most ten years")
    return tuple(rows)


def header_cells(row: Row) -> tuple[str, ...]:
    """The cells of a header as they are compared: lower case, single spaces."""
    return tuple(" ".join(cell.lower().split()) for cell in row.cells)


def read_energy_kwh(
    cells: Sequence[str], lines: Sequence[int], name: str, place: str = "line"
) -> Floats:
    """Cells as kWh; a blank cell, which is a missing reading, becomes NaN.

    Raises
    ------
    UsageError
        A cell is NaN, infinite or no number.
    """
    try:
        energy_kwh = np.array([float(cell) if cell else math.nan for cell in cells], np.float64)
        if np.isfinite(energy_kwh).sum() == sum(map(bool, cells)) and "_" not in "".join(cells):
            return energy_kwh
    except ValueError:
        pass
    for cell, line in zip(cells, lines, strict=True):
        if cell and not is_number(cell):
            raise UsageError(
                f"{place} {line}: {name[:40]} is {cell[:40]!r}; allowed is a finite number, "
                "such as 0.25, or a blank for a missing reading"
            )
    raise AssertionError("a column that failed has a cell that fails")


def is_number(text: str) -> bool:
    """Whether a text is a finite decimal number, as files write one."""
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False
