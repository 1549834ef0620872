"""Every embedded plan against PySAM: random homes, with and without solar."""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.plans import plan_keys, rate_plan
from kwhen.engine.bill import bill
from kwhen.engine.grid import Calendar
from kwhen.engine.tariff import EnergyCharge, LumpCharge, Tariff
from tests.differential.homes import DAYS_COUNT, load_kw, shaving_kw, solar_kw
from tests.differential.pysam import Inexpressible, first_day, nets_alike, sam_rate, sam_year
from tests.sam import NEM_KWH, NET_BILLING, SamRate, sam_channels, sam_export_rule, sam_tariff

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One home under one metering option."""

    name: str
    option: int
    per_hour: int
    solar_peak_kw: float  # 0: no more than the load
    sell_usd_per_kwh: float


CASES = (
    Case(name="NEM", option=NEM_KWH, per_hour=1, solar_peak_kw=0, sell_usd_per_kwh=0.03),
    Case(name="NEM, surplus", option=NEM_KWH, per_hour=4, solar_peak_kw=9, sell_usd_per_kwh=0.03),
    Case(name="net billing", option=NET_BILLING, per_hour=1, solar_peak_kw=5, sell_usd_per_kwh=0.0),
    Case(
        name="net billing, sold", option=NET_BILLING, per_hour=4, solar_peak_kw=7,
        sell_usd_per_kwh=0.07,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How far the two are apart at most. [USD]"""

    plan: str
    reason: str = ""  # why there is no comparison
    notes: tuple[str, ...] = ()
    months_usd: float = 0.0
    year_usd: float = 0.0


@cache
def compared(key: str) -> Compared:
    """The newest version of a plan under every case."""
    tariff = rate_plan(key).versions[-1]
    notes = ["without its holidays"] if _has_holidays(tariff) else []
    kept = tuple(charge for charge in tariff.charges if not isinstance(charge, LumpCharge))
    notes += ["without its dated credit"] if kept != tariff.charges else []
    tariff = replace(tariff, holidays=None, charges=kept)
    apart = []
    for number, case in enumerate(CASES):
        try:
            rate = sam_rate(tariff, case.option, case.sell_usd_per_kwh)
        except Inexpressible as reason:
            return Compared(plan=key, reason=str(reason))
        folded = _needs_folding(tariff, rate, case)
        notes += ["surplus kWh on its folded form"] if folded else []
        theirs, ours = _both(tariff, rate, case, 10 * plan_keys().index(key) + number, folded)
        apart.append(theirs - ours)
    months = np.stack(apart)  # (cases, 2, 12)
    return Compared(
        plan=key,
        notes=tuple(notes),
        months_usd=float(np.abs(months).max()),
        year_usd=float(np.abs(months.sum(axis=2)).max()),
    )


def _has_holidays(tariff: Tariff) -> bool:
    """Whether a holiday changes any price: SAM's year has no dates on which one could fall."""
    return tariff.holidays is not None and any(
        (part.holiday or part.weekend) != part.weekday
        for charge in tariff.charges
        if isinstance(charge, EnergyCharge)
        for part in charge.schedule.parts
    )


def _needs_folding(tariff: Tariff, rate: SamRate, case: Case) -> bool:
    netted = case.option == NEM_KWH and case.solar_peak_kw > 0
    return netted and not nets_alike(tariff, rate)


def _both(
    tariff: Tariff, rate: SamRate, case: Case, seed: int, folded: bool
) -> tuple[Floats, Floats]:
    """Months without and with solar, of PySAM and of the engine. (2, 12) each [USD]"""
    load = load_kw(seed, case.per_hour)
    solar = solar_kw(seed, case.per_hour, case.solar_peak_kw)
    gen = solar if case.solar_peak_kw else shaving_kw(load, seed, case.per_hour)
    theirs = sam_year(rate, load, gen)
    theirs.with_usd[-1] += surplus_of_year_usd(rate, load, gen)
    mine = sam_tariff(rate) if folded else _with_rule(tariff, rate)
    without = _months_usd(mine, rate, load, np.zeros_like(gen), case.per_hour)
    with_solar = _months_usd(mine, rate, load, gen, case.per_hour)
    return np.stack([theirs.without_usd, theirs.with_usd]), np.stack([without, with_solar])


def surplus_of_year_usd(rate: SamRate, load: Floats, gen: Floats) -> float:
    """What SAM pays in December beyond the year's own surplus. [USD]

    SAM pays a running total of months that never falls below zero, so that what was bought in
    the first months is not set against the surplus of later ones. The engine pays what the
    year generated beyond its use, as utilities do.
    """
    if rate.option != NEM_KWH:
        return 0.0
    running_kwh, net_kwh = 0.0, month_sums((gen - load) * DAYS_COUNT * 24 / len(load))
    for month_kwh in net_kwh:
        running_kwh = max(0.0, running_kwh + month_kwh)
    return (running_kwh - max(0.0, net_kwh.sum())) * rate.year_end_usd_per_kwh


def month_sums(steps: Floats) -> Floats:
    """Sums of a year's steps by month. (12,)"""
    days = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])
    return np.add.reduceat(steps, days * (len(steps) // DAYS_COUNT))


def _with_rule(tariff: Tariff, rate: SamRate) -> Tariff:
    return replace(tariff, export_rules=(sam_export_rule(rate),))


def _months_usd(tariff: Tariff, rate: SamRate, load: Floats, gen: Floats, per_hour: int) -> Floats:
    import_kwh, export_kwh = sam_channels(rate.option, load, gen)
    found = bill(
        (tariff,),
        import_kwh,
        export_kwh,
        start=first_day(tariff),
        step_minutes=60 // per_hour,
        calendar=Calendar.SAM,
    )
    return np.array(found.by_month)
