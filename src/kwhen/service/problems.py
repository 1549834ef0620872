"""One table from errors to statuses, and the one shape in which they are told."""

from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from kwhen.errors import (
    Conflict,
    ExpiredCredential,
    Forbidden,
    InsufficientScope,
    InvalidCredential,
    InvalidFields,
    KwhenError,
    MissingCredential,
    ProductionDenied,
    RateLimited,
    RevokedCredential,
    UnknownId,
)
from kwhen.service.portal.problems import is_portal, portal_problem
from kwhen.service.requests import TooLarge, UnsupportedMedia
from kwhen.service.state import limit_headers, request_id_of
from kwhen.service.vtn.problems import is_vtn, vtn_problem
from kwhen.wire.field_errors import MOST_FIELD_ERRORS, field_errors
from kwhen.wire.model import Answered

INVALID = "VALIDATION_FAILED"


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of error is told."""

    status: int
    code: str
    recovery: str


FIX_FIELDS = "Correct the request as the message and field_errors say, then send it again."
KINDS: dict[type[Exception], Kind] = {
    MissingCredential: Kind(
        401,
        "AUTH_MISSING_API_KEY",
        "Send your API key in the x-ws-api-key header, or a session token as a Bearer token.",
    ),
    InvalidCredential: Kind(
        401, "AUTH_INVALID_API_KEY", "Check the key for typing errors, or create a new one."
    ),
    ExpiredCredential: Kind(
        401, "AUTH_EXPIRED_CREDENTIAL", "Create a new key, or a new session token."
    ),
    RevokedCredential: Kind(401, "AUTH_REVOKED_CREDENTIAL", "Create a new key and use it instead."),
    InsufficientScope: Kind(
        403, "AUTH_INSUFFICIENT_SCOPE", "Use a credential that has the scope which is named."
    ),
    Forbidden: Kind(403, "FORBIDDEN", "This cannot be done to that object; do not try it again."),
    ProductionDenied: Kind(
        403, "PRODUCTION_ACCESS_DENIED", "Use the sandbox, or ask the operator for production."
    ),
    UnknownId: Kind(404, "NOT_FOUND", "Check the id: it must be one of your own environment."),
    Conflict: Kind(409, INVALID, "Read the object again, or use a new Idempotency-Key."),
    TooLarge: Kind(413, INVALID, "Send less in one request, for example a shorter window."),
    UnsupportedMedia: Kind(415, INVALID, "Send the body in a form that the message names."),
    RateLimited: Kind(429, "RATE_LIMITED", "Wait as long as Retry-After says, then try again."),
    KwhenError: Kind(400, INVALID, FIX_FIELDS),  # all others: what was asked cannot be done
}
TOLD = (KwhenError, RequestValidationError, HTTPException)
UNFORESEEN = Kind(500, "INTERNAL_ERROR", "Try again; if it stays, report the request_id.")
NO_ROUTE = Kind(404, "NOT_FOUND", "Check the path and the method against /api-reference.")


class FieldProblem(Answered):
    """What is wrong with a field."""

    field: str | None = Field(None, description="JSON path, such as usage[3][17].")
    message: str


class Problem(Answered):
    """An error."""

    request_id: str = Field(alias="request_id", examples=["req_123"])
    error_code: str = Field(alias="error_code", examples=[INVALID])
    message: str = Field(examples=["Request validation failed."])
    recovery_action: str | None = Field(
        None, alias="recovery_action", description="One sentence to act on."
    )
    field_errors: list[FieldProblem] | None = Field(None, alias="field_errors")
    retry_after_seconds: int | None = Field(None, alias="retry_after_seconds")


def kind_of(error: Exception) -> Kind:
    """The entry of the nearest class of an error."""
    return next(KINDS[cls] for cls in type(error).__mro__ if cls in KINDS)


def problem_body(kind: Kind, request_id: str, error: Exception | str) -> dict[str, Any]:
    """An error in the shape of the contract."""
    fields = error.fields[:MOST_FIELD_ERRORS] if isinstance(error, InvalidFields) else ()
    named = [field for field in fields if field.field]
    message = str(error)
    if named:
        message = "Request validation failed."
    body: dict[str, Any] = {
        "request_id": request_id,
        "error_code": kind.code,
        "message": message[:1].upper() + message[1:],
        "recovery_action": kind.recovery,
    }
    if named:
        body["field_errors"] = [{"field": f.field, "message": f.message} for f in named]
    if isinstance(error, RateLimited):
        body["retry_after_seconds"] = max(1, -int(-error.retry_after_s // 1))
    return body


def problem(
    request: Request, kind: Kind, error: Exception | str, headers: dict[str, str] | None = None
) -> Response:
    """The answer to a request that ended in an error."""
    if is_vtn(request):
        return vtn_problem(
            request, kind.status, error, {**limit_headers(request), **(headers or {})}
        )
    if is_portal(request):
        told = {**limit_headers(request), **(headers or {})}
        return portal_problem(request, kind.status, error, kind.recovery, told)
    body = problem_body(kind, request_id_of(request), error)
    told = {**limit_headers(request), **(headers or {})}
    if "retry_after_seconds" in body:
        told["Retry-After"] = str(body["retry_after_seconds"])
    if kind.status == 401:
        told["WWW-Authenticate"] = 'ApiKey header="x-ws-api-key", Bearer'
    return Response(
        orjson.dumps(body), status_code=kind.status, media_type="application/json", headers=told
    )


def tell_problems(app: FastAPI) -> None:
    """Have every error of an app answered in the one shape; the observer does the unforeseen."""
    for kind in TOLD:
        app.add_exception_handler(kind, _told)


async def _told(request: Request, error: Exception) -> Response:
    return answer_of(request, error)


def answer_of(request: Request, error: Exception) -> Response:
    """The answer to a request that ended in an error that is told."""
    match error:
        case RequestValidationError():
            return problem(request, KINDS[KwhenError], InvalidFields(field_errors(error.errors())))
        case HTTPException():
            return _http(request, error)
        case _:
            return problem(request, kind_of(error), error)


def _http(request: Request, error: HTTPException) -> Response:
    path = request.url.path[:200]
    if error.status_code == 405:
        allowed = ", ".join(_methods(request))
        message = f"{path} takes {allowed}, not {request.method}."
        kind = Kind(405, "NOT_FOUND", f"Send the request as {allowed}.")
        return problem(request, kind, message, {"Allow": allowed})
    if error.status_code == 404:
        return problem(request, NO_ROUTE, f"There is no route {path}.")
    return problem(request, Kind(error.status_code, INVALID, FIX_FIELDS), str(error.detail))


def unforeseen(request: Request) -> Response:
    """The answer where an error was not foreseen: nothing of it is told."""
    return problem(request, UNFORESEEN, "Something went wrong on our side.")


def _methods(request: Request) -> list[str]:
    """Every method that some route has for this path."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if route.matches(request.scope)[0] is not Match.NONE:
            found.update(getattr(route, "methods", None) or ())
    return sorted(found)
