"""Webhooks: how fast a trigger is accepted, and the signals of many homes are delivered."""

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.service_app import quiet, settings_in
from benchmarks.timing import Row
from kwhen.delivery.worker import working
from kwhen.operations import homes, webhooks
from kwhen.operations.credentials import create_key, create_organisation
from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.operations.webhooks import WebhookWish
from kwhen.records import DeliveryState, Environment, RunState, Tenant
from tests.service.server import client_of

HOMES_COUNT, TRIGGERS_COUNT = 10_000, 5
ACCEPTED_BAR_MS, HOMES_BAR_PER_S = 100.0, 2000.0
HOST = "127.0.0.1"
PART = "webhooks"
FACTS = {"name": "Benchmark", "zipcode": "94107", "rate_plan_id": "14328/E-ELEC"}
GLANCE_S = 0.05
# As in the proof of tests/delivery/test_kill.py, so that a day of retries passes in seconds.
IMPATIENT: dict[str, Any] = {
    "delivery_page_bytes": 64 * 1024,
    "delivery_timeout_s": 1.0,
    "delivery_schedule_s": ",".join(str(number / 5) for number in range(60)),
    "target_at_once": 16,
    "target_per_second": 500,
}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A deployment whose tenant has many homes and a webhook."""

    deployment: Deployment
    tenant: Tenant

    def set(self, port: int) -> None:
        """Send to a port of this machine from here on."""
        wish = WebhookWish(
            url=f"http://{HOST}:{port}/", security_key="key", open_adr=False, more={}
        )
        with self.deployment.writing(self.tenant) as work:
            webhooks.set_webhook(work, wish)

    def whole_s(self) -> float:
        """From a trigger until every home was delivered by one worker."""
        with working(self.deployment):
            begun_s = time.perf_counter()
            with self.deployment.writing(self.tenant) as work:
                run_id = webhooks.trigger(work).id
            while not self.is_over(run_id):
                time.sleep(GLANCE_S)
            return time.perf_counter() - begun_s

    def is_over(self, run_id: str) -> bool:
        """Whether every page of the newest run was made, and taken."""
        with self.deployment.reading(self.tenant) as work:
            (run,) = webhooks.list_runs(work, 1)
            if run.state in (RunState.WAITING, RunState.COMPUTING):
                return False
            wait = {"limit_count": 1, "state": DeliveryState.PENDING, "run_id": run_id}
            return not webhooks.list_deliveries(work, **wait)

    def bodies(self) -> list[bytes]:
        """The bodies of the newest run."""
        with self.deployment.reading(self.tenant) as work:
            run_id = webhooks.list_runs(work, 1)[0].id
            found = webhooks.list_deliveries(work, limit_count=HOMES_COUNT, run_id=run_id)
            return [webhooks.body_of(work, one.id) or b"" for one in found]


def deliveries() -> list[Row]:
    """Rows of a trigger for many homes, of its delivery, and of one to a bad receiver."""
    quiet()
    with tempfile.TemporaryDirectory() as folder:
        bench = _filled(Path(folder) / "fast")
        with _process("benchmarks.sink") as port:
            bench.set(port)
            rows = [_accepted(_accepted_ms(bench))]
            bench.set(port)
            whole_s, bodies = bench.whole_s(), bench.bodies()
            rows.append(_delivered(whole_s, _posted_s(port, bodies), bodies))
        bench.deployment.close()
        bench = _filled(Path(folder) / "unreliable", **IMPATIENT)
        log = Path(folder) / "received.jsonl"
        with _process("tests.delivery.unreliable", str(log), "a seed") as port:
            bench.set(port)
            rows.append(_unreliable(bench.whole_s(), log))
        bench.deployment.close()
    return rows


def _filled(folder: Path, **told: Any) -> Bench:
    settings = settings_in(folder).model_copy(update={"allow_loopback_targets": True, **told})
    deployment = open_deployment(settings)
    tenant = Tenant(create_organisation(deployment, "Benchmark").id, Environment.SANDBOX)
    with deployment.writing(tenant) as work:
        for _ in range(HOMES_COUNT):
            homes.create_home(work, FACTS)
    return Bench(deployment=deployment, tenant=tenant)


def _accepted_ms(bench: Bench) -> float:
    """Time of a trigger over HTTP; what it asks for is not sent."""
    with bench.deployment.writing(bench.tenant) as work:
        key = create_key(work, name="benchmark").secret
    times_ms = []
    with client_of(bench.deployment) as client:
        for _ in range(TRIGGERS_COUNT):
            begun_s = time.perf_counter()
            answer = client.post(
                "/v1/webhook/price_signal/trigger", json={}, headers={"x-ws-api-key": key}
            )
            times_ms.append((time.perf_counter() - begun_s) * 1e3)
            assert answer.status_code == 200, answer.text
    with bench.deployment.writing(bench.tenant) as work:
        webhooks.disable(work, "the triggers above are not to be sent")
    return median(times_ms)


@contextmanager
def _process(module: str, *words: str) -> Iterator[int]:
    """The port of a receiver in a process of its own."""
    running = subprocess.Popen(
        [sys.executable, "-m", module, *words], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    try:
        yield int(running.stdout.readline())
    finally:
        running.kill()
        running.wait()
        running.stdout.close()


def _posted_s(port: int, bodies: list[bytes]) -> float:
    """The time of plain posts of the same bytes, one after the other."""
    connection = http.client.HTTPConnection(HOST, port)
    begun_s = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/", body)
        connection.getresponse().read()
    connection.close()
    return time.perf_counter() - begun_s


def _accepted(time_ms: float) -> Row:
    return Row(
        part=PART,
        what=f"a trigger for {HOMES_COUNT:,} homes is accepted",
        kwhen_ms=time_ms,
        note="over HTTP, written down in a transaction",
        bar=f"≤ {ACCEPTED_BAR_MS:g} ms",
        meets=time_ms <= ACCEPTED_BAR_MS,
    )


def _delivered(whole_s: float, plain_s: float, bodies: list[bytes]) -> Row:
    rate_per_s = HOMES_COUNT / whole_s
    size_mb = sum(map(len, bodies)) / 1e6
    return Row(
        part=PART,
        what=f"{HOMES_COUNT:,} homes from trigger to the last delivery, one worker",
        kwhen_ms=whole_s * 1e3,
        note=f"{rate_per_s:,.0f} homes a second; {len(bodies)} bodies, {size_mb:.0f} MB; "
        f"plain posting of them {plain_s:.2f} s, {whole_s / plain_s:.1f} × of it",
        bar=f"≥ {HOMES_BAR_PER_S:,.0f} homes/s",
        meets=rate_per_s >= HOMES_BAR_PER_S,
    )


def _unreliable(whole_s: float, log: Path) -> Row:
    came = [json.loads(line) for line in log.read_text().splitlines()]
    deeds = Counter(str(one["deed"]) for one in came)
    taken = {home for one in came if one["deed"] == 200 for home in one["homes"]}
    assert len(taken) == HOMES_COUNT, f"{len(taken)} homes arrived"
    told = ", ".join(f"{count} × {deed}" for deed, count in deeds.most_common())
    return Row(
        part=PART,
        what=f"{HOMES_COUNT:,} homes to a receiver that fails, hangs, resets and is busy",
        kwhen_ms=whole_s * 1e3,
        note=f"{HOMES_COUNT / whole_s:,.0f} homes a second; "
        f"{len({one['id'] for one in came})} bodies in {len(came)} requests: {told}; none lost",
    )
