"""For every test: no network but this machine, and property tests that do not race a clock."""

import ipaddress
import socket

import pytest
from hypothesis import settings

settings.register_profile("kwhen", deadline=None)
settings.load_profile("kwhen")


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
