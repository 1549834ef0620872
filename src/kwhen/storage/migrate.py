"""Bringing the tables of a database up to date."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from kwhen.storage.database import WRITES, Database

SCRIPTS = Path(__file__).parent / "migrations"
PATIENCE_MS = 120_000  # for another process that is at it; SQLite alone would give up sooner
ONE_AT_A_TIME = 7_403_318_220  # of PostgreSQL's advisory locks: any number of our own


def upgrade(database: Database, revision: str = "head") -> None:
    """Apply the revisions that are missing, one process at a time; all of them or none."""
    with _alone(database) as connection:
        command.upgrade(_config(connection), revision)


def current(database: Database) -> str | None:
    """The revision of a database, None where it has no tables yet."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def newest() -> str:
    """The revision that this kwhen works with."""
    head = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert head is not None
    return head


def is_up_to_date(database: Database) -> bool:
    """Whether the tables are those that this kwhen works with."""
    return current(database) == newest()


@contextmanager
def _alone(database: Database) -> Iterator[Connection]:
    with database.engine.connect().execution_options(**{WRITES: True}) as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        if database.is_sqlite:
            # A table that is written anew is dropped first, which would delete what refers to it.
            raw.execute("PRAGMA foreign_keys=OFF")
            (usual_ms,) = raw.execute("PRAGMA busy_timeout").fetchone()
            raw.execute(f"PRAGMA busy_timeout={PATIENCE_MS}")
        try:
            with connection.begin():
                if not database.is_sqlite:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({ONE_AT_A_TIME})"))
                yield connection
        finally:
            if database.is_sqlite:
                raw.execute("PRAGMA foreign_keys=ON")
                raw.execute(f"PRAGMA busy_timeout={usual_ms}")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = connection
    return config
