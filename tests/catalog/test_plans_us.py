"""Plans outside California's big three, by hand from their published figures.

The home of these tests takes 1 kWh every hour, so that a month of 31 days is 744 kWh and every
line can be worked out on paper: kWh of the period x (rate + adjustment), each rounded to cents.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.plans import RatePlan, plan_id, plan_keys, plans, rate_plan
from kwhen.catalog.sources import source, sources
from kwhen.engine.bill import bill
from kwhen.engine.grid import covering
from kwhen.engine.result import Bill
from kwhen.engine.tariff import EnergyCharge, Service
from kwhen.errors import CoverageError

HALF_CENT_USD = 0.005  # lines are printed to cents
BIG_THREE = {14328, 17609, 16609}
SANE_USD_PER_KWH = (0.05, 0.80)  # a full bill's mean over a year
DELIVERY_KEYS = {"1167/R", "1167/RD", "14715/RS", "15270/R"}
CLOSED_KEYS = {"11804/R-4", "15270/RTM", "9601/A-SENIOR"}
CHECKED_ON = date(2026, 7, 1)
HOURS_PER_DAY = 24

US_KEYS = tuple(key for key in plan_keys() if int(key.split("/")[0]) not in BIG_THREE)


def steady_bill(key: str, start: date, days: int, kwh_per_hour: float = 1.0) -> Bill:
    """Bill of a home that takes the same energy every hour of days without a clock change."""
    hours = np.full(days * HOURS_PER_DAY, kwh_per_hour)
    return bill(rate_plan(key).versions, hours, start=start, step_minutes=60)


def names(found: Iterable[RatePlan]) -> list[str]:
    return [plan.key for plan in found]


def gaps(plan: RatePlan) -> set[str]:
    return {gap.name for gap in plan.missing}


@pytest.mark.parametrize(
    ("key", "start", "days", "lines_usd"),
    [
        # 250 kWh at 0.16402 + 0.155111, then 0.18858 + 0.155111
        ("4226/SC1", date(2026, 7, 1), 31, [79.78, 169.78, 21.00]),
        ("4226/SC1", date(2027, 2, 1), 28, [214.46, 21.00]),
        # July 2026 has 23 weekdays; the 4th is a Saturday and moves nothing
        ("803/R-TOU-E", date(2026, 7, 1), 31, [105.77, 26.03, 14.20]),
        # January 2027 has 21 weekdays, two of them holidays
        ("803/R-TOU-E", date(2027, 1, 1), 31, [92.80, 6.48, 20.44, 14.20]),
        # 17 kWh a day: 510 kWh of 720
        ("5109/D1", date(2026, 9, 1), 30, [109.78, 47.93, 9.75]),
        ("6452/RS-1", date(2026, 7, 1), 31, [91.20, 10.52]),
        ("7140/R", date(2026, 7, 1), 31, [90.96, 19.46, 14.27]),
        ("11208/R1A", date(2026, 7, 1), 31, [84.61, 101.15]),
        ("4176/RATE-1", date(2026, 7, 1), 31, [175.60, 9.62]),
        ("15477/RS-TOU-3P", date(2026, 7, 1), 31, [68.07, 115.51, 17.78, 6.00]),
        ("16572/E-26", date(2026, 8, 1), 31, [54.88, 32.33, 20.00]),
        ("19876/SCHEDULE-1T", date(2026, 7, 1), 31, [64.56, 62.27, 12.99]),
        ("15466/RE-TOU", date(2026, 7, 1), 31, [33.35, 87.42, 8.19]),
        ("6455/RS-1", date(2026, 12, 1), 31, [108.36, 14.27]),
        ("14006/RS", date(2026, 7, 1), 31, [124.82, 18.79]),
        ("1167/R", date(2026, 7, 1), 31, [46.43, 10.32]),
    ],
)
def test_a_steady_month_by_hand(key: str, start: date, days: int, lines_usd: list[float]) -> None:
    found = steady_bill(key, start, days)
    assert sorted(float(line.amount_usd) for line in found.lines) == pytest.approx(
        sorted(lines_usd), abs=HALF_CENT_USD
    )
    assert found.total_usd == pytest.approx(sum(lines_usd), abs=HALF_CENT_USD)


@pytest.mark.parametrize(
    ("key", "lines_usd"),
    [
        # riders 0.011789 on 0.16107 and 0.18518; supply 0.00379 + 0.0878881333 + 0.00302
        ("4226/SC1-ZONE-H", [43.21, 92.58, 68.18, 20.00, 1.28]),
        # 20 weekdays that are no holiday, 4 peak hours each; 30 days at 0.54
        ("11171/194", [17.46, 70.69, 20.40, 70.29, 16.20]),
        # delivery 0.1395, supply 0.10068
        ("13214/A-16", [100.44, 72.49, 6.00, 5.75, 0.79]),
        # delivery 0.04751 + 0.01028 + 0.02322 + 0.00015, supply 0.10247
        ("1167/R-SOS", [58.44, 73.78, 9.65, 0.32]),
        # delivery 0.12777 + 0.0075733333 + 0.00746, supply 0.00043 + 0.0820266667
        ("3249/SC1", [102.82, 59.37, 21.50]),
    ],
)
def test_june_2025_by_component(key: str, lines_usd: list[float]) -> None:
    found = steady_bill(key, date(2025, 6, 1), 30)
    assert sorted(float(line.amount_usd) for line in found.lines) == pytest.approx(
        sorted(lines_usd), abs=HALF_CENT_USD
    )
    assert not found.is_complete


def test_a_cycle_over_two_months_takes_its_share_of_each() -> None:
    found = steady_bill("3249/SC1", date(2025, 6, 16), 30)
    fixed = [float(line.amount_usd) for line in found.lines if line.charge == "customer charge"]
    assert sum(fixed) == pytest.approx(21.5 / 2 + 22.5 / 2, abs=HALF_CENT_USD)


def test_the_parts_of_a_bill_by_component_are_named() -> None:
    found = steady_bill("13214/A-16", date(2025, 6, 1), 30)
    parts = {part.name: part for line in found.lines for part in line.parts}
    assert parts["net metering charge"].usd_per_kwh == 0.01457
    assert parts["net metering charge"].exact_usd == pytest.approx(720 * 0.01457)
    assert "local_taxes" in {gap.name for gap in found.missing}


def test_a_minimum_binds_when_nothing_is_used() -> None:
    assert steady_bill("6452/RS-1", date(2026, 6, 1), 30, 0.0).total_usd == pytest.approx(30.0)
    assert steady_bill("11208/R1A", date(2026, 6, 1), 30, 0.0).total_usd == pytest.approx(10.0)


@pytest.mark.parametrize("key", US_KEYS)
def test_a_year_of_a_common_home_costs_a_sane_amount(key: str) -> None:
    plan = rate_plan(key)
    first = plan.versions[0]
    midnight = datetime.combine(first.effective, time(), ZoneInfo(first.timezone))
    grid = covering(midnight, midnight + timedelta(days=365), 60, first.timezone)
    kwh = 0.7 + 0.6 * ((grid.quarter >= 64) & (grid.quarter < 88))
    found = bill(plan.versions, kwh, start=first.effective, step_minutes=60, nearest=True)
    low, high = SANE_USD_PER_KWH
    if plan.service is Service.BUNDLED:
        low += 0.03  # below it, a bundled price is one for delivery alone
    assert low <= float(found.total_usd) / float(kwh.sum()) <= high


def test_no_plan_is_without_a_registered_source() -> None:
    for key in US_KEYS:
        for version in rate_plan(key).versions:
            assert version.sources and set(version.sources) <= set(sources()), key


def test_a_plan_says_when_its_figures_were_checked() -> None:
    days = {key: source(rate_plan(key).sources[0]).retrieved for key in US_KEYS}
    checked = {key for key, day in days.items() if day == CHECKED_ON}
    assert len(checked) == 23
    assert {"4226/SC1", "803/R-TOU-E", "15466/RE-TOU", "7140/TOU-OA"} <= checked
    assert not {"195/FD", "1167/R", "9191/SCHEDULE-5", "15466/R"} & checked
    assert days["14006/RS"] == date(2026, 6, 20)


def test_delivery_alone_says_so_and_the_rest_is_a_full_bill() -> None:
    for key in US_KEYS:
        plan = rate_plan(key)
        is_delivery = key in DELIVERY_KEYS
        assert (plan.service is Service.DELIVERY) == is_delivery, key
        assert ("supply" in gaps(plan)) == is_delivery, key


def test_old_and_withdrawn_plans_are_not_offered() -> None:
    assert {key for key in US_KEYS if not rate_plan(key).offered} == CLOSED_KEYS
    assert "2019" in rate_plan("11804/R-4").closed
    assert names(plans(utility_id=11804)) == ["11804/R-1"]
    assert len(plans(utility_id=11804, offered_only=False)) == 2


def test_hours_that_differ_at_weekends_have_their_holidays_or_the_gap() -> None:
    for key in US_KEYS:
        plan = rate_plan(key)
        for version in plan.versions:
            differ = any(
                part.weekday != part.weekend
                for charge in version.charges
                if isinstance(charge, EnergyCharge)
                for part in charge.schedule.parts
            )
            # ConEd's sheet: a holiday is billed as the day of the week that it falls on.
            is_known = version.holidays is not None or key == "4226/SC1-RATE-III"
            assert not differ or is_known or "holidays" in gaps(plan), key


def test_a_version_ends_where_its_figures_end() -> None:
    for key, last in [
        ("4226/SC1-ZONE-H", date(2025, 12, 31)),
        ("1167/R-SOS", date(2026, 3, 31)),
        ("18454/RS", date(2023, 12, 31)),
        ("16534/R", date(2023, 8, 21)),
    ]:
        plan = rate_plan(key)
        assert plan.on(last) is plan.versions[-1]
        with pytest.raises(CoverageError):
            plan.on(last + timedelta(days=1))


def test_months_with_equal_figures_are_one_version() -> None:
    starts = [version.effective for version in rate_plan("13214/A-16").versions]
    assert starts == [date(2025, month, 1) for month in (1, 4, 7, 10)]


@pytest.mark.parametrize(
    ("zipcode", "keys"),
    [
        ("10001", {"4226/SC1", "4226/SC1-RATE-III"}),
        ("60601", {"4110/BES"}),
        ("48201", {"5109/D1", "5109/D1-2"}),
        ("85001", {"803/R-TOU-E"}),
        ("85281", {"803/R-TOU-E", "16572/E-23", "16572/E-26"}),
        ("33101", {"6452/RS-1", "6452/RTR-1"}),
        ("84101", {"14354/SCHEDULE-1", "14354/SCHEDULE-1-TOU"}),
        ("06103", {"4176/RATE-1", "4176/RATE-5", "4176/RATE-7"}),
        ("21201", {"1167/R", "1167/RD", "1167/R-SOS"}),
        ("11501", {"11171/194"}),
        ("02903", {"13214/A-16"}),
    ],
)
def test_a_zip_finds_its_plans(zipcode: str, keys: set[str]) -> None:
    assert keys <= set(names(plans(zipcode)))


def test_a_zone_that_a_zip_does_not_settle_is_told() -> None:
    found = {plan.key: gaps(plan) for plan in plans("10001")}
    assert "price_zone" in found["4226/SC1"]
    assert rate_plan("4226/SC1").price_zone == "Zone J (New York City)"
    assert "supply" in {plan.key: gaps(plan) for plan in plans("21201")}["1167/R"]


def test_clocks_that_a_state_does_not_settle() -> None:
    assert rate_plan("5701/SCHEDULE-01").versions[0].timezone == "America/Denver"
    assert rate_plan("803/R-TOU-E").versions[0].timezone == "America/Phoenix"
    assert rate_plan("9191/SCHEDULE-5").versions[0].timezone == "America/Boise"


def test_september_weekends_are_summer_at_idaho_power() -> None:
    (charge,) = [
        charge
        for charge in rate_plan("9191/SCHEDULE-5").versions[0].charges
        if isinstance(charge, EnergyCharge)
    ]
    part = charge.schedule.parts[charge.schedule.part_of(9, 6)]
    assert {charge.periods[index].name for index in part.weekend} == {"summer off-peak"}


@pytest.mark.parametrize(
    ("key", "id"),
    [
        ("4226/SC1", "734a6bb77fade963137c6d16"),
        ("803/R-TOU-E", "11993c4a1eb008c966ebb628"),
        ("4110/BES", "c5ec0fd19963450e17632cc6"),
        ("13214/A-16", "ac13d0f7a729e7b0d285a635"),
    ],
)
def test_ids_never_change(key: str, id: str) -> None:
    assert plan_id(key) == id
    assert rate_plan(id) is rate_plan(key)


def test_no_id_is_given_twice() -> None:
    assert len(US_KEYS) == 74
    assert len({plan_id(key) for key in plan_keys()}) == len(plan_keys())
