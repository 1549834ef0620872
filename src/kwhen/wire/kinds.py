"""The plain kinds of fields that bodies share: moments, days, ids, ZIP codes."""

import re
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

from kwhen.errors import UsageError
from kwhen.wire.times import moment

ZIPCODE = r"^(?:0{0,4}[0-9]{1,5}|[0-9]{3})(?:[-\s][0-9]{4})?$"
CLOCK = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?([Zz]|[+-]\d{2}:?\d{2})"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
FIRST_YEAR, LAST_YEAR = 1970, 2200
MILLISECOND_US = 1000
DAYS_KEPT_COUNT = 4096
LEAST_SOLAR_KW, LARGEST_SOLAR_KW = 0.001, 1000.0


def read_moment(text: str) -> datetime:
    """An ISO 8601 time with a zone, as UTC, to the millisecond.

    Raises
    ------
    UsageError
    """
    wrong = f"{text[:40]!r} is no ISO 8601 time with a zone, such as 2026-07-01T16:00:00.000Z"
    if not _MOMENT.fullmatch(text):
        raise UsageError(wrong)
    try:
        found = datetime.fromisoformat(text.upper().replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(wrong) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UsageError(f"{text[:40]!r} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found.replace(microsecond=found.microsecond // MILLISECOND_US * MILLISECOND_US)


def _moment(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("must be an ISO 8601 time, such as 2026-07-01T16:00:00.000Z")
    try:
        return read_moment(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


@lru_cache(maxsize=DAYS_KEPT_COUNT)
def read_day(text: str) -> date:
    """A date as YYYY-MM-DD.

    Raises
    ------
    UsageError
    """
    wrong = f"{text[:40]!r} is no date; write it as 2026-07-01"
    if not _DAY.fullmatch(text) or not text.isascii():
        raise UsageError(wrong)
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(wrong) from error
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise UsageError(f"{text} is not between {FIRST_YEAR} and {LAST_YEAR}")
    return found


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a date, such as 2026-07-01")
    try:
        return read_day(value)
    except UsageError as error:
        raise ValueError(str(error)) from error


def _day_or_moment(value: Any) -> Any:
    if isinstance(value, str) and not _DAY.fullmatch(value):
        return _moment(value)
    return _day(value)


def _whole(value: Any) -> Any:
    """JSON has one kind of number: 20.0 is the integer 20."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _solar_kw(value_kw: float) -> float:
    if 0 < value_kw < LEAST_SOLAR_KW:
        raise ValueError(f"must be 0, or {LEAST_SOLAR_KW} to {LARGEST_SOLAR_KW:,.0f} kW")
    return value_kw


MomentField = Annotated[
    datetime,
    BeforeValidator(_moment),
    PlainSerializer(moment, return_type=str),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "examples": ["2026-07-01T16:00:00.000Z"]}
    ),
]
DayField = Annotated[
    date,
    BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-07-01"]}),
]
DayOrMoment = Annotated[
    date | datetime,
    BeforeValidator(_day_or_moment),
    WithJsonSchema(
        {
            "type": "string",
            "anyOf": [{"format": "date"}, {"format": "date-time"}],
            "examples": ["2025-01-07"],
            "description": "A date, or an ISO 8601 time whose local date counts.",
        }
    ),
]
ZipcodeField = Annotated[str, StringConstraints(pattern=ZIPCODE)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Text64 = Annotated[str, StringConstraints(max_length=64)]
Text255 = Annotated[str, StringConstraints(max_length=255)]
Text2000 = Annotated[str, StringConstraints(max_length=2000)]
WHOLE = BeforeValidator(_whole)  # after the bounds, which the schema would lose otherwise
SolarKw = Annotated[float, Field(ge=LEAST_SOLAR_KW, le=LARGEST_SOLAR_KW)]
SolarKwOrNone = Annotated[
    float,
    Field(ge=0, le=LARGEST_SOLAR_KW),
    AfterValidator(_solar_kw),
    WithJsonSchema(
        {
            "type": "number",
            "maximum": LARGEST_SOLAR_KW,
            "anyOf": [{"const": 0}, {"minimum": LEAST_SOLAR_KW}],
        }
    ),
]
