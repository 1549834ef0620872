"""Which deliveries wait for a job, and which have one that shows no result."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, update
from sqlalchemy.orm import Session

from kwhen.records import DeliveryState, Environment, Tenant
from kwhen.storage.deliveries import interrupt
from kwhen.storage.tables import WebhookDeliveryRow, WebhookRow

ROW = WebhookDeliveryRow
HAS_JOB = ROW.queued_count > ROW.attempts_count
PENDING = ROW.state == DeliveryState.PENDING


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A delivery that waits for an attempt, and where it goes."""

    id: str
    tenant: Tenant
    attempt_number: int
    url: str


def every_due_delivery(session: Session, now: datetime, backlog_count: int) -> list[Due]:
    """Deliveries of all tenants whose next attempt is due and has no job yet.

    Of one webhook no more than make up a backlog of jobs: a slow one does not fill the queue.
    """
    has_job = select(ROW.webhook_id, func.count().label("count")).where(PENDING, HAS_JOB)
    waiting = has_job.group_by(ROW.webhook_id).subquery()
    place = func.row_number().over(
        partition_by=ROW.webhook_id, order_by=(ROW.next_attempt_at, ROW.number)
    )
    is_due = select(ROW.number, ROW.webhook_id, place.label("place")).where(
        PENDING, ROW.next_attempt_at <= now, ~HAS_JOB
    )
    due = is_due.subquery()
    chosen = (
        select(due.c.number)
        .outerjoin(waiting, waiting.c.webhook_id == due.c.webhook_id)
        .where(due.c.place <= backlog_count - func.coalesce(waiting.c.count, 0))
    )
    query = _with_url().where(ROW.number.in_(chosen)).order_by(ROW.next_attempt_at, ROW.number)
    return _read(session, query)


def every_stuck_delivery(session: Session, before: datetime) -> list[Due]:
    """Deliveries of all tenants whose job was made long ago and shows no result."""
    is_underway = HAS_JOB | ROW.next_attempt_at.is_(None)
    return _read(session, _with_url().where(PENDING, ROW.queued_at < before, is_underway))


def queue_every(session: Session, due: Iterable[Due], now: datetime) -> list[Due]:
    """Note that jobs are made for attempts; says which, those where none was made already."""
    return [one for one in due if _note_queued(session, one, now)]


def _note_queued(session: Session, due: Due, now: datetime) -> bool:
    found = session.execute(
        update(ROW)
        .where(ROW.id == due.id, ROW.queued_count < due.attempt_number)
        .values(queued_count=due.attempt_number, queued_at=now)
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def note_every_underway(session: Session, delivery_ids: Collection[str], now: datetime) -> None:
    """The jobs of deliveries still wait or run."""
    session.execute(update(ROW).where(ROW.id.in_(delivery_ids)).values(queued_at=now))


def release(session: Session, tenant: Tenant, delivery_id: str, now: datetime) -> None:
    """Give up on the job of a delivery: another one is to be made."""
    row = session.scalar(
        select(ROW)
        .where(
            ROW.id == delivery_id,
            ROW.org_id == tenant.org_id,
            ROW.environment == tenant.environment,
            *(PENDING, HAS_JOB | ROW.next_attempt_at.is_(None)),
        )
        .with_for_update()
    )
    if row is None:
        return  # its job has come to an end, or its webhook was deleted
    interrupt(session, tenant, delivery_id, row.attempts_count)
    row.queued_count = row.attempts_count
    row.next_attempt_at = now
    session.flush()


def _with_url() -> Select[ROW, str]:
    return select(ROW, WebhookRow.url).join(WebhookRow, WebhookRow.id == ROW.webhook_id)


def _read(session: Session, query: Select[ROW, str]) -> list[Due]:
    return [
        Due(
            id=row.id,
            tenant=Tenant(row.org_id, Environment(row.environment)),
            attempt_number=max(row.attempts_count + (row.next_attempt_at is not None), 1),
            url=url,
        )
        for row, url in session.execute(query)
    ]
