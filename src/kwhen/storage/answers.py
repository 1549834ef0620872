"""Answers kept under an Idempotency-Key: the same request again gets the same answer."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import Session

from kwhen.errors import Conflict
from kwhen.records import Tenant
from kwhen.storage.tables import AnswerRow, insert_of

PENDING = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer that was given before."""

    status: int
    body: bytes


def claim(
    session: Session, tenant: Tenant, route: str, key: str, request_hash: str, now: datetime
) -> KeptAnswer | None:
    """Take a key for this request, or say what was answered under it.

    A second request under the same key waits for the transaction of the first.

    Raises
    ------
    Conflict : the key stands for another request
    """
    wish = insert_of(session, AnswerRow).values(
        org_id=tenant.org_id,
        environment=tenant.environment,
        route=route,
        key=key,
        request_hash=request_hash,
        status=PENDING,
        body=b"",
        created_at=now,
    )
    taken = session.execute(wish.on_conflict_do_nothing().returning(AnswerRow.number)).scalar()
    if taken is not None:
        return None
    row = session.scalars(select(AnswerRow).where(*_is(tenant, route, key))).one()
    if row.request_hash != request_hash:
        raise Conflict(
            "this Idempotency-Key came before with another body; use a new key for a new request"
        )
    return KeptAnswer(status=row.status, body=row.body)


def keep(session: Session, tenant: Tenant, route: str, key: str, status: int, body: bytes) -> None:
    """Store the answer to the request that took a key."""
    session.execute(
        update(AnswerRow).where(*_is(tenant, route, key)).values(status=status, body=body)
    )


def forget_before(session: Session, moment: datetime) -> None:
    """Delete the answers of all tenants that are older than a moment."""
    session.execute(delete(AnswerRow).where(AnswerRow.created_at < moment))


def _is(tenant: Tenant, route: str, key: str) -> tuple[ColumnElement[bool], ...]:
    return (
        AnswerRow.org_id == tenant.org_id,
        AnswerRow.environment == tenant.environment,
        AnswerRow.route == route,
        AnswerRow.key == key,
    )
