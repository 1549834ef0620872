"""A server on this machine that answers as the publishers do: in turn, or by a function."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """One answer; `wait` holds it back until it is set, `cut` leaves its end out."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    cut: int = 0


def reply_json(value: Any, status: int = 200, **headers: str) -> Reply:
    return Reply(json.dumps(value).encode(), status, {"Content-Type": "application/json"} | headers)


Route = Callable[[Asked], Reply] | list[Reply]


class LiveServer:
    """Routes by path. A list is answered in turn, its last entry from then on."""

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}
        self.asked: list[Asked] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {name: said[-1] for name, said in parse_qs(parts.query).items()}
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                headers = {name.lower(): said for name, said in self.headers.items()}
                asked = Asked(self.command, parts.path, query, headers, body)
                reply = server.reply(asked)
                if reply.wait is not None:
                    reply.wait.wait(10)
                self.send_response(reply.status)
                for name, said in reply.headers.items():
                    self.send_header(name, said)
                self.send_header("Content-Length", str(len(reply.content)))
                self.end_headers()
                try:
                    self.wfile.write(reply.content[: len(reply.content) - reply.cut])
                except OSError:
                    return  # the client has gone

            do_GET = do_POST = _serve

            def log_message(self, *args: object) -> None:
                """Keep the test's output quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        route = self.routes.get(asked.path)
        if route is None:
            return Reply(b"<html>not found</html>", 404)
        if isinstance(route, list):
            return route.pop(0) if len(route) > 1 else route[0]
        return route(asked)

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
