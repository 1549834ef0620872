"""Homes of a tenant: as they were stored, in a lasting order, one change at a time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Event

import pytest

from kwhen.errors import Conflict, UnknownId
from kwhen.records import Environment, HomeFacts, HomeRecord, SolarInfo, Tenant
from kwhen.storage import homes
from kwhen.storage.database import Database
from tests.storage.rows import NOW, add_homes, add_tenant, later, new_home

FULL = HomeFacts(
    name="Ünïted 🏠",
    user_id="u" * 255,
    utility_id="14328",
    rate_plan_id="6915de25881cbc6041e4c7f1",
    unstructured_address="a" * 2000,
    client_id="c" * 255,
    timezone="America/Los_Angeles",
    country="US",
    city="San Francisco",
    zipcode="94107",
    street_address="123 Market St",
    meter_id="m",
    meter_id_source="s",
    enabled=None,
    energy_market_bidding_enabled=False,
    carbon_signal_intensity="HIGH",
    modal_home=True,
    export_rule="NBT",
    solar=SolarInfo(
        system_size_kw=6.4,
        is_non_net_metered=True,
        module_type="premium",
        array_type="singleAxis",
        tilt_deg=20.5,
        azimuth_deg=180,
        losses_percent=14.08,
        inverter_efficiency_percent=96,
        dc_ac_ratio=1.2,
        interconnection_date=date(2024, 2, 29),
    ),
    questionnaire={"hasAC": True, "acType": "central"},
)


def ids(database: Database, tenant: Tenant, **wanted: object) -> list[str]:
    with database.reading() as session:
        return [home.id for home in homes.list_homes(session, tenant, **wanted)]


def save(database: Database, tenant: Tenant, home_id: str, **facts: object) -> HomeRecord:
    with database.writing() as session:
        changed = new_home(home_id, **facts).facts
        return homes.save_home(session, tenant, home_id, changed, NOW)


def remove(database: Database, tenant: Tenant, home_id: str) -> None:
    with database.writing() as session:
        homes.remove_home(session, tenant, home_id)


@pytest.mark.parametrize("facts", [FULL, HomeFacts(name=None)], ids=["full", "bare"])
def test_a_home_is_as_it_was_stored(database: Database, facts: HomeFacts) -> None:
    tenant = add_tenant(database)
    home = HomeRecord(id="ws_home_1", created_at=NOW, updated_at=NOW, facts=facts)
    with database.writing() as session:
        homes.add_home(session, tenant, home)
    with database.reading() as session:
        assert homes.find_home(session, tenant, "ws_home_1") == home
        assert homes.list_homes(session, tenant) == [home]
        assert homes.homes_of_ids(session, tenant, ["ws_home_1", "ws_home_2"]) == {home.id: home}


def test_a_change_raises_updated_at_even_in_the_same_millisecond(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    first, second = (save(database, tenant, "ws_home_1", city=city) for city in ("A", "B"))
    assert (first.updated_at - NOW, second.updated_at - NOW) == (
        timedelta(milliseconds=1),
        timedelta(milliseconds=2),
    )
    assert second.created_at == NOW and second.facts.city == "B"


def test_pages_stay_exact_while_homes_change(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, *(f"ws_home_{n}" for n in range(6)))
    first = ids(database, tenant, limit_count=2)
    assert first == ["ws_home_0", "ws_home_1"]
    save(database, tenant, "ws_home_0", city="changed")  # does not move
    remove(database, tenant, "ws_home_0")  # a page that was read
    remove(database, tenant, "ws_home_3")
    add_homes(database, tenant, "ws_home_0a")  # comes last, though its id sorts first
    save(database, tenant, "ws_home_4", city="changed")
    second = ids(database, tenant, after=first[-1], limit_count=2)
    third = ids(database, tenant, after=second[-1], limit_count=2)
    assert second + third == ["ws_home_2", "ws_home_4", "ws_home_5", "ws_home_0a"]
    assert ids(database, tenant, after=third[-1]) == []


def test_no_page_follows_a_home_that_is_gone(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1", "ws_home_2")
    remove(database, tenant, "ws_home_1")
    with pytest.raises(UnknownId, match="ws_home_1"):
        ids(database, tenant, after="ws_home_1")


def test_pages_by_number(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, *(f"ws_home_{n}" for n in range(5)))
    assert ids(database, tenant, offset_count=2, limit_count=2) == ["ws_home_2", "ws_home_3"]
    assert ids(database, tenant, offset_count=4) == ["ws_home_4"]
    assert ids(database, tenant, offset_count=5, limit_count=2) == []


def test_filters(database: Database) -> None:
    tenant = add_tenant(database)
    with database.writing() as session:
        homes.add_home(session, tenant, new_home("ws_home_1", user_id="u1", zipcode="94107"))
        homes.add_home(session, tenant, new_home("ws_home_2", user_id="u2", zipcode="94107"))
        homes.add_home(session, tenant, new_home("ws_home_3", user_id="u1"))
    assert ids(database, tenant, user_id="u1") == ["ws_home_1", "ws_home_3"]
    assert ids(database, tenant, zipcode="94107") == ["ws_home_1", "ws_home_2"]
    assert ids(database, tenant, user_id="u1", zipcode="94107") == ["ws_home_1"]


def test_homes_of_others_are_not_there(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    others = (Tenant("org_1", Environment.PRODUCTION), add_tenant(database, "org_2"))
    for other in others:
        assert ids(database, other) == []
        with database.reading() as session:
            assert homes.homes_of_ids(session, other, ["ws_home_1"]) == {}
        with pytest.raises(UnknownId), database.reading() as session:
            homes.find_home(session, other, "ws_home_1")
        with pytest.raises(UnknownId):
            ids(database, other, after="ws_home_1")
        with pytest.raises(UnknownId):
            save(database, other, "ws_home_1", city="X")
        with pytest.raises(UnknownId):
            remove(database, other, "ws_home_1")
    assert ids(database, tenant) == ["ws_home_1"]


def test_a_stale_version_is_refused(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    changed = save(database, tenant, "ws_home_1", city="A")
    with database.writing() as session:
        assert homes.lock_home(session, tenant, "ws_home_1", changed.updated_at) == changed
    with pytest.raises(Conflict, match="read it again"), database.writing() as session:
        homes.lock_home(session, tenant, "ws_home_1", NOW)


def test_of_two_changes_of_one_version_the_second_is_refused(database: Database) -> None:
    """The second asks while the first holds the home and has not committed."""
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    asked = Event()

    def second() -> str:
        asked.set()
        try:
            with database.writing() as session:
                homes.lock_home(session, tenant, "ws_home_1", NOW)
                return "changed"
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(1) as pool:
        with database.writing() as session:
            homes.lock_home(session, tenant, "ws_home_1", NOW)
            waiting = pool.submit(second)
            assert asked.wait(30)
            changed = new_home("ws_home_1", city="first").facts
            homes.save_home(session, tenant, "ws_home_1", changed, later(1))
        assert waiting.result(30) == "refused"
    with database.reading() as session:
        assert homes.find_home(session, tenant, "ws_home_1").facts.city == "first"
