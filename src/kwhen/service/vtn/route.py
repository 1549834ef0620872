"""The way of a request to the OpenADR server: the door's, with access tokens."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from kwhen.operations.gate import Passed, pass_by_address, pass_with_token
from kwhen.operations.vtn.callers import VtnCaller
from kwhen.records import VtnScope, VtnVersion
from kwhen.service.door import GatedRoute, address_of, bearer_of, deployment_of
from kwhen.service.packing import packed
from kwhen.service.state import credential_of
from kwhen.service.vtn.problems import OLD_ROOT, ROOT

FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class VtnNeeds:
    """Marks a route that needs a token with one of some scopes; gives the caller."""

    scopes: frozenset[VtnScope]
    is_open: bool = False  # strangers may come too

    async def __call__(self, request: Request) -> VtnCaller:
        """Who passed the gate."""
        return VtnCaller(credential=credential_of(request), version=version_of(request))


def version_of(request: Request) -> VtnVersion:
    """The edition that the path names; paths beside the two speak the newer one."""
    is_old = request.url.path.startswith(OLD_ROOT)
    return VtnVersion.V3_0_1 if is_old else VtnVersion.V3_1_0


class VtnRoute(GatedRoute):
    """A route of the OpenADR server."""

    def passed(self, request: Request) -> Passed:
        """Who has a token that may do this; where a route is open, also who has none."""
        deployment, token = deployment_of(request), bearer_of(request)
        calls = [dependency.call for dependency in self.dependant.dependencies]
        needed = next((call for call in calls if isinstance(call, VtnNeeds)), None)
        if needed is None or (needed.is_open and "authorization" not in request.headers):
            return pass_by_address(deployment, address_of(request))
        return pass_with_token(deployment, token, needed.scopes)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The door's handler, whose long answers are packed for clients that can unpack."""
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await packed(request, await inner(request))

        return handle


async def _json(request: Request) -> Any:
    return await request.json()


JsonBody = Annotated[Any, Depends(_json)]


def vtn_router(prefix: str = "") -> APIRouter:
    """A router of the OpenADR server; its description is the standard's."""
    return APIRouter(prefix=prefix, route_class=VtnRoute, include_in_schema=False)


def versioned_router(version: VtnVersion) -> APIRouter:
    """A router of one edition."""
    return vtn_router(f"{ROOT}{version}")


def array_of(parts: Sequence[bytes]) -> Response:
    """An array of what is JSON already."""
    return Response(b"[" + b",".join(parts) + b"]", media_type="application/json")


def answer(body: Any, status: int = 200) -> Response:
    """An object as JSON."""
    return Response(orjson.dumps(body), status, media_type="application/json")
