"""Transactions: all or nothing, and none fails because others write."""

import sqlite3
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from kwhen.errors import SettingError
from kwhen.storage import homes
from kwhen.storage.database import Database
from tests.databases import migrated_url
from tests.storage.rows import NOW, add_homes, add_tenant, all_at_once, new_home

THREADS, TURNS = 8, 15


class Stopped(Exception):
    """Stands for whatever goes wrong in the middle of a transaction."""


def test_what_is_written_is_kept(database: Database) -> None:
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    with database.reading() as session:
        assert homes.find_home(session, tenant, "ws_home_1") == new_home("ws_home_1")


def test_an_error_undoes_all(database: Database) -> None:
    tenant = add_tenant(database)
    with pytest.raises(Stopped), database.writing() as session:
        homes.add_home(session, tenant, new_home("ws_home_1"))
        session.flush()
        raise Stopped
    with database.reading() as session:
        assert homes.list_homes(session, tenant) == []


def test_reading_keeps_nothing(database: Database) -> None:
    tenant = add_tenant(database)
    with database.reading() as session:
        homes.add_home(session, tenant, new_home("ws_home_1"))
    with database.reading() as session:
        assert homes.list_homes(session, tenant) == []


def test_reading_sees_one_state(database: Database) -> None:
    """A reader that began before a change does not see half of it."""
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")
    with database.reading() as session:
        assert len(homes.list_homes(session, tenant)) == 1
        add_homes(database, tenant, "ws_home_2")
        assert len(homes.list_homes(session, tenant)) == 1
    with database.reading() as session:
        assert len(homes.list_homes(session, tenant)) == 2


def test_writers_wait_for_each_other(database: Database) -> None:
    """Each reads first and writes then: what fails on SQLite where a transaction is deferred."""
    tenant = add_tenant(database)
    add_homes(database, tenant, "ws_home_1")

    def count_up() -> None:
        for _ in range(TURNS):
            with database.writing() as session:
                home = homes.lock_home(session, tenant, "ws_home_1")
                told = {"turns": home.facts.questionnaire.get("turns", 0) + 1}
                facts = new_home("ws_home_1", questionnaire=told).facts
                homes.save_home(session, tenant, "ws_home_1", facts, NOW)

    all_at_once([count_up] * THREADS)
    with database.reading() as session:
        home = homes.find_home(session, tenant, "ws_home_1")
    assert home.facts.questionnaire == {"turns": THREADS * TURNS}


def test_a_connection_in_use_is_closed_when_it_comes_back(database: Database) -> None:
    own = Database(database.url.render_as_string(hide_password=False))
    with own.engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        own.dispose()
        assert connection.execute(text("SELECT 1")).scalar() == 1
        connection.rollback()
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        driver.execute("SELECT 1")
    with own.engine.connect() as connection:  # begun anew
        for _ in range(2):
            assert connection.execute(text("SELECT 1")).scalar() == 1
            connection.rollback()
    own.dispose()


def test_sqlite_is_set_up(tmp_path: Path) -> None:
    with migrated_url("sqlite", tmp_path) as url:
        database = Database(url)
        with database.engine.begin() as connection:
            found = {
                name: connection.execute(text(f"PRAGMA {name}")).scalar()
                for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
            }
        database.dispose()
    assert found == {
        "journal_mode": "wal",
        "synchronous": 1,
        "busy_timeout": 5000,
        "foreign_keys": 1,
    }


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "keeps SQLite in a file"),
        ("sqlite:///:memory:", "keeps SQLite in a file"),
        ("mysql://localhost/kwhen", "no database 'mysql'"),
        ("nonsense", "cannot be read"),
    ],
)
def test_urls_that_are_refused(url: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        Database(url)


def test_a_password_is_not_shown() -> None:
    database = Database("postgresql://kwhen:hunter2@localhost/kwhen")
    assert "hunter2" not in repr(database.url) + repr(database.engine)
