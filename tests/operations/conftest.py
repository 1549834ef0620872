"""Organisations of a deployment that stands still in time."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.databases import KINDS
from tests.deployments import Clock, Parties, opened, other, parties


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(datetime(2026, 7, 28, 12, tzinfo=UTC))


@pytest.fixture(scope="module", params=KINDS)
def orgs(
    request: pytest.FixtureRequest, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Parties]:
    """Parties on one database, then on the other."""
    with opened(request.param, tmp_path_factory.mktemp(request.param)) as deployment:
        yield parties(other(deployment, clock=clock))
