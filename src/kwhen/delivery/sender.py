"""One attempt to reach a URL: guarded, bounded in time and size, without redirects or cookies."""

import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from kwhen.delivery.guard import Connector, Deadline, GuardedNetwork, Resolver, connect, resolve
from kwhen.errors import InvalidFields
from kwhen.operations.targets import OutboundPolicy, RefusedTarget

CONNECT_S, TOTAL_S = 10.0, 15.0
IDLE_S = 20.0  # that a connection is kept for the next attempt
MOST_CONNECTIONS_COUNT = 100
KEPT_BYTES = 1024  # of an answer, for the log
READ_BYTES = 64 * 1024  # of an answer, so that its connection can be used again
USER_AGENT = "kwhen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What became of an attempt: a status, or else an error; `body_start` is for the log."""

    status: int | None
    latency_s: float
    error: str | None = None
    retry_after_s: float | None = None
    body_start: bytes = b""

    @property
    def is_success(self) -> bool:
        """Whether the other side took it: 2xx alone says so."""
        return self.status is not None and 200 <= self.status < 300


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Sender:
    """Attempts to what a policy allows, over connections that are kept for a while.

    Safe to use from several threads. `resolver` and `connector` stand for the network in tests.
    """

    def __init__(
        self,
        policy: OutboundPolicy,
        *,
        clock: Callable[[], datetime] = _utc_now,
        resolver: Resolver = resolve,
        connector: Connector = connect,
        ssl_context: ssl.SSLContext | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._total_s = total_s
        self._deadline = Deadline()
        self._pool = httpcore.ConnectionPool(
            ssl_context=ssl_context or httpx.create_ssl_context(trust_env=False),
            max_connections=MOST_CONNECTIONS_COUNT,
            keepalive_expiry=IDLE_S,
            network_backend=GuardedNetwork(policy, self._deadline, resolver, connector),
        )

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Attempt:
        """Send content; an attempt that fails is told, not raised."""
        return self._attempt("POST", url, content, headers)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Attempt:
        """Ask for a URL; the start of the answer comes with the attempt."""
        return self._attempt("GET", url, b"", headers or {})

    def close(self) -> None:
        """Let go of the connections."""
        self._pool.close()

    def _attempt(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str]
    ) -> Attempt:
        begun_s = time.monotonic()
        try:
            self._policy.check_url(url, "url")
            with self._deadline.within(self._total_s):
                status, told, start = self._asked(method, url, content, headers)
        except (RefusedTarget, InvalidFields, httpcore.TimeoutException) as error:
            return _failed(begun_s, str(error) or "timed out")
        except Exception as error:
            # Whatever the other side does must not end a worker.
            return _failed(begun_s, f"{type(error).__name__}: {error}")
        return Attempt(
            status=status,
            latency_s=time.monotonic() - begun_s,
            retry_after_s=self._retry_after_s(told.get("retry-after")),
            body_start=start,
        )

    def _asked(
        self, method: str, url: str, content: bytes, headers: Mapping[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        target = httpx.URL(url)
        sent = {"host": target.netloc.decode("ascii"), "user-agent": USER_AGENT, "accept": "*/*"}
        sent |= {name.lower(): value for name, value in headers.items()}
        if method != "GET":
            sent["content-length"] = str(len(content))
        limits = {"connect": CONNECT_S, "read": None, "write": None, "pool": self._total_s}
        where = httpcore.URL(
            scheme=target.raw_scheme,
            host=target.raw_host,
            port=target.port,
            target=target.raw_path,
        )
        given = list(sent.items())
        with self._pool.stream(
            method, where, headers=given, content=content, extensions={"timeout": limits}
        ) as response:
            told = {n.decode("latin-1").lower(): v.decode("latin-1") for n, v in response.headers}
            return response.status, told, _start_of(response)

    def _retry_after_s(self, text: str | None) -> float | None:
        """Seconds that a Retry-After asks for, a number or a date."""
        if not text:
            return None
        if text.strip().isdecimal():
            return float(text.strip()[:9])
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, IndexError):
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max((aware - self._clock()).total_seconds(), 0.0)


def _start_of(response: httpcore.Response) -> bytes:
    """The start of an answer; a long one is not read to its end, which ends its connection."""
    kept, read_bytes = b"", 0
    for chunk in response.iter_stream():
        kept += chunk[: KEPT_BYTES - len(kept)]
        read_bytes += len(chunk)
        if read_bytes > READ_BYTES:
            break
    return kept


def _failed(begun_s: float, error: str) -> Attempt:
    return Attempt(status=None, latency_s=time.monotonic() - begun_s, error=error[:500])
