"""A bill explains itself: every line's quantity times its price is its amount, parts add up."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kwhen
from kwhen.engine.bill import bill
from kwhen.engine.compensation import ExportRule
from kwhen.engine.grid import instant
from kwhen.engine.result import Bill
from kwhen.engine.tariff import (
    Charge,
    EventCharge,
    IndexedEnergyCharge,
    LumpCharge,
    PercentageCharge,
)
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass
from tests.properties.values import (
    DATES,
    RULES,
    SEEDS,
    charge_lists,
    home,
    steps_in,
    tariff,
)

SAME_USD = 1e-9
CENT_USD = 0.005 + 1e-6  # half a cent, and what a credit gives up so that no month ends below zero

OTHERS: tuple[Charge, ...] = (
    LumpCharge(name="Climate credit", dates=((4, 1, -58.23), (10, 15, -58.23))),
    IndexedEnergyCharge(name="Market", klass=ChargeClass.SUPPLY, adder_usd_per_kwh=0.01),
    EventCharge(name="Peak day", klass=ChargeClass.SUPPLY, usd_per_kwh=0.75),
    PercentageCharge(name="City tax", share_frac=0.075, of=ENERGY_CLASSES),
    PercentageCharge(
        name="Discount",
        share_frac=-0.2,
        of=frozenset({ChargeClass.SUPPLY, ChargeClass.DELIVERY, ChargeClass.FIXED}),
        klass=ChargeClass.CREDIT,
        except_components=frozenset({"generation"}),
    ),
)


def check(found: Bill) -> None:
    """Every line explains its amount, and nothing else is in the total."""
    for line in found.lines:
        assert line.quantity * line.price == pytest.approx(line.exact_usd, abs=SAME_USD), line
        assert line.amount_usd == pytest.approx(line.exact_usd, abs=2 * CENT_USD), line
        assert line.start < line.end
        if line.parts:
            assert line.klass is None or {p.klass for p in line.parts} == {line.klass}
            assert sum(p.exact_usd for p in line.parts) == pytest.approx(line.exact_usd)
            assert sum(p.usd_per_kwh for p in line.parts) == pytest.approx(line.price)
        else:
            assert line.klass is not None
    assert sum(line.exact_usd for line in found.lines) == pytest.approx(
        found.exact_usd, abs=SAME_USD
    )
    assert round(sum(line.amount_usd for line in found.lines), 2) == found.total_usd


@settings(max_examples=40)
@given(
    charge_lists(),
    st.lists(st.sampled_from(OTHERS), unique=True, max_size=3),
    st.sampled_from((None, *RULES)),
    DATES,
    st.integers(1, 75),
    SEEDS,
)
def test_every_line_is_quantity_times_price(
    charges: tuple[Charge, ...],
    others: list[Charge],
    rule: ExportRule | None,
    start: date,
    days: int,
    seed: int,
) -> None:
    plan, count = tariff(*charges, *others, rule=rule), steps_in(start, days, 60)
    noon = instant(start, plan.timezone)
    found = bill(
        (plan,),
        home(seed, count, 0.9),
        home(seed + 1, count, (0.2, 0.7, 3.0)[seed % 3]) if rule else None,
        start=start,
        step_minutes=60,
        events=(kwhen.Event(noon, noon.replace(hour=23)),),
        index_usd_per_kwh=np.random.default_rng(seed).normal(0.05, 0.03, count),
    )
    check(found)


@pytest.mark.parametrize("key", ["14328/E-ELEC", "14328/EV2-A", "14328/E-TOU-C/T-B"])
@pytest.mark.parametrize("rule", ["NEM2", "NBT", "NONE"])
def test_a_years_bill_of_a_catalog_plan_explains_itself(key: str, rule: str) -> None:
    start, count = date(2025, 7, 1), steps_in(date(2025, 7, 1), 365, 15)
    found = kwhen.bill(
        kwhen.rate_plan(key),
        home(1, count, 0.15),
        home(2, count, 0.2),
        start=start,
        customer=kwhen.Customer(export_rule=rule),
    )
    check(found)
    assert all(line.source for line in found.lines if line.klass is not ChargeClass.CREDIT)
