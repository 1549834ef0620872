"""An engine tariff as the inputs of NREL's Utilityrate5, wherever SAM can express it.

All energy charges and riders of a tariff are folded into SAM's one matrix: a SAM period is a
combination of the charges' own periods, and its ladder has every ceiling of theirs. What has no
place in SAM raises `Inexpressible` with the reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, nextafter

import numpy as np
import PySAM.Utilityrate5 as Utilityrate5
from numpy.typing import NDArray

from kwhen.engine.tariff import (
    EnergyCharge,
    FixedCharge,
    MinimumCharge,
    RiderCharge,
    Tariff,
    Tier,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Per, TierScope
from tests.sam import UNITS, EnergyRow, SamRate

Floats = NDArray[np.float64]
Key = tuple[tuple[int, ...], float]  # a period of each charge, and the riders' price

NO_CEILING = 1e38
UNIT_NUMBERS = {"kWh": 0, "kWh/kW": 1, "kWh daily": 2, "kWh/kW daily": 3}
UNIT_NAMES = {per: name for name, per in UNITS.items()}
MONTHS = range(1, 13)
DAYS_PER_MONTH = 365 / 12
ENGINE_ONLY = {
    "DemandCharge": "a demand charge (no embedded plan has one; the SSC cases cover them)",
    "EventCharge": "prices of called events",
    "IndexedEnergyCharge": "energy at a market price",
    "LumpCharge": "amounts on dates",
    "PercentageCharge": "a percentage of classes of charges",
}


class Inexpressible(Exception):
    """SAM has no input for something on the tariff."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamYear:
    """Months of a year as SAM bills them. (12,) each [USD]"""

    with_usd: Floats
    without_usd: Floats


def first_day(tariff: Tariff) -> date:
    """The first day of a common year in or after the tariff's first: SAM has no leap years."""
    year = tariff.effective.year
    return date(year + (year % 4 == 0), 1, 1)


def sam_rate(tariff: Tariff, option: int, sell_usd_per_kwh: float) -> SamRate:
    """The tariff's charges as one SAM rate. The sell rate is paid for export or year-end surplus.

    Raises Inexpressible.
    """
    for charge in tariff.charges:
        if type(charge).__name__ in ENGINE_ONLY:
            raise Inexpressible(ENGINE_ONLY[type(charge).__name__])
    charges = [charge for charge in tariff.charges if isinstance(charge, EnergyCharge)]
    for charge in charges:
        _check_schedule(charge)
    weekday, weekend, keys = _schedules(tariff, charges)
    rows = [
        row
        for number, key in enumerate(keys, start=1)
        for row in _rows(charges, number, key, sell_usd_per_kwh)
    ]
    return SamRate(
        weekday=weekday,
        weekend=weekend,
        energy=tuple(rows),
        option=option,
        year_end_usd_per_kwh=sell_usd_per_kwh,
        fixed_usd_per_month=_fixed_usd_per_month(tariff),
        minimum_usd_per_month=_minimum_usd(tariff, Per.MONTH),
        minimum_usd_per_year=_minimum_usd(tariff, Per.YEAR),
    )


def _check_schedule(charge: EnergyCharge) -> None:
    for part in charge.schedule.parts:
        if part.starts[1] != 1:
            raise Inexpressible("a season that starts within a month")
        for day in (part.weekday, part.weekend):
            if any(len(set(day[at : at + 4])) > 1 for at in range(0, 96, 4)):
                raise Inexpressible("a period that starts within an hour")
        pooled = charge.scope is TierScope.CYCLE or len(part.periods) == 1
        if not pooled and any(len(charge.periods[p].ladder) > 1 for p in part.periods):
            raise Inexpressible("tiers that each period counts alone")


def _schedules(
    tariff: Tariff, charges: Sequence[EnergyCharge]
) -> tuple[list[list[int]], list[list[int]], list[Key]]:
    """12 x 24 tables of SAM periods for weekdays and weekends, and what each period stands for."""
    numbers: dict[Key, int] = {}
    tables: tuple[list[list[int]], list[list[int]]] = ([], [])
    for month in MONTHS:
        parts = [c.schedule.parts[c.schedule.part_of(month, 1)] for c in charges]
        riders = _riders_usd_per_kwh(tariff, month)
        for table, days in zip(
            tables, ([p.weekday for p in parts], [p.weekend for p in parts]), strict=True
        ):
            keys = [(tuple(day[hour * 4] for day in days), riders) for hour in range(24)]
            table.append([numbers.setdefault(key, len(numbers) + 1) for key in keys])
    return *tables, list(numbers)


def _riders_usd_per_kwh(tariff: Tariff, month: int) -> float:
    """Sum of the riders in force in a month of the year that is billed."""
    start = first_day(tariff).replace(month=month)
    total = 0.0
    for rider in tariff.charges:
        if isinstance(rider, RiderCharge):
            same = (start.year, month)
            if any((day.year, day.month) == same and day.day > 1 for day, _ in rider.steps):
                raise Inexpressible("a rider that changes within a month")
            total += next((usd or 0.0 for day, usd in reversed(rider.steps) if day <= start), 0.0)
    return total


def _rows(
    charges: Sequence[EnergyCharge], number: int, key: Key, sell_usd_per_kwh: float
) -> list[EnergyRow]:
    """The ladder of one SAM period: the ladders of the charges laid over each other."""
    ladders = [c.periods[p].ladder for c, p in zip(charges, key[0], strict=True)]
    ceilings = sorted({tier.ceiling_kwh for ladder in ladders for tier in ladder}) or [inf]
    return [
        EnergyRow(
            period=number,
            tier=tier,
            ceiling=ceiling,
            unit=_unit(charges),
            buy_usd_per_kwh=key[1] + sum(_price_at(ladder, ceiling) for ladder in ladders),
            sell_usd_per_kwh=sell_usd_per_kwh,
        )
        for tier, ceiling in enumerate(ceilings, start=1)
    ]


def _price_at(ladder: Sequence[Tier], ceiling_kwh: float) -> float:
    """Price of the energy just below a ceiling."""
    below = nextafter(ceiling_kwh, 0.0)
    return sum(next(tier for tier in ladder if below < tier.ceiling_kwh).usd_per_kwh)


def _unit(charges: Sequence[EnergyCharge]) -> str:
    tiered = [c for c in charges if any(len(p.ladder) > 1 for p in c.periods)]
    units = {charge.ceiling_per for charge in tiered} or {CeilingPer.CYCLE}
    if len(units) > 1:
        raise Inexpressible("ladders whose ceilings are in different units")
    return UNIT_NAMES[units.pop()]


def _fixed_usd_per_month(tariff: Tariff) -> float:
    months = {Per.MONTH: 1.0, Per.DAY: DAYS_PER_MONTH}
    total = 0.0
    for charge in tariff.charges:
        if isinstance(charge, FixedCharge):
            if charge.per not in months:
                raise Inexpressible("a fixed charge that accrues by the day of a year")
            total += charge.amount_usd * months[charge.per]
    return total


def _minimum_usd(tariff: Tariff, per: Per) -> float:
    mine = [c for c in tariff.charges if isinstance(c, MinimumCharge)]
    if any(charge.per is Per.DAY for charge in mine):
        raise Inexpressible("a minimum by the day")
    if any(charge.of != frozenset(ChargeClass) for charge in mine):
        raise Inexpressible("a minimum on some classes of charges")
    found = [charge.amount_usd for charge in mine if charge.per is per]
    if len(found) > 1:
        raise Inexpressible("several minimums")
    return sum(found)


def nets_alike(tariff: Tariff, rate: SamRate) -> bool:
    """Whether each charge's own periods cut every month as SAM's do.

    Else a surplus is kept by charge and period in the engine, by combined period in SAM.
    """
    for month, (weekday, weekend) in enumerate(zip(rate.weekday, rate.weekend, strict=True), 1):
        combined = len({*weekday, *weekend})
        for charge in tariff.charges:
            if isinstance(charge, RiderCharge) and combined > 1:
                return False
            if isinstance(charge, EnergyCharge):
                part = charge.schedule.parts[charge.schedule.part_of(month, 1)]
                if len({*part.weekday, *part.weekend}) != combined:
                    return False
    return True


def model_of(rate: SamRate) -> Utilityrate5.Utilityrate5:
    """Utilityrate5 with everything set but the home's arrays."""
    model = Utilityrate5.new()
    rows = [
        [
            row.period,
            row.tier,
            min(row.ceiling, NO_CEILING),
            UNIT_NUMBERS[row.unit],
            row.buy_usd_per_kwh,
            row.sell_usd_per_kwh,
        ]
        for row in rate.energy
    ]
    model.assign(
        {
            "ElectricityRates": {
                "en_electricity_rates": 1,
                "rate_escalation": [0],
                "ur_metering_option": rate.option,
                "ur_ec_sched_weekday": rate.weekday,
                "ur_ec_sched_weekend": rate.weekend,
                "ur_ec_tou_mat": rows,
                "ur_nm_yearend_sell_rate": rate.year_end_usd_per_kwh,
                "ur_monthly_fixed_charge": rate.fixed_usd_per_month,
                "ur_monthly_min_charge": rate.minimum_usd_per_month,
                "ur_annual_min_charge": rate.minimum_usd_per_year,
                "ur_dc_enable": 0,
                "ur_en_ts_buy_rate": 0,
                "ur_en_ts_sell_rate": 0,
                "ur_ts_buy_rate": [0],
                "ur_ts_sell_rate": [0],
                "ur_sell_eq_buy": 0,
            },
            "Lifetime": {
                "analysis_period": 1,
                "inflation_rate": 0,
                "system_use_lifetime_output": 0,
            },
            "SystemOutput": {"degradation": [0]},
            "Load": {"load_escalation": [0]},
        }
    )
    return model


def sam_year(rate: SamRate, load_kw: Floats, gen_kw: Floats) -> SamYear:
    """What Utilityrate5 bills for a year, with the system and without."""
    model = model_of(rate)
    model.Load.load = load_kw.tolist()
    model.SystemOutput.gen = gen_kw.tolist()
    model.execute(0)
    return SamYear(
        with_usd=np.array(model.Outputs.year1_monthly_utility_bill_w_sys),
        without_usd=np.array(model.Outputs.year1_monthly_utility_bill_wo_sys),
    )
