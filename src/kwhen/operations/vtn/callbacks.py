"""The URLs of subscriptions: asked once, before anything is sent to them."""

import secrets
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from kwhen.errors import InvalidFields
from kwhen.operations.targets import OutboundPolicy
from kwhen.wire.vtn.bodies import Subscription30, Subscription31
from kwhen.wire.vtn.fields import VtnSent

# Asks for a URL with headers: the status, the start of the answer, and what went wrong.
Asked = tuple[int | None, bytes, str | None]
Ask = Callable[[str, Mapping[str, str]], Asked]
ECHO_BYTES = 16


def check_callbacks(policy: OutboundPolicy, ask: Ask, sent: VtnSent) -> None:
    """Make sure that whoever answers at the URLs of a subscription wants to be notified.

    Raises
    ------
    InvalidFields
    """
    assert isinstance(sent, Subscription31 | Subscription30)
    proven: set[str] = set()
    for index, operation in enumerate(sent.object_operations):
        field = f"objectOperations[{index}].callbackUrl"
        policy.check_url(operation.callback_url, field)
        if operation.callback_url not in proven:
            _check(ask, operation.callback_url, operation.bearer_token, field)
            proven.add(operation.callback_url)


def _check(ask: Ask, url: str, token: str | None, field: str) -> None:
    word = secrets.token_hex(ECHO_BYTES)
    joint = "&" if "?" in url else "?"
    headers = {} if token is None else authorization(token)
    status, body, error = ask(f"{url}{joint}{urlencode({'echo': word})}", headers)
    if status != 200 or word.encode() not in body:
        got = error or f"status {status}" + ("" if status != 200 else " without it")
        raise InvalidFields.one(
            field,
            f"must answer GET with ?echo=<word> by a 200 that has the word in its body; got {got}",
        )


def authorization(token: str) -> dict[str, str]:
    """The header with a subscriber's token; one that no header can hold is refused when sent."""
    return {"authorization": f"Bearer {token}"}
