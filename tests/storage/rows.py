"""Rows for the tests of storage, and threads that meet on them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TypeVar

from kwhen.records import Environment, HomeFacts, HomeRecord, Organisation, Tenant
from kwhen.storage import homes, organisations
from kwhen.storage.database import Database

NOW = datetime(2026, 7, 28, 12, 0, 0, 123_000, tzinfo=UTC)
T = TypeVar("T")


def add_tenant(
    database: Database, org_id: str = "org_1", environment: Environment = Environment.SANDBOX
) -> Tenant:
    """An environment of a new organisation."""
    organisation = Organisation(
        id=org_id, name=f"Name of {org_id}", created_at=NOW, production_allowed=True
    )
    with database.writing() as session:
        organisations.add_organisation(session, organisation)
    return Tenant(org_id, environment)


def new_home(home_id: str, **facts: object) -> HomeRecord:
    """A home that was made just now."""
    told = {"name": f"Name of {home_id}", **facts}
    return HomeRecord(id=home_id, created_at=NOW, updated_at=NOW, facts=HomeFacts(**told))


def add_homes(database: Database, tenant: Tenant, *home_ids: str) -> None:
    """Homes in one transaction, in that order."""
    with database.writing() as session:
        for home_id in home_ids:
            homes.add_home(session, tenant, new_home(home_id))


def later(seconds: float) -> datetime:
    """A moment after NOW."""
    return NOW + timedelta(seconds=seconds)


def all_at_once(works: Iterable[Callable[[], T]]) -> list[T]:
    """Results of works that begin in the same moment, each in a thread of its own."""
    listed = list(works)
    barrier = Barrier(len(listed))

    def begin(work: Callable[[], T]) -> T:
        barrier.wait(timeout=30)
        return work()

    with ThreadPoolExecutor(len(listed)) as pool:
        return list(pool.map(begin, listed))
