"""Bills of NREL's SAM under each of its metering options, by year and by month."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from kwhen.engine.result import Bill
from kwhen.engine.tariff import EnergyCharge
from kwhen.engine.words import TierScope
from tests.known.tables import array, table
from tests.sam import DemandRow, EnergyRow, SamRate, sam_bill, sam_tariff

Floats = NDArray[np.float64]

CASES = table("ssc")["case"]
DECEMBER, APRIL = 11, 3
# Arrays are kept as float32, 6e-8 of a value; a month is also a difference of larger sums.
SAME_FRAC, SAME_USD = 1e-6, 1e-5
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def numbers(words: list[str]) -> list[list[int]]:
    """A schedule's words of digits as periods."""
    return [[int(digit) for digit in word] for word in words]


def rate_of(case: dict[str, Any]) -> SamRate:
    """The inputs of a case."""
    rate = table("ssc")["rates"][case["rate"]]
    energy = [
        EnergyRow(
            period=period,
            tier=tier,
            ceiling=ceiling,
            unit=unit,
            buy_usd_per_kwh=buy,
            sell_usd_per_kwh=sell,
        )
        for period, tier, ceiling, unit, buy, sell in rate["energy"]
    ]
    demand = [
        DemandRow(period=period, tier=tier, ceiling_kw=ceiling, usd_per_kw=usd)
        for period, tier, ceiling, usd in rate.get("demand", [])
    ]
    return SamRate(
        weekday=numbers(rate["weekday"]),
        weekend=numbers(rate["weekend"]),
        energy=tuple(energy),
        option=case["option"],
        year_end_usd_per_kwh=case["year_end_usd_per_kwh"],
        fixed_usd_per_month=rate["fixed_usd_per_month"],
        minimum_usd_per_month=case["minimum_usd_per_month"],
        demand=tuple(demand),
        demand_weekday=numbers(rate.get("demand_weekday", [])),
        demand_weekend=numbers(rate.get("demand_weekend", [])),
    )


def bill_of(case: dict[str, Any], *, solar: bool) -> Bill:
    """The case's bill with or without generation."""
    generation = array("ssc", case["generation"]) if solar else None
    return sam_bill(rate_of(case), array("ssc", case["load"]), generation)


def lines_usd(bill: Bill, month: int, *charges: str) -> float:
    """Sum of a month's lines of some names."""
    start, _ = bill.cycles[month]
    return sum(x.exact_usd for x in bill.lines if x.start == start and x.charge in charges)


def figure(case: dict[str, Any], what: str) -> float:
    """What the bill says of a figure that the source names."""
    bill = bill_of(case, solar=what != "cost_without_system")
    match what:
        case "cost_without_system" | "cost_with_system":
            return bill.exact_usd
        case "april_year_1":
            return bill.by_month[APRIL]
        case "april_year_1_min":
            return lines_usd(bill, APRIL, "Minimum a month")
        case "dec_dollars":  # the year's surplus kWh
            return -lines_usd(bill, DECEMBER, "Net surplus compensation")
        case "dec_year_1_credits":  # sales of December, or the balance that December pays out
            return -lines_usd(bill, DECEMBER, "Credit from sales", "Credit paid out")
    raise AssertionError(f"the source names {what}; say here what it is on a bill")


EXPECTED = [
    pytest.param(case, *row, id=f"{case['name']}: {row[0]}")
    for case in CASES
    for row in case["expected"]
]


@pytest.mark.parametrize(("case", "what", "usd", "tolerance_usd"), EXPECTED)
def test_published_figure(
    case: dict[str, Any], what: str, usd: float, tolerance_usd: float
) -> None:
    assert figure(case, what) == pytest.approx(usd, abs=tolerance_usd)


@pytest.mark.parametrize("case", [c for c in CASES if c["expected"]], ids=lambda c: c["name"])
@pytest.mark.parametrize("solar", [False, True], ids=["without", "with"])
def test_every_month_is_that_of_pysam(case: dict[str, Any], solar: bool) -> None:
    expected_usd = case["pysam_with_usd" if solar else "pysam_without_usd"]
    bill = bill_of(case, solar=solar)
    assert list(bill.by_month) == pytest.approx(expected_usd, rel=SAME_FRAC, abs=SAME_USD)
    assert bill.exact_usd == pytest.approx(sum(expected_usd), rel=SAME_FRAC, abs=SAME_USD)


def test_tiers_that_differ_by_period_are_billed_by_period() -> None:
    (case,) = [case for case in CASES if not case["expected"]]
    rate = rate_of(case)
    (charge,) = sam_tariff(rate).charges
    assert isinstance(charge, EnergyCharge) and charge.scope is TierScope.PERIOD
    load_kwh, solar_kwh = array("ssc", case["load"]), array("ssc", case["generation"])
    without = by_hand_usd(rate, period_kwh(rate, load_kwh))
    assert list(bill_of(case, solar=False).by_month) == pytest.approx(without)
    net_kwh = rolled_over(rate, period_kwh(rate, load_kwh - solar_kwh))
    with_solar = by_hand_usd(rate, net_kwh)
    surplus_kwh = max(0.0, float((solar_kwh - load_kwh).sum()))
    with_solar[DECEMBER] -= surplus_kwh * rate.year_end_usd_per_kwh
    assert list(bill_of(case, solar=True).by_month) == pytest.approx(with_solar)
    assert sum(without) == pytest.approx(1505.2387, abs=1e-3)  # pooled tiers: 1839.69


def period_kwh(rate: SamRate, hourly_kwh: Floats) -> Floats:
    """Energy by month and period, hour by hour. (12, 6)"""
    found = np.zeros((12, 6))
    day = 0
    for month in range(12):
        for _ in range(MONTH_DAYS[month]):
            schedule = rate.weekend if day % 7 >= 5 else rate.weekday
            for hour in range(24):
                found[month, schedule[month][hour] - 1] += hourly_kwh[day * 24 + hour]
            day += 1
    return found


def rolled_over(rate: SamRate, net_kwh: Floats) -> Floats:
    """Net energy after each month's surplus went to the same hours of the next month. (12, 6)"""
    found = net_kwh.copy()
    for month in range(12):
        for period in range(6):
            surplus_kwh = -found[month, period]
            if surplus_kwh <= 0:
                continue
            found[month, period] = 0.0
            hours = [h for h in (0, 5, 11, 17) if rate.weekday[month][h] == period + 1]
            if hours and month < DECEMBER:
                found[month + 1, rate.weekday[month + 1][hours[0]] - 1] -= surplus_kwh
    return found


def by_hand_usd(rate: SamRate, kwh: Floats) -> list[float]:
    """Each month's bill: each period's energy on its own two tiers."""
    months = []
    for month, days in enumerate(MONTH_DAYS):
        usd = 0.0
        for period in range(6):
            low, high = (row for row in rate.energy if row.period == period + 1)
            first_kwh = min(kwh[month, period], low.ceiling * days)
            usd += first_kwh * low.buy_usd_per_kwh
            usd += (kwh[month, period] - first_kwh) * high.buy_usd_per_kwh
        months.append(usd)
    return months
