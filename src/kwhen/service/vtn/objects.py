"""Objects of a tenant: the five verbs on each kind, in both editions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from kwhen.delivery.sender import Sender
from kwhen.operations.deployment import Deployment
from kwhen.operations.targets import policy_of
from kwhen.operations.vtn import objects, pages
from kwhen.operations.vtn.callbacks import Asked, check_callbacks
from kwhen.operations.vtn.callers import VtnCaller
from kwhen.records import VtnKind, VtnScope, VtnVersion
from kwhen.service.door import ReadWork, TheDeployment, WriteWork
from kwhen.service.vtn.queries import ListNames, ListWanted, Names
from kwhen.service.vtn.route import JsonBody, VtnNeeds, array_of
from kwhen.storage.vtn import Wanted
from kwhen.wire.vtn.fields import VtnSent
from kwhen.wire.vtn.reading import read_body

READ_OWN = frozenset({VtnScope.READ_ALL, VtnScope.READ_VEN_OBJECTS})
WRITE = {
    VtnKind.PROGRAM: VtnScope.WRITE_PROGRAMS,
    VtnKind.EVENT: VtnScope.WRITE_EVENTS,
    VtnKind.REPORT: VtnScope.WRITE_REPORTS,
    VtnKind.SUBSCRIPTION: VtnScope.WRITE_SUBSCRIPTIONS,
    VtnKind.VEN: VtnScope.WRITE_VENS,
    VtnKind.RESOURCE: VtnScope.WRITE_VENS,
}
PATHS = {kind: f"/{kind.lower()}s" for kind in VtnKind}
OLD_RESOURCES = "/vens/{ven_id}/resources"
Verb = Callable[..., Response]


async def _ven_id(request: Request) -> str | None:
    return request.path_params.get("ven_id")


InVen = Annotated[str | None, Depends(_ven_id)]
Reader = Annotated[VtnCaller, Depends(VtnNeeds(READ_OWN))]


def add_objects(router: APIRouter, version: VtnVersion) -> None:
    """The routes of every kind; programs and events are read elsewhere."""
    for kind in VtnKind:
        is_within = kind is VtnKind.RESOURCE and version is VtnVersion.V3_0_1
        path = OLD_RESOURCES if is_within else PATHS[kind]
        if kind not in (VtnKind.PROGRAM, VtnKind.EVENT):
            router.get(path)(_lister(kind))
            router.get(f"{path}/{{object_id}}")(_getter(kind))
        writers = _subscribers() if kind is VtnKind.SUBSCRIPTION else _writers(kind)
        router.post(path)(writers[0])
        router.put(f"{path}/{{object_id}}")(writers[1])
        router.delete(f"{path}/{{object_id}}")(_remover(kind))


def _needs(kind: VtnKind) -> Any:
    return Depends(VtnNeeds(frozenset({WRITE[kind]})))


def _lister(kind: VtnKind) -> Verb:
    def list_all(
        caller: Reader, work: ReadWork, wanted: ListWanted, names: ListNames, ven_id: InVen
    ) -> Response:
        if ven_id is not None:
            objects.get(work, caller, VtnKind.VEN, ven_id)
        asked = _for_kind(kind, wanted, names, ven_id)
        return array_of(pages.list_objects(work, caller, kind, asked))

    return list_all


def _getter(kind: VtnKind) -> Verb:
    def get(caller: Reader, work: ReadWork, object_id: str, ven_id: InVen) -> Response:
        found = objects.get(work, caller, kind, object_id, ven_id)
        return _answer(pages.as_bytes(work, caller, found))

    return get


def _writers(kind: VtnKind) -> tuple[Verb, Verb]:
    def create(
        caller: Annotated[VtnCaller, _needs(kind)], work: WriteWork, body: JsonBody, ven_id: InVen
    ) -> Response:
        sent = read_body(caller.version, kind, body)
        made = objects.create(work, caller, kind, sent, ven_id)
        return _answer(pages.as_bytes(work, caller, made), 201)

    def update(
        caller: Annotated[VtnCaller, _needs(kind)],
        work: WriteWork,
        body: JsonBody,
        object_id: str,
        ven_id: InVen,
    ) -> Response:
        sent = read_body(caller.version, kind, body)
        changed = objects.update(work, caller, kind, object_id, sent, ven_id)
        return _answer(pages.as_bytes(work, caller, changed))

    return create, update


def _subscribers() -> tuple[Verb, Verb]:
    """Subscriptions are written after their URLs were asked, outside of any transaction."""
    kind = VtnKind.SUBSCRIPTION

    def create(
        caller: Annotated[VtnCaller, _needs(kind)], deployment: TheDeployment, body: JsonBody
    ) -> Response:
        sent = _checked(deployment, caller, body)
        with deployment.writing(caller.tenant) as work:
            made = objects.create(work, caller, kind, sent)
            return _answer(pages.as_bytes(work, caller, made), 201)

    def update(
        caller: Annotated[VtnCaller, _needs(kind)],
        deployment: TheDeployment,
        body: JsonBody,
        object_id: str,
    ) -> Response:
        with deployment.reading(caller.tenant) as work:
            objects.get(work, caller, kind, object_id)
        sent = _checked(deployment, caller, body)
        with deployment.writing(caller.tenant) as work:
            changed = objects.update(work, caller, kind, object_id, sent)
            return _answer(pages.as_bytes(work, caller, changed))

    return create, update


def _remover(kind: VtnKind) -> Verb:
    def remove(
        caller: Annotated[VtnCaller, _needs(kind)], work: WriteWork, object_id: str, ven_id: InVen
    ) -> Response:
        gone = objects.remove(work, caller, kind, object_id, ven_id)
        return _answer(pages.as_bytes(work, caller, gone))

    return remove


def _for_kind(kind: VtnKind, wanted: Wanted, names: Names, ven_id: str | None) -> Wanted:
    """What applies to a kind of objects."""
    match kind:
        case VtnKind.VEN:
            return replace(wanted, program_id=None, parent_id=None, name=names.of_ven)
        case VtnKind.RESOURCE:
            parent_id = ven_id or wanted.parent_id
            return replace(wanted, program_id=None, parent_id=parent_id, name=names.of_resource)
        case VtnKind.SUBSCRIPTION:
            return replace(wanted, parent_id=None)
        case _:
            return wanted


def _checked(deployment: Deployment, caller: VtnCaller, body: Any) -> VtnSent:
    """A subscription whose URLs have answered."""
    sent = read_body(caller.version, VtnKind.SUBSCRIPTION, body)
    policy = policy_of(deployment.settings)
    sender = Sender(policy)

    def ask(url: str, headers: Mapping[str, str]) -> Asked:
        attempt = sender.get(url, headers)
        return attempt.status, attempt.body_start, attempt.error

    try:
        check_callbacks(policy, ask, sent)
    finally:
        sender.close()
    return sent


def _answer(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
