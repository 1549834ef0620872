"""Bills that utilities sent, line by line; a demand ratchet; cycles across clock changes."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import kwhen
from kwhen.catalog.community import community_choice
from kwhen.engine.calendar import flat_schedule, monthly_schedule
from kwhen.engine.result import Line, to_cents
from kwhen.engine.tariff import (
    Component,
    DemandCharge,
    DemandPeriod,
    DemandTier,
    EnergyCharge,
    FixedCharge,
    Period,
    Ratchet,
    Tariff,
    Tier,
)
from kwhen.engine.words import ChargeClass, Per
from kwhen.errors import UsageError
from tests.known.tables import table

Floats = NDArray[np.float64]

STATEMENTS = table("statements")
CENT_USD = 0.005
TWO_LINES_USD = 0.011  # of amounts that the statement sums from parts of its own rounding
NOON = 12


def kwh_at(statement: dict[str, Any]) -> tuple[Floats, Floats | None]:
    """Import of each period in one hour of the first day, export at noon of the second. [kWh]"""
    days = (statement["end"] - statement["start"]).days
    imported, exported = np.zeros(days * 24), np.zeros(days * 24)
    for period, kwh in statement["import_kwh"].items():
        imported[statement["at_hour"][period]] = kwh
    exported[24 + NOON] = statement.get("export_kwh", 0.0)
    return imported, exported if exported.any() else None


def bundled_plan(statement: dict[str, Any]) -> Tariff:
    """The utility's own plan in force."""
    return kwhen.plan(statement["plan"], on=statement["start"])


def bill_of(statement: dict[str, Any], tariff: Tariff | None = None) -> kwhen.Bill:
    """The statement's bill, with the supplier's generation."""
    tariff = tariff or community_choice(
        bundled_plan(statement),
        statement["supplier"],
        statement["pcia_vintage"],
        on=statement["start"],
    )
    imported, exported = kwh_at(statement)
    return kwhen.bill(
        tariff,
        imported,
        exported,
        start=statement["start"],
        step_minutes=60,
        customer=kwhen.Customer(export_rule=statement.get("export_rule")),
    )


def sum_usd(lines: Sequence[Line], names: str) -> float:
    """Printed amount of the charges named, "a + b"."""
    return sum(line.amount_usd for line in lines if line.charge in names.split(" + "))


def part_usd(bill: kwhen.Bill, names: str) -> float:
    """Unrounded amount of the components named, "a + b"."""
    parts = [part for line in bill.lines for part in line.parts]
    return sum(part.exact_usd for part in parts if part.name in names.split(" + "))


@pytest.mark.parametrize("statement", STATEMENTS["statement"], ids=lambda row: row["name"])
def test_statement_line_by_line(statement: dict[str, Any]) -> None:
    bill = bill_of(statement)
    printed = {names: sum_usd(bill.lines, names) for names in statement["lines_usd"]}
    assert printed == pytest.approx(statement["lines_usd"], abs=statement["tolerance_usd"])
    assert bill.cycles == ((statement["start"], statement["end"]),)


def test_energy_of_the_solar_statement_is_the_sum_of_its_six_lines() -> None:
    statement = STATEMENTS["statement"][0]
    bill = bill_of(statement)
    parts = [part for line in bill.lines if line.charge == "Energy" for part in line.parts]
    unavoidable = [p.exact_usd for p in parts if p.klass is ChargeClass.NON_BYPASSABLE]
    delivery = [p.exact_usd for p in parts if p.klass is not ChargeClass.NON_BYPASSABLE]
    printed = to_cents(np.array([sum(delivery), sum(unavoidable)])).sum() + sum(
        sum_usd(bill.lines, name)
        for name in statement["lines_usd"]
        if name.startswith(("MCE", "Power", "Franchise"))
    )
    expected = statement["energy_usd"]
    assert printed == pytest.approx(expected["total"], abs=CENT_USD)
    total_kwh = sum(statement["import_kwh"].values())
    assert sum(unavoidable) / total_kwh == pytest.approx(expected["non_bypassable_usd_per_kwh"])
    (off_peak,) = [x for x in bill.lines if (x.charge, x.period) == ("Energy", "summer off-peak")]
    avoidable = [p for p in off_peak.parts if p.klass is not ChargeClass.NON_BYPASSABLE]
    per_kwh = sum(part.usd_per_kwh for part in avoidable)
    assert per_kwh == pytest.approx(expected["off_peak_delivery_usd_per_kwh"], abs=1e-9)


def test_acc_plus_leaves_the_non_bypassable_part_unpaid() -> None:
    bill = bill_of(STATEMENTS["statement"][0])
    paid = -sum_usd(bill.lines, "Credit from generation + Credit from delivery")
    reach = (ChargeClass.SUPPLY, ChargeClass.DELIVERY)
    parts = [part for line in bill.lines for part in line.parts if part.klass in reach]
    assert (
        0
        < paid
        <= sum(part.exact_usd for part in parts)
        + sum_usd(bill.lines, "MCE generation + MCE cost relief credit")
    )


def test_breakdown_of_the_delivery_lines() -> None:
    statement = STATEMENTS["statement"][1]
    bill = bill_of(statement)
    found = {names: part_usd(bill, names) for names in statement["parts_usd"]}
    assert found == pytest.approx(statement["parts_usd"], abs=TWO_LINES_USD)


def test_the_same_energy_under_the_utilitys_own_generation() -> None:
    statement = STATEMENTS["statement"][1]
    expected = statement["bundled"]
    bill = bill_of(statement, bundled_plan(statement))
    lines = [line for line in bill.lines if line.charge == "Energy"]
    prices = {line.period: line.price for line in lines}
    assert prices == pytest.approx(expected["usd_per_kwh"], abs=1e-9)
    assert {line.period: line.amount_usd for line in lines} == pytest.approx(expected["usd"])
    assert sum(line.amount_usd for line in lines) == pytest.approx(expected["total_usd"])


def test_peco_statement_line_by_line() -> None:
    peco = STATEMENTS["peco"]
    energy = [flat_energy(name, usd) for name, usd in peco["usd_per_kwh"].items()]
    monthly = [
        FixedCharge(name=name, amount_usd=usd, per=Per.MONTH)
        for name, usd in peco["usd_per_month"].items()
    ]
    tariff = plain_tariff("America/New_York", peco["start"], *energy, *monthly)
    imported = np.full(peco["days"] * 24, peco["import_kwh"] / (peco["days"] * 24))
    bill = kwhen.bill(tariff, imported, start=peco["start"], step_minutes=60)
    assert {line.charge: line.amount_usd for line in bill.lines} == peco["lines_usd"]
    assert bill.total_usd == peco["total_usd"]


def test_demand_ratchet() -> None:
    case = STATEMENTS["ratchet"]
    warm = [1 if month + 1 in case["warm_months"] else 0 for month in range(12)]
    months = [[period] * 24 for period in warm]
    prices = (case["cold_usd_per_kw"], case["warm_usd_per_kw"])
    demand = DemandCharge(
        name="Demand",
        schedule=monthly_schedule(months, months),
        periods=tuple(
            DemandPeriod(name=f"{usd} $/kW", ladder=(DemandTier(usd_per_kw=usd),)) for usd in prices
        ),
        ratchet=Ratchet(
            share_frac=(case["share_frac"],) * 12, lookback_months=case["lookback_months"]
        ),
        window_minutes=60,
    )
    load = np.full(8760, case["load_kw"])
    load[case["peak_hour"] - 1] = case["peak_kw"]
    start = date(case["year"], 1, 1)
    bill = kwhen.bill(plain_tariff("UTC", start, demand), load, start=start, step_minutes=60)
    assert bill.total_usd == case["total_usd"]
    assert len(bill.by_month) == 12


@pytest.mark.parametrize("cycle", STATEMENTS["cycle"], ids=lambda row: row["name"])
def test_elapsed_hours_of_a_cycle(cycle: dict[str, Any]) -> None:
    tariff = plain_tariff("America/Los_Angeles", date(2025, 1, 1), flat_energy("Energy", 1.0))
    bill = kwhen.bill(tariff, np.ones(cycle["hours"]), start=cycle["start"], step_minutes=60)
    assert bill.cycles == ((cycle["start"], cycle["end"]),)
    assert (cycle["end"] - cycle["start"]) == timedelta(days=cycle["days"])
    assert bill.total_usd == cycle["hours"]
    with pytest.raises(UsageError, match=f"give {cycle['hours'] - 24} .* or {cycle['hours']} to"):
        kwhen.bill(tariff, np.ones(cycle["hours"] - 1), start=cycle["start"], step_minutes=60)


def flat_energy(name: str, usd_per_kwh: float) -> EnergyCharge:
    """One price at all hours."""
    return EnergyCharge(
        name=name,
        schedule=flat_schedule(),
        periods=(Period(name="all", ladder=(Tier(usd_per_kwh=(usd_per_kwh,)),)),),
        components=(Component(name=name, klass=ChargeClass.DELIVERY),),
    )


def plain_tariff(
    zone: str, effective: date, *charges: EnergyCharge | FixedCharge | DemandCharge
) -> Tariff:
    """A tariff of these charges."""
    return Tariff(
        plan="0/PLAIN",
        name="Plain",
        utility_id=0,
        utility="Utility",
        state="",
        effective=effective,
        timezone=zone,
        charges=charges,
    )
