"""The network as the sender sees it: a name is resolved once, checked, and what was checked is
connected to. TLS verifies the name all the same.
"""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from select import select
from typing import Any

import httpcore

from kwhen.operations.targets import Address, OutboundPolicy

Resolver = Callable[[str, int], Sequence[str]]
Connector = Callable[[Address, int, float], socket.socket]


class Deadline(threading.local):
    """The moment by which what this thread does has to end. [monotonic]"""

    end_s: float = float("inf")

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Set the deadline for what is inside."""
        self.end_s = time.monotonic() + seconds
        try:
            yield
        finally:
            self.end_s = float("inf")

    def left_s(self, timeout_s: float | None) -> float:
        """How long one operation may take.

        Raises
        ------
        TimeoutError : the deadline has passed
        """
        left_s = min(self.end_s - time.monotonic(), timeout_s or float("inf"))
        if left_s <= 0:
            raise TimeoutError("not within the time of an attempt")
        return left_s


def resolve(host: str, port_number: int) -> list[str]:
    """The addresses of a name, as the system finds them."""
    found = socket.getaddrinfo(host, port_number, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(address: Address, port_number: int, timeout_s: float) -> socket.socket:
    """A connection to an address."""
    made = socket.create_connection((str(address), port_number), timeout_s)
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


class GuardedNetwork(httpcore.NetworkBackend):
    """Connections to what the policy allows."""

    def __init__(
        self,
        policy: OutboundPolicy,
        deadline: Deadline,
        resolver: Resolver = resolve,
        connector: Connector = connect,
    ) -> None:
        self._policy = policy
        self._deadline = deadline
        self._resolver = resolver
        self._connector = connector

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of a name that answers; one forbidden one refuses all."""
        with _told(httpcore.ConnectTimeout, httpcore.ConnectError):
            addresses = self._addresses(host, port, self._deadline.left_s(timeout))
            for address in addresses:
                self._policy.check(address, port)
            return self._first(addresses, port, timeout)

    def _first(
        self, addresses: Sequence[Address], port_number: int, timeout_s: float | None
    ) -> httpcore.NetworkStream:
        left_s = self._deadline.left_s(timeout_s)
        failed: OSError | None = None
        for address in addresses:
            try:
                made = self._connector(address, port_number, left_s / len(addresses))
                return GuardedStream(made, self._deadline)
            except OSError as error:
                failed = error
        raise failed or OSError("the name has no address")

    def _addresses(self, host: str, port_number: int, timeout_s: float) -> list[Address]:
        """Every address of a name; the system's resolver knows no deadline, so a thread waits."""
        answers: SimpleQueue[Sequence[str] | Exception] = SimpleQueue()

        def look_up() -> None:
            try:
                answers.put(self._resolver(host, port_number))
            except (OSError, UnicodeError) as error:
                answers.put(error)

        threading.Thread(target=look_up, daemon=True).start()
        try:
            found = answers.get(timeout=timeout_s)
        except Empty:
            raise TimeoutError(f"{host} was not looked up in time") from None
        if isinstance(found, Exception):
            raise OSError(f"{host} has no address: {found}") from found
        return [ip_address(text) for text in found]


class GuardedStream(httpcore.NetworkStream):
    """A connection whose every operation ends by the deadline of its thread."""

    def __init__(self, made: socket.socket, deadline: Deadline) -> None:
        self._socket = made
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What has come."""
        with _told(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(self._deadline.left_s(timeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        left = memoryview(buffer)
        with _told(httpcore.WriteTimeout, httpcore.WriteError):
            while left:
                self._socket.settimeout(self._deadline.left_s(timeout))
                left = left[self._socket.send(left) :]

    def close(self) -> None:
        """End the connection."""
        self._socket.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """The same connection under TLS, for the name that was asked for."""
        with _told(httpcore.ConnectTimeout, httpcore.ConnectError):
            try:
                self._socket.settimeout(self._deadline.left_s(timeout))
                wrapped = ssl_context.wrap_socket(self._socket, server_hostname=server_hostname)
            except BaseException:
                self.close()
                raise
        return GuardedStream(wrapped, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """What the pool asks: whether an idle connection was closed by the other side."""
        if info == "is_readable":
            return self._socket.fileno() < 0 or bool(select([self._socket], [], [], 0)[0])
        if info == "ssl_object" and isinstance(self._socket, ssl.SSLSocket):
            return self._socket
        return None


@contextmanager
def _told(timed_out: type[Exception], failed: type[Exception]) -> Iterator[None]:
    """Errors of sockets in the words that the pool expects."""
    try:
        yield
    except TimeoutError as error:
        raise timed_out(str(error) or "timed out") from error
    except (OSError, ValueError) as error:
        raise failed(str(error) or type(error).__name__) from error
