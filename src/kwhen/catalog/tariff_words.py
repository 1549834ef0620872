"""Charges and export rules as short words for a person."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import assert_never

from kwhen.catalog.written import money, number, price, words
from kwhen.engine.calendar import Schedule
from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.tariff import (
    Charge,
    DemandCharge,
    EnergyCharge,
    EventCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    RiderCharge,
)
from kwhen.engine.words import CEILING_UNITS, CeilingPer, ChargeClass

_NETTING = {
    Netting.CHANNELS: "import and export priced apart, at published export prices",
    Netting.HOURLY: "netted each hour, the rest at published export prices",
    Netting.PERIODS: "netted by period over the cycle, at the retail price",
}


def ceiling_words(ceiling_kwh: float, per: CeilingPer) -> str:
    """Up to where a tier reaches; blank for the last one."""
    if ceiling_kwh == float("inf"):
        return ""
    return f"{ceiling_kwh:,.6g} {CEILING_UNITS[per]}"


def season_words(schedule: Schedule) -> str:
    """When each season starts; blank where there is one alone."""
    starts: dict[str, list[str]] = {}
    for before, part in zip((schedule.parts[-1], *schedule.parts), schedule.parts, strict=False):
        if before.season != part.season:
            starts.setdefault(part.season, []).append("{:02d}-{:02d}".format(*part.starts))
    return ", ".join(f"{season} from {' and '.join(days)}" for season, days in starts.items())


def charge_words(charge: Charge, on: date) -> tuple[str, str]:
    """What a charge depends on, and its price, of every kind but energy."""
    match charge:
        case EnergyCharge():
            return "per kWh by period and tier", ""
        case FixedCharge():
            return f"per {charge.per.value}", money_fine(charge.amount_usd)
        case MinimumCharge():
            reach = "all charges" if charge.of == frozenset(ChargeClass) else _classes(charge.of)
            return f"floor per {charge.per.value} under {reach}", money_fine(charge.amount_usd)
        case DemandCharge():
            return f"per kW, highest {charge.window_minutes} minutes", _demand_words(charge)
        case RiderCharge():
            return "per kWh, by date", _rider_words(charge, on)
        case PercentageCharge():
            return f"of {_classes(charge.of)}", f"{number(100 * charge.share_frac, 2)} %"
        case EventCharge():
            return "per kWh during called events", price(charge.usd_per_kwh)
        case IndexedEnergyCharge():
            factor = f"{charge.factor_frac:g} x market"
            return "per kWh at the market price", f"{factor} + {price(charge.adder_usd_per_kwh)}"
        case LumpCharge():
            dates = ", ".join(f"{m:02d}-{d:02d} {money(usd)}" for m, d, usd in charge.dates)
            return "once on its date", dates
        case _:
            assert_never(charge)


def money_fine(amount_usd: float) -> str:
    """An amount with the decimals that it has, two at least: $24.15 or $0.79343."""
    digits = max(2, len(f"{amount_usd:.5f}".rstrip("0").split(".")[1]))
    return f"{'-' if amount_usd < 0 else ''}${number(abs(amount_usd), digits)}"


def _classes(of: Iterable[ChargeClass]) -> str:
    chosen = frozenset(of)
    return ", ".join(words(klass.value) for klass in ChargeClass if klass in chosen)


def _demand_words(charge: DemandCharge) -> str:
    found = []
    for period in charge.periods:
        prices = [money_fine(tier.usd_per_kw) for tier in period.ladder]
        found.append(f"{period.name} {' / '.join(prices)}".strip())
    return ", ".join(found)


def _rider_words(charge: RiderCharge, on: date) -> str:
    held = [usd for day, usd in charge.steps if day <= on]
    usd = held[-1] if held else None
    return "not known" if usd is None else price(usd)


def rule_words(rule: ExportRule) -> str:
    """How a rule pays."""
    said = _NETTING[rule.netting]
    return f"{said}; true-up each year" if rule.true_up else said


def rule_dates(rules: Sequence[ExportRule], on: date) -> str:
    """Whether new homes can still choose a rule, from its vintages."""
    is_open = any(
        (r.open_from is None or r.open_from <= on) and (r.open_until is None or on < r.open_until)
        for r in rules
    )
    if is_open:
        return "open to new homes"
    ends = [r.open_until for r in rules if r.open_until is not None]
    return f"closed to new homes {max(ends)}" if ends and max(ends) <= on else "not open yet"
