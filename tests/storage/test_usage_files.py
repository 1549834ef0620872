"""Dropped meter files: a tenant's own, the newest of them, until their time is over."""

from datetime import date

import pytest

from kwhen.errors import UnknownId
from kwhen.records import Environment, Tenant
from kwhen.storage import usage_files
from kwhen.storage.database import Database
from kwhen.storage.usage_files import UsageFile
from tests.storage.rows import NOW, add_tenant, later


def file(id: str, *, seconds: float = 60) -> UsageFile:
    return UsageFile(
        id=id,
        created_at=NOW,
        expires_at=later(seconds),
        name="Ünïted 🏠.xml",
        format="Green Button",
        zipcode="94107",
        first_day=date(2026, 1, 1),
        days_count=2,
        import_kwh=b"\0\1",
        export_kwh=None,
        gaps=("2026-01-01 (estimated)",),
        notes=("hourly",),
    )


def add(database: Database, tenant: Tenant, *files: UsageFile, most_count: int = 10) -> None:
    for one in files:
        with database.writing() as session:
            usage_files.add_usage_file(session, tenant, one, most_count)


def find(database: Database, tenant: Tenant, id: str, at_s: float = 0) -> UsageFile:
    with database.reading() as session:
        return usage_files.find_usage_file(session, tenant, id, later(at_s))


def test_a_file_is_as_it_was_stored_until_it_expires(database: Database) -> None:
    tenant = add_tenant(database)
    add(database, tenant, file("a"))
    assert find(database, tenant, "a", 59) == file("a")
    with pytest.raises(UnknownId, match="drop it again"):
        find(database, tenant, "a", 60)


def test_others_find_nothing(database: Database) -> None:
    tenant = add_tenant(database)
    add(database, tenant, file("a"))
    for other in (Tenant(tenant.org_id, Environment.PRODUCTION), add_tenant(database, "org_2")):
        with pytest.raises(UnknownId):
            find(database, other, "a")


def test_the_oldest_of_too_many_go_and_those_of_others_stay(database: Database) -> None:
    tenant, other = add_tenant(database), add_tenant(database, "org_2")
    add(database, other, file("theirs"))
    add(database, tenant, file("a"), file("b"), file("c"), most_count=2)
    assert [find(database, tenant, id).id for id in ("b", "c")] == ["b", "c"]
    assert find(database, other, "theirs").id == "theirs"
    with pytest.raises(UnknownId):
        find(database, tenant, "a")


def test_what_expired_is_forgotten(database: Database) -> None:
    tenant = add_tenant(database)
    add(database, tenant, file("a", seconds=60), file("b", seconds=61))
    with database.writing() as session:
        usage_files.forget_every_expired(session, later(60))
    assert find(database, tenant, "b").id == "b"
    with pytest.raises(UnknownId):
        find(database, tenant, "a")
