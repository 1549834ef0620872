"""One service for each database, with organisations, keys and people who signed in."""

from collections.abc import Iterator

import httpx
import pytest

from kwhen.operations.deployment import Deployment
from kwhen.records import EVERY_SCOPE, Scope
from tests.databases import KINDS
from tests.deployments import PRODUCTION, Parties, opened, parties
from tests.portal.people import Person, signed_in
from tests.service.server import client_of


@pytest.fixture(scope="module", params=KINDS)
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp(request.param)
    with opened(request.param, folder, allow_loopback_targets=True) as found:
        yield found


@pytest.fixture(scope="module")
def orgs(deployment: Deployment) -> Parties:
    return parties(deployment)


@pytest.fixture(scope="module")
def client(deployment: Deployment) -> Iterator[httpx.Client]:
    """A client without a session."""
    with client_of(deployment) as found:
        yield found


@pytest.fixture(scope="module")
def north(client: httpx.Client, orgs: Parties) -> Iterator[Person]:
    """Somebody of north's sandbox, with every scope."""
    with signed_in(client, orgs) as person:
        yield person


@pytest.fixture(scope="module")
def south(client: httpx.Client, orgs: Parties) -> Iterator[Person]:
    """Somebody of another organisation."""
    with signed_in(client, orgs, "south") as person:
        yield person


@pytest.fixture(scope="module")
def producer(client: httpx.Client, orgs: Parties) -> Iterator[Person]:
    """Somebody of north's production."""
    with signed_in(client, orgs, "north", PRODUCTION) as person:
        yield person


@pytest.fixture(scope="module")
def reader(client: httpx.Client, orgs: Parties) -> Iterator[Person]:
    """Somebody of north's sandbox who may see homes alone."""
    only = {Scope.HOMES_READ, Scope.PRICE_SIGNAL_READ}
    assert only < EVERY_SCOPE
    with signed_in(client, orgs, scopes=only) as person:
        yield person
