"""The way of a request to the portal: the door's, with a session, and forms that are ours."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from kwhen.operations.gate import Passed, pass_by_address, pass_with_portal
from kwhen.records import Scope
from kwhen.service.door import GatedRoute, address_of, deployment_of
from kwhen.service.packing import packed
from kwhen.service.portal.forms import Form, TakesForm, read_form
from kwhen.service.portal.session import (
    CSRF_FIELD,
    PortalCaller,
    caller_of,
    check_csrf,
    check_origin,
    token_of,
)
from kwhen.service.requests import BoundedRequest

Mark = TypeVar("Mark")
SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class PortalNeeds:
    """Marks a route for who is signed in, by a key with all of some scopes; gives the caller."""

    scopes: frozenset[Scope]

    async def __call__(self, request: Request) -> PortalCaller:
        """Who passed the gate."""
        caller = caller_of(request)
        assert caller is not None
        return caller


def signed_in(*scopes: Scope) -> Any:
    """The caller: `caller: Annotated[PortalCaller, signed_in(Scope.HOMES_READ)]`."""
    return Depends(PortalNeeds(frozenset(scopes)))


class PortalRoute(GatedRoute):
    """A route of the portal; one without `signed_in` is open to all."""

    def passed(self, request: Request) -> Passed:
        """Who is signed in with a key that may do this, or asks not too often."""
        deployment, needed = deployment_of(request), self._marked(PortalNeeds)
        if needed is None:
            return pass_by_address(deployment, address_of(request))
        return pass_with_portal(deployment, token_of(request), needed.scopes)

    async def check(self, request: BoundedRequest) -> None:
        """What changes something is a form of ours, sent from a page of ours."""
        if request.method in SAFE:
            return
        check_origin(request)
        wanted, caller = self._marked(TakesForm), caller_of(request)
        if wanted is not None and caller is not None:
            most_bytes = deployment_of(request).settings.max_body_bytes
            request.limit_bytes = min(wanted.limit_bytes, most_bytes)
        form: Form = await read_form(request)
        request.state.form = form
        if caller is not None:
            check_csrf(request, caller, form.text(CSRF_FIELD))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The door's handler, whose answers are packed for clients that can unpack."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await packed(request, await inner(request))

        return handle

    def _marked(self, kind: type[Mark]) -> Mark | None:
        calls = [dependency.call for dependency in self.dependant.dependencies]
        return next((call for call in calls if isinstance(call, kind)), None)


def portal_router() -> APIRouter:
    """A router of the portal; it is no part of the API's document."""
    return APIRouter(prefix="/portal", route_class=PortalRoute, include_in_schema=False)
