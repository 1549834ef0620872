"""Prices by month and hour: of a plan that is charged, and of export rules."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

import kwhen
from kwhen.engine.words import Customer
from kwhen.operations.price_maps import price_maps

YEAR = 2026
DAY = date(YEAR, 7, 1)


def most_frequent(key: str, rule: str | None, month: int, hour: int, is_weekend: bool) -> float:
    """The price of a cell, counted by hand over the days of the month."""
    plan = kwhen.rate_plan(key)
    zone_days = [date(YEAR, month, 1) + timedelta(days=n) for n in range(31)]
    counts: Counter[float] = Counter()
    for day in zone_days:
        if day.month != month or (day.weekday() >= 5) != is_weekend:
            continue
        found = kwhen.prices(
            plan.on(DAY), day, day + timedelta(days=1), step_minutes=60, tier_mode="tier:1",
            customer=Customer(export_rule=rule), nearest=True,
        )  # fmt: skip
        if len(found.import_usd_per_kwh) == 24:  # not a day on which the clock changes
            usd = found.export_usd_per_kwh if rule else found.import_usd_per_kwh
            counts[round(float(usd[hour]), 5)] += 1
    return counts.most_common(1)[0][0]


@pytest.mark.parametrize(
    ("key", "rule"),
    [
        ("14328/E-ELEC", None),
        ("14328/E-ELEC", "NBT26"),
        ("14328/E-TOU-D", None),
        ("4226/SC1-RATE-III", None),
    ],
)
@pytest.mark.parametrize(("month", "hour"), [(1, 3), (7, 18), (9, 19)])
@pytest.mark.parametrize("is_weekend", [False, True])
def test_a_cell_is_the_price_of_its_hours(
    key: str, rule: str | None, month: int, hour: int, is_weekend: bool
) -> None:
    maps = price_maps(kwhen.rate_plan(key).on(DAY), Customer(export_rule=rule), YEAR)
    found = maps.exports if rule else maps.imports
    table = found.weekend_usd_per_kwh if is_weekend else found.weekday_usd_per_kwh
    expected = most_frequent(key, rule, month, hour, is_weekend)
    assert table[month - 1, hour] == pytest.approx(expected, abs=1e-9)


def test_net_billing_pays_by_vintage_and_net_metering_the_retail_price() -> None:
    tariff = kwhen.rate_plan("14328/E-ELEC").on(DAY)
    by_rule = {
        rule: price_maps(tariff, Customer(export_rule=rule), YEAR)
        for rule in ("NBT26", "NBT23", "NEM2")
    }
    assert {rule: maps.export_rule for rule, maps in by_rule.items()} == {r: r for r in by_rule}
    newest, oldest, netted = (maps.exports.weekday_usd_per_kwh for maps in by_rule.values())
    assert not np.array_equal(newest, oldest)
    bought = by_rule["NEM2"].imports.weekday_usd_per_kwh
    assert np.ptp(bought - netted) < 1e-4 and 0 < (bought - netted).min()  # non-bypassable


def test_without_a_rule_exporting_earns_nothing() -> None:
    maps = price_maps(kwhen.rate_plan("4110/BES").on(DAY), Customer(), YEAR)
    assert maps.export_rule is None
    assert not maps.exports.weekday_usd_per_kwh.any()


def test_a_plan_that_is_the_same_all_week_says_so() -> None:
    same = price_maps(kwhen.rate_plan("14328/E-ELEC").on(DAY), Customer(), YEAR).imports
    apart = price_maps(kwhen.rate_plan("14328/E-TOU-D").on(DAY), Customer(), YEAR).imports
    assert same.is_same_all_week and not apart.is_same_all_week
