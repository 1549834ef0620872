"""What must hold for every bill, whatever the tariff and the home."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwhen.engine.bill import bill
from kwhen.engine.compensation import ExportRule
from kwhen.engine.grid import Calendar
from kwhen.engine.result import Bill
from kwhen.engine.tariff import Charge, FixedCharge, MinimumCharge, Tariff
from kwhen.engine.words import ChargeClass, Per
from tests.properties.values import (
    DATES,
    RULES,
    SEEDS,
    Floats,
    charge_lists,
    demand,
    energy,
    fixed,
    home,
    steps_in,
    tariff,
    time_of_use,
)

FEW = settings(max_examples=25)
SAME_USD = 1e-9  # float64 sums in another order
CENT_USD = 0.005

WINDOWS = st.integers(1, 75)
ANY_RULE = st.sampled_from((None, *RULES))


def both(
    seed: int, count: int, rule: ExportRule | None, step_hours: float = 1.0
) -> tuple[Floats, Floats | None]:
    """Import, and little or much export where a rule pays for it. [kWh]"""
    imported = home(seed, count, 0.9 * step_hours)
    mean_kwh = (0.2, 0.7, 3.0)[seed % 3] * step_hours
    return imported, home(seed + 1, count, mean_kwh) if rule else None


def bill_of(
    plan: Tariff, imported: Any, exported: Any, start: date, step_minutes: int = 60, **more: Any
) -> Bill:
    """A bill of one version."""
    return bill((plan,), imported, exported, start=start, step_minutes=step_minutes, **more)


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS, SEEDS, st.sampled_from([2, 4, 12]))
def test_splitting_every_interval_leaves_the_bill_unchanged(
    charges: tuple[Charge, ...],
    rule: ExportRule | None,
    start: date,
    days: int,
    seed: int,
    pieces: int,
) -> None:
    plan = tariff(*charges, rule=rule)
    imported, exported = both(seed, steps_in(start, days, 60), rule)
    whole = bill_of(plan, imported, exported, start)
    split = [
        None if channel is None else np.repeat(channel / pieces, pieces)
        for channel in (imported, exported)
    ]
    parts = bill_of(plan, *split, start, 60 // pieces)
    assert parts.exact_usd == pytest.approx(whole.exact_usd, abs=SAME_USD)
    assert parts.by_month == pytest.approx(whole.by_month, abs=2 * CENT_USD)


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS, SEEDS, st.integers(2, 5))
def test_many_homes_at_once_are_one_by_one(
    charges: tuple[Charge, ...],
    rule: ExportRule | None,
    start: date,
    days: int,
    seed: int,
    homes: int,
) -> None:
    plan, count = tariff(*charges, rule=rule), steps_in(start, days, 60)
    rows = [both(seed + 10 * number, count, rule) for number in range(homes)]
    imported = np.array([row[0] for row in rows])
    exported = np.array([row[1] for row in rows]) if rule else None
    many = bill_of(plan, imported, exported, start)
    for number, row in enumerate(rows):
        one = bill_of(plan, *row, start)
        assert many.total_usd[number] == pytest.approx(one.total_usd, abs=SAME_USD)
        assert many.exact_usd[number] == pytest.approx(one.exact_usd, abs=SAME_USD)
        months = [month[number] for month in many.by_month]
        assert months == pytest.approx(list(one.by_month), abs=SAME_USD)
        assert many.credit_usd[number] == pytest.approx(one.credit_usd, abs=SAME_USD)
        for credit in one.carried_credits:
            (same,) = [
                c.amount[number]
                for c in many.carried_credits
                if (c.bank, c.period, c.earned) == (credit.bank, credit.period, credit.earned)
            ]
            assert same == pytest.approx(credit.amount, abs=SAME_USD)


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS, SEEDS)
def test_the_credit_is_what_the_same_import_would_cost_more_without_export(
    charges: tuple[Charge, ...], rule: ExportRule | None, start: date, days: int, seed: int
) -> None:
    plan = tariff(*charges, rule=rule)
    imported, exported = both(seed, steps_in(start, days, 60), rule)
    made = bill_of(plan, imported, exported, start)
    none = bill_of(plan, imported, None if exported is None else np.zeros_like(exported), start)
    assert made.credit_usd == pytest.approx(none.total_usd - made.total_usd, abs=SAME_USD)
    assert none.credit_usd == 0
    for one in (made, none):
        assert one.sources == tuple(dict.fromkeys(line.source for line in one.lines if line.source))


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS)
def test_zero_energy_costs_the_fixed_charges_and_what_lacks_to_the_minimum(
    charges: tuple[Charge, ...], rule: ExportRule | None, start: date, days: int
) -> None:
    nothing = np.zeros(steps_in(start, days, 60))
    found = bill_of(tariff(*charges, rule=rule), nothing, nothing if rule else None, start)
    alone = tuple(c for c in charges if isinstance(c, FixedCharge | MinimumCharge))
    expected = bill_of(tariff(*alone), nothing, None, start)
    assert found.exact_usd == pytest.approx(expected.exact_usd, abs=SAME_USD)
    assert {line.charge for line in found.lines} <= {charge.name for charge in alone}


@FEW
@given(charge_lists(), DATES, WINDOWS, SEEDS, SEEDS)
def test_more_import_never_lowers_a_bill_without_credits(
    charges: tuple[Charge, ...], start: date, days: int, seed: int, other: int
) -> None:
    plan, count = tariff(*charges), steps_in(start, days, 60)
    less = home(seed, count, 0.9)
    more = less + home(other, count, 0.2)
    slack = count * 0.004  # the rider may be below zero, but no energy price falls below it
    low, high = bill_of(plan, less, None, start), bill_of(plan, more, None, start)
    has_rider = any(charge.name == "Rider" for charge in charges)
    assert high.exact_usd >= low.exact_usd - SAME_USD - (slack if has_rider else 0.0)


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS, SEEDS, st.randoms())
def test_order_of_charges_does_not_matter(
    charges: tuple[Charge, ...],
    rule: ExportRule | None,
    start: date,
    days: int,
    seed: int,
    random: Any,
) -> None:
    imported, exported = both(seed, steps_in(start, days, 60), rule)
    shuffled = list(charges)
    random.shuffle(shuffled)
    first = bill_of(tariff(*charges, rule=rule), imported, exported, start)
    second = bill_of(tariff(*shuffled, rule=rule), imported, exported, start)
    assert second.exact_usd == pytest.approx(first.exact_usd, abs=SAME_USD)
    assert second.total_usd == pytest.approx(first.total_usd, abs=SAME_USD)


@FEW
@given(charge_lists(), ANY_RULE, DATES, WINDOWS, SEEDS)
def test_lines_sum_to_the_total_to_the_cent(
    charges: tuple[Charge, ...], rule: ExportRule | None, start: date, days: int, seed: int
) -> None:
    imported, exported = both(seed, steps_in(start, days, 60), rule)
    found = bill_of(tariff(*charges, rule=rule), imported, exported, start)
    assert round(sum(line.amount_usd for line in found.lines), 2) == found.total_usd
    assert round(sum(found.by_month), 2) == found.total_usd
    for (first, end), month in zip(found.cycles, found.by_month, strict=True):
        inside = [line.amount_usd for line in found.lines if first <= line.start < end]
        assert round(sum(inside), 2) == month


@FEW
@given(charge_lists(), DATES, WINDOWS, SEEDS)
def test_a_version_change_is_the_sum_of_its_parts(
    charges: tuple[Charge, ...], start: date, days: int, seed: int
) -> None:
    """Two versions of equal charges bill a flat ladder and daily amounts as one version does."""
    flat = tuple(c for c in charges if not isinstance(c, MinimumCharge) and c.name != "Demand")
    first, *others = flat
    same = replace(first, periods=tuple(replace(p, ladder=p.ladder[-1:]) for p in first.periods))  # type: ignore[type-var, union-attr]
    change = date.fromordinal(start.toordinal() + days // 2)
    old = tariff(same, *others, until=change)
    new = tariff(same, *others, effective=change)
    imported = home(seed, steps_in(start, days, 60), 0.9)
    one = bill((tariff(same, *others),), imported, start=start, step_minutes=60)
    two = bill((old, new), imported, start=start, step_minutes=60)
    assert two.exact_usd == pytest.approx(one.exact_usd, abs=SAME_USD)
    assert two.cycles == one.cycles


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_order_of_energy_charges_with_tiers(order: tuple[int, ...]) -> None:
    charges = (
        energy(0.1, 0.2, ceilings=(100,)),
        energy(0.03, 0.04, 0.05, name="Wires", klass=ChargeClass.DELIVERY, ceilings=(50, 150)),
        time_of_use(ceilings=(80,)),
    )
    start, count = date(2025, 6, 20), steps_in(date(2025, 6, 20), 40, 60)
    expected = bill_of(tariff(*charges), home(3, count, 1.0), None, start)
    found = bill_of(tariff(*(charges[i] for i in order)), home(3, count, 1.0), None, start)
    assert found.total_usd == expected.total_usd


@pytest.mark.parametrize("calendar", list(Calendar))
def test_only_nrels_calendar_rounds_nothing(calendar: Calendar) -> None:
    plan = tariff(time_of_use(), fixed(0.123456, Per.MONTH), demand(1.23456), zone="UTC")
    imported = home(5, 365 * 24, 0.9)
    found = bill_of(plan, imported, None, date(2025, 1, 1), calendar=calendar)
    exact = [line for line in found.lines if line.amount_usd == line.exact_usd]
    if calendar is Calendar.SAM:
        assert len(exact) == len(found.lines)
        assert found.total_usd == pytest.approx(found.exact_usd, abs=SAME_USD)
        assert abs(found.total_usd - round(found.total_usd, 2)) > SAME_USD
    else:
        assert all(line.amount_usd == round(line.amount_usd, 2) for line in found.lines)
        assert found.total_usd == round(found.total_usd, 2) != found.exact_usd
