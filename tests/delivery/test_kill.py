"""`kill -9` of service and worker amid deliveries: every home's signal arrives, the log is true."""

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.databases import KINDS, migrated_url
from tests.delivery.processes import Process, delivered, fill, listed, trigger
from tests.delivery.unreliable import BUSY, FAILED, HANGS, RESETS, TOOK
from tests.proof.amounts import DELIVERIES
from tests.proof.served import Site, prepare, wait_for
from tests.reading import ROOT

pytestmark = pytest.mark.proof

HOMES_PER_PAGE = 2
SEED = os.environ.get("KWHEN_TEST_SEED") or secrets.token_hex(4)
WORKERS_COUNT = 2  # beside the service, which works as well
KILLS_COUNT = 9 + DELIVERIES // 1000
DEADLINE_S = 120.0 + DELIVERIES / 2  # far more than it takes: a machine may be busy
GLANCE_S = 0.25  # between two looks at what came, which is long
WORDS = {
    "KWHEN_ALLOW_LOOPBACK_TARGETS": "true",
    "KWHEN_DELIVERY_PAGE_BYTES": str(14 * 1024),  # two homes of a day
    "KWHEN_DELIVERY_TIMEOUT_S": "2",
    "KWHEN_DELIVERY_SCHEDULE_S": ",".join(str(number / 5) for number in range(60)),
    "KWHEN_TARGET_AT_ONCE": "16",
    "KWHEN_TARGET_PER_SECOND": "500",
    "KWHEN_PORT": "0",
}


@contextmanager
def unreliable(folder: Path) -> Iterator[tuple[int, Path]]:
    """Port and log of a receiver in a process of its own."""
    log = folder / "received.jsonl"
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.delivery.unreliable", str(log), SEED],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    )
    assert running.stdout is not None
    try:
        yield int(running.stdout.readline()), log
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


@dataclass(kw_only=True)
class Received:
    """What the receiver has written down; each look reads what is new."""

    log: Path
    came: list[Mapping[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    read_bytes: int = 0

    def look(self) -> "Received":
        """Read on to the last whole line."""
        if self.log.exists():
            with self.log.open("rb") as file:
                file.seek(self.read_bytes)
                new, end, _ = file.read().rpartition(b"\n")
            self.read_bytes += len(new) + len(end)
            for line in new.splitlines():
                self.came.append(one := json.loads(line))
                self.taken.update(one["homes"] if one["deed"] == TOOK else ())
        return self


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_when_processes_are_killed(
    kind: str, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    chance = random.Random(SEED)
    begun_s = time.monotonic()
    with ExitStack() as stack:
        url = stack.enter_context(migrated_url(kind, tmp_path))
        port, log = stack.enter_context(unreliable(tmp_path))
        site = prepare(tmp_path, url, WORDS)
        made = fill(site, f"http://127.0.0.1:{port}/hook", DELIVERIES * HOMES_PER_PAGE)
        service = Process(words=["serve", "--json"], site=site, log=tmp_path / "service.log")
        workers = [
            Process(words=["worker"], site=site, log=tmp_path / f"worker-{number}.log")
            for number in range(WORKERS_COUNT)
        ]
        for process in (service, *workers):
            process.start()
            stack.callback(process.kill)
        trigger(site, service)
        received = Received(log=log)
        kill_at_random(chance, [service, *workers], received, len(made))
        wait_for(
            f"every home (seed {SEED})",
            lambda: len(received.look().taken) >= len(made),
            DEADLINE_S,
            GLANCE_S,
        )
        at = wait_for("the service", service.port)
        told = wait_for("the end of the log", lambda: ended(site, at), DEADLINE_S, GLANCE_S)
        check(told, received.look(), made)
        kills = [process.kills for process in (service, *workers)]
        assert all(kills), f"not every process was killed: {kills}"
        tell(counted(kind, told, received, kills, time.monotonic() - begun_s))
        for process in (service, *workers):
            process.stop()
            process.start()  # the callbacks of the stack kill what runs


def kill_at_random(
    chance: random.Random, processes: list[Process], received: Received, homes_count: int
) -> None:
    """Kill one or the other whenever the receiver has got so far, and start it again."""
    moments = sorted(chance.sample(range(DELIVERIES), KILLS_COUNT))
    order = [processes[number % len(processes)] for number in range(KILLS_COUNT)]
    chance.shuffle(order)
    for moment, process in zip(moments, order, strict=True):
        wait_for(
            f"{moment} requests (seed {SEED})",
            lambda m=moment: len(received.look().came) > m,  # type: ignore[misc]
            DEADLINE_S,
            GLANCE_S,
        )
        process.kill()
        process.start()


def counted(
    kind: str, log: list[dict[str, Any]], received: Received, kills: list[int], seconds: float
) -> str:
    """The figures of a run."""
    deeds = Counter(str(one["deed"]) for one in received.came)
    attempts_count = sum(len(one["attempts"]) for one in log)
    unknown = sum("interrupted" in (a["error"] or "") for one in log for a in one["attempts"])
    return (
        f"{kind}: {len(log):,} deliveries of {len(received.taken):,} homes in {seconds:.0f} s; "
        f"kill -9 {kills[0]} × service, {sum(kills[1:])} × {len(kills) - 1} workers; "
        f"{attempts_count:,} attempts in the log, {unknown} of them interrupted; "
        f"{len(received.came):,} requests at the receiver {dict(sorted(deeds.items()))}; "
        f"0 homes lost (seed {SEED})"
    )


def ended(site: Site, port: int) -> list[dict[str, Any]] | None:
    """The log once nothing waits any more."""
    if listed(site, port, state="pending", pageSize=1):
        return None
    log = delivered(site, port)
    assert {one["state"] for one in log} == {"delivered"}
    return log


def check(log: list[dict[str, Any]], received: Received, made: list[str]) -> None:
    """What the log says against what the receiver counted."""
    assert received.taken == set(made)
    assert sum(one["homes"] for one in log) == len(made), "a home is in two pages, or in none"
    of = defaultdict(list)
    for one in received.came:
        of[one["id"]].append(one)
    assert set(of) == {one["id"] for one in log}
    for delivery in log:
        mine = of[delivery["id"]]
        assert len({one["hash"] for one in mine}) == 1, "one id stood for two bodies"
        attempts = delivery["attempts"]
        assert len(mine) <= len(attempts), f"{delivery['id']} came more often than it was sent"
        answered = Counter(one["deed"] for one in mine if one["deed"] in (TOOK, FAILED, BUSY))
        logged = Counter(a["status"] for a in attempts if a["status"] is not None)
        assert logged <= answered, f"{logged} of {delivery['id']} were logged, {answered} answered"
        lost = sum(one["deed"] in (HANGS, RESETS) for one in mine)
        late = sum((answered - logged).values())  # or its worker was killed
        failed = sum(a["status"] is None for a in attempts)
        assert lost + late <= failed, "a request that got no answer in time is not in the log"
