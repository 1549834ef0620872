"""Dates of URDB items: epoch seconds or milliseconds, {"$date": …}, or text of several forms."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from kwhen.catalog.urdb.fields import Item, number
from kwhen.errors import TariffError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_SECONDS = 1e11  # beyond it (the year 5138) an epoch counts milliseconds
_ISO = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*(\d{1,2}):.*|[T ].*)?", re.ASCII)
_US = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{1,4})(?: +(\d{1,2}):.*| .*)?", re.ASCII)
_UNKNOWN = (date(1969, 12, 30), date(1970, 1, 1))  # epoch 0, through the clocks of several zones
_EVENING_HOUR = 17
_EPOCH_TEXT = re.compile(r"-?\d{5,16}(\.0*)?|0", re.ASCII)


def read_date(item: Item, key: str) -> date | None:
    """The UTC date of a field, None where it is absent or epoch 0.

    Midnight anywhere in the United States is the same date in UTC. Two-digit years are of
    this century up to 68.
    """
    value = item.get(key)
    while isinstance(value, Mapping) and len(value) == 1:
        name, value = next(iter(value.items()))
        if name not in ("$date", "$numberLong"):
            raise TariffError(f"{key}: an object of {str(name)[:20]!r} is no date")
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if isinstance(value, str) and not _EPOCH_TEXT.fullmatch(value.strip()):
        found = _of_text(value.strip(), key)
    else:
        found = _of_epoch(number(value, key), key)
    return None if _UNKNOWN[0] <= found <= _UNKNOWN[1] else found


def read_start(item: Item, key: str) -> date | None:
    """The same for a first date: text that says an evening means the next day.

    The text of the bulk CSV file is on a clock west of most utilities' midnights.
    """
    found, value = read_date(item, key), item.get(key)
    if found is None or not isinstance(value, str):
        return found
    match = _ISO.fullmatch(value.strip()) or _US.fullmatch(value.strip())
    is_evening = match is not None and int(match[4] or 0) >= _EVENING_HOUR
    return found + timedelta(days=1) if is_evening else found


def _of_epoch(epoch_s: float, key: str) -> date:
    if abs(epoch_s) > _MOST_SECONDS:
        epoch_s /= 1000
    try:
        found = (_EPOCH + timedelta(seconds=epoch_s)).date()
    except OverflowError:
        raise TariffError(f"{key}: {epoch_s:g} is no epoch of a date") from None
    return _dated(found.year, found.month, found.day, key)


def _of_text(value: str, key: str) -> date:
    if found := _ISO.fullmatch(value):
        return _dated(int(found[1]), int(found[2]), int(found[3]), key)
    if found := _US.fullmatch(value):
        return _dated(int(found[3]), int(found[1]), int(found[2]), key)
    raise TariffError(f"{key}: {value[:40]!r} is no date; give 2026-07-28, 7/28/2026 or an epoch")


def _dated(year: int, month: int, day: int, key: str) -> date:
    if year < 100:
        year += 2000 if year <= 68 else 1900
    try:
        return date(year, month, day)
    except ValueError:
        raise TariffError(f"{key}: {year}-{month}-{day} is not in the calendar") from None
