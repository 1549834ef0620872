"""The service as an operator runs it: real processes, ended, killed and started again."""

import os
import random
import signal
import socket
import subprocess
import time
from contextlib import suppress
from math import ceil
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from kwhen.operations.deployment import open_deployment
from kwhen.records import Environment
from tests.databases import KINDS, migrated_url
from tests.deployments import SECRET, parties, settings_of
from tests.service.running import (
    DEADLINE_S,
    SCRIPT,
    Running,
    environment,
    paused,
    running,
    wait_for,
)

pytestmark = pytest.mark.proof

HEALTH = "/healthz"


def key_of(url: str, folder: Path) -> str:
    """A sandbox key of a deployment that a service will open."""
    deployment = open_deployment(settings_of(url, folder))
    key = parties(deployment).key(environment=Environment.SANDBOX).secret
    deployment.close()
    return key


def told(url: str) -> dict[str, object]:
    return {"KWHEN_DATABASE_URL": url, "KWHEN_SECRET": SECRET}


def requests_counted(metrics: str, route: str) -> float:
    families = text_string_to_metric_families(metrics)
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == "kwhen_http_requests_total" and sample.labels["route"] == route
    )


def free_port() -> int:
    """A port below those that are given to whoever asks for any: another test cannot get it."""
    while True:
        port = random.randint(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def is_refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_restart_keeps_what_was_stored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'own.db'}"
    headers = {"x-ws-api-key": key_of(url, tmp_path)}
    with running(tmp_path, **told(url)) as first:
        made = first.post("/v1/homes/create", {"name": "H"}, **headers)
        assert made.status_code == 200, made.text
        assert first.end() == 0
        assert is_refused(first.address)
    with running(tmp_path, **told(url)) as second:
        found = second.post(f"/v1/homes/{made.json()['id']}/get", {}, **headers)
        assert found.json() == made.json()


def test_the_first_start_makes_database_and_secret(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as service:
        assert service.get("/readyz").json() == {"status": "ready"}
        service.workers(2)
    secret = tmp_path / "data" / "secret"
    assert secret.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data" / "kwhen.db").is_file()
    assert secret.read_text().strip() not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("worker_count", [1, 2])
def test_an_end_lets_accepted_requests_finish(worker_count: int, tmp_path: Path) -> None:
    with running(tmp_path, "--workers", str(worker_count)) as service:
        service.workers(worker_count)
        with socket.create_connection(service.address, timeout=DEADLINE_S) as client:
            body = b'{"message": "' + b"x" * 100 + b'"}'
            head = f"POST /v1/feedback HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
            client.sendall(head.encode() + body[:20])
            counted = "kwhen_http_requests_running 2.0"  # it, and the one that asks
            wait_for(lambda: counted in service.get("/metrics").text, "the request")
            service.process.send_signal(signal.SIGTERM)
            wait_for(lambda: len(service.logged("Shutting down")) == worker_count, "the end")
            client.sendall(body[20:])
            answer = client.recv(65536)
        assert answer.split(b"\r\n")[0] in (b"HTTP/1.1 201 Created", b"HTTP/1.1 400 Bad Request")
        assert b"connection: close" in answer and b"x-request-id" in answer
        assert service.process.wait(DEADLINE_S) == 0


def test_workers_are_replaced_on_demand(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as service:
        service.workers(2)
        service.process.send_signal(signal.SIGHUP)
        service.worker_ids(4)
        wait_for(lambda: len(service.logged("Finished server process")) == 2, "the old ones")
        assert service.get(HEALTH).status_code == 200
        assert service.end() == 0


def test_workers_end_where_their_supervisor_was_killed(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as service:
        service.workers(2)
        service.process.kill()
        wait_for(lambda: len(service.logged("Finished server process")) == 2, "their ends")
        wait_for(lambda: is_refused(service.address), "the port")


def test_a_worker_that_is_killed_comes_back_and_its_counts_stay(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as service:
        first, second = service.workers(2)
        for resting, count in ((first, 3), (second, 4)):
            with paused(resting):
                for _ in range(count):
                    service.get(HEALTH)
        assert requests_counted(service.get("/metrics").text, HEALTH) == 7
        os.kill(first, signal.SIGKILL)
        assert service.get(HEALTH).status_code == 200  # of the other one
        service.worker_ids(3)
        with paused(second):
            assert service.get(HEALTH).status_code == 200
        after = service.get("/metrics").text
        assert requests_counted(after, HEALTH) == 9
        assert "kwhen_http_requests_running 1.0" in after  # the one that asks


@pytest.mark.parametrize("kind", KINDS)
def test_workers_share_a_rate_limit(kind: str, tmp_path: Path) -> None:
    limit_count, worth_s = 4, 15
    with migrated_url(kind, tmp_path) as url:
        headers = {"x-ws-api-key": key_of(url, tmp_path)}
        options = {**told(url), "KWHEN_RATE_LIMIT_PER_MINUTE": limit_count}
        with running(tmp_path, "--workers", "2", **options) as service:
            workers = service.workers(2)
            begun_s = time.monotonic()
            statuses = []
            for number in range(3 * limit_count):
                with paused(workers[number % 2]):
                    statuses.append(service.post("/v1/homes/list", {}, **headers).status_code)
            more_count = ceil((time.monotonic() - begun_s) / worth_s)
    allowed_count = statuses.count(200)
    assert statuses[:limit_count] == [200] * limit_count
    assert set(statuses) == {200, 429}
    assert limit_count <= allowed_count <= limit_count + more_count


@pytest.mark.parametrize("worker_count", [1, 2])
def test_metrics_on_a_port_of_their_own(worker_count: int, tmp_path: Path) -> None:
    port = free_port()
    options = ("--workers", str(worker_count))
    with running(tmp_path, *options, KWHEN_METRICS_PORT=port) as service:
        assert service.get("/metrics").status_code == 404
        own = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=DEADLINE_S).text
        assert requests_counted(own, "/metrics") == 1


def test_metrics_can_be_nowhere(tmp_path: Path) -> None:
    with running(tmp_path, KWHEN_METRICS_PORT=0) as service:
        assert service.get("/metrics").status_code == 404


def test_a_proxy_that_is_trusted_names_the_client(tmp_path: Path) -> None:
    options = {"KWHEN_OPEN_RATE_LIMIT_PER_MINUTE": 1}

    def limited(service: Running) -> list[bool]:
        clients = ("192.0.2.1", "192.0.2.2", "192.0.2.1")
        answers = [service.post("/v1/feedback", **{"x-forwarded-for": one}) for one in clients]
        return [answer.status_code == 429 for answer in answers]

    with running(tmp_path, **options) as service:
        assert limited(service) == [False, False, True]
    with running(tmp_path, **options, KWHEN_TRUSTED_PROXIES="192.0.2.9") as service:
        assert limited(service) == [False, True, True]


REFUSED = [
    ({"KWHEN_METRICS_PORT": "{taken}"}, (), "KWHEN_METRICS_PORT: cannot listen"),
    ({}, ("--port", "{taken}"), "is taken by another program"),
    ({}, ("--host", "192.0.2.1"), "cannot listen on 192.0.2.1"),
    ({"KWHEN_SECRET": "short"}, (), "KWHEN_SECRET has 5 characters"),
]


@pytest.mark.parametrize(("variables", "options", "words"), REFUSED)
def test_what_cannot_be_served_is_one_sentence(
    variables: dict[str, str], options: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        taken = str(held.getsockname()[1])
        settings = {name: value.format(taken=taken) for name, value in variables.items()}
        done = subprocess.run(
            [SCRIPT, "serve", *(option.format(taken=taken) for option in options)],
            env=environment(**{"KWHEN_DATA": tmp_path, "KWHEN_PORT": "0", **settings}),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
    said = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert done.returncode == 2 and not done.stdout
    assert len(said) == 1 and said[0].startswith("kwhen: ") and words in said[0]
