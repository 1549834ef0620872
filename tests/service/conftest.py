"""One service for each database, with organisations and keys; the tests of a module share it."""

import logging
from collections.abc import Iterator

import httpx
import pytest
import structlog

from kwhen.operations.deployment import Deployment
from tests.databases import KINDS
from tests.deployments import Parties, opened, parties
from tests.service.server import client_of
from tests.service.world import World


@pytest.fixture(scope="package", autouse=True)
def errors_alone() -> Iterator[None]:
    """Logs of a server go to the terminal, between those of the tests: errors are enough."""
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
    )
    yield
    structlog.configure(**before)


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def deployment(kind: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with opened(kind, tmp_path_factory.mktemp(kind)) as found:
        yield found


@pytest.fixture(scope="module")
def orgs(deployment: Deployment) -> Parties:
    return parties(deployment)


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    """A client without a key."""
    with client_of(deployment) as found:
        yield found


@pytest.fixture(scope="module")
def world(client: httpx.Client, orgs: Parties) -> World:
    return World(client=client, orgs=orgs)
