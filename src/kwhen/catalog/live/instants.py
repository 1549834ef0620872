"""Instants from what publishers write: local clock times, hour-ending labels, ISO 8601."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kwhen.errors import SourceError

_FIRST_YEAR, _LAST_YEAR = 1990, 2200
_DAYS = timedelta(days=1)


def local_epoch_s(local: datetime, zone: ZoneInfo, source: str) -> int:
    """Seconds since 1970 of a naive local time; its `fold` 1 is the repeated hour's second pass.

    Raises
    ------
    SourceError
        The clock skips that time, or does not repeat it although `fold` says so.
    """
    if not _FIRST_YEAR <= local.year <= _LAST_YEAR:
        raise SourceError(f"{source}: {local} is no date of this trade")
    aware = local.replace(tzinfo=zone)
    utc = aware.astimezone(UTC)
    if utc.astimezone(zone).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise SourceError(f"{source}: {local} does not exist in {zone.key}: the clock skips it")
    if local.fold and not is_repeated(local, zone):
        raise SourceError(f"{source}: {local} comes twice, and {zone.key} has it once")
    return int(utc.timestamp())


def is_repeated(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock shows a time twice, as in the hour that autumn repeats."""
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first < second


def midnight_s(day: date, zone: ZoneInfo) -> int:
    """Seconds since 1970 at the beginning of a local day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def read_iso_s(text: object, source: str) -> int:
    """Seconds since 1970 of an ISO 8601 time with its offset.

    Raises
    ------
    SourceError
        It is not that, or has no offset.
    """
    try:
        at = datetime.fromisoformat(str(text).strip())
    except ValueError:
        raise SourceError(f"{source}: {str(text)[:40]!r} is no time in ISO 8601") from None
    if at.tzinfo is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise SourceError(f"{source}: {str(text)[:40]!r} has no offset, or an odd year")
    return int(at.timestamp())


def read_us_day(text: str, source: str) -> date:
    """A day as 11/03/2024.

    Raises
    ------
    SourceError
        It is not that.
    """
    try:
        month, day, year = text.strip().split("/")
        found = date(int(year), int(month), int(day))
    except (ValueError, OverflowError):
        raise SourceError(f"{source}: {text[:40]!r} is no day such as 11/03/2024") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise SourceError(f"{source}: {text[:40]!r} is no day of this trade")
    return found


def read_hour(text: str, most: int) -> int | None:
    """A number of an hour up to `most`, None where the text is none."""
    hour = int(text) if text.isascii() and text.isdecimal() and len(text) <= 2 else most + 1
    return hour if hour <= most else None


def utc_text(epoch_s: float, form: str) -> str:
    """An instant in UTC in a form of strftime."""
    return datetime.fromtimestamp(epoch_s, UTC).strftime(form)


def local_day(epoch_s: float, zone: ZoneInfo) -> date:
    """The local day of an instant."""
    return datetime.fromtimestamp(epoch_s, zone).date()


def spans(first: date, end: date, days: int) -> Iterator[tuple[date, date]]:
    """Days [first, end) in pieces of at most `days`."""
    while first < end:
        stop = min(end, first + days * _DAYS)
        yield first, stop
        first = stop
