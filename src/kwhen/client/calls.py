"""One request: sent, again where that is asked for, and its answer or its error."""

import json
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import httpx

from kwhen.client.bodies import Body
from kwhen.client.problems import error_of

F = TypeVar("F", bound=Callable[..., Any])

TIMEOUT_S = 60.0
TRY_LATER = (429, 503)
FIRST_PAUSE_S = 0.5  # doubled with every further try, where the answer names none
KEY_HEADER = "x-ws-api-key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a request that is told to come later is sent again."""

    tries_count: int = 4
    longest_pause_s: float = 30.0  # a longer Retry-After is an error at once
    sleep: Callable[[float], None] = time.sleep

    def pause_s(self, response: httpx.Response, tried_count: int) -> float | None:
        """How long to wait before the next try; None: there is none."""
        if response.status_code not in TRY_LATER or tried_count >= self.tries_count:
            return None
        asked = response.headers.get("retry-after", "")
        doubled_s = FIRST_PAUSE_S * 2 ** (tried_count - 1) * random.uniform(0.5, 1.5)
        pause_s = float(asked) if asked.isdigit() else doubled_s
        return pause_s if pause_s <= self.longest_pause_s else None


class Calls:
    """What the parts of the client share: a connection, and how a request is made."""

    def __init__(
        self,
        base_url: str,
        api_key: str | None = None,
        *,
        session_token: str | None = None,
        timeout_s: float = TIMEOUT_S,
        patience: Patience | None = None,
    ) -> None:
        headers = {}
        if api_key is not None:
            headers[KEY_HEADER] = api_key
        if session_token is not None:
            headers["authorization"] = f"Bearer {session_token}"
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=timeout_s)
        self._patience = patience or Patience()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def _post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """The answer to a POST; `body` is JSON, or a `Body` with arrays."""
        return self._answer("POST", path, body, headers).json()

    def _get(self, path: str) -> httpx.Response:
        return self._answer("GET", path)

    def _answer(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        with self._sent(method, path, headers=headers or {}, **_arguments(body)) as response:
            response.read()
            return response

    def _lines(self, path: str, **sent: Any) -> Iterator[Any]:
        """The lines of an answer while they come in."""
        with self._sent("POST", path, **sent) as response:
            for line in response.iter_lines():
                if line:
                    yield json.loads(line)

    @contextmanager
    def _sent(self, method: str, path: str, **sent: Any) -> Iterator[httpx.Response]:
        """The open answer to a request.

        Raises
        ------
        ApiError
        """
        tried_count = 0
        while True:
            tried_count += 1
            with self._http.stream(method, path, **sent) as response:
                if response.is_success:
                    yield response
                    return
                response.read()
            pause_s = self._patience.pause_s(response, tried_count)
            if pause_s is None:
                raise error_of(response)
            self._patience.sleep(pause_s)


def _arguments(body: Any) -> dict[str, Any]:
    if isinstance(body, Body):
        return body.arguments()
    return {} if body is None else {"json": body}


def operation(name: str) -> Callable[[F], F]:
    """Marks the method of an operation with its operationId."""

    def marked(method: F) -> F:
        method.operation_id = name  # type: ignore[attr-defined]
        return method

    return marked
