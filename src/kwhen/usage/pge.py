"""PG&E's interval CSV: a preamble, then TYPE,DATE,START TIME,END TIME and the energy columns.

Energy stands in `USAGE (kWh)`, in `USAGE` with `UNITS`, or in `IMPORT (kWh)` and
`EXPORT (kWh)`. A usage below zero is export. End times are the last minute (00:14) of the
interval. Other utilities on the same portal write the same layout.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Channel, Flow, Ints
from kwhen.usage.stamps import DAY_S, clock_s, day_s
from kwhen.usage.table import Row, header_cells, read_energy_kwh

_SEARCHED: Final = 60  # rows in which a header is looked for
_FLOWS: Final = {"usage": Flow.NET, "import": Flow.IMPORT, "export": Flow.EXPORT}
_WHOLE_S: Final = frozenset({300, 900, 1800, 3600})


def find_pge(rows: Sequence[Row]) -> int | None:
    """Position of the header, None if the rows have none."""
    for index, row in enumerate(rows[:_SEARCHED]):
        cells = header_cells(row)
        if {"date", "start time", "end time"} <= set(cells) and _energy_columns(cells):
            return index
    return None


def read_pge(rows: Sequence[Row], header: int) -> tuple[list[Channel], tuple[str, ...]]:
    """The channels of a PG&E export, and a note on rows of gas.

    Raises
    ------
    UsageError
        A row cannot be read, or the file is of gas or not in kWh.
    """
    names = header_cells(rows[header])
    body, notes = _electric_rows(rows[header + 1 :], names)
    columns = _energy_columns(names)
    _check_units(names, columns, body)
    start_s, duration_s = _times(names, body)
    note = names.index("notes") if "notes" in names else len(names)
    return [
        Channel(
            flow=flow,
            start_s=start_s,
            duration_s=duration_s,
            energy_kwh=read_energy_kwh(
                [row.cell(column) for row in body], [row.line for row in body], names[column]
            ),
            line=np.array([row.line for row in body], np.int64),
            is_estimated=np.array(["estimated" in row.cell(note).lower() for row in body], bool),
            is_wall=True,
        )
        for column, flow in columns.items()
    ], notes


def _electric_rows(
    body: Sequence[Row], names: Sequence[str]
) -> tuple[Sequence[Row], tuple[str, ...]]:
    """The rows of electric usage, and a note if there were others."""
    if "type" not in names:
        return body, ()
    kind = names.index("type")
    electric = [row for row in body if row.cell(kind).lower().startswith("electric")]
    if body and not electric:
        raise UsageError(
            f"line {body[0].line}: TYPE is {body[0].cell(kind)[:40]!r}; allowed is Electric "
            "usage. Export the electric service"
        )
    others = len(body) - len(electric)
    return electric, (f"{others} rows that are not electric usage were left out",) * bool(others)


def _energy_columns(names: Sequence[str]) -> dict[int, Flow]:
    """Index of each energy column and its flow; import and export win over usage."""
    first = [name.partition(" ")[0] for name in names]
    found = {first.index(word): flow for word, flow in _FLOWS.items() if word in first}
    if Flow.IMPORT in found.values():
        found = {index: flow for index, flow in found.items() if flow is not Flow.NET}
    return found


def _check_units(names: Sequence[str], columns: dict[int, Flow], body: Sequence[Row]) -> None:
    """Refuse units other than kWh, in the header or in a UNITS column."""
    units = names.index("units") if "units" in names else None
    for column in columns:
        unit = names[column].partition(" ")[2].strip("()")
        if unit != "kwh" and not (unit == "" and units is not None):
            raise UsageError(
                f"column {names[column][:40]!r}; allowed is kWh. Export electric interval usage"
            )
    if units is None:
        return
    for row in body:
        if row.cell(units).lower() != "kwh":
            raise UsageError(f"line {row.line}: UNITS is {row.cell(units)[:20]!r}; allowed is kWh")


def _times(names: Sequence[str], body: Sequence[Row]) -> tuple[Ints, Ints]:
    """Wall-clock start and duration of each row. [s]"""
    columns = [names.index(name) for name in ("date", "start time", "end time")]
    starts, durations = [], []
    for row in body:
        day_text, start_text, end_text = (row.cell(column) for column in columns)
        day, start, end = day_s(day_text), clock_s(start_text), clock_s(end_text)
        if day is None or start is None or end is None:
            raise UsageError(
                f"line {row.line}: {day_text[:20]!r} {start_text[:20]!r} to {end_text[:20]!r} is "
                "no date and times; allowed are 2024-01-31 or 1/31/2024, and 00:15"
            )
        starts.append(day + start[0])
        length = (end[0] - start[0]) % DAY_S
        durations.append(length if length in _WHOLE_S else length + 60)
    return np.array(starts, np.int64), np.array(durations, np.int64)
