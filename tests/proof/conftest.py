"""Everything in this folder is a proof, against a deployment on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import KINDS, migrated_url
from tests.proof.served import Site, prepare

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == FOLDER:
            item.add_marker(pytest.mark.proof)


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A fresh deployment with a key, once on SQLite and once on PostgreSQL."""
    with migrated_url(str(request.param), tmp_path) as url:
        yield prepare(tmp_path, url)
