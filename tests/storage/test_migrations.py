"""Tables come up to date from nothing and from an older kwhen, with their rows."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError

from kwhen.storage import migrate
from kwhen.storage.database import Database
from kwhen.storage.tables import Base
from tests.processes import at_once

FIRST = "0001"
ROWS_OF_FIRST = {
    "deployment": {"id": 1, "secret_proof": "0f" * 32, "created_at": 1_700_000_000_001},
    "organisation": {
        "id": "org_1",
        "name": "Sunny, “Ltd”",
        "created_at": 1_700_000_000_002,
        "production_allowed": True,
    },
    "credential": {
        "id": "ws_cred_1",
        "org_id": "org_1",
        "environment": "production",
        "kind": "live",
        "name": "backend",
        "prefix": "wsk_live_abcd",
        "secret_hash": "ab" * 32,
        "scopes": "homes:read homes:write",
        "created_at": 1_700_000_000_003,
        "expires_at": None,
        "revoked_at": 1_700_000_000_004,
        "last_used_at": None,
        "user_id": None,
        "parent_id": None,
        "request": None,
    },
    "rate_bucket": {"key": "key:ws_cred_1", "full_at_s": 1_700_000_000.25},
    "channel_partner": {
        "id": "ws_partner_1",
        "org_id": "org_1",
        "environment": "production",
        "name": "Installer",
    },
    "home": {
        "number": 7,
        "id": "ws_home_1",
        "org_id": "org_1",
        "environment": "production",
        "created_at": 1_700_000_000_005,
        "updated_at": 1_700_000_000_006,
        "name": "Ünïted 🏠",
        "channel_partner_id": "ws_partner_1",
        "enabled": None,
        "energy_market_bidding_enabled": True,
        "carbon_signal_intensity": "MEDIUM",
        "modal_home": False,
        "solar": '{"system_size_kw": 6.4}',
        "questionnaire": "{}",
        "usage_revision": 0,
    },
}


def fill(connection: Connection) -> None:
    for table, row in ROWS_OF_FIRST.items():
        names = ", ".join(row)
        values = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), row)


def rows(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of the tables of the first revision, as the driver gives it."""
    return {
        table: [dict(row) for row in connection.execute(text(f"SELECT * FROM {table}")).mappings()]
        for table in ROWS_OF_FIRST
    }


def test_from_nothing(empty: Database) -> None:
    assert migrate.current(empty) is None and not migrate.is_up_to_date(empty)
    migrate.upgrade(empty)
    assert migrate.is_up_to_date(empty)
    migrate.upgrade(empty)  # again: nothing is missing
    assert set(Base.metadata.tables) < set(inspect(empty.engine).get_table_names())


def test_models_equal_migrations(database: Database) -> None:
    with database.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


def test_a_planted_difference_is_found(empty: Database) -> None:
    migrate.upgrade(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("DROP INDEX ix_kept_answer_created_at"))
    with empty.engine.connect() as connection:
        ((found, index),) = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        assert (found, index.name) == ("add_index", "ix_kept_answer_created_at")


def test_rows_of_the_first_revision_stay(empty: Database) -> None:
    migrate.upgrade(empty, FIRST)
    with empty.engine.begin() as connection:
        fill(connection)
        before = rows(connection)
    migrate.upgrade(empty)
    with empty.engine.begin() as connection:
        after = rows(connection)
        if empty.is_sqlite:
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
    assert all(len(after[table]) == 1 for table in before)
    assert all(row.items() <= after[table][0].items() for table, (row,) in before.items())


def test_foreign_keys_hold_after_an_upgrade(empty: Database) -> None:
    migrate.upgrade(empty, FIRST)
    with empty.engine.begin() as connection:
        fill(connection)
    migrate.upgrade(empty)
    with pytest.raises(IntegrityError), empty.engine.begin() as connection:
        connection.execute(text("UPDATE home SET org_id = 'org_nobody'"))
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE home SET channel_partner_id = NULL"))
        connection.execute(text("DELETE FROM organisation"))
        assert rows(connection)["home"] == rows(connection)["credential"] == []


def test_an_upgrade_that_fails_changes_nothing(empty: Database) -> None:
    migrate.upgrade(empty, FIRST)
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE feedback (id INTEGER)"))  # in the way of 0002
    tables = set(inspect(empty.engine).get_table_names())
    with pytest.raises(Exception, match="feedback"):
        migrate.upgrade(empty)
    assert migrate.current(empty) == FIRST
    assert set(inspect(empty.engine).get_table_names()) == tables
    if empty.is_sqlite:
        with empty.engine.begin() as connection:
            assert connection.execute(text("PRAGMA foreign_keys")).scalar() == 1


@pytest.mark.parametrize("kind", ["sqlite"])  # PostgreSQL waits without a limit
def test_who_upgrades_waits_long_for_those_who_do_it_already(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def patience_ms() -> int:
        with empty.engine.connect() as connection:
            return int(connection.execute(text("PRAGMA busy_timeout")).scalar_one())

    usual_ms, seen_ms = patience_ms(), []
    upgrade = migrate.command.upgrade

    def watched(config: Any, revision: str) -> None:
        connection = config.attributes["connection"]
        seen_ms.append(connection.execute(text("PRAGMA busy_timeout")).scalar_one())
        upgrade(config, revision)

    monkeypatch.setattr(migrate.command, "upgrade", watched)
    migrate.upgrade(empty)
    assert seen_ms == [migrate.PATIENCE_MS] and patience_ms() == usual_ms < migrate.PATIENCE_MS


def test_several_processes_upgrade_at_once(empty: Database) -> None:
    printed = at_once(
        "import sys\n"
        "from kwhen.storage import migrate\n"
        "from kwhen.storage.database import Database",
        "db = Database(sys.argv[1]); migrate.upgrade(db); print(migrate.current(db))",
        empty.url.render_as_string(hide_password=False),
    )
    assert printed == [migrate.newest()] * 3


def test_messages_of_before_are_nobodys_but_the_operators(empty: Database) -> None:
    migrate.upgrade(empty, "0004")
    row = {"id": "ws_feedback_1", "created_at": 1_700_000_000_007, "content": '{"message": "ü"}'}
    insert = "INSERT INTO feedback (id, created_at, content) VALUES (:id, :created_at, :content)"
    with empty.engine.begin() as connection:
        connection.execute(text(insert), row)
    migrate.upgrade(empty)
    with empty.engine.begin() as connection:
        (after,) = connection.execute(text("SELECT * FROM feedback")).mappings()
    assert (after["id"], after["org_id"], after["environment"]) == ("ws_feedback_1", None, None)
