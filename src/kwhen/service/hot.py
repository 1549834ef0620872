"""Routes that are called most: answered at once where nothing waits, past FastAPI.

Why: decision 0011.
"""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from kwhen.haste import InHaste, NotNow
from kwhen.service.door import DoorRoute, Needs, caller_of, limit_body
from kwhen.service.problems import TOLD, answer_of
from kwhen.service.requests import BoundedRequest, header_of
from kwhen.service.state import limit_headers, passed_of
from kwhen.service.threads import on_thread

METHOD = "POST"
MOST_EARLY_BYTES = 1024 * 1024  # of a body that is read before it is known who sent it


class HotRoute(DoorRoute):
    """A route of ids in its path, of what the door declares, and at most of an optional body.

    A body of a told, modest size is read first. Then the gate is asked and the answer made right
    here, or on a thread where that would take time. The gate is heard first all the same: what is
    wrong with the body of a stranger is not told.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        super().__init__(path, endpoint, **given)
        takes = self.dependant
        assert self.methods == {METHOD}
        assert not (takes.query_params or takes.header_params or takes.cookie_params)
        assert all(not body.field_info.is_required() for body in takes.body_params)
        self._given = {str(one.name): one.call for one in takes.dependencies if one.call}

    async def answer_to(self, request: BoundedRequest) -> Response:
        """The answer to a request whose body is modest.

        Raises
        ------
        KwhenError, HTTPException, RequestValidationError
        """
        limit_body(request, is_known=self.needed is not None)
        values: dict[str, Any] = dict(request.path_params)
        failure: Exception | None = None
        try:
            values |= await self._read(request)
        except TOLD as error:
            failure = error
        try:
            with InHaste():
                response = self._answer(request, values, failure)
        except NotNow:
            response = await on_thread(self._answer, request, values, failure)
        told = limit_headers(request)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in told.items()]
        return response

    async def _read(self, request: BoundedRequest) -> dict[str, Any]:
        """What the handler is given beside the ids; the caller is not known yet."""
        values: dict[str, Any] = {}
        for body in self.dependant.body_params:
            sent = await request.json()
            if sent is None:
                continue  # the handler's own word for none
            values[body.name], errors = body.validate(sent, loc=("body",))
            if errors:
                raise RequestValidationError(errors)
        for name, call in self._given.items():
            if not isinstance(call, Needs):
                values[name] = await call(request)
        return values

    def _answer(
        self, request: BoundedRequest, values: dict[str, Any], failure: Exception | None
    ) -> Response:
        if passed_of(request) is None:  # each request counts once
            self.let_in(request)
        if failure is not None:
            raise failure
        for name, call in self._given.items():
            if isinstance(call, Needs):
                values[name] = caller_of(request)
        return self.answer(**values)


class ShortWay:
    """The layer that takes a request to its hot route; all others, and large bodies, go on.

    FastAPI's layers and its router would take a good part of what a price signal takes.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self.app = app
        hot = (route for route in routes if isinstance(route, HotRoute))
        self._routes = sorted(hot, key=lambda route: "{" in route.path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        route = self._route_of(scope)
        if route is None:
            await self.app(scope, receive, send)
            return
        request = BoundedRequest(scope, receive)
        try:
            response = await route.answer_to(request)
        except TOLD as error:
            response = answer_of(request, error)
        await response(scope, receive, send)

    def _route_of(self, scope: Scope) -> HotRoute | None:
        """The hot route of a request with a modest body, which is told in the scope."""
        if scope["type"] != "http" or scope["method"] != METHOD or scope.get("root_path"):
            return None
        for route in self._routes:
            found = route.path_regex.match(scope["path"])
            if found is not None and _is_modest(scope):
                scope.update(route=route, path_params=found.groupdict())
                return route
        return None


def _is_modest(scope: Scope) -> bool:
    said = header_of(scope, "content-length") or "0"
    is_whole = header_of(scope, "transfer-encoding") is None
    return is_whole and said.isdecimal() and len(said) < 10 and int(said) <= MOST_EARLY_BYTES


def gated_hot(prefix: str, tag: str) -> APIRouter:
    """A router of such routes."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=HotRoute, strict_content_type=False)
