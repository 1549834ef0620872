"""The OpenADR server: its addresses, tariff programs, and what the tenant has on it."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import UnknownId
from kwhen.operations.vtn import overview
from kwhen.operations.vtn.clients import list_clients, role_of
from kwhen.operations.vtn.tariffs import event_object, tariff_named
from kwhen.operations.work import Work
from kwhen.records import Scope, VtnKind, VtnObject, VtnVersion
from kwhen.service.door import ReadWork, public_address
from kwhen.service.portal.pages import render
from kwhen.service.portal.problems import is_htmx
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.OPENADR_READ)]
Word = Annotated[str, Query(max_length=128)]
PageNumber = Annotated[int, Query(ge=1, le=100_000)]
KINDS = {
    "programs": (VtnKind.PROGRAM, "Programs"),
    "subscriptions": (VtnKind.SUBSCRIPTION, "Subscriptions"),
    "vens": (VtnKind.VEN, "VENs"),
    "events": (VtnKind.EVENT, "Events"),
}
DONE = {
    "revoked": "The client is revoked, and its tokens with it.",
    "removed": "The program is removed, with its events.",
    "made": "That form has made its client already; its secret was shown then.",
}


@router.get("/openadr")
def index(
    request: Request, caller: Reader, work: ReadWork, q: Word = "", done: Word = ""
) -> Response:
    """Everything at a glance; a search brings other tariff programs alone."""
    base = public_address(request)
    tariffs = overview.search_tariffs(work, q.replace("\0", ""), limit_count=8)
    if is_htmx(request):
        return render("_tariffs.html", caller, tariffs=tariffs, q=q, base=base)
    return render(
        "openadr.html",
        caller,
        base=base,
        versions=[version.value for version in reversed(VtnVersion)],
        tariffs=tariffs,
        q=q,
        clients=[(one, role_of(one).value) for one in reversed(list_clients(work))],
        programs=overview.held(work, VtnKind.PROGRAM),
        subscriptions=overview.held(work, VtnKind.SUBSCRIPTION),
        vens=overview.held(work, VtnKind.VEN),
        names=client_names(work),
        owed=overview.owed_counts(work),
        done=DONE.get(done, ""),
        now=work.now,
    )


@router.get("/openadr/tariffs/{name}")
def tariff(request: Request, name: str, caller: Reader, work: ReadWork) -> Response:
    """A tariff program: where it is read, and its events."""
    program = tariff_named(work.stock, name)
    if program is None:
        raise UnknownId(f"there is no tariff program {name[:64]!r}")
    events = [event_object(work, program, day) for day in program.days(work.now)]
    return render(
        "tariff_program.html",
        caller,
        tariff=overview.tariff_address(program),
        plan=program.plan,
        events=[(event, prices_of(event)) for event in events],
        base=public_address(request),
    )


@router.get("/openadr/all/{kind}")
def every(kind: str, caller: Reader, work: ReadWork, page: PageNumber = 1) -> Response:
    """All objects of a kind that the tenant has, oldest first."""
    if kind not in KINDS:
        raise UnknownId(f"there is no list of {kind[:64]!r}")
    wanted, words = KINDS[kind]
    held = overview.held(work, wanted, skip_count=(page - 1) * overview.SHOWN_COUNT)
    return render(
        "openadr_all.html",
        caller,
        kind=kind,
        words=words,
        held=held,
        page=page,
        pages=-(-held.count // overview.SHOWN_COUNT),
        names=client_names(work),
        owed=overview.owed_counts(work),
        now=work.now,
    )


def client_names(work: Work) -> dict[str, str]:
    """The names of the tenant's OAuth clients by id."""
    return {client.id: client.name for client in list_clients(work)}


def prices_of(event: VtnObject) -> tuple[int, float | None, float | None]:
    """How many intervals an event has, and its lowest and highest price. [USD/kWh]"""
    intervals = event.content.get("intervals") or ()
    found = [
        payload["values"][0]
        for interval in intervals
        for payload in interval.get("payloads") or ()
        if payload.get("type") == "PRICE" and payload.get("values")
    ]
    known = [value for value in found if isinstance(value, int | float)]
    return len(intervals), min(known, default=None), max(known, default=None)
