"""Traces: a span a request, with its id and the route in place of the path."""

import asyncio
import gzip
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import httpx
import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kwhen.errors import SettingError
from kwhen.operations.deployment import Deployment
from kwhen.service.app import create_app
from kwhen.service.tracing import ENDPOINTS, Traced, traced
from tests.service.running import running


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*ENDPOINTS, "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.clear()


def asked(app: Any, *paths: str) -> list[httpx.Response]:
    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://kwhen") as client:
            return [await client.post(path, headers={"x-ws-api-key": "wsk_x"}) for path in paths]

    return asyncio.run(ask())


def test_a_span_is_not_told_the_query_which_the_route_gets(
    deployment: Deployment, spans: InMemorySpanExporter
) -> None:
    app = Traced(create_app(deployment), SimpleSpanProcessor(spans))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://kwhen") as client:
            return await client.get("/portal/sign-in", params={"next": "/portal/planted"})

    assert "/portal/planted" in asyncio.run(ask()).text
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /portal/sign-in" and "planted" not in span.to_json()


def test_a_span_tells_the_route_and_the_id(
    deployment: Deployment, spans: InMemorySpanExporter
) -> None:
    app = Traced(create_app(deployment), SimpleSpanProcessor(spans))
    answers = asked(app, "/v1/homes/ws_home_1/get", "/nowhere/ws_home_1")
    known, unknown = spans.get_finished_spans()
    assert known.name == "POST /v1/homes/{id}/get"
    assert known.attributes is not None and unknown.attributes is not None
    assert known.attributes["http.route"] == "/v1/homes/{id}/get"
    assert known.attributes["kwhen.request_id"] == answers[0].headers["x-request-id"]
    assert unknown.attributes["kwhen.request_id"] == answers[1].headers["x-request-id"]
    assert known.resource.attributes["service.name"] == "kwhen"
    assert "wsk_x" not in known.to_json() + unknown.to_json()


def test_the_service_can_have_another_name(
    spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "kwhen-east")
    app = Traced(_nothing, SimpleSpanProcessor(spans))
    assert app.provider.resource.attributes["service.name"] == "kwhen-east"


def test_the_last_spans_are_sent_at_the_end() -> None:
    class Ending(SimpleSpanProcessor):
        is_over = False

        def shutdown(self) -> None:
            self.is_over = True

    ending = Ending(InMemorySpanExporter())
    asyncio.run(Traced(_nothing, ending)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]
    assert ending.is_over


async def _nothing(scope: Any, receive: Any, send: Any) -> None:
    return None


def test_without_an_address_nothing_is_traced() -> None:
    assert traced(_nothing) is _nothing


def test_with_an_address_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINTS[0], "http://127.0.0.1:9")
    app = traced(_nothing)
    assert isinstance(app, Traced)
    app.provider.shutdown()


class Collector(BaseHTTPRequestHandler):
    """Takes spans as OpenTelemetry's collector does."""

    bodies: ClassVar[list[bytes]] = []

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def collector() -> Iterator[str]:
    """Where spans are taken."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.proof
def test_workers_send_their_spans_before_they_end(collector: str, tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2", **{ENDPOINTS[0]: collector}) as service:
        service.workers(2)
        answer = service.post("/v1/homes/list")
        assert service.end() == 0
    sent = b"".join(gzip.decompress(b) if b[:2] == b"\x1f\x8b" else b for b in Collector.bodies)
    assert answer.headers["x-request-id"].encode() in sent and b"POST /v1/homes/list" in sent


def test_an_address_without_the_extra_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENDPOINTS[1], "http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "opentelemetry.instrumentation.asgi", None)
    with pytest.raises(SettingError, match=r"TRACES_ENDPOINT is set.*kwhen\[telemetry\]"):
        traced(_nothing)
