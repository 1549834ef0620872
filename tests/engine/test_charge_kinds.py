"""Each kind of charge on small bills that a reader can check by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime
from math import inf

import numpy as np
import pytest

import kwhen
from kwhen.engine.bill import bill
from kwhen.engine.calendar import Schedule, SchedulePart, flat_schedule
from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.tariff import (
    Component,
    DemandCharge,
    DemandPeriod,
    DemandTier,
    EnergyCharge,
    EventCharge,
    IndexedEnergyCharge,
    LumpCharge,
    PercentageCharge,
    Period,
    Ratchet,
    RiderCharge,
    Tier,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Per, TierScope
from kwhen.errors import TariffError
from tests.properties.values import (
    RULES,
    demand,
    energy,
    fixed,
    net_metering_usd,
    tariff,
    time_of_use,
    two_periods,
)

JULY = date(2025, 7, 1)
HOURS = 31 * 24
HOURLY = next(rule for rule in RULES if rule.netting is Netting.HOURLY)
SUPPLY, DELIVERY = ChargeClass.SUPPLY, ChargeClass.DELIVERY


def lines(found: kwhen.Bill) -> dict[str, float]:
    """Unrounded amount by charge."""
    sums: dict[str, float] = {}
    for line in found.lines:
        sums[line.charge] = sums.get(line.charge, 0.0) + line.exact_usd
    return sums


def flat(kwh: float, hours: int = HOURS) -> np.ndarray:
    """A sum spread evenly."""
    return np.full(hours, kwh / hours)


# ---- tiers ----


def test_pooled_tiers_are_shared_by_each_periods_part_of_the_energy() -> None:
    """400 kWh, a quarter of it at peak: 300 in the first tier, a quarter of them at peak."""
    imported = np.zeros(HOURS)
    imported[17], imported[3] = 100.0, 300.0
    plan = tariff(time_of_use((0.2, 0.5, 0.2, 0.5), ceilings=(300,)))
    found = kwhen.bill(plan, imported, start=JULY, step_minutes=60)
    quantities = {(line.period, line.tier): line.quantity for line in found.lines}
    assert quantities == pytest.approx(
        {
            ("summer off-peak", 1): 225,
            ("summer off-peak", 2): 75,
            ("summer peak", 1): 75,
            ("summer peak", 2): 25,
        }
    )


def test_tiers_by_period_count_each_period_alone() -> None:
    imported = np.zeros(HOURS)
    imported[17], imported[3] = 100.0, 350.0
    plan = tariff(time_of_use((0.2, 0.5, 0.2, 0.5), ceilings=(300,), scope=TierScope.PERIOD))
    found = kwhen.bill(plan, imported, start=JULY, step_minutes=60)
    quantities = {(line.period, line.tier): line.quantity for line in found.lines}
    assert quantities == pytest.approx(
        {("summer off-peak", 1): 300, ("summer off-peak", 2): 50, ("summer peak", 1): 100}
    )


@pytest.mark.parametrize(
    ("per", "ceiling"), [(CeilingPer.KW, 200.0), (CeilingPer.KW_DAY, 200 / 31)]
)
def test_ceilings_per_kw_follow_the_highest_demand(per: CeilingPer, ceiling: float) -> None:
    imported = flat(372.0)  # 0.5 kW
    imported[100] = 2.0
    plan = tariff(energy(0.1, 0.2, ceilings=(ceiling,), per=per))
    found = kwhen.bill(plan, imported, start=JULY, step_minutes=60)
    assert [line.quantity for line in found.lines] == pytest.approx([373.5])
    imported[100] = 0.5
    found = kwhen.bill(plan, imported, start=JULY, step_minutes=60)
    assert [line.quantity for line in found.lines] == pytest.approx([100.0, 272.0])


def test_pooled_tiers_of_a_season_need_one_ladder() -> None:
    """Two parts of one season share a ladder, so its ceilings cannot differ between them."""
    ladders = [(Tier(usd_per_kwh=(0.1,), ceiling_kwh=c), Tier(usd_per_kwh=(0.2,))) for c in (1, 2)]
    parts = [
        SchedulePart(starts=(m, 1), season="all", weekday=(p,) * 96, weekend=(p,) * 96)
        for m, p in ((1, 0), (7, 1))
    ]
    with pytest.raises(TariffError, match="equal ceilings"):
        EnergyCharge(
            name="Energy",
            schedule=Schedule(parts=tuple(parts)),
            periods=tuple(Period(name=str(n), ladder=x) for n, x in enumerate(ladders)),
            components=(Component(name="Energy", klass=SUPPLY),),
        )


# ---- percentages ----


def test_a_percentage_reaches_named_classes_only() -> None:
    wires = energy(0.05, name="Wires", klass=DELIVERY)
    tax = PercentageCharge(name="Tax", share_frac=0.1, of=frozenset({SUPPLY, ChargeClass.FIXED}))
    plan = tariff(energy(0.2), wires, fixed(10.0, Per.MONTH), tax)
    found = kwhen.bill(plan, flat(100), start=JULY, step_minutes=60)
    assert lines(found) == pytest.approx({"Energy": 20, "Wires": 5, "Fixed": 10, "Tax": 3})
    (line,) = [x for x in found.lines if x.charge == "Tax"]
    assert (line.quantity, line.price, line.unit) == (pytest.approx(30), 0.1, "USD")


def test_a_percentage_leaves_out_named_components() -> None:
    tax = PercentageCharge(
        name="Tax",
        share_frac=0.1,
        of=frozenset({SUPPLY, DELIVERY}),
        except_components=frozenset({"wires"}),
    )
    plan = tariff(time_of_use((0.2, 0.2, 0.2, 0.2)), tax)
    found = kwhen.bill(plan, flat(100), start=JULY, step_minutes=60)
    assert lines(found)["Tax"] == pytest.approx(0.1 * 20 * 0.5)


def test_a_discount_makes_smaller_what_a_later_tax_reaches() -> None:
    discount = PercentageCharge(
        name="Discount", share_frac=-0.25, of=frozenset({SUPPLY}), klass=ChargeClass.CREDIT
    )
    tax = PercentageCharge(name="Tax", share_frac=0.1, of=frozenset({SUPPLY}))
    plan = tariff(energy(0.2), discount, tax)
    found = kwhen.bill(plan, flat(100), start=JULY, step_minutes=60)
    assert lines(found) == pytest.approx({"Energy": 20, "Discount": -5, "Tax": 1.5})


# ---- riders, lumps ----


def test_a_rider_changes_on_its_own_dates() -> None:
    steps = ((date(2025, 1, 1), 0.01), (date(2025, 7, 11), 0.03))
    rider = RiderCharge(name="Rider", klass=SUPPLY, steps=steps)
    found = kwhen.bill(tariff(rider), np.ones(HOURS), start=JULY, step_minutes=60)
    assert [(x.quantity, x.price) for x in found.lines] == [(240, 0.01), (504, 0.03)]
    assert found.is_complete


@pytest.mark.parametrize(
    ("steps", "since"),
    [
        (((date(2025, 7, 11), 0.03),), JULY),
        (((date(2025, 1, 1), 0.01), (date(2025, 7, 11), None)), date(2025, 7, 11)),
    ],
)
def test_days_without_a_riders_figure_are_a_gap(
    steps: tuple[tuple[date, float | None], ...], since: date
) -> None:
    rider = RiderCharge(name="Rider", klass=SUPPLY, steps=steps)
    found = kwhen.bill(tariff(rider), np.ones(HOURS), start=JULY, step_minutes=60)
    assert [(gap.name, gap.since) for gap in found.missing] == [("Rider", since)]


def test_a_lump_falls_on_the_cycle_that_holds_its_date() -> None:
    lump = LumpCharge(name="Climate credit", dates=((4, 15, -58.23), (10, 15, -58.23)))
    plan = tariff(energy(0.2), lump, zone="UTC")
    found = kwhen.bill(plan, flat(1200, 8760), start=date(2025, 1, 1), step_minutes=60)
    credits = [line for line in found.lines if line.charge == "Climate credit"]
    assert [(line.start.month, line.amount_usd) for line in credits] == [(4, -58.23), (10, -58.23)]
    none = kwhen.bill(plan, flat(1, 336), start=date(2025, 4, 1), step_minutes=60)
    assert "Climate credit" not in lines(none)


# ---- events and market prices ----


def test_an_event_is_a_price_on_top() -> None:
    event = kwhen.Event(
        datetime(2025, 7, 2, 23, tzinfo=UTC), datetime(2025, 7, 3, 4, tzinfo=UTC)
    )  # 16:00 to 21:00 in California
    peak = EventCharge(name="Peak day", klass=SUPPLY, usd_per_kwh=0.6)
    found = kwhen.bill(
        tariff(energy(0.2), peak),
        np.ones(HOURS),
        start=JULY,
        step_minutes=60,
        events=(event, event),
    )
    assert lines(found) == pytest.approx({"Energy": 0.2 * HOURS, "Peak day": 3.0})


def test_a_market_price_and_an_event_each_count_their_own_energy() -> None:
    market = IndexedEnergyCharge(
        name="Market", klass=SUPPLY, factor_frac=1.1, adder_usd_per_kwh=0.01
    )
    peak = EventCharge(name="Peak day", klass=SUPPLY, usd_per_kwh=0.6)
    index = np.linspace(-0.01, 0.3, HOURS)
    event = kwhen.Event(datetime(2025, 7, 2, 23, tzinfo=UTC), datetime(2025, 7, 3, 4, tzinfo=UTC))
    imported = np.random.default_rng(1).random(HOURS)
    found = kwhen.bill(
        tariff(market, peak),
        imported,
        start=JULY,
        step_minutes=60,
        events=(event,),
        index_usd_per_kwh=index,
    )
    by_name = {line.charge: line for line in found.lines}
    assert by_name["Market"].quantity == pytest.approx(imported.sum())
    assert by_name["Market"].exact_usd == pytest.approx(imported @ (1.1 * index + 0.01))
    assert by_name["Peak day"].quantity == pytest.approx(imported[40:45].sum())
    assert by_name["Peak day"].price == pytest.approx(0.6)


def test_a_market_price_of_several_versions_counts_each_on_its_days() -> None:
    change = date(2025, 7, 11)
    market = IndexedEnergyCharge(name="Market", klass=SUPPLY)
    dearer = replace(market, adder_usd_per_kwh=0.1)
    versions = (tariff(market, until=change), tariff(dearer, effective=change))
    found = bill(
        versions,
        np.ones(HOURS),
        start=JULY,
        step_minutes=60,
        index_usd_per_kwh=np.full(HOURS, 0.05),
    )
    quantities = [(line.quantity, round(line.price, 9)) for line in found.lines]
    assert quantities == [(240.0, 0.05), (504.0, 0.15)]


# ---- demand ----


@pytest.mark.parametrize(("window", "kw"), [(15, 8.0), (30, 6.0), (60, 4.0)])
def test_demand_averages_over_its_window(window: int, kw: float) -> None:
    imported = np.full(31 * 96, 0.1)
    imported[40:44] = (1.0, 2.0, 0.5, 0.5)
    found = kwhen.bill(tariff(demand(1.0, window)), imported, start=JULY)
    assert found.lines[0].quantity == pytest.approx(kw)


def test_demand_by_period_and_tier() -> None:
    ladder = (DemandTier(usd_per_kw=10.0, ceiling_kw=3.0), DemandTier(usd_per_kw=20.0))
    low = (DemandTier(usd_per_kw=1.0),)
    names = ("summer off-peak", "summer peak", "winter off-peak", "winter peak")
    charge = DemandCharge(
        name="Demand",
        schedule=two_periods(),
        periods=tuple(
            DemandPeriod(name=name, ladder=ladder if "summer peak" in name else low)
            for name in names
        ),
        window_minutes=60,
    )
    imported = np.full(HOURS, 0.5)
    imported[17], imported[3] = 5.0, 7.0
    found = kwhen.bill(tariff(charge), imported, start=JULY, step_minutes=60)
    quantities = {(x.period, x.tier): (x.quantity, x.exact_usd) for x in found.lines}
    assert quantities == {
        ("summer off-peak", 1): (7.0, 7.0),
        ("summer peak", 1): (3.0, 30.0),
        ("summer peak", 2): (2.0, 40.0),
    }


def test_a_ratchet_looks_back_across_a_change_of_version() -> None:
    """10 kW in January; from April a new version bills at least half of it."""
    ratchet = Ratchet(share_frac=(0.5,) * 12)
    change = date(2025, 4, 1)
    old = replace(demand(1.0), ratchet=ratchet)
    new = replace(demand(2.0), ratchet=ratchet)
    imported = np.ones(181 * 24)
    imported[0] = 10.0
    found = bill(
        (tariff(old, until=change, zone="UTC"), tariff(new, effective=change, zone="UTC")),
        imported,
        start=date(2025, 1, 1),
        step_minutes=60,
    )
    assert found.by_month == (10.0, 5.0, 5.0, 10.0, 10.0, 10.0)


@pytest.mark.parametrize("rule", [net_metering_usd(), HOURLY], ids=lambda rule: rule.name)
def test_demand_sees_what_was_metered_not_what_is_netted(rule: ExportRule) -> None:
    plan = tariff(energy(0.1), demand(1.0, 15), zone="UTC", rule=rule)
    imported, exported = np.zeros((2, 31 * 96))
    imported[20], exported[21] = 1.0, 1.0
    found = kwhen.bill(plan, imported, exported, start=JULY)
    assert lines(found) == {"Demand": 4.0}


def test_hourly_netting_prices_what_is_left_of_each_hour() -> None:
    """1 kWh in and 0.6 out in one hour, 0.2 in and 1.2 out in the next: 0.4 bought, 1 sold."""
    imported, exported = np.zeros((2, 31 * 96))
    imported[[20, 24]], exported[[21, 27]] = (1.0, 0.2), (0.6, 1.2)
    plan = tariff(energy(0.5), zone="UTC", rule=HOURLY)
    found = kwhen.bill(plan, imported, exported, start=JULY)
    assert lines(found) == pytest.approx({"Energy": 0.2, "Credit from hourly": -0.08})


# ---- non-bypassable charges ----


def test_non_bypassable_charges_stay_on_every_imported_kwh() -> None:
    """Import and export are equal: all but a tenth of the price nets away."""
    plan = tariff(time_of_use((0.2, 0.2, 0.2, 0.2)), zone="UTC", rule=net_metering_usd())
    found = kwhen.bill(plan, flat(100), flat(100), start=JULY, step_minutes=60)
    assert found.exact_usd == pytest.approx(100 * 0.2 * 0.1)
    assert found.credit_usd == pytest.approx(100 * 0.2 * 0.9)


def test_an_open_last_tier_is_required() -> None:
    with pytest.raises(TariffError, match="last must be inf"):
        EnergyCharge(
            name="Energy",
            schedule=flat_schedule(),
            periods=(Period(name="all", ladder=(Tier(usd_per_kwh=(0.1,), ceiling_kwh=5.0),)),),
            components=(Component(name="Energy", klass=SUPPLY),),
        )
    assert energy(0.1).periods[0].ladder[-1].ceiling_kwh == inf
