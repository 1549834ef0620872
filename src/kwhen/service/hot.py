"""Routes that are called most: one hop to a worker thread (decision 0011)."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import KwhenError
from kwhen.service.door import Caller, DoorRoute, Needs, bounded_of, let_in
from kwhen.service.requests import BoundedRequest
from kwhen.service.state import limit_headers

MOST_EARLY_BYTES = 1024 * 1024  # of a body that is read before it is known who sent it


class HotRoute(DoorRoute):
    """A route whose parameters are ids of its path and what the door declares, nothing else.

    A body of a told, modest size is read first, then one thread asks the gate and answers. The
    gate is heard first all the same: what is wrong with the body of a stranger is not told.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The short way; the usual one for large bodies."""
        usual = super().get_route_handler()
        needed, endpoint = self.needed, self.endpoint
        given = {str(d.name): d.call for d in self.dependant.dependencies if d.call}

        async def handle(request: Request) -> Response:
            if not _is_modest(request):
                return await usual(request)
            bounded = bounded_of(request, needed)
            values: dict[str, Any] = dict(request.path_params)
            failure: Exception | None = None
            try:
                for name, call in given.items():
                    if not isinstance(call, Needs):
                        values[name] = await call(bounded)
            except (KwhenError, HTTPException) as error:
                failure = error
            response = await run_in_threadpool(answer, bounded, values, failure)
            response.headers.update(limit_headers(bounded))
            return response

        def answer(
            request: BoundedRequest, values: dict[str, Any], failure: Exception | None
        ) -> Response:
            let_in(request, needed)
            if failure is not None:
                raise failure
            for name, call in given.items():
                if isinstance(call, Needs):
                    values[name] = Caller(credential=request.state.passed.credential)
            made: Response = endpoint(**values)
            return made

        return handle


def _is_modest(request: Request) -> bool:
    said = request.headers.get("content-length", "")
    return said.isdigit() and len(said) < 10 and int(said) <= MOST_EARLY_BYTES


def gated_hot(prefix: str, tag: str) -> APIRouter:
    """A router of such routes."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=HotRoute, strict_content_type=False)
