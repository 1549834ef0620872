"""Pages that are, were or will be sent, and the log of their attempts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, literal, select, update
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import AttemptRecord, Delivery, DeliveryState, Environment, Tenant
from kwhen.storage.tables import Moment, WebhookAttemptRow, WebhookDeliveryRow

INTERRUPTED = "interrupted: the worker ended before it knew the answer"


def add_delivery(session: Session, tenant: Tenant, delivery: Delivery, body: bytes) -> None:
    """Store a page with its compressed body, due at once."""
    session.add(
        WebhookDeliveryRow(
            id=delivery.id,
            run_id=delivery.run_id,
            webhook_id=delivery.webhook_id,
            org_id=tenant.org_id,
            environment=tenant.environment,
            created_at=delivery.created_at,
            sequence=delivery.sequence,
            page=delivery.page,
            homes_count=delivery.homes_count,
            size_bytes=delivery.size_bytes,
            body=body,
            has_body=True,
            state=DeliveryState.PENDING,
            attempts_count=0,
            base_count=0,
            queued_count=0,
            next_attempt_at=delivery.created_at,
        )
    )
    session.flush()


def find_delivery(session: Session, tenant: Tenant, delivery_id: str) -> Delivery:
    """A delivery of the tenant with its attempts.

    Raises
    ------
    UnknownId
    """
    row = _row(session, tenant, delivery_id)
    return _delivery(row, _attempts(session, [row.id]).get(row.id, ()))


def lock_delivery(session: Session, tenant: Tenant, delivery_id: str) -> Delivery:
    """A delivery that nobody else changes until the transaction ends; its attempts are not read.

    Raises
    ------
    UnknownId
    """
    return _delivery(_row(session, tenant, delivery_id, for_update=True), ())


def list_deliveries(
    session: Session,
    tenant: Tenant,
    *,
    limit_count: int,
    before: str | None = None,
    state: DeliveryState | None = None,
    run_id: str | None = None,
) -> list[Delivery]:
    """The newest deliveries of a tenant, with their attempts; `before`: older than that one.

    Raises
    ------
    UnknownId
    """
    query = select(WebhookDeliveryRow).where(*_is_of(tenant))
    if before is not None:
        earlier = _row(session, tenant, before).number
        query = query.where(WebhookDeliveryRow.number < earlier)
    if state is not None:
        query = query.where(WebhookDeliveryRow.state == state)
    if run_id is not None:
        query = query.where(WebhookDeliveryRow.run_id == run_id)
    rows = list(
        session.scalars(query.order_by(WebhookDeliveryRow.number.desc()).limit(limit_count))
    )
    attempts = _attempts(session, [row.id for row in rows])
    return [_delivery(row, attempts.get(row.id, ())) for row in rows]


def state_counts(session: Session, tenant: Tenant) -> dict[DeliveryState, int]:
    """How many deliveries of a tenant are in each state, those of which there are any."""
    query = (
        select(WebhookDeliveryRow.state, func.count())
        .where(*_is_of(tenant))
        .group_by(WebhookDeliveryRow.state)
    )
    return {DeliveryState(state): count for state, count in session.execute(query)}


def body_of(session: Session, tenant: Tenant, delivery_id: str) -> bytes | None:
    """The compressed body of a delivery, None once it is gone."""
    return session.scalar(
        select(WebhookDeliveryRow.body).where(*_is_of(tenant), WebhookDeliveryRow.id == delivery_id)
    )


def replay(session: Session, tenant: Tenant, delivery_id: str, now: datetime) -> None:
    """Have a delivery sent again from the start of the schedule, under the same id."""
    row = _row(session, tenant, delivery_id, for_update=True)
    row.state = DeliveryState.PENDING
    row.base_count = row.attempts_count
    row.first_attempt_at = row.finished_at = None
    row.next_attempt_at = now
    session.flush()


def begin_attempt(
    session: Session, tenant: Tenant, delivery_id: str, attempt_number: int, now: datetime
) -> None:
    """Write an attempt down before it is made."""
    first_at = func.coalesce(WebhookDeliveryRow.first_attempt_at, literal(now, Moment))
    session.execute(
        update(WebhookDeliveryRow)
        .where(*_is_of(tenant), WebhookDeliveryRow.id == delivery_id)
        .values(attempts_count=attempt_number, first_attempt_at=first_at, next_attempt_at=None)
    )
    session.add(
        WebhookAttemptRow(delivery_id=delivery_id, number=attempt_number, at=now, body_start="")
    )
    session.flush()


def end_attempt(session: Session, tenant: Tenant, delivery_id: str, attempt: AttemptRecord) -> bool:
    """Complete an attempt; False where it was given up for lost meanwhile."""
    is_its = WebhookDeliveryRow.id == delivery_id
    own = select(WebhookDeliveryRow.id).where(*_is_of(tenant), is_its)
    found = session.execute(
        update(WebhookAttemptRow)
        .where(
            WebhookAttemptRow.delivery_id.in_(own),
            WebhookAttemptRow.number == attempt.number,
            WebhookAttemptRow.status.is_(None),
            WebhookAttemptRow.error.is_(None),
        )
        .values(
            status=attempt.status,
            latency_s=attempt.latency_s,
            error=attempt.error,
            body_start=attempt.body_start,
        )
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def interrupt(session: Session, tenant: Tenant, delivery_id: str, attempt_number: int) -> bool:
    """Mark an attempt whose result nobody knows; False where it is known."""
    lost = AttemptRecord(
        number=attempt_number,
        at=datetime.min,
        status=None,
        latency_s=None,
        error=INTERRUPTED,
        body_start="",
    )
    return end_attempt(session, tenant, delivery_id, lost)


def settle(
    session: Session,
    tenant: Tenant,
    delivery_id: str,
    state: DeliveryState,
    *,
    next_at: datetime | None = None,
    now: datetime,
) -> None:
    """Say what follows after an attempt."""
    finished_at = None if state is DeliveryState.PENDING else now
    session.execute(
        update(WebhookDeliveryRow)
        .where(*_is_of(tenant), WebhookDeliveryRow.id == delivery_id)
        .values(state=state, next_attempt_at=next_at, finished_at=finished_at)
    )


def cancel_deliveries(session: Session, tenant: Tenant, now: datetime) -> None:
    """Send nothing more of what is pending."""
    session.execute(
        update(WebhookDeliveryRow)
        .where(*_is_of(tenant), WebhookDeliveryRow.state == DeliveryState.PENDING)
        .values(state=DeliveryState.CANCELLED, next_attempt_at=None, finished_at=now)
    )


def has_unattempted(session: Session, tenant: Tenant, run_id: str) -> bool:
    """Whether some page of a run waits for its first attempt, or for the end of it."""
    query = select(func.count()).where(
        *_is_of(tenant),
        WebhookDeliveryRow.run_id == run_id,
        WebhookDeliveryRow.state == DeliveryState.PENDING,
        (WebhookDeliveryRow.attempts_count == 0)
        | ((WebhookDeliveryRow.attempts_count == 1) & WebhookDeliveryRow.next_attempt_at.is_(None)),
    )
    return bool(session.scalar(query))


def every_body_before(session: Session, moment: datetime) -> None:
    """Drop the bodies of all tenants' deliveries that ended before a moment."""
    session.execute(
        update(WebhookDeliveryRow)
        .where(WebhookDeliveryRow.finished_at < moment, WebhookDeliveryRow.has_body.is_(True))
        .values(body=None, has_body=False)
    )


def every_delivery_before(session: Session, moment: datetime) -> None:
    """Delete the deliveries of all tenants that ended before a moment, with their log."""
    session.execute(delete(WebhookDeliveryRow).where(WebhookDeliveryRow.finished_at < moment))


def _is_of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookDeliveryRow.org_id == tenant.org_id,
        WebhookDeliveryRow.environment == tenant.environment,
    )


def _row(
    session: Session, tenant: Tenant, delivery_id: str, *, for_update: bool = False
) -> WebhookDeliveryRow:
    query = select(WebhookDeliveryRow).where(*_is_of(tenant), WebhookDeliveryRow.id == delivery_id)
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise UnknownId(
            f"there is no delivery {delivery_id[:64]!r}; "
            "/v1/webhook/price_signal/deliveries/list shows yours"
        )
    return row


def _attempts(session: Session, ids: Sequence[str]) -> dict[str, tuple[AttemptRecord, ...]]:
    rows = session.scalars(
        select(WebhookAttemptRow)
        .where(WebhookAttemptRow.delivery_id.in_(ids))
        .order_by(WebhookAttemptRow.delivery_id, WebhookAttemptRow.number)
    )
    found: dict[str, tuple[AttemptRecord, ...]] = {}
    for row in rows:
        attempt = AttemptRecord(
            number=row.number,
            at=row.at,
            status=row.status,
            latency_s=row.latency_s,
            error=row.error,
            body_start=row.body_start,
        )
        found[row.delivery_id] = (*found.get(row.delivery_id, ()), attempt)
    return found


def _delivery(row: WebhookDeliveryRow, attempts: tuple[AttemptRecord, ...]) -> Delivery:
    return Delivery(
        id=row.id,
        tenant=Tenant(row.org_id, Environment(row.environment)),
        webhook_id=row.webhook_id,
        run_id=row.run_id,
        created_at=row.created_at,
        sequence=row.sequence,
        page=row.page,
        homes_count=row.homes_count,
        size_bytes=row.size_bytes,
        has_body=row.has_body,
        state=DeliveryState(row.state),
        attempts_count=row.attempts_count,
        base_count=row.base_count,
        first_attempt_at=row.first_attempt_at,
        next_attempt_at=row.next_attempt_at,
        finished_at=row.finished_at,
        attempts=attempts,
    )
