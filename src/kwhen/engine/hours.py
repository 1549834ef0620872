"""Whole clock hours: what stays the same within them needs no look at every step."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Calendar, Grid, day_starts
from kwhen.engine.kept import kept_with

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR_S = 3600


@kept_with
def hour_starts(grid: Grid) -> Ints:
    """First step of each clock hour. (A,)"""
    clock_s = grid.epoch_s if grid.calendar is Calendar.CIVIL else grid.local_s
    return np.flatnonzero(np.diff(clock_s // HOUR_S, prepend=-1))


@kept_with
def steps_of_hour(grid: Grid) -> int:
    """Steps of a clock hour where the grid is made of whole ones, and so each date; else 1."""
    per_hour = 60 // grid.step_minutes
    edges = np.append(day_starts(grid), grid.count)
    is_whole = np.array_equal(hour_starts(grid), np.arange(0, grid.count, per_hour))
    return per_hour if is_whole and not (edges % per_hour).any() else 1


def hour_sums(kwh: Floats, steps_count: int) -> Floats:
    """Sums of so many steps in a row. kwh : (…, N). → (…, N ÷ S)"""
    return kwh.reshape(*kwh.shape[:-1], -1, steps_count) @ _ones(steps_count)


@cache
def _ones(count: int) -> Floats:
    return np.ones(count)


def hourly_lb_per_mwh(lb_per_mwh: Floats, steps_count: int) -> Floats | None:
    """The rate of each hour, None where steps are as good. lb_per_mwh : (N,). → (N ÷ S,)"""
    if steps_count == 1:
        return None
    by_hour = lb_per_mwh.reshape(-1, steps_count)
    first: Floats = by_hour[:, 0]
    return first.copy() if (by_hour == first[:, None]).all() else None


@dataclass(frozen=True, kw_only=True, eq=False)
class NetEnergy:
    """Import less export of one home, added up only as finely as somebody asks. [kWh]"""

    grid: Grid
    import_kwh: Floats  # (N,)
    export_kwh: Floats | None  # (N,)
    hours_kwh: tuple[Floats, Floats] | None = None  # both by clock hours, where known already

    @cached_property
    def step_kwh(self) -> Floats:
        """Of each step. (N,)"""
        return self.import_kwh if self.export_kwh is None else self.import_kwh - self.export_kwh

    @cached_property
    def hour_kwh(self) -> Floats:
        """Of each clock hour of a grid that is made of whole ones, else of each step. (N ÷ S,)"""
        if self.hours_kwh is not None:
            return self.hours_kwh[0] - self.hours_kwh[1]
        steps_count = steps_of_hour(self.grid)
        return self.step_kwh if steps_count == 1 else hour_sums(self.step_kwh, steps_count)

    @cached_property
    def day_kwh(self) -> Floats:
        """Of each local date. (D,)"""
        steps_count = self.grid.count // len(self.hour_kwh)
        return np.asarray(np.add.reduceat(self.hour_kwh, day_starts(self.grid) // steps_count))
