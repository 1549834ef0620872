"""OpenADR 3 events as they are answered."""

from typing import Literal

from pydantic import Field

from kwhen.wire.kinds import MomentField
from kwhen.wire.model import Answered


class IntervalPeriodAnswer(Answered):
    """A stretch of time."""

    start: MomentField
    duration: str = Field(description="ISO 8601.", examples=["PT1H"])


class PayloadAnswer(Answered):
    """A value of one kind."""

    type: Literal["PRICE", "EXPORT_PRICE", "GHG"]
    values: list[float]


class IntervalAnswer(Answered):
    """Values over a stretch of time."""

    id: int
    interval_period: IntervalPeriodAnswer
    payloads: list[PayloadAnswer]


class DescriptorAnswer(Answered):
    """What a kind of value is in."""

    object_type: Literal["EVENT_PAYLOAD_DESCRIPTOR"]
    payload_type: Literal["PRICE", "EXPORT_PRICE", "GHG"]
    units: str
    currency: str | None = Field(None, description="Of prices.")


class EventAnswer(Answered):
    """A home's price signal as an OpenADR 3 event."""

    id: str = Field(description="A UUID, the same for the same home and window.")
    object_type: Literal["EVENT"]
    program_id: Literal["wattshift-open-adr"] = Field(alias="programID")
    created_date_time: MomentField
    modification_date_time: MomentField
    event_name: str
    payload_descriptors: list[DescriptorAnswer]
    interval_period: IntervalPeriodAnswer
    intervals: list[IntervalAnswer]
