"""The worker: finds what was asked for, makes jobs of it, and keeps the clock."""

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import structlog

from kwhen.delivery import reaper
from kwhen.delivery.attempts import attempt_delivery, schedule_of
from kwhen.delivery.changes import see_changes
from kwhen.delivery.jobs import Jobs, Lane
from kwhen.delivery.runs import compute_run
from kwhen.delivery.sender import Sender
from kwhen.delivery.vtn import deliver_due_notifications
from kwhen.operations.deployment import Deployment
from kwhen.operations.targets import policy_of
from kwhen.operations.vtn.keep import keep_current
from kwhen.operations.webhooks import make_due_runs
from kwhen.records import Environment, RunState, Tenant
from kwhen.storage import deliveries, delivery_jobs, webhooks
from kwhen.storage.delivery_jobs import Due

log = structlog.get_logger("kwhen")
RUNS, PAGES, RETRIES = "runs", "pages", "retries"
TICK_S, PAGES_POLLING_S, RUNS_POLLING_S, RETRIES_POLLING_S = 0.2, 0.1, 0.2, 0.5
NOTIFYING_S = 0.5
BEAT_S, CLOCK_S, CHANGES_S, UPKEEP_S = 2.0, 1.0, 5.0, 60.0
RUNS_AT_ONCE_COUNT = 2
BACKLOG_S = 2  # of jobs of one webhook: enough to keep a worker busy, few enough to look after
STUCK_AFTER = timedelta(seconds=15)
JOBS_KEPT = timedelta(hours=1)
GRACE_S = 20


class Worker:
    """One worker of a deployment; a process has one at most."""

    def __init__(self, deployment: Deployment, sender: Sender | None = None) -> None:
        settings = deployment.settings
        self._deployment = deployment
        self._sender = sender or Sender(
            policy_of(settings), clock=deployment.clock, total_s=settings.delivery_timeout_s
        )
        schedule_of(settings)  # a wrong one is told now
        self._slot = reaper.Slot(settings.data.expanduser() / reaper.FOLDER)
        self._stopping = threading.Event()
        self._due_s: dict[str, float] = {}
        self._seen: dict[str, Hashable] = {}  # what programs of the OpenADR server are made of
        # Whatever takes long is in a thread of its own, so that the heart goes on beating.
        every: dict[str, tuple[Callable[[], object], float]] = {
            "worker": (self.tick, TICK_S),
            "heart": (self._beat, BEAT_S),
            "upkeep": (self._keep, CLOCK_S),
            "notifications": (self._notify, NOTIFYING_S),
        }
        self._threads = [
            threading.Thread(target=self._for_ever, args=told, name=f"kwhen {name}")
            for name, told in every.items()
        ]
        at_once = settings.deliveries_at_once
        per_target = min(settings.target_at_once, at_once)
        self._backlog_count = BACKLOG_S * max(per_target, settings.target_per_second)
        pages: dict[str, Any] = {
            "handler": self._page,
            "at_once_count": at_once,
            "per_target_count": per_target,
            "per_target_per_s": settings.target_per_second,
        }
        self.jobs = Jobs(
            deployment.database,
            self._slot.executor_id,
            (
                Lane(
                    name=RUNS,
                    handler=self._run,
                    at_once_count=RUNS_AT_ONCE_COUNT,
                    polling_s=RUNS_POLLING_S,
                ),
                Lane(name=PAGES, polling_s=PAGES_POLLING_S, **pages),
                Lane(name=RETRIES, polling_s=RETRIES_POLLING_S, **pages),
            ),
        )

    def start(self) -> None:
        """Work from here on, in threads of this process."""
        reaper.beat(self._deployment, self._slot.executor_id)
        self.jobs.start()
        for thread in self._threads:
            thread.start()
        log.info("worker started", worker=self._slot.executor_id)

    def stop(self) -> None:
        """Finish what is on its way, and end."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        self.jobs.stop(GRACE_S)
        self._sender.close()
        self._slot.release()
        log.info("worker stopped", worker=self._slot.executor_id)

    def _for_ever(self, do: Callable[[], object], pause_s: float) -> None:
        while not self._stopping.is_set():
            try:
                do()
            except Exception as error:  # of the database: the next tick tries again
                log.error("a tick of the worker failed", exc_info=error)
            self._stopping.wait(pause_s)

    def tick(self) -> None:
        """Look once for everything that is due."""
        self._every(CLOCK_S, "schedules", lambda: make_due_runs(self._deployment))
        self._every(BEAT_S, "stuck", self._free_stuck)
        self._queue_runs()
        self._queue_pages()

    def _keep(self) -> None:
        self._every(CHANGES_S, "changes", lambda: see_changes(self._deployment))
        self._every(UPKEEP_S, "upkeep", self._upkeep)
        self._every(UPKEEP_S, "events", lambda: keep_current(self._deployment, self._seen))

    def _every(self, seconds: float, name: str, do: Callable[[], object]) -> None:
        now_s = time.monotonic()
        if now_s >= self._due_s.get(name, 0.0):
            self._due_s[name] = now_s + seconds
            do()

    def _notify(self) -> None:
        """Send what subscribers of the OpenADR server are owed."""
        deliver_due_notifications(self._deployment, self._sender)

    def _beat(self) -> None:
        reaper.beat(self._deployment, self._slot.executor_id)
        reaper.reap(self._deployment, self.jobs)

    def _queue_runs(self) -> None:
        """Make a job of every run whose turn it is; end those whose pages were all tried."""
        now = self._deployment.clock()
        with self._deployment.database.reading() as session:
            found = webhooks.every_run_in_turn(session)
        for run, queued_at in found:
            if run.state is RunState.SENDING:
                self._end_run(run.tenant, run.id)
                continue
            if queued_at is not None and now - queued_at < STUCK_AFTER:
                continue
            with self._deployment.writing(run.tenant) as work:
                if not webhooks.queue_run(work.session, work.tenant, run.id, queued_at, now):
                    continue  # another worker was quicker
            if queued_at is not None and not self.jobs.underway([run.id]):
                self.jobs.forget(run.id)
            self.jobs.enqueue(RUNS, run.id, run.id)

    def _end_run(self, tenant: Tenant, run_id: str) -> None:
        with self._deployment.reading(tenant) as work:
            if deliveries.has_unattempted(work.session, tenant, run_id):
                return
        with self._deployment.writing(tenant) as work:
            webhooks.end_run(work.session, tenant, run_id, RunState.DONE, work.now)

    def _queue_pages(self) -> None:
        now = self._deployment.clock()
        with self._deployment.database.reading() as session:
            due = delivery_jobs.every_due_delivery(session, now, self._backlog_count)
        if not due:
            return
        # Noted before they are queued: one worker does it. A crash in between leaves them stuck.
        with self._deployment.database.writing() as session:
            mine = delivery_jobs.queue_every(session, due, now)
        for one in mine:
            lane = PAGES if one.attempt_number == 1 else RETRIES
            self.jobs.enqueue(lane, _page_word(one), _job_id(one), target=_target_of(one.url))

    def _free_stuck(self) -> None:
        """Make a new job where the old one was lost, as by a kill before it was kept."""
        now = self._deployment.clock()
        with self._deployment.database.reading() as session:
            stuck = delivery_jobs.every_stuck_delivery(session, now - STUCK_AFTER)
        if not stuck:
            return
        underway = self.jobs.underway([_job_id(one) for one in stuck])
        busy = [one.id for one in stuck if _job_id(one) in underway]
        with self._deployment.database.writing() as session:
            delivery_jobs.note_every_underway(session, busy, now)
        for one in stuck:
            if one.id not in busy:
                self.jobs.forget(_job_id(one))
                with self._deployment.writing(one.tenant) as work:
                    delivery_jobs.release(work.session, work.tenant, one.id, work.now)

    def _upkeep(self) -> None:
        now, settings = self._deployment.clock(), self._deployment.settings
        with self._deployment.database.writing() as session:
            bodies_before = now - timedelta(days=settings.delivery_bodies_days)
            log_before = now - timedelta(days=settings.delivery_log_days)
            deliveries.every_body_before(session, bodies_before)
            deliveries.every_delivery_before(session, log_before)
            webhooks.every_run_before(session, log_before)
        self.jobs.forget_before(now - JOBS_KEPT)

    def _run(self, run_id: str) -> None:
        compute_run(self._deployment, run_id)

    def _page(self, word: str) -> None:
        org_id, environment, id = word.split(" ")
        tenant = Tenant(org_id, Environment(environment))
        attempt_delivery(self._deployment, self._sender, tenant, id)


def _page_word(due: Due) -> str:
    """A delivery and whose it is, as a job is given it."""
    return f"{due.tenant.org_id} {due.tenant.environment} {due.id}"


def _job_id(due: Due) -> str:
    return f"{due.id}:{due.attempt_number}"


def _target_of(url: str) -> str:
    """Whom a URL burdens: the limits of a target are those of its host."""
    return httpx.URL(url).host


@contextmanager
def working(deployment: Deployment) -> Iterator[Worker]:
    """A worker for as long as something runs."""
    worker = Worker(deployment)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()
