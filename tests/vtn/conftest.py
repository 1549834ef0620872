"""An OpenADR server on each database, with OAuth clients of several tenants."""

from collections.abc import Iterator

import pytest

from kwhen.operations.deployment import Deployment
from tests.databases import KINDS
from tests.deployments import Parties, opened, parties
from tests.service.server import client_of
from tests.vtn.world import VtnWorld

# Clocks of these tests go back, which a bucket of requests does not.
UNLIMITED = {"rate_limit_per_minute": 0, "open_rate_limit_per_minute": 0}


@pytest.fixture(scope="module", params=KINDS)
def deployment(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp(request.param)
    with opened(request.param, folder, **UNLIMITED, allow_loopback_targets=True) as found:
        yield found


@pytest.fixture(scope="module")
def orgs(deployment: Deployment) -> Parties:
    return parties(deployment)


@pytest.fixture(scope="module")
def vtn(deployment: Deployment, orgs: Parties) -> Iterator[VtnWorld]:
    with client_of(deployment) as client:
        yield VtnWorld(client=client, orgs=orgs)
