"""Small tariffs, windows and homes for the property tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from kwhen.engine.calendar import HolidayCalendar, Schedule, SchedulePart, flat_schedule
from kwhen.engine.compensation import (
    Bank,
    CashOut,
    ExportRule,
    Leftover,
    Netting,
    flat_export,
)
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
    RiderCharge,
    Tariff,
    Tier,
)
from kwhen.engine.words import ENERGY_CLASSES, CeilingPer, ChargeClass, Per, TierScope

Floats = NDArray[np.float64]

ZONE = "America/Los_Angeles"
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)  # 92 and 100 quarter hours
OFF_PEAK, PEAK = 0, 1
DAY = (OFF_PEAK,) * 64 + (PEAK,) * 20 + (OFF_PEAK,) * 12  # 16:00 to 21:00
QUIET_DAY = (OFF_PEAK,) * 96


def tariff(
    *charges: Charge,
    zone: str = ZONE,
    effective: date = date(2020, 1, 1),
    until: date | None = None,
    rule: ExportRule | None = None,
    holidays: HolidayCalendar | None = None,
) -> Tariff:
    """A tariff of these charges."""
    return Tariff(
        plan="0/TEST",
        name="Test",
        utility_id=0,
        utility="Utility",
        state="CA",
        effective=effective,
        until=until,
        timezone=zone,
        charges=charges,
        holidays=holidays,
        export_rules=(rule,) if rule else (),
    )


def energy(
    *usd_per_kwh: float,
    name: str = "Energy",
    klass: ChargeClass = ChargeClass.SUPPLY,
    ceilings: Sequence[float] = (),
    per: CeilingPer = CeilingPer.CYCLE,
) -> EnergyCharge:
    """Energy at one price a tier, at all hours."""
    edges = (*ceilings, inf)
    ladder = tuple(
        Tier(usd_per_kwh=(usd,), ceiling_kwh=edge)
        for usd, edge in zip(usd_per_kwh, edges, strict=True)
    )
    return EnergyCharge(
        name=name,
        schedule=flat_schedule(),
        periods=(Period(name="all", ladder=ladder),),
        components=(Component(name=name, klass=klass),),
        ceiling_per=per,
    )


def two_periods(summer: tuple[int, int] = (6, 1), winter: tuple[int, int] = (10, 1)) -> Schedule:
    """Off-peak and peak in both seasons: periods 0 and 1 in summer, 2 and 3 in winter."""
    cold, cold_quiet = (tuple(p + 2 for p in day) for day in (DAY, QUIET_DAY))
    return Schedule(
        parts=(
            SchedulePart(starts=summer, season="summer", weekday=DAY, weekend=QUIET_DAY),
            SchedulePart(starts=winter, season="winter", weekday=cold, weekend=cold_quiet),
        )
    )


def time_of_use(
    prices: Sequence[float] = (0.20, 0.50, 0.15, 0.30),
    *,
    schedule: Schedule | None = None,
    ceilings: Sequence[float] = (),
    tier_step: float = 0.1,
    scope: TierScope = TierScope.CYCLE,
    per: CeilingPer = CeilingPer.CYCLE,
    shares: Sequence[tuple[str, ChargeClass, float]] = (
        ("generation", ChargeClass.SUPPLY, 0.5),
        ("wires", ChargeClass.DELIVERY, 0.4),
        ("public purpose", ChargeClass.NON_BYPASSABLE, 0.1),
    ),
) -> EnergyCharge:
    """Two seasons of off-peak and peak; each tier dearer, a price split over three classes."""
    names = ("summer off-peak", "summer peak", "winter off-peak", "winter peak")
    edges = (*ceilings, inf)
    periods = []
    for name, price in zip(names, prices, strict=True):
        totals = [price + tier_step * number for number in range(len(edges))]
        ladder = tuple(
            Tier(usd_per_kwh=tuple(total * part for *_, part in shares), ceiling_kwh=edge)
            for total, edge in zip(totals, edges, strict=True)
        )
        periods.append(Period(name=name, ladder=ladder))
    return EnergyCharge(
        name="Time of use",
        schedule=schedule or two_periods(),
        periods=tuple(periods),
        components=tuple(Component(name=part, klass=klass) for part, klass, _ in shares),
        ceiling_per=per,
        scope=scope,
    )


def fixed(amount_usd: float, per: Per, name: str = "Fixed") -> FixedCharge:
    """A fixed charge."""
    return FixedCharge(name=name, amount_usd=amount_usd, per=per)


def demand(usd_per_kw: float, window_minutes: int = 60) -> DemandCharge:
    """The highest average power of the cycle."""
    return DemandCharge(
        name="Demand",
        schedule=flat_schedule(),
        periods=(DemandPeriod(name="all", ladder=(DemandTier(usd_per_kw=usd_per_kw),)),),
        window_minutes=window_minutes,
    )


def net_billing(
    *banks: Bank, usd_per_kwh: float = 0.08, true_up: bool = True, name: str = "net billing"
) -> ExportRule:
    """Every exported kWh is worth one price in each bank."""
    return ExportRule(
        name=name,
        netting=Netting.CHANNELS,
        prices=tuple(flat_export(f"to {b.name}", usd_per_kwh, bank=b.name) for b in banks),
        banks=banks,
        true_up=true_up,
    )


def net_metering_usd(*, true_up: bool = True, cash_out: CashOut | None = None) -> ExportRule:
    """Net metering whose surplus is dollars, non-bypassable charges on import (NEM 2)."""
    return ExportRule(
        name="NEM in dollars",
        netting=Netting.PERIODS,
        banks=(
            Bank(
                name="credit",
                pays=ENERGY_CLASSES - {ChargeClass.NON_BYPASSABLE},
                at_true_up=Leftover.LAPSE,
            ),
        ),
        on_import=frozenset({ChargeClass.NON_BYPASSABLE}),
        true_up=true_up,
        cash_out=cash_out,
    )


def net_metering_kwh(*, true_up: bool = True) -> ExportRule:
    """Net metering whose surplus stays in kWh by period."""
    return ExportRule(name="NEM in kWh", netting=Netting.PERIODS, in_kwh=True, true_up=true_up)


RULES = (
    net_billing(Bank(name="all", pays=frozenset(ChargeClass))),
    net_billing(
        Bank(name="generation", pays=frozenset({ChargeClass.SUPPLY})),
        Bank(name="delivery", pays=frozenset({ChargeClass.DELIVERY}), expires_months=2),
    ),
    net_billing(Bank(name="sales", pays=frozenset(ChargeClass), cash=True), name="cash"),
    replace(
        net_billing(Bank(name="hourly", pays=ENERGY_CLASSES), name="hourly"),
        netting=Netting.HOURLY,
    ),
    net_metering_usd(),
    net_metering_kwh(),
)


def steps_in(start: date, days: int, step_minutes: int, zone: str = ZONE) -> int:
    """How many real steps the local days have."""
    edges = [
        datetime.combine(day, datetime.min.time(), ZoneInfo(zone)).timestamp()
        for day in (start, start + timedelta(days=days))
    ]
    return int(edges[1] - edges[0]) // (60 * step_minutes)


def home(seed: int, count: int, mean_kwh: float) -> Floats:
    """Uneven energies, some of them zero."""
    random = np.random.default_rng(seed)
    return random.gamma(0.7, mean_kwh / 0.7, count) * (random.random(count) < 0.8)


AMOUNTS = st.floats(0.01, 0.6).map(lambda usd: round(usd, 5))
DATES = st.dates(date(2023, 1, 1), date(2025, 12, 31))
SEEDS = st.integers(0, 10_000)


@st.composite
def energy_charges(draw: st.DrawFn) -> EnergyCharge:
    """Time of use with or without tiers, seasons that may start mid-month."""
    first = draw(st.integers(20, 300))
    ceilings = draw(st.sampled_from([(), (first,), (first, 2 * first)]))
    day = draw(st.sampled_from([1, 15, 20]))
    return time_of_use(
        draw(st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)),
        schedule=two_periods((6, day), (10, day)),
        ceilings=ceilings,
        tier_step=draw(AMOUNTS),
        scope=draw(st.sampled_from(TierScope)),
        per=draw(st.sampled_from([CeilingPer.CYCLE, CeilingPer.DAY]))
        if ceilings
        else (CeilingPer.CYCLE),
    )


@st.composite
def charge_lists(draw: st.DrawFn) -> tuple[Charge, ...]:
    """An energy charge and what may stand beside it."""
    found: list[Charge] = [draw(energy_charges())]
    for extra in (
        fixed(12.5, Per.MONTH, "Customer"),
        fixed(0.79343, Per.DAY, "Services"),
        fixed(36.6, Per.YEAR, "Yearly"),
        demand(3.21),
        RiderCharge(
            name="Rider",
            klass=ChargeClass.OTHER,
            steps=((date(2020, 1, 1), 0.01), (date(2024, 7, 10), -0.004)),
        ),
        MinimumCharge(name="Minimum", amount_usd=10.0, per=Per.MONTH),
    ):
        if draw(st.booleans()):
            found.append(extra)
    return tuple(found)
