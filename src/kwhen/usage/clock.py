"""Clock changes of a zone, and wall-clock readings placed on real time."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Bools, Channel, Ints

_DAY_S = 86_400
_FAR_S = 4_102_444_800  # the year 2100


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One clock change: the instant in UTC seconds, and the offset before and after it."""

    at_s: int
    before_s: int
    after_s: int

    @property
    def low_s(self) -> int:
        """First wall-clock second that the change repeats or skips."""
        return self.at_s + min(self.before_s, self.after_s)

    @property
    def high_s(self) -> int:
        """First wall-clock second after the repeated or skipped stretch."""
        return self.at_s + max(self.before_s, self.after_s)


def find_zone(name: str) -> ZoneInfo:
    """The IANA zone of that name, or an error that says what a name looks like."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError, TypeError) as error:
        raise UsageError(
            f"no time zone {name!r}; give an IANA name such as America/Los_Angeles"
        ) from error


def offset_at_s(zone: ZoneInfo, at_s: int) -> int:
    """Seconds east of UTC that the zone's clock shows at one UTC second."""
    offset = datetime.fromtimestamp(at_s, tz=zone).utcoffset()
    return int((offset or timedelta()).total_seconds())


def standard_offset_s(zone: ZoneInfo, at_s: int) -> int:
    """Seconds east of UTC of the zone's winter time; the epoch's if `at_s` is out of bounds."""
    moment = datetime.fromtimestamp(at_s if 0 <= at_s < _FAR_S else 0, tz=zone)
    return int(
        ((moment.utcoffset() or timedelta()) - (moment.dst() or timedelta())).total_seconds()
    )


def clock_changes(zone: ZoneInfo, first_s: int, last_s: int) -> tuple[Change, ...]:
    """Every clock change from two days before `first_s` to two days after `last_s`."""
    changes = []
    days = range(first_s - 2 * _DAY_S, last_s + 3 * _DAY_S, _DAY_S)
    before_s = offset_at_s(zone, days[0])
    for day in days[1:]:
        after_s = offset_at_s(zone, day)
        if after_s != before_s:
            low, high = day - _DAY_S, day
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (
                    (middle, high) if offset_at_s(zone, middle) == before_s else (low, middle)
                )
            changes.append(Change(at_s=high, before_s=before_s, after_s=after_s))
            before_s = after_s
    return tuple(changes)


def offsets_s(zone: ZoneInfo, utc_s: Ints) -> Ints:
    """Seconds east of UTC at each of many UTC seconds, which must not be empty."""
    changes = clock_changes(zone, int(utc_s.min()), int(utc_s.max()))
    first = changes[0].before_s if changes else offset_at_s(zone, int(utc_s.min()))
    table = np.array([first, *(change.after_s for change in changes)], dtype=np.int64)
    at_s = np.array([change.at_s for change in changes], dtype=np.int64)
    offsets: Ints = table[np.searchsorted(at_s, utc_s, side="right")]
    return offsets


def midnight_s(zone: ZoneInfo, day: date) -> int:
    """UTC second at which a local day begins."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def local_time(zone: ZoneInfo, at_s: int) -> datetime:
    """An aware datetime of the zone, from a UTC second."""
    return datetime.fromtimestamp(at_s, tz=UTC).astimezone(zone)


def place_on_real_time(channel: Channel, zone: ZoneInfo) -> tuple[Channel, tuple[str, ...]]:
    """Wall-clock readings moved to UTC, and notes on what the clock changes asked for.

    The hour that autumn repeats is resolved by the order of the rows; when it stands in the
    file only once, its energy is split evenly over the two real hours. In the hour that
    spring skips, rows of zero energy are dropped.

    Raises
    ------
    UsageError
        A row in the hour that spring skips has energy.
    """
    if not channel.is_wall or not len(channel):
        return channel, ()
    channel = _in_order(channel)
    wall_s = channel.start_s
    changes = clock_changes(zone, int(wall_s.min()), int(wall_s.max()))
    first = changes[0].before_s if changes else offset_at_s(zone, int(wall_s[0]))
    table = np.array([first, *(change.after_s for change in changes)], dtype=np.int64)
    high_s = np.array([change.high_s for change in changes], dtype=np.int64)
    era = np.searchsorted(high_s, wall_s, side="right")  # (M,)
    utc_s = wall_s - table[era]  # (M,)
    keep = np.ones(len(channel), dtype=np.bool_)  # (M,)
    twin_s = np.zeros(len(channel), dtype=np.int64)  # (M,)
    notes: list[str] = []
    for number, change in enumerate(changes):
        inside = (era == number) & (wall_s >= change.low_s)  # (M,)
        if inside.any() and change.after_s > change.before_s:
            notes.append(_skip_spring(channel, inside, change))
            keep &= ~inside
        elif inside.any():
            is_second, is_single = _folds(wall_s, inside)
            utc_s[is_second] += change.before_s - change.after_s
            twin_s[is_single] = change.before_s - change.after_s
            notes += _single_note(is_single, change)
    placed = replace(channel, start_s=utc_s, is_wall=False)
    return _split_twins(placed, keep, twin_s), tuple(notes)


def _in_order(channel: Channel) -> Channel:
    """The channel, turned round if the file runs backwards: order resolves autumn's hour."""
    steps_s = np.diff(channel.start_s)
    if np.count_nonzero(steps_s < 0) > np.count_nonzero(steps_s > 0):
        return channel.take(np.arange(len(channel))[::-1])
    return channel


def _skip_spring(channel: Channel, inside: Bools, change: Change) -> str:
    """The note on dropped rows of the skipped hour, or the error if one of them has energy."""
    day = datetime.fromtimestamp(change.low_s, tz=UTC)
    loaded = inside & (np.nan_to_num(channel.energy_kwh) != 0)
    if loaded.any():
        row = int(np.argmax(loaded))
        wall = datetime.fromtimestamp(int(channel.start_s[row]), tz=UTC)
        raise UsageError(
            f"{channel.where(row)}: {wall:%Y-%m-%d %H:%M} does not exist, the clock skips it, "
            f"yet it holds {channel.energy_kwh[row]:g} kWh; allowed is no row or zero. "
            "Give starts with a UTC offset, or check the zone"
        )
    return f"rows of zero energy in the hour that the clock skips on {day:%Y-%m-%d} were dropped"


def _folds(wall_s: Ints, inside: Bools) -> tuple[Bools, Bools]:
    """Which rows of a repeated hour are its second pass, and which stand for both passes."""
    rows = np.flatnonzero(inside)
    times_s = wall_s[rows]
    is_second = np.zeros(len(wall_s), dtype=np.bool_)
    is_single = np.zeros(len(wall_s), dtype=np.bool_)
    falls = np.flatnonzero(np.diff(times_s) < 0)
    if len(falls) == 1:
        is_second[rows[falls[0] + 1 :]] = True
    elif len(np.unique(times_s)) == len(times_s):
        is_single[rows] = True
    else:
        seen: set[int] = set()
        for row, time_s in zip(rows.tolist(), times_s.tolist(), strict=True):
            is_second[row] = time_s in seen
            seen.add(time_s)
    return is_second, is_single


def _single_note(is_single: Bools, change: Change) -> list[str]:
    """A note for an autumn hour that the file gives once; none if it gives both."""
    if not is_single.any():
        return []
    day = datetime.fromtimestamp(change.low_s, tz=UTC)
    return [
        f"the hour repeated on {day:%Y-%m-%d} stands in the file once; "
        "its energy was split evenly over the two real hours"
    ]


def _split_twins(channel: Channel, keep: Bools, twin_s: Ints) -> Channel:
    """The channel with rows that stand for both passes halved, and repeated `twin_s` later."""
    twins = np.flatnonzero(twin_s)
    whole = channel.take(np.concatenate([np.flatnonzero(keep), twins]))
    start_s = whole.start_s.copy()  # (M,)
    start_s[len(start_s) - len(twins) :] += twin_s[twins]
    shares = np.concatenate([np.where(twin_s > 0, 0.5, 1.0)[keep], np.full(len(twins), 0.5)])
    return replace(whole, start_s=start_s, energy_kwh=whole.energy_kwh * shares)
