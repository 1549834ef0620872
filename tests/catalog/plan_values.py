"""A made-up plan with every kind of charge, to be written and read."""

from datetime import date

from kwhen.engine.calendar import flat_schedule, monthly_schedule
from kwhen.engine.tariff import (
    Component,
    DemandCharge,
    DemandPeriod,
    DemandTier,
    EnergyCharge,
    EventCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    Period,
    Programme,
    Ratchet,
    RiderCharge,
    Service,
    Tariff,
    Tier,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Missing, Per, TierScope

SPARE = Missing(name="taxes", note="not held")
SOURCE = "urdb"
SUMMER = range(5, 9)
TOU = monthly_schedule(
    [([2] * 16 + [3] * 5 + [2] * 3 if m in SUMMER else [0] * 16 + [1] * 8) for m in range(12)],
    [([2] * 24 if m in SUMMER else [0] * 24) for m in range(12)],
)
ENERGY = EnergyCharge(
    name="Energy",
    schedule=TOU,
    components=(
        Component(name="rate", klass=ChargeClass.OTHER, source=SOURCE),
        Component(name="adjustment", klass=ChargeClass.SUPPLY, source="ratebook"),
    ),
    periods=tuple(
        Period(
            name=name,
            ladder=(
                Tier(usd_per_kwh=(0.1 + number / 10, 0.00001), ceiling_kwh=12.5),
                Tier(usd_per_kwh=(0.2 + number / 10, 0.00001)),
            ),
        )
        for number, name in enumerate(["low", "high", "season 2 low", "season 2 high"])
    ),
    ceiling_per=CeilingPer.DAY,
    scope=TierScope.PERIOD,
)
FLAT = EnergyCharge(
    name="Flat",
    schedule=flat_schedule(),
    components=(Component(name="rate", klass=ChargeClass.DELIVERY, source=SOURCE),),
    periods=(
        Period(
            name="all hours",
            ladder=(Tier(usd_per_kwh=(0.1,), ceiling_kwh=100), Tier(usd_per_kwh=(1e-6,))),
        ),
    ),
)
DEMAND = DemandCharge(
    name="Demand",
    schedule=TOU,
    periods=tuple(
        DemandPeriod(
            name=name,
            ladder=(
                DemandTier(usd_per_kw=3.0, ceiling_kw=5.0),
                DemandTier(usd_per_kw=4.0 + number),
            ),
        )
        for number, name in enumerate(["low", "high", "season 2 low", "season 2 high"])
    ),
    window_minutes=30,
    ratchet=Ratchet(share_frac=(0.5,) * 12, months=frozenset({6, 7}), lookback_months=12),
    source=SOURCE,
)
OTHERS = (
    FixedCharge(name="Fixed", amount_usd=12.0, per=Per.MONTH, source=SOURCE),
    FixedCharge(
        name="Credit", amount_usd=-1.0, per=Per.DAY, klass=ChargeClass.CREDIT, source="ratebook"
    ),
    MinimumCharge(
        name="Minimum",
        amount_usd=5.0,
        per=Per.MONTH,
        of=frozenset({ChargeClass.DELIVERY, ChargeClass.FIXED}),
        source=SOURCE,
    ),
    RiderCharge(
        name="Rider",
        klass=ChargeClass.SUPPLY,
        steps=((date(2026, 1, 1), 0.01), (date(2026, 2, 1), None)),
        source=SOURCE,
    ),
    PercentageCharge(
        name="Tax",
        share_frac=0.025,
        of=frozenset({ChargeClass.SUPPLY}),
        except_components=frozenset({"adjustment"}),
        source=SOURCE,
    ),
    EventCharge(name="Event", klass=ChargeClass.OTHER, usd_per_kwh=0.75, source=SOURCE),
    IndexedEnergyCharge(
        name="Market",
        klass=ChargeClass.SUPPLY,
        factor_frac=1.05,
        adder_usd_per_kwh=0.002,
        source=SOURCE,
    ),
    LumpCharge(name='The "credit"', dates=((4, 1, -36.0), (10, 1, -36.0)), source=SOURCE),
)


def _tariff(effective: date, until: date | None, missing: tuple[Missing, ...]) -> Tariff:
    return Tariff(
        plan="1/EVERYTHING",
        name="Every kind of charge",
        utility_id=1,
        utility="One & Co",
        state="CA",
        effective=effective,
        until=until,
        timezone="America/Los_Angeles",
        charges=(ENERGY, FLAT, DEMAND, *OTHERS),
        programmes=(
            Programme(
                name="LOW",
                charges=(
                    FixedCharge(name="Fixed", amount_usd=3.0, per=Per.MONTH, source="ratebook"),
                ),
                replaces=frozenset({"Fixed"}),
                missing=(Missing(name="part", note="not held"),),
                source="ratebook",
            ),
        ),
        service=Service.BUNDLED,
        eligibility=("an electric vehicle",),
        sources=(SOURCE, "ratebook"),
        missing=missing,
    )


EVERY_KIND = (
    _tariff(date(2026, 1, 1), date(2026, 6, 1), (SPARE,)),
    _tariff(date(2026, 6, 1), None, (SPARE, Missing(name="rider", since=date(2026, 7, 1)))),
)
