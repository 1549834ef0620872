"""When the periods of a plan apply, as JSON: seasons, months, kinds of day, hours, holidays."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import Literal

from pydantic import Field

from kwhen.engine.calendar import QUARTERS_PER_DAY, Schedule, SchedulePart
from kwhen.engine.tariff import Tariff
from kwhen.wire.model import Answered

MINUTES_PER_QUARTER = 15

DayKind = Literal["weekday", "weekend", "holiday"]
Spans = tuple[tuple[int, int], ...]  # runs of quarter hours, half-open


class HoursAnswer(Answered):
    """A span of local wall-clock time, half-open."""

    start: str = Field(description="Local time.", examples=["16:00"])
    end: str = Field(description="Local time; 24:00 is midnight.", examples=["21:00"])

    @classmethod
    def of(cls, span: tuple[int, int]) -> "HoursAnswer":
        """A run of quarter hours."""
        return cls(start=_clock(span[0]), end=_clock(span[1]))


class TimesAnswer(Answered):
    """When a period applies: on these days of these months, in these hours."""

    season: str = Field(examples=["summer"])
    months: tuple[int, ...] = Field(
        description="1 is January; a season that starts within a month counts it.",
        examples=[[6, 7, 8, 9]],
    )
    day_kinds: tuple[DayKind, ...] = Field(
        description="`holiday` only where the plan has holidays of its own.",
        examples=[["weekday", "weekend"]],
    )
    hours: tuple[HoursAnswer, ...]


class SeasonAnswer(Answered):
    """A season and the days of the year on which it starts."""

    name: str = Field(examples=["summer"])
    starts: tuple[str, ...] = Field(description="Month and day.", examples=[["06-01"]])


class HolidayAnswer(Answered):
    """A holiday of the plan, as it is observed in a year."""

    name: str = Field(examples=["Independence Day"])
    dates: tuple[date, ...] = Field(description="Every date that counts for it that year.")


def times_of(schedule: Schedule, index: int, *, has_holidays: bool) -> tuple[TimesAnswer, ...]:
    """When the period `index` of a schedule applies; months of equal hours are taken together."""
    months: dict[tuple[str, tuple[DayKind, ...], Spans], list[int]] = {}
    for number, part in enumerate(schedule.parts):
        for spans, kinds in _spans_by_kind(part, index, has_holidays).items():
            held = months.setdefault((part.season, kinds, spans), [])
            held += [month for month in _months(schedule, number) if month not in held]
    return tuple(
        TimesAnswer(
            season=season,
            months=tuple(sorted(own)),
            day_kinds=kinds,
            hours=tuple(map(HoursAnswer.of, spans)),
        )
        for (season, kinds, spans), own in months.items()
    )


def seasons_of(schedules: Iterable[Schedule]) -> tuple[SeasonAnswer, ...]:
    """The seasons of some schedules with their first days; none where the year has one alone."""
    starts: dict[str, dict[str, None]] = {}
    for schedule in schedules:
        for before, part in zip(
            (schedule.parts[-1], *schedule.parts), schedule.parts, strict=False
        ):
            if before.season != part.season:
                day = "{:02d}-{:02d}".format(*part.starts)
                starts.setdefault(part.season, {})[day] = None
    return tuple(SeasonAnswer(name=name, starts=tuple(days)) for name, days in starts.items())


def holidays_of(tariff: Tariff, year: int) -> tuple[HolidayAnswer, ...]:
    """The holidays of a tariff in a year, with the days on which they are observed."""
    if tariff.holidays is None:
        return ()
    return tuple(
        HolidayAnswer(
            name=holiday.name,
            dates=tuple(sorted(replace(tariff.holidays, holidays=(holiday,)).dates(year, year))),
        )
        for holiday in tariff.holidays.holidays
    )


def _spans_by_kind(
    part: SchedulePart, index: int, has_holidays: bool
) -> dict[Spans, tuple[DayKind, ...]]:
    """The hours of a period in one part of the year, with the kinds of day that have them."""
    days: list[tuple[DayKind, tuple[int, ...]]] = [
        ("weekday", part.weekday),
        ("weekend", part.weekend),
    ]
    if has_holidays:
        days.append(("holiday", part.holiday or part.weekend))
    found: dict[Spans, tuple[DayKind, ...]] = {}
    for kind, quarters in days:
        if spans := _spans(quarters, index):
            found[spans] = (*found.get(spans, ()), kind)
    return found


def _spans(quarters: Sequence[int], index: int) -> Spans:
    """Runs of the quarter hours that a period has."""
    found = []
    for is_own, run in groupby(range(QUARTERS_PER_DAY), key=lambda q: quarters[q] == index):
        if is_own:
            held = list(run)
            found.append((held[0], held[-1] + 1))
    return tuple(found)


def _months(schedule: Schedule, number: int) -> list[int]:
    """The months that a part of a schedule reaches into."""
    starts = schedule.parts[number].starts
    ends = schedule.parts[(number + 1) % len(schedule.parts)].starts
    first = starts[0]
    last = ends[0] if ends[1] > 1 else (ends[0] - 2) % 12 + 1
    goes_round = ends[0] == first and ends <= starts  # back into the month of its start
    count = 12 if goes_round else (last - first) % 12 + 1
    return [(first - 1 + ahead) % 12 + 1 for ahead in range(count)]


def _clock(quarter: int) -> str:
    hour, minute = divmod(quarter * MINUTES_PER_QUARTER, 60)
    return f"{hour:02d}:{minute:02d}"
