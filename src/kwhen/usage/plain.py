"""A plain CSV: `start,import_kwh[,export_kwh]`, or `start,net_kwh` with exports below zero.

`start` is ISO 8601, with a UTC offset or on the wall clock of the home.
"""

from collections.abc import Sequence

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Channel, Flow, Ints
from kwhen.usage.stamps import moment_s
from kwhen.usage.table import Row, header_cells, read_energy_kwh

COLUMNS = {"import_kwh": Flow.IMPORT, "export_kwh": Flow.EXPORT, "net_kwh": Flow.NET}


def find_plain(rows: Sequence[Row]) -> int | None:
    """Position of the header of a plain CSV; it must be the first row with anything in it."""
    cells = header_cells(rows[0]) if rows else ()
    return 0 if "start" in cells and COLUMNS.keys() & set(cells) else None


def read_plain(rows: Sequence[Row], header: int) -> tuple[list[Channel], tuple[str, ...]]:
    """The channels of a plain CSV, and no notes.

    Raises
    ------
    UsageError
        A start or a number cannot be read, or the columns contradict each other.
    """
    names = header_cells(rows[header])
    columns = [name for name in names if name in COLUMNS]
    check_columns(columns)
    body = rows[header + 1 :]
    lines = [row.line for row in body]
    start = names.index("start")
    start_s, is_wall = read_starts([row.cell(start) for row in body], lines)
    channels = []
    for name in columns:
        column = names.index(name)
        energy_kwh = read_energy_kwh([row.cell(column) for row in body], lines, name)
        channels.append(
            Channel(
                flow=COLUMNS[name],
                start_s=start_s,
                duration_s=common_step_s(start_s),
                energy_kwh=energy_kwh,
                line=np.array(lines, np.int64),
                is_estimated=np.zeros(len(lines), np.bool_),
                is_wall=is_wall,
            )
        )
    return channels, ()


def check_columns(columns: Sequence[str]) -> None:
    """Refuse columns given twice, net beside import, and export alone."""
    allowed = ({"import_kwh"}, {"import_kwh", "export_kwh"}, {"net_kwh"})
    if set(columns) not in allowed or len(set(columns)) != len(columns):
        raise UsageError(
            f"columns {', '.join(columns)}; allowed beside start are import_kwh, "
            "import_kwh with export_kwh, or net_kwh"
        )


def read_starts(
    cells: Sequence[str], lines: Sequence[int], place: str = "line"
) -> tuple[Ints, bool]:
    """Starts in seconds since 1970, and whether they are wall-clock.

    Raises
    ------
    UsageError
        A cell is no ISO 8601 time, or only some have a UTC offset.
    """
    moments = [moment_s(cell) for cell in cells]
    for moment, cell, line in zip(moments, cells, lines, strict=True):
        if moment is None:
            raise UsageError(
                f"{place} {line}: start is {cell[:40]!r}; allowed is ISO 8601, such as "
                "2024-01-31T13:45 or 2024-01-31T13:45:00-08:00"
            )
    known = [moment for moment in moments if moment is not None]
    is_wall = bool(known) and known[0][1]
    for moment, line in zip(known, lines, strict=True):
        if moment[1] != is_wall:
            raise UsageError(
                f"{place} {line}: some starts have a UTC offset and some have none; "
                "allowed is one way throughout"
            )
    return np.array([moment[0] for moment in known], np.int64), is_wall


def common_step_s(start_s: Ints) -> Ints:
    """The most common distance between starts, for every row; 0 where there is none. [s]"""
    distances_s = np.diff(np.unique(start_s))
    if not len(distances_s):
        return np.zeros(len(start_s), np.int64)
    values_s, counts = np.unique(distances_s, return_counts=True)
    return np.full(len(start_s), values_s[int(np.argmax(counts))], np.int64)
