"""What a home's own past says: how much a month uses, and when the home exports."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Grid

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

MONTHS_COUNT = 12
HOURS_COUNT = 24


def mean_daily_kwh(grid: Grid, energy_kwh: Floats, is_read: Bools) -> Floats:
    """Mean energy of a day by calendar month; NaN for a month without days. (12,) [kWh]

    Of both functions only the days whose steps were all read count. is_read : (N,)
    """
    whole = _whole_days(grid, is_read)  # (D,)
    by_day = np.add.reduceat(energy_kwh, grid.day_steps()[:-1])
    total = np.bincount(grid.month - 1, weights=by_day * whole, minlength=MONTHS_COUNT)
    days = np.bincount(grid.month - 1, weights=whole, minlength=MONTHS_COUNT)
    return np.where(days > 0, total / np.maximum(days, 1), np.nan)


def exporting_frac(grid: Grid, export_kwh: Floats, is_read: Bools, least_days: int) -> Floats:
    """Share of a month's slots at each local hour that exported; NaN where days are too few.

    (12, 24)
    """
    whole = _whole_days(grid, is_read)  # (D,)
    counts = whole[grid.day_index]  # (N,)
    cell = (grid.month[grid.day_index] - 1) * HOURS_COUNT + grid.quarter // 4
    size = MONTHS_COUNT * HOURS_COUNT
    slots = np.bincount(cell, weights=counts, minlength=size).reshape(MONTHS_COUNT, HOURS_COUNT)
    exporting = np.bincount(cell, weights=counts & (export_kwh > 0), minlength=size)
    days = np.bincount(grid.month - 1, weights=whole, minlength=MONTHS_COUNT)
    share = exporting.reshape(slots.shape) / np.maximum(slots, 1)
    return np.where((days >= least_days)[:, None] & (slots > 0), share, np.nan)


def _whole_days(grid: Grid, is_read: Bools) -> Bools:
    """Dates whose steps were all read. (D,)"""
    return np.asarray(np.logical_and.reduceat(is_read, grid.day_steps()[:-1]))


def at_steps(grid: Grid, table_frac: Floats) -> Floats:
    """A (12, 24) table of month and local hour at every step. (N,)"""
    return np.asarray(table_frac[grid.month[grid.day_index] - 1, grid.quarter // 4])
