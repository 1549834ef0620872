"""Whether a tariff that could be read is believable: reasons against it, none if it is."""

from collections.abc import Iterator, Mapping
from typing import Any

from kwhen.catalog.urdb.fields import api_names
from kwhen.catalog.urdb.read import UNKNOWN_START
from kwhen.engine.tariff import DemandCharge, EnergyCharge, FixedCharge, MinimumCharge, Tariff
from kwhen.engine.words import Per

LOWEST_USD_PER_KWH, HIGHEST_USD_PER_KWH = -1.0, 5.0
HIGHEST_HOUSEHOLD_USD_PER_MONTH = 1_000.0
HIGHEST_USD_PER_MONTH = 100_000.0
HIGHEST_USD_PER_KW = 500.0
_YEARS = range(1990, 2100)
_PER_MONTH = {Per.DAY: 365 / 12, Per.MONTH: 1.0, Per.YEAR: 1 / 12}
_SELF_DOUBT = "cannot correctly model"


def prove(item: Mapping[str, Any], tariff: Tariff) -> tuple[str, ...]:
    """Reasons why the tariff read from an item should not be billed with.

    It has to say whose it is and what it is called; its dates have to lie in order and in the
    age of the data; its prices have to be sane for its sector, and one has to be above zero.
    """
    named = api_names(item)
    return (*_identity(named, tariff), *_dates(tariff), *_prices(named, tariff))


def _identity(item: Mapping[str, Any], tariff: Tariff) -> Iterator[str]:
    if tariff.utility_id == 0:
        yield "eiaid: missing; no customer can be joined to the rate"
    if "name" not in item:
        yield "name: missing"
    for key in ("name", "description"):
        if _SELF_DOUBT in str(item.get(key, ""))[:10_000].lower():
            yield f"{key}: says itself that URDB {_SELF_DOUBT} this rate"


def _dates(tariff: Tariff) -> Iterator[str]:
    if tariff.until is not None and tariff.until <= tariff.effective:
        yield f"enddate: no day is left between {tariff.effective} and {tariff.until}"
    for key, day in (("startdate", tariff.effective), ("enddate", tariff.until)):
        if day not in (None, UNKNOWN_START) and day.year not in _YEARS:
            yield f"{key}: {day} lies outside {_YEARS.start} to {_YEARS.stop - 1}"


def _prices(item: Mapping[str, Any], tariff: Tariff) -> Iterator[str]:
    is_household = str(item.get("sector", "")).lower() == "residential"
    highest = HIGHEST_HOUSEHOLD_USD_PER_MONTH if is_household else HIGHEST_USD_PER_MONTH
    if not any(price > 0 for charge in tariff.charges for price in _energy(charge)):
        yield "energyratestructure: no price is above zero; the rate was never filled in"
    for charge in tariff.charges:
        for price in _energy(charge):
            if not LOWEST_USD_PER_KWH <= price <= HIGHEST_USD_PER_KWH:
                yield f"{charge.name}: {price:g} $/kWh lies outside -1 to 5"
                break
        if isinstance(charge, FixedCharge | MinimumCharge):
            monthly = charge.amount_usd * _PER_MONTH[charge.per]
            if abs(monthly) > highest:
                yield f"{charge.name}: {monthly:,.0f} $ a month is beyond {highest:,.0f}"
        if isinstance(charge, DemandCharge):
            top = max(abs(t.usd_per_kw) for period in charge.periods for t in period.ladder)
            if top > HIGHEST_USD_PER_KW:
                yield f"{charge.name}: {top:,.0f} $/kW is beyond {HIGHEST_USD_PER_KW:,.0f}"


def _energy(charge: object) -> Iterator[float]:
    """Prices of an energy charge, its components summed. [USD/kWh]"""
    if isinstance(charge, EnergyCharge):
        for period in charge.periods:
            for tier in period.ladder:
                yield sum(tier.usd_per_kwh)
