"""HTTP at the socket: heads that end, and clients that keep sending.

uvicorn keeps whatever a head that never ends brings, and waits for the rest of a request for ever.
`BoundedProtocol` gives up on both, and answers what is no HTTP in the shape of all errors.
"""

import asyncio
from typing import Any

import orjson
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from kwhen.service.state import new_request_id

LONGEST_HEAD_COUNT = 64 * 1024
PATIENCE_S = 20.0  # for a whole head, and between two pieces of a body
KEEP_ALIVE_S = 65  # longer than the 60 s that load balancers keep an idle connection
NO_HTTP = "The request is no HTTP/1.1."
TOO_LONG = f"The head of the request is longer than {LONGEST_HEAD_COUNT} bytes."


class Outlet:
    """A transport to which one may write after it was closed, as asyncio's own, not uvloop's."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Write; nothing where nobody is there any more."""
        if not self._transport.is_closing():
            self._transport.write(data)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, which is closed where the client does not come to an end."""

    patience_s = PATIENCE_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._is_in_body = False
        self._held_count = 0  # bytes that came since the parser last handed something on
        self._heard_s = 0.0
        self._is_over = False  # nothing more is read
        self._asked: list[RequestResponseCycle] = []  # requests that are not answered yet
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connects: it has to say something now."""
        super().connection_made(Outlet(transport))  # type: ignore[arg-type]
        self._expect_more()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; uvicorn tells it to the last one of its requests alone."""
        self._expect_nothing()
        for cycle in self._asked:
            cycle.disconnected = not cycle.response_complete
            cycle.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read on; what is left of a request must not take too long, nor be too long."""
        if self._is_over:
            return
        self._held_count += len(data)
        self._heard_s = self.loop.time()
        super().data_received(data)
        if self.transport.is_closing():
            self._expect_nothing()
        elif self._held_count > LONGEST_HEAD_COUNT:
            self._refuse(431, TOO_LONG)
        elif (self._is_in_body or self._held_count) and self._watch is None:
            self._expect_more()

    def on_message_begin(self) -> None:
        """A head begins, perhaps in the middle of a piece."""
        super().on_message_begin()
        self._held_count = max(self._held_count, 1)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header of the head; those that follow a body are dropped."""
        if not self._is_in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._expect_nothing()
        self._is_in_body, self._held_count = True, 0
        super().on_headers_complete()
        self._asked = [*self._unanswered(), self.cycle]

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._held_count = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._expect_nothing()
        self._is_in_body, self._held_count = False, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What came is no HTTP."""
        self._refuse(400, NO_HTTP)

    def _refuse(self, status: int, message: str) -> None:
        body = orjson.dumps(
            {
                "request_id": (request_id := new_request_id()),
                "error_code": "VALIDATION_FAILED",
                "message": message,
                "recovery_action": "Correct the request, then send it on a new connection.",
            }
        )
        head = (
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"x-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self._expect_nothing()
        self._is_over = True
        if not (asked := self._unanswered()):
            self.transport.write(STATUS_LINE[status] + head.encode() + body)
        elif not self._is_in_body:
            asked[-1].keep_alive = False  # what came whole is answered first
            return
        self.transport.close()

    def _unanswered(self) -> list[RequestResponseCycle]:
        return [cycle for cycle in self._asked if not cycle.response_complete]

    def _expect_more(self) -> None:
        self._watch = self.loop.call_later(self.patience_s, self._look)

    def _expect_nothing(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def _look(self) -> None:
        """The client had its time: close, unless it was us who kept it waiting."""
        self._watch = None
        is_quiet = self.loop.time() - self._heard_s >= self.patience_s
        if self._is_in_body:
            is_over = is_quiet and not self.flow.read_paused
        else:
            is_over = not self._unanswered()
        if is_over:
            self.transport.close()
        else:
            self._expect_more()
