"""Errors of the OpenADR server: problem objects, as its standard has them."""

from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import InvalidFields, RateLimited
from kwhen.operations.vtn.clients import OAuthError
from kwhen.records import VtnVersion

ROOT = "/openadr3/"
TOKEN_PATH = "/auth/token"
OLD_ROOT = f"{ROOT}{VtnVersion.V3_0_1}/"


def is_vtn(request: Request) -> bool:
    """Whether a request is for the OpenADR server."""
    return request.url.path.startswith(ROOT)


def vtn_problem(
    request: Request, status: int, error: Exception | str, headers: dict[str, str]
) -> Response:
    """The answer to a request that ended in an error; 3.0.1 knows no 401."""
    if request.url.path.endswith(TOKEN_PATH):
        return _oauth_error(request, status, error, headers)
    is_unknown = status == HTTPStatus.UNAUTHORIZED
    if is_unknown and request.url.path.startswith(OLD_ROOT):
        status = HTTPStatus.FORBIDDEN.value
    elif is_unknown:
        headers = {**headers, "WWW-Authenticate": 'Bearer realm="kwhen"'}
    if isinstance(error, RateLimited):
        headers = {**headers, "Retry-After": str(max(1, -int(-error.retry_after_s // 1)))}
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": _detail(error)}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def _oauth_error(
    request: Request, status: int, error: Exception | str, headers: dict[str, str]
) -> Response:
    """The same where tokens are given, as RFC 6749 has it."""
    code = "invalid_request"
    if isinstance(error, OAuthError):
        status, code = error.status, error.code
    if status == HTTPStatus.UNAUTHORIZED and "authorization" in request.headers:
        headers = {**headers, "WWW-Authenticate": 'Basic realm="kwhen"'}
    headers = {**headers, "Cache-Control": "no-store"}
    body = {"error": code, "error_description": _detail(error)}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def _detail(error: Exception | str) -> str:
    if not isinstance(error, InvalidFields):
        return str(error)
    return "; ".join(f"{f.field}: {f.message}".lstrip(": ") for f in error.fields)
