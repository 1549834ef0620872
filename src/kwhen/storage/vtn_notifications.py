"""Notifications that subscriptions are owed, each in the order of what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kwhen.records import Environment, Tenant, VtnKind
from kwhen.storage.vtn import number_of
from kwhen.storage.vtn_tables import VtnNotificationRow, VtnObjectRow


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A notification that is to be sent now."""

    number: int
    tenant: Tenant
    subscription_id: str
    url: str
    sealed: str | None
    operation_index: int
    body: bytes
    tries_count: int
    created_at: datetime


def owe(
    session: Session,
    tenant: Tenant,
    subscription_id: str,
    operation_index: int,
    body: bytes,
    now: datetime,
) -> None:
    """Remember that a subscription is to be notified."""
    session.add(
        VtnNotificationRow(
            subscription_number=number_of(session, tenant, VtnKind.SUBSCRIPTION, subscription_id),
            operation_index=operation_index,
            body=body,
            created_at=now,
            due_at=now,
            tries_count=0,
        )
    )


def claim_every_due(
    session: Session, now: datetime, until: datetime, limit_count: int
) -> list[Owed]:
    """The first notification of each subscription where it is due; until a moment nobody else
    gets them.
    """
    first = (
        select(func.min(VtnNotificationRow.number))
        .group_by(VtnNotificationRow.subscription_number)
        .scalar_subquery()
    )
    query = (
        select(VtnNotificationRow, VtnObjectRow)
        .join(VtnObjectRow, VtnObjectRow.number == VtnNotificationRow.subscription_number)
        .where(VtnNotificationRow.number.in_(first), VtnNotificationRow.due_at <= now)
        .where(VtnObjectRow.broken_why.is_(None))
        .order_by(VtnNotificationRow.due_at, VtnNotificationRow.number)
        .limit(limit_count)
        .with_for_update(skip_locked=True, of=VtnNotificationRow)
    )
    found = [(row, subscription) for row, subscription in session.execute(query)]
    for row, _ in found:
        row.due_at = until
    session.flush()
    return [_owed(row, subscription) for row, subscription in found]


def owed_counts(session: Session, tenant: Tenant) -> dict[str, int]:
    """How many notifications each subscription of a tenant is owed, where it is owed any."""
    query = (
        select(VtnObjectRow.id, func.count())
        .join(VtnNotificationRow, VtnNotificationRow.subscription_number == VtnObjectRow.number)
        .where(VtnObjectRow.org_id == tenant.org_id, VtnObjectRow.environment == tenant.environment)
        .group_by(VtnObjectRow.id)
    )
    return {id: count for id, count in session.execute(query)}


def was_taken(session: Session, tenant: Tenant, number: int) -> None:
    """A notification arrived."""
    row = _own(session, tenant, number)
    if row is not None:
        session.delete(row)


def try_again(session: Session, tenant: Tenant, number: int, due_at: datetime, error: str) -> None:
    """A notification did not arrive; the next try is later."""
    row = _own(session, tenant, number)
    if row is not None:
        row.tries_count += 1
        row.due_at, row.error = due_at, error


def break_subscription(session: Session, tenant: Tenant, number: int, why: str) -> None:
    """Stop notifying the subscription of a notification; what it is owed is dropped."""
    row = _own(session, tenant, number)
    if row is None:
        return
    held = row.subscription_number
    session.execute(update(VtnObjectRow).where(VtnObjectRow.number == held).values(broken_why=why))
    query = select(VtnNotificationRow).where(VtnNotificationRow.subscription_number == held)
    for other in session.scalars(query):
        session.delete(other)


def _own(session: Session, tenant: Tenant, number: int) -> VtnNotificationRow | None:
    """A tenant's notification; None where its subscription is gone."""
    return session.scalar(
        select(VtnNotificationRow)
        .join(VtnObjectRow, VtnObjectRow.number == VtnNotificationRow.subscription_number)
        .where(
            VtnNotificationRow.number == number,
            VtnObjectRow.org_id == tenant.org_id,
            VtnObjectRow.environment == tenant.environment,
        )
    )


def _owed(row: VtnNotificationRow, subscription: VtnObjectRow) -> Owed:
    operations: Sequence[dict[str, str]] = subscription.content["objectOperations"]
    return Owed(
        number=row.number,
        tenant=Tenant(subscription.org_id, Environment(subscription.environment)),
        subscription_id=subscription.id,
        url=operations[min(row.operation_index, len(operations) - 1)]["callbackUrl"],
        sealed=subscription.sealed,
        operation_index=row.operation_index,
        body=row.body,
        tries_count=row.tries_count,
        created_at=row.created_at,
    )
