"""Durable jobs: enqueued by id, run at least once by one of the workers, whatever dies meanwhile.

All that kwhen asks of DBOS Transact is in this file. Its conditions: an executor id of its own for
every process, one pinned application version, a SQLite file of its own that is in WAL mode, and
nothing that needs a licence (no `sharding`, `auto_upgrade`, `conductor_key`).
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from sqlalchemy import Engine, create_engine, event

from kwhen.storage.database import Database, close_all

log = structlog.get_logger("kwhen")
VERSION = "1"  # of the jobs: one that waits is run by whichever kwhen comes next
SCHEMA = "kwhen_jobs"
POOL_SIZE = 10
ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
FORGOTTEN_AT_ONCE_COUNT = 500
SUBSECONDS_SINCE = (3, 42)  # of SQLite; Debian 12 and its Python images have 3.40
SQLITE_PRAGMAS = (
    "PRAGMA busy_timeout=30000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=NORMAL",  # a job that a power cut takes is made anew from its row
)

Handler = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """A queue: its handler, and how many jobs run at once, in a worker and for a target."""

    name: str
    handler: Handler
    at_once_count: int
    polling_s: float
    per_target_count: int | None = None
    per_target_per_s: int | None = None


_LANES: dict[str, Handler] = {}


class Jobs:
    """The jobs of this process; there is one at a time."""

    def __init__(self, database: Database, executor_id: str, lanes: tuple[Lane, ...]) -> None:
        self.executor_id = executor_id
        self._database = database
        self._lanes = {lane.name: lane for lane in lanes}
        self._running = _Running()
        self._engine: Engine | None = None

    def start(self) -> None:
        """Take jobs from here on; those that an earlier life of this executor left come first."""
        handlers: Mapping[str, Handler] = {
            name: self._running.counted(lane.handler) for name, lane in self._lanes.items()
        }
        _LANES.clear()
        _LANES.update(handlers)
        DBOS(config=self._config())
        _quiet()
        DBOS.launch()
        for lane in self._lanes.values():
            limit = lane.per_target_per_s
            DBOS.register_queue(
                lane.name,
                worker_concurrency=lane.at_once_count,
                partition_concurrency=lane.per_target_count,
                partition_limiter=None if limit is None else {"limit": limit, "period": 1.0},
                polling_interval_sec=lane.polling_s,
                on_conflict="always_update",
            )

    def stop(self, grace_s: int) -> None:
        """Take no more jobs; those that run get some time, the rest is left to the next worker."""
        DBOS.destroy(workflow_completion_timeout_sec=grace_s if self._running.count else 0)
        _LANES.clear()
        if self._engine is not None:
            close_all(self._engine)

    def enqueue(self, lane: str, id: str, job_id: str, target: str | None = None) -> None:
        """Have a lane's handler called with an id; the same job id again changes nothing."""
        key = SetEnqueueOptions(queue_partition_key=target) if target else nullcontext()
        with SetWorkflowID(job_id), key:
            DBOS.enqueue_workflow(lane, _job, lane, id)

    def underway(self, job_ids: list[str]) -> set[str]:
        """Those of some jobs that wait or run."""
        found = DBOS.list_workflows(workflow_ids=job_ids, load_input=False, load_output=False)
        return {job.workflow_id for job in found if job.status not in ENDED}

    def cancel(self, job_id: str) -> None:
        """Do not run a job that waits."""
        DBOS.cancel_workflow(job_id)

    def forget(self, job_id: str) -> None:
        """Forget a job, so that its id can be used again."""
        if DBOS.get_workflow_status(job_id) is not None:
            DBOS.delete_workflow(job_id)

    def recover(self, executor_id: str) -> int:
        """Queue again what an executor that is dead was doing; says how many jobs."""
        return len(DBOS._recover_pending_workflows([executor_id]))

    def forget_before(self, moment: datetime) -> int:
        """Forget jobs that were made before a moment and have ended; says how many."""
        count = 0
        while ended := DBOS.list_workflows(
            status=list(ENDED),
            end_time=moment.isoformat(),
            limit=FORGOTTEN_AT_ONCE_COUNT,
            load_input=False,
            load_output=False,
        ):
            DBOS.delete_workflows([job.workflow_id for job in ended])
            count += len(ended)
        return count

    def _config(self) -> DBOSConfig:
        config: DBOSConfig = {
            "name": "kwhen",
            "executor_id": self.executor_id,
            "application_version": VERSION,
            "log_level": "WARNING",
            "sys_db_pool_size": POOL_SIZE,
            "dbos_system_schema": SCHEMA,
            "use_listen_notify": False,
        }
        # An engine that is given: the database is there, it need not be looked for.
        self._engine = _engine(self._database)
        config["system_database_engine"] = self._engine
        if self._database.is_sqlite:
            config["system_database_url"] = str(self._engine.url)
        return config


class _Running:
    """How many handlers run now."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def counted(self, handler: Handler) -> Handler:
        """The same handler, counted while it runs."""

        def run(id: str) -> None:
            with self._lock:
                self.count += 1
            try:
                handler(id)
            finally:
                with self._lock:
                    self.count -= 1

        return run


@DBOS.workflow(name="kwhen.job")
def _job(lane: str, id: str) -> None:
    handler: Any = _LANES[lane]
    handler(id)


def _engine(database: Database) -> Engine:
    """Where the jobs are: the same PostgreSQL, or a file beside that of SQLite."""
    if not database.is_sqlite:
        return create_engine(database.url, pool_size=POOL_SIZE, pool_pre_ping=True)
    assert database.url.database is not None
    engine = create_engine(f"sqlite:///{_jobs_file(Path(database.url.database))}")
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = "IMMEDIATE"
    for pragma in SQLITE_PRAGMAS:
        connection.execute(pragma)
    if sqlite3.sqlite_version_info < SUBSECONDS_SINCE:
        # DBOS asks for `unixepoch('subsec')`, and nothing else of it, on Python 3.12 and newer.
        connection.create_function("unixepoch", 1, lambda _: time.time())


def _jobs_file(file: Path) -> Path:
    """The file of the jobs beside a database file, in WAL mode before anything else opens it."""
    jobs = file.expanduser().absolute().with_name(f"{file.stem}-jobs{file.suffix or '.db'}")
    connection = sqlite3.connect(jobs)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return jobs


def _quiet() -> None:
    """Let its log go the way of all others."""
    logger = logging.getLogger("dbos")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
    logger.propagate = True
