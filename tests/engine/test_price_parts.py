"""The marginal price by what it pays for, and the period that each step lies in."""

from datetime import date, datetime

import numpy as np
import pytest

import kwhen
from kwhen.catalog.plans import plan_keys
from kwhen.engine.marginal import prices
from kwhen.engine.tariff import EventCharge, IndexedEnergyCharge, PercentageCharge, RiderCharge
from kwhen.engine.words import ChargeClass
from tests.properties.values import energy, tariff, time_of_use

SAME_USD_PER_KWH = 1e-9
SUPPLY, DELIVERY, OTHER = ChargeClass.SUPPLY, ChargeClass.DELIVERY, ChargeClass.OTHER
TAX, CREDIT = ChargeClass.TAX, ChargeClass.CREDIT
DAY = (date(2025, 7, 1), date(2025, 7, 2))  # a Tuesday


@pytest.mark.parametrize("key", plan_keys())
@pytest.mark.parametrize(
    "window",
    [(date(2026, 3, 7), date(2026, 3, 10)), (date(2025, 9, 29), date(2025, 11, 4))],
    ids=["spring", "autumn"],
)
def test_the_classes_of_every_plan_sum_to_its_price(key: str, window: tuple[date, date]) -> None:
    plan = kwhen.rate_plan(key)
    for expected_kwh in (None, 150.0, 1500.0):
        found = kwhen.prices(plan, *window, expected_kwh=expected_kwh, nearest=True)
        total = sum(found.parts.import_by_class().values())
        assert total == pytest.approx(found.import_usd_per_kwh, abs=SAME_USD_PER_KWH)


def test_taxes_and_discounts_are_classes_of_their_own() -> None:
    plan = tariff(
        energy(0.2),
        energy(0.1, name="Wires", klass=DELIVERY),
        RiderCharge(name="Rider", klass=OTHER, steps=((date(2020, 1, 1), 0.01),)),
        PercentageCharge(name="Discount", share_frac=-0.1, of=frozenset({DELIVERY}), klass=CREDIT),
        PercentageCharge(name="Tax", share_frac=0.05, of=frozenset({SUPPLY, DELIVERY})),
    )
    found = prices((plan,), *DAY).parts.import_by_class()
    told = {klass: usd[0] for klass, usd in found.items()}
    taxed = 0.05 * (0.2 + 0.09)
    assert told == pytest.approx({SUPPLY: 0.2, DELIVERY: 0.09, OTHER: 0.01, TAX: taxed})


def test_events_and_market_prices_belong_to_their_class() -> None:
    plan = tariff(
        energy(0.1, klass=DELIVERY),
        EventCharge(name="Critical peak", klass=SUPPLY, usd_per_kwh=0.5),
        IndexedEnergyCharge(name="Market", klass=SUPPLY, factor_frac=2.0),
    )
    zone = plan.timezone
    event = kwhen.Event(
        start=datetime.fromisoformat("2025-07-01T23:00+00:00"),
        end=datetime.fromisoformat("2025-07-02T00:00+00:00"),
    )
    index = np.full(24, 0.03)
    found = prices((plan,), *DAY, step_minutes=60, events=(event,), index_usd_per_kwh=index)
    by_class = found.parts.import_by_class()
    assert zone == "America/Los_Angeles"
    expected = np.where(np.arange(24) == 16, 0.56, 0.06)  # 16:00 there
    assert by_class[SUPPLY] == pytest.approx(expected)
    assert by_class[SUPPLY] + by_class[DELIVERY] == pytest.approx(found.import_usd_per_kwh)


def test_above_a_ceiling_every_class_has_the_upper_tiers_price() -> None:
    plan = tariff(time_of_use((0.2, 0.5, 0.2, 0.5), ceilings=(300,), tier_step=0.1))
    found = prices((plan,), *DAY, step_minutes=60, expected_kwh=900).parts.import_by_class()
    assert found[SUPPLY][3] == pytest.approx(0.5 * 0.3)
    assert found[DELIVERY][18] == pytest.approx(0.4 * 0.6)


def test_steps_are_told_their_period() -> None:
    plan = tariff(time_of_use())
    names = prices((plan,), *DAY, step_minutes=60).parts.period_names()
    peak = [hour for hour, name in enumerate(names) if name == "summer peak"]
    assert set(names) == {"summer peak", "summer off-peak"}
    assert peak == list(range(peak[0], peak[-1] + 1)) and 17 in peak


def test_a_flat_plan_has_no_periods() -> None:
    assert set(prices((tariff(energy(0.2)),), *DAY).parts.period_names()) == {""}
