"""The compensation schemes of the field, each as an export rule, against bills made by hand."""

from datetime import date

import numpy as np
import pytest

import kwhen
from kwhen.engine.calendar import flat_schedule
from kwhen.engine.compensation import (
    EVERYTHING,
    Bank,
    CashOut,
    ExportPrice,
    ExportRule,
    Leftover,
    Netting,
    flat_export,
)
from kwhen.engine.tariff import (
    Component,
    EnergyCharge,
    FixedCharge,
    MinimumCharge,
    Period,
    Tariff,
    Tier,
)
from kwhen.engine.words import ChargeClass, Per

YEAR = (date(2025, 1, 1), 365 * 96)
SUPPLY, DELIVERY, NON_BYPASSABLE = 0.10, 0.08, 0.02
PRICES = (SUPPLY, DELIVERY, NON_BYPASSABLE)
RETAIL = sum(PRICES)
FIXED = 10.0
NOT_THE_FLOOR = EVERYTHING - {ChargeClass.MINIMUM}


def tariff(rule: ExportRule, minimum_usd: float = 0.0) -> Tariff:
    """A flat rate of three components, ten dollars a month, and one export rule."""
    energy = EnergyCharge(
        name="Energy",
        schedule=flat_schedule(),
        periods=(Period(name="all", ladder=(Tier(usd_per_kwh=PRICES),)),),
        components=(
            Component(name="supply", klass=ChargeClass.SUPPLY),
            Component(name="delivery", klass=ChargeClass.DELIVERY),
            Component(name="programmes", klass=ChargeClass.NON_BYPASSABLE),
        ),
    )
    charges = (energy, FixedCharge(name="Fixed", amount_usd=FIXED, per=Per.MONTH))
    if minimum_usd:
        charges += (MinimumCharge(name="Minimum", amount_usd=minimum_usd, per=Per.MONTH),)
    return Tariff(
        plan="1/A", name="A", utility_id=1, utility="U", state="AZ", effective=date(2020, 1, 1),
        timezone="America/Phoenix", charges=charges, export_rules=(rule,),
    )  # fmt: skip


def year_bill(
    rule: ExportRule,
    import_kwh: list[float],
    export_kwh: list[float],
    customer: kwhen.Customer | None = None,
    minimum_usd: float = 0.0,
) -> kwhen.Bill:
    """A year with these monthly energies, all in one quarter hour at noon of each 1st."""
    start, count = YEAR
    firsts = [(date(2025, month, 1) - start).days * 96 + 48 for month in range(1, 13)]
    arrays = np.zeros((2, count))
    arrays[0, firsts], arrays[1, firsts] = import_kwh, export_kwh
    return kwhen.bill(
        tariff(rule, minimum_usd), arrays[0], arrays[1], start=start,
        customer=customer or kwhen.Customer(),
    )  # fmt: skip


SUMMER = [0.0] * 3 + [300.0] * 6 + [0.0] * 3  # exported in April to September
EVEN = [100.0] * 12  # imported every month


def test_nem_1_carries_dollars_at_retail_and_pays_the_year_surplus() -> None:
    rule = ExportRule(
        name="NEM1", netting=Netting.PERIODS, banks=(
            Bank(name="credit", pays=frozenset({ChargeClass.SUPPLY, ChargeClass.DELIVERY,
                 ChargeClass.NON_BYPASSABLE}), at_true_up=Leftover.LAPSE),
        ), cash_out=CashOut(usd_per_kwh=0.03),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, SUMMER)
    # January to March are paid, the surplus of 6 x 200 kWh pays October to December, the rest
    # lapses; 600 kWh more went out than came in.
    expected = 3 * 100 * RETAIL + 12 * FIXED - 600 * 0.03
    assert bill.total_usd == pytest.approx(expected)
    assert bill.carried_credits == ()


def test_nem_2_charges_the_non_bypassable_on_every_import() -> None:
    rule = ExportRule(
        name="NEM2", netting=Netting.PERIODS, on_import=frozenset({ChargeClass.NON_BYPASSABLE}),
        banks=(Bank(name="credit", pays=frozenset({ChargeClass.SUPPLY, ChargeClass.DELIVERY}),
                    at_true_up=Leftover.LAPSE),),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, SUMMER)
    expected = 3 * 100 * (SUPPLY + DELIVERY) + 12 * 100 * NON_BYPASSABLE + 12 * FIXED
    assert bill.total_usd == pytest.approx(expected)


def test_monthly_nem_carries_kwh_and_cashes_out_at_avoided_cost() -> None:
    rule = ExportRule(
        name="NEM", netting=Netting.PERIODS, in_kwh=True, cash_out=CashOut(usd_per_kwh=0.025)
    )
    bill = year_bill(rule, EVEN, SUMMER)
    assert bill.total_usd == pytest.approx(3 * 100 * RETAIL + 12 * FIXED - 600 * 0.025)


def test_nbt_banks_pay_their_own_class_and_the_adder_the_rest() -> None:
    table = np.zeros((1, 12, 2, 24))
    table[0, :, :, 12] = 0.30  # every kWh here is exported at noon
    rule = ExportRule(
        name="NBT", netting=Netting.CHANNELS,
        banks=(Bank(name="generation", pays=frozenset({ChargeClass.SUPPLY})),
               Bank(name="delivery", pays=frozenset({ChargeClass.DELIVERY})),
               Bank(name="adder", pays=EVERYTHING - {ChargeClass.NON_BYPASSABLE})),
        prices=(ExportPrice(name="g", bank="generation", usd_per_kwh=table),
                flat_export("d", 0.01, bank="delivery"), flat_export("a", 0.005, bank="adder")),
    )  # fmt: skip
    bill = year_bill(rule, [100.0] * 12, [0.0] + [50.0] + [0.0] * 10)
    # February: 15.00 of generation credit pays 10.00 of supply, 5.00 is carried and pays March;
    # 0.50 pays delivery, 0.25 of the adder what is left of delivery.
    paid = 15.0 + 0.5 + 0.25
    assert bill.total_usd == pytest.approx(12 * (100 * RETAIL + FIXED) - paid)
    assert bill.by_month[1] == pytest.approx(30.0 - 10.0 - 0.75)
    assert bill.by_month[2] == pytest.approx(30.0 - 5.0)


def test_smart_export_leftovers_lapse_at_the_end_of_the_year() -> None:
    rule = ExportRule(
        name="Smart Export", netting=Netting.CHANNELS, prices=(flat_export("x", 0.30, bank="c"),),
        banks=(Bank(name="c", pays=EVERYTHING - {ChargeClass.FIXED, ChargeClass.MINIMUM},
                    at_true_up=Leftover.LAPSE),),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, [200.0] * 12)
    assert bill.total_usd == pytest.approx(12 * FIXED)  # 60 a month earned, 20 a month needed
    assert bill.carried_credits == ()


def test_a_flat_export_rate_pays_anything_and_carries_on() -> None:
    rule = ExportRule(
        name="RCP", netting=Netting.CHANNELS, prices=(flat_export("x", 0.07, bank="c"),),
        banks=(Bank(name="c", pays=EVERYTHING),),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, [0.0] * 11 + [600.0])
    assert bill.by_month[11] == 0.0
    (carried,) = bill.carried_credits
    assert (carried.unit, carried.amount) == ("USD", pytest.approx(600 * 0.07 - 30.0))


def test_new_york_charges_by_the_size_of_the_solar() -> None:
    rule = ExportRule(
        name="Phase One NEM", netting=Netting.PERIODS, in_kwh=True, usd_per_kw_month=0.9
    )
    bill = year_bill(rule, EVEN, [0.0] * 12, kwhen.Customer(solar_kw=6.0))
    assert bill.total_usd == pytest.approx(12 * (100 * RETAIL + FIXED + 6 * 0.9))
    untold = year_bill(rule, EVEN, [0.0] * 12)
    assert [gap.name for gap in untold.missing] == ["solar_kw"]


def test_buy_all_sell_all_prices_gross_load_and_generation() -> None:
    rule = ExportRule(
        name="BASA", netting=Netting.CHANNELS, prices=(flat_export("x", 0.12, bank="c"),),
        banks=(Bank(name="c", pays=EVERYTHING, cash=True),), true_up=False,
    )  # fmt: skip
    bill = year_bill(rule, EVEN, [400.0] * 12)
    assert bill.total_usd == pytest.approx(12 * (100 * RETAIL + FIXED - 400 * 0.12))
    assert bill.by_month[0] < 0


def test_credits_lapse_by_age_oldest_first() -> None:
    rule = ExportRule(
        name="Expiring", netting=Netting.CHANNELS, prices=(flat_export("x", 0.10, bank="c"),),
        banks=(Bank(name="c", pays=NOT_THE_FLOOR, expires_months=2),),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, [900.0] + [0.0] * 11)  # 90 earned in January, 30 due a month
    assert bill.by_month[:3] == (0.0, 0.0, pytest.approx(30.0))  # gone in March


@pytest.mark.parametrize(("pays", "total"), [(NOT_THE_FLOOR, 25.0), (EVERYTHING, 0.0)])
def test_the_floor_stands_where_a_bank_may_not_pay_it(
    pays: frozenset[ChargeClass], total: float
) -> None:
    rule = ExportRule(
        name="NB", netting=Netting.CHANNELS, prices=(flat_export("x", 1.0, bank="c"),),
        banks=(Bank(name="c", pays=pays),),
    )  # fmt: skip
    bill = year_bill(rule, EVEN, [500.0] * 12, minimum_usd=25.0)
    assert bill.by_month == (pytest.approx(total),) * 12
