"""Routes that are called most: answered at once where nothing waits, past most of FastAPI.

Why: decision 0011.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kwhen.errors import KwhenError
from kwhen.haste import InHaste, NotNow
from kwhen.service.door import DoorRoute, Needs, caller_of, limit_body
from kwhen.service.requests import BoundedRequest, header_of
from kwhen.service.state import limit_headers, passed_of
from kwhen.service.threads import on_thread

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
        assert not (takes.query_params or takes.header_params or takes.cookie_params)
        assert all(not body.field_info.is_required() for body in takes.body_params)
        self._given = {str(one.name): one.call for one in takes.dependencies if one.call}
        self._usual = self.app
        self.app = self._answered

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The short way; the usual one for large bodies."""
        request = BoundedRequest(scope, receive)
        if not _is_modest(request):
            await self._usual(scope, receive, send)
            return
        limit_body(request, is_known=self.needed is not None)
        values: dict[str, Any] = dict(request.path_params)
        failure: Exception | None = None
        try:
            values |= await self._read(request)
        except (KwhenError, HTTPException, RequestValidationError) as error:
            failure = error
        try:
            with InHaste():
                response = self._answer(request, values, failure)
        except NotNow:
            response = await on_thread(self._answer, request, values, failure)
        told = limit_headers(request)
        response.raw_headers += [(name.encode(), value.encode()) for name, value in told.items()]
        await response(scope, receive, send)

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


def _is_modest(request: Request) -> bool:
    said = header_of(request, "content-length") or "0"
    is_whole = header_of(request, "transfer-encoding") is None
    return is_whole and said.isdecimal() and len(said) < 10 and int(said) <= MOST_EARLY_BYTES


def gated_hot(prefix: str, tag: str) -> APIRouter:
    """A router of such routes."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=HotRoute, strict_content_type=False)
