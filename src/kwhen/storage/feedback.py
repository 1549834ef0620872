"""What people wrote about the API.

A message belongs to the operator, and to the tenant with whose key it came. `is_operator` says
that the reader is the operator, who sees those of everybody.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, select, true
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import Environment, Feedback, Tenant
from kwhen.storage.tables import FeedbackReadRow, FeedbackRow, insert_of


def add_feedback(session: Session, feedback: Feedback) -> None:
    """Store a message."""
    tenant = feedback.tenant
    session.add(
        FeedbackRow(
            id=feedback.id,
            created_at=feedback.created_at,
            content=dict(feedback.content),
            org_id=tenant.org_id if tenant else None,
            environment=tenant.environment if tenant else None,
        )
    )


def list_feedback(
    session: Session,
    tenant: Tenant,
    *,
    is_operator: bool,
    limit_count: int,
    before: str | None = None,
) -> list[Feedback]:
    """The newest messages that a tenant sees; `before`: older than that one.

    Raises
    ------
    UnknownId
    """
    query = select(FeedbackRow, _is_read(tenant)).where(_seen(tenant, is_operator))
    if before is not None:
        edge = _row(session, tenant, before, is_operator).number
        query = query.where(FeedbackRow.number < edge)
    rows = session.execute(query.order_by(FeedbackRow.number.desc()).limit(limit_count))
    return [_feedback(row, is_read) for row, is_read in rows]


def find_feedback(
    session: Session, tenant: Tenant, feedback_id: str, *, is_operator: bool
) -> Feedback:
    """A message that a tenant sees.

    Raises
    ------
    UnknownId
    """
    row = _row(session, tenant, feedback_id, is_operator)
    is_read = session.scalar(select(_is_read(tenant)).where(FeedbackRow.number == row.number))
    return _feedback(row, bool(is_read))


def unread_count(session: Session, tenant: Tenant, *, is_operator: bool) -> int:
    """How many messages that a tenant sees it has not read."""
    query = select(func.count()).where(_seen(tenant, is_operator), ~_is_read(tenant))
    return session.execute(query.select_from(FeedbackRow)).scalar_one()


def mark_read(
    session: Session, tenant: Tenant, feedback_id: str, now: datetime, *, is_operator: bool
) -> None:
    """A tenant has read a message that it sees; again changes nothing.

    Raises
    ------
    UnknownId
    """
    row = {
        "feedback_number": _row(session, tenant, feedback_id, is_operator).number,
        "org_id": tenant.org_id,
        "environment": tenant.environment,
        "read_at": now,
    }
    session.execute(insert_of(session, FeedbackReadRow).values(row).on_conflict_do_nothing())


def _seen(tenant: Tenant, is_operator: bool) -> ColumnElement[bool]:
    if is_operator:
        return true()
    is_own = FeedbackRow.org_id == tenant.org_id
    return and_(is_own, FeedbackRow.environment == tenant.environment)


def _is_read(tenant: Tenant) -> ColumnElement[bool]:
    return exists().where(
        FeedbackReadRow.feedback_number == FeedbackRow.number,
        FeedbackReadRow.org_id == tenant.org_id,
        FeedbackReadRow.environment == tenant.environment,
    )


def _row(session: Session, tenant: Tenant, feedback_id: str, is_operator: bool) -> FeedbackRow:
    query = select(FeedbackRow).where(FeedbackRow.id == feedback_id, _seen(tenant, is_operator))
    row = session.scalar(query)
    if row is None:
        raise UnknownId(f"there is no message {feedback_id[:64]!r}")
    return row


def _feedback(row: FeedbackRow, is_read: bool) -> Feedback:
    tenant = None
    if row.org_id is not None and row.environment is not None:
        tenant = Tenant(row.org_id, Environment(row.environment))
    return Feedback(
        id=row.id,
        created_at=row.created_at,
        content=row.content,
        tenant=tenant,
        is_read=is_read,
    )
