"""How the database of a deployment is doing, without changing it."""

from dataclasses import dataclass
from pathlib import Path

from kwhen.operations.keyring import Keyring, held_keyring
from kwhen.settings import Settings
from kwhen.storage import migrate, organisations
from kwhen.storage.database import Database, checked_url


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseState:
    """`revision` is None without tables; `is_ours` None while no secret was used with it."""

    url: str  # without its password
    is_there: bool
    revision: str | None
    newest: str
    is_ours: bool | None

    @property
    def is_up_to_date(self) -> bool:
        """Whether this kwhen can work with the tables."""
        return self.revision == self.newest


def database_state(settings: Settings) -> DatabaseState:
    """What a database holds.

    Raises
    ------
    SettingError : it does not answer
    """
    url = checked_url(settings.database)
    told = url.set(drivername=url.get_backend_name()).render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).exists():
        return DatabaseState(  # to look at it would make it
            url=told, is_there=False, revision=None, newest=migrate.newest(), is_ours=None
        )
    database = Database(settings.database)
    try:
        database.check()
        revision = migrate.current(database)
        return DatabaseState(
            url=told,
            is_there=True,
            revision=revision,
            newest=migrate.newest(),
            is_ours=_is_ours(database, held_keyring(settings)) if revision else None,
        )
    finally:
        database.dispose()


def _is_ours(database: Database, keyring: Keyring | None) -> bool | None:
    with database.reading() as session:
        proof = organisations.secret_proof(session)
    if proof is None:
        return None
    return keyring is not None and keyring.proof == proof
