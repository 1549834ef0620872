"""Who works: the id of this process, a heartbeat, and the recovery of what dead ones left."""

import fcntl
import os
import secrets
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import IO

import structlog

from kwhen.delivery.jobs import Jobs
from kwhen.operations.deployment import Deployment
from kwhen.storage import workers

log = structlog.get_logger("kwhen")
FOLDER, ID_FILE = "workers", "id"
MOST_SLOTS_COUNT = 256
DEAD_AFTER = timedelta(seconds=10)


class Slot:
    """A place for one worker of this machine, which it has until the process ends.

    The same place means the same executor id, so that a worker which is started again goes on
    with its own work at once.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._held: IO[str] | None = None
        for number in range(MOST_SLOTS_COUNT):
            lock = (folder / f"{number}.lock").open("a")
            with suppress(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._held = lock
                self.executor_id = f"{_machine_id(folder)}-{number}"
                return
            lock.close()
        raise RuntimeError(f"more than {MOST_SLOTS_COUNT} workers on one machine")

    def release(self) -> None:
        """Leave the place to another worker."""
        if self._held is not None:
            self._held.close()
            self._held = None


def _machine_id(folder: Path) -> str:
    """What tells this machine's workers from others, made once."""
    file = folder / ID_FILE
    if not file.exists():
        made = folder / f".{ID_FILE}-{os.getpid()}-{secrets.token_hex(4)}"
        made.write_text(secrets.token_hex(8))
        with suppress(FileExistsError):
            os.link(made, file)  # the first one wins
        made.unlink()
    return file.read_text().strip()


def beat(deployment: Deployment, executor_id: str) -> None:
    """Say that this worker is alive."""
    with deployment.database.writing() as session:
        workers.every_heartbeat(session, executor_id, deployment.clock())


def reap(deployment: Deployment, jobs: Jobs) -> int:
    """Queue again what workers without a heartbeat were doing; says how many jobs."""
    silent_before = deployment.clock() - DEAD_AFTER
    with deployment.database.reading() as session:
        silent = workers.every_silent_worker(session, silent_before)
    count = 0
    for executor_id in silent:
        if executor_id == jobs.executor_id:
            continue
        recovered = jobs.recover(executor_id)
        with deployment.database.writing() as session:
            workers.every_worker_gone(session, executor_id, silent_before)
        log.warning("a worker was gone", worker=executor_id, jobs_recovered=recovered)
        count += recovered
    return count
