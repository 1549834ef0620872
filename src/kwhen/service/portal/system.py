"""How the deployment is doing."""

from typing import Annotated

from starlette.responses import Response

from kwhen import __version__
from kwhen.operations.system_state import system_state
from kwhen.service.door import ReadWork
from kwhen.service.portal.pages import render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Anybody = Annotated[PortalCaller, signed_in()]


@router.get("/system")
def index(caller: Anybody, work: ReadWork) -> Response:
    """Facts, sources, queue, tables; nothing secret and nothing of other tenants."""
    state = system_state(work)
    return render("system.html", caller, state=state, version=__version__, now=work.now)
