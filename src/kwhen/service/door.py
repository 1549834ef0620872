"""The way of every request: gate, body, one transaction, bytes.

A handler is a plain function that parses, calls an operation and shapes the answer. `DoorRoute`
runs it between the gate and the answer; what it is given is declared by its parameters:
`caller: Annotated[Caller, needs(Scope.…)]`, `work: ReadWork` or `work: WriteWork`.
"""

import hashlib
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import InvalidFields, UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.gate import Passed, pass_by_address, pass_with_key
from kwhen.operations.vtn.callers import NOBODY
from kwhen.operations.work import Work
from kwhen.records import Credential, Scope, Tenant
from kwhen.service.requests import LARGEST_PLAIN_BYTES, BoundedRequest, header_of
from kwhen.service.state import credential_of, limit_headers, remember, request_id_of
from kwhen.storage import answers

KEY_HEADER = "x-ws-api-key"
LARGEST_OPEN_BYTES = 64 * 1024  # of bodies that anybody may send, some of which are kept
IDEMPOTENCY = "idempotency-key"
LONGEST_KEY_COUNT = 255
LONGEST_ADDRESS_COUNT = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: a credential of a tenant."""

    credential: Credential

    @property
    def tenant(self) -> Tenant:
        """Whose rows they see."""
        return self.credential.tenant


@dataclass(frozen=True, slots=True)
class Needs:
    """Marks a route that needs a credential, with a scope or with any; gives the caller."""

    scope: Scope | None

    async def __call__(self, request: Request) -> Caller:
        """Who passed the gate."""
        return caller_of(request)


def caller_of(request: Request) -> Caller:
    """Who passed the gate of a route that needs a credential."""
    credential = credential_of(request)
    assert credential is not None
    return Caller(credential=credential)


def needs(scope: Scope | None) -> Any:
    """The caller, who must have a scope; None: whatever their scopes are."""
    return Depends(Needs(scope))


@dataclass(frozen=True, slots=True)
class _Opener:
    """A transaction that opens when the handler runs."""

    request: Request
    open: Callable[[Tenant], AbstractContextManager[Work]]

    @property
    def tenant(self) -> Tenant:
        """Whose work it will be."""
        credential = credential_of(self.request)
        return NOBODY if credential is None else credential.tenant


def deployment_of(request: Request) -> Deployment:
    """The deployment that answers."""
    found: Deployment = request.scope["app"].state.deployment
    return found


def public_address(request: Request) -> str:
    """Where clients reach this deployment: its setting, else what the request came to."""
    known = deployment_of(request).settings.public_url.rstrip("/")
    return known or f"{request.url.scheme}://{request.url.netloc}"


async def _reading(request: Request) -> _Opener:
    return _Opener(request, deployment_of(request).reading)


async def _writing(request: Request) -> _Opener:
    return _Opener(request, deployment_of(request).writing)


async def _deployment(request: Request) -> Deployment:
    return deployment_of(request)


async def _request_id(request: Request) -> str:
    return request_id_of(request)


async def _address(request: Request) -> str:
    return address_of(request)


ReadWork = Annotated[Work, Depends(_reading)]
WriteWork = Annotated[Work, Depends(_writing)]
TheDeployment = Annotated[Deployment, Depends(_deployment)]
Address = Annotated[str, Depends(_address)]
RequestId = Annotated[str, Depends(_request_id)]


def address_of(request: Request) -> str:
    """The address of the client; of a trusted proxy's client, the server has put it here."""
    # A proxy's header may say anything, at any length.
    return request.client.host[:LONGEST_ADDRESS_COUNT] if request.client else "unknown"


class GatedRoute(APIRoute):
    """A route behind a gate, whose handler runs in one transaction."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **given: Any) -> None:
        self.answer = _in_transaction(endpoint)
        super().__init__(path, self.answer, **given)

    def passed(self, request: Request) -> Passed:
        """What the gate says to a request."""
        raise NotImplementedError

    def let_in(self, request: BoundedRequest) -> None:
        """Ask the gate, remember what it said, and grant the body that such a caller may send.

        Raises
        ------
        CredentialError, InsufficientScope, RateLimited, UnknownId
        """
        passed = self.passed(request)
        remember(request, passed)
        limit_body(request, is_known=passed.credential is not None)
        if passed.error is not None:
            raise passed.error
        if "\0" in request.scope["path"]:  # which a database refuses to look for
            raise UnknownId("No id has a NUL character.")

    async def check(self, request: BoundedRequest) -> None:
        """What else has to be right before the handler runs: nothing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's own handler, after the gate and the body."""
        inner = super().get_route_handler()
        takes_json = self.body_field is not None

        async def handle(request: Request) -> Response:
            bounded = BoundedRequest(request.scope, request.receive)
            await run_in_threadpool(self.let_in, bounded)
            await self.check(bounded)
            if takes_json:
                await bounded.json()  # here, where errors keep their own words
            response = await inner(bounded)
            response.headers.update(limit_headers(bounded))
            return response

        return handle


def limit_body(request: BoundedRequest, *, is_known: bool) -> None:
    """Set the limit of a body: strangers may send less."""
    usual_bytes = LARGEST_PLAIN_BYTES if is_known else LARGEST_OPEN_BYTES
    request.limit_bytes = min(usual_bytes, deployment_of(request).settings.max_body_bytes)


class DoorRoute(GatedRoute):
    """A route of the contract, for callers with a key or a session."""

    @cached_property
    def needed(self) -> Needs | None:
        """What a caller must have; None: the route is open to all."""
        calls = [dependency.call for dependency in self.dependant.dependencies]
        return next((call for call in calls if isinstance(call, Needs)), None)

    def passed(self, request: Request) -> Passed:
        """Who has a key that may do this, or asks not too often."""
        return _pass(request, self.needed)


def _pass(request: Request, needed: Needs | None) -> Passed:
    deployment = deployment_of(request)
    if needed is None:
        return pass_by_address(deployment, address_of(request))
    key = header_of(request.scope, KEY_HEADER)
    if key is not None:
        return pass_with_key(deployment, key.strip(), needed.scope, is_session=False)
    token = bearer_of(request)
    return pass_with_key(deployment, token, needed.scope, is_session=token is not None)


def bearer_of(request: Request) -> str | None:
    """The token of an Authorization header."""
    kind, _, token = (header_of(request.scope, "authorization") or "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _in_transaction(endpoint: Callable[..., Any]) -> Callable[..., Response]:
    """The handler with its work opened around it; the answer is made before the commit."""

    @wraps(endpoint)
    def run(**values: Any) -> Response:
        openers = [name for name, value in values.items() if isinstance(value, _Opener)]
        if not openers:
            return as_response(endpoint(**values))
        opener = values[openers[0]]
        with opener.open(opener.tenant) as work:
            values[openers[0]] = work
            return _once(opener.request, work, lambda: as_response(endpoint(**values)))

    return run


def _once(request: Request, work: Work, answer: Callable[[], Response]) -> Response:
    """The answer; with an Idempotency-Key on a route that takes one, the one given before."""
    key = header_of(request.scope, IDEMPOTENCY)
    if key is None or not getattr(request.scope["route"], "is_idempotent", False):
        return answer()
    if not 1 <= len(key) <= LONGEST_KEY_COUNT:
        raise InvalidFields.one("Idempotency-Key", f"give 1 to {LONGEST_KEY_COUNT} characters")
    route = request.scope["route"].path
    body: bytes = getattr(request, "_body", b"")
    hashed = hashlib.sha256(request.url.path.encode() + b"\n" + body).hexdigest()
    before = answers.claim(work.session, work.tenant, route, key, hashed, work.now)
    if before is not None:
        response = Response(before.body, before.status, media_type="application/json")
        response.headers["Idempotent-Replayed"] = "true"
        return response
    response = answer()
    kept = bytes(response.body)
    answers.keep(work.session, work.tenant, route, key, response.status_code, kept)
    return response


class OnceRoute(DoorRoute):
    """A route that takes an Idempotency-Key."""

    is_idempotent = True


def gated(prefix: str, tag: str, *, once: bool = False) -> APIRouter:
    """A router whose routes are behind the gate; with `once` they take an Idempotency-Key."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        route_class=OnceRoute if once else DoorRoute,
        strict_content_type=False,  # a body without a type is JSON
    )


def as_response(result: Any, status: int = 200) -> Response:
    """What a handler gives, as bytes."""
    if isinstance(result, Response):
        return result
    if isinstance(result, BaseModel):
        body = result.model_dump_json(by_alias=True).encode()
    elif isinstance(result, Sequence):
        body = orjson.dumps([item.model_dump(mode="json", by_alias=True) for item in result])
    else:
        body = orjson.dumps(result)
    return Response(body, status, media_type="application/json")
