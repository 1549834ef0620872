"""Errors and headers of the OpenAPI document: each written once, referred to by operations."""

from collections import defaultdict
from typing import Any

from kwhen.service.problems import KINDS, NO_ROUTE, UNFORESEEN, Kind
from kwhen.service.requests import JSON_TYPE

WRONG_METHOD = Kind(405, NO_ROUTE.code, "Send the request as POST.")
NOT_READY = 503
TITLES = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "ContentTooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequests",
    500: "InternalError",
}
WORDS = {
    400: "What was asked cannot be done: the body is not as it should be, or no figure is held.",
    401: "No credential, or one that is not known, expired or revoked.",
    403: "The credential may not do this.",
    404: "There is no such object in this environment.",
    405: "The path takes another method.",
    409: "The object has changed since, or the Idempotency-Key was used with another body.",
    413: "The body is too large.",
    415: "The body is of a type or an encoding that is not read here.",
    429: "Too many requests; Retry-After says when to try again.",
    500: "An error of the service.",
}
MESSAGES = {
    "AUTH_MISSING_API_KEY": "Missing x-ws-api-key header.",
    "AUTH_INVALID_API_KEY": "The API key is not known.",
    "AUTH_EXPIRED_CREDENTIAL": "The API key has expired.",
    "AUTH_REVOKED_CREDENTIAL": "The API key was revoked.",
    "AUTH_INSUFFICIENT_SCOPE": "This needs the scope homes:write.",
    "FORBIDDEN": "A home of production cannot be removed.",
    "PRODUCTION_ACCESS_DENIED": "This organisation has a sandbox only.",
    "NOT_FOUND": "There is no home ws_home_0123456789abcdef0123456789abcdef.",
    "RATE_LIMITED": "More than 600 requests a minute.",
    "INTERNAL_ERROR": "Something went wrong on our side.",
}
OTHER_MESSAGES = {
    400: "Request validation failed.",
    405: "/v1/homes/list takes POST, not GET.",
    409: "The home was changed at 2026-07-01T16:00:00.000Z.",
    413: "The body is larger than 2097152 bytes.",
    415: "The body is 'text/csv'; send application/json.",
}
HEADERS: dict[str, dict[str, Any]] = {
    "x-request-id": {
        "description": "Id of the request; errors repeat it as request_id.",
        "schema": {"type": "string"},
        "example": "req_0123456789abcdef0123456789abcdef",
    },
    "RateLimit-Policy": {
        "description": "Requests (q) that a credential has in a window (w) of seconds.",
        "schema": {"type": "string"},
        "example": '"default";q=600;w=60',
    },
    "RateLimit": {
        "description": "Requests that are left (r), and seconds until all are there again (t).",
        "schema": {"type": "string"},
        "example": '"default";r=599;t=1',
    },
    "Retry-After": {
        "description": "Seconds to wait before the request is sent again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 3,
    },
    "Idempotent-Replayed": {
        "description": "`true` where the answer is the one given before to this Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
    "Allow": {
        "description": "The methods that the path takes.",
        "schema": {"type": "string"},
        "example": "POST",
    },
    "WWW-Authenticate": {
        "description": "How to send a credential.",
        "schema": {"type": "string"},
        "example": 'ApiKey header="x-ws-api-key", Bearer',
    },
}
LIMITS = ("RateLimit-Policy", "RateLimit")
ALSO = {401: ("WWW-Authenticate",), 405: ("Allow",), 429: ("Retry-After",)}


def kinds_by_status() -> dict[int, list[Kind]]:
    """Every kind of error that is told, by its status."""
    found: dict[int, list[Kind]] = defaultdict(list)
    for kind in (*KINDS.values(), WRONG_METHOD, UNFORESEEN):
        found[kind.status].append(kind)
    return dict(sorted(found.items()))


def error_codes() -> list[str]:
    """Every word that error_code can be."""
    return sorted({kind.code for kinds in kinds_by_status().values() for kind in kinds})


def header_references(*names: str) -> dict[str, Any]:
    """References to headers of the document."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def problem_reference(status: int) -> dict[str, str]:
    """A reference to the answer of an error."""
    return {"$ref": f"#/components/responses/{TITLES[status]}"}


def problem_responses() -> dict[str, Any]:
    """The answers of errors by their names, each with an example of every code."""
    return {
        TITLES[status]: {
            "description": WORDS[status],
            "headers": header_references("x-request-id", *ALSO.get(status, ()), *_limits(status)),
            "content": {JSON_TYPE: {"schema": _PROBLEM, "examples": _examples(kinds)}},
        }
        for status, kinds in kinds_by_status().items()
    }


_PROBLEM = {"$ref": "#/components/schemas/Problem"}


def _limits(status: int) -> tuple[str, ...]:
    return () if status in (401, 405) else LIMITS


def _examples(kinds: list[Kind]) -> dict[str, Any]:
    return {kind.code: {"value": _example(kind)} for kind in kinds}


def _example(kind: Kind) -> dict[str, Any]:
    body: dict[str, Any] = {
        "request_id": "req_123",
        "error_code": kind.code,
        "message": OTHER_MESSAGES.get(kind.status) or MESSAGES[kind.code],
        "recovery_action": kind.recovery,
    }
    if kind.status == 400:
        body["field_errors"] = [{"field": "zipcode", "message": "zipcode is invalid"}]
    if kind.status == 429:
        body["retry_after_seconds"] = 3
    return body
