"""A real server on a loopback port, with an organisation that has a sandbox key."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from kwhen.operations.credentials import create_key, create_organisation
from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.records import Environment, Tenant
from kwhen.service.app import create_app
from kwhen.settings import Settings


@dataclass(frozen=True)
class Served:
    """Where it answers, and a key with every scope."""

    url: str
    key: str


@contextmanager
def serving(folder: Path) -> Iterator[Served]:
    """A server with its data in a folder, ended after."""
    settings = Settings(
        data=folder, database_url=f"sqlite:///{folder / 'kwhen.db'}", rate_limit_per_minute=0
    )
    deployment = open_deployment(settings)
    key = sandbox_key(deployment)
    listening = socket.create_server(("127.0.0.1", 0))  # clients can connect from here on
    server = uvicorn.Server(uvicorn.Config(create_app(deployment), log_config=None, ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Served(url=f"http://127.0.0.1:{listening.getsockname()[1]}", key=key)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def sandbox_key(deployment: Deployment) -> str:
    """A key of a new organisation's sandbox."""
    organisation = create_organisation(deployment, "Test")
    tenant = Tenant(organisation.id, Environment.SANDBOX)
    with deployment.writing(tenant) as work:
        return create_key(work, name="test").secret
