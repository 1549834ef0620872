"""OpenADR, changed: clients made and revoked, a home's program asked for, granted, removed."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import InvalidFields
from kwhen.operations.credentials import checked_name
from kwhen.operations.home_search import find_homes
from kwhen.operations.vtn import grants, objects, overview
from kwhen.operations.vtn.clients import create_client, find_client, revoke_client, role_of
from kwhen.operations.work import Work
from kwhen.records import Scope, VtnKind, VtnRole, VtnVersion
from kwhen.service.door import ReadWork, WriteWork, public_address
from kwhen.service.portal import once
from kwhen.service.portal.forms import TheForm, errors_by_field
from kwhen.service.portal.openadr import client_names, prices_of
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.OPENADR_READ)]
Admin = Annotated[PortalCaller, signed_in(Scope.OPENADR_READ, Scope.KEYS_ADMIN)]
Asker = Annotated[PortalCaller, signed_in(Scope.OPENADR_READ, Scope.HOMES_READ, Scope.HOMES_WRITE)]
Word = Annotated[str, Query(max_length=64)]
HERE = "/portal/openadr"
ROLES = (
    (VtnRole.VEN.value, "VEN: reads what is granted to it"),
    (VtnRole.BL.value, "Business logic: sees and writes everything of this environment"),
)


@router.get("/openadr/clients/new")
def new_client(caller: Admin) -> Response:
    """An empty form."""
    return _client_form(caller, "", VtnRole.VEN.value)


@router.post("/openadr/clients/new")
def make_client(request: Request, caller: Admin, work: WriteWork, form: TheForm) -> Response:
    """Make an OAuth client; the answer is the only page that ever shows its secret."""
    if once.made_before(work, form, "client") is not None:
        return go_to(f"{HERE}?done=made")
    name, role = form.text("name"), form.text("role")
    try:
        if role not in set(VtnRole):
            raise InvalidFields.one("role", "choose one of the two")
        issued = create_client(work, checked_name(name), VtnRole(role))
    except InvalidFields as error:
        return _client_form(caller, name, role, error)
    once.note_made(work, form, "client", issued.credential.id)
    return render(
        "openadr_client_made.html",
        caller,
        client=issued.credential,
        secret=issued.secret,
        role=role,
        base=public_address(request),
        versions=[version.value for version in reversed(VtnVersion)],
    )


@router.get("/openadr/clients/{client_id}/revoke")
def ask_revoke(client_id: str, caller: Admin, work: ReadWork) -> Response:
    """Whether the client is really to end."""
    client = find_client(work, client_id)
    role = role_of(client).value
    return render("openadr_client_revoke.html", caller, client=client, role=role, now=work.now)


@router.post("/openadr/clients/{client_id}/revoke")
def revoke(client_id: str, caller: Admin, work: WriteWork) -> Response:
    """End a client and its tokens."""
    revoke_client(work, client_id)
    return go_to(f"{HERE}?done=revoked")


@router.get("/openadr/ask")
def ask(caller: Asker, work: ReadWork, home: Word = "") -> Response:
    """The form that asks for a home's program."""
    return _ask_form(work, caller, home.replace("\0", ""), "")


@router.post("/openadr/ask")
def make_program(caller: Asker, work: WriteWork, form: TheForm) -> Response:
    """Ask for a home's program; its events are there at once."""
    home_id, name = form.text("home"), form.text("name")
    try:
        made = objects.create_home_program(work, home_id, name)
    except InvalidFields as error:
        return _ask_form(work, caller, home_id, name, error)
    return go_to(f"{HERE}/programs/{made.id}")


@router.get("/openadr/programs/{program_id}")
def program(request: Request, program_id: str, caller: Reader, work: ReadWork) -> Response:
    """A program of the tenant: its home, events, addresses, and who sees it."""
    found = overview.find(work, VtnKind.PROGRAM, program_id)
    events = overview.held(work, VtnKind.EVENT, program_id=found.id)
    return render(
        "openadr_program.html",
        caller,
        program=found,
        events=[(event, prices_of(event)) for event in events.objects],
        events_count=events.count,
        grants=grants.grants_of(work, found),
        names=client_names(work),
        base=public_address(request),
        versions=[version.value for version in reversed(VtnVersion)],
    )


@router.post("/openadr/programs/{program_id}/grant")
def grant(program_id: str, caller: Admin, work: WriteWork, form: TheForm) -> Response:
    """Let a VEN see a program, or not any more."""
    found = overview.find(work, VtnKind.PROGRAM, program_id)
    change = grants.take_back if form.is_checked("back") else grants.grant
    change(work, found, form.text("client"))
    return go_to(f"{HERE}/programs/{found.id}")


@router.get("/openadr/programs/{program_id}/remove")
def ask_remove(program_id: str, caller: Asker, work: ReadWork) -> Response:
    """Whether the program is really to go."""
    found = overview.find(work, VtnKind.PROGRAM, program_id)
    return render("openadr_program_remove.html", caller, program=found)


@router.post("/openadr/programs/{program_id}/remove")
def remove(program_id: str, caller: Asker, work: WriteWork) -> Response:
    """Remove a program with its events."""
    objects.remove_program(work, program_id)
    return go_to(f"{HERE}?done=removed")


def _client_form(
    caller: PortalCaller, name: str, role: str, error: InvalidFields | None = None
) -> Response:
    return render(
        "openadr_client_form.html",
        caller,
        status=400 if error else 200,
        name=name,
        role=role,
        roles=ROLES,
        errors=errors_by_field(error),
        once=once.fresh(),
    )


def _ask_form(
    work: Work,
    caller: PortalCaller,
    home_id: str,
    name: str,
    error: InvalidFields | None = None,
) -> Response:
    """The form; without a home it offers the first ones."""
    found = find_homes(work, home_id if home_id.startswith("ws_home_") else "", page_count=100)
    choices = [(home.id, home.facts.name or home.id) for home in found.homes]
    return render(
        "openadr_ask.html",
        caller,
        status=400 if error else 200,
        home=home_id,
        name=name,
        choices=choices,
        errors=errors_by_field(error),
    )
