"""The server's socket under bytes that no client should send: it refuses or closes, and goes on."""

import re
import select
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.databases import migrated_url
from tests.proof.amounts import IS_FULL, PACKETS
from tests.proof.packets import BROKEN, CLOSED, FEEDBACK, PIPELINED, SIZED, Packet, mutated
from tests.proof.served import HOST, Server, ask, prepare, running, wait_for

STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) [\w' -]*\r\n")  # no JSON has a raw end of line
A_MOMENT_S = 0.02  # after which the client says that it has no more to send
DEADLINE_S = 20.0
MOST_GROWTH_KB = 64 * 1024
WAITING = 100  # connections that stop in the middle, all at once
PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all that is sent; at its end it has written no traceback."""
    folder: Path = tmp_path_factory.mktemp("socket")
    with migrated_url("sqlite", folder) as url, running(prepare(folder, url)) as served:
        yield served
        assert ask(served.port, "GET", "/healthz") == (200, {"status": "ok"})
    assert not served.complaints(), "\n".join(served.complaints())


def answers(
    server: Server, data: bytes, *, pieces: int = 1, wait_s: float = A_MOMENT_S
) -> list[int]:
    """The statuses that came back on a connection of its own, until the server closed it.

    Who has said that there is no more to come gets no answer that was not begun: `wait_s` is the
    time for that.
    """
    with socket.create_connection((HOST, server.port), timeout=DEADLINE_S) as client:
        received = b""
        try:
            size = len(data) // pieces + 1
            for at in range(0, len(data), size):
                client.sendall(data[at : at + size])
            select.select([client], [], [], wait_s)
            client.shutdown(socket.SHUT_WR)
            while chunk := client.recv(65536):
                received += chunk
        except (ConnectionResetError, BrokenPipeError, OSError) as error:
            assert not isinstance(error, TimeoutError), f"the server holds on to {data[:200]!r}"
    assert not received or received.startswith(b"HTTP/1.1 "), received[:200]
    return [int(status) for status in STATUS.findall(received)]


@pytest.mark.parametrize("packet", BROKEN, ids=lambda packet: packet.name)
def test_what_is_broken_is_refused_or_closed(packet: Packet, server: Server) -> None:
    wait_s = A_MOMENT_S if CLOSED in packet.statuses else DEADLINE_S
    found = answers(server, packet.data, wait_s=wait_s) or [CLOSED]
    assert set(found) <= packet.statuses


def test_bytes_of_chance_meet_no_error(server: Server, tell: Callable[[str], None]) -> None:
    found = Counter[str]()
    before_kb = server.resident_kb()

    @settings(
        max_examples=PACKETS,
        deadline=None,
        database=None,
        derandomize=not IS_FULL,
        suppress_health_check=list(HealthCheck),
    )
    @given(data=mutated(), pieces=st.integers(1, 5))
    def throw(data: bytes, pieces: int) -> None:
        statuses = answers(server, data, pieces=pieces)
        assert all(status < 500 for status in statuses), (statuses, data)
        found.update([f"{status // 100}xx" for status in statuses] or ["closed"])

    throw()
    growth_kb = server.resident_kb() - before_kb
    tell(
        f"Socket: {len(BROKEN)} packets by hand, {PACKETS} by chance: "
        f"{dict(sorted(found.items()))}; memory grew by {growth_kb / 1024:.1f} MiB"
    )
    assert growth_kb < MOST_GROWTH_KB


def test_many_requests_at_once_are_answered_in_turn(server: Server) -> None:
    one = b"POST /v1/feedback HTTP/1.1\r\nhost: x\r\n" + SIZED + b"\r\n" + FEEDBACK
    with socket.create_connection((HOST, server.port), timeout=DEADLINE_S) as client:
        client.sendall(one * PIPELINED)
        received = b""
        while len(STATUS.findall(received)) < PIPELINED:
            chunk = client.recv(65536)
            assert chunk, received[-500:]
            received += chunk
    assert STATUS.findall(received) == [b"201"] * PIPELINED


def test_connections_that_stop_in_the_middle_hold_nothing_up(server: Server) -> None:
    sockets_count = server.sockets_count()
    starts = (
        b"",
        b"GET /",
        b"POST /v1/feedback HTTP/1.1\r\nhost: x\r\ncontent-length: 19\r\n\r\n{",
    )
    waiting = [socket.create_connection((HOST, server.port)) for _ in range(WAITING)]
    for number, client in enumerate(waiting):
        client.sendall(starts[number % len(starts)])
    assert ask(server.port, "GET", "/healthz")[0] == 200
    assert ask(server.port, "POST", "/v1/feedback", {"message": "Proof"})[0] == 201
    if IS_FULL:  # the server loses its patience by itself
        for client in waiting:
            client.settimeout(2 * PATIENCE_S)
            assert client.recv(1024) == b""
    for client in waiting:
        client.close()
    wait_for("closed connections", lambda: server.sockets_count() <= sockets_count)
