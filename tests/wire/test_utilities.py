"""The shapes of utilities: what may be sent, and when the periods of a plan are said to apply."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from kwhen.catalog.plans import plan_keys, rate_plan
from kwhen.engine.calendar import (
    QUARTERS_PER_DAY,
    Holiday,
    HolidayCalendar,
    Schedule,
    SchedulePart,
    Weekend,
    flat_schedule,
)
from kwhen.engine.tariff import DemandCharge, DemandPeriod, DemandTier, EnergyCharge
from kwhen.wire.plan_structure import DemandChargeAnswer
from kwhen.wire.plan_times import TimesAnswer, holidays_of, seasons_of, times_of
from kwhen.wire.utilities import UtilityAnswer, UtilityQuery

KINDS = ("weekday", "weekend", "holiday")
DAY = (0,) * QUARTERS_PER_DAY
EVENING = tuple(1 if 64 <= quarter < 84 else 0 for quarter in range(QUARTERS_PER_DAY))


@pytest.mark.parametrize(
    "sent",
    [
        {"zipcode": "94107", "detailLevel": "minimal"},
        {"zipcode": "2139"},
        {"zipcode": "941"},
        {"zipcode": "94107-1234", "unknown": {"of": "no matter"}},
        {"lat": "37.7621", "long": "-122.3971", "radius": 5},
        {"lat": "-90", "long": "180.0", "radius": "2.5"},
        {"utilityId": "14328", "zipcode": None, "pageSize": None, "detailLevel": None},
        {"utilityId": "14328", "effectiveOnDate": 1772352000.5, "pageSize": 1000},
        {"utility_id": "14328"},
    ],
)
def test_what_may_be_sent(sent: dict[str, Any]) -> None:
    UtilityQuery.model_validate(sent)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("zipcode", "9410a"),
        ("zipcode", "123456"),
        ("zipcode", "94107\n"),
        ("zipcode", 94107),
        ("lat", "90.1"),
        ("lat", 37.7),
        ("long", "180.5"),
        ("long", "1e2"),
        ("radius", 0),
        ("radius", 101),
        ("radius", "far"),
        ("radius", "nan"),
        ("radius", True),
        ("utilityId", "PG&E"),
        ("utilityId", 14328),
        ("effectiveOnDate", -1),
        ("effectiveOnDate", 1_772_352_000_000),
        ("isSolarPrioritizedOrder", "yes"),
        ("detailLevel", "most"),
        ("pageSize", 0),
        ("pageSize", 1001),
        ("pageNumber", 0),
        ("pageNumber", 1.5),
    ],
)
def test_what_may_not_be_sent(field: str, wrong: object) -> None:
    with pytest.raises(ValidationError) as refused:
        UtilityQuery.model_validate({"utilityId": "14328", field: wrong})
    assert [error["loc"] for error in refused.value.errors()] == [(field,)]


def test_every_field_is_described_with_an_example() -> None:
    for model in (UtilityQuery, UtilityAnswer):
        schema = model.model_json_schema()
        assert schema["description"]
    for name, field in UtilityQuery.model_fields.items():
        assert field.description and field.examples, name


def told(times: tuple[TimesAnswer, ...]) -> np.ndarray:
    """Which quarter hours of which months and kinds of day the answer says. (12, 3, 96)"""
    found = np.zeros((12, 3, QUARTERS_PER_DAY), dtype=bool)
    for one in times:
        for span in one.hours:
            start, end = (
                int(text[:2]) * 4 + int(text[3:]) // 15 for text in (span.start, span.end)
            )
            for kind in one.day_kinds:
                for month in one.months:
                    assert not found[month - 1, KINDS.index(kind), start:end].any()
                    found[month - 1, KINDS.index(kind), start:end] = True
    return found


def scheduled(schedule: Schedule, index: int) -> np.ndarray:
    """The same by the schedule itself, on the first of each month."""
    found = np.zeros((12, 3, QUARTERS_PER_DAY), dtype=bool)
    for month in range(1, 13):
        part = schedule.parts[schedule.part_of(month, 1)]
        days = (part.weekday, part.weekend, part.holiday or part.weekend)
        found[month - 1] = np.array(days) == index
    return found


@pytest.mark.parametrize("key", plan_keys())
def test_times_are_those_of_the_schedule(key: str) -> None:
    for charge in rate_plan(key).versions[-1].charges:
        if isinstance(charge, EnergyCharge):
            for index in range(len(charge.periods)):
                times = times_of(charge.schedule, index, has_holidays=True)
                assert (told(times) == scheduled(charge.schedule, index)).all()


def test_days_of_equal_hours_are_told_together() -> None:
    part = SchedulePart(starts=(1, 1), season="all year", weekday=EVENING, weekend=DAY)
    (peak,) = times_of(Schedule(parts=(part,)), 1, has_holidays=True)
    assert peak.day_kinds == ("weekday",) and peak.months == tuple(range(1, 13))
    assert [(span.start, span.end) for span in peak.hours] == [("16:00", "21:00")]
    base = times_of(Schedule(parts=(part,)), 0, has_holidays=True)
    assert [one.day_kinds for one in base] == [("weekday",), ("weekend", "holiday")]
    assert [(s.start, s.end) for s in base[0].hours] == [("00:00", "16:00"), ("21:00", "24:00")]


def test_kinds_of_day_have_no_holiday_without_a_calendar() -> None:
    (every,) = times_of(flat_schedule(), 0, has_holidays=False)
    assert every.day_kinds == ("weekday", "weekend")


@pytest.mark.parametrize(
    ("starts", "months"),
    [
        (((6, 1), (10, 1)), ((6, 7, 8, 9), (1, 2, 3, 4, 5, 10, 11, 12))),
        (((5, 15), (10, 16)), ((5, 6, 7, 8, 9, 10), (1, 2, 3, 4, 5, 10, 11, 12))),
        (((6, 10), (6, 20)), ((6,), tuple(range(1, 13)))),
        (((3, 1), (12, 1)), ((3, 4, 5, 6, 7, 8, 9, 10, 11), (1, 2, 12))),
    ],
)
def test_a_season_counts_the_months_it_reaches_into(
    starts: tuple[tuple[int, int], ...], months: tuple[tuple[int, ...], ...]
) -> None:
    parts = [
        SchedulePart(starts=start, season=name, weekday=day, weekend=day)
        for start, name, day in zip(starts, ("a", "b"), (DAY, (1,) * 96), strict=True)
    ]
    schedule = Schedule(parts=tuple(parts))
    found = [times_of(schedule, index, has_holidays=False)[0].months for index in (0, 1)]
    assert tuple(found) == months
    seasons = {season.name: season.starts for season in seasons_of([schedule])}
    assert seasons == {
        name: ("{:02d}-{:02d}".format(*start),)
        for start, name in zip(starts, ("a", "b"), strict=True)
    }


def test_a_schedule_that_starts_within_a_month_has_the_whole_year() -> None:
    part = SchedulePart(starts=(6, 15), season="all year", weekday=DAY, weekend=DAY)
    (every,) = times_of(Schedule(parts=(part,)), 0, has_holidays=False)
    assert every.months == tuple(range(1, 13))
    assert seasons_of([Schedule(parts=(part,))]) == ()


def test_holidays_are_told_as_they_are_observed() -> None:
    tariff = rate_plan("14328/E-ELEC").versions[-1]
    fields = {name: getattr(tariff, name) for name in type(tariff).__dataclass_fields__}
    fourth = Holiday(name="Independence Day", month=7, day=4)
    calendar = HolidayCalendar(holidays=(fourth,), saturday=Weekend.FRIDAY)
    (told,) = holidays_of(type(tariff)(**{**fields, "holidays": calendar}), 2026)
    assert told.dates == (date(2026, 7, 3), date(2026, 7, 4))
    assert holidays_of(type(tariff)(**{**fields, "holidays": None}), 2026) == ()


def test_a_demand_charge() -> None:
    ladder = (DemandTier(usd_per_kw=4.5, ceiling_kw=10.0), DemandTier(usd_per_kw=6.0))
    charge = DemandCharge(
        name="Demand",
        schedule=flat_schedule(),
        periods=(DemandPeriod(name="all", ladder=ladder),),
        window_minutes=30,
    )
    answer = DemandChargeAnswer.of(charge, has_holidays=False)
    document = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert document["windowMinutes"] == 30 and document["hasRatchet"] is False
    assert document["periods"][0]["tiers"] == [
        {"usdPerKw": 4.5, "ceilingKw": 10.0},
        {"usdPerKw": 6.0},
    ]
