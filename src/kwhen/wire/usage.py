"""A home's own interval history, as clients send and get it."""

from pydantic import Field

from kwhen.wire.impact import Arrays
from kwhen.wire.kinds import DayField
from kwhen.wire.model import Answered, Sent


class UsagePut(Arrays):
    """Days of a home's history; each replaces what was held of it."""

    start_date: DayField = Field(description="First local date.")
    end_date: DayField = Field(description="The day after the last one.")


class UsageStored(Answered):
    """What was stored."""

    home_id: str
    start_date: DayField
    end_date: DayField
    days: int = Field(description="How many days were stored.")


class UsageQuery(Sent):
    """Which days of a home's history; all without."""

    start_date: DayField | None = Field(None, description="First local date.")
    end_date: DayField | None = Field(None, description="The day after the last one.")


class UsageAnswer(Answered):
    """The days that are held, rising; days without data are not in it."""

    home_id: str
    dates: list[DayField]
    usage: list[list[float]] = Field(description="kWh imported, a row of 96 for each date.")
    export: list[list[float]] | None = Field(description="kWh exported; null: none is held.")
