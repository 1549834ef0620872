"""A receiver on the loopback that answers as it is told and remembers what came."""

import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOST = "127.0.0.1"


@dataclass(frozen=True, kw_only=True)
class Came:
    """A request as it came."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Say:
    """An answer; with `raw` the bytes that go over the wire as they are."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: Callable[[Any], None] | None = None


@dataclass(kw_only=True)
class Receiver:
    """What came, and how the next requests are answered; after the last as by the last."""

    port: int = 0
    scheme: str = "http"
    answers: list[Say] = field(default_factory=lambda: [Say()])
    came: list[Came] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{HOST}:{self.port}/hook"

    def take(self, request: Came) -> Say:
        with self.arrived:
            self.came.append(request)
            self.arrived.notify_all()
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def wait_for(self, count: int, deadline_s: float = 120.0) -> list[Came]:
        """The requests once there are that many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.came) >= count, deadline_s), (
                f"{len(self.came)} of {count} came"
            )
            return list(self.came)


@contextmanager
def receiving(tls: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver while it is needed."""
    receiver = Receiver(scheme="https" if tls else "http")
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            came = Came(method=self.command, path=self.path, headers=headers, body=body)
            say = receiver.take(came)
            if say.raw is not None:
                self.close_connection = True
                try:
                    say.raw(self.wfile, released)  # type: ignore[call-arg]
                except OSError:
                    return  # the other side went
                return
            self.send_response(say.status)
            for name, value in say.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(say.body)))
            self.end_headers()
            self.wfile.write(say.body)

        do_GET = do_POST

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer((HOST, 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # of connections that end
    if tls is not None:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        released.set()
        server.shutdown()
        server.server_close()
        thread.join()
