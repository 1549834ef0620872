"""One attempt: what is connected to, how long it may take, how much of an answer is read."""

import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

import pytest

from kwhen.delivery.guard import connect
from kwhen.delivery.sender import KEPT_BYTES, READ_BYTES, Sender
from kwhen.operations.targets import LOOPBACK, Address, OutboundPolicy
from tests.delivery.certificates import contexts
from tests.delivery.receiver import HOST, Say, receiving

NAME, PUBLIC = "receiver.example", "93.184.216.34"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
OWN = OutboundPolicy(networks=LOOPBACK)
OPEN = OutboundPolicy(allow_http=True)


@dataclass
class Names:
    """A resolver that gives prepared answers and counts how often it was asked."""

    answers: list[Sequence[str]]
    asked: int = 0

    def __call__(self, host: str, port_number: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@dataclass
class Wire:
    """A connector that goes to a port of the loopback, whatever address it was given."""

    port: int
    to: list[tuple[str, int]] = field(default_factory=list)
    dead: frozenset[str] = frozenset()

    def __call__(self, address: Address, port_number: int, timeout_s: float) -> socket.socket:
        self.to.append((str(address), port_number))
        if str(address) in self.dead:
            raise ConnectionRefusedError("refused")
        return connect(ip_address(HOST), self.port, timeout_s)


def no_wire(address: Address, port_number: int, timeout_s: float) -> socket.socket:
    raise AssertionError(f"{address} was connected to")


def test_content_and_headers_arrive_as_they_are() -> None:
    with receiving() as receiver:
        sender = Sender(OWN)
        attempt = sender.post(receiver.url, b"{}", {"X-Ws-Security-Key": "k", "webhook-id": "1"})
        assert (attempt.status, attempt.is_success, attempt.error) == (200, True, None)
        (came,) = receiver.came
        assert (came.method, came.path, came.body) == ("POST", "/hook", b"{}")
        assert came.headers["x-ws-security-key"] == "k"
        assert came.headers["host"] == f"{HOST}:{receiver.port}"
        sender.close()


def test_a_large_body_arrives_whole() -> None:
    content = bytes(range(256)) * 4096
    with receiving() as receiver:
        sender = Sender(OWN)
        assert sender.post(receiver.url, content, {}).is_success
        assert receiver.came[0].body == content
        sender.close()


def test_what_was_checked_is_what_is_connected_to() -> None:
    """A name that changes its address between the look-up and the connection gains nothing."""
    names = Names([[PUBLIC], ["127.0.0.1"]])
    with receiving() as receiver:
        wire = Wire(receiver.port)
        sender = Sender(OPEN, resolver=names, connector=wire)
        assert sender.post(f"http://{NAME}/hook", b"", {}).is_success
        assert receiver.came[0].headers["host"] == NAME
        sender.close()
    assert wire.to == [(PUBLIC, 80)]
    assert names.asked == 1


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_a_name_with_one_forbidden_address_is_refused(address: str) -> None:
    sender = Sender(OPEN, resolver=Names([[PUBLIC, address]]), connector=no_wire)
    attempt = sender.post(f"http://{NAME}/", b"", {})
    assert attempt.status is None
    assert attempt.error is not None and "no public address" in attempt.error


def test_a_forbidden_literal_is_refused_without_a_look_up() -> None:
    names = Names([[PUBLIC]])
    sender = Sender(OPEN, resolver=names, connector=no_wire)
    assert sender.post("http://169.254.169.254/latest", b"", {}).error
    assert sender.post("https://receiver.example:22/", b"", {}).error
    assert names.asked == 0


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with receiving() as receiver:
        wire = Wire(receiver.port, dead=frozenset({PUBLIC}))
        sender = Sender(OPEN, resolver=Names([[PUBLIC, "8.8.8.8"]]), connector=wire)
        assert sender.post(f"http://{NAME}/", b"", {}).is_success
        assert [address for address, _ in wire.to] == [PUBLIC, "8.8.8.8"]
        sender.close()


def test_a_name_without_an_address_is_an_attempt_that_failed() -> None:
    def unknown(host: str, port_number: int) -> Sequence[str]:
        raise socket.gaierror("Name or service not known")

    attempt = Sender(OPEN, resolver=unknown, connector=no_wire).post(f"http://{NAME}/", b"", {})
    assert attempt.error is not None and "Name or service not known" in attempt.error


@pytest.mark.parametrize(("name", "is_trusted"), [(NAME, True), ("other.example", False)])
def test_tls_verifies_the_name_and_not_the_address(
    name: str, is_trusted: bool, tmp_path: Path
) -> None:
    server, client = contexts(NAME, tmp_path)
    with receiving(tls=server) as receiver:
        wire = Wire(receiver.port)
        policy = OutboundPolicy()
        names = Names([[PUBLIC]])
        sender = Sender(policy, resolver=names, connector=wire, ssl_context=client)
        attempt = sender.post(f"https://{name}/hook", b"{}", {})
        sender.close()
        assert attempt.is_success is is_trusted
        assert wire.to == [(PUBLIC, 443)]
        assert len(receiver.came) == is_trusted
    assert is_trusted or "CERTIFICATE_VERIFY_FAILED" in str(attempt.error)


def test_a_redirect_is_not_followed_and_cookies_are_not_kept() -> None:
    with receiving() as receiver:
        away = {"location": receiver.url + "/other", "set-cookie": "a=b"}
        receiver.answers = [Say(status=307, headers=away), Say()]
        sender = Sender(OWN)
        attempt = sender.post(receiver.url, b"", {})
        assert (attempt.status, attempt.is_success) == (307, False)
        assert len(receiver.came) == 1
        assert sender.post(receiver.url, b"", {}).is_success
        assert "cookie" not in receiver.came[1].headers
        sender.close()


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving() as receiver:
        sender = Sender(OWN)
        assert sender.post(receiver.url, b"", {}).is_success
        sender.close()


def drip(head: bytes) -> Callable[..., None]:
    """Send a head, then a byte again and again until the receiver ends."""

    def send(wire: object, released: threading.Event) -> None:
        wire.write(head)  # type: ignore[attr-defined]
        while not released.wait(0.01):
            wire.write(b"a")  # type: ignore[attr-defined]
            wire.flush()  # type: ignore[attr-defined]

    return send


@pytest.mark.parametrize(
    "head",
    [b"HTTP/1.1 200 OK\r\nx-long: ", b"HTTP/1.1 200 OK\r\ncontent-length: 60000\r\n\r\n", b""],
    ids=["in the headers", "in the body", "not HTTP"],
)
def test_an_answer_that_drips_ends_with_the_time_of_the_attempt(head: bytes) -> None:
    with receiving() as receiver:
        receiver.answers = [Say(raw=drip(head))]
        sender = Sender(OWN, total_s=0.3)
        attempt = sender.post(receiver.url, b"", {})
        assert attempt.status is None
        assert attempt.error
        sender.close()


def test_an_answer_that_never_comes_ends_with_the_time_of_the_attempt() -> None:
    def hang(wire: object, released: threading.Event) -> None:
        released.wait()

    with receiving() as receiver:
        receiver.answers = [Say(raw=hang)]
        sender = Sender(OWN, total_s=0.2)
        attempt = sender.post(receiver.url, b"", {})
        assert attempt.status is None and "timed out" in str(attempt.error)
        sender.close()


def test_a_look_up_that_never_ends_does_not_hold_the_attempt() -> None:
    ended = threading.Event()

    def hang(host: str, port_number: int) -> Sequence[str]:
        ended.wait()
        return []

    attempt = Sender(OPEN, resolver=hang, total_s=0.1).post(f"http://{NAME}/", b"", {})
    ended.set()
    assert "was not looked up in time" in str(attempt.error)


def test_of_a_long_answer_the_start_is_kept_and_the_rest_not_read() -> None:
    body = b"x" * (READ_BYTES * 20)
    with receiving() as receiver:
        receiver.answers = [Say(body=body), Say(body=b"short")]
        sender = Sender(OWN)
        attempt = sender.post(receiver.url, b"", {})
        assert attempt.is_success
        assert attempt.body_start == b"x" * KEPT_BYTES
        assert sender.get(receiver.url).body_start == b"short"
        sender.close()


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("120", 120.0),
        ("Wed, 01 Jul 2026 12:02:00 GMT", 120.0),
        ("Wed, 01 Jul 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, wait_s: float | None) -> None:
    with receiving() as receiver:
        receiver.answers = [Say(status=429, headers={"retry-after": text})]
        sender = Sender(OWN, clock=lambda: NOW)
        attempt = sender.post(receiver.url, b"", {})
        assert (attempt.status, attempt.retry_after_s) == (429, wait_s)
        sender.close()


def test_a_connection_that_the_other_side_ended_is_not_used_again() -> None:
    with receiving() as receiver:
        receiver.answers = [Say(headers={"connection": "close"}), Say()]
        sender = Sender(OWN)
        assert sender.post(receiver.url, b"", {}).is_success
        assert sender.post(receiver.url, b"", {}).is_success
        sender.close()
