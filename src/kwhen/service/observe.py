"""Every request is given an id, counted, timed and logged; around everything else."""

import time
from collections.abc import Iterable
from itertools import chain

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kwhen.service.problems import FIX_FIELDS, INVALID, Kind, problem, unforeseen
from kwhen.service.state import new_request_id

log = structlog.get_logger("kwhen.request")
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
NO_ROUTE = "(none)"
NOBODY_THERE = 499  # the client went away before an answer began
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """What is counted of requests, in a registry of its own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self.registry = CollectorRegistry()
        names = ("method", "route", "status")
        self.requests = Counter(
            "kwhen_http_requests", "Requests answered.", names, registry=self.registry
        )
        self.seconds = Histogram(
            "kwhen_http_request_seconds",
            "Time from the request's head to the end of its answer.",
            ("method", "route"),
            buckets=SECONDS,
            registry=self.registry,
        )
        self.running = Gauge(
            "kwhen_http_requests_running",
            "Requests that are being answered.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )

    def answered(self, method: str, route: str, status: int, elapsed_s: float) -> None:
        """Count a request."""
        count, seconds = self._of(method if method in METHODS else "other", route, status)
        count.inc()
        seconds.observe(elapsed_s)

    def _of(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """What counts such requests; there are few kinds of them, so each is looked for once."""
        found = self._known.get((method, route, status))
        if found is None:
            found = self._known[method, route, status] = (
                self.requests.labels(method, route, str(status)),
                self.seconds.labels(method, route),
            )
        return found


class Observer:
    """The outermost ASGI layer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and tell about it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = new_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        begun_s = time.perf_counter()
        status = NOBODY_THERE

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        self.metrics.running.inc()
        try:
            await self.app(scope, receive, told)
        except ClientDisconnect:
            pass  # in the middle of its request
        except Exception as error:
            log.error("unforeseen error", request_id=request_id, exc_info=error)
            if status != NOBODY_THERE:
                raise  # in the middle of an answer: the connection has to end
            await unforeseen(Request(scope))(scope, receive, told)
        finally:
            self.metrics.running.dec()
            self._tell(scope, request_id, status, time.perf_counter() - begun_s)

    def _tell(self, scope: Scope, request_id: str, status: int, elapsed_s: float) -> None:
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        self.metrics.answered(scope["method"], route, status, elapsed_s)
        if route in QUIET:
            return
        passed = scope["state"].get("passed")
        credential = passed.credential if passed else None
        log.info(
            "request",
            request_id=request_id,
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(elapsed_s * 1000, 2),
            org=credential.tenant.org_id if credential else None,
            environment=credential.tenant.environment.value if credential else None,
            credential=credential.id if credential else None,
        )


class HeadLimits:
    """Refuses heads that are longer than any honest one."""

    LONGEST_URL_COUNT = 8 * 1024
    LONGEST_HEADERS_COUNT = 32 * 1024

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or say what is too long."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        url_count = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        if url_count > self.LONGEST_URL_COUNT:
            await _refuse(scope, send, 414, f"The URL is longer than {self.LONGEST_URL_COUNT}.")
        elif _size(scope["headers"]) > self.LONGEST_HEADERS_COUNT:
            words = f"The headers are longer than {self.LONGEST_HEADERS_COUNT} bytes."
            await _refuse(scope, send, 431, words)
        else:
            await self.app(scope, receive, send)


def _size(headers: Iterable[tuple[bytes, bytes]]) -> int:
    return sum(map(len, chain.from_iterable(headers)))


async def _refuse(scope: Scope, send: Send, status: int, words: str) -> None:
    async def nothing() -> Message:
        return {"type": "http.disconnect"}

    response = problem(Request(scope), Kind(status, INVALID, FIX_FIELDS), words)
    await response(scope, nothing, send)
