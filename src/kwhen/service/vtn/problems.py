"""Errors of the OpenADR server: problem objects, as its standard has them."""

from http import HTTPStatus

import orjson
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import InvalidFields, RateLimited
from kwhen.records import VtnVersion

ROOT = "/openadr3/"
OLD_ROOT = f"{ROOT}{VtnVersion.V3_0_1}/"


def is_vtn(request: Request) -> bool:
    """Whether a request is for the OpenADR server."""
    return request.url.path.startswith(ROOT)


def vtn_problem(
    request: Request, status: int, error: Exception | str, headers: dict[str, str]
) -> Response:
    """The answer to a request that ended in an error; 3.0.1 knows no 401."""
    is_unknown = status == HTTPStatus.UNAUTHORIZED
    if is_unknown and request.url.path.startswith(OLD_ROOT):
        status = HTTPStatus.FORBIDDEN.value
    elif is_unknown:
        headers = {**headers, "WWW-Authenticate": 'Bearer realm="kwhen"'}
    if isinstance(error, RateLimited):
        headers = {**headers, "Retry-After": str(max(1, -int(-error.retry_after_s // 1)))}
    detail = str(error)
    if isinstance(error, InvalidFields):
        detail = "; ".join(f"{f.field}: {f.message}".lstrip(": ") for f in error.fields)
    body = {"title": HTTPStatus(status).phrase, "status": int(status), "detail": detail}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
