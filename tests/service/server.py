"""The real application under a real server, on a port of this machine."""

import socket
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from kwhen.operations.deployment import Deployment
from kwhen.service.app import create_app

TIMEOUT_S = 60.0


class Watched:
    """An application whose answers of 500 are remembered: none is ever right."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.failures: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def seen(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start" and message["status"] == 500:
                self.failures.append(f"{scope['method']} {scope['path']}")
            await send(message)

        await self.app(scope, receive, seen)


@contextmanager
def served(app: Any) -> Iterator[str]:
    """The address at which an ASGI application answers while the block runs."""
    # The socket listens before the server runs: whoever connects early just waits.
    with socket.create_server(("127.0.0.1", 0)) as door:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{door.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@contextmanager
def client_of(deployment: Deployment, *, is_broken: bool = False) -> Iterator[httpx.Client]:
    """A client of a deployment's service; unless it is broken, no answer may be a 500."""
    watched = Watched(create_app(deployment))
    with served(watched) as address, httpx.Client(base_url=address, timeout=TIMEOUT_S) as client:
        yield client
    assert bool(watched.failures) == is_broken, watched.failures
