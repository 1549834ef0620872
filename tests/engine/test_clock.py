"""Time on a bill: clock changes, leap years, cycles, seasons, holidays, wall-clock arrays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays as published
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kwhen
from kwhen.engine.bill import bill
from kwhen.engine.calendar import Holiday, HolidayCalendar, Weekend
from kwhen.engine.tariff import EventCharge
from kwhen.engine.words import CeilingPer, ChargeClass, Per
from kwhen.errors import UsageError
from tests.properties.values import (
    AUTUMN,
    SPRING,
    ZONE,
    demand,
    energy,
    fixed,
    home,
    steps_in,
    tariff,
    time_of_use,
    two_periods,
)

ONE_DAY = timedelta(days=1)
SAME_USD = 1e-9


@pytest.mark.parametrize(
    ("day", "count"), [(SPRING, 92), (date(2025, 6, 1), 96), (AUTUMN, 100)], ids=str
)
def test_a_day_has_the_quarter_hours_that_passed(day: date, count: int) -> None:
    plan = tariff(energy(1.0))
    assert kwhen.bill(plan, np.ones(count), start=day).total_usd == count
    for wrong in (count - 4, count + 4):
        with pytest.raises(UsageError, match=rf"{wrong} values of 15 minutes .* {count} to its end|"
                           rf"give {count} values"):  # fmt: skip
            kwhen.bill(plan, np.ones(wrong), start=day)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)], ids=str)
def test_peak_hours_keep_their_clock_time_on_a_change_day(day: date, hours: int) -> None:
    # Both days are Sundays: give the weekend the weekday's hours.
    every_day = time_of_use(schedule=two_periods_every_day())
    imported = np.zeros(hours)
    imported[hours - 24 + 16 : hours - 24 + 21] = 1.0  # 16:00 to 21:00 after the change
    found = kwhen.bill(tariff(every_day), imported, start=day, step_minutes=60)
    (line,) = found.lines
    assert (line.period, line.quantity) == ("winter peak", 5.0)


def two_periods_every_day():
    """The two-period schedule with weekends like weekdays."""
    schedule = two_periods()
    parts = [
        type(part)(
            starts=part.starts, season=part.season, weekday=part.weekday, weekend=part.weekday
        )
        for part in schedule.parts
    ]
    return type(schedule)(parts=tuple(parts))


def test_a_leap_year_has_a_day_more() -> None:
    plan = tariff(fixed(1.0, Per.DAY), fixed(366.0, Per.YEAR, "Yearly"), zone="UTC")
    leap = kwhen.bill(plan, np.zeros(366 * 24), start=date(2024, 1, 1), step_minutes=60)
    assert leap.exact_usd == pytest.approx(366 + 366)
    assert [(end - start).days for start, end in leap.cycles][1] == 29
    common = kwhen.bill(plan, np.zeros(365 * 24), start=date(2025, 1, 1), step_minutes=60)
    assert common.exact_usd == pytest.approx(365 + 366)


def test_a_year_from_leap_day_is_a_year() -> None:
    plan = tariff(fixed(12.0, Per.MONTH), zone="UTC")
    start = date(2024, 2, 29)
    found = kwhen.bill(plan, np.zeros(366 * 24), start=start, step_minutes=60)
    assert found.cycles[-1][1] == date(2025, 3, 1)
    assert found.exact_usd == pytest.approx(12.0 / 29 + 12 * 12.0)


@pytest.mark.parametrize(
    ("days", "cycles"),
    [(24, 2), (25, 1), (30, 1), (35, 1), (36, 2)],
)
def test_windows_of_25_to_35_days_are_one_cycle(days: int, cycles: int) -> None:
    start = date(2025, 6, 12)
    plan = tariff(fixed(30.0, Per.MONTH))
    found = kwhen.bill(plan, np.zeros(days * 24), start=start, step_minutes=60)
    assert len(found.cycles) == cycles
    june = min(days, 19)
    expected = 30.0 if cycles == 1 else june * 30 / 30 + (days - june) * 30 / 31
    assert found.exact_usd == pytest.approx(expected)


@pytest.mark.parametrize(("per", "days"), [(Per.DAY, 1), (Per.MONTH, 31), (Per.YEAR, 365)])
def test_amounts_accrue_by_day(per: Per, days: int) -> None:
    """Ten days of a 31-day month in a common year."""
    plan = tariff(fixed(62.05, per))
    found = kwhen.bill(plan, np.zeros(240), start=date(2025, 5, 3), step_minutes=60)
    assert found.exact_usd == pytest.approx(62.05 * 10 / days)
    (line,) = found.lines
    assert (line.unit, line.quantity) == (per.value, pytest.approx(10 / days))


@pytest.mark.parametrize("per", [CeilingPer.CYCLE, CeilingPer.DAY])
def test_ceilings_of_a_partial_month_have_its_share(per: CeilingPer) -> None:
    """10 of 31 days: a ceiling of 310 a month or 10 a day is 100 kWh."""
    ceiling = 310.0 if per is CeilingPer.CYCLE else 10.0
    plan = tariff(energy(0.1, 0.3, ceilings=(ceiling,), per=per))
    found = kwhen.bill(plan, np.full(240, 0.5), start=date(2025, 5, 3), step_minutes=60)
    assert [line.quantity for line in found.lines] == pytest.approx([100.0, 20.0])


def test_a_season_that_starts_mid_month_has_its_own_share_of_the_ladder() -> None:
    """June 2025, summer from the 16th: 15 days at winter's ladder, 15 at summer's."""
    schedule = two_periods((6, 16), (10, 1))
    plan = tariff(time_of_use((1.0, 1.0, 2.0, 2.0), schedule=schedule, ceilings=(300,)))
    imported = np.full(30 * 24, 1.0)  # 360 kWh in each half, of which 150 in the first tier
    found = kwhen.bill(plan, imported, start=date(2025, 6, 1), step_minutes=60)
    by_tier = {
        (season, tier): sum(
            line.quantity
            for line in found.lines
            if line.period.startswith(season) and line.tier == tier
        )
        for season in ("winter", "summer")
        for tier in (1, 2)
    }
    assert by_tier == pytest.approx(
        {("winter", 1): 150, ("winter", 2): 210, ("summer", 1): 150, ("summer", 2): 210}
    )
    assert {line.start for line in found.lines} == {date(2025, 6, 1), date(2025, 6, 16)}


def test_a_rate_change_inside_a_cycle_is_the_sum_of_its_parts() -> None:
    """30 days, the price changes after 10: each part on its share of the tiers and the month."""
    change = date(2025, 6, 14)
    old = tariff(energy(0.1, 0.2, ceilings=(300,)), fixed(30.0, Per.MONTH), until=change)
    new = tariff(energy(0.4, 0.8, ceilings=(600,)), fixed(60.0, Per.MONTH), effective=change)
    found = bill((old, new), np.full(720, 1.0), start=date(2025, 6, 4), step_minutes=60)
    first = 100 * 0.1 + 140 * 0.2 + 30.0 * 10 / 30
    second = 400 * 0.4 + 80 * 0.8 + 60.0 * 20 / 30
    assert found.exact_usd == pytest.approx(first + second)
    assert len(found.cycles) == 1 and len(found.by_month) == 1
    assert found.versions == (old.effective, change)


US_FEDERAL = (
    Holiday(name="New Year's Day", month=1, day=1),
    Holiday(name="Martin Luther King Jr. Day", month=1, weekday=0, nth_number=3),
    Holiday(name="Washington's Birthday", month=2, weekday=0, nth_number=3),
    Holiday(name="Memorial Day", month=5, weekday=0, nth_number=-1),
    Holiday(name="Juneteenth National Independence Day", month=6, day=19),
    Holiday(name="Independence Day", month=7, day=4),
    Holiday(name="Labor Day", month=9, weekday=0, nth_number=1),
    Holiday(name="Columbus Day", month=10, weekday=0, nth_number=2),
    Holiday(name="Veterans Day", month=11, day=11),
    Holiday(name="Thanksgiving Day", month=11, weekday=3, nth_number=4),
    Holiday(name="Christmas Day", month=12, day=25),
)


@pytest.mark.parametrize("year", range(2021, 2036))
def test_holidays_and_their_observance_are_the_published_ones(year: int) -> None:
    calendar = HolidayCalendar(holidays=US_FEDERAL, saturday=Weekend.FRIDAY, sunday=Weekend.MONDAY)
    plain = HolidayCalendar(holidays=US_FEDERAL)
    years = range(year - 1, year + 2)
    assert calendar.dates(year, year) == {
        day for day in published.US(years=years, observed=True) if day.year == year
    }
    assert plain.dates(year, year) == set(published.US(years=year, observed=False))


def test_a_holiday_is_billed_as_the_weekend() -> None:
    friday = date(2025, 7, 4)
    calendar = HolidayCalendar(holidays=US_FEDERAL)
    for with_holidays, period in ((None, "summer peak"), (calendar, "summer off-peak")):
        imported = np.zeros(24)
        imported[17] = 1.0
        plan = tariff(time_of_use(), holidays=with_holidays)
        (line,) = kwhen.bill(plan, imported, start=friday, step_minutes=60).lines
        assert line.period == period


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=str)
def test_an_event_over_a_clock_change_covers_the_hours_that_passed(day: date) -> None:
    plan = tariff(EventCharge(name="Peak", klass=ChargeClass.SUPPLY, usd_per_kwh=1.0))
    zone = ZoneInfo(ZONE)
    event = kwhen.Event(
        datetime(day.year, day.month, day.day, 0, tzinfo=zone),
        datetime(day.year, day.month, day.day, 4, tzinfo=zone),
    )
    count = steps_in(day, 1, 15)
    found = kwhen.bill(plan, np.ones(count), start=day, events=(event,))
    assert found.total_usd == 16 + (count - 96)
    utc = kwhen.Event(*(at.astimezone(UTC) for at in event))
    assert kwhen.bill(plan, np.ones(count), start=day, events=(utc,)).total_usd == found.total_usd


def test_a_naive_event_is_refused() -> None:
    plan = tariff(EventCharge(name="Peak", klass=ChargeClass.SUPPLY, usd_per_kwh=1.0))
    event = kwhen.Event(datetime(2025, 7, 1, 16), datetime(2025, 7, 1, 21))
    with pytest.raises(UsageError, match="no time zone"):
        kwhen.bill(plan, np.ones(96), start=date(2025, 7, 1), events=(event,))


def test_an_event_that_ends_before_it_starts_is_refused() -> None:
    plan = tariff(EventCharge(name="Peak", klass=ChargeClass.SUPPLY, usd_per_kwh=1.0))
    at = datetime(2025, 7, 1, 16, tzinfo=UTC)
    with pytest.raises(UsageError, match="after its start"):
        kwhen.bill(plan, np.ones(96), start=date(2025, 7, 1), events=(kwhen.Event(at, at),))


@settings(max_examples=25)
@given(st.sampled_from([SPRING, AUTUMN, date(2025, 7, 1)]), st.integers(0, 1000))
def test_wall_arrays_bill_like_real_ones(day: date, seed: int) -> None:
    """The repeated hour's two values summed, the skipped hour zero: the same energy bill."""
    plan = tariff(time_of_use(), demand(2.0, 15))
    real = home(seed, steps_in(day, 1, 15), 0.4)
    wall = as_wall(real)
    assert len(wall) == 96
    first = kwhen.bill(plan, real, start=day)
    second = kwhen.bill(plan, wall, start=day, calendar="wall")
    energy_usd = [
        sum(line.exact_usd for line in found.lines if line.unit == "kWh")
        for found in (first, second)
    ]
    assert energy_usd[1] == pytest.approx(energy_usd[0], abs=SAME_USD)


def as_wall(real: np.ndarray) -> np.ndarray:
    """A day's values by wall clock."""
    if len(real) == 100:
        return np.concatenate([real[:4], real[4:8] + real[8:12], real[12:]])
    return np.insert(real, 8, np.zeros(4)) if len(real) == 92 else real


def test_the_repeated_hour_counts_half_for_demand() -> None:
    plan = tariff(demand(1.0, 15))
    wall = np.full(96, 0.25)  # 1 kW
    wall[4:8] = 0.5  # 01:00 happens twice at 1 kW
    found = kwhen.bill(plan, wall, start=AUTUMN, calendar="wall")
    assert [line.quantity for line in found.lines] == [1.0]
    wall[20] = 0.6
    assert kwhen.bill(plan, wall, start=AUTUMN, calendar="wall").lines[0].quantity == 2.4


def test_wall_days_have_96_values_through_a_year() -> None:
    plan = tariff(energy(1.0))
    found = kwhen.bill(plan, np.ones(365 * 96), start=date(2025, 1, 1), calendar="wall")
    assert found.total_usd == 365 * 96
    with pytest.raises(UsageError, match="multiple of 96"):
        kwhen.bill(plan, np.ones(92), start=SPRING, calendar="wall")
