"""Subscriptions are told what happens: a row for each in the transaction in which it happens."""

import json

import orjson

from kwhen.errors import UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.work import Work
from kwhen.records import Sight, VtnKind, VtnObject, VtnVerb
from kwhen.storage import vtn, vtn_notifications
from kwhen.storage.vtn import Wanted
from kwhen.wire.vtn.reading import target_words
from kwhen.wire.vtn.rendering import notification

WORDS = {
    VtnVerb.CREATE: {"CREATE", "POST"},
    VtnVerb.UPDATE: {"UPDATE", "PUT"},
    VtnVerb.DELETE: {"DELETE"},
}


def notify(work: Work, verb: VtnVerb, changed: VtnObject) -> None:
    """Owe a notification to every subscription of the tenant that asks for this one."""
    every = vtn.list_objects(work.session, work.tenant, VtnKind.SUBSCRIPTION, None, Wanted())
    asked = [(one, _index(one, verb, changed)) for one in every if one.broken_why is None]
    found = [(one, index) for one, index in asked if index is not None]
    for subscription, index in found:
        if may_see(work, subscription, changed):
            owe(work, subscription, index, verb, changed)


def owe(work: Work, subscription: VtnObject, index: int, verb: VtnVerb, changed: VtnObject) -> None:
    """Owe one notification."""
    body = orjson.dumps(notification(subscription.version, verb, changed))
    vtn_notifications.owe(work.session, work.tenant, subscription.id, index, body, work.now)


def _index(subscription: VtnObject, verb: VtnVerb, changed: VtnObject) -> int | None:
    """Which of its operations asks for a notification."""
    program = changed.id if changed.kind is VtnKind.PROGRAM else changed.program_id
    if subscription.program_id is not None and program not in (None, subscription.program_id):
        return None
    wanted = target_words(subscription.content.get("targets", ()))
    if wanted and not set(wanted) & set(changed.targets):
        return None
    return operation_of(subscription, verb, changed.kind)


def operation_of(subscription: VtnObject, verb: VtnVerb, kind: VtnKind) -> int | None:
    """The first operation of a subscription for a verb on a kind of object."""
    for index, operation in enumerate(subscription.content["objectOperations"]):
        if kind in operation["objects"] and WORDS[verb] & set(operation["operations"]):
            return index
    return None


def may_see(work: Work, subscription: VtnObject, changed: VtnObject) -> bool:
    """Whether the client of a subscription sees an object."""
    if subscription.is_of_bl:
        return True
    client_id = subscription.client_id or ""
    if changed.kind not in vtn.TARGETED:
        return changed.client_id == client_id
    sight = Sight(client_id, vtn.granted(work.session, work.tenant, client_id))
    if changed.targets and sight.targets.isdisjoint(changed.targets):
        return False
    if changed.kind is not VtnKind.EVENT or changed.program_id is None:
        return True
    try:
        vtn.find_object(work.session, work.tenant, VtnKind.PROGRAM, changed.program_id, sight)
    except UnknownId:
        return False
    return True


def seal_tokens(work: Work, tokens: list[str | None]) -> str:
    """The tokens of a subscription's operations, encrypted."""
    return work.deployment.keyring.seal(json.dumps(tokens))


def tokens_at(deployment: Deployment, sealed: str | None, index: int) -> str | None:
    """The token of one operation."""
    tokens = _unsealed(deployment, sealed)
    return tokens[index] if index < len(tokens) else None


def tokens_of(work: Work, subscription: VtnObject) -> list[str | None]:
    """The tokens of a subscription's operations."""
    return _unsealed(work.deployment, subscription.sealed)


def _unsealed(deployment: Deployment, sealed: str | None) -> list[str | None]:
    if sealed is None:
        return []
    found: list[str | None] = json.loads(deployment.keyring.unseal(sealed))
    return found
