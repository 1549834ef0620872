"""The plain kinds of fields of OpenADR 3, and the base of what clients send."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from kwhen.wire.times import moment

LEAST_INT, MOST_INT = -(2**31), 2**31 - 1
MOST_TARGET_COUNT = 128  # characters
FOREVER_DAYS = 365_000.0
_DURATION = re.compile(
    r"(?P<sign>-?)P(?=\d|T\d)(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<days>\d+)(?P<unit>[DW]))?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?",
    re.ASCII,
)
_MOMENT = re.compile(
    r"\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})?)?", re.ASCII
)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+", re.ASCII)


def alias(name: str) -> str:
    """The name of a field in JSON: program_id is programID."""
    return re.sub(r"Id$", "ID", to_camel(name))


class VtnSent(BaseModel):
    """What clients send: nulls count as absent, unknown fields are ignored."""

    model_config = ConfigDict(
        alias_generator=alias, populate_by_name=True, extra="ignore", strict=True, frozen=True
    )

    def stored(self) -> dict[str, Any]:
        """The fields that were sent, by the names of JSON."""
        return self.model_dump(by_alias=True, exclude_none=True)


def _duration(text: str) -> str:
    if not _DURATION.fullmatch(text):
        raise ValueError("must be an ISO 8601 duration, such as PT15M")
    return text


def _start(text: str) -> str:
    """A time as RFC 3339 has it; one without a zone is UTC."""
    wrong = "must be an RFC 3339 time, such as 2026-07-01T00:00:00Z"
    if not _MOMENT.fullmatch(text):
        raise ValueError(wrong)
    try:
        found = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(wrong) from error
    if found.tzinfo is not None:
        return text
    return moment(found.replace(tzinfo=UTC)) if "T" not in text.upper() else f"{text}Z"


def _uri(text: str) -> str:
    if not _URI.fullmatch(text):
        raise ValueError("must be a URI, such as https://example.com/program")
    return text


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return {"x": _number(value.get("x")), "y": _number(value.get("y"))}
    if not isinstance(value, str | int | float | bool):
        raise ValueError("must be a number, a text, a boolean or a point with x and y")
    return value


def _number(value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("x and y of a point must be numbers")
    return value


Text128 = Annotated[str, StringConstraints(min_length=1, max_length=128)]
ObjectId = Annotated[
    str, StringConstraints(min_length=1, max_length=128, pattern=r"^[a-zA-Z0-9_-]+$")
]
Int32 = Annotated[int, Field(ge=LEAST_INT, le=MOST_INT)]
Duration = Annotated[str, AfterValidator(_duration)]
Start = Annotated[str, AfterValidator(_start)]
Uri = Annotated[str, StringConstraints(min_length=2, max_length=8000), AfterValidator(_uri)]
Value = Annotated[Any, AfterValidator(_value)]


class ValuesMap(VtnSent):
    """Values of a kind."""

    type: Text128
    values: list[Value]


class Period(VtnSent):
    """A stretch of time."""

    start: Start | None = None
    duration: Duration | None = None
    randomize_start: Duration | None = None


class Interval(VtnSent):
    """Values over a stretch of time."""

    id: Int32
    interval_period: Period | None = None
    payloads: list[ValuesMap]


def length_of(duration: str) -> timedelta:
    """How long a duration is; a year counts as 365 days, a month as 30."""
    found = _DURATION.fullmatch(duration)
    assert found is not None, duration
    part = {name: float(text) for name, text in found.groupdict().items()
            if text and name not in ("sign", "unit")}  # fmt: skip
    days = part.get("days", 0.0) * (7 if found["unit"] == "W" else 1)
    days += part.get("years", 0.0) * 365 + part.get("months", 0.0) * 30
    days += part.get("hours", 0.0) / 24 + part.get("minutes", 0.0) / 1440
    days += part.get("seconds", 0.0) / 86_400
    length = timedelta(days=min(days, FOREVER_DAYS))
    return -length if found["sign"] else length
