"""The interval history of a home: a day replaces a day, and goes with its home."""

from datetime import date

import pytest
from sqlalchemy import text

from kwhen.errors import UnknownId
from kwhen.records import Environment, Tenant
from kwhen.storage import homes, usage_days
from kwhen.storage.database import Database
from kwhen.storage.usage_days import UsageDay
from tests.storage.rows import add_homes, add_tenant

HOME = "ws_home_1"


def day(number: int, fill: int, exported: bool = False) -> UsageDay:
    content = bytes([fill]) * 768
    return UsageDay(
        day=date(2026, 3, number), import_kwh=content, export_kwh=content if exported else None
    )


def put(database: Database, tenant: Tenant, *days: UsageDay) -> int:
    with database.writing() as session:
        return usage_days.put_days(session, tenant, HOME, days)


def get(database: Database, tenant: Tenant, *window: date | None) -> list[UsageDay]:
    with database.reading() as session:
        return usage_days.get_days(session, tenant, HOME, *window)


@pytest.fixture
def tenant(database: Database) -> Tenant:
    found = add_tenant(database)
    add_homes(database, found, HOME, "ws_home_2")
    return found


def test_days_are_as_they_were_stored_and_rise(database: Database, tenant: Tenant) -> None:
    assert get(database, tenant) == []
    put(database, tenant, day(9, 1), day(7, 2, exported=True), day(8, 3))
    assert get(database, tenant) == [day(7, 2, exported=True), day(8, 3), day(9, 1)]


def test_a_day_replaces_that_day_alone(database: Database, tenant: Tenant) -> None:
    put(database, tenant, day(7, 1, exported=True), day(8, 1), day(9, 1))
    put(database, tenant, day(9, 2), day(7, 2))
    assert get(database, tenant) == [day(7, 2), day(8, 1), day(9, 2)]


def test_each_change_is_counted(database: Database, tenant: Tenant) -> None:
    assert [put(database, tenant, day(7, n)) for n in (1, 2, 3)] == [1, 2, 3]
    with database.reading() as session:
        assert homes.find_home(session, tenant, HOME).usage_revision == 3
        assert homes.find_home(session, tenant, "ws_home_2").usage_revision == 0


def test_a_window_is_half_open(database: Database, tenant: Tenant) -> None:
    put(database, tenant, *(day(n, n) for n in range(1, 6)))
    assert get(database, tenant, date(2026, 3, 2), date(2026, 3, 4)) == [day(2, 2), day(3, 3)]
    assert get(database, tenant, date(2026, 3, 5), None) == [day(5, 5)]
    assert get(database, tenant, None, date(2026, 3, 2)) == [day(1, 1)]


def test_history_goes_with_its_home(database: Database, tenant: Tenant) -> None:
    put(database, tenant, day(7, 1))
    with database.writing() as session:
        homes.remove_home(session, tenant, HOME)
        assert session.execute(text("SELECT count(*) FROM usage_day")).scalar() == 0


def test_others_see_and_change_nothing(database: Database, tenant: Tenant) -> None:
    put(database, tenant, day(7, 1))
    for other in (Tenant(tenant.org_id, Environment.PRODUCTION), add_tenant(database, "org_2")):
        with pytest.raises(UnknownId):
            get(database, other)
        with pytest.raises(UnknownId):
            put(database, other, day(7, 9))
    assert get(database, tenant) == [day(7, 1)]
