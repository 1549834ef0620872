"""A worker that is killed and never comes back: another one does its work, nobody is called."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.databases import KINDS, migrated_url
from tests.delivery.processes import Process, delivered, fill, trigger
from tests.delivery.receiver import Say, receiving
from tests.proof.served import prepare, wait_for

pytestmark = pytest.mark.proof

PAGES_COUNT, AT_ONCE_COUNT = 6, 2
WORDS = {
    "KWHEN_ALLOW_LOOPBACK_TARGETS": "true",
    "KWHEN_DELIVERY_PAGE_BYTES": str(8 * 1024),  # one home of a day
    "KWHEN_DELIVERY_TIMEOUT_S": "60",
    "KWHEN_TARGET_AT_ONCE": str(AT_ONCE_COUNT),
    "KWHEN_WORKERS": "2",  # so that the service itself sends nothing
    "KWHEN_PORT": "0",
}


def hang(wire: Any, released: Any) -> None:
    released.wait()


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_dead_worker_was_doing_is_done_by_another(kind: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(migrated_url(kind, tmp_path))
        receiver = stack.enter_context(receiving())
        site = prepare(tmp_path, url, WORDS)
        made = fill(site, receiver.url, PAGES_COUNT)
        receiver.answers = [*[Say(raw=hang)] * AT_ONCE_COUNT, Say()]
        service, dies, lives = (
            Process(words=[word, "--json"], site=site, log=tmp_path / f"{number}-{word}.log")
            for number, word in enumerate(("serve", "worker", "worker"))
        )
        for process in (service, dies):
            process.start()
            stack.callback(process.kill)
        trigger(site, service)
        held = {one.headers["webhook-id"] for one in receiver.wait_for(AT_ONCE_COUNT, 120)}
        lives.start()
        stack.callback(lives.kill)
        wait_for("the other worker", lambda: b"ready" in lives.log.read_bytes())
        dies.kill()  # amid the first two; the others wait behind them
        port = wait_for("the service", service.port)
        log = wait_for("the end of the log", lambda: whole(delivered(site, port)), 120)
        came = list(receiver.came)
        words = lives.log.read_text()
    assert held == {one["id"] for one in log if len(one["attempts"]) == 2}
    for one in log:
        *lost, last = one["attempts"]
        assert last["status"] == 200 and all("interrupted" in a["error"] for a in lost)
    bodies = {one.headers["webhook-id"]: one.body for one in came}
    assert len(came) == PAGES_COUNT + AT_ONCE_COUNT and len(bodies) == PAGES_COUNT
    assert all(any(home.encode() in body for body in bodies.values()) for home in made)
    assert "a worker was gone" in words


def whole(log: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """The log once everything was taken."""
    taken = [one for one in log if one["state"] == "delivered"]
    return log if len(taken) == PAGES_COUNT else None
