"""Objects of a tenant: listed, read, made, changed, removed, by whoever may."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kwhen.errors import Conflict, Forbidden, UnknownId
from kwhen.operations.keyring import new_id
from kwhen.operations.vtn import home_programs, tariffs
from kwhen.operations.vtn.callers import NO_CLIENT, VtnCaller
from kwhen.operations.vtn.notices import notify, seal_tokens
from kwhen.operations.work import Work
from kwhen.records import VtnKind, VtnObject, VtnVerb, VtnVersion
from kwhen.storage import vtn
from kwhen.storage.vtn import NAME_OF, Wanted
from kwhen.wire.vtn.fields import VtnSent
from kwhen.wire.vtn.reading import content_of, end_of, target_words

PUBLIC = "It is a tariff program of everybody's; it cannot be changed."


def get(
    work: Work, caller: VtnCaller, kind: VtnKind, object_id: str, ven_id: str | None = None
) -> VtnObject:
    """An object that the caller sees; `ven_id` where the path has told it.

    Raises
    ------
    UnknownId
    """
    found = vtn.find_object(work.session, work.tenant, kind, object_id, caller.sight(work))
    _check_told(caller, found, ven_id)
    return found


def list_all(work: Work, caller: VtnCaller, kind: VtnKind, wanted: Wanted) -> list[VtnObject]:
    """The objects of the tenant that the caller sees, oldest first."""
    if kind is VtnKind.SUBSCRIPTION and caller.version is VtnVersion.V3_0_1:
        wanted = replace(wanted, is_of_a_program=True)
    return vtn.list_objects(work.session, work.tenant, kind, caller.sight(work), wanted)


def create(
    work: Work, caller: VtnCaller, kind: VtnKind, sent: VtnSent, ven_id: str | None = None
) -> VtnObject:
    """Make an object of what a client sent; `ven_id` where the path has told it.

    Raises
    ------
    Conflict : the name is taken, or what it refers to is not there
    Forbidden, UnknownId, InvalidFields
    """
    made = VtnObject(
        id=new_id(f"vtn_{kind.lower()}"),
        kind=kind,
        content={},
        created_at=work.now,
        modified_at=work.now,
        client_id=caller.client_id,
        is_of_bl=caller.is_bl,
    )
    return _added(work, _filled(work, caller, made, sent, ven_id))


def create_home_program(work: Work, home_id: str, name: str) -> VtnObject:
    """A program of a home that its tenant asks for, without an OAuth client.

    Raises
    ------
    Conflict : the name is taken
    InvalidFields : the home is not the tenant's, or has no plan
    """
    made = VtnObject(
        id=new_id("vtn_program"),
        kind=VtnKind.PROGRAM,
        content=home_programs.content_for(home_id, name),
        created_at=work.now,
        modified_at=work.now,
        client_id=NO_CLIENT,
        is_of_bl=True,
    )
    return _added(work, _program(work, made))


def _added(work: Work, made: VtnObject) -> VtnObject:
    vtn.add_object(work.session, work.tenant, made)
    notify(work, VtnVerb.CREATE, made)
    if made.kind is VtnKind.PROGRAM:
        home_programs.keep_events(work, made)
    return made


def update(
    work: Work,
    caller: VtnCaller,
    kind: VtnKind,
    object_id: str,
    sent: VtnSent,
    ven_id: str | None = None,
) -> VtnObject:
    """Put what a client sent in the place of an object.

    Raises
    ------
    UnknownId, Conflict, Forbidden, InvalidFields
    """
    _refuse_public(work, object_id)
    sight = caller.sight(work)
    before = vtn.lock_object(work.session, work.tenant, kind, object_id, sight)
    _check_told(caller, before, ven_id)
    changed = _filled(work, caller, before, sent, ven_id)
    after = vtn.save_object(work.session, work.tenant, replace(changed, modified_at=work.now))
    notify(work, VtnVerb.UPDATE, after)
    if kind is VtnKind.PROGRAM:
        home_programs.keep_events(work, after)
    return after


def remove(
    work: Work, caller: VtnCaller, kind: VtnKind, object_id: str, ven_id: str | None = None
) -> VtnObject:
    """Delete an object: a program with its events, a ven with its resources. Says what it was.

    Raises
    ------
    UnknownId, Forbidden
    """
    _refuse_public(work, object_id)
    sight = caller.sight(work)
    gone = vtn.lock_object(work.session, work.tenant, kind, object_id, sight)
    _check_told(caller, gone, ven_id)
    return _removed(work, gone)


def remove_program(work: Work, program_id: str) -> VtnObject:
    """Delete a program of the tenant with its events, without an OAuth client.

    Raises
    ------
    UnknownId
    """
    gone = vtn.lock_object(work.session, work.tenant, VtnKind.PROGRAM, program_id, None)
    return _removed(work, gone)


def _removed(work: Work, gone: VtnObject) -> VtnObject:
    inner, wanted = {
        VtnKind.PROGRAM: (VtnKind.EVENT, Wanted(program_id=gone.id)),
        VtnKind.VEN: (VtnKind.RESOURCE, Wanted(parent_id=gone.id)),
    }.get(gone.kind, (None, Wanted()))
    held = vtn.list_objects(work.session, work.tenant, inner, None, wanted) if inner else []
    for one in (*held, gone):
        notify(work, VtnVerb.DELETE, one)  # while it is seen who may know
    for one in (*held, gone):
        vtn.remove_object(work.session, work.tenant, one.kind, one.id)
    return gone


def resources_of(work: Work, ven: VtnObject) -> list[VtnObject]:
    """The resources of a ven."""
    wanted = Wanted(parent_id=ven.id)
    return vtn.list_objects(work.session, work.tenant, VtnKind.RESOURCE, None, wanted)


def _filled(
    work: Work, caller: VtnCaller, before: VtnObject, sent: VtnSent, ven_id: str | None
) -> VtnObject:
    """The object as the client wants it, with what refers to other things checked."""
    content = content_of(before.kind, sent)
    targets = target_words(content.get("targets", ()))
    after = replace(before, content=content, targets=targets, version=caller.version)
    told = sent.stored()
    match before.kind:
        case VtnKind.PROGRAM:
            return _program(work, after)
        case VtnKind.EVENT:
            return _event(work, after, told)
        case VtnKind.REPORT:
            return _report(work, caller, after, told)
        case VtnKind.SUBSCRIPTION:
            return _subscription(work, caller, after, told)
        case VtnKind.VEN:
            return _of_client(caller, before, after, told)
        case VtnKind.RESOURCE:
            return _resource(
                work, caller, before, after, told | {"venID": ven_id or told.get("venID")}
            )


def _program(work: Work, after: VtnObject) -> VtnObject:
    name = after.content["programName"]
    if tariffs.tariff_named(work.stock, name) is not None:
        raise Conflict(f"{name!r} is the name of a tariff program of everybody's; choose another")
    return home_programs.aimed(work, replace(after, unique_name=f"PROGRAM/{name}"))


def _event(work: Work, after: VtnObject, told: Mapping[str, Any]) -> VtnObject:
    program_id = told["programID"]
    if tariffs.find_tariff(work.stock, program_id) is not None:
        raise Forbidden(PUBLIC)
    _exists(work, VtnKind.PROGRAM, program_id, "programID")
    return replace(after, program_id=program_id, ends_at=end_of(after.content))


def _report(work: Work, caller: VtnCaller, after: VtnObject, told: Mapping[str, Any]) -> VtnObject:
    event_id = told["eventID"]
    try:
        tariff, _ = tariffs.find_tariff_day(work.stock, event_id, work.now)
        program_id: str | None = tariff.id
    except UnknownId:
        try:
            program_id = get(work, caller, VtnKind.EVENT, event_id).program_id
        except UnknownId as error:
            raise Conflict(f"eventID: {error}") from error
    if told.get("programID", program_id) != program_id:
        raise Conflict(f"programID: the event is of the program {program_id}")
    return replace(after, parent_id=event_id, program_id=program_id)


def _subscription(
    work: Work, caller: VtnCaller, after: VtnObject, told: Mapping[str, Any]
) -> VtnObject:
    program_id = told.get("programID")
    if program_id is not None and tariffs.find_tariff(work.stock, program_id) is None:
        try:
            get(work, caller, VtnKind.PROGRAM, program_id)
        except UnknownId as error:
            raise Conflict(f"programID: {error}") from error
    operations = [dict(operation) for operation in after.content["objectOperations"]]
    tokens = [operation.pop("bearerToken", None) for operation in operations]
    return replace(
        after,
        content={**after.content, "objectOperations": operations},
        program_id=program_id,
        sealed=seal_tokens(work, tokens) if any(tokens) else None,
        broken_why=None,
    )


def _of_client(
    caller: VtnCaller, before: VtnObject, after: VtnObject, told: Mapping[str, Any]
) -> VtnObject:
    """A ven: business logic says whose it is and what is granted to it, nobody else does."""
    name = told[NAME_OF[after.kind]]
    named = replace(after, unique_name=f"VEN/{name}")
    if caller.is_bl:
        return replace(named, client_id=told.get("clientID") or before.client_id)
    return _with_grants_of(before, named)


def _resource(
    work: Work, caller: VtnCaller, before: VtnObject, after: VtnObject, told: Mapping[str, Any]
) -> VtnObject:
    ven_id = told["venID"]
    ven = get(work, caller, VtnKind.VEN, ven_id)
    name = told[NAME_OF[after.kind]]
    named = replace(after, parent_id=ven_id, unique_name=f"RESOURCE/{ven_id}/{name}")
    if caller.is_bl:
        return replace(named, client_id=told.get("clientID") or ven.client_id)
    return _with_grants_of(before, replace(named, client_id=ven.client_id))


def _with_grants_of(before: VtnObject, after: VtnObject) -> VtnObject:
    """What a VEN cannot grant to itself stays as business logic has set it."""
    content = {name: value for name, value in after.content.items() if name != "targets"}
    if "targets" in before.content:
        content["targets"] = before.content["targets"]
    return replace(after, content=content, targets=before.targets)


def _check_told(caller: VtnCaller, found: VtnObject, ven_id: str | None) -> None:
    """Refuse what the caller's edition has no words for, or what lies under another path.

    Under 3.0.1 every subscription is to one program.
    """
    is_old = caller.version is VtnVersion.V3_0_1
    is_of_all = found.kind is VtnKind.SUBSCRIPTION and found.program_id is None
    if (is_old and is_of_all) or (ven_id is not None and found.parent_id != ven_id):
        raise UnknownId(f"there is no {found.kind.lower()} {found.id!r}")


def _exists(work: Work, kind: VtnKind, object_id: str, field: str) -> None:
    try:
        vtn.find_object(work.session, work.tenant, kind, object_id, None)
    except UnknownId as error:
        raise Conflict(f"{field}: {error}") from error


def _refuse_public(work: Work, object_id: str) -> None:
    if object_id.startswith(tariffs.PREFIX):
        raise Forbidden(PUBLIC)
