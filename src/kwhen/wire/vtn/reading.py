"""What a client sent → the content that is stored, in the words of 3.1.0.

Targets of 3.0.1 have a kind and values; they are stored as they came, and their values alone say
who sees an object. The metadata of a 3.0.1 program are stored as the attributes of 3.1.0.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from kwhen.errors import InvalidFields
from kwhen.records import VtnKind, VtnVersion
from kwhen.wire.field_errors import field_errors
from kwhen.wire.vtn import bodies
from kwhen.wire.vtn.fields import MOST_TARGET_COUNT, VtnSent, length_of

OLD, NEW = VtnVersion.V3_0_1, VtnVersion.V3_1_0
MODELS: Mapping[tuple[VtnVersion, VtnKind], type[VtnSent]] = {
    (NEW, VtnKind.PROGRAM): bodies.Program31,
    (OLD, VtnKind.PROGRAM): bodies.Program30,
    (NEW, VtnKind.EVENT): bodies.Event31,
    (OLD, VtnKind.EVENT): bodies.Event30,
    (NEW, VtnKind.REPORT): bodies.Report31,
    (OLD, VtnKind.REPORT): bodies.Report30,
    (NEW, VtnKind.SUBSCRIPTION): bodies.Subscription31,
    (OLD, VtnKind.SUBSCRIPTION): bodies.Subscription30,
    (NEW, VtnKind.VEN): bodies.Ven31,
    (OLD, VtnKind.VEN): bodies.Ven30,
    (NEW, VtnKind.RESOURCE): bodies.Resource31,
    (OLD, VtnKind.RESOURCE): bodies.Resource30,
}
# Fields of a 3.0.1 program → attributes of a 3.1.0 one.
ATTRIBUTES = {
    "programLongName": "PROGRAM_LONG_NAME",
    "retailerName": "RETAILER_NAME",
    "retailerLongName": "RETAILER_LONG_NAME",
    "programType": "PROGRAM_TYPE",
    "country": "COUNTRY",
    "principalSubdivision": "PRINCIPAL_SUBDIVISION",
    "timeZoneOffset": "TIME_ZONE_OFFSET",
    "bindingEvents": "BINDING_EVENTS",
    "localPrice": "LOCAL",
}
EVENT_DESCRIPTOR, REPORT_DESCRIPTOR = "EVENT_PAYLOAD_DESCRIPTOR", "REPORT_PAYLOAD_DESCRIPTOR"
NOT_STORED = ("objectType", "clientID", "venID", "programID", "eventID")  # kept beside the content
NOW_YEAR = 1  # a start in it means "now"


def read_body(version: VtnVersion, kind: VtnKind, body: Any) -> VtnSent:
    """The body of a request as a value.

    Raises
    ------
    InvalidFields
    """
    try:
        return MODELS[version, kind].model_validate(body)
    except ValidationError as error:
        raise InvalidFields(field_errors(error.errors())) from error


def content_of(kind: VtnKind, sent: VtnSent) -> dict[str, Any]:
    """What is stored of a body."""
    found = {name: value for name, value in sent.stored().items() if name not in NOT_STORED}
    for descriptor in found.get("payloadDescriptors", ()):
        _finish_descriptor(kind, descriptor)
    for descriptor in found.get("reportDescriptors", ()):
        _drop_blanks(descriptor)
    if isinstance(sent, bodies.Program30):
        attributes = [
            {"type": attribute, "values": [found.pop(name)]}
            for name, attribute in ATTRIBUTES.items()
            if name in found
        ]
        found |= {"attributes": attributes} if attributes else {}
    return found


def target_words(targets: Iterable[Any]) -> tuple[str, ...]:
    """The plain words of targets of either version."""
    words: list[str] = []
    for target in targets:
        values = target["values"] if isinstance(target, Mapping) else [target]
        words += [value for value in values if isinstance(value, str)]
    return tuple(dict.fromkeys(word for word in words if 1 <= len(word) <= MOST_TARGET_COUNT))


def end_of(content: Mapping[str, Any]) -> datetime | None:
    """When an event is over; None where it has no end, or begins whenever it is read."""
    outer = content.get("intervalPeriod", {})
    begins = _moment(outer.get("start"))
    if "duration" in content:
        return None if begins is None else _after(begins, length_of(content["duration"]))
    at, ends = begins, []
    for interval in content.get("intervals", ()):
        period = interval.get("intervalPeriod", {})
        start = _moment(period.get("start")) or at
        lasts = period.get("duration") or outer.get("duration")
        if start is None or lasts is None:
            return None
        at = _after(start, length_of(lasts))
        if at is None:
            return None
        ends.append(at)
    return max(ends, default=None)


def _moment(text: str | None) -> datetime | None:
    found = None if text is None else datetime.fromisoformat(text.upper())
    return None if found is None or found.year == NOW_YEAR else found


def _after(start: datetime, length: timedelta) -> datetime | None:
    try:
        return start + length
    except OverflowError:
        return None


def _finish_descriptor(kind: VtnKind, descriptor: dict[str, Any]) -> None:
    """Say what it describes where the client did not, and keep what belongs to that."""
    of_report = kind is VtnKind.REPORT
    if kind is VtnKind.PROGRAM:
        told = descriptor.get("objectType")
        guessed = any(name in descriptor for name in bodies.REPORT_ALONE)
        of_report = told == REPORT_DESCRIPTOR if told else guessed
    descriptor["objectType"] = REPORT_DESCRIPTOR if of_report else EVENT_DESCRIPTOR
    for name in ("currency",) if of_report else bodies.REPORT_ALONE:
        descriptor.pop(name, None)
    _drop_blanks(descriptor)


def _drop_blanks(descriptor: dict[str, Any]) -> None:
    for name in ("units", "readingType"):
        if descriptor.get(name) == "":
            del descriptor[name]
