"""What people wrote about the API; it belongs to the operator, not to a tenant."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from kwhen.records import Feedback
from kwhen.storage.tables import FeedbackRow


def add_feedback(session: Session, feedback: Feedback) -> None:
    """Store a message."""
    session.add(
        FeedbackRow(id=feedback.id, created_at=feedback.created_at, content=dict(feedback.content))
    )


def every_feedback(session: Session, limit_count: int = 100) -> list[Feedback]:
    """The newest messages of all callers, for the operator."""
    rows = session.scalars(select(FeedbackRow).order_by(FeedbackRow.number.desc()))
    return [
        Feedback(id=row.id, created_at=row.created_at, content=row.content)
        for row in rows.fetchmany(limit_count)
    ]
