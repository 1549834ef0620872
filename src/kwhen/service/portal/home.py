"""A home's price at a glance."""

from typing import Annotated

from starlette.responses import Response

from kwhen.operations import homes
from kwhen.records import Scope
from kwhen.service.door import ReadWork
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import ROOT, PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.HOMES_READ, Scope.PRICE_SIGNAL_READ)]


@router.get("")
def start(caller: Reader, work: ReadWork) -> Response:
    """The first home; where there is none, how to make one."""
    found = homes.list_homes(work, homes.Page(size_count=1))
    if found:
        return go_to(f"{ROOT}/homes/{found[0].id}")
    return render("start.html", caller)


@router.get("/homes/{home_id}")
def show(home_id: str, caller: Reader, work: ReadWork) -> Response:
    """A home."""
    return render("home.html", caller, home=homes.get_home(work, home_id))
