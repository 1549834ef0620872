"""A home's yearly bills with and without solar, as OpenStudio-HPXML and BEopt bill them."""

from datetime import date
from typing import Any

import numpy as np
import pytest

from kwhen.engine.bill import bill
from kwhen.engine.calendar import Schedule, flat_schedule, monthly_schedule
from kwhen.engine.compensation import (
    EVERYTHING,
    Bank,
    CashOut,
    ExportRule,
    Leftover,
    Netting,
    flat_export,
)
from kwhen.engine.result import Bill
from kwhen.engine.tariff import (
    Charge,
    Component,
    EnergyCharge,
    FixedCharge,
    IndexedEnergyCharge,
    MinimumCharge,
    Period,
    Tariff,
    Tier,
)
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass, Per
from tests.known.tables import array, table

CASES = table("hpxml")["case"]
YEAR_START = date(2007, 1, 1)
PUBLISHED_USD = 1.0  # the screen shows whole dollars
REFERENCE_USD = 0.01

NET_METERING_KWH = "net_metering, in kWh"


def tariff_of(case: dict[str, Any], scheme: str) -> Tariff:
    """The case's rate with its way of crediting."""
    rate = table("hpxml")["rates"][case["rate"]]
    charges = [energy_charge(rate), monthly("Fixed", rate["fixed_usd_per_month"])]
    if "grid_fee_usd_per_kw_month" in case:
        charges.append(monthly("Grid fee", case["grid_fee_usd_per_kw_month"] * case["solar_kw"]))
    if "minimum_usd_per_month" in rate:
        amount_usd = rate["minimum_usd_per_month"]
        charges.append(MinimumCharge(name="Minimum", amount_usd=amount_usd, per=Per.MONTH))
    return Tariff(
        plan="HPXML/RATE",
        name=case["rate"],
        utility_id=0,
        utility="HPXML",
        state="",
        effective=YEAR_START,
        timezone="UTC",
        charges=tuple(charges),
        export_rules=(export_rule(case, scheme),),
    )


def monthly(name: str, amount_usd: float) -> Charge:
    """A fixed charge a month."""
    return FixedCharge(name=name, amount_usd=amount_usd, per=Per.MONTH)


def energy_charge(rate: dict[str, Any]) -> Charge:
    """Energy by period and pooled tiers, or at the market's hourly price."""
    if "index" in rate:
        return IndexedEnergyCharge(name="Energy", klass=ChargeClass.SUPPLY)
    ladders = [
        tuple(Tier(usd_per_kwh=(usd,), ceiling_kwh=ceiling) for ceiling, usd in ladder)
        for ladder in rate["ladders"]
    ]
    return EnergyCharge(
        name="Energy",
        schedule=schedule_of(rate),
        periods=tuple(Period(name=f"Period {n}", ladder=x) for n, x in enumerate(ladders)),
        components=(Component(name="Energy", klass=ChargeClass.SUPPLY),),
    )


def schedule_of(rate: dict[str, Any]) -> Schedule:
    """The schedule of a rate's words of digits."""
    if "weekday" not in rate:
        return flat_schedule()
    tables = [
        [[int(digit) for digit in word] for word in rate[kind]] for kind in ("weekday", "weekend")
    ]
    return monthly_schedule(*tables)


def export_rule(case: dict[str, Any], scheme: str) -> ExportRule:
    """Net metering in dollars or in kWh, or all generation sold."""
    price = case.get("surplus_usd_per_kwh")
    if scheme == "buy_all_sell_all":
        return ExportRule(
            name=scheme,
            netting=Netting.CHANNELS,
            prices=(flat_export("Feed-in", price, bank="sales"),),
            banks=(Bank(name="sales", pays=EVERYTHING, cash=True),),
        )
    at_retail = case.get("surplus") == "retail"
    credit = Bank(
        name="credit",
        pays=ENERGY_CLASSES,
        at_true_up=Leftover.PAY_OUT if at_retail else Leftover.LAPSE,
    )
    in_kwh = scheme == NET_METERING_KWH
    return ExportRule(
        name=scheme,
        netting=Netting.PERIODS,
        in_kwh=in_kwh,
        banks=() if in_kwh else (credit,),
        cash_out=None if at_retail else CashOut(usd_per_kwh=price),
    )


def bill_of(case: dict[str, Any], scheme: str, *, solar: bool) -> Bill:
    """The year's bill; without the panels the home has no export either."""
    load_kwh, export_kwh = array("hpxml", "load_kwh"), None
    if solar and case["solar_kw"]:
        generated = array("hpxml", f"pv{case['solar_kw']}_kwh")
        load_kwh = load_kwh + np.maximum(-generated, 0.0)  # the inverter's draw at night
        export_kwh = np.maximum(generated, 0.0)
    index = table("hpxml")["rates"][case["rate"]].get("index")
    return bill(
        (tariff_of(case, scheme),),
        load_kwh,
        export_kwh,
        start=YEAR_START,
        step_minutes=60,
        index_usd_per_kwh=array("hpxml", index) if index else None,
    )


def sum_usd(bill: Bill, *classes: ChargeClass) -> float:
    """Unrounded sum of a bill's lines of some classes."""
    return sum(line.exact_usd for line in bill.lines if line.klass in classes)


def figures_usd(case: dict[str, Any], scheme: str) -> list[float]:
    """Fixed, energy and solar credit, as the table's head defines them."""
    with_solar = bill_of(case, scheme, solar=True)
    fixed = sum_usd(with_solar, ChargeClass.FIXED, ChargeClass.MINIMUM)
    energy = sum_usd(bill_of(case, scheme, solar=False), *ENERGY_CLASSES)
    return [fixed, energy, with_solar.exact_usd - fixed - energy]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_bill_of_the_year(case: dict[str, Any]) -> None:
    figures = figures_usd(case, case["scheme"])
    assert figures == pytest.approx(case["published_usd"], abs=PUBLISHED_USD)
    assert figures == pytest.approx(case["reference_usd"], abs=REFERENCE_USD)


IN_KWH = [  # a market price has no periods to carry a kWh in
    case
    for case in CASES
    if case["scheme"] == "net_metering" and "surplus" not in case and "real" not in case["rate"]
]


@pytest.mark.parametrize("case", IN_KWH, ids=lambda case: case["name"])
def test_netting_in_kwh_comes_to_the_same(case: dict[str, Any]) -> None:
    figures = figures_usd(case, NET_METERING_KWH)
    assert figures == pytest.approx(case["reference_usd"], abs=REFERENCE_USD)


def test_all_cases_have_names_of_their_own() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) == 19
