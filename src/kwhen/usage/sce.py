"""SCE's interval CSV: sections of `start to end` rows, delivered and received one by one.

A section begins with "Energy Delivered time period", "Energy Received time period" or, for
homes without export, "Energy consumption time period"; sections may alternate day by day. A
newer layout has start, end, Delivered and Received in columns. No-break spaces stand before
"to"; they are plain spaces by the time rows come here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Channel, Flow
from kwhen.usage.stamps import moment_s
from kwhen.usage.table import Row, header_cells, read_energy_kwh

_SEARCHED: Final = 200
_SECTIONS: Final = {
    "energy delivered time period": Flow.IMPORT,
    "energy received time period": Flow.EXPORT,
    "energy consumption time period": Flow.NET,
}
_WIDE_START: Final = "energy consumption time period start"
_WIDE_END: Final = "energy consumption time period end"
_WIDE: Final = {"delivered": Flow.IMPORT, "received": Flow.EXPORT}
_WHOLE_S: Final = frozenset({300, 900, 1800, 3600})


@dataclass(slots=True, kw_only=True)
class _Section:
    """What the rows of one flow held. All lists are (M,)."""

    flow: Flow
    start_s: list[int] = field(default_factory=list)
    duration_s: list[int] = field(default_factory=list)
    energy: list[str] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    is_estimated: list[bool] = field(default_factory=list)

    def add(self, row: Row, start: str, end: str, energy: str, quality: str) -> None:
        """One row's interval, from the texts of its start and its end."""
        begins, ends = moment_s(start.strip()), moment_s(end.strip())
        if begins is None or ends is None or not (begins[1] and ends[1]):
            raise UsageError(
                f"line {row.line}: {start[:24]!r} to {end[:24]!r} is no time period; allowed is "
                "2024-01-31 00:00:00 to 2024-01-31 00:15:00"
            )
        self.start_s.append(begins[0])
        self.duration_s.append(ends[0] - begins[0])
        self.energy.append(energy)
        self.line.append(row.line)
        self.is_estimated.append("estimat" in quality.lower())

    def channel(self) -> Channel:
        """The section as a channel on the wall clock."""
        duration_s = np.array(self.duration_s, np.int64)  # (M,)
        # Across a clock change the printed end is an hour off: the length is the usual one.
        values_s, counts = np.unique(duration_s, return_counts=True)
        usual_s = int(values_s[np.argmax(counts)])
        shifted = ~np.isin(duration_s, list(_WHOLE_S)) & (np.abs(duration_s - usual_s) == 3600)
        return Channel(
            flow=self.flow,
            start_s=np.array(self.start_s, np.int64),
            duration_s=np.where(shifted, usual_s, duration_s),
            energy_kwh=read_energy_kwh(self.energy, self.line, "usage"),
            line=np.array(self.line, np.int64),
            is_estimated=np.array(self.is_estimated, np.bool_),
            is_wall=True,
        )


def find_sce(rows: Sequence[Row]) -> int | None:
    """Position of the first section, None if the rows have none."""
    for index, row in enumerate(rows[:_SEARCHED]):
        cells = header_cells(row)
        if cells[0] in _SECTIONS or _WIDE_START in cells:
            return index
    return None


def read_sce(rows: Sequence[Row], header: int) -> tuple[list[Channel], tuple[str, ...]]:
    """The channels of an SCE export, and no notes.

    Raises
    ------
    UsageError
        A row cannot be read, or the unit of a section is not kWh.
    """
    names = header_cells(rows[header])
    if _WIDE_START in names:
        return _read_wide(rows[header + 1 :], names), ()
    sections: dict[Flow, _Section] = {}
    current: _Section | None = None
    for row in rows[header:]:
        title = row.cell(0).lower()
        flow = _SECTIONS.get(" ".join(title.split())) if title.startswith("energy") else None
        if flow is not None:
            _check_unit(row)
            current = sections.setdefault(flow, _Section(flow=flow))
        elif current is not None and (title[:1].isdigit() or sum(map(bool, row.cells)) > 1):
            start, _, end = row.cell(0).partition(" to ")
            current.add(row, start, end, row.cell(1), row.cell(2))
    return [section.channel() for section in sections.values() if section.line], ()


def _check_unit(row: Row) -> None:
    """Refuse a section header that is not in kWh."""
    unit = row.cell(1).lower()
    if "kilowatt-hour" not in unit and "kwh" not in unit:
        raise UsageError(
            f"line {row.line}: unit is {row.cell(1)[:40]!r}; allowed is kilowatt-hours. "
            "Export electric usage"
        )


def _read_wide(body: Sequence[Row], names: Sequence[str]) -> list[Channel]:
    """The channels of the layout with Delivered and Received in columns."""
    start = names.index(_WIDE_START)
    end = names.index(_WIDE_END) if _WIDE_END in names else len(names)
    found = {names.index(word): flow for word, flow in _WIDE.items() if word in names}
    sections = {column: _Section(flow=flow) for column, flow in found.items()}
    for row in body:
        if header_cells(row) == tuple(names) or sum(map(bool, row.cells)) < 2:
            continue
        for column, section in sections.items():
            section.add(row, row.cell(start), row.cell(end), row.cell(column), "")
    return [section.channel() for section in sections.values() if section.line]
