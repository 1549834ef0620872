"""What the page of the system tells of a deployment, and of nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from kwhen.catalog.live.log import LastTry, note_tries
from kwhen.catalog.live.series import Kind, Point, Series
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.live.store import SeriesStore
from kwhen.operations import webhooks
from kwhen.operations.deployment import Deployment
from kwhen.operations.system_state import SystemState, system_state
from kwhen.operations.webhooks import WebhookWish
from kwhen.storage import migrate, workers
from tests.deployments import SANDBOX, Parties

PAST = 1_700_000_000


@pytest.fixture
def deployment(orgs: Parties, tmp_path: Path) -> Iterator[Deployment]:
    """The deployment with an empty folder of live series."""
    secret = LiveSettings(live=str(tmp_path / "live"), markets=("CAISO",), pvwatts_key="s3cret")
    yield replace(orgs.deployment, live_settings=secret)


def told(deployment: Deployment, orgs: Parties, party: str = "north") -> SystemState:
    with deployment.reading(orgs.tenant(party, SANDBOX)) as work:
        return system_state(work)


def hold(deployment: Deployment, start_s: int) -> None:
    series = Series(
        kind=Kind.DAY_AHEAD_PRICE,
        point=Point(group="CAISO", name="DLAP_PGAE-APND"),
        step_s=3600,
        start_epoch_s=np.array([start_s // 3600 * 3600], dtype=np.int64),
        values=np.array([0.05]),
        source="caiso-oasis-prc-lmp",
        market="DAM",
        fetched_s=float(start_s),
    )
    SeriesStore(Path(deployment.live_settings.live)).merge(series)


def test_facts_say_what_stands_in_for_live_figures(deployment: Deployment, orgs: Parties) -> None:
    facts = {fact.name: fact for fact in told(deployment, orgs).facts}
    assert all(fact.sources for fact in facts.values())
    assert facts["Wholesale prices"].is_fallback and facts["Marginal carbon"].is_fallback
    assert facts["Load shapes"].is_fallback and not facts["Solar yields"].is_fallback
    assert facts["Plans"].is_fallback is None
    hold(deployment, PAST)
    assert {f.name: f for f in told(deployment, orgs).facts}["Wholesale prices"].is_fallback
    hold(deployment, int(deployment.clock().timestamp()))
    assert not {f.name: f for f in told(deployment, orgs).facts}["Wholesale prices"].is_fallback


def test_connectors_tell_their_last_refresh_and_error(
    deployment: Deployment, orgs: Parties
) -> None:
    before = {one.name: one for one in told(deployment, orgs).connectors}
    assert before["CAISO"].is_configured and before["CAISO"].fetched_at is None
    assert before["PVWATTS"].is_configured and not before["WATTTIME"].is_configured
    hold(deployment, PAST)
    folder = Path(deployment.live_settings.live)
    error = f"{folder}/x.npz: damaged; https://example.com/a?key=s3cret said 503"
    note_tries(folder, [LastTry(name="CAISO", at_s=PAST, is_good=False, note=error)])
    caiso = {one.name: one for one in told(deployment, orgs).connectors}["CAISO"]
    assert caiso.points_count == 1 and caiso.fetched_at is not None
    (failed,) = caiso.failed
    assert failed.note == "…: damaged; https://example.com/a said 503"
    note_tries(folder, [LastTry(name="CAISO/NODE", at_s=PAST + 1, is_good=True)])
    assert not {one.name: one for one in told(deployment, orgs).connectors}["CAISO"].failed


def test_nothing_secret_is_told(deployment: Deployment, orgs: Parties) -> None:
    words = repr(told(deployment, orgs))
    settings = deployment.settings
    assert settings.secret is not None
    for secret in ("s3cret", settings.secret.get_secret_value(), str(settings.data)):
        assert secret not in words


def test_the_queue_is_the_tenants_own(deployment: Deployment, orgs: Parties) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        wish = WebhookWish(url="https://example.com/x", security_key="k", open_adr=False, more={})
        webhooks.set_webhook(work, wish)
        webhooks.trigger(work)
        webhooks.test(work)
    north, south = told(deployment, orgs).queue, told(deployment, orgs, "south").queue
    assert (north.runs_count, north.waiting_count) == (1, 1)
    assert (south.runs_count, south.waiting_count) == (0, 0)


def test_workers_are_alive_while_they_say_so(deployment: Deployment, orgs: Parties) -> None:
    now = deployment.clock()
    with deployment.database.writing() as session:
        workers.every_heartbeat(session, "one", now - timedelta(seconds=3))
        workers.every_heartbeat(session, "two", now - timedelta(minutes=3))
    queue = told(deployment, orgs).queue
    assert (queue.workers_count, queue.last_seen_at) == (1, now - timedelta(seconds=3))


def test_the_database_by_its_kind_and_revision(deployment: Deployment, orgs: Parties) -> None:
    state = told(deployment, orgs)
    assert state.revision == state.newest == migrate.newest()
    assert state.engine in ("SQLite", "PostgreSQL")
