"""Hot routes: answered at once where nothing has to wait, else on a thread, and counted once."""

import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from kwhen.service import hot
from tests.deployments import PRODUCTION, opened, parties
from tests.service.server import client_of
from tests.service.world import World

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
QUARTERS = count()


def fresh_window() -> dict[str, str]:
    """A window that nothing is kept of yet."""
    start = FIRST + timedelta(minutes=15 * next(QUARTERS))
    return {"startTime": start.isoformat(), "endTime": (start + timedelta(days=1)).isoformat()}


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for each call that went to a thread."""
    told: list[str] = []
    usual = hot.on_thread

    async def counted(call: Callable[..., Any], *values: object) -> Any:
        told.append(call.__name__)
        return await usual(call, *values)

    monkeypatch.setattr(hot, "on_thread", counted)
    return told


def test_what_is_kept_needs_no_thread_on_sqlite(world: World, hops: list[str], kind: str) -> None:
    path, body = f"/v1/homes/{world.scene().home}/price_signal", fresh_window()
    answers = [world.post(path, body) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.content for answer in answers}) == 1
    assert len(hops) == (1 if kind == "sqlite" else 3)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"debug": True}, 200),
        ({"export": [[None] * 96]}, 400),  # told by the exact reader
        ({"useDefaultUsage": True}, 200),
    ],
)
def test_what_takes_long_is_done_on_a_thread_each_time(
    world: World, hops: list[str], more: dict[str, Any], status: int
) -> None:
    path = f"/v1/homes/{world.scene().home}/calculate/impact"
    body = {"usage": [[0.3] * 96], "startDate": "2026-03-02", "endDate": "2026-03-03", **more}
    for number in range(1, 4):
        assert world.post(path, body).status_code == status
        assert len(hops) == number


@pytest.fixture
def strict(world: World) -> Iterator[World]:
    with world.elsewhere(rate_limit_per_minute=3) as one:
        yield one


def test_a_request_that_begins_twice_counts_once(strict: World, hops: list[str]) -> None:
    path = f"/v1/homes/{strict.scene().home}/price_signal"
    key = {"x-ws-api-key": strict.orgs.new_key().secret}
    left = []
    for number in range(1, 4):
        answer = strict.client.post(path, json=fresh_window(), headers=key)
        assert answer.status_code == 200
        assert len(hops) == number  # it began in haste and again on a thread
        left.append(answer.headers["ratelimit"].split(";")[1])
    assert left == ["r=2", "r=1", "r=0"]
    assert strict.client.post(path, json=fresh_window(), headers=key).status_code == 429


def test_errors_are_told_wherever_it_ran(world: World, hops: list[str]) -> None:
    for home in (world.scene().home, "ws_home_0"):
        for _ in range(2):
            answer = world.post(f"/v1/homes/{home}/price_signal", {"startTime": "tomorrow"})
            assert answer.status_code == 400
    assert world.post("/v1/homes/ws_home_0/price_signal").status_code == 404


def test_who_waits_for_a_writer_holds_up_nobody(tmp_path: Path) -> None:
    """Another process writes: the request waits for it on a thread, the loop answers others."""
    with opened("sqlite", tmp_path) as deployment, client_of(deployment) as client:
        world = World(client=client, orgs=parties(deployment))
        path, body = f"/v1/homes/{world.scene().home}/price_signal", fresh_window()
        assert world.post(path, body).status_code == 200  # kept from here on
        assert deployment.database.url.database is not None
        with (
            closing(sqlite3.connect(deployment.database.url.database, isolation_level=None)) as db,
            httpx.Client(base_url=client.base_url) as asks,
            ThreadPoolExecutor(1) as beside,
        ):
            headers = world.headers("north", PRODUCTION)
            db.execute("BEGIN IMMEDIATE")
            waiting = beside.submit(asks.post, path, json=body, headers=headers)
            for _ in range(20):
                assert client.get("/healthz").status_code == 200
            assert not waiting.done()
            db.execute("ROLLBACK")
            assert waiting.result(timeout=30).status_code == 200
