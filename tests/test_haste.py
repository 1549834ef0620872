"""What is begun in haste is done at once, or not at all."""

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from kwhen.catalog.http import Request, Web
from kwhen.engine.kept import kept
from kwhen.haste import InHaste, NotNow, is_in_haste, take_time
from kwhen.storage.database import Database
from tests.databases import KINDS, migrated_url

WRITE = "INSERT INTO organisation VALUES ('o', 'North', 0, 1)"


def count_of(database: Database) -> int:
    """Organisations."""
    with database.gate() as gate:
        row = gate.driver.execute("SELECT count(*) FROM organisation").fetchone()
    return int(row[0])


@pytest.fixture
def database(tmp_path: Path):
    with migrated_url("sqlite", tmp_path) as url:
        database = Database(url)
        yield database
        database.dispose()


def test_haste_ends_with_its_block() -> None:
    take_time()
    with pytest.raises(NotNow), InHaste():
        assert is_in_haste()
        take_time()
    assert not is_in_haste()
    take_time()


def test_only_what_is_kept_already_is_given() -> None:
    calls: list[int] = []

    @kept(1)
    def double(number: int) -> int:
        calls.append(number)
        return 2 * number

    with pytest.raises(NotNow), InHaste():
        double(4)
    assert calls == []
    assert double(4) == 8
    with InHaste():
        assert double(4) == 8
    assert calls == [4]


def test_nobody_is_asked() -> None:
    with pytest.raises(NotNow), InHaste():
        Web(clock=lambda: 0.0).ask(Request(url="https://example.com"))


def test_the_gate_is_passed_when_nobody_stands_in_it(database: Database) -> None:
    with InHaste(), database.gate() as gate:
        gate.driver.execute(WRITE)
    assert count_of(database) == 1


def test_an_error_in_the_gate_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), InHaste(), database.gate() as gate:
        gate.driver.execute(WRITE)
        raise ZeroDivisionError
    assert count_of(database) == 0
    with InHaste(), database.gate() as gate:
        gate.driver.execute(WRITE)
    assert count_of(database) == 1


def test_a_thread_in_the_gate_is_not_waited_for(database: Database) -> None:
    inside, leave = Event(), Event()

    def stay() -> None:
        with database.gate() as gate:
            gate.driver.execute(WRITE)
            inside.set()
            leave.wait(30)

    thread = Thread(target=stay)
    thread.start()
    assert inside.wait(30)
    with pytest.raises(NotNow), InHaste(), database.gate():
        pass
    leave.set()
    thread.join()
    with InHaste(), database.gate():
        pass
    assert count_of(database) == 1


def test_a_process_that_writes_is_not_waited_for(database: Database) -> None:
    assert database.url.database is not None
    with closing(sqlite3.connect(database.url.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(NotNow), InHaste(), database.gate():
            pass
        other.execute("ROLLBACK")
    with InHaste(), database.gate():
        pass


def test_what_is_no_lock_is_told(database: Database) -> None:
    with InHaste(), database.gate() as gate:
        gate.driver.execute("PRAGMA query_only=ON")
    with (
        pytest.raises(sqlite3.OperationalError, match="readonly"),
        InHaste(),
        database.gate() as gate,
    ):
        gate.driver.execute(WRITE)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_writes_in_haste(kind: str, tmp_path: Path) -> None:
    with migrated_url(kind, tmp_path) as url:
        database = Database(url)
        with pytest.raises(NotNow), InHaste(), database.writing():
            pass
        with database.writing():
            pass
        database.dispose()


def test_a_server_far_away_is_not_asked_in_haste(tmp_path: Path) -> None:
    with migrated_url("postgresql", tmp_path) as url:
        database = Database(url)
        with pytest.raises(NotNow), InHaste(), database.gate():
            pass
        assert count_of(database) == 0
        database.dispose()
