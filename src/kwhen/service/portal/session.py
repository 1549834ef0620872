"""Who is signed in: a cookie that holds a signed token, and what proves that a form is ours."""

import hmac
from dataclasses import dataclass

from itsdangerous import BadSignature, Signer
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import Forbidden
from kwhen.operations.deployment import Deployment
from kwhen.operations.portal_sessions import SESSION_LIFE
from kwhen.records import Credential, CredentialKind, Scope, Tenant
from kwhen.service.door import deployment_of
from kwhen.service.state import passed_of

ROOT = "/portal"
COOKIE = "kwhen_portal"
CSRF_FIELD, CSRF_HEADER = "csrf", "x-csrf-token"
OUTDATED = "The page is out of date, or the form came from elsewhere; load it again, then send it."


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalCaller:
    """A person who is signed in."""

    credential: Credential
    csrf: str  # to be sent with everything that changes something

    @property
    def tenant(self) -> Tenant:
        """Whose rows they see."""
        return self.credential.tenant

    def can(self, scope: Scope | str) -> bool:
        """Whether their key has a scope."""
        return scope in self.credential.scopes


def caller_of(request: Request) -> PortalCaller | None:
    """Who the gate let in, where it was a session."""
    passed = passed_of(request)
    credential = passed.credential if passed else None
    if credential is None or credential.kind is not CredentialKind.PORTAL:
        return None
    csrf = _csrf(deployment_of(request), credential)
    return PortalCaller(credential=credential, csrf=csrf)


def token_of(request: Request) -> str | None:
    """The token in the cookie, None where there is none that we signed."""
    held = request.cookies.get(_cookie_name(request))
    if held is None:
        return None
    try:
        return _signer(deployment_of(request)).unsign(held).decode()
    except (BadSignature, UnicodeError):
        return None


def put_cookie(request: Request, response: Response, token: str) -> None:
    """Have the browser keep a session."""
    response.set_cookie(
        _cookie_name(request),
        _signer(deployment_of(request)).sign(token).decode(),
        max_age=int(SESSION_LIFE.total_seconds()),
        path=ROOT,
        secure=is_https(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response) -> None:
    """Have the browser forget its session."""
    response.delete_cookie(
        _cookie_name(request), path=ROOT, secure=is_https(request), httponly=True, samesite="lax"
    )


def is_https(request: Request) -> bool:
    """Whether people reach the portal by https, here or at a proxy."""
    public = deployment_of(request).settings.public_url
    return request.url.scheme == "https" or public.startswith("https:")


def check_origin(request: Request) -> None:
    """Browsers say where a form came from: it must be a page of ours.

    Raises
    ------
    Forbidden
    """
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    ours = {request.headers.get("host"), _host(deployment_of(request).settings.public_url)}
    is_ours = origin is None or _host(origin) in ours - {None}
    if site not in (None, "same-origin") or not is_ours:
        raise Forbidden(OUTDATED)


def _host(url: str) -> str | None:
    """Host and port of an address, whatever somebody wrote; None where it has none."""
    return url.partition("://")[2].partition("/")[0] or None


def check_csrf(request: Request, caller: PortalCaller, sent: str) -> None:
    """What changes something carries the token of its session.

    Raises
    ------
    Forbidden
    """
    given = request.headers.get(CSRF_HEADER) or sent
    if not hmac.compare_digest(given.encode(), caller.csrf.encode()):
        raise Forbidden(OUTDATED)


def local_path(wanted: str) -> str:
    """A path of the portal that somebody asked to go to; anything else becomes its start."""
    is_ours = wanted == ROOT or wanted.startswith((f"{ROOT}/", f"{ROOT}?"))
    is_plain = wanted.isprintable() and "\\" not in wanted and "//" not in wanted.split("?")[0]
    return wanted if is_ours and is_plain else ROOT


def _csrf(deployment: Deployment, credential: Credential) -> str:
    key = deployment.keyring.key_for("portal forms")
    return hmac.new(key, credential.id.encode(), "sha256").hexdigest()


def _signer(deployment: Deployment) -> Signer:
    return Signer(deployment.keyring.key_for("portal cookies"), salt="session")


def _cookie_name(request: Request) -> str:
    return f"__Secure-{COOKIE}" if is_https(request) else COOKIE
