"""A stored object in the words of a version."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kwhen.records import VtnKind, VtnObject, VtnVerb, VtnVersion
from kwhen.wire.times import moment
from kwhen.wire.vtn.reading import ATTRIBUTES, target_words

OLD_KIND_OF_TARGET = "GROUP"  # of plain targets, under 3.0.1
VERBS = {
    VtnVersion.V3_1_0: {verb: verb.value for verb in VtnVerb},
    VtnVersion.V3_0_1: {VtnVerb.CREATE: "POST", VtnVerb.UPDATE: "PUT", VtnVerb.DELETE: "DELETE"},
}
NEW_ALONE = ("duration", "reportIntervals")
_DURATION = re.compile(r"-?P[0-9YMDWTHS.]+")


def rendered(
    version: VtnVersion,
    found: VtnObject,
    tokens: Sequence[str | None] = (),
    resources: Sequence[VtnObject] = (),
) -> dict[str, Any]:
    """An object; `tokens` are those of a subscription, `resources` those of a ven.

    Nothing that was not told is answered, but for what a version requires.
    """
    known = {
        "id": found.id,
        "createdDateTime": moment(found.created_at),
        "modificationDateTime": moment(found.modified_at),
        "objectType": found.kind.value,
    }
    known |= _references(version, found)
    body = {**known, **found.content}
    if found.kind is VtnKind.SUBSCRIPTION:
        operations = found.content["objectOperations"]
        sent = tokens or [None] * len(operations)
        body["objectOperations"] = [
            {**operation, "bearerToken": token}
            for operation, token in zip(operations, sent, strict=True)
        ]
    if version is VtnVersion.V3_1_0:
        return _new(body)
    if resources:
        body["resources"] = [rendered(version, resource) for resource in resources]
    return _old(found.kind, body)


def notification(version: VtnVersion, verb: VtnVerb, found: VtnObject) -> dict[str, Any]:
    """What a subscriber is sent about an object."""
    body = rendered(version, found)
    told = {
        "objectType": found.kind.value,
        "operation": VERBS[version][verb],
        "object": body,
    }
    return {**told, "targets": body["targets"]} if body.get("targets") else told


def _references(version: VtnVersion, found: VtnObject) -> dict[str, Any]:
    """The ids of other things that an object names."""
    named: dict[str, Any] = {}
    match found.kind:
        case VtnKind.EVENT | VtnKind.SUBSCRIPTION:
            named["programID"] = found.program_id
        case VtnKind.REPORT:
            named["eventID"] = found.parent_id
            if version is VtnVersion.V3_0_1:
                named["programID"] = found.program_id
        case VtnKind.RESOURCE:
            named["venID"] = found.parent_id
        case _:
            pass
    if found.kind not in (VtnKind.PROGRAM, VtnKind.EVENT):
        named["clientID"] = found.client_id
    return {name: value for name, value in named.items() if value is not None}


def _new(body: dict[str, Any]) -> dict[str, Any]:
    if "targets" in body:
        body["targets"] = list(target_words(body["targets"]))
    if "reportDescriptors" in body:
        body["reportDescriptors"] = [
            {**one, "targets": list(target_words(one["targets"]))} if "targets" in one else one
            for one in body["reportDescriptors"]
        ]
    return body


def _old(kind: VtnKind, body: dict[str, Any]) -> dict[str, Any]:
    if "targets" in body:
        body["targets"] = _of_kinds(body["targets"])
    if kind is VtnKind.PROGRAM:
        body |= _fields(body.pop("attributes", ()))
    if kind is VtnKind.EVENT:
        body = {name: value for name, value in body.items() if name not in NEW_ALONE}
        body["intervals"] = [_with_sound_period(one) for one in body.get("intervals", ())]
        if "reportDescriptors" in body:
            body["reportDescriptors"] = [_old_report(one) for one in body["reportDescriptors"]]
    if kind is VtnKind.REPORT:
        body["resources"] = [
            _with_sound_period(
                {**one, "intervals": [_with_sound_period(inner) for inner in one["intervals"]]}
            )
            for one in body["resources"]
        ]
    return _with_sound_period(body)


def _with_sound_period(body: Mapping[str, Any]) -> dict[str, Any]:
    """Under 3.0.1 a period has a start, so one without is left out."""
    period = body.get("intervalPeriod")
    has_none = period is not None and "start" not in period
    return {name: value for name, value in body.items()
            if not (has_none and name == "intervalPeriod")}  # fmt: skip


def _old_report(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in descriptor.items() if name not in NEW_ALONE}
    if "targets" in kept:
        kept["targets"] = _of_kinds(kept["targets"])
    return kept


def _of_kinds(targets: Iterable[Any]) -> list[dict[str, Any]]:
    """Targets with a kind; plain words are one group."""
    words = [target for target in targets if isinstance(target, str)]
    typed = [dict(target) for target in targets if isinstance(target, Mapping)]
    return typed + ([{"type": OLD_KIND_OF_TARGET, "values": words}] if words else [])


def _fields(attributes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The metadata of a program as fields."""
    held = {one["type"]: one["values"][0] for one in attributes if one["values"]}
    found = {}
    for name, attribute in ATTRIBUTES.items():
        value = held.get(attribute)
        is_flag = name in ("bindingEvents", "localPrice")
        if not isinstance(value, bool if is_flag else str):
            continue
        if name == "timeZoneOffset" and not _DURATION.fullmatch(str(value)):
            continue
        found[name] = value
    return found
