"""One question to a source: from the cache, else from its server, kept once it was read."""

import json
from collections.abc import Callable
from typing import TypeVar

from kwhen.catalog.http import Answer, Request, Web
from kwhen.errors import SourceError

YOUNG_S = 900.0  # for what may still grow: today, tomorrow, a forecast
OLD_S = 30 * 86_400.0  # for days that are over

_ERRORS = ("errors", "error", "detail", "message")

T = TypeVar("T")


def asked(
    web: Web,
    request: Request,
    read: Callable[[bytes], T],
    *,
    max_age_s: float,
    ask: Callable[[Request], Answer] | None = None,
) -> tuple[T, float]:
    """What a source says, read, and when it said it.

    `ask` asks instead of the web, such as one that logs in. A damaged answer in the cache is
    asked for anew; only what could be read is kept.

    Raises
    ------
    SourceError
        The server refuses, does not answer, or says what `read` refuses.
    """
    kept = web.cached(request, max_age_s)
    if kept is not None:
        try:
            return read(kept.content), kept.fetched_s
        except SourceError:
            kept = None
    answer = (ask or web.ask)(request)
    check_status(answer, request)
    found = read(answer.content)
    web.keep(request, answer)
    return found, answer.fetched_s


def check_status(answer: Answer, request: Request) -> None:
    """Refuse an answer that is none, with the server's own words and what to do.

    Raises
    ------
    SourceError
        Its status is not 200.
    """
    if answer.status == 200:
        return
    said = _said(answer.content)
    for secret in request.secrets:
        said = said.replace(secret, "…")
    told = f"status {answer.status}{', ' + said if said else ''}"
    if answer.status in (401, 403):
        raise SourceError(
            f"{request.url}: access is refused ({told}); check the key, or the user name and "
            "password, and what the subscription includes"
        )
    raise SourceError(f"{request.url}: {told}; check the address and the dates")


def _said(content: bytes) -> str:
    """What a JSON answer gives as its error, "" for any other."""
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(answer, dict):
        return ""
    found = next((answer[name] for name in _ERRORS if answer.get(name)), "")
    return (found if isinstance(found, str) else json.dumps(found))[:300]


def max_age_s(web: Web, end_s: float) -> float:
    """How long an answer about a window that ends at an instant stays good."""
    return OLD_S if end_s <= web.clock() - 86_400.0 else YOUNG_S
