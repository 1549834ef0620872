"""A database for each test, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwhen.storage.database import Database
from tests.databases import KINDS, cleared_url, empty_url


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty(kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database without tables."""
    with empty_url(kind, tmp_path) as url:
        database = Database(url)
        yield database
        database.dispose()


@pytest.fixture
def database(kind: str, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables and no rows."""
    with cleared_url(kind, tmp_path) as url:
        database = Database(url)
        yield database
        database.dispose()
