"""What went wrong, as a page; who is not signed in goes to the page where one signs in."""

from http import HTTPStatus
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from kwhen.errors import CredentialError, InvalidFields, RateLimited
from kwhen.service.portal.assets import ScriptsMissing
from kwhen.service.portal.pages import HEADERS, go_to, render
from kwhen.service.portal.session import ROOT, caller_of
from kwhen.service.state import request_id_of

SIGN_IN = f"{ROOT}/sign-in"
TITLES = {
    400: "That cannot be done",
    403: "This is not open to you",
    404: "There is nothing here",
    405: "That cannot be done here",
    409: "Something changed meanwhile",
    413: "That is too large",
    415: "That is of the wrong kind",
    429: "A little slower, please",
    500: "Something went wrong on our side",
}


def is_portal(request: Request) -> bool:
    """Whether a request is for the portal."""
    return request.url.path == ROOT or request.url.path.startswith(f"{ROOT}/")


def portal_problem(
    request: Request, status: int, error: Exception | str, recovery: str, headers: dict[str, str]
) -> Response:
    """The answer to a request that ended in an error."""
    if isinstance(error, ScriptsMissing):
        return PlainTextResponse(f"{error}\n", 503, HEADERS)
    if isinstance(error, CredentialError):
        return _to_sign_in(request, is_ended=bool(request.cookies))
    if isinstance(error, RateLimited):
        headers = {**headers, "Retry-After": str(max(1, -int(-error.retry_after_s // 1)))}
    is_part = is_htmx(request)
    try:
        response = render(
            "_problem.html" if is_part else "problem.html",
            caller_of(request),
            status=status,
            title=TITLES.get(status, HTTPStatus(status).phrase),
            message=_sentence(error),
            recovery=recovery,
            request_id=request_id_of(request),
        )
    except ScriptsMissing as missing:
        return PlainTextResponse(f"{missing}\n", 503, HEADERS)
    response.headers.update(headers)
    if is_part:  # beside what the person sees, not in its place
        response.headers.update({"HX-Retarget": "#messages", "HX-Reswap": "innerHTML"})
    return response


def is_htmx(request: Request) -> bool:
    """Whether a script asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


def _to_sign_in(request: Request, *, is_ended: bool) -> Response:
    wanted = request.url.path
    if request.url.query:
        wanted += f"?{request.url.query}"
    if request.method != "GET" or is_htmx(request):
        wanted = ROOT
    why = "&ended=1" if is_ended else ""
    address = f"{SIGN_IN}?next={quote(wanted, safe='/')}{why}"
    response = go_to(address)
    if is_htmx(request):
        response.status_code = 200
        response.headers["HX-Redirect"] = address
        del response.headers["location"]
    return response


def _sentence(error: Exception | str) -> str:
    text = str(error)
    if isinstance(error, InvalidFields):
        text = "; ".join(f"{f.field}: {f.message}".lstrip(": ") for f in error.fields)
    return text[:1].upper() + text[1:]
