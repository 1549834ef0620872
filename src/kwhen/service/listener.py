"""The socket that the service listens on."""

import errno
import socket

from kwhen.errors import SettingError

WAITING_COUNT = 2048  # connections that may wait until a process takes them
ANYWHERE = ("", "0.0.0.0", "::")


def open_listener(host: str, port: int) -> socket.socket:
    """Listen; from here on connections wait, also while a process starts. Port 0: any free one.

    Raises
    ------
    SettingError
        The address is none of this machine, or the port is taken.
    """
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, *_, address = found[0]
        return socket.create_server(address, family=family, backlog=WAITING_COUNT)
    except OSError as error:
        raise SettingError(_words(host, port, error)) from error


def address_url(listener: socket.socket) -> str:
    """Where a browser of this machine reaches a listener."""
    return local_url(*listener.getsockname()[:2])


def local_url(host: str, port: int) -> str:
    """Where a browser of this machine reaches a host and port."""
    host = "127.0.0.1" if host in ANYWHERE else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _words(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is taken by another program; stop that one, or choose another "
            "port with --port or KWHEN_PORT"
        )
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights; choose one from 1024 with --port or KWHEN_PORT"
    return f"cannot listen on {host}, port {port}: {error.strerror}; see KWHEN_HOST and KWHEN_PORT"
