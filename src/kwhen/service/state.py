"""What travels with a request: its id, who asks, and what is left of their allowance."""

from random import getrandbits

from starlette.requests import HTTPConnection

from kwhen.operations.gate import Passed
from kwhen.records import Credential
from kwhen.storage.limits import Allowance


def new_request_id() -> str:
    """A fresh id for a request."""
    return f"req_{getrandbits(128):032x}"  # unlike others, not secret


def request_id_of(request: HTTPConnection) -> str:
    """The id of a request."""
    return str(request.scope["state"]["request_id"])


def passed_of(request: HTTPConnection) -> Passed | None:
    """What the gate found of a request, None before it was there."""
    found: Passed | None = request.scope["state"].get("passed")
    return found


def credential_of(request: HTTPConnection) -> Credential | None:
    """Whose key or token was let in."""
    passed = passed_of(request)
    return passed.credential if passed else None


def remember(request: HTTPConnection, passed: Passed) -> None:
    """Keep what the gate found."""
    request.scope["state"]["passed"] = passed


def limit_headers(request: HTTPConnection) -> dict[str, str]:
    """The caller's rate limit, as the IETF's draft of RateLimit headers writes it."""
    passed = passed_of(request)
    allowance = passed.allowance if passed else None
    return {} if allowance is None else _headers(allowance)


def _headers(allowance: Allowance) -> dict[str, str]:
    window_s = int(allowance.window_s)
    full_in_s = int(allowance.full_in_s + 0.999)
    return {
        "ratelimit-policy": f'"default";q={allowance.limit_count};w={window_s}',
        "ratelimit": f'"default";r={allowance.remaining_count};t={full_in_s}',
    }
