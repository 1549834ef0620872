"""What a home would have drawn without the change that a programme pays for.

The mean of the ten preceding like days of the home's own history; without one, the usual shape of
a home scaled so that the day's energy is the same: then shifting earns and being small does not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.devices.arrays import check_grid, hours_of_steps
from kwhen.engine.grid import DAY_S, Grid, day_starts
from kwhen.engine.kept import kept_with
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
    is_read: Bools | None = None  # (N',) steps that a meter told; None: all


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counterfactual:
    """The baseline of each step and where it came from."""

    baseline_kwh: Floats  # (N,) import less export
    from_history: Bools  # (D,) dates whose baseline is the home's own


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Usual:
    """What is usual at a place over a window: use of any size, and what 1 kW of solar yields."""

    load_kwh: Floats  # (N,)
    pv_kwh: Floats | None  # (N,) None without solar
    day_per_kwh: Floats  # (D,) 1 ÷ the use of each date, 0 where there is none
    pv_by_day_kwh: Floats | None  # (D,)


def usual(grid: Grid, load_shape_kwh: Floats, pv_kwh: Floats | None) -> Usual:
    """What is usual in each step of a grid, and its sums by day.

    Parameters
    ----------
    load_shape_kwh : (N,) a usual home's use of the same steps, of any size, ≥ 0. [kWh]
    pv_kwh : (N,) what 1 kW of the home's solar yields. [kWh]
    """
    for kwh in (load_shape_kwh, pv_kwh):
        if kwh is not None:
            check_grid(grid, len(kwh))
    return Usual(
        load_kwh=load_shape_kwh,
        pv_kwh=pv_kwh,
        day_per_kwh=_ratio(np.ones(grid.days_count), _by_day(grid, load_shape_kwh)),
        pv_by_day_kwh=None if pv_kwh is None else _by_day(grid, pv_kwh),
    )


def day_ratio(habit: Usual, net_by_day_kwh: Floats, solar_kw: float) -> Floats:
    """What a home used on each date over what is usual. (D,)

    net_by_day_kwh : (D,) import less export as it was
    """
    used = net_by_day_kwh
    if habit.pv_by_day_kwh is not None:
        used = used + solar_kw * habit.pv_by_day_kwh
    ratio: Floats = np.maximum(used, 0.0) * habit.day_per_kwh
    return ratio


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UsualParts:
    """What is usual in some parts of a window, such as its steps or some of its hours."""

    load_kwh: Floats  # (S,)
    pv_kwh: Floats | None  # (S,)
    day_index: Ints  # (S,)


def usual_kwh(steps: UsualParts, day_ratio: Floats, solar_kw: float) -> Floats:
    """Import less export of some parts, had each day been a usual one of the same energy. [kWh]

    day_ratio : (D,) of the function of this name
    """
    found: Floats = steps.load_kwh * day_ratio[steps.day_index]
    if steps.pv_kwh is not None:
        found -= solar_kw * steps.pv_kwh
    return found


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
    habit = usual(grid, load_shape_kwh, pv_kwh)
    check_grid(grid, len(net_kwh))
    ratio = day_ratio(habit, _by_day(grid, net_kwh), solar_kw=1.0)
    every = UsualParts(load_kwh=load_shape_kwh, pv_kwh=pv_kwh, day_index=grid.day_index)
    baseline = usual_kwh(every, ratio, solar_kw=1.0)
    if own_history is None:
        none = np.zeros(grid.days_count, dtype=bool)
        return Counterfactual(baseline_kwh=baseline, from_history=none)
    own, known = own_days(grid, own_history, np.arange(grid.count))
    return Counterfactual(
        baseline_kwh=np.where(known, own, baseline), from_history=known[day_starts(grid)]
    )


def own_days(grid: Grid, history: History, step_index: Ints) -> tuple[Floats, Bools]:
    """The like days of a history in some rising steps, and whether their dates have enough.

    → (S,), (S,) [kWh]
    """
    is_wanted = np.zeros(grid.days_count, dtype=bool)
    is_wanted[grid.day_index[step_index]] = True
    inside = np.flatnonzero(is_wanted[grid.day_index])  # every step of those dates
    own = like_days_kwh(grid, history, inside)
    day = grid.day_index[inside]
    is_known = np.bincount(day[np.isnan(own)], minlength=grid.days_count) == 0  # (D,)
    place = np.searchsorted(inside, step_index)
    return own[place], is_known[day[place]]


def like_days_kwh(grid: Grid, history: History, step_index: Ints | None = None) -> Floats:
    """Mean of the preceding like days of a history, NaN where they are too few. (N,) [kWh]

    Weekdays are like weekdays, weekend days like weekend days; a repeated hour is averaged.
    With `step_index` only of those steps.
    """
    past = history.grid
    check_grid(past, len(history.net_kwh))
    if past.step_minutes != grid.step_minutes:
        raise UsageError(
            f"the history has steps of {past.step_minutes} minutes and the window of "
            f"{grid.step_minutes}; give both in equal steps"
        )
    steps = slice(None) if step_index is None else step_index
    dates, row = np.unique(grid.day_index[steps], return_inverse=True)  # (d,), (S,)
    power_kw, filled = _by_day_and_slot(history)  # (D', Q), (D', Q)
    whole = filled.mean(axis=1) >= WHOLE_FRAC
    found = np.full((len(dates), power_kw.shape[1]), np.nan)
    for is_weekend in (False, True):
        days = np.flatnonzero(whole & ((past.weekday >= SATURDAY) == is_weekend))
        mine = np.flatnonzero((grid.weekday[dates] >= SATURDAY) == is_weekend)
        if len(mine):
            last = np.searchsorted(past.ordinal[days], grid.ordinal[dates[mine]])  # days before
            first = np.maximum(last - LIKE_DAYS_COUNT, 0)
            low = int(first.min())
            near = days[low : int(last.max())]  # no earlier or later day is asked for
            found[mine] = _mean_between(power_kw[near], filled[near], first - low, last - low)
    return np.asarray(found[row, _slot(grid)[steps]] * hours_of_steps(grid)[steps])


def _mean_between(power_kw: Floats, filled: Bools, first_index: Ints, end_index: Ints) -> Floats:
    """Mean of the rows from each first to each end, NaN for fewer than five. (len, Q)"""
    zero = np.zeros((1, power_kw.shape[1]))
    total = np.concatenate([zero, np.cumsum(np.where(filled, power_kw, 0.0), axis=0)])
    times = np.concatenate([zero, np.cumsum(filled, axis=0)])
    mean = _ratio(
        total[end_index] - total[first_index],
        times[end_index] - times[first_index],
        is_nan_without=True,
    )
    mean[end_index - first_index < LEAST_LIKE_DAYS] = np.nan
    return mean


@kept_with
def _slot(grid: Grid) -> Ints:
    """Which step of a wall-clock day each step is. (N,)"""
    return np.asarray(grid.local_s % DAY_S // (grid.step_minutes * 60))


def _by_day_and_slot(history: History) -> tuple[Floats, Bools]:
    """Mean power of each date and wall-clock slot (D, Q), and whether there is any. [kW]"""
    cell, hours = _cells(history.grid)
    weight, kwh = history.is_read, history.net_kwh
    if weight is not None:
        length = np.bincount(cell, hours_of_steps(history.grid) * weight, hours.size)
        hours, kwh = length.astype(np.float64).reshape(hours.shape), kwh * weight
    energy = np.bincount(cell, weights=kwh, minlength=hours.size).astype(np.float64)
    return _ratio(energy.reshape(hours.shape), hours), hours > 0


@kept_with
def _cells(grid: Grid) -> tuple[Ints, Floats]:
    """Which date and wall-clock slot each step is (N,), and the hours of each (D, Q)."""
    slots = DAY_S // (grid.step_minutes * 60)
    cell, size = grid.day_index * slots + _slot(grid), grid.days_count * slots
    hours = np.bincount(cell, weights=hours_of_steps(grid), minlength=size)
    return cell, hours.astype(np.float64).reshape(-1, slots)


def _by_day(grid: Grid, kwh: Floats) -> Floats:
    """Sums by local date. (D,)"""
    return np.asarray(np.add.reduceat(kwh, day_starts(grid)))


def _ratio(amount: Floats, quantity: Floats, *, is_nan_without: bool = False) -> Floats:
    """An amount ÷ a quantity; where that is 0 it is 0, or NaN if asked."""
    ratio = np.full(amount.shape, np.nan if is_nan_without else 0.0)
    np.divide(amount, quantity, out=ratio, where=quantity > 0)
    return ratio
