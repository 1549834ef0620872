"""Credits: what banks may pay and in which order, how long they last, what a true-up does."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import kwhen
from kwhen.engine.calendar import Schedule, SchedulePart
from kwhen.engine.compensation import (
    Bank,
    CashOut,
    DatedPrice,
    ExportRule,
    Leftover,
    Netting,
    TierFill,
)
from kwhen.engine.tariff import MinimumCharge
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass, Per
from kwhen.errors import TariffError
from tests.properties.values import (
    Floats,
    energy,
    fixed,
    home,
    net_billing,
    net_metering_kwh,
    net_metering_usd,
    tariff,
    time_of_use,
)

SAME_USD = 1e-9
YEAR = date(2025, 1, 1)
ALL = frozenset(ChargeClass)
BUT_MINIMUM = ALL - {ChargeClass.MINIMUM}


def year_of(months: dict[int, float], zone: str = "UTC") -> Floats:
    """Hourly energy of 2025 with the given sum in each month named. [kWh]"""
    found = np.zeros(365 * 24)
    for month, kwh in months.items():
        first = (date(2025, month, 1) - YEAR).days * 24
        found[first : first + 240] = kwh / 240
    return found


def bill_of(
    rule: ExportRule, imported: Floats, exported: Floats, *charges: object, **more: object
) -> kwhen.Bill:
    """The year's bill at 0.10 $/kWh, with other charges. Export earns 0.08 $/kWh."""
    plan = tariff(energy(0.10), *charges, zone="UTC", rule=rule)  # type: ignore[arg-type]
    return kwhen.bill(plan, imported, exported, start=YEAR, step_minutes=60, **more)  # type: ignore[arg-type]


def line_usd(found: kwhen.Bill, charge: str) -> list[float]:
    """Amounts of a charge by month, 0 where it has no line."""
    amounts = {line.start.month: line.exact_usd for line in found.lines if line.charge == charge}
    return [amounts.get(month, 0.0) for month in range(1, 13)]


@pytest.mark.parametrize(
    ("pays", "first_usd", "carried_usd"),
    [
        (BUT_MINIMUM, 10.0, 8.0 - 4.0),  # the credit pays 4 $ of energy, the floor stands
        (ALL, 2.0, 0.0),  # the floor is set first, the credit pays 8 of its 10 $
    ],
)
def test_a_floor_is_set_after_or_before_credits(
    pays: frozenset[ChargeClass], first_usd: float, carried_usd: float
) -> None:
    rule = net_billing(Bank(name="all", pays=pays), true_up=False)
    floor = MinimumCharge(name="Minimum", amount_usd=10.0, per=Per.MONTH)
    found = bill_of(rule, year_of({1: 40}), year_of({1: 100}), floor)
    assert found.by_month[0] == pytest.approx(first_usd)
    credit = -sum(line_usd(found, "Credit from all"))
    earned = 8.0
    assert earned - credit == pytest.approx(carried_usd)
    assert sum(c.amount for c in found.carried_credits) == pytest.approx(carried_usd)


def test_a_minimum_on_delivery_looks_at_delivery_alone() -> None:
    wires = energy(0.02, name="Wires", klass=ChargeClass.DELIVERY)
    floor = MinimumCharge(
        name="Delivery minimum",
        amount_usd=5.0,
        per=Per.MONTH,
        of=frozenset({ChargeClass.DELIVERY}),
    )
    plan = tariff(energy(0.10), wires, floor, zone="UTC")
    imported = year_of({1: 100, 2: 400})
    found = kwhen.bill(plan, imported, start=YEAR, step_minutes=60)
    assert line_usd(found, "Delivery minimum")[:3] == pytest.approx([3.0, 0.0, 5.0])
    assert found.by_month[:2] == pytest.approx((10 + 2 + 3, 40 + 8))


@pytest.mark.parametrize("days", [365, 73])
def test_a_yearly_minimum_is_tested_on_the_year_or_its_share_of_days(days: int) -> None:
    floor = MinimumCharge(name="Minimum", amount_usd=100.0, per=Per.YEAR)
    plan = tariff(energy(0.10), floor, zone="UTC")
    imported = year_of({1: 150})[: days * 24]
    found = kwhen.bill(plan, imported, start=YEAR, step_minutes=60)
    assert found.exact_usd == pytest.approx(max(15.0, 100.0 * days / 365))
    assert found.by_month[-1] == pytest.approx(100.0 * days / 365 - 15)


def test_credits_lapse_at_their_age() -> None:
    rule = net_billing(Bank(name="all", pays=ALL, expires_months=3), true_up=False)
    found = bill_of(rule, year_of({3: 100, 4: 100}), year_of({1: 200}))  # 16 $ in January
    assert line_usd(found, "Credit from all")[:4] == pytest.approx([0, 0, -10, 0])
    assert found.carried_credits == ()


def test_old_credits_pay_before_new_ones() -> None:
    rule = net_billing(Bank(name="all", pays=ALL, expires_months=3), true_up=False)
    found = bill_of(rule, year_of({3: 160, 4: 100}), year_of({1: 200, 3: 100}))
    assert line_usd(found, "Credit from all")[:4] == pytest.approx([0, 0, -16, -8])


def test_a_delayed_credit_pays_from_the_next_month_on() -> None:
    rule = net_billing(Bank(name="all", pays=ALL, delay_months=1), true_up=False)
    found = bill_of(rule, year_of({1: 100, 2: 50}), year_of({1: 100}))
    assert line_usd(found, "Credit from all")[:3] == pytest.approx([0, -5, 0])
    assert [c.amount for c in found.carried_credits] == pytest.approx([3.0])


@pytest.mark.parametrize(
    ("leftover", "total_usd", "carried_usd"),
    [(Leftover.KEEP, 0.0, 8.0), (Leftover.LAPSE, 0.0, 0.0), (Leftover.PAY_OUT, -8.0, 0.0)],
)
def test_what_a_true_up_does(leftover: Leftover, total_usd: float, carried_usd: float) -> None:
    rule = net_billing(Bank(name="all", pays=ALL, at_true_up=leftover))
    found = bill_of(rule, year_of({6: 80}), year_of({1: 200}))
    assert found.total_usd == pytest.approx(total_usd)
    assert sum(c.amount for c in found.carried_credits) == pytest.approx(carried_usd)


def test_no_true_up_within_less_than_twelve_months() -> None:
    rule = net_billing(Bank(name="all", pays=ALL, at_true_up=Leftover.PAY_OUT))
    plan = tariff(energy(0.10), zone="UTC", rule=rule)
    short = slice(0, 364 * 24)
    found = kwhen.bill(
        plan, year_of({})[short], year_of({1: 200})[short], start=YEAR, step_minutes=60
    )
    assert found.total_usd == 0.0
    assert [c.amount for c in found.carried_credits] == pytest.approx([16.0])


def test_a_cash_out_pays_the_surplus_of_the_year_at_the_months_price() -> None:
    prices = DatedPrice(months=((2025, 11, 0.05), (2025, 12, 0.03)), source="sheet")
    rule = replace(net_metering_usd(), cash_out=CashOut(usd_per_kwh=prices))
    found = bill_of(rule, year_of({6: 80}), year_of({1: 200}))
    (line,) = [x for x in found.lines if x.charge == "Net surplus compensation"]
    assert (line.quantity, line.price, line.start.month) == (pytest.approx(120), -0.03, 12)
    assert line.source == "sheet"
    assert not [gap for gap in found.missing if gap.name == "net_surplus_rate"]


def test_a_cash_out_at_another_months_price_says_so() -> None:
    prices = DatedPrice(months=((2025, 6, 0.05),))
    rule = replace(net_metering_usd(), cash_out=CashOut(usd_per_kwh=prices))
    found = bill_of(rule, year_of({6: 80}), year_of({1: 200}))
    assert [gap.name for gap in found.missing] == ["net_surplus_rate"]


def test_cash_counts_before_a_minimum_that_it_may_not_pay() -> None:
    """30 $ of energy less 26.40 $ sold is 3.60 $: below the floor of 10 $."""
    floor = MinimumCharge(name="Minimum", amount_usd=10.0, per=Per.MONTH)
    exported = year_of({1: 330, 2: 500})
    for pays, january in ((BUT_MINIMUM, 10.0), (ALL, 30.0 - 26.4)):
        rule = net_billing(Bank(name="sales", pays=pays, cash=True))
        found = bill_of(rule, year_of({1: 300, 2: 300}), exported, floor)
        assert found.by_month[0] == pytest.approx(january)
    # February: 40 $ sold. All of it pays out; the floor of 10 $ stands where it may not be paid.
    rule = net_billing(Bank(name="sales", pays=BUT_MINIMUM, cash=True))
    found = bill_of(rule, year_of({1: 300, 2: 300}), exported, floor)
    assert found.by_month[1] == pytest.approx(0 + 10.0 - 10.0)


def test_two_banks_pay_in_the_order_of_the_rule() -> None:
    first = Bank(name="first", pays=frozenset({ChargeClass.SUPPLY}))
    second = Bank(name="second", pays=ENERGY_CLASSES)
    for banks, left in (((first, second), [0, 6.0]), ((second, first), [0, 6.0])):
        rule = net_billing(*banks, true_up=False)
        found = bill_of(rule, year_of({1: 100}), year_of({1: 100}))
        carried = {credit.bank: credit.amount for credit in found.carried_credits}
        assert [carried.get(bank.name, 0.0) for bank in banks] == pytest.approx(left)


def test_what_a_bank_may_not_pay_stays_due() -> None:
    rule = net_billing(Bank(name="supply", pays=frozenset({ChargeClass.SUPPLY})))
    found = bill_of(rule, year_of({1: 100}), year_of({1: 5000}), fixed(7.0, Per.MONTH))
    assert found.by_month[0] == 7.0


def test_rounding_never_brings_a_paid_month_below_zero() -> None:
    """Two lines of 1.004 $ print as 1.00 $ each; the credit of 2.008 $ may print 2.00 $ only."""
    rule = net_billing(
        Bank(name="all", pays=ALL, at_true_up=Leftover.PAY_OUT), usd_per_kwh=1.0, true_up=True
    )
    rule = replace(rule, cash_out=CashOut(usd_per_kwh=0.02))
    wires = energy(0.1004, name="Wires", klass=ChargeClass.DELIVERY)
    plan = tariff(energy(0.1004), wires, zone="UTC", rule=rule)
    found = kwhen.bill(plan, year_of({1: 10}), year_of({1: 50}), start=YEAR, step_minutes=60)
    assert found.by_month[0] == 0.0
    january = [line.amount_usd for line in found.lines if line.start.month == 1]
    assert sorted(january) == [-2.0, 1.0, 1.0]
    assert round(sum(line.amount_usd for line in found.lines), 2) == found.total_usd


# ---- kWh ----


def test_a_kwh_surplus_pays_the_same_period_and_then_the_same_hour_of_the_next_season() -> None:
    """A surplus of summer's peak in September goes to winter's peak in October."""
    plan = tariff(time_of_use(), zone="UTC", rule=net_metering_kwh())
    days = 61
    imported, exported = np.zeros(days * 24), np.zeros(days * 24)
    start = date(2025, 9, 1)
    exported[17] = 10.0  # Monday, peak
    imported[(30 + 1) * 24 + 17] = 4.0  # 2 October, a Thursday, peak
    imported[(30 + 1) * 24 + 3] = 4.0  # off-peak: the surplus does not reach it
    found = kwhen.bill(plan, imported, exported, start=start, step_minutes=60)
    assert {(line.period, line.quantity) for line in found.lines} == {("winter off-peak", 4.0)}
    (left,) = found.carried_credits
    assert (left.unit, left.period, left.amount) == ("kWh", "winter peak", 6.0)


def weekend_periods() -> Schedule:
    """Weekdays 0 (summer) and 2 (winter), weekends 1 and 3, all day."""
    parts = [
        SchedulePart(starts=starts, season=season, weekday=(first,) * 96, weekend=(first + 1,) * 96)
        for starts, season, first in (((6, 1), "summer", 0), ((10, 1), "winter", 2))
    ]
    return Schedule(parts=tuple(parts))


def test_a_surplus_of_a_weekend_period_is_not_lost_at_a_season_change() -> None:
    plan = tariff(
        time_of_use(schedule=weekend_periods()), zone="UTC", rule=net_metering_kwh(true_up=False)
    )
    exported = np.zeros(61 * 24)
    exported[6 * 24 + 12] = 10.0  # Sunday 7 September
    found = kwhen.bill(plan, exported * 0, exported, start=date(2025, 9, 1), step_minutes=60)
    assert [(c.period, c.amount) for c in found.carried_credits] == [("winter peak", 10.0)]


@pytest.mark.parametrize(
    ("imported", "exported", "total_usd", "back_usd"),
    [
        ({1: 300}, {6: 200}, 10.0, -20.0),  # 30 $ in January, 20 $ earned in June pay them back
        ({1: 300}, {6: 500}, 0.0, -30.0),  # no more than was charged
        ({9: 300}, {6: 200}, 10.0, 0.0),  # paid from the balance at once
        ({1: 100, 9: 300}, {6: 200}, 20.0, 0.0),
        ({}, {6: 200}, 0.0, 0.0),
    ],
)
@pytest.mark.parametrize("expires_months", [None, 12])
def test_a_settled_year_is_the_sum_of_its_months_or_nothing(
    imported: dict[int, float],
    exported: dict[int, float],
    total_usd: float,
    back_usd: float,
    expires_months: int | None,
) -> None:
    bank = Bank(name="credit", pays=ALL, at_true_up=Leftover.SETTLE, expires_months=expires_months)
    rule = ExportRule(name="NEM", netting=Netting.PERIODS, banks=(bank,))
    found = bill_of(rule, year_of(imported), year_of(exported))
    assert found.total_usd == pytest.approx(total_usd)
    assert sum(line_usd(found, "Credit for earlier months of the year")) == pytest.approx(back_usd)
    assert found.carried_credits == ()
    assert found.credit_usd == pytest.approx(sum(imported.values()) * 0.1 - total_usd)


def test_kwh_lapse_at_the_true_up() -> None:
    found = bill_of(net_metering_kwh(), year_of({6: 80}), year_of({1: 200}))
    assert (found.total_usd, found.carried_credits) == (0.0, ())


HALVES = (
    net_billing(Bank(name="all", pays=ALL), true_up=False),
    net_billing(Bank(name="early", pays=BUT_MINIMUM), true_up=False),
    net_billing(Bank(name="late", pays=ALL, delay_months=1), true_up=False),
    net_billing(Bank(name="short", pays=ALL, expires_months=2), true_up=False),
    net_billing(Bank(name="slow", pays=ALL, expires_months=4, delay_months=2), true_up=False),
    net_metering_usd(true_up=False),
    net_metering_kwh(true_up=False),
)


@settings(max_examples=40)
@example(HALVES[-1], 6, 0, 1.0)  # the cut falls on a change of season
@example(HALVES[-1], 10, 0, 1.0)
@given(
    st.sampled_from(HALVES),
    st.integers(2, 12),
    st.integers(0, 1000),
    st.sampled_from([0.2, 1.0, 3.0]),
)
def test_a_year_in_two_parts_with_carried_credits_is_the_year_at_once(
    rule: ExportRule, month: int, seed: int, mean_kwh: float
) -> None:
    plan = tariff(
        time_of_use(),
        fixed(9.0, Per.MONTH),
        MinimumCharge(name="Minimum", amount_usd=12.0, per=Per.MONTH),
        zone="UTC",
        rule=rule,
    )
    imported, exported = home(seed, 365 * 24, 1.0), home(seed + 1, 365 * 24, mean_kwh)
    whole = kwhen.bill(plan, imported, exported, start=YEAR, step_minutes=60)
    second_start = date(2025, month, 1)
    cut = (second_start - YEAR).days * 24
    first = kwhen.bill(plan, imported[:cut], exported[:cut], start=YEAR, step_minutes=60)
    second = kwhen.bill(
        plan,
        imported[cut:],
        exported[cut:],
        start=second_start,
        step_minutes=60,
        opening_credits=first.carried_credits,
    )
    assert (*first.by_month, *second.by_month) == pytest.approx(whole.by_month, abs=0.011)
    assert first.exact_usd + second.exact_usd == pytest.approx(whole.exact_usd, abs=1e-7)
    assert balances(second) == pytest.approx(balances(whole), abs=1e-7)


def balances(found: kwhen.Bill) -> dict[tuple[str, str], float]:
    """What is left, by bank and period."""
    sums: dict[tuple[str, str], float] = {}
    for credit in found.carried_credits:
        key = (credit.bank, credit.period)
        sums[key] = sums.get(key, 0.0) + credit.amount
    return {key: amount for key, amount in sums.items() if amount > 1e-7}


def test_a_rule_whose_tiers_fill_in_time_nets_no_periods() -> None:
    with pytest.raises(TariffError, match="chronological"):
        replace(net_metering_kwh(), tier_fill=TierFill.CHRONOLOGICAL)
