"""Billing cycles of a window: one bill of 25 to 35 days, else calendar months with shares."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Calendar, Grid
from kwhen.engine.kept import kept_with

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHORTEST_CYCLE_DAYS = 25
LONGEST_CYCLE_DAYS = 35


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Cycles:
    """C billing cycles over the D dates of a grid, in order and without a hole."""

    first_day: Ints  # (C + 1,) index of each cycle's first date; last: D
    share_frac: Floats  # (C,) of a full cycle: what monthly amounts and ceilings are scaled by
    month: Ints  # (C,) calendar month of the first date
    year: Ints  # (C,)
    years: tuple[tuple[slice, bool], ...]  # cycles of each 12 months, and whether they are full
    year_share_frac: Floats  # (C,) days of the cycle ÷ days of its year

    @property
    def count(self) -> int:
        """Number of cycles C."""
        return len(self.share_frac)

    @property
    def days_count(self) -> Ints:
        """Days of each cycle. (C,)"""
        return np.diff(self.first_day)


@kept_with
def billing_cycles(grid: Grid) -> Cycles:
    """The cycles of a bill over a grid of whole days."""
    single = SHORTEST_CYCLE_DAYS <= grid.days_count <= LONGEST_CYCLE_DAYS
    if single and grid.calendar is not Calendar.SAM:
        return _cycles(grid, np.array([0, grid.days_count]), np.ones(1))
    return calendar_months(grid)


@kept_with
def cycle_steps(grid: Grid) -> Ints:
    """First step of each billing cycle of a grid, and N at the end. (C + 1,)"""
    return grid.day_steps()[billing_cycles(grid).first_day]


def calendar_months(grid: Grid) -> Cycles:
    """One cycle a local calendar month; a partial month has its share of the month's days."""
    new = np.flatnonzero(np.diff(grid.month) != 0) + 1
    first_day = np.concatenate(([0], new, [grid.days_count]))
    share = np.diff(first_day) / np.array([month_days(grid, int(day)) for day in first_day[:-1]])
    return _cycles(grid, first_day, share)


def month_days(grid: Grid, day_index: int) -> int:
    """Days of the calendar month that holds a date of the grid."""
    year = int(grid.year[day_index])
    if grid.calendar is Calendar.SAM:
        year = 2007  # a common year
    return monthrange(year, int(grid.month[day_index]))[1]


def _cycles(grid: Grid, first_day: Ints, share_frac: Floats) -> Cycles:
    starts = first_day[:-1]
    year_days = np.array([366 if monthrange(int(y), 2)[1] == 29 else 365 for y in grid.year])
    if grid.calendar is Calendar.SAM:
        year_days = np.full(grid.days_count, 365)
    return Cycles(
        first_day=first_day.astype(np.int64),
        share_frac=share_frac.astype(np.float64),
        month=grid.month[starts],
        year=grid.year[starts],
        years=_years(_true_ups(grid, first_day)),
        year_share_frac=np.add.reduceat(1.0 / year_days, starts),
    )


def _true_ups(grid: Grid, first_day: Ints) -> NDArray[np.bool_]:
    """Mark the cycle in which each run of 12 months from the first date ends."""
    ends = np.zeros(len(first_day) - 1, dtype=bool)
    start, last = grid.date_of(0), int(grid.ordinal[-1]) + 1
    for number in range(1, grid.days_count // 365 + 1):
        if grid.calendar is Calendar.SAM:
            after = int(grid.ordinal[0]) + 365 * number
        else:
            after = _anniversary(start, number).toordinal()
        if after <= last:
            day_index = after - 1 - int(grid.ordinal[0])
            ends[np.searchsorted(first_day, day_index, side="right") - 1] = True
    return ends


def _years(true_up: NDArray[np.bool_]) -> tuple[tuple[slice, bool], ...]:
    """Cut the cycles after each true-up."""
    ends = (np.flatnonzero(true_up) + 1).tolist()
    years = [(slice(a, b), True) for a, b in zip([0, *ends], ends, strict=False)]
    if not ends or ends[-1] < len(true_up):
        years.append((slice(ends[-1] if ends else 0, len(true_up)), False))
    return tuple(years)


def _anniversary(start: date, years_count: int) -> date:
    if (start.month, start.day) == (2, 29):
        return date(start.year + years_count, 3, 1)
    return start.replace(year=start.year + years_count)
