"""What a home's own past says: how much a month uses, and when the home exports."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Grid

Floats = NDArray[np.float64]

MONTHS_COUNT = 12
HOURS_COUNT = 24


def mean_daily_kwh(grid: Grid, energy_kwh: Floats) -> Floats:
    """Mean energy of a day by calendar month; NaN for a month without days. (12,) [kWh]"""
    by_day = np.add.reduceat(energy_kwh, grid.day_steps()[:-1])
    total = np.bincount(grid.month - 1, weights=by_day, minlength=MONTHS_COUNT)
    days = np.bincount(grid.month - 1, minlength=MONTHS_COUNT)
    return np.where(days > 0, total / np.maximum(days, 1), np.nan)


def exporting_frac(grid: Grid, export_kwh: Floats, least_days: int) -> Floats:
    """Share of a month's slots at each local hour that exported; NaN where days are too few.

    (12, 24)
    """
    cell = (grid.month[grid.day_index] - 1) * HOURS_COUNT + grid.quarter // 4
    size = MONTHS_COUNT * HOURS_COUNT
    slots = np.bincount(cell, minlength=size).reshape(MONTHS_COUNT, HOURS_COUNT)
    exporting = np.bincount(cell, weights=export_kwh > 0, minlength=size).reshape(slots.shape)
    days = np.bincount(grid.month - 1, minlength=MONTHS_COUNT)
    share = exporting / np.maximum(slots, 1)
    return np.where((days >= least_days)[:, None] & (slots > 0), share, np.nan)


def at_steps(grid: Grid, table_frac: Floats) -> Floats:
    """A (12, 24) table of month and local hour at every step. (N,)"""
    return np.asarray(table_frac[grid.month[grid.day_index] - 1, grid.quarter // 4])
