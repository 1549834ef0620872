"""The second scenario of `kwhen impact`: other usage, or the same with devices."""

import re
from dataclasses import dataclass, replace
from datetime import time
from math import isfinite
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.api.signals import price_signal
from kwhen.cli.meter import Metered, metered
from kwhen.engine.devices import (
    Battery,
    charge_ev,
    dispatch_battery,
    month_steps,
    shift_load,
)
from kwhen.engine.grid import Calendar, Grid, whole_days
from kwhen.engine.signal import Component

Floats = NDArray[np.float64]

EV_KW = 7.2  # a 240 V charger of 30 A
_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")


def _known_hours(text: str | None) -> str | None:
    """Local hours as 16-21: from 16:00 up to 21:00."""
    if text is not None:
        _edges(text)
    return text


def _known_cost(cost_usd: float | None) -> float | None:
    """A cost is a number and not below nothing."""
    if cost_usd is not None and not (isfinite(cost_usd) and cost_usd >= 0):
        raise typer.BadParameter(f"{cost_usd:g} is no cost; give it in USD, 0 or more")
    return cost_usd


def _edges(text: str) -> tuple[int, int]:
    found = _HOURS.fullmatch(text.strip())
    first, end = (int(part) for part in found.groups()) if found else (0, 0)
    if not (first < 24 and end <= 24 and first != end):
        raise typer.BadParameter(f"{text!r} is no span of hours; write 16:00 to 21:00 as 16-21")
    return first, end


Against = Annotated[
    str | None,
    typer.Option("--against", metavar="FILE", help="Usage of a second scenario, to compare."),
]
BatteryKwh = Annotated[
    float | None, typer.Option(metavar="KWH", help="Compare with a battery of this capacity.")
]
BatteryKw = Annotated[float | None, typer.Option(metavar="KW", help="Its power.")]
ShiftFrom = Annotated[
    str | None,
    typer.Option(
        metavar="HOURS",
        callback=_known_hours,
        help="Compare with use moved from these hours: 16-21.",
    ),
]
ShiftTo = Annotated[
    str | None,
    typer.Option(metavar="HOURS", callback=_known_hours, help="Hours it moves to: 10-15."),
]
ShiftShare = Annotated[
    float | None, typer.Option(metavar="SHARE", help="How much of it moves, from 0 to 1.")
]
EvKwh = Annotated[
    float | None,
    typer.Option(
        "--ev-kwh-per-day", metavar="KWH", help="Compare with a vehicle that charges as much a day."
    ),
]
EvWindow = Annotated[
    str | None,
    typer.Option(
        metavar="HOURS",
        callback=_known_hours,
        help="Hours in which it charges, cheapest first: 0-6.",
    ),
]
EvKw = Annotated[float, typer.Option(metavar="KW", help="Power of its charger.")]
Cost = Annotated[
    float | None,
    typer.Option(
        "--cost",
        metavar="USD",
        callback=_known_cost,
        help="What the second scenario costs: for the payback.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What the options say of devices."""

    battery_kwh: float | None = None
    battery_kw: float | None = None
    shift_from: str | None = None
    shift_to: str | None = None
    shift_share_frac: float | None = None
    ev_kwh_per_day: float | None = None
    ev_window: str | None = None
    ev_kw: float = EV_KW

    def __post_init__(self) -> None:
        for group in (
            {"--battery-kwh": self.battery_kwh, "--battery-kw": self.battery_kw},
            {
                "--shift-from": self.shift_from,
                "--shift-to": self.shift_to,
                "--shift-share": self.shift_share_frac,
            },
            {"--ev-kwh-per-day": self.ev_kwh_per_day, "--ev-window": self.ev_window},
        ):
            lacking = [name for name, given in group.items() if given is None]
            if lacking and len(lacking) < len(group):
                raise typer.BadParameter(f"{' and '.join(group)} go together; give {lacking[0]}")

    @property
    def are_any(self) -> bool:
        """Whether there is a device at all."""
        given = (self.battery_kwh, self.shift_from, self.ev_kwh_per_day)
        return any(part is not None for part in given)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenario:
    """Energy of a home over the days of another scenario, and what makes it so."""

    name: str
    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    notes: tuple[str, ...] = ()


def other_usage(file: str, home: Home, base: Metered, fill: str) -> Scenario:
    """The same days of another file."""
    zone = home.versions[-1].timezone
    found = metered(file, zone, first=base.first, end=base.end, fill=fill)
    return Scenario(name=file, import_kwh=found.import_kwh, export_kwh=exported(found))


def with_devices(home: Home, base: Metered, devices: Devices) -> Scenario:
    """The base with a vehicle, moved use and a battery, one after the other."""
    grid = whole_days(
        base.first,
        len(base.import_kwh),
        base.step_minutes,
        home.versions[-1].timezone,
        Calendar.CIVIL,
    )
    buy, sell = _plan_prices(home, base)
    at = _Setting(devices=devices, grid=grid, buy_usd_per_kwh=buy, sell_usd_per_kwh=sell)
    made = Scenario(name="", import_kwh=base.import_kwh, export_kwh=exported(base))
    names: list[str] = []
    notes: list[str] = []
    for change in (_with_vehicle, _with_shift, _with_battery):
        changed = change(at, made)
        if changed is not None:
            made = changed
            names.append(changed.name)
            notes += changed.notes
    return replace(made, name=", ".join(names), notes=tuple(notes))


def exported(home: Metered) -> Floats:
    """Its export; none where the file has none. (N,)"""
    return np.zeros_like(home.import_kwh) if home.export_kwh is None else home.export_kwh


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Setting:
    """What every device is given."""

    devices: Devices
    grid: Grid
    buy_usd_per_kwh: Floats  # (N,)
    sell_usd_per_kwh: Floats  # (N,)


def _plan_prices(home: Home, base: Metered) -> tuple[Floats, Floats]:
    """What one more kWh costs and earns on the bill. (N,), (N,)"""
    found = price_signal(home, base.first, base.end, components=[Component.TARIFF], nearest=True)
    return found.import_usd_per_kwh, found.export_usd_per_kwh


def _with_vehicle(at: _Setting, before: Scenario) -> Scenario | None:
    devices = at.devices
    if devices.ev_kwh_per_day is None or devices.ev_window is None:
        return None
    opens, closes = (time(hour % 24) for hour in _edges(devices.ev_window))
    found = charge_ev(
        before.import_kwh,
        before.export_kwh,
        kwh_per_day=devices.ev_kwh_per_day,
        charger_kw=devices.ev_kw,
        window=(opens, closes),
        grid=at.grid,
        import_usd_per_kwh=at.buy_usd_per_kwh,
    )
    short = f"the vehicle is not full after {len(found.shortfalls)} of its windows"
    return Scenario(
        name=f"a vehicle of {devices.ev_kwh_per_day:g} kWh a day from {opens:%H:%M}",
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
        notes=(short,) if found.shortfalls else (),
    )


def _with_shift(at: _Setting, before: Scenario) -> Scenario | None:
    devices = at.devices
    if devices.shift_from is None or devices.shift_to is None:
        return None
    found = shift_load(
        before.import_kwh,
        before.export_kwh,
        from_hours=_hours(devices.shift_from),
        to_hours=_hours(devices.shift_to),
        grid=at.grid,
        share_frac=devices.shift_share_frac,
    )
    share = f"{100 * (devices.shift_share_frac or 0):g} %"
    return Scenario(
        name=f"{share} of {devices.shift_from} h moved to {devices.shift_to} h",
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
    )


def _with_battery(at: _Setting, before: Scenario) -> Scenario | None:
    devices = at.devices
    if devices.battery_kwh is None or devices.battery_kw is None:
        return None
    found = dispatch_battery(
        Battery(
            capacity_kwh=devices.battery_kwh,
            charge_kw=devices.battery_kw,
            discharge_kw=devices.battery_kw,
        ),
        before.import_kwh,
        before.export_kwh,
        at.buy_usd_per_kwh,
        at.sell_usd_per_kwh,
        step_minutes=at.grid.step_minutes,
        window_steps=month_steps(at.grid),
    )
    notes = ["the battery knows each month's use and the plan's prices ahead: a best case"]
    if not found.is_solved:
        notes.append("the battery rests in months for which no best use was found")
    return Scenario(
        name=f"a battery of {devices.battery_kwh:g} kWh and {devices.battery_kw:g} kW",
        import_kwh=found.import_kwh,
        export_kwh=found.export_kwh,
        notes=tuple(notes),
    )


def _hours(text: str) -> list[int]:
    """The local hours of a span, over midnight as well."""
    first, end = _edges(text)
    return [hour % 24 for hour in range(first, end if end > first else end + 24)]
