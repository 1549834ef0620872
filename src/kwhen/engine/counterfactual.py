"""What a home would have drawn without the change that a programme pays for.

The mean of the ten preceding like days of the home's own history; without one, the usual shape of
a home scaled so that the day's energy is the same: then shifting earns and being small does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.devices.arrays import check_grid, hours_of_steps
from kwhen.engine.grid import DAY_S, Grid
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LIKE_DAYS_COUNT = 10
LEAST_LIKE_DAYS = 5
SATURDAY = 5
WHOLE_FRAC = 0.9  # of a day's slots: enough to be a like day


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """Stored energy of a home, import less export, in steps as long as the window's."""

    grid: Grid
    net_kwh: Floats  # (N',)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counterfactual:
    """The baseline of each step and where it came from."""

    baseline_kwh: Floats  # (N,) import less export
    from_history: Bools  # (D,) dates whose baseline is the home's own


def counterfactual_kwh(
    grid: Grid,
    net_kwh: Floats,
    load_shape_kwh: Floats,
    pv_kwh: Floats,
    own_history: History | None = None,
) -> Counterfactual:
    """Import less export of each step, had the home done as usual. [kWh]

    Parameters
    ----------
    net_kwh : (N,) import less export as it was
    load_shape_kwh : (N,) a usual home's use of the same steps, of any size, ≥ 0
    pv_kwh : (N,) what the home's solar yields
    """
    for kwh in (net_kwh, load_shape_kwh, pv_kwh):
        check_grid(grid, len(kwh))
    scale = _ratio(
        np.maximum(_by_day(grid, net_kwh + pv_kwh), 0.0), _by_day(grid, load_shape_kwh)
    )  # (D,)
    usual = load_shape_kwh * scale[grid.day_index] - pv_kwh
    none = np.zeros(grid.days_count, dtype=bool)
    if own_history is None:
        return Counterfactual(baseline_kwh=usual, from_history=none)
    own = like_days_kwh(grid, own_history)
    known = np.bincount(grid.day_index[np.isnan(own)], minlength=grid.days_count) == 0  # (D,)
    return Counterfactual(
        baseline_kwh=np.where(known[grid.day_index], own, usual), from_history=known
    )


def like_days_kwh(grid: Grid, history: History) -> Floats:
    """Mean of the preceding like days of a history, NaN where they are too few. (N,) [kWh]

    Weekdays are like weekdays, weekend days like weekend days; a repeated hour is averaged.
    """
    past = history.grid
    check_grid(past, len(history.net_kwh))
    if past.step_minutes != grid.step_minutes:
        raise UsageError(
            f"the history has steps of {past.step_minutes} minutes and the window of "
            f"{grid.step_minutes}; give both in equal steps"
        )
    power_kw, filled = _by_day_and_slot(past, history.net_kwh)  # (D', Q), (D', Q)
    whole = filled.mean(axis=1) >= WHOLE_FRAC
    found = np.full((grid.days_count, power_kw.shape[1]), np.nan)
    for is_weekend in (False, True):
        days = np.flatnonzero(whole & ((past.weekday >= SATURDAY) == is_weekend))
        mine = np.flatnonzero((grid.weekday >= SATURDAY) == is_weekend)
        last = np.searchsorted(past.ordinal[days], grid.ordinal[mine])  # days before each
        found[mine] = _trailing_mean(power_kw[days], filled[days], last)
    return np.asarray(found[grid.day_index, _slot(grid)] * hours_of_steps(grid))


def _trailing_mean(power_kw: Floats, filled: Bools, end_index: Ints) -> Floats:
    """Mean of the rows before each end, at most ten, NaN for fewer than five. (len, Q)"""
    zero = np.zeros((1, power_kw.shape[1]))
    total = np.concatenate([zero, np.cumsum(np.where(filled, power_kw, 0.0), axis=0)])
    times = np.concatenate([zero, np.cumsum(filled, axis=0)])
    first = np.maximum(end_index - LIKE_DAYS_COUNT, 0)
    mean = _ratio(
        total[end_index] - total[first], times[end_index] - times[first], is_nan_without=True
    )
    mean[end_index < LEAST_LIKE_DAYS] = np.nan
    return mean


def _slot(grid: Grid) -> Ints:
    """Which step of a wall-clock day each step is. (N,)"""
    return np.asarray(grid.local_s % DAY_S // (grid.step_minutes * 60))


def _by_day_and_slot(grid: Grid, kwh: Floats) -> tuple[Floats, Bools]:
    """Mean power of each date and wall-clock slot (D, Q), and whether there is any. [kW]"""
    slots = DAY_S // (grid.step_minutes * 60)
    cell, size = grid.day_index * slots + _slot(grid), grid.days_count * slots
    energy = np.bincount(cell, weights=kwh, minlength=size).astype(np.float64)
    hours = np.bincount(cell, weights=hours_of_steps(grid), minlength=size).astype(np.float64)
    return _ratio(energy, hours).reshape(-1, slots), (hours > 0).reshape(-1, slots)


def _by_day(grid: Grid, kwh: Floats) -> Floats:
    total = np.bincount(grid.day_index, weights=kwh, minlength=grid.days_count)
    return total.astype(np.float64)


def _ratio(amount: Floats, quantity: Floats, *, is_nan_without: bool = False) -> Floats:
    """An amount ÷ a quantity; where that is 0 it is 0, or NaN if asked."""
    ratio = np.full(amount.shape, np.nan if is_nan_without else 0.0)
    np.divide(amount, quantity, out=ratio, where=quantity > 0)
    return ratio
