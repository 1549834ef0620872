"""Equal steps of time with the local calendar of each: all daylight-saving rules live here.

A grid is stepped in UTC (`civil`), in wall-clock quarter hours of whole local dates (`wall`), or
in the calendar of NREL's SAM (`sam`): every year starts on a Monday and has 365 days.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.kept import kept, kept_with
from kwhen.errors import UsageError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DAY_S = 86_400
QUARTER_S = 900
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
STEPS_ALLOWED_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60)
COMMON_YEAR = 2007  # starts on a Monday and has 365 days, as every year of SAM's calendar
GRIDS_KEPT_MIB = 8  # a year at 15 minutes is about 1 MB


class Calendar(Enum):
    """How the values of an array follow each other in time."""

    CIVIL = "civil"  # real elapsed steps
    WALL = "wall"  # the same number of wall-clock values every local date
    SAM = "sam"  # NREL's: Monday start, no clock change, no leap day


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Grid:
    """N equal steps over D local dates, half-open."""

    calendar: Calendar
    zone: str
    step_minutes: int
    local_s: Ints  # (N,) wall-clock seconds since 1970-01-01 00:00 local
    epoch_s: Ints  # (N,) UTC seconds; wall: within the hour of a clock change only nearly
    day_index: Ints  # (N,) which of the D dates
    quarter: Ints  # (N,) quarter hour of the day, 0 to 95
    ordinal: Ints  # (D,) proleptic ordinal of each date
    year: Ints  # (D,)
    month: Ints  # (D,) 1 to 12
    day: Ints  # (D,) 1 to 31
    weekday: Ints  # (D,) Monday is 0
    is_doubled: Bools | None = None  # (N,) wall: the value holds two real hours

    @property
    def count(self) -> int:
        """Number of steps N."""
        return len(self.local_s)

    @property
    def days_count(self) -> int:
        """Number of local dates D."""
        return len(self.ordinal)

    @property
    def step_hours(self) -> float:
        """Length of a step. [h]"""
        return self.step_minutes / 60

    def date_of(self, day_index: int) -> date:
        """The local date of a day index."""
        return date.fromordinal(int(self.ordinal[day_index]))

    def day_steps(self) -> Ints:
        """First step of each date, and N at the end. (D + 1,)"""
        return np.searchsorted(self.day_index, np.arange(self.days_count + 1)).astype(np.int64)

    def during(self, start: datetime, end: datetime) -> Bools:
        """Which steps start in [start, end). (N,) Raises UsageError for naive or turned ends."""
        first, last = instant(start, self.zone), instant(end, self.zone)
        if last <= first:
            raise UsageError(f"the event ends at {end}, which is not after its start {start}")
        if self.calendar is Calendar.CIVIL:
            inside = (self.epoch_s >= first.timestamp()) & (self.epoch_s < last.timestamp())
        else:
            low_s, high_s = _wall_s(first, self.zone), _wall_s(last, self.zone)
            inside = (self.local_s >= low_s) & (self.local_s < high_s)
        return np.asarray(inside)


@kept_with
def day_starts(grid: Grid) -> Ints:
    """First step of each date of a grid. (D,)"""
    return grid.day_steps()[:-1]


def _wall_s(at: datetime, zone: str) -> float:
    return at.astimezone(zone_of(zone)).replace(tzinfo=UTC).timestamp()


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of a name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise UsageError(
            f"{name!r} is no IANA time zone; give one such as 'America/Los_Angeles'"
        ) from error


def check_step(step_minutes: int) -> None:
    """Raise for a step that does not divide the hour."""
    if step_minutes not in STEPS_ALLOWED_MINUTES:
        raise UsageError(
            f"step_minutes is {step_minutes}; it must divide an hour: {STEPS_ALLOWED_MINUTES}"
        )


def instant(at: date | datetime, zone: str) -> datetime:
    """A moment from a local date (its midnight) or an aware datetime, in UTC."""
    if not isinstance(at, datetime):
        return datetime.combine(at, time(), zone_of(zone)).astimezone(UTC)
    if at.tzinfo is None:
        raise UsageError(f"{at.isoformat()} has no time zone; give a date or an aware datetime")
    return at.astimezone(UTC)


@kept(GRIDS_KEPT_MIB)
def covering(start: date | datetime, end: date | datetime, step_minutes: int, zone: str) -> Grid:
    """Real elapsed steps counted from `start`; a last partial step is a step.

    Raises UsageError for naive datetimes, a bad step, or an end that is not after the start.
    """
    check_step(step_minutes)
    first, last = instant(start, zone), instant(end, zone)
    if last <= first:
        raise UsageError(f"the window ends at {end}, which is not after its start {start}")
    step_s = step_minutes * 60
    count = -(-int((last - first) / timedelta(microseconds=1)) // (step_s * 1_000_000))
    return _civil(int(first.timestamp()), count, step_minutes, zone)


@kept(GRIDS_KEPT_MIB)
def whole_days(start: date, count: int, step_minutes: int, zone: str, calendar: Calendar) -> Grid:
    """The grid of `count` values from local midnight of `start`, which must fill whole days."""
    check_step(step_minutes)
    match calendar:
        case Calendar.CIVIL:
            grid = _civil(int(instant(start, zone).timestamp()), count, step_minutes, zone)
            _check_ends_at_midnight(grid, start)
            return grid
        case Calendar.WALL:
            return _wall(start, _days_in(count, step_minutes), step_minutes, zone)
        case Calendar.SAM:
            return _sam(start, _days_in(count, step_minutes), step_minutes, zone)


def _days_in(count: int, step_minutes: int) -> int:
    a_day = 24 * 60 // step_minutes
    if count % a_day or not count:
        raise UsageError(
            f"{count} values of {step_minutes} minutes are not whole days; "
            f"give a multiple of {a_day}"
        )
    return count // a_day


def _check_ends_at_midnight(grid: Grid, start: date) -> None:
    tail = int(grid.epoch_s[-1]) + grid.step_minutes * 60
    end = datetime.fromtimestamp(tail, zone_of(grid.zone))
    if end.time() == time():
        return
    full = [
        (instant(date.fromordinal(end.toordinal() + more), grid.zone) - instant(start, grid.zone))
        for more in (0, 1)
    ]
    fits = [int(span.total_seconds()) // (grid.step_minutes * 60) for span in full]
    raise UsageError(
        f"{grid.count} values of {grid.step_minutes} minutes from {start} end at "
        f"{end:%Y-%m-%d %H:%M} {grid.zone}; bills take whole local days: give {fits[0]} values "
        f"up to that day's start or {fits[1]} to its end"
    )


def _civil(start_s: int, count: int, step_minutes: int, zone: str) -> Grid:
    if count < 1:
        raise UsageError("the array is empty; give at least one value")
    epoch_s = start_s + np.arange(count, dtype=np.int64) * (step_minutes * 60)  # (N,)
    local_s = epoch_s + offsets_s(epoch_s, zone)  # (N,)
    return _with_dates(Calendar.CIVIL, zone, step_minutes, local_s, epoch_s)


def offsets_s(epoch_s: Ints, zone: str) -> Ints:
    """Offset from UTC of each of N equal steps. (N,) [s]

    One look-up a day, and one an hour where it changes.
    """
    step_s = int(epoch_s[1] - epoch_s[0]) if len(epoch_s) > 1 else DAY_S
    hour_s = 3600
    hours = np.arange(epoch_s[0] // hour_s, epoch_s[-1] // hour_s + 2)
    marks = hours[::24] if step_s <= hour_s else hours
    daily = np.array([_offset_s(int(h) * hour_s, zone) for h in marks] or [0])
    offsets = np.repeat(daily, 24)[: len(hours)] if step_s <= hour_s else daily
    for index in np.flatnonzero(np.diff(daily)):
        span = slice(index * 24, min((index + 1) * 24, len(hours)))
        offsets[span] = [_offset_s(int(h) * hour_s, zone) for h in hours[span]]
    if step_s <= hour_s:  # the last stretch has no later mark to reveal a change in it
        tail = slice((len(daily) - 1) * 24, len(hours))
        offsets[tail] = [_offset_s(int(h) * hour_s, zone) for h in hours[tail]]
    return np.asarray(offsets[epoch_s // hour_s - hours[0]], dtype=np.int64)


def _offset_s(epoch_s: int, zone: str) -> int:
    offset = datetime.fromtimestamp(epoch_s, zone_of(zone)).utcoffset()
    return int(offset.total_seconds()) if offset else 0


def month_hour(epoch_s: Ints, zone: str, *, standard: bool = False) -> tuple[Ints, Ints]:
    """Month (1 to 12) and hour (0 to 23) on a zone's clock of UTC seconds in any order. (N,), (N,)

    `standard` reads the clock that never changes to summer time: 15:00 in a July of
    Los Angeles is hour 14. Tables by month and hour say which of the two they are in.
    """
    if not len(epoch_s):
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    ends = (datetime.fromtimestamp(int(at()), UTC).year for at in (epoch_s.min, epoch_s.max))
    from_s, wall_s, standard_s = _offset_runs(zone, *ends)
    run = np.searchsorted(from_s, epoch_s, side="right") - 1  # (N,)
    local_s = epoch_s + (standard_s if standard else wall_s)[run]  # (N,)
    months = (local_s // DAY_S).astype("datetime64[D]").astype("datetime64[M]")
    return months.astype(np.int64) % 12 + 1, local_s % DAY_S // 3600


@lru_cache(maxsize=256)
def _offset_runs(zone: str, first_year: int, last_year: int) -> tuple[Ints, Ints, Ints]:
    """From when each offset of a zone holds, the offset, and that of standard time. [s]"""
    ends_s = [int(datetime(y, 1, 1, tzinfo=UTC).timestamp()) for y in (first_year, last_year + 1)]
    hours_s = np.arange(ends_s[0], ends_s[1], 3600, dtype=np.int64)
    offset_s = offsets_s(hours_s, zone)
    first = np.flatnonzero(np.diff(offset_s, prepend=offset_s[0] - 1))
    local = [datetime.fromtimestamp(int(at), zone_of(zone)) for at in hours_s[first]]
    summer_s = [int((at.dst() or timedelta()).total_seconds()) for at in local]
    return hours_s[first], offset_s[first], offset_s[first] - np.array(summer_s, dtype=np.int64)


def _wall(start: date, days: int, step_minutes: int, zone: str) -> Grid:
    first_s = (start.toordinal() - EPOCH_ORDINAL) * DAY_S
    count = days * 24 * 60 // step_minutes
    local_s = first_s + np.arange(count, dtype=np.int64) * (step_minutes * 60)
    near_s = local_s + int(instant(start, zone).timestamp()) - first_s  # at most an hour off
    epoch_s = local_s - offsets_s(near_s, zone)
    return _with_dates(Calendar.WALL, zone, step_minutes, local_s, epoch_s, _doubled(local_s, zone))


def _doubled(local_s: Ints, zone: str) -> Bools | None:
    """Wall-clock steps whose hour happens twice: their value holds the sum of both."""
    days = np.arange(local_s[0] // DAY_S, local_s[-1] // DAY_S + 2)
    noon = [
        datetime.combine(date.fromordinal(int(d) + EPOCH_ORDINAL), time(), zone_of(zone))
        for d in days
    ]
    offsets = [at.utcoffset() or timedelta() for at in noon]
    mask = np.zeros(len(local_s), dtype=bool)
    for index, (before, after) in enumerate(pairwise(offsets)):
        if after < before:
            mask |= _repeated(local_s, int(days[index]), zone)
    return mask if mask.any() else None


def _repeated(local_s: Ints, day: int, zone: str) -> Bools:
    inside = np.flatnonzero(local_s // DAY_S == day)
    mask = np.zeros(len(local_s), dtype=bool)
    for step in inside:
        naive = datetime.fromtimestamp(int(local_s[step]), UTC).replace(tzinfo=zone_of(zone))
        mask[step] = naive.utcoffset() != naive.replace(fold=1).utcoffset()
    return mask


def _sam(start: date, days: int, step_minutes: int, zone: str) -> Grid:
    if (start.month, start.day) != (1, 1):
        raise UsageError(f"the calendar 'sam' counts from 1 January; start is {start}")
    per_day = 24 * 60 // step_minutes
    day_number = np.arange(days, dtype=np.int64)
    common = date(COMMON_YEAR, 1, 1).toordinal() + day_number % 365
    _, month, day = _split_dates(common)
    step = np.arange(days * per_day, dtype=np.int64)
    local_s = step * (step_minutes * 60) + (start.toordinal() - EPOCH_ORDINAL) * DAY_S
    return Grid(
        calendar=Calendar.SAM,
        zone=zone,
        step_minutes=step_minutes,
        local_s=local_s,
        epoch_s=local_s,
        day_index=step // per_day,
        quarter=(step % per_day) * step_minutes // 15,
        ordinal=start.toordinal() + day_number,
        year=start.year + day_number // 365,
        month=month,
        day=day,
        weekday=(day_number % 365) % 7,
    )


def _split_dates(ordinal: Ints) -> tuple[Ints, Ints, Ints]:
    days = (ordinal - EPOCH_ORDINAL).astype("datetime64[D]")
    months = days.astype("datetime64[M]")
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = months.astype(np.int64) % 12 + 1
    day = (days - months).astype(np.int64) + 1
    return year, month, day


def _with_dates(
    calendar: Calendar,
    zone: str,
    step_minutes: int,
    local_s: Ints,
    epoch_s: Ints,
    is_doubled: Bools | None = None,
) -> Grid:
    days = local_s // DAY_S
    ordinal = np.arange(days[0], days[-1] + 1) + EPOCH_ORDINAL
    year, month, day = _split_dates(ordinal)
    return Grid(
        calendar=calendar,
        zone=zone,
        step_minutes=step_minutes,
        local_s=local_s,
        epoch_s=epoch_s,
        day_index=days - days[0],
        quarter=local_s % DAY_S // QUARTER_S,
        ordinal=ordinal,
        year=year,
        month=month,
        day=day,
        weekday=(ordinal + 6) % 7,
        is_doubled=is_doubled,
    )
