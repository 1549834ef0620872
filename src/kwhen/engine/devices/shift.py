"""Use moved within each day, from some hours to others."""

from collections.abc import Collection
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.devices.arrays import check_grid, home_energy, hours_of_steps
from kwhen.engine.grid import Grid
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
HOURS_PER_DAY = 24


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shift:
    """Import and export of a home whose use was moved."""

    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    removed_kwh: Floats  # (N,) taken out of each step
    added_kwh: Floats  # (N,) put into each step
    moved_kwh: Floats  # (D,) of each local date


def shift_load(
    import_kwh: ArrayLike,
    export_kwh: ArrayLike,
    *,
    from_hours: Collection[int],
    to_hours: Collection[int],
    grid: Grid,
    share_frac: float | None = None,
    kwh_per_day: float | None = None,
    added_max_kw: float = inf,
) -> Shift:
    """Move imported energy day by day from some local hours to others.

    Taken in proportion to what each step imports and never more than that, put evenly over the
    other hours of the same date, first in place of what would be exported. Import less export is
    the same each day. Nothing moves on a date that lacks energy or hours to move.

    Parameters
    ----------
    import_kwh, export_kwh : (N,) energy of each step of the grid, finite and ≥ 0. [kWh]
    from_hours, to_hours : local hours, 0 to 23, none in both
    share_frac, kwh_per_day : one of them: the share of the import of `from_hours`, or the energy
    added_max_kw : the most that is added to any step; what exceeds it stays where it was

    Raises
    ------
    UsageError
        An array, hour or amount is not as it should be.
    """
    imported, exported = home_energy(import_kwh, export_kwh)
    check_grid(grid, len(imported))
    source, target = _hours(grid, from_hours, to_hours)
    there_kwh = _by_day(grid, imported * source)  # (D,)
    wanted_kwh = _wanted(there_kwh, share_frac, kwh_per_day)  # (D,)
    room_hours = hours_of_steps(grid) * target  # (N,)
    day_room_hours = _by_day(grid, room_hours)  # (D,)
    most_kwh = np.where(day_room_hours > 0, _times(added_max_kw, day_room_hours), 0.0)
    moved = np.minimum(wanted_kwh, most_kwh)  # (D,)
    removed = np.minimum(imported * source * _ratio(moved, there_kwh)[grid.day_index], imported)
    added = room_hours * _ratio(moved, day_room_hours)[grid.day_index]
    from_surplus = np.minimum(added, exported)
    return Shift(
        import_kwh=imported - removed + (added - from_surplus),
        export_kwh=exported - from_surplus,
        removed_kwh=removed,
        added_kwh=added,
        moved_kwh=moved,
    )


def _hours(
    grid: Grid, from_hours: Collection[int], to_hours: Collection[int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which steps lie in either set of local hours. (N,), (N,)"""
    for name, hours in (("from_hours", from_hours), ("to_hours", to_hours)):
        if not hours or any(hour not in range(HOURS_PER_DAY) for hour in hours):
            raise UsageError(f"{name} is {sorted(hours)}; it takes local hours from 0 to 23")
    if both := sorted(set(from_hours) & set(to_hours)):
        raise UsageError(f"the hours {both} are in from_hours and to_hours; an hour is in one")
    hour = grid.quarter // 4
    return np.isin(hour, list(from_hours)), np.isin(hour, list(to_hours))


def _wanted(there_kwh: Floats, share_frac: float | None, kwh_per_day: float | None) -> Floats:
    """Energy to move on each date, at most what is there. (D,)"""
    if (share_frac is None) == (kwh_per_day is None):
        raise UsageError("give either share_frac or kwh_per_day, to say how much moves")
    if share_frac is not None:
        if not 0 <= share_frac <= 1:
            raise UsageError(f"share_frac is {share_frac}; it is between 0 and 1")
        return share_frac * there_kwh
    assert kwh_per_day is not None
    if not (np.isfinite(kwh_per_day) and kwh_per_day >= 0):
        raise UsageError(f"kwh_per_day is {kwh_per_day}; it must be finite and ≥ 0")
    return np.minimum(kwh_per_day, there_kwh)


def _by_day(grid: Grid, amount: Floats) -> Floats:
    """Sums by local date. (D,)"""
    total = np.bincount(grid.day_index, weights=amount, minlength=grid.days_count)
    return total.astype(np.float64)


def _times(added_max_kw: float, hours: Floats) -> Floats:
    if not added_max_kw >= 0:
        raise UsageError(f"added_max_kw is {added_max_kw}; it must be ≥ 0")
    return np.full_like(hours, inf) if added_max_kw == inf else added_max_kw * hours


def _ratio(amount: Floats, whole: NDArray[Any]) -> Floats:
    """An amount ÷ the whole, 0 where there is none."""
    ratio: Floats = np.divide(amount, whole, out=np.zeros_like(amount), where=whole > 0)
    return ratio
