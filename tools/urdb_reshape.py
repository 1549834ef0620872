"""A tariff read from URDB with human names for its periods and seasons, and its own source."""

from dataclasses import replace
from typing import Any

from kwhen.engine.calendar import Schedule, SchedulePart, flat_schedule
from kwhen.engine.tariff import Charge, EnergyCharge, Period, Service
from kwhen.engine.words import ChargeClass

ALL_YEAR, ALL_HOURS = "all year", "all hours"
JULY = 7


def own_source(charge: Charge, source: str) -> Charge:
    """The charge, and its components, with the source of this plan."""
    if isinstance(charge, EnergyCharge):
        return replace(
            charge, components=tuple(replace(part, source=source) for part in charge.components)
        )
    return replace(charge, source=source)


def renamed(charge: Charge, spec: dict[str, Any], service: Service) -> Charge:
    """The energy charge with named periods and seasons; others stay."""
    if not isinstance(charge, EnergyCharge):
        return charge
    names = _names(charge, spec.get("periods", []))
    periods = _merged(charge, names)
    schedule = flat_schedule()
    if len(periods) > 1:
        index = [[period.name for period in periods].index(name) for name in names]
        schedule = _renumbered(charge, index, _seasons(charge, spec))
    components = charge.components
    if service is Service.DELIVERY:
        components = tuple(replace(part, klass=ChargeClass.DELIVERY) for part in components)
    return replace(charge, periods=periods, schedule=schedule, components=components)


def _names(charge: EnergyCharge, listed: list[str]) -> list[str]:
    """Name of each period, by its number in the raw figures (`period 3`)."""
    if not listed and len(charge.periods) == 1:
        return [ALL_HOURS]
    numbers = [int(period.name.removeprefix("period ")) for period in charge.periods]
    if len(listed) != len(numbers):
        raise ValueError(f"{len(listed)} names for {len(numbers)} periods: {listed}")
    return [listed[number] for number in numbers]


def _merged(charge: EnergyCharge, names: list[str]) -> tuple[Period, ...]:
    """One period a name; those that share a name must share their prices."""
    found: dict[str, Period] = {}
    for name, period in zip(names, charge.periods, strict=True):
        if found.setdefault(name, replace(period, name=name)).ladder != period.ladder:
            raise ValueError(f"the periods called {name!r} differ in price")
    return tuple(found.values())


def _seasons(charge: EnergyCharge, spec: dict[str, Any]) -> dict[int, str]:
    """Season of each part of the schedule, by its first month."""
    parts = charge.schedule.parts
    tiers = any(len(period.ladder) > 1 for period in charge.periods)
    if len(parts) == 1 or (tiers and len({part.season for part in parts}) == 1):
        return {part.starts[0]: ALL_YEAR for part in parts}
    if listed := spec.get("seasons"):
        return {part.starts[0]: listed[str(part.starts[0])] for part in parts}
    summer = parts[charge.schedule.part_of(JULY, 1)]
    found = {part.starts[0]: "summer" if _same(part, summer) else "winter" for part in parts}
    winters = [part for part in parts if not _same(part, summer)]
    if any(not _same(part, winters[0]) for part in winters):
        raise ValueError(f"more than two seasons need names: {sorted(found)}")
    return found


def _same(a: SchedulePart, b: SchedulePart) -> bool:
    return (a.season, a.weekday, a.weekend) == (b.season, b.weekday, b.weekend)


def _renumbered(charge: EnergyCharge, index: list[int], seasons: dict[int, str]) -> Schedule:
    return Schedule(
        parts=tuple(
            replace(
                part,
                season=seasons[part.starts[0]],
                weekday=tuple(index[period] for period in part.weekday),
                weekend=tuple(index[period] for period in part.weekend),
            )
            for part in charge.schedule.parts
        )
    )
