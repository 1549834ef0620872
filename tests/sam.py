"""NREL's SAM (Utilityrate5) in the engine's words, for comparisons only: no utility bills so.

Periods, tiers and schedules are numbered from 1, as SAM numbers them. Loads and generation are
average kW of each step.

Random rates agree with PySAM in every month but for one thing: under kWh rollover SAM pays at the
year's end what a bank of all periods together has left, month by month never below zero; a cash-out
here pays the year's generation less its load. The two differ for a home that buys more than it
makes in the first months of a year and hardly more than nothing over the whole of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.bill import bill
from kwhen.engine.calendar import monthly_schedule
from kwhen.engine.compensation import (
    EVERYTHING,
    Bank,
    CashOut,
    ExportPrice,
    ExportRule,
    Leftover,
    Netting,
    Rollover,
    TierFill,
)
from kwhen.engine.grid import Calendar
from kwhen.engine.result import Bill
from kwhen.engine.tariff import (
    Charge,
    Component,
    DemandCharge,
    DemandPeriod,
    DemandTier,
    EnergyCharge,
    FixedCharge,
    MinimumCharge,
    Period,
    Tariff,
    Tier,
)
from kwhen.engine.words import ENERGY_CLASSES, CeilingPer, ChargeClass, Per, TierScope
from kwhen.errors import TariffError

Floats = NDArray[np.float64]
Table = Sequence[Sequence[int]]  # 12 x 24 periods, from 1

FIRST_DAY = date(2007, 1, 1)  # of SAM's year: a Monday
NEM_KWH, NEM_USD, NET_BILLING, NET_BILLING_CARRIED, BUY_ALL_SELL_ALL = range(5)
UNITS = {
    "kWh": CeilingPer.CYCLE,
    "kWh/kW": CeilingPer.KW,
    "kWh daily": CeilingPer.DAY,
    "kWh/kW daily": CeilingPer.KW_DAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyRow:
    """A row of `ur_ec_tou_mat`."""

    period: int
    tier: int
    ceiling: float
    unit: str
    buy_usd_per_kwh: float
    sell_usd_per_kwh: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRow:
    """A row of `ur_dc_tou_mat`, or of `ur_dc_flat_mat` with the month (from 1) as its period."""

    period: int
    tier: int
    ceiling_kw: float
    usd_per_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SamRate:
    """The inputs of one Utilityrate5 run."""

    weekday: Table
    weekend: Table
    energy: tuple[EnergyRow, ...]
    option: int = NEM_KWH
    year_end_usd_per_kwh: float = 0.0
    fixed_usd_per_month: float = 0.0
    minimum_usd_per_month: float = 0.0
    minimum_usd_per_year: float = 0.0
    demand: tuple[DemandRow, ...] = ()
    demand_weekday: Table = ()
    demand_weekend: Table = ()
    flat_demand: tuple[DemandRow, ...] = ()


def sam_bill(rate: SamRate, load_kw: Floats, gen_kw: Floats | None = None) -> Bill:
    """The first year's bill by SAM's rules; without generation where none is given."""
    nothing = np.zeros(1)  # SAM keeps its metering option, and with it the way tiers fill
    generated = nothing if gen_kw is None else gen_kw
    import_kwh, export_kwh = sam_channels(rate.option, load_kw, generated)
    return bill(
        (sam_tariff(rate),),
        import_kwh,
        export_kwh,
        start=FIRST_DAY,
        step_minutes=60 * 8760 // len(import_kwh),
        calendar=Calendar.SAM,
    )


def sam_channels(option: int, load_kw: Floats, gen_kw: Floats) -> tuple[Floats, Floats]:
    """Import and export of each of the finer steps. [kWh]

    A coarser series is spread evenly. What the inverter draws at night is bought.
    """
    count = max(len(load_kw), len(gen_kw))
    hours = 8760 / count
    load_kwh = np.repeat(load_kw, count // len(load_kw)) * hours
    gen_kwh = np.repeat(gen_kw, count // len(gen_kw)) * hours
    if option == BUY_ALL_SELL_ALL:
        return load_kwh + np.maximum(-gen_kwh, 0.0), np.maximum(gen_kwh, 0.0)
    net = load_kwh - gen_kwh
    return np.maximum(net, 0.0), np.maximum(-net, 0.0)


def sam_tariff(rate: SamRate) -> Tariff:
    """SAM's rate as a tariff with the one export rule of its metering option."""
    charges: list[Charge] = [_energy_charge(rate)]
    if rate.demand:
        charges.append(_demand_charge(rate))
    if rate.flat_demand:
        months = [[month] * 24 for month in range(1, 13)]
        charges.append(_demand("Flat demand", rate.flat_demand, months, months))
    if rate.fixed_usd_per_month:
        charges.append(
            FixedCharge(name="Fixed", amount_usd=rate.fixed_usd_per_month, per=Per.MONTH)
        )
    charges += _minimums(rate)
    return Tariff(
        plan="SAM/RATE",
        name="A rate of SAM",
        utility_id=0,
        utility="SAM",
        state="",
        effective=FIRST_DAY,
        timezone="UTC",
        charges=tuple(charges),
        export_rules=(sam_export_rule(rate),),
    )


def _minimums(rate: SamRate) -> list[Charge]:
    found: list[Charge] = []
    if rate.minimum_usd_per_month:
        amount_usd = rate.minimum_usd_per_month
        found.append(MinimumCharge(name="Minimum a month", amount_usd=amount_usd, per=Per.MONTH))
    if rate.minimum_usd_per_year:
        found.append(
            MinimumCharge(
                name="Minimum a year",
                amount_usd=rate.minimum_usd_per_year,
                per=Per.YEAR,
                of=EVERYTHING - {ChargeClass.MINIMUM},  # what monthly minimums add does not count
            )
        )
    return found


def sam_export_rule(rate: SamRate) -> ExportRule:
    """The compensation rule of a metering option."""
    match rate.option:
        case 0:
            return ExportRule(
                name="NEM, kWh rollover",
                netting=Netting.PERIODS,
                in_kwh=True,
                rollover=Rollover.BY_HOUR,
                cash_out=CashOut(usd_per_kwh=rate.year_end_usd_per_kwh),
            )
        case 2:  # sales come off the bill before the minimum is set
            pays = EVERYTHING - {ChargeClass.MINIMUM}
            return _sell_rule(rate, Bank(name="sales", pays=pays, cash=True))
        case 4:
            return _sell_rule(rate, Bank(name="sales", pays=EVERYTHING, cash=True))
        case 3:
            bank = Bank(
                name="credit",
                pays=ENERGY_CLASSES,
                delay_months=1,
                at_true_up=Leftover.PAY_OUT,
            )
            return _sell_rule(rate, bank)
        case option:
            raise TariffError(f"metering option {option} has no rule here; 0, 2, 3 and 4 have")


def _sell_rule(rate: SamRate, bank: Bank) -> ExportRule:
    sell = {row.period: row.sell_usd_per_kwh for row in rate.energy}
    table = np.array(
        [
            [[sell[period] for period in day] for day in (rate.weekday[m], rate.weekend[m])]
            for m in range(12)
        ]
    )
    price = ExportPrice(name="Sell rate", bank=bank.name, usd_per_kwh=table[None])
    return ExportRule(
        name="net billing",
        netting=Netting.CHANNELS,
        prices=(price,),
        banks=(bank,),
        tier_fill=TierFill.CHRONOLOGICAL,
    )


def _energy_charge(rate: SamRate) -> EnergyCharge:
    try:
        return _energy(rate, TierScope.CYCLE)
    except TariffError:  # ceilings differ by period: SAM refuses such a rate
        return _energy(rate, TierScope.PERIOD)


def _energy(rate: SamRate, scope: TierScope) -> EnergyCharge:
    ladders: dict[int, list[EnergyRow]] = {}
    for row in sorted(rate.energy, key=lambda row: (row.period, row.tier)):
        ladders.setdefault(row.period, []).append(row)
    (unit,) = {row.unit for row in rate.energy}
    return EnergyCharge(
        name="Energy",
        schedule=monthly_schedule(_from_zero(rate.weekday), _from_zero(rate.weekend)),
        periods=tuple(_period(number, ladders) for number in range(1, max(ladders) + 1)),
        components=(Component(name="Energy", klass=ChargeClass.SUPPLY),),
        ceiling_per=UNITS[unit],
        scope=scope,
    )


def _period(number: int, ladders: Mapping[int, Sequence[EnergyRow]]) -> Period:
    rows = ladders[number]
    tiers = [Tier(usd_per_kwh=(row.buy_usd_per_kwh,), ceiling_kwh=row.ceiling) for row in rows]
    return Period(name=f"Period {number}", ladder=tuple(tiers))


def _demand_charge(rate: SamRate) -> DemandCharge:
    return _demand("Demand", rate.demand, rate.demand_weekday, rate.demand_weekend)


def _demand(name: str, rows: Sequence[DemandRow], weekday: Table, weekend: Table) -> DemandCharge:
    ladders: dict[int, list[DemandTier]] = {}
    for row in sorted(rows, key=lambda row: (row.period, row.tier)):
        tier = DemandTier(usd_per_kw=row.usd_per_kw, ceiling_kw=row.ceiling_kw)
        ladders.setdefault(row.period, []).append(tier)
    return DemandCharge(
        name=name,
        schedule=monthly_schedule(_from_zero(weekday), _from_zero(weekend)),
        periods=tuple(
            DemandPeriod(name=f"Period {n}", ladder=tuple(ladders[n])) for n in sorted(ladders)
        ),
        window_minutes=60,
    )


def _from_zero(table: Table) -> list[list[int]]:
    return [[period - 1 for period in row] for row in table]


def open_ended(ceiling: float) -> float:
    """SAM writes 1e38 for a tier without an upper edge."""
    return inf if ceiling >= 1e38 else ceiling
