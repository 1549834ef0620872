"""Text to seconds, for the few ways in which utilities write a date and a time.

Days and clock times repeat thousands of times in a file, so each distinct text is parsed
once and remembered; a year of quarter hours costs 365 dates and 96 clock times.
"""

import re
from datetime import date
from functools import lru_cache
from typing import Final

DAY_S: Final = 86_400
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_ISO_DAY: Final = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_US_DAY: Final = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4}|[0-9]{2})")
_CLOCK: Final = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.0+)?)? ?([AaPp][Mm])?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


@lru_cache(maxsize=8192)
def day_s(text: str) -> int | None:
    """Midnight of `2024-01-31` or `1/31/2024` as seconds since 1970; None if it is neither."""
    if found := _ISO_DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _US_DAY.fullmatch(text):
        month, day, year = (int(part) for part in found.groups())
        year += 2000 if year < 100 else 0
    else:
        return None
    try:
        return (date(year, month, day).toordinal() - _EPOCH_DAY) * DAY_S
    except ValueError:
        return None


@lru_cache(maxsize=8192)
def clock_s(text: str) -> tuple[int, int | None] | None:
    """Seconds after midnight and the UTC offset, of `13:45`, `1:45 PM` or `13:45:00-08:00`.

    The offset is in seconds, None when the text has none. None if the text is no clock time.
    """
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), int(found[3] or 0)
    if found[4]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[4].upper() == "PM" else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return hour * 3600 + minute * 60 + second, _offset_s(found[5])


def _offset_s(text: str | None) -> int | None:
    """Seconds east of UTC of `Z`, `-0800` or `+05:30`."""
    if text is None:
        return None
    if text == "Z":
        return 0
    digits = text[1:].replace(":", "")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if text[0] == "-" else seconds


def moment_s(text: str) -> tuple[int, bool] | None:
    """A date and a time in one text: seconds since 1970, and whether they are wall-clock.

    With an offset the seconds are UTC; without, they are what the wall clock showed.
    """
    cut = text.find("T")
    cut = text.find(" ") if cut < 0 else cut
    day = day_s(text[:cut])
    clock = clock_s(text[cut + 1 :].lstrip(" "))
    if cut < 0 or day is None or clock is None:
        return None
    offset_s = clock[1]
    return day + clock[0] - (offset_s or 0), offset_s is None
