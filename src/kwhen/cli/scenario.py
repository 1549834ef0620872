"""The second scenario of `kwhen impact`: other usage, or the same with devices."""

import re
from dataclasses import dataclass
from datetime import time
from math import isfinite
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.cli.meter import Metered, metered
from kwhen.engine.devices import Battery
from kwhen.engine.grid import Calendar
from kwhen.operations import scenarios
from kwhen.operations.scenarios import CHARGER_KW, Devices, LoadShift, Scenario, VehicleCharging

Floats = NDArray[np.float64]

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
class DeviceOptions:
    """What the options say of devices."""

    battery_kwh: float | None = None
    battery_kw: float | None = None
    shift_from: str | None = None
    shift_to: str | None = None
    shift_share_frac: float | None = None
    ev_kwh_per_day: float | None = None
    ev_window: str | None = None
    ev_kw: float = CHARGER_KW

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
    def devices(self) -> Devices | None:
        """The devices, None where there is none."""
        vehicle, shift, battery = self._vehicle, self._shift, self._battery
        if vehicle is None and shift is None and battery is None:
            return None
        return Devices(vehicle=vehicle, shift=shift, battery=battery)

    @property
    def _vehicle(self) -> VehicleCharging | None:
        if self.ev_kwh_per_day is None or self.ev_window is None:
            return None
        opens, closes = (time(hour % 24) for hour in _edges(self.ev_window))
        return VehicleCharging(
            kwh_per_day=self.ev_kwh_per_day, opens=opens, closes=closes, charger_kw=self.ev_kw
        )

    @property
    def _shift(self) -> LoadShift | None:
        if self.shift_from is None or self.shift_to is None or self.shift_share_frac is None:
            return None
        return LoadShift(
            from_hours=_hours(self.shift_from),
            to_hours=_hours(self.shift_to),
            share_frac=self.shift_share_frac,
        )

    @property
    def _battery(self) -> Battery | None:
        if self.battery_kwh is None or self.battery_kw is None:
            return None
        return Battery(
            capacity_kwh=self.battery_kwh,
            charge_kw=self.battery_kw,
            discharge_kw=self.battery_kw,
        )


def other_usage(file: str, home: Home, base: Metered, fill: str) -> Scenario:
    """The same days of another file."""
    zone = home.versions[-1].timezone
    found = metered(file, zone, first=base.first, end=base.end, fill=fill)
    return Scenario(home=home, name=file, import_kwh=found.import_kwh, export_kwh=exported(found))


def with_devices(home: Home, base: Metered, devices: Devices) -> Scenario:
    """The base with a vehicle, moved use and a battery, one after the other."""
    return scenarios.with_devices(
        home,
        base.import_kwh,
        base.export_kwh,
        base.first,
        base.end,
        base.step_minutes,
        Calendar.CIVIL,
        devices,
    )


def exported(home: Metered) -> Floats:
    """Its export; none where the file has none. (N,)"""
    return np.zeros_like(home.import_kwh) if home.export_kwh is None else home.export_kwh


def _hours(text: str) -> tuple[int, ...]:
    """The local hours of a span, over midnight as well."""
    first, end = _edges(text)
    return tuple(hour % 24 for hour in range(first, end if end > first else end + 24))
