"""`kwhen serve` as a process of its own, as an operator starts it."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

SCRIPT = Path(sys.executable).with_name("kwhen")
DEADLINE_S = 60.0
OF_THE_MACHINE = ("KWHEN_", "OTEL_", "PROMETHEUS_", "XDG_")


def environment(**told: object) -> dict[str, str]:
    """The machine's environment without settings of kwhen, and those that are told."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(OF_THE_MACHINE)}
    return {**plain, **{name: str(value) for name, value in told.items()}}


def wait_for(found: Callable[[], Any], what: str) -> Any:
    """What `found` gives as soon as it is something."""
    end_s = time.monotonic() + DEADLINE_S
    while time.monotonic() < end_s:
        if answer := found():
            return answer
        time.sleep(0.02)
    raise AssertionError(f"waited in vain for {what}")


@dataclass(frozen=True)
class Running:
    """A service that runs."""

    process: subprocess.Popen[str]
    url: str
    log_file: Path

    @property
    def address(self) -> tuple[str, int]:
        """Where a socket connects."""
        url = httpx.URL(self.url)
        assert url.port is not None
        return url.host, url.port

    def get(self, path: str) -> httpx.Response:
        """The answer to a GET on a connection of its own."""
        return httpx.get(self.url + path, timeout=DEADLINE_S)

    def post(self, path: str, sent: Any = None, **headers: str) -> httpx.Response:
        """The answer to a POST on a connection of its own."""
        return httpx.post(self.url + path, json=sent, headers=headers, timeout=DEADLINE_S)

    def log(self) -> list[dict[str, Any]]:
        """The lines of the log; the last may still be written."""
        lines = self.log_file.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines whose event begins so."""
        return [line for line in self.log() if line["event"].startswith(event)]

    def workers(self, count: int) -> list[int]:
        """The process ids of the last `count` workers, once so many have started."""
        return [self.worker_ids(count)[number - count] for number in range(count)]

    def worker_ids(self, count: int) -> list[int]:
        """The ids of all workers that ever took requests, at least `count`."""

        def started() -> list[int]:
            served = self.logged("Application startup complete")
            begun = self.logged("Started server process")
            ids = [int(re.findall(r"\d+", line["event"])[0]) for line in begun]
            return ids if min(len(served), len(ids)) >= count else []

        return list(wait_for(started, f"{count} workers"))

    def end(self) -> int:
        """Ask it to end; says its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


@contextmanager
def launched(folder: Path, *words: str, **told: object) -> Iterator[subprocess.Popen[str]]:
    """A command that goes on, in a folder with its data and its `log`; it is ended after.

    `told` are variables of its environment.
    """
    with open(folder / "log", "w") as log:
        process = subprocess.Popen(
            [SCRIPT, *words],
            env=environment(**{"KWHEN_DATA": folder / "data", "TMPDIR": folder, **told}),
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=DEADLINE_S)


@contextmanager
def running(folder: Path, *options: str, **told: object) -> Iterator[Running]:
    """A service that answers."""
    with launched(folder, "serve", "--port", "0", *options, **told) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        address = re.search(r"http://[^\s;]+", said)
        assert address is not None, (folder / "log").read_text()
        yield Running(process, address.group(), folder / "log")


@contextmanager
def paused(process_id: int) -> Iterator[None]:
    """A process that stands still meanwhile."""
    os.kill(process_id, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process_id, signal.SIGCONT)
