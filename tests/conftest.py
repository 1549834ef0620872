"""For every test: no network but this machine, and property tests that do not race a clock."""

import ipaddress
import os
import socket
from collections.abc import Callable

import pytest
from hypothesis import settings

COUNTED = "counted"

settings.register_profile("kwhen", deadline=None)
settings.load_profile("kwhen")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--full", action="store_true", help="proofs at full length (see tests/proof/amounts.py)"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--full"):
        os.environ["KWHEN_PROOF"] = "full"  # read by tests.proof.amounts when it is imported


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Takes a line for the end of the run: a green line alone does not say how much ran."""
    return lambda line: request.node.user_properties.append((COUNTED, line))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [one for kind in terminalreporter.stats.values() for one in kind]
    told = [
        str(value)
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, value in report.user_properties
        if name == COUNTED
    ]
    if told:
        terminalreporter.section("counted")
    for line in told:
        terminalreporter.write_line(line)


def is_outside(address: object) -> bool:
    """Whether a socket address is on another machine."""
    if not isinstance(address, tuple):
        return False  # a Unix socket
    if address[0] == "localhost":
        return False
    try:
        return not ipaddress.ip_address(address[0]).is_loopback
    except ValueError:
        return True


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse connections to other machines."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        assert not is_outside(address), f"a test may not connect to {address}"
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
