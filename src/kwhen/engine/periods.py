"""A schedule laid over a grid: the period and the season of every step, as runs of equal steps."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.calendar import HolidayCalendar, Schedule
from kwhen.engine.grid import Grid

Ints = NDArray[np.int64]
WEEKDAY, WEEKEND, HOLIDAY = 0, 1, 2


def day_kinds(grid: Grid, holidays: frozenset[date]) -> Ints:
    """Weekday, weekend or holiday of each local date. (D,)"""
    kinds = np.where(grid.weekday >= 5, WEEKEND, WEEKDAY)
    if holidays:
        ordinals = np.array(sorted(day.toordinal() for day in holidays))
        kinds = np.where(np.isin(grid.ordinal, ordinals), HOLIDAY, kinds)
    return np.asarray(kinds, dtype=np.int64)


def holiday_dates(grid: Grid, holidays: HolidayCalendar | None) -> frozenset[date]:
    """The observed holidays that can fall into a grid."""
    if holidays is None:
        return frozenset()
    return holidays.dates(int(grid.year[0]), int(grid.year[-1]))


def part_of_days(grid: Grid, schedule: Schedule) -> Ints:
    """Index of the schedule's part in force on each date. (D,)"""
    table = {
        (month, day): schedule.part_of(month, day)
        for month, day in set(zip(grid.month.tolist(), grid.day.tolist(), strict=True))
    }
    pairs = zip(grid.month.tolist(), grid.day.tolist(), strict=True)
    return np.array([table[pair] for pair in pairs], dtype=np.int64)


def season_of_days(grid: Grid, schedule: Schedule) -> Ints:
    """Number of the season of each date: equal for parts of one season. (D,)"""
    names = sorted({part.season for part in schedule.parts})
    numbers = np.array([names.index(part.season) for part in schedule.parts], dtype=np.int64)
    return numbers[part_of_days(grid, schedule)]


def period_of_steps(grid: Grid, schedule: Schedule, kinds: Ints) -> Ints:
    """Period index of each step, the one in force at its start. (N,)"""
    table = np.array(
        [[p.weekday, p.weekend, p.holiday or p.weekend] for p in schedule.parts], dtype=np.int64
    )  # (parts, 3, 96)
    days = table[part_of_days(grid, schedule), kinds]  # (D, 96)
    return np.asarray(days[grid.day_index, grid.quarter])
