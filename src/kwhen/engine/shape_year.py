"""Hourly figures of one year laid over any window: which hour of the shape a step takes.

The shapes are 8760 hours of 2023 in the local standard time of a place, hour beginning. Solar
takes the hour of the same calendar date; load that of the nearest date with the same weekday,
within three days, the shape's year wrapping round. 29 February is taken as the 28th.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import (
    DAY_S,
    EPOCH_ORDINAL,
    Calendar,
    Grid,
    Ints,
    offsets_s,
    zone_of,
)
from kwhen.engine.kept import kept
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
ShapeDays = Callable[[Ints], Ints]  # days since 1970-01-01 → days of the shape, from 0

HOURS_KEPT_MIB = 4  # a year at 15 minutes is about 1.5 MB with its grid

SHAPE_YEAR = 2023
YEAR_DAYS = 365
YEAR_HOURS = 8760
_FIRST_DAY = date(SHAPE_YEAR, 1, 1).toordinal() - EPOCH_ORDINAL
_MONTH_DAYS = np.array(
    [date(SHAPE_YEAR, month, 1).toordinal() - EPOCH_ORDINAL - _FIRST_DAY for month in range(1, 13)]
)


def same_date_days(epoch_day: Ints) -> Ints:
    """Day of the shape's year, from 0, with the month and day of each date. (N,)

    `epoch_day` counts days from 1970-01-01. 29 February is taken as the 28th.
    """
    days = epoch_day.astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    month = months.astype(np.int64) % 12  # (N,) from 0
    day = (days - months).astype(np.int64)  # (N,) from 0
    is_leap_day = (month == 1) & (day == 28)
    return np.asarray(_MONTH_DAYS[month] + day - is_leap_day, dtype=np.int64)


def same_weekday_days(epoch_day: Ints) -> Ints:
    """Day of the shape's year nearest to each date, ±3 days, with its weekday. (N,)

    The year wraps round: its first days follow on its last as if they were next year's, so
    that across the seam a day stands for the weekday after its own.
    """
    day = same_date_days(epoch_day)
    apart = epoch_day - (_FIRST_DAY + day)  # (N,) a multiple of 7 where the weekdays agree
    return (day + (apart + 3) % 7 - 3) % YEAR_DAYS


def standard_offset_s(zone: str, epoch_s: int) -> int:
    """Offset from UTC of a zone's standard time in the year of a moment. [s]"""
    at = datetime.fromtimestamp(epoch_s, UTC).astimezone(zone_of(zone))
    summer = at.dst() or timedelta()
    return int(((at.utcoffset() or timedelta()) - summer).total_seconds())


def over_grid(hourly_kwh: Floats, grid: Grid, zone: str, shape_days: ShapeDays) -> Floats:
    """Energy of each step of a window by an hourly shape. (N,) [kWh]

    Parameters
    ----------
    hourly_kwh : (8760,)
        Energy of each hour of the shape's year, local standard time. [kWh]
    grid : Grid
        Real steps, or wall-clock values of whole days: there the hour that spring leaves out
        holds 0, and the hour that autumn repeats holds both.
    zone : str
        IANA zone of the place, whose standard time the shape is in.
    shape_days
        `same_date_days` or `same_weekday_days`.

    Raises
    ------
    UsageError
        The grid is of SAM's calendar, which has no real dates.
    """
    found = _hours(grid, zone, shape_days)
    energy: Floats = np.append(hourly_kwh, 0.0).take(found.hour_index)  # (N,) of an hour
    energy[found.again_step] += hourly_kwh[found.again_hour_index]
    energy *= grid.step_hours
    return energy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Hours:
    """Which hours of the shape's year the steps of a grid take."""

    hour_index: Ints  # (N,) 8760 where wall time does not happen
    again_step: Ints  # (A,) wall-clock steps that happen a second time
    again_hour_index: Ints  # (A,) what they take beside


@kept(HOURS_KEPT_MIB)
def _hours(grid: Grid, zone: str, shape_days: ShapeDays) -> _Hours:
    match grid.calendar:
        case Calendar.CIVIL:
            hour, none = _at(grid.epoch_s, zone, shape_days), np.zeros(0, dtype=np.int64)
            return _Hours(hour_index=hour, again_step=none, again_hour_index=none)
        case Calendar.WALL:
            return _on_wall_clock(grid, zone, shape_days)
        case Calendar.SAM:
            raise UsageError("hourly shapes follow real dates; give a grid of civil or wall time")
        case _:
            assert_never(grid.calendar)


def _at(epoch_s: Ints, zone: str, shape_days: ShapeDays) -> Ints:
    """Hour of the shape's year at each instant. (N,)"""
    standard_s = epoch_s + standard_offset_s(zone, int(epoch_s[0]))  # (N,)
    hour = standard_s % DAY_S // 3600
    return np.asarray(shape_days(standard_s // DAY_S) * 24 + hour)


def _on_wall_clock(grid: Grid, zone: str, shape_days: ShapeDays) -> _Hours:
    """Hours of wall-clock steps: once for each offset from UTC at which the step happens."""
    around_s = np.arange(grid.local_s[0] - DAY_S, grid.local_s[-1] + DAY_S, 3600)
    hour = np.full(grid.count, YEAR_HOURS)
    again: list[tuple[Ints, Ints]] = []
    for offset_s in np.unique(offsets_s(around_s, grid.zone)):
        epoch_s = grid.local_s - offset_s  # (N,)
        happens = offsets_s(epoch_s, grid.zone) == offset_s
        own = _at(epoch_s, zone, shape_days)
        step = np.flatnonzero(happens & (hour < YEAR_HOURS))
        again.append((step, own[step]))
        hour = np.where(happens & (hour == YEAR_HOURS), own, hour)
    return _Hours(
        hour_index=hour,
        again_step=np.concatenate([step for step, _ in again]),
        again_hour_index=np.concatenate([own for _, own in again]),
    )


def shape_epoch_s(offset_s: int) -> Ints:
    """Start of each hour of the shape's year at an offset from UTC. (8760,) [s]"""
    return _FIRST_DAY * DAY_S - offset_s + np.arange(YEAR_HOURS, dtype=np.int64) * 3600
