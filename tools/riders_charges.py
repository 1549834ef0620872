"""Charges of one month: the components of delivery and of supply, and amounts a month or a day.

A section is flat, in tiers by season, or by time of use with or without seasons.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from kwhen.engine.calendar import Schedule, SchedulePart, flat_schedule, quarters
from kwhen.engine.tariff import (
    Charge,
    Component,
    EnergyCharge,
    FixedCharge,
    Period,
    Tier,
)
from kwhen.engine.words import ChargeClass, Per

SOURCE = "switchbox-rates"
_PER = {"$/month": Per.MONTH, "$/day": Per.DAY}
_NAMES = {"supply_commodity_bundled": "supply"}
_NON_BYPASSABLE = {"non_bypassable_fmcc_nbfmcc"}
_SECTIONS = {
    "Delivery": (("already_in_drr", "add_to_drr"), ChargeClass.DELIVERY),
    "Supply": (("add_to_srr",), ChargeClass.SUPPLY),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The periods of an energy charge, the schedule over them, and the ceilings they share."""

    names: tuple[str, ...]
    schedule: Schedule
    ceilings_kwh: tuple[float, ...] = ()  # without the open one


def is_zero(charge: dict[str, Any]) -> bool:
    """Whether a charge is zero in all its months."""
    return not any(_numbers(charge.get("monthly_rates", charge.get("tiers"))))


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in _numbers(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in _numbers(inner)]
    return [value] if isinstance(value, float) else []


def charges_of(document: dict[str, Any], month: str, left_out: set[str]) -> tuple[Charge, ...]:
    """Every charge of a month that has a figure: energy first, then fixed amounts."""
    energy: list[Charge] = []
    fixed: list[Charge] = []
    for label, (parts, klass) in _SECTIONS.items():
        sections = [document[part] for part in parts]
        rows = {
            name: charge
            for section in sections
            for name, charge in section["charges"].items()
            if name not in left_out and not is_zero(charge) and _is_priced(charge, month)
        }
        per_kwh = {name: row for name, row in rows.items() if row["charge_unit"] == "$/kWh"}
        energy.append(_energy(label, per_kwh, _shape(sections), klass, month))
        fixed += [_fixed(name, row, month) for name, row in rows.items() if name not in per_kwh]
    return (*energy, *fixed)


def _is_priced(charge: dict[str, Any], month: str) -> bool:
    series = charge.get("monthly_rates", {})
    return month in series or "tiers" in charge or not any(key[:2] == "20" for key in series)


def _fixed(name: str, charge: dict[str, Any], month: str) -> FixedCharge:
    return FixedCharge(
        name=_label(name),
        amount_usd=charge["monthly_rates"][month],
        per=_PER[charge["charge_unit"]],
        source=SOURCE,
    )


def _label(name: str) -> str:
    return _NAMES.get(name, name.replace("_", " "))


def _energy(
    label: str, rows: dict[str, dict[str, Any]], shape: Shape, klass: ChargeClass, month: str
) -> EnergyCharge:
    by_row = [_prices(row, shape, month) for row in rows.values()]
    ceilings = (*shape.ceilings_kwh, inf)
    return EnergyCharge(
        name=label,
        schedule=shape.schedule,
        periods=tuple(
            Period(
                name=name,
                ladder=tuple(
                    Tier(
                        usd_per_kwh=tuple(prices[period][tier] for prices in by_row),
                        ceiling_kwh=ceiling,
                    )
                    for tier, ceiling in enumerate(ceilings)
                ),
            )
            for period, name in enumerate(shape.names)
        ),
        components=tuple(
            Component(
                name=_label(name),
                klass=ChargeClass.NON_BYPASSABLE if name in _NON_BYPASSABLE else klass,
                source=SOURCE,
            )
            for name in rows
        ),
    )


def _prices(charge: dict[str, Any], shape: Shape, month: str) -> list[list[float]]:
    """Price of a charge by period and tier in a month. [USD/kWh]"""
    tiers = len(shape.ceilings_kwh) + 1
    if "tiers" in charge:
        rows = [tier["monthly_rates"] for tier in charge["tiers"]]
        return [[row[name][month] for row in rows] for name in shape.names]
    series = charge["monthly_rates"]
    if month in series:
        return [[series[month]] * tiers for _ in shape.names]
    keys = [name.replace(" peak", "_on_peak").replace(" off-peak", "_off_peak")
            if " " in name else {"peak": "all_on_peak", "off-peak": "all_off_peak"}[name]
            for name in shape.names]  # fmt: skip
    return [[series[key][month]] * tiers for key in keys]


def _shape(sections: list[dict[str, Any]]) -> Shape:
    shapes = [_shape_of(section) for section in sections]
    shaped = [shape for shape in shapes if len(shape.names) > 1]
    return shaped[0] if shaped else shapes[0]


def _shape_of(section: dict[str, Any]) -> Shape:
    match section["rate_structure"]:
        case "flat":
            return Shape(names=("all hours",), schedule=flat_schedule())
        case "seasonal_tiered":
            ceilings = tuple(
                tier["upper_limit_kwh"]
                for tier in section["charges"]["core_delivery_rate"]["tiers"]
                if tier["upper_limit_kwh"] is not None
            )
            names = ("summer", "winter")
            return Shape(
                names=names, schedule=_seasons(section, [([0],), ([1],)]), ceilings_kwh=ceilings
            )
        case "seasonal_tou":
            return _by_time(section)
    raise ValueError(f"unknown structure {section['rate_structure']!r}")


def _by_time(section: dict[str, Any]) -> Shape:
    """Peak on weekdays between two hours, off-peak else; by season where the section has any."""
    peak = section["tou_periods"]["on_peak"]
    if not peak["weekdays_only"]:
        raise ValueError("a peak at weekends is not provided for")
    hours = range(int(peak["from_hour"]), int(peak["to_hour"]))
    days = [
        ([base if hour in hours else base + 1 for hour in range(24)], [base + 1] * 24)
        for base in (0, 2)
    ]
    if "seasons" in section:
        names = ("summer peak", "summer off-peak", "winter peak", "winter off-peak")
        return Shape(names=names, schedule=_seasons(section, days))
    weekday, weekend = days[0]
    part = SchedulePart(
        starts=(1, 1), season="all year", weekday=quarters(weekday), weekend=quarters(weekend)
    )
    return Shape(names=("peak", "off-peak"), schedule=Schedule(parts=(part,)))


def _seasons(section: dict[str, Any], days: Sequence[tuple[list[int], ...]]) -> Schedule:
    """Summer from its first day on, winter around it; `days` are weekday (and weekend) hours."""
    summer, winter = (section["seasons"][name] for name in ("summer", "winter"))
    starts = ((1, 1), *((int(s["from_month"]), int(s["from_day"])) for s in (summer, winter)))
    parts = []
    for start, name, kinds in zip(
        starts, ("winter", "summer", "winter"), (days[1], days[0], days[1]), strict=True
    ):
        hours = [kind * 24 if len(kind) == 1 else kind for kind in kinds]
        parts.append(
            SchedulePart(
                starts=start,
                season=name,
                weekday=quarters(hours[0]),
                weekend=quarters(hours[-1]),
            )
        )
    return Schedule(parts=tuple(parts))
