"""A home's usage with devices that it does not have yet: what its meter would count.

One after the other: more solar, a vehicle, use moved within the day, a battery. What depends on
prices follows the marginal prices of the home's plan.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, time
from functools import lru_cache
from hashlib import sha256
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.api.bills import bill
from kwhen.api.homes import Home
from kwhen.api.signals import Signal, price_signal
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.places import Place
from kwhen.catalog.plans import rate_plan
from kwhen.catalog.solar import pv_series
from kwhen.engine.devices import (
    Battery,
    Dispatch,
    charge_ev,
    dispatch_battery,
    month_steps,
    shift_load,
)
from kwhen.engine.devices.arrays import home_energy
from kwhen.engine.grid import Calendar, Grid, covering, whole_days
from kwhen.engine.signal import Component
from kwhen.engine.solar import SolarSystem
from kwhen.errors import UsageError
from kwhen.usage import Usage

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CHARGER_KW = 7.2  # a 240 V charger of 30 A
HOURS_PER_DAY = 24
DISPATCHES_KEPT_COUNT = 12  # of a year each is about 2 MB


@dataclass(frozen=True, slots=True, kw_only=True)
class VehicleCharging:
    """A vehicle that takes as much every day within [opens, closes) of local time.

    A window that closes at or before it opens crosses midnight. The cheapest steps come first.
    """

    kwh_per_day: float
    opens: time
    closes: time
    charger_kw: float = CHARGER_KW

    def __post_init__(self) -> None:
        for name in ("kwh_per_day", "charger_kw"):
            amount: float = getattr(self, name)
            if not (isfinite(amount) and amount > 0):
                raise UsageError(f"{name} of a vehicle is {amount}; it must be finite and above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadShift:
    """A share of the use in some local hours, 0 to 23, that moves to others of the same day."""

    from_hours: tuple[int, ...]
    to_hours: tuple[int, ...]
    share_frac: float

    def __post_init__(self) -> None:
        for name in ("from_hours", "to_hours"):
            hours: tuple[int, ...] = getattr(self, name)
            if not hours or any(hour not in range(HOURS_PER_DAY) for hour in hours):
                raise UsageError(f"{name} is {hours}; it takes local hours from 0 to 23")
        if both := sorted(set(self.from_hours) & set(self.to_hours)):
            raise UsageError(f"the hours {both} are in from_hours and to_hours; an hour is in one")
        if not 0 <= self.share_frac <= 1:
            raise UsageError(f"share_frac is {self.share_frac}; it is between 0 and 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraSolar:
    """An array beside what the home has: what it makes is used first, the rest exported."""

    solar: SolarSystem


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What a home gets in a scenario, at least one thing."""

    solar: ExtraSolar | None = None
    vehicle: VehicleCharging | None = None
    shift: LoadShift | None = None
    battery: Battery | None = None

    def __post_init__(self) -> None:
        if (self.solar, self.vehicle, self.shift, self.battery) == (None,) * 4:
            raise UsageError("no device is given; give solar, a vehicle, a shift or a battery")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """What the meter of a home would count in each step, and what makes it so."""

    home: Home  # with the solar that was added
    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    name: str = ""
    notes: tuple[str, ...] = ()


def with_devices(
    home: Home,
    import_kwh: ArrayLike,
    export_kwh: ArrayLike | None,
    first: date,
    end: date,
    step_minutes: int,
    calendar: Calendar | str,
    devices: Devices,
    live: SeriesStore | None = None,
) -> Scenario:
    """A home's energy with devices: solar, then a vehicle, moved use and a battery.

    Parameters
    ----------
    home : its plan says what a kWh costs and earns; its ZIP what solar makes
    import_kwh, export_kwh : (N,) energy of each step of the local dates [first, end), finite and
        ≥ 0; export None: none. [kWh]
    calendar : "civil" real steps, "wall" the same number of values every local date. What wall
        time holds in the hour that spring leaves out has no real time, and stays as it is
    live : as of `kwhen.price_signal`

    Raises
    ------
    UsageError
        An array or the window is not as it should be, or solar is added to a home without a ZIP.
    CoverageError, ChoiceError, NotFound
        As of `kwhen.price_signal`.
    """
    clock = _clock(first, end, step_minutes, home.versions[-1].timezone, calendar)
    given = home_energy(import_kwh, np.zeros_like(import_kwh) if export_kwh is None else export_kwh)
    clock.check(len(given[0]))
    made = [Scenario(home=home, import_kwh=clock.real(given[0]), export_kwh=clock.real(given[1]))]
    if devices.solar is not None:
        made.append(_with_solar(clock.grid, made[-1], devices.solar.solar))
    at = price_signal(
        made[-1].home,
        first,
        end,
        components=[Component.TARIFF],
        nearest=True,
        step_minutes=step_minutes,
        live=live,
    )
    if devices.vehicle is not None:
        made.append(_with_vehicle(clock.grid, at, made[-1], devices.vehicle))
    if devices.shift is not None:
        made.append(_with_shift(clock.grid, made[-1], devices.shift))
    if devices.battery is not None:
        made.append(_with_battery(clock.grid, at, made[-1], devices.battery))
    return Scenario(
        home=made[-1].home,
        import_kwh=clock.told(made[-1].import_kwh, given[0]),
        export_kwh=clock.told(made[-1].export_kwh, given[1]),
        name=", ".join(part.name for part in made[1:]),
        notes=tuple(note for part in made for note in part.notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Clock:
    """The real steps of a window, in which devices work, and the values that tell of them."""

    grid: Grid  # M real steps
    slot: Ints  # (M,) which value tells of a real step
    times: Ints  # (N,) real steps of a value: 0 in spring's gap, 2 in autumn's repeated hour

    def check(self, count: int) -> None:
        """Raise UsageError where there is not one value for each of N."""
        if count != len(self.times):
            raise UsageError(
                f"import_kwh has {count} values; the {self.grid.days_count} days from "
                f"{self.grid.date_of(0)} take {len(self.times)} of {self.grid.step_minutes} minutes"
            )

    def real(self, energy_kwh: Floats) -> Floats:
        """Energy of each real step, that of a repeated hour in equal parts. (N,) → (M,) [kWh]"""
        return np.asarray(energy_kwh[self.slot] / self.times[self.slot])

    def told(self, real_kwh: Floats, given_kwh: Floats) -> Floats:
        """The values that tell of real steps; those without a real time as given. (M,) → (N,)"""
        found = np.bincount(self.slot, weights=real_kwh, minlength=len(self.times))
        return np.where(self.times > 0, found, given_kwh)


def _clock(
    first: date, end: date, step_minutes: int, zone: str, calendar: Calendar | str
) -> _Clock:
    grid = covering(first, end, step_minutes, zone)
    match calendar:
        case Calendar.CIVIL | Calendar.CIVIL.value:
            slot = np.arange(grid.count)
            count = grid.count
        case Calendar.WALL | Calendar.WALL.value:
            slot = (grid.local_s - grid.local_s[0]) // (step_minutes * 60)
            count = grid.days_count * HOURS_PER_DAY * 60 // step_minutes
        case _:
            raise UsageError(f"calendar is {calendar!r}; a scenario takes 'civil' or 'wall'")
    return _Clock(grid=grid, slot=slot, times=np.bincount(slot, minlength=count))


def _with_solar(grid: Grid, before: Scenario, added: SolarSystem) -> Scenario:
    home, where = before.home, before.home.place
    if where is None:
        raise UsageError("what solar makes depends on the place; give the ZIP of the home")
    series = pv_series(where, grid, added)
    imported, exported = _less_solar(before.import_kwh, before.export_kwh, series.kwh)
    solar = added if home.solar is None else _together(home.solar, added)
    size_kw = home.customer.solar_kw
    grown_kw = None if size_kw is None else size_kw + added.system_size_kw
    history = home.history and _history_with_solar(where, home.history, grid.zone, added)
    customer = replace(home.customer, solar_kw=grown_kw)
    return Scenario(
        home=replace(home, solar=solar, customer=customer, history=history),
        import_kwh=imported,
        export_kwh=exported,
        name=f"{added.system_size_kw:g} kW of solar",
        notes=("the added solar is that of a usual year", *(gap.note for gap in series.missing)),
    )


def _less_solar(import_kwh: Floats, export_kwh: Floats, made_kwh: Floats) -> tuple[Floats, Floats]:
    """Import less what an array makes; what is left of it is exported. (N,), (N,) [kWh]"""
    used_kwh = np.minimum(made_kwh, import_kwh)
    return import_kwh - used_kwh, export_kwh + (made_kwh - used_kwh)


def _history_with_solar(where: Place, past: Usage, zone: str, added: SolarSystem) -> Usage:
    """The home's past as if it had had the array, so that what is usual for it fits."""
    count = len(past.import_kwh)
    grid = whole_days(past.start.date(), count, past.step_minutes, zone, Calendar.CIVIL)
    exported = past.export_kwh if past.export_kwh is not None else np.zeros(count)
    made_kwh = pv_series(where, grid, added).kwh
    imported, exported = _less_solar(past.import_kwh, exported, made_kwh)
    return replace(past, import_kwh=imported, export_kwh=exported)


def _together(own: SolarSystem, added: SolarSystem) -> SolarSystem:
    """The home's array grown by another; net metered only where both are, as one meter is."""
    size_kw = own.system_size_kw + added.system_size_kw
    if own.is_non_net_metered or not added.is_non_net_metered:
        return replace(own, system_size_kw=size_kw)
    return replace(
        own,
        system_size_kw=size_kw,
        is_non_net_metered=True,
        interconnection_date=added.interconnection_date,
    )


def _with_vehicle(grid: Grid, at: Signal, before: Scenario, vehicle: VehicleCharging) -> Scenario:
    found = charge_ev(
        before.import_kwh,
        before.export_kwh,
        kwh_per_day=vehicle.kwh_per_day,
        charger_kw=vehicle.charger_kw,
        window=(vehicle.opens, vehicle.closes),
        grid=grid,
        import_usd_per_kwh=at.import_usd_per_kwh,
    )
    short = f"the vehicle is not full after {len(found.shortfalls)} of its windows"
    return Scenario(
        home=before.home,
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
        name=f"a vehicle of {vehicle.kwh_per_day:g} kWh a day from {vehicle.opens:%H:%M}",
        notes=(short,) if found.shortfalls else (),
    )


def _with_shift(grid: Grid, before: Scenario, shift: LoadShift) -> Scenario:
    found = shift_load(
        before.import_kwh,
        before.export_kwh,
        from_hours=shift.from_hours,
        to_hours=shift.to_hours,
        grid=grid,
        share_frac=shift.share_frac,
    )
    spans = f"{_span_words(shift.from_hours)} h moved to {_span_words(shift.to_hours)} h"
    return Scenario(
        home=before.home,
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
        name=f"{100 * shift.share_frac:g} % of {spans}",
    )


def _span_words(hours: Collection[int]) -> str:
    """Local hours as spans: 16-21 is from 16:00 up to 21:00, 22-6 is over midnight."""
    inside = set(hours)
    firsts = [hour for hour in sorted(inside) if (hour - 1) % HOURS_PER_DAY not in inside]
    spans = []
    for first in firsts or [0]:
        after = range(first + 1, first + HOURS_PER_DAY)
        end = next((h for h in after if h % HOURS_PER_DAY not in inside), first + HOURS_PER_DAY)
        spans.append(f"{first}-{end if end <= HOURS_PER_DAY else end - HOURS_PER_DAY}")
    return " and ".join(spans)


def _with_battery(grid: Grid, at: Signal, before: Scenario, battery: Battery) -> Scenario:
    arrays = (
        before.import_kwh,
        before.export_kwh,
        at.import_usd_per_kwh,
        at.export_usd_per_kwh,
        month_steps(grid),
    )
    found = _dispatched(_Dispatching.of(battery, grid.step_minutes, arrays))
    notes = ["the battery knows each month's use and the plan's prices ahead: a best case"]
    if not found.is_solved:
        notes.append("the battery rests in months for which no best use was found")
    after = Scenario(
        home=before.home,
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
        name=f"a battery of {battery.capacity_kwh:g} kWh and {battery.discharge_kw:g} kW",
        notes=tuple(notes),
    )
    # Marginal prices are slopes: where a tier or credit turns, a bill can rise all the same.
    if _bill_usd(grid, after) <= _bill_usd(grid, before):
        return after
    resting = "the battery rests: on this plan its use would not lower the bill"
    return replace(before, name=after.name, notes=(resting,))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dispatching:
    """A battery in a home, equal to another of the same content."""

    battery: Battery
    step_minutes: int
    content_hash: bytes
    arrays: tuple[Floats | Ints, ...] = field(compare=False)

    @classmethod
    def of(
        cls, battery: Battery, step_minutes: int, arrays: tuple[Floats | Ints, ...]
    ) -> "_Dispatching":
        hashed = sha256()
        for array in arrays:
            hashed.update(np.ascontiguousarray(array).data)
        return cls(
            battery=battery,
            step_minutes=step_minutes,
            content_hash=hashed.digest(),
            arrays=arrays,
        )


@lru_cache(maxsize=DISPATCHES_KEPT_COUNT)
def _dispatched(of: _Dispatching) -> Dispatch:
    """What the battery does; kept, since a year takes seconds and people change other things."""
    imported, exported, buy, sell, months = of.arrays
    return dispatch_battery(
        of.battery,
        imported,
        exported,
        buy,
        sell,
        step_minutes=of.step_minutes,
        window_steps=months,
    )


def _bill_usd(grid: Grid, scenario: Scenario) -> float:
    home = scenario.home
    made = bill(
        rate_plan(home.plan) if isinstance(home.plan, str) else home.plan,
        scenario.import_kwh,
        scenario.export_kwh,
        start=grid.date_of(0),
        step_minutes=grid.step_minutes,
        customer=home.billed_customer(),
        nearest=True,
    )
    return float(made.total_usd)
