"""Objects as clients send them. Where the versions differ there is a model for each."""

from typing import Annotated, Any, Literal

from pydantic import Field

from kwhen.wire.vtn.fields import (
    Duration,
    Int32,
    Interval,
    ObjectId,
    Period,
    Text128,
    Uri,
    ValuesMap,
    VtnSent,
)

ObjectType = Literal["PROGRAM", "EVENT", "REPORT", "SUBSCRIPTION", "VEN", "RESOURCE"]
# The second four are the words of the older notifications, which some clients subscribe with.
Operation = Literal["READ", "CREATE", "UPDATE", "DELETE", "GET", "POST", "PUT"]
REPORT_ALONE = ("readingType", "accuracy", "confidence")


class Description(VtnSent):
    """Where a program is described."""

    url: Uri = Field(alias="URL")


class Descriptor(VtnSent):
    """What a kind of payload is in; of events, or of reports."""

    object_type: Literal["EVENT_PAYLOAD_DESCRIPTOR", "REPORT_PAYLOAD_DESCRIPTOR"] | None = None
    payload_type: Text128
    units: Annotated[str, Field(max_length=128)] | None = None
    currency: str | None = None
    reading_type: Annotated[str, Field(max_length=128)] | None = None
    accuracy: float | None = None
    confidence: Annotated[int, Field(ge=0, le=100)] | None = None


class ReportDescriptor(VtnSent):
    """A report that is asked for."""

    payload_type: Text128
    reading_type: Annotated[str, Field(max_length=128)] | None = None
    units: Annotated[str, Field(max_length=128)] | None = None
    targets: list[Any] | None = None
    aggregate: bool | None = None
    start_interval: Int32 | None = None
    num_intervals: Int32 | None = None
    historical: bool | None = None
    frequency: Int32 | None = None
    repeat: Int32 | None = None
    report_intervals: Literal["INTERVALS", "SUB_INTERVALS", "OPEN_INTERVALS"] | None = None


class ReportDescriptor31(ReportDescriptor):
    """A report that is asked for, with plain targets."""

    targets: list[Text128] | None = None


class ReportDescriptor30(ReportDescriptor):
    """A report that is asked for, with targets of kinds."""

    targets: list[ValuesMap] | None = None


class _Program(VtnSent):
    program_name: Text128
    interval_period: Period | None = None
    program_descriptions: list[Description] | None = None
    payload_descriptors: list[Descriptor] | None = None


class Program31(_Program):
    """A program."""

    attributes: list[ValuesMap] | None = None
    targets: list[Text128] | None = None


class Program30(_Program):
    """A program, whose metadata are fields."""

    program_long_name: str | None = None
    retailer_name: str | None = None
    retailer_long_name: str | None = None
    program_type: str | None = None
    country: str | None = None
    principal_subdivision: str | None = None
    time_zone_offset: Duration | None = None
    binding_events: bool | None = None
    local_price: bool | None = None
    targets: list[ValuesMap] | None = None


class _Event(VtnSent):
    program_id: ObjectId
    event_name: str | None = None
    priority: Annotated[int, Field(ge=0, le=2**53)] | None = None
    payload_descriptors: list[Descriptor] | None = None
    interval_period: Period | None = None


class Event31(_Event):
    """An event."""

    duration: Duration | None = None
    targets: list[Text128] | None = None
    report_descriptors: list[ReportDescriptor31] | None = None
    intervals: list[Interval] | None = None


class Event30(_Event):
    """An event, which always has intervals."""

    targets: list[ValuesMap] | None = None
    report_descriptors: list[ReportDescriptor30] | None = None
    intervals: list[Interval]


class ReportResource(VtnSent):
    """What a resource reports."""

    resource_name: Text128
    interval_period: Period | None = None
    intervals: list[Interval]


class Report31(VtnSent):
    """A report on an event."""

    event_id: ObjectId
    client_name: Text128
    report_name: str | None = None
    payload_descriptors: list[Descriptor] | None = None
    resources: list[ReportResource]


class Report30(Report31):
    """A report on an event, which names its program too."""

    program_id: ObjectId


class ObjectOperation(VtnSent):
    """What is notified, and where."""

    objects: list[ObjectType]
    operations: list[Operation]
    callback_url: Uri
    bearer_token: Annotated[str, Field(max_length=4096)] | None = None


class _Subscription(VtnSent):
    client_name: Text128
    object_operations: Annotated[list[ObjectOperation], Field(max_length=20)]


class Subscription31(_Subscription):
    """A wish to be notified, of one program or of all."""

    program_id: ObjectId | None = None
    targets: list[Text128] | None = None


class Subscription30(_Subscription):
    """A wish to be notified of one program."""

    program_id: ObjectId
    targets: list[ValuesMap] | None = None


class Ven31(VtnSent):
    """A VEN, told by itself or by business logic; `clientID` and `targets` are for the latter."""

    object_type: str | None = None
    client_id: Text128 | None = None
    ven_name: Text128
    attributes: list[ValuesMap] | None = None
    targets: list[Text128] | None = None


class Ven30(VtnSent):
    """A VEN."""

    client_id: Text128 | None = None
    ven_name: Text128
    attributes: list[ValuesMap] | None = None
    targets: list[ValuesMap] | None = None


class Resource31(VtnSent):
    """A device or system of a VEN."""

    object_type: str | None = None
    client_id: Text128 | None = None
    resource_name: Text128
    ven_id: ObjectId
    attributes: list[ValuesMap] | None = None
    targets: list[Text128] | None = None


class Resource30(VtnSent):
    """A device or system of the VEN that the path names."""

    client_id: Text128 | None = None
    resource_name: Text128
    attributes: list[ValuesMap] | None = None
    targets: list[ValuesMap] | None = None
