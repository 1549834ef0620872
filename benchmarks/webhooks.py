"""Webhooks: how soon a trigger is accepted, how fast homes are delivered to a fast receiver."""

import http.client
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from benchmarks.service_app import quiet, settings_in
from benchmarks.timing import Row
from kwhen.delivery.worker import working
from kwhen.operations import homes, webhooks
from kwhen.operations.credentials import create_organisation
from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.operations.webhooks import WebhookWish
from kwhen.records import DeliveryState, Environment, Tenant

HOMES_COUNT, TRIGGERS_COUNT = 10_000, 5
ACCEPTED_BAR_MS, HOMES_BAR_PER_S = 100.0, 2000.0
HOST = "127.0.0.1"
PART = "webhooks"
FACTS = {"name": "Benchmark", "zipcode": "94107", "rate_plan_id": "14328/E-ELEC"}


class Sink(BaseHTTPRequestHandler):
    """Takes everything and keeps its bodies."""

    protocol_version = "HTTP/1.1"
    bodies: list[bytes]
    lock = threading.Lock()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        with self.lock:
            self.bodies.append(body)
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def sink() -> Iterator[tuple[int, list[bytes]]]:
    """A receiver's port and what came there."""
    bodies: list[bytes] = []
    server = ThreadingHTTPServer((HOST, 0), type("Own", (Sink,), {"bodies": bodies}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1], bodies
    server.shutdown()
    server.server_close()
    thread.join()


def deliveries() -> list[Row]:
    """Rows of a trigger for many homes and of its delivery, against posting the same bytes."""
    quiet()
    with tempfile.TemporaryDirectory() as folder, sink() as (port, bodies):
        settings = settings_in(Path(folder)).model_copy(update={"allow_loopback_targets": True})
        deployment = open_deployment(settings)
        tenant = _filled(deployment, port)
        accepted_ms = [_trigger_ms(deployment, tenant) for _ in range(TRIGGERS_COUNT)]
        with deployment.writing(tenant) as work:
            webhooks.disable(work, "the triggers above are not to be sent")
        _set(deployment, tenant, port)
        with working(deployment):
            begun_s = time.perf_counter()
            _trigger_ms(deployment, tenant)
            _wait(deployment, tenant)
            whole_s = time.perf_counter() - begun_s
        sent = list(bodies)
        plain_s = _posted_s(port, sent)
        deployment.close()
    return [_accepted(accepted_ms), _delivered(whole_s, plain_s, sent)]


def _filled(deployment: Deployment, port: int) -> Tenant:
    tenant = Tenant(create_organisation(deployment, "Benchmark").id, Environment.SANDBOX)
    with deployment.writing(tenant) as work:
        for _ in range(HOMES_COUNT):
            homes.create_home(work, FACTS)
    _set(deployment, tenant, port)
    return tenant


def _set(deployment: Deployment, tenant: Tenant, port: int) -> None:
    url = f"http://{HOST}:{port}/"
    with deployment.writing(tenant) as work:
        wish = WebhookWish(url=url, security_key="key", open_adr=False, more={})
        webhooks.set_webhook(work, wish)


def _trigger_ms(deployment: Deployment, tenant: Tenant) -> float:
    begun_s = time.perf_counter()
    with deployment.writing(tenant) as work:
        webhooks.trigger(work)
    return (time.perf_counter() - begun_s) * 1e3


def _wait(deployment: Deployment, tenant: Tenant) -> None:
    """Until every home was delivered."""
    count = 0
    while count < HOMES_COUNT:
        time.sleep(0.1)
        with deployment.reading(tenant) as work:
            found = webhooks.list_deliveries(work, limit_count=1000, state=DeliveryState.DELIVERED)
        count = sum(one.homes_count for one in found)


def _posted_s(port: int, bodies: list[bytes]) -> float:
    """The time of plain posts of the same bytes, one after the other."""
    connection = http.client.HTTPConnection(HOST, port)
    begun_s = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/", body)
        connection.getresponse().read()
    connection.close()
    return time.perf_counter() - begun_s


def _accepted(times_ms: list[float]) -> Row:
    return Row(
        part=PART,
        what=f"a trigger for {HOMES_COUNT:,} homes is accepted",
        kwhen_ms=median(times_ms),
        note="written down, in a transaction of its own",
        bar=f"≤ {ACCEPTED_BAR_MS:g} ms",
        meets=median(times_ms) <= ACCEPTED_BAR_MS,
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
