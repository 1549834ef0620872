"""When a price applies: seasons, day kinds, quarter hours, holidays, in local wall-clock time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise

from kwhen.errors import TariffError

QUARTERS_PER_DAY = 96
MONTH_STARTS = tuple((month, 1) for month in range(1, 13))


class Weekend(Enum):
    """What happens to a holiday that falls on a weekend day."""

    STAYS = "stays"  # only the date itself counts
    MONDAY = "monday"  # the following Monday counts as well
    FRIDAY = "friday"  # the preceding Friday counts as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """A yearly holiday: a fixed date, or the nth weekday of a month (`nth` = -1: the last)."""

    name: str
    month: int
    day: int | None = None
    weekday: int | None = None  # Monday is 0
    nth_number: int = 0

    def __post_init__(self) -> None:
        if (self.day is None) == (self.weekday is None):
            raise TariffError(f"{self.name}: give either a day or a weekday with nth_number")

    def on(self, year: int) -> date:
        """The date of the holiday in a year, before any observance rule."""
        if self.weekday is None:
            assert self.day is not None
            return date(year, self.month, self.day)
        if self.nth_number > 0:
            first = date(year, self.month, 1)
            ahead = (self.weekday - first.weekday()) % 7
            return first + timedelta(days=ahead + 7 * (self.nth_number - 1))
        following = date(year + self.month // 12, self.month % 12 + 1, 1)
        last = following - timedelta(days=1)
        return last - timedelta(days=(last.weekday() - self.weekday) % 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayCalendar:
    """The holidays of one tariff with its own rule for those that fall on a weekend."""

    holidays: tuple[Holiday, ...]
    saturday: Weekend = Weekend.STAYS
    sunday: Weekend = Weekend.STAYS

    def dates(self, first_year: int, last_year: int) -> frozenset[date]:
        """Every observed date of the years, both included."""
        found = set()
        for year in range(first_year - 1, last_year + 2):
            for holiday in self.holidays:
                found |= self._observed(holiday.on(year))
        return frozenset(day for day in found if first_year <= day.year <= last_year)

    def _observed(self, day: date) -> set[date]:
        rule = {5: self.saturday, 6: self.sunday}.get(day.weekday(), Weekend.STAYS)
        match rule:
            case Weekend.STAYS:
                return {day}
            case Weekend.MONDAY:
                return {day, day + timedelta(days=7 - day.weekday())}
            case Weekend.FRIDAY:
                return {day, day - timedelta(days=day.weekday() - 4)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulePart:
    """The period of each quarter hour, from one date of the year until the next part starts."""

    starts: tuple[int, int]  # (month, day)
    season: str  # neighbours of one season share one ladder of tiers
    weekday: tuple[int, ...]  # (96,) period index
    weekend: tuple[int, ...]  # (96,)
    holiday: tuple[int, ...] | None = None  # (96,); None: as the weekend

    def __post_init__(self) -> None:
        for kind in (self.weekday, self.weekend, self.holiday or self.weekend):
            if len(kind) != QUARTERS_PER_DAY:
                raise TariffError(
                    f"season {self.season!r} has a day of {len(kind)} quarter hours; it takes 96"
                )

    @property
    def periods(self) -> frozenset[int]:
        """Every period index that some quarter hour of the part uses."""
        return frozenset(self.weekday + self.weekend + (self.holiday or ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A year of period indices: parts in the order of their first dates, going round the year."""

    parts: tuple[SchedulePart, ...]

    def __post_init__(self) -> None:
        starts = [part.starts for part in self.parts]
        if not starts or any(a >= b for a, b in pairwise(starts)):
            raise TariffError(f"the parts of a schedule must start at rising dates, got {starts}")

    def part_of(self, month: int, day: int) -> int:
        """Index of the part in force on a date; before the first start it is the last part."""
        index = -1
        for number, part in enumerate(self.parts):
            if part.starts <= (month, day):
                index = number
        return index % len(self.parts)


def flat_schedule(season: str = "all year") -> Schedule:
    """One period, index 0, all year."""
    day = (0,) * QUARTERS_PER_DAY
    return Schedule(parts=(SchedulePart(starts=(1, 1), season=season, weekday=day, weekend=day),))


def quarters(hours: Sequence[int]) -> tuple[int, ...]:
    """24 hourly period indices as 96 quarter-hourly ones."""
    return tuple(period for period in hours for _ in range(4))


def monthly_schedule(
    weekday: Sequence[Sequence[int]], weekend: Sequence[Sequence[int]]
) -> Schedule:
    """A schedule from 12 x 24 tables of periods; months that share a period share a season."""
    used = [set(weekday[month]) | set(weekend[month]) for month in range(12)]
    seasons = _connected(used)
    names: dict[int, str] = {}
    parts: list[SchedulePart] = []
    for month in range(12):
        name = names.setdefault(seasons[month], f"season {len(names) + 1}")
        part = SchedulePart(
            starts=MONTH_STARTS[month],
            season=name if len(set(seasons)) > 1 else "all year",
            weekday=quarters(weekday[month]),
            weekend=quarters(weekend[month]),
        )
        if parts and _same_day_tables(parts[-1], part):
            continue
        parts.append(part)
    return Schedule(parts=tuple(parts))


def _same_day_tables(a: SchedulePart, b: SchedulePart) -> bool:
    return (a.season, a.weekday, a.weekend) == (b.season, b.weekday, b.weekend)


def _connected(used: list[set[int]]) -> list[int]:
    """Group number of each month, where months that share a period belong together."""
    group = list(range(len(used)))
    for a in range(len(used)):
        for b in range(a):
            if used[a] & used[b] and group[a] != group[b]:
                old, new = max(group[a], group[b]), min(group[a], group[b])
                group = [new if number == old else number for number in group]
    return group
