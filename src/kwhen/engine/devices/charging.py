"""Charging of an electric vehicle within a daily window of local time."""

from dataclasses import dataclass
from datetime import date, time

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.devices.arrays import check_grid, home_energy, hours_of_steps, prices_of
from kwhen.engine.grid import DAY_S, EPOCH_ORDINAL, Grid
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SHORT_KWH = 1e-9  # what binary fractions can leave of a full battery


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """A window that could not hold the energy; `day` is the date on which it opens."""

    day: date
    short_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Charging:
    """Import and export of a home with the vehicle's charging."""

    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    charge_kwh: Floats  # (N,)
    charged_kwh: float
    from_surplus_kwh: float  # of it, what would have been exported
    shortfalls: tuple[Shortfall, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Slots:
    """The steps inside a window: W of them, and the Y windows that they belong to."""

    step_index: Ints  # (W,)
    window_index: Ints  # (W,)
    room_kwh: Floats  # (W,) what the charger gives in the step
    day_number: Ints  # (Y,) days since 1970 of the date on which each window opens
    wanted_kwh: Floats  # (Y,)


def charge_ev(
    import_kwh: ArrayLike,
    export_kwh: ArrayLike,
    *,
    kwh_per_day: float,
    charger_kw: float,
    window: tuple[time, time],
    grid: Grid,
    import_usd_per_kwh: ArrayLike | None = None,
    is_surplus_first: bool = False,
) -> Charging:
    """Add a vehicle's charging, the same energy in every window.

    The window is local clock time, [opens, closes); one that closes at or before it opens crosses
    midnight and belongs to the date on which it opens. A window that the array holds only a part
    of takes that part's share of the energy.

    Parameters
    ----------
    import_kwh, export_kwh : (N,) energy of each step of the grid, finite and ≥ 0. [kWh]
    kwh_per_day : energy of a window, at the home's wiring
    import_usd_per_kwh : (N,) the cheapest steps come first, the earlier of equal ones; None: from
        the time at which the window opens
    is_surplus_first : what would be exported in the window is used before anything is bought

    Raises
    ------
    UsageError
        An array or amount is not as it should be.
    """
    imported, exported = home_energy(import_kwh, export_kwh)
    check_grid(grid, len(imported))
    for name, amount in (("kwh_per_day", kwh_per_day), ("charger_kw", charger_kw)):
        if not (np.isfinite(amount) and amount >= 0):
            raise UsageError(f"{name} is {amount}; it must be finite and ≥ 0")
    price = np.zeros(grid.count)
    if import_usd_per_kwh is not None:
        price = prices_of("import_usd_per_kwh", import_usd_per_kwh, grid.count)
    slots = _slots(grid, window, charger_kw, kwh_per_day)
    free = exported[slots.step_index] if is_surplus_first else np.zeros(len(slots.step_index))
    charge = np.zeros(grid.count)
    charge[slots.step_index] = _filled(slots, price[slots.step_index], free)
    return _charging(imported, exported, charge, slots)


def _slots(grid: Grid, window: tuple[time, time], charger_kw: float, kwh_per_day: float) -> _Slots:
    opens_s, closes_s = (_second(at) for at in window)
    length_s = (closes_s - opens_s) % DAY_S or DAY_S
    since_s = (grid.local_s - opens_s) % DAY_S  # (N,)
    inside = np.flatnonzero(since_s < length_s)
    number = (grid.local_s[inside] - opens_s) // DAY_S  # the date on which it opened
    if not inside.size:
        raise UsageError(f"no step starts between {window[0]} and {window[1]}; widen the window")
    day_number, window_index = np.unique(number, return_inverse=True)
    hours = hours_of_steps(grid)[inside]
    inside_hours = np.bincount(window_index, weights=hours)
    is_cut = (day_number * DAY_S + opens_s < grid.local_s[0]) | (
        day_number * DAY_S + opens_s + length_s > grid.local_s[-1] + grid.step_minutes * 60
    )
    share = np.where(is_cut, np.minimum(inside_hours * 3600 / length_s, 1.0), 1.0)  # (Y,)
    return _Slots(
        step_index=inside,
        window_index=window_index,
        room_kwh=charger_kw * hours,
        day_number=day_number,
        wanted_kwh=kwh_per_day * share,
    )


def _second(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _filled(slots: _Slots, usd_per_kwh: Floats, free_kwh: Floats) -> Floats:
    """Energy of each slot (W,): surplus, then the rest of the slots by price and time."""
    free = np.minimum(free_kwh, slots.room_kwh)
    room = np.concatenate([free, slots.room_kwh - free])  # (2W,)
    count = len(free)
    window = np.tile(slots.window_index, 2)
    stage = np.repeat([0, 1], count)
    price = np.concatenate([np.zeros(count), usd_per_kwh])
    order = np.lexsort((np.tile(np.arange(count), 2), price, stage, window))
    taken = np.zeros(2 * count)
    taken[order] = _poured(room[order], window[order], slots.wanted_kwh)
    return taken[:count] + taken[count:]


def _poured(room_kwh: Floats, window_index: Ints, wanted_kwh: Floats) -> Floats:
    """Energy poured into rooms in their order, window by window, until each has its own."""
    filled = np.zeros_like(room_kwh)
    edges = np.searchsorted(window_index, np.arange(len(wanted_kwh) + 1))
    for wanted, first, end in zip(wanted_kwh, edges[:-1], edges[1:], strict=True):
        before = np.concatenate(([0.0], np.cumsum(room_kwh[first : end - 1])))
        filled[first:end] = np.clip(wanted - before, 0.0, room_kwh[first:end])
    return filled


def _charging(
    import_kwh: Floats, export_kwh: Floats, charge_kwh: Floats, slots: _Slots
) -> Charging:
    from_surplus = np.minimum(charge_kwh, export_kwh)
    got = np.bincount(slots.window_index, weights=charge_kwh[slots.step_index])  # (Y,)
    short = slots.wanted_kwh - got
    return Charging(
        import_kwh=import_kwh + (charge_kwh - from_surplus),
        export_kwh=export_kwh - from_surplus,
        charge_kwh=charge_kwh,
        charged_kwh=float(charge_kwh.sum()),
        from_surplus_kwh=float(from_surplus.sum()),
        shortfalls=tuple(
            Shortfall(
                day=date.fromordinal(int(slots.day_number[index]) + EPOCH_ORDINAL),
                short_kwh=float(short[index]),
            )
            for index in np.flatnonzero(short > SHORT_KWH)
        ),
    )
