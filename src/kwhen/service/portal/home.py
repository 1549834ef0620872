"""A home's price at a glance: today and tomorrow, and what it used when it cost how much."""

from typing import Annotated, Any

import orjson
from starlette.responses import Response

from kwhen.errors import KwhenError
from kwhen.operations import homes
from kwhen.operations.home_prices import HomePrices, home_prices, priced_use, two_days
from kwhen.operations.home_values import home_value, plan_of
from kwhen.operations.open_adr import event_of
from kwhen.operations.price_signals import answer_for_value
from kwhen.operations.work import Work
from kwhen.records import HomeRecord, Scope
from kwhen.service.door import ReadWork
from kwhen.service.portal.pages import HEADERS, go_to, render
from kwhen.service.portal.price_file import prices_csv
from kwhen.service.portal.price_words import price_values, use_values
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import ROOT, PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.HOMES_READ, Scope.PRICE_SIGNAL_READ)]
HOMES_LISTED = 12
EVERYTHING = ("components", "exportPrices", "sources")


@router.get("")
def start(caller: Reader, work: ReadWork) -> Response:
    """The first home; where there is none, how to make one."""
    found = homes.list_homes(work, homes.Page(size_count=1))
    if found:
        return go_to(f"{ROOT}/homes/{found[0].id}")
    return render("start.html", caller)


@router.get("/")
def start_too() -> Response:
    """The same with a slash."""
    return go_to(ROOT)


@router.get("/homes/{home_id}")
def show(home_id: str, caller: Reader, work: ReadWork) -> Response:
    """A home."""
    home = homes.get_home(work, home_id)
    told: dict[str, Any] = {
        "home": home,
        "others": homes.list_homes(work, homes.Page(size_count=HOMES_LISTED)),
        "prices": None,
        "use": None,
        "trouble": "",
        "plan": "",
    }
    if home.facts.rate_plan_id is None:
        return render("home.html", caller, **told)
    try:
        plan = plan_of(work, home.facts)
        told["plan"] = f"{plan.utility}, {plan.name}"
        told["prices"] = price_values(home, home_prices(work, home))
        used = priced_use(work, home)
        told["use"] = None if used is None else use_values(used)
    except KwhenError as error:
        told["trouble"] = str(error)
    return render("home.html", caller, **told)


@router.get("/homes/{home_id}/prices.csv")
def as_csv(home_id: str, caller: Reader, work: ReadWork) -> Response:
    """The same numbers for a spreadsheet."""
    home, found = _found(work, home_id)
    return _file(prices_csv(found), "text/csv; charset=utf-8", _name(found, home, "csv"))


@router.get("/homes/{home_id}/prices.json")
def as_json(home_id: str, caller: Reader, work: ReadWork) -> Response:
    """The same as the API answers it, with everything it includes."""
    home, found = _found(work, home_id)
    value = home_value(work, home)
    body = answer_for_value(work, home_id, value, two_days(work, found.zone), None, EVERYTHING)
    return _file(body, "application/json", _name(found, home, "json"))


@router.get("/homes/{home_id}/prices.openadr.json")
def as_event(home_id: str, caller: Reader, work: ReadWork) -> Response:
    """The same as an OpenADR 3 event."""
    home, found = _found(work, home_id)
    body = orjson.dumps(event_of(home_id, found.signal, work.now))
    return _file(body, "application/json", _name(found, home, "openadr.json"))


def _found(work: Work, home_id: str) -> tuple[HomeRecord, HomePrices]:
    home = homes.get_home(work, home_id)
    return home, home_prices(work, home)


def _name(found: HomePrices, home: HomeRecord, ending: str) -> str:
    return f"prices-{home.id}-{found.starts[0].date()}.{ending}"


def _file(body: bytes, media_type: str, name: str) -> Response:
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, media_type=media_type, headers=headers)
