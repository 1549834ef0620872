"""Homes, looked for and listed."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from kwhen.operations.home_search import find_homes
from kwhen.operations.homes import plan_names
from kwhen.records import Scope
from kwhen.service.door import ReadWork
from kwhen.service.portal.pages import render
from kwhen.service.portal.problems import is_htmx
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.HOMES_READ)]
Word = Annotated[str, Query(max_length=255)]
Id = Annotated[str | None, Query(max_length=64, pattern=r"^\w*$")]
DONE = {
    "removed": "The home was removed, with its history.",
}


@router.get("/homes")
def index(
    request: Request,
    caller: Reader,
    work: ReadWork,
    q: Word = "",
    after: Id = None,
    before: Id = None,
    done: Word = "",
) -> Response:
    """The homes that a word finds, a page at a time; without one all."""
    page = find_homes(work, q, after=after, before=before)
    return render(
        "_homes.html" if is_htmx(request) else "homes.html",
        caller,
        page=page,
        plans=plan_names(work, [home.facts.rate_plan_id for home in page.homes]),
        q=q,
        newer=_url(q, before=page.before),
        older=_url(q, after=page.after),
        done=DONE.get(done, ""),
    )


def _url(q: str, **edge: str | None) -> str | None:
    """The page before or after a home, None where there is none."""
    told = {name: value for name, value in edge.items() if value is not None}
    if not told:
        return None
    return "/portal/homes?" + urlencode({**({"q": q} if q else {}), **told})
