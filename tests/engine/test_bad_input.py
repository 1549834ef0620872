"""What cannot be billed is refused with the element and what was expected."""

from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

import kwhen
from kwhen.engine.compensation import Bank
from kwhen.engine.tariff import IndexedEnergyCharge
from kwhen.engine.words import ChargeClass
from kwhen.errors import UsageError
from tests.properties.values import energy, net_billing, net_metering_kwh, tariff

DAY = date(2025, 7, 1)
PLAN = tariff(energy(0.2), rule=net_billing(Bank(name="all", pays=frozenset(ChargeClass))))


def with_bad(place: int, value: float) -> np.ndarray:
    """A day of ones with one other value."""
    found = np.ones(96)
    found[place] = value
    return found


@pytest.mark.parametrize("value", [-0.001, np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("place", [0, 17, 95])
def test_a_bad_element_is_named(value: float, place: int) -> None:
    bad = with_bad(place, value)
    with pytest.raises(UsageError, match=rf"import_kwh\[{place}\] is {value}; .* 0 or more"):
        kwhen.bill(PLAN, bad, start=DAY)
    with pytest.raises(UsageError, match=rf"export_kwh\[{place}\] is {value}"):
        kwhen.bill(PLAN, np.ones(96), bad, start=DAY)
    homes = np.ones((5, 96))
    homes[3] = bad
    with pytest.raises(UsageError, match=rf"import_kwh\[3\]\[{place}\] is {value}"):
        kwhen.bill(PLAN, homes, start=DAY)
    with pytest.raises(UsageError, match=rf"export_kwh\[3\]\[{place}\] is {value}"):
        kwhen.bill(PLAN, np.ones((5, 96)), homes, start=DAY)


@pytest.mark.parametrize(
    ("imported", "exported", "message"),
    [
        (np.ones(95), None, "95 values of 15 minutes"),
        ([], None, "shape"),
        (np.ones((2, 3, 96)), None, "shape"),
        ("much", None, "not an array of numbers"),
        ([None] * 96, None, "import_kwh"),
        (np.ones(96), np.ones(95), "export_kwh has the shape"),
        (np.ones((2, 96)), np.ones(96), "export_kwh has the shape"),
        (np.ones((2, 96)), np.ones((3, 96)), "export_kwh has the shape"),
        (np.full(96, 1e308), None, "overflow"),
    ],
)
def test_a_bad_array_is_refused(imported: Any, exported: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        kwhen.bill(PLAN, imported, exported, start=DAY)


@pytest.mark.parametrize("step_minutes", [0, -15, 7, 45, 120, 15.5])
def test_a_step_must_divide_the_hour(step_minutes: Any) -> None:
    with pytest.raises(UsageError, match="step_minutes"):
        kwhen.bill(PLAN, np.ones(96), start=DAY, step_minutes=step_minutes)


def test_a_start_inside_a_day_or_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        kwhen.bill(PLAN, np.ones(96), start=datetime(2025, 7, 1))
    with pytest.raises(UsageError, match="whole local days"):
        kwhen.bill(PLAN, np.ones(96), start=datetime(2025, 7, 1, 12).astimezone())


@pytest.mark.parametrize("index", [None, np.ones(95), np.full(96, np.nan), np.ones((2, 96))])
def test_a_market_price_must_cover_every_step(index: Any) -> None:
    plan = tariff(IndexedEnergyCharge(name="Market", klass=ChargeClass.SUPPLY))
    with pytest.raises(UsageError, match=r"index_usd_per_kwh.* 96 "):
        kwhen.bill(plan, np.ones(96), start=DAY, index_usd_per_kwh=index)


@pytest.mark.parametrize(
    ("bank", "unit"), [("sales", "USD"), ("all", "kWh"), ("all", "EUR"), ("Energy", "kWh")]
)
def test_an_opening_credit_that_nothing_can_take_is_refused(bank: str, unit: str) -> None:
    credit = kwhen.Credit(bank=bank, unit=unit, amount=5.0)
    with pytest.raises(UsageError, match=f"opening_credits.*{bank!r}.*all"):
        kwhen.bill(PLAN, np.ones(96), np.ones(96), start=DAY, opening_credits=(credit,))


def test_opening_credits_pay_for_a_home_that_exports_nothing() -> None:
    credit = kwhen.Credit(bank="all", unit="USD", amount=5.0)
    found = kwhen.bill(PLAN, np.ones(96), start=DAY, opening_credits=(credit,))
    assert found.total_usd == pytest.approx(96 * 0.2 - 5.0)
    plan = tariff(energy(0.2), rule=net_metering_kwh())
    credit = kwhen.Credit(bank="Energy", unit="kWh", amount=6.0, period="all")
    found = kwhen.bill(plan, np.ones(96), start=DAY, opening_credits=(credit,))
    assert found.total_usd == pytest.approx(90 * 0.2)


@pytest.mark.parametrize("amount", [-1.0, np.nan, np.inf])
def test_an_opening_credit_is_an_amount(amount: float) -> None:
    credit = kwhen.Credit(bank="all", unit="USD", amount=amount)
    with pytest.raises(UsageError, match="opening_credits"):
        kwhen.bill(PLAN, np.ones(96), np.ones(96), start=DAY, opening_credits=(credit,))


def test_a_kwh_credit_names_a_period_of_the_charge() -> None:
    plan = tariff(energy(0.2), rule=net_metering_kwh())
    credit = kwhen.Credit(bank="Energy", unit="kWh", amount=5.0, period="evening")
    with pytest.raises(UsageError, match=r"opening_credits.*'evening'.*all"):
        kwhen.bill(plan, np.ones(96), np.zeros(96), start=DAY, opening_credits=(credit,))
