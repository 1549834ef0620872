"""The sweep: what nobody can ask for any more goes, the rest stays."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from sqlalchemy import text

from kwhen.operations.deployment import Deployment
from kwhen.operations.upkeep import sweep
from kwhen.service import sweep as sweeping_module
from kwhen.service.sweep import sweeping
from kwhen.storage import answers, limits
from tests.deployments import SANDBOX, Parties, other


def keys_of_buckets(deployment: Deployment) -> set[str]:
    with deployment.database.engine.begin() as connection:
        rows = connection.execute(text("SELECT key FROM rate_bucket WHERE key LIKE 'sweep:%'"))
        return set(rows.scalars())


def test_full_buckets_and_old_answers_go(deployment: Deployment, orgs: Parties) -> None:
    now = deployment.clock()
    with deployment.database.gate() as gate:
        for key, ago_s in (("sweep:full", 120.0), ("sweep:used", 1.0)):
            at_s = now.timestamp() - ago_s
            limits.take(gate, key, limit_count=1, window_s=60.0, now_s=at_s)
    tenant = orgs.tenant("north", SANDBOX)
    with deployment.writing(tenant) as work:
        for key, age in (("old", timedelta(hours=25)), ("new", timedelta(hours=23))):
            assert answers.claim(work.session, tenant, "/r", key, "h", now - age) is None
            answers.keep(work.session, tenant, "/r", key, 200, b"{}")
    sweep(deployment)
    assert keys_of_buckets(deployment) == {"sweep:used"}
    with deployment.writing(tenant) as work:
        assert answers.claim(work.session, tenant, "/r", "new", "h", now) is not None
        assert answers.claim(work.session, tenant, "/r", "old", "h", now) is None


def test_it_runs_at_the_start_and_again(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = []
    counted = other(deployment, clock=lambda: moments.append(1) or deployment.clock())
    monkeypatch.setattr(sweeping_module, "EVERY_S", 0.0)

    async def run() -> None:
        async with sweeping(counted):
            while len(moments) < 3:
                await asyncio.sleep(0.01)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert len(moments) >= 3


def test_a_sweep_that_fails_is_logged_and_the_service_goes_on(deployment: Deployment) -> None:
    broken: Any = replace(deployment, clock=lambda: 1 / 0)

    async def run() -> list[Any]:
        with structlog.testing.capture_logs() as logged:
            async with sweeping(broken):
                while not logged:
                    await asyncio.sleep(0.01)
        return list(logged)

    logged = asyncio.run(asyncio.wait_for(run(), 60))
    assert (logged[0]["event"], logged[0]["log_level"]) == ("the sweep failed", "error")
