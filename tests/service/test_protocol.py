"""The socket: heads without an end, clients that stop sending, what is no HTTP."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn

from kwhen.service.protocol import LONGEST_HEAD_COUNT, BoundedProtocol
from tests.service.running import DEADLINE_S, wait_for

GET = b"GET / HTTP/1.1\r\nhost: x\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
LATER_S = 0.2


class Hasty(BoundedProtocol):
    patience_s = 0.05


@dataclass
class Echo:
    """Answers with the size of the body; remembers who went away. `/later` takes its time."""

    gone_count: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        if scope["path"] == "/later":
            await asyncio.sleep(LATER_S)
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.gone_count += 1
                return
            size, more = size + len(message["body"]), message["more_body"]
        body = str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


@dataclass
class Door:
    """A server and where it listens."""

    app: Echo
    server: uvicorn.Server
    address: tuple[str, int]

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=DEADLINE_S)

    def forgets_all(self) -> None:
        wait_for(lambda: not self.server.server_state.connections, "the end of connections")


@contextmanager
def opened(protocol: type[BoundedProtocol]) -> Iterator[Door]:
    app = Echo()
    config = uvicorn.Config(app, http=protocol, ws="none", log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Door(app, server, listener.getsockname())
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    with opened(BoundedProtocol) as found:
        yield found


@pytest.fixture(scope="module")
def hasty() -> Iterator[Door]:
    with opened(Hasty) as found:
        yield found


def rest(client: socket.socket) -> bytes:
    """What the server says until it closes."""
    said = b""
    while piece := client.recv(65536):
        said += piece
    return said


def filled(start: bytes, filler: bytes) -> bytes:
    """A start with so much after it that one byte more than the limit was sent."""
    count = LONGEST_HEAD_COUNT + 1 - len(start)
    return start + (filler * (count // len(filler) + 1))[:count]


ENDLESS = [
    ("target", b"GET /", b"a"),
    ("name", GET, b"a"),
    ("value", GET + b"a: ", b"b"),
    ("many headers", GET, b"a: b\r\n"),
    ("blank lines", b"", b"\r\n"),
]


@pytest.mark.parametrize(("start", "filler"), [e[1:] for e in ENDLESS], ids=[e[0] for e in ENDLESS])
def test_a_head_without_an_end_is_refused(start: bytes, filler: bytes, door: Door) -> None:
    with door.connect() as client:
        client.sendall(filled(start, filler))
        head, _, body = rest(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ") and b"connection: close" in head
    problem = json.loads(body)
    assert problem["error_code"] == "VALIDATION_FAILED"
    assert problem["request_id"].encode() in head
    door.forgets_all()


AFTER_A_BODY = [
    ("trailers", CHUNKED + b"1\r\nx\r\n0\r\n", b"a: b\r\n"),
    ("chunk extension", CHUNKED + b"1;", b"a"),
]


@pytest.mark.parametrize(
    ("start", "filler"), [e[1:] for e in AFTER_A_BODY], ids=[e[0] for e in AFTER_A_BODY]
)
def test_what_goes_with_a_body_has_an_end_too(start: bytes, filler: bytes, door: Door) -> None:
    before = door.app.gone_count
    with door.connect() as client, pytest.raises(OSError):
        client.sendall(start)
        for _ in range(10_000):
            client.sendall(filled(b"", filler))
    wait_for(lambda: door.app.gone_count > before, "the application to hear of it")
    door.forgets_all()


def test_a_flood_is_cut_off(door: Door) -> None:
    with door.connect() as client, pytest.raises(OSError):
        client.sendall(GET + b"a: ")
        for _ in range(10_000):
            client.sendall(b"b" * 65_536)
    door.forgets_all()


@pytest.mark.parametrize("length", [1, LONGEST_HEAD_COUNT - 200])
def test_long_heads_that_end_pass(length: int, door: Door) -> None:
    with door.connect() as client:
        client.sendall(GET + b"a: " + b"b" * length + b"\r\nconnection: close\r\n\r\n")
        assert rest(client).startswith(b"HTTP/1.1 200 ")


def test_a_long_body_is_no_head(door: Door) -> None:
    length = 5 * LONGEST_HEAD_COUNT
    head = b"POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % length
    with door.connect() as client:
        client.sendall(head)
        for _ in range(5):
            client.sendall(b"x" * LONGEST_HEAD_COUNT)
        assert rest(client).endswith(b"\r\n\r\n%d" % length)


def test_a_connection_is_kept_and_requests_may_follow_each_other(door: Door) -> None:
    with door.connect() as client:
        for _ in range(3):
            client.sendall(GET + b"\r\n")
            assert client.recv(65536).endswith(b"\r\n\r\n0")
        client.sendall((GET + b"\r\n") * 2 + GET + b"connection: close\r\n\r\n")
        assert rest(client).count(b"HTTP/1.1 200 OK") == 3


def test_trailers_do_not_become_headers(door: Door) -> None:
    with door.connect() as client:
        client.sendall(CHUNKED + b"3\r\nabc\r\n0\r\nx-late: 1\r\n\r\n")
        assert client.recv(65536).endswith(b"\r\n\r\n3")


@pytest.mark.parametrize("sent", [b"\x16\x03\x01\x02\x00\x01\x00", b"GET / HTTP/9.9\r\n\r\n", b"?"])
def test_what_is_no_http_is_told(sent: bytes, door: Door) -> None:
    with door.connect() as client:
        client.sendall(sent)
        head, _, body = rest(client).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["message"] == "The request is no HTTP/1.1."


SLOW = [b"", b"G", b"\r\n", GET, GET + b"a: b", GET + b"\r\nGET / HT", b"GET /later HTTP/1.1\r\na"]


@pytest.mark.parametrize("sent", SLOW)
def test_a_head_must_come_in_time(sent: bytes, hasty: Door) -> None:
    with hasty.connect() as client:
        client.sendall(sent)
        rest(client)
    hasty.forgets_all()


def test_a_body_must_go_on(hasty: Door) -> None:
    before = hasty.app.gone_count
    with hasty.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nabc")
        assert rest(client) == b""
    wait_for(lambda: hasty.app.gone_count > before, "the application to hear of it")


def test_who_waits_for_an_answer_may_be_quiet(hasty: Door) -> None:
    with hasty.connect() as client:
        client.sendall(b"GET /later HTTP/1.1\r\nhost: x\r\n\r\nGET / HTT")  # patience ends before
        assert rest(client).endswith(b"\r\n\r\n0")


def test_a_body_that_the_application_leaves_waiting_is_not_the_clients_fault(hasty: Door) -> None:
    length = 5 * LONGEST_HEAD_COUNT  # more than is read ahead
    head = b"POST /later HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % length
    with hasty.connect() as client:
        client.sendall(head + b"x" * length)
        assert client.recv(65536).endswith(b"\r\n\r\n%d" % length)
