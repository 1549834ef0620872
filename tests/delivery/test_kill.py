"""`kill -9` of service and worker amid deliveries: every home's signal arrives, the log is true."""

import json
import os
import random
import secrets
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
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
SEED = os.environ.get("KWHEN_TEST_SEED") or secrets.token_hex(4)
DEADLINE_S = 60.0 + DELIVERIES / 10
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


def delivered(site: Site, port: int) -> list[dict[str, Any]]:
    """The whole delivery log, read page by page."""
    found: list[dict[str, Any]] = []
    while True:
        body: dict[str, Any] = {"pageSize": 1000}
        if found:
            body["before"] = found[-1]["id"]
        status, page = ask(
            port,
            "POST",
            "/v1/webhook/price_signal/deliveries/list",
            body,
            {"x-ws-api-key": site.key},
        )
        assert status == 200, page
        found += page
        if len(page) < 1000:
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


def is_over(received: Path, homes_count: int) -> bool:
    """Whether every home was taken at least once."""
    return len(taken_homes(read(received))) >= homes_count


def read(received: Path) -> list[Mapping[str, Any]]:
    if not received.exists():
        return []
    return [json.loads(line) for line in received.read_text().splitlines() if line.endswith("}")]


def taken_homes(came: list[Mapping[str, Any]]) -> set[str]:
    return {home for one in came if one["deed"] == TOOK for home in one["homes"]}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_when_processes_are_killed(kind: str, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with ExitStack() as stack:
        url = stack.enter_context(migrated_url(kind, tmp_path))
        port, received = stack.enter_context(unreliable(tmp_path))
        site = prepare(tmp_path, url, WORDS)
        made = fill(site, f"http://127.0.0.1:{port}/hook")
        service = Process(words=["serve", "--json"], site=site, log=tmp_path / "service.log")
        worker = Process(words=["worker"], site=site, log=tmp_path / "worker.log")
        for process in (service, worker):
            process.start()
            stack.callback(process.kill)
        trigger(site, service)
        kill_at_random(chance, (service, worker), received, len(made))
        wait_for(f"every home (seed {SEED})", lambda: is_over(received, len(made)), DEADLINE_S)
        at = wait_for("the service", service.port)
        log = wait_for("the end of the log", lambda: ended(site, at), DEADLINE_S)
        check(log, read(received), made)
        assert service.kills and worker.kills, "nothing was killed"
        service.stop()
        worker.stop()
        service.start()  # the callbacks of the stack kill what runs
        worker.start()


def kill_at_random(
    chance: random.Random, processes: tuple[Process, ...], received: Path, homes_count: int
) -> None:
    """Kill one after another while deliveries go out."""
    for number in range(8):
        begun_count = len(read(received))
        time.sleep(chance.uniform(0.2, 1.5))
        wait_for("a delivery", lambda n=begun_count: len(read(received)) > n)  # type: ignore[misc]
        if is_over(received, homes_count) and number >= len(processes):
            return
        process = processes[number % len(processes)]
        process.kill()
        process.start()


def ended(site: Site, port: int) -> list[dict[str, Any]] | None:
    log = delivered(site, port)
    return log if all(one["state"] == "delivered" for one in log) else None


def check(log: list[dict[str, Any]], came: list[Mapping[str, Any]], made: list[str]) -> None:
    """What the log says against what the receiver counted."""
    assert taken_homes(came) == set(made)
    assert sum(one["homes"] for one in log) == len(made), "a home is in two pages, or in none"
    of = defaultdict(list)
    for one in came:
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
