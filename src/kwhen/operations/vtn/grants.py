"""What a tenant grants to VENs by itself, without an OAuth client of business logic.

A VEN sees a program with targets where one of its vens has a target of it. What is granted here
is in a ven of its own, so what clients wrote stays as it is.
"""

from dataclasses import dataclass, replace

from kwhen.errors import InvalidFields
from kwhen.operations.keyring import new_id
from kwhen.operations.vtn.clients import find_client, list_clients, role_of
from kwhen.operations.vtn.notices import notify
from kwhen.operations.work import Work
from kwhen.records import Credential, VtnKind, VtnObject, VtnRole, VtnVerb
from kwhen.storage import vtn
from kwhen.storage.vtn import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A VEN's client, and whether it sees a program; `is_ours`: by a grant of this kind."""

    client: Credential
    is_granted: bool
    is_ours: bool


def grants_of(work: Work, program: VtnObject) -> list[Grant]:
    """The VENs of the tenant that are good, and which of them see a program with targets."""
    found = []
    for client in list_clients(work):
        if client.revoked_at is not None or role_of(client) is not VtnRole.VEN:
            continue
        granted = vtn.granted(work.session, work.tenant, client.id)
        held = _held(work, client)
        is_ours = held is not None and not set(held.targets).isdisjoint(program.targets)
        is_granted = not program.targets or not granted.isdisjoint(program.targets)
        found.append(Grant(client=client, is_granted=is_granted, is_ours=is_ours))
    return found


def grant(work: Work, program: VtnObject, client_id: str) -> None:
    """Let a VEN see a program.

    Raises
    ------
    UnknownId, InvalidFields
    """
    client = find_client(work, client_id)
    if role_of(client) is not VtnRole.VEN:
        raise InvalidFields.one("client", "business logic sees every program already")
    held = _held(work, client)
    _write(work, client, held, (*(held.targets if held else ()), *program.targets))


def take_back(work: Work, program: VtnObject, client_id: str) -> None:
    """Undo a grant of this kind; what business logic granted stays.

    Raises
    ------
    UnknownId
    """
    client = find_client(work, client_id)
    held = _held(work, client)
    if held is not None:
        left = [target for target in held.targets if target not in program.targets]
        _write(work, client, held, tuple(left))


def _held(work: Work, client: Credential) -> VtnObject | None:
    """The ven of these grants."""
    wanted = Wanted(name=_name(client))
    found = vtn.list_objects(work.session, work.tenant, VtnKind.VEN, None, wanted)
    return next((one for one in found if one.client_id == client.id), None)


def _write(
    work: Work, client: Credential, held: VtnObject | None, targets: tuple[str, ...]
) -> None:
    told = tuple(dict.fromkeys(targets))
    content = {"venName": _name(client), "targets": list(told)}
    if held is not None:
        after = replace(held, content=content, targets=told, modified_at=work.now)
        notify(work, VtnVerb.UPDATE, vtn.save_object(work.session, work.tenant, after))
        return
    made = VtnObject(
        id=new_id("vtn_ven"),
        kind=VtnKind.VEN,
        content=content,
        created_at=work.now,
        modified_at=work.now,
        targets=told,
        client_id=client.id,
        unique_name=f"VEN/{_name(client)}",
        is_of_bl=True,
    )
    vtn.add_object(work.session, work.tenant, made)
    notify(work, VtnVerb.CREATE, made)


def _name(client: Credential) -> str:
    return f"granted to {client.id}"
