"""Opening a deployment: tables up to date, the secret the one of the start."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from kwhen.catalog.live.settings import LiveSettings
from kwhen.errors import SettingError
from kwhen.operations.deployment import LOOKS_EVERY_S, open_deployment
from kwhen.storage import migrate
from kwhen.storage.database import Database
from kwhen.storage.tables import DeploymentRow
from tests.databases import KINDS, empty_url, migrated_url
from tests.deployments import SECRET, opened, settings_of
from tests.storage.rows import all_at_once


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with empty_url(request.param, tmp_path) as found:
        yield found


def test_tables_are_made_and_the_secret_proved(url: str, tmp_path: Path) -> None:
    for _ in range(2):
        deployment = open_deployment(settings_of(url, tmp_path))
        assert migrate.is_up_to_date(deployment.database)
        deployment.close()


def test_the_secret_of_another_deployment_is_refused(url: str, tmp_path: Path) -> None:
    open_deployment(settings_of(url, tmp_path)).close()
    other = "another secret, of forty characters or so"
    with pytest.raises(SettingError, match="another secret") as told:
        open_deployment(settings_of(url, tmp_path, secret=other))
    assert other not in str(told.value) and SECRET not in str(told.value)
    open_deployment(settings_of(url, tmp_path)).close()


def test_tables_are_left_alone_where_that_is_set(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="kwhen db upgrade"):
        open_deployment(settings_of(url, tmp_path, auto_upgrade=False))
    database = Database(url)
    assert migrate.current(database) is None
    migrate.upgrade(database, "0001")
    with pytest.raises(SettingError, match="0001"):
        open_deployment(settings_of(url, tmp_path, auto_upgrade=False))
    migrate.upgrade(database)
    database.dispose()
    open_deployment(settings_of(url, tmp_path, auto_upgrade=False)).close()


@pytest.mark.parametrize("kind", KINDS)
def test_those_who_start_together_agree(kind: str, tmp_path: Path) -> None:
    """The secret's file and its proof are made by whoever comes first."""

    def start() -> str:
        deployment = open_deployment(settings_of(url, tmp_path / "data", secret=None))
        deployment.close()
        return deployment.keyring.proof

    with migrated_url(kind, tmp_path) as url:
        for _ in range(5):
            assert len(set(all_at_once([start] * 6))) == 1
            database = Database(url)
            with database.engine.begin() as connection:
                connection.execute(delete(DeploymentRow))
            database.dispose()


def test_series_that_are_fetched_later_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, folder = 100.0, tmp_path / "series"
    monkeypatch.setattr("kwhen.operations.deployment.time.monotonic", lambda: now_s)
    with opened("sqlite", tmp_path) as deployment:
        elsewhere = replace(deployment, live_settings=LiveSettings(live=str(folder)))
        assert elsewhere.live is None
        folder.mkdir()
        assert elsewhere.live is None  # it was looked for just now
        now_s += LOOKS_EVERY_S
        assert elsewhere.live is not None
        assert elsewhere.live.folder == folder
