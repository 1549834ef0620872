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

from kwhen.operations import homes
from kwhen.operations.deployment import open_deployment
from kwhen.operations.webhooks import WebhookWish, set_webhook
from kwhen.records import Environment, Tenant
from kwhen.settings import read_settings
from tests.databases import KINDS, migrated_url
from tests.delivery.unreliable import BUSY, FAILED, HANGS, RESETS, TOOK
from tests.proof.amounts import DELIVERIES
from tests.proof.served import Site, ask, prepare, wait_for
from tests.reading import ROOT

pytestmark = pytest.mark.proof

HOMES_PER_PAGE = 2
PAGE_COUNT = 1000  # of the log, at once
SEED = os.environ.get("KWHEN_TEST_SEED") or secrets.token_hex(4)
WORKERS_COUNT = 2  # beside the service, which works as well
KILLS_COUNT = 8 + DELIVERIES // 250
DEADLINE_S = 120.0 + DELIVERIES / 2  # far more than it takes: a machine may be busy
GLANCE_S = 0.25  # between two looks at what came, which is long
COMMAND = "from kwhen.cli import main; main()"
WORDS = {
    "KWHEN_ALLOW_LOOPBACK_TARGETS": "true",
    "KWHEN_DELIVERY_PAGE_BYTES": str(14 * 1024),  # two homes of a day
    "KWHEN_DELIVERY_TIMEOUT_S": "1",
    "KWHEN_DELIVERY_SCHEDULE_S": ",".join(str(number / 5) for number in range(60)),
    "KWHEN_TARGET_AT_ONCE": "16",
    "KWHEN_TARGET_PER_SECOND": "500",
    "KWHEN_PORT": "0",
}


@dataclass(kw_only=True)
class Process:
    """One of the processes that are killed and started again."""

    words: list[str]
    site: Site
    log: Path
    running: subprocess.Popen[bytes] | None = None
    begun_at: int = 0
    kills: int = field(default=0)

    def start(self) -> None:
        self.begun_at = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as out:
            self.running = subprocess.Popen(
                [sys.executable, "-c", COMMAND, *self.words],
                cwd=ROOT,
                env={**os.environ, **self.site.words},
                stdout=out,
                stderr=out,
            )

    def kill(self) -> None:
        assert self.running is not None
        self.running.kill()
        self.running.wait()
        self.kills += 1

    def stop(self) -> None:
        assert self.running is not None
        self.running.terminate()
        assert self.running.wait(60) == 0, self.log.read_text()[-4000:]

    def port(self) -> int | None:
        """The port of a service that listens."""
        assert self.running is not None and self.running.poll() is None, self.log.read_text()
        for line in self.log.read_bytes()[self.begun_at :].splitlines():
            if b'"url"' in line:
                return int(json.loads(line)["url"].rpartition(":")[2])
        return None


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


def fill(site: Site, url: str) -> list[str]:
    """Homes and a webhook of the site's tenant; says the ids of the homes."""
    words = site.words
    deployment = open_deployment(
        read_settings(
            data=site.folder,
            database_url=site.database_url,
            secret=words["KWHEN_SECRET"],
            allow_loopback_targets=True,
        )
    )
    org_id = deployment_org(deployment)
    with deployment.writing(Tenant(org_id, Environment.SANDBOX)) as work:
        wish = WebhookWish(url=url, security_key="key", open_adr=False, more={})
        set_webhook(work, wish)
        facts = {"name": "A", "zipcode": "94107", "rate_plan_id": "14328/E-ELEC"}
        made = [homes.create_home(work, facts).id for _ in range(DELIVERIES * HOMES_PER_PAGE)]
    deployment.close()
    return made


def deployment_org(deployment: Any) -> str:
    from kwhen.operations.credentials import every_organisation

    return every_organisation(deployment)[0].id


def listed(site: Site, port: int, **body: Any) -> list[dict[str, Any]]:
    """A page of the delivery log."""
    path, key = "/v1/webhook/price_signal/deliveries/list", {"x-ws-api-key": site.key}
    status, page = ask(port, "POST", path, {"pageSize": PAGE_COUNT, **body}, key)
    assert status == 200, page
    return list(page)


def delivered(site: Site, port: int) -> list[dict[str, Any]]:
    """The whole delivery log, read page by page."""
    found = page = listed(site, port)
    while len(page) == PAGE_COUNT:
        page = listed(site, port, before=page[-1]["id"])
        found += page
    return found


def trigger(site: Site, service: Process) -> None:
    """Ask until it was accepted: the same key makes it one run however often it is asked."""
    headers = {"x-ws-api-key": site.key, "idempotency-key": "once"}

    def asked() -> bool:
        port = service.port()
        try:
            return bool(port) and ask(
                port, "POST", "/v1/webhook/price_signal/trigger", {}, headers
            ) == (200, b"")
        except OSError:
            return False

    wait_for("an accepted trigger", asked)


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
        made = fill(site, f"http://127.0.0.1:{port}/hook")
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
        unknown = sum("interrupted" in (a["error"] or "") for a in attempts)
        assert sum((answered - logged).values()) <= unknown, "an answer is not in the log"
        lost = sum(one["deed"] in (HANGS, RESETS) for one in mine)
        failed = sum(a["status"] is None for a in attempts)
        assert lost <= failed, "a hanging or broken attempt is not in the log"
