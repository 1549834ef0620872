"""One deployment: its settings, database, secret and facts, opened once a process."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from kwhen.catalog.http import Web
from kwhen.catalog.live.held import held_prices
from kwhen.catalog.live.home_year import LoadSource, SolarSource, load_source, solar_source
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.live.settings import read_settings as read_live_settings
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.stock import Stock, stock_of
from kwhen.config import environment
from kwhen.errors import SettingError
from kwhen.haste import is_in_haste, take_time
from kwhen.operations.keyring import Keyring, read_keyring
from kwhen.operations.work import Work
from kwhen.records import Tenant
from kwhen.settings import Settings
from kwhen.storage import migrate, organisations
from kwhen.storage.database import Database
from kwhen.storage.prepared import Direct, direct

T = TypeVar("T")

MILLISECOND_US = 1000
LOOKS_EVERY_S = 1.0  # for series, while there are none


def _now() -> datetime:
    """Now, in whole milliseconds: what is stored is what is answered."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // MILLISECOND_US * MILLISECOND_US)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """What every operation of a process shares."""

    settings: Settings
    database: Database
    keyring: Keyring
    stock: Stock
    live_settings: LiveSettings
    clock: Callable[[], datetime] = _now

    @property
    def live(self) -> SeriesStore | None:
        """Market prices and emissions that were fetched, where any are held."""
        return self._series.held()

    @cached_property
    def _series(self) -> "_Series":
        return _Series(self.live_settings, self.stock)

    def load_source(self) -> LoadSource | None:
        """The service that is configured for the loads of homes."""
        return load_source(self.live_settings, self._web())

    def solar_source(self) -> SolarSource | None:
        """The service that is configured for the yields of solar."""
        return solar_source(self.live_settings, self._web())

    def _web(self) -> Web:
        return Web(
            clock=time.time,
            sleep=time.sleep,
            cache=self.settings.data.expanduser() / "cache",
            timeout_s=self.live_settings.live_timeout_s,
        )

    def reading(self, tenant: Tenant) -> AbstractContextManager[Work]:
        """Work that changes nothing."""
        return _Reading(self, tenant)

    @contextmanager
    def writing(self, tenant: Tenant) -> Iterator[Work]:
        """Work in one transaction: all of it is kept, or nothing."""
        with self.database.writing() as session:
            yield self.within(session, tenant)

    def within(self, session: Session, tenant: Tenant) -> Work:
        """Work in a transaction that is open, such as one that is for several tenants."""
        return self.work_of(tenant, lambda: session, lambda: direct(session.connection()))

    def work_of(
        self,
        tenant: Tenant,
        open_session: Callable[[], Session],
        open_direct: Callable[[], Direct],
    ) -> Work:
        """Work of a tenant, whose transaction is opened by the first who asks for rows."""
        return Work(
            open_session=open_session,
            open_direct=open_direct,
            tenant=tenant,
            now=self.clock(),
            deployment=self,
        )

    def close(self) -> None:
        """Let go of the database."""
        self.database.dispose()


class _Series:
    """Series that were fetched; while there are none, they are looked for once a second."""

    def __init__(self, settings: LiveSettings, stock: Stock) -> None:
        self._settings, self._stock = settings, stock
        self._found: SeriesStore | None = None
        self._look_again_s = 0.0

    def held(self) -> SeriesStore | None:
        """Where they are kept, None where nothing ever was."""
        if self._found is None and time.monotonic() >= self._look_again_s:
            self._found = held_prices(self._settings, self._stock)
            self._look_again_s = time.monotonic() + LOOKS_EVERY_S
        return self._found


class _Reading(AbstractContextManager[Work]):
    """Work that changes nothing, in one transaction or in none."""

    __slots__ = ("_deployment", "_tenant", "_transaction", "_work")

    def __init__(self, deployment: Deployment, tenant: Tenant) -> None:
        self._deployment, self._tenant = deployment, tenant
        self._transaction: AbstractContextManager[object] | None = None

    def __enter__(self) -> Work:
        opened = self._deployment.work_of(self._tenant, self._open_session, self._open_direct)
        self._work = opened
        return opened

    def __exit__(self, *error: Any) -> None:
        if self._transaction is not None:
            self._transaction.__exit__(*error)

    def _open_session(self) -> Session:
        take_time()  # each request has one transaction: this one, or a glance
        return self._entered(self._deployment.database.reading())

    def _open_direct(self) -> Direct:
        if is_in_haste():
            return self._entered(self._deployment.database.glance())
        return direct(self._work.session.connection())

    def _entered(self, transaction: AbstractContextManager[T]) -> T:
        self._transaction = transaction
        return transaction.__enter__()


def open_deployment(settings: Settings) -> Deployment:
    """Open the database of the settings and check that it is ours.

    Raises
    ------
    SettingError
        The database does not answer, its tables are out of date and may not be changed, or the
        secret is another one.
    """
    database = Database(settings.database)
    try:
        return _opened(settings, database)
    except BaseException:
        database.dispose()
        raise


def _opened(settings: Settings, database: Database) -> Deployment:
    database.check()
    if not migrate.is_up_to_date(database):
        if not settings.auto_upgrade:
            raise SettingError(
                f"the tables are at revision {migrate.current(database) or 'none'}, this kwhen "
                f"works with {migrate.newest()}; run `kwhen db upgrade`"
            )
        migrate.upgrade(database)
    given = settings.secret.get_secret_value() if settings.secret else None
    keyring = read_keyring(given, settings.data)
    _prove(database, keyring)
    words = environment()
    return Deployment(
        settings=settings,
        database=database,
        keyring=keyring,
        stock=stock_of(words),
        live_settings=read_live_settings(words),
    )


def _prove(database: Database, keyring: Keyring) -> None:
    """The secret is the one that the stored hashes were keyed with."""
    with database.writing() as session:
        organisations.keep_secret_proof(session, keyring.proof, _now())
        if organisations.secret_proof(session) != keyring.proof:
            raise SettingError(
                "the database was set up with another secret, so no key would be known; give the "
                "first one as KWHEN_SECRET, or as the file `secret` in the data folder"
            )
