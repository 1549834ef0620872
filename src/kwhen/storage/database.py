"""A database: its engine, and the transactions on it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from sqlite3 import SQLITE_BUSY, OperationalError
from threading import Lock, get_ident
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from kwhen.errors import SettingError
from kwhen.haste import NotNow, is_in_haste, take_time
from kwhen.storage.prepared import Direct

WRITES = "kwhen_writes"
BEGIN, BEGIN_WRITING = "BEGIN", "BEGIN IMMEDIATE"
AT_ONCE = "PRAGMA busy_timeout=0"
TRIES_COUNT = 40  # of those in haste, in 0.11 ms: a gate of another process is over in half of it
PRIMARY_CODE = 0xFF  # of SQLite's error codes, which tell more above it
SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=NORMAL",
    "PRAGMA busy_timeout=5000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA temp_store=MEMORY",
)
OWNER_ALONE = 0o700  # of the folder, where it is made
OPTIONS: dict[str, Any] = {
    "pool_size": 20,
    "max_overflow": 40,  # together more connections than handler threads
    "hide_parameters": True,  # an error that is logged tells no row
}


class _Turn:
    """A lock that tells a thread that waits for itself, instead of waiting for ever."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._owner: int | None = None

    def __enter__(self) -> None:
        if self._owner == get_ident():
            raise RuntimeError("a writing transaction is open in this thread; end it first")
        if not self._lock.acquire(blocking=not is_in_haste()):
            raise NotNow
        self._owner = get_ident()

    def __exit__(self, *error: object) -> None:
        self._owner = None
        self._lock.release()


class _Held(NamedTuple):
    """A connection that is kept for short transactions."""

    pooled: PoolProxiedConnection
    direct: Direct


class _Short(AbstractContextManager[Direct]):
    """A short transaction on SQLite: one at a time, so its connection can be kept."""

    __slots__ = ("_begin", "_begun", "_turn", "_writes")

    def __init__(
        self,
        turn: AbstractContextManager[object],
        begin: Callable[[], Direct],
        *,
        writes: bool,
    ) -> None:
        self._turn, self._begin, self._writes = turn, begin, writes

    def __enter__(self) -> Direct:
        self._turn.__enter__()
        begun: Direct | None = None
        try:
            begun = self._begun = self._begin()
            return begun
        finally:
            if begun is None:
                self._turn.__exit__(None, None, None)

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        driver = self._begun.driver
        try:
            if self._writes and kind is None:
                driver.commit()
        finally:
            if driver.in_transaction:
                driver.rollback()
            self._turn.__exit__(None, None, None)


class Database:
    """SQLite in one file, or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self.url = checked_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _engine(self.url, is_sqlite=self.is_sqlite)
        # On SQLite every transaction sees one state; on PostgreSQL it is asked for.
        one_state = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = self.engine.execution_options(**({} if self.is_sqlite else one_state))
        self._writer = self.engine.execution_options(**{WRITES: True})
        # SQLite has one writer; threads that wait here are not put to sleep for ever longer.
        self._turn: AbstractContextManager[object] = _Turn() if self.is_sqlite else nullcontext()
        self._glances: AbstractContextManager[object] = _Turn()
        self._held: dict[str, _Held] = {}  # SQLite's, by what they are kept for

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the rows and keeps nothing."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    def glance(self) -> AbstractContextManager[Direct]:
        """A short reading transaction of `Prepared` statements, on SQLite alone."""
        return _Short(self._glances, self._begun_glance, writes=False)

    def _begun_glance(self) -> Direct:
        glance = self._kept("glance")
        glance.driver.execute(BEGIN)
        return glance

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: committed at the end, undone where an error passes."""
        take_time()
        with (
            self._turn,
            Session(self._writer, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def gate(self) -> AbstractContextManager[Direct]:
        """A short writing transaction of `Prepared` statements, for what every request does."""
        if not self.is_sqlite:
            return self._pooled_gate()
        return _Short(self._turn, self._begun_gate, writes=True)

    @contextmanager
    def _pooled_gate(self) -> Iterator[Direct]:
        take_time()
        with closing(self.engine.raw_connection()) as pooled:  # undoes what is not committed
            driver: Any = pooled.driver_connection
            yield Direct(driver, self.engine.dialect)
            driver.commit()

    def _begun_gate(self) -> Direct:
        """SQLite's connection for the gate, in a writing transaction.

        Raises
        ------
        NotNow : in haste, while another process writes
        """
        if not is_in_haste():
            gate = self._kept("gate")
            gate.driver.execute(BEGIN_WRITING)
            return gate
        gate = self._kept("hasty gate", AT_ONCE)
        for _ in range(TRIES_COUNT):
            try:
                gate.driver.execute(BEGIN_WRITING)
            except OperationalError as error:
                if error.sqlite_errorcode & PRIMARY_CODE != SQLITE_BUSY:
                    raise
            else:
                return gate
        raise NotNow

    def _kept(self, purpose: str, *pragmas: str) -> Direct:
        """The connection that is kept for a purpose, whose turn it is."""
        held = self._held.get(purpose)
        if held is None:
            pooled = self.engine.raw_connection()
            held = _Held(pooled, Direct(pooled.driver_connection, self.engine.dialect))
            for pragma in pragmas:
                held.direct.driver.execute(pragma)
            self._held[purpose] = held
        return held.direct

    def check(self) -> None:
        """See that the database answers.

        Raises
        ------
        SettingError
        """
        try:
            with self.engine.connect():
                pass
        except DBAPIError as error:
            where = self.url.render_as_string(hide_password=True)
            said = str(error.orig).strip().splitlines()[0]
            raise SettingError(
                f"the database {where} cannot be opened: {said}; see KWHEN_DATABASE_URL"
            ) from error

    def dispose(self) -> None:
        """Close every connection."""
        with self._turn, self._glances:
            while self._held:
                self._held.popitem()[1].pooled.close()  # it goes back to the others
        close_all(self.engine)


def close_all(engine: Engine) -> None:
    """Close every connection of an engine; those that a thread still uses, when it is done."""
    pool = engine.pool
    engine.dispose()  # which gives the engine another pool
    # Given back to the one that was disposed of, they would stay open.
    event.listen(pool, "checkin", _close)


def _close(connection: Any, record: Any) -> None:
    if connection is not None:  # of one that broke there is nothing left
        connection.close()


def checked_url(text: str) -> URL:
    """The URL with the driver that kwhen uses.

    Raises
    ------
    SettingError
    """
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise SettingError(
            "the database URL cannot be read; write sqlite:///path/to/file.db or "
            "postgresql://user:password@host:5432/name"
        ) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        if not url.database or url.database == ":memory:":
            raise SettingError("kwhen keeps SQLite in a file; write sqlite:///path/to/file.db")
        return url.set(drivername="sqlite+pysqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise SettingError(f"no database {backend!r}; kwhen runs on sqlite and postgresql")


def _engine(url: URL, *, is_sqlite: bool) -> Engine:
    if not is_sqlite:
        return create_engine(url, **OPTIONS, pool_pre_ping=True)
    assert url.database is not None
    Path(url.database).expanduser().parent.mkdir(OWNER_ALONE, parents=True, exist_ok=True)
    engine = create_engine(url, **OPTIONS)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # the driver opens no transaction: `_begin_sqlite` does
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that turns to writing fails when another one wrote meanwhile.
    writes = connection.get_execution_options().get(WRITES, False)
    driver: Any = connection.connection.driver_connection
    driver.execute(BEGIN_WRITING if writes else BEGIN)
