"""A real server process of its own process group: started, asked, killed, started again."""

import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kwhen.operations.credentials import create_key, create_organisation
from kwhen.operations.deployment import open_deployment
from kwhen.records import Environment, Tenant
from kwhen.settings import read_settings
from tests.reading import ROOT

T = TypeVar("T")

HOST = "127.0.0.1"
ADDRESS = re.compile(rb"http://127\.0\.0\.1:(\d+)")
DEADLINE_S = 60.0  # of anything that is waited for: far more than it takes
GLANCE_S = 0.01  # between two looks at a condition
USUAL = {  # no test of this folder is about rate limits
    "KWHEN_RATE_LIMIT_PER_MINUTE": "1000000",
    "KWHEN_OPEN_RATE_LIMIT_PER_MINUTE": "1000000",
    "KWHEN_AGENT_CREDENTIALS_PER_HOUR": "1000000",
    "KWHEN_ALLOW_LOOPBACK_TARGETS": "true",  # webhooks go to this machine alone
}


def wait_for(
    what: str,
    look: Callable[[], T | None],
    deadline_s: float = DEADLINE_S,
    glance_s: float = GLANCE_S,
) -> T:
    """What `look` gives once it gives something; it fails when the deadline has passed."""
    end_s = time.monotonic() + deadline_s
    while True:
        if found := look():
            return found
        assert time.monotonic() < end_s, f"{what}: not within {deadline_s:g} s"
        time.sleep(glance_s)


@dataclass(frozen=True, kw_only=True)
class Site:
    """A deployment with one key: where its data lies and the words that start its server."""

    name: str
    folder: Path
    database_url: str
    key: str
    words: Mapping[str, str]


def prepare(folder: Path, database_url: str, words: Mapping[str, str] | None = None) -> Site:
    """A deployment on a database with all tables, with an organisation and a key."""
    words = {
        **USUAL,
        "KWHEN_DATA": str(folder),
        "KWHEN_DATABASE_URL": database_url,
        "KWHEN_SECRET": secrets.token_hex(32),
        **(words or {}),
    }
    deployment = open_deployment(
        read_settings(data=folder, database_url=database_url, secret=words["KWHEN_SECRET"])
    )
    organisation = create_organisation(deployment, "Proof")
    with deployment.writing(Tenant(organisation.id, Environment.SANDBOX)) as work:
        key = create_key(work, name="proof").secret
    deployment.close()
    name = "SQLite" if database_url.startswith("sqlite") else "PostgreSQL"
    return Site(name=name, folder=folder, database_url=database_url, key=key, words=words)


def command(workers: int, factory: str | None) -> list[str]:
    """What starts a server on a free port: ours, or an application of these tests."""
    if factory is None:
        kwhen = Path(sys.executable).with_name("kwhen")
        return [str(kwhen), "serve", "--host", HOST, "--port", "0", "--workers", str(workers)]
    uvicorn = [sys.executable, "-m", "uvicorn", "--factory", factory]
    return [*uvicorn, "--host", HOST, "--port", "0"]


@dataclass(kw_only=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int = 0
    begun_at: int = field(default=0)  # where its own part of the log begins

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self.port}"

    def logged(self) -> bytes:
        """What it has written since it began."""
        return self.log.read_bytes()[self.begun_at :]

    def complaints(self) -> list[str]:
        """Errors and tracebacks that it has written."""
        lines = self.logged().decode().splitlines()
        return [line for line in lines if '"level":"error"' in line or "Traceback" in line]

    def kill(self) -> None:
        """`kill -9` of the process and all of its workers."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE_S)
        wait_for("the end of the workers", lambda: not _group_is_alive(self.process.pid))

    def stop(self) -> None:
        """Ask it to end; it must do so by itself."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(DEADLINE_S)

    def resident_kb(self) -> int:
        """Memory of the process and all that it started. [kB]"""
        return sum(_resident_kb(pid) for pid in _group(self.process.pid))

    def sockets_count(self) -> int:
        """Sockets that the processes hold."""
        return sum(_sockets_count(pid) for pid in _group(self.process.pid))

    def is_ready(self) -> bool:
        """Whether it says that it can answer."""
        try:
            return ask(self.port, "GET", "/readyz")[0] == 200
        except OSError:
            return False


def _group(pgid: int) -> list[int]:
    """The processes of a group that are not dead."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, group = stat.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it ended meanwhile
        if int(group) == pgid and state != "Z":
            found.append(int(stat.parent.name))
    return found


def _group_is_alive(pgid: int) -> bool:
    return bool(_group(pgid))


def _sockets_count(pid: int) -> int:
    count = 0
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            count += os.readlink(link).startswith("socket:")
    return count


def _resident_kb(pid: int) -> int:
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))


def start(site: Site, *, workers: int = 1, factory: str | None = None) -> Server:
    """Start a server and wait until it is ready."""
    log = site.folder / "server.log"
    begun_at = log.stat().st_size if log.exists() else 0
    with log.open("ab") as out:
        process = subprocess.Popen(
            command(workers, factory),
            cwd=ROOT,
            env={**os.environ, **site.words},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    server = Server(process=process, log=log, begun_at=begun_at)
    try:
        server.port = wait_for("the server's address", lambda: _port(server))
        wait_for("a server that is ready", server.is_ready)
    except AssertionError as error:
        server.kill()
        raise AssertionError(f"{error}\n{server.logged().decode()}") from error
    return server


def _port(server: Server) -> int | None:
    found = ADDRESS.search(server.logged())
    assert server.process.poll() is None, "the server has ended"
    return int(found.group(1)) if found else None


@contextmanager
def running(site: Site, *, workers: int = 1, factory: str | None = None) -> Iterator[Server]:
    """A server while it is needed; nothing of it is left after."""
    server = start(site, workers=workers, factory=factory)
    try:
        yield server
        server.stop()
    finally:
        if _group_is_alive(server.process.pid):
            server.kill()


def ask(
    port: int,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Status and JSON of one request on a connection of its own."""
    connection = http.client.HTTPConnection(HOST, port, timeout=DEADLINE_S)
    try:
        return send(connection, method, path, body, headers)
    finally:
        connection.close()


def send(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, Any]:
    """Status and JSON of one request."""
    sent = None if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json", **(headers or {})}
    connection.request(method, path, sent, given)
    response = connection.getresponse()
    content = response.read()
    is_json = response.headers.get("content-type") == "application/json"
    return response.status, json.loads(content) if is_json else content
