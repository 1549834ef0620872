"""SDG&E's interval CSV: a preamble, then one row an interval with its duration in minutes.

Columns are Meter Number, Date, Start Time, Duration, Consumption, Generation and Net, in kWh.
Consumption and Generation are what the meter delivered and received; a blank one beside a
number is zero when Net agrees. The hour that autumn repeats has two rows an hour.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Channel, Floats, Flow, Ints
from kwhen.usage.stamps import clock_s, day_s
from kwhen.usage.table import Row, header_cells, read_energy_kwh

_SEARCHED: Final = 60
_MARKS: Final = frozenset({"date", "start time", "duration", "consumption"})


def find_sdge(rows: Sequence[Row]) -> int | None:
    """Position of the header, None if the rows have none."""
    for index, row in enumerate(rows[:_SEARCHED]):
        if set(header_cells(row)) >= _MARKS:
            return index
    return None


def read_sdge(
    rows: Sequence[Row], header: int, *, meter: str | None = None
) -> tuple[list[Channel], tuple[str, ...]]:
    """The channels of an SDG&E export, and no notes.

    Raises
    ------
    UsageError
        A row cannot be read, the unit is not kWh, or the file holds several meters.
    """
    _check_unit(rows[:header])
    names = header_cells(rows[header])
    body = [row for row in rows[header + 1 :] if header_cells(row) != names]
    body = _one_meter(body, names, meter)
    lines = [row.line for row in body]
    start_s, duration_s = _times(names, body)
    import_kwh, export_kwh = _energies_kwh(names, body, lines)
    flows = {Flow.IMPORT: import_kwh, Flow.EXPORT: export_kwh}
    return [
        Channel(
            flow=flow,
            start_s=start_s,
            duration_s=duration_s,
            energy_kwh=energy_kwh,
            line=np.array(lines, np.int64),
            is_estimated=np.zeros(len(lines), np.bool_),
            is_wall=True,
        )
        for flow, energy_kwh in flows.items()
        if flow is Flow.IMPORT or not np.isnan(energy_kwh).all()
    ], ()


def _check_unit(preamble: Sequence[Row]) -> None:
    """Refuse a preamble that names another unit than kWh."""
    for row in preamble:
        if row.cell(0).lower() == "uom" and row.cell(1).lower() != "kwh":
            raise UsageError(
                f"line {row.line}: UOM is {row.cell(1)[:20]!r}; allowed is kWh. "
                "Export the electric meter"
            )


def _one_meter(body: Sequence[Row], names: Sequence[str], meter: str | None) -> list[Row]:
    """The rows of the meter wanted, or of the only one."""
    if "meter number" not in names:
        return list(body)
    column = names.index("meter number")
    kept = [row for row in body if meter is None or meter in row.cell(column)]
    numbers = sorted({row.cell(column) for row in kept})
    if len(numbers) > 1 or (body and not kept):
        listed = ", ".join(sorted({row.cell(column)[:30] for row in body})[:10])
        raise UsageError(f"the file holds the meters {listed}; name the one wanted with meter=")
    return kept


def _energies_kwh(
    names: Sequence[str], body: Sequence[Row], lines: Sequence[int]
) -> tuple[Floats, Floats]:
    """Delivered and received energy of each row, NaN where the file does not tell. (M,) each"""
    found: dict[str, Floats] = {}
    for name in ("consumption", "generation", "net"):
        column = names.index(name) if name in names else len(names)
        found[name] = read_energy_kwh([row.cell(column) for row in body], lines, name.title())
    import_kwh, export_kwh, net_kwh = found["consumption"], found["generation"], found["net"]
    if np.isnan(export_kwh).all() and np.isnan(import_kwh).all():
        import_kwh = np.maximum(net_kwh, 0.0)
        export_kwh = np.maximum(-net_kwh, 0.0) if (net_kwh < 0).any() else export_kwh
    elif not np.isnan(export_kwh).all():
        export_kwh = np.where(np.isnan(export_kwh) & (net_kwh == import_kwh), 0.0, export_kwh)
        import_kwh = np.where(np.isnan(import_kwh) & (net_kwh == -export_kwh), 0.0, import_kwh)
    return import_kwh, export_kwh


def _times(names: Sequence[str], body: Sequence[Row]) -> tuple[Ints, Ints]:
    """Wall-clock start and duration of each row. [s]"""
    columns = [names.index(name) for name in ("date", "start time", "duration")]
    starts, durations = [], []
    for row in body:
        day_text, start_text, length = (row.cell(column) for column in columns)
        day, start = day_s(day_text), clock_s(start_text)
        if day is None or start is None or not (length.isascii() and length.isdigit()):
            raise UsageError(
                f"line {row.line}: {day_text[:20]!r} {start_text[:20]!r} for {length[:20]!r} "
                "minutes is no interval; allowed is 11/30/2022, 1:15 PM, 15"
            )
        starts.append(day + start[0])
        durations.append(int(length[:6]) * 60)
    return np.array(starts, np.int64), np.array(durations, np.int64)
