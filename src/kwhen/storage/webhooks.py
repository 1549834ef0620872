"""Webhooks of a tenant, and the runs that are made for them."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import (
    Environment,
    RunReason,
    RunState,
    Schedule,
    Skipped,
    Tenant,
    Webhook,
    WebhookRun,
)
from kwhen.storage.tables import WebhookRow, WebhookRunRow

EVENT_TYPE = "PRICE_SIGNAL"
UNDERWAY = (RunState.WAITING, RunState.COMPUTING, RunState.SENDING)
NONE_SET = "there is no price-signal webhook; set one with /v1/webhook/price_signal/set"
SKIPPED_KEPT_COUNT = 1000  # homes whose reason a run tells; the others are counted


def find_webhook(session: Session, tenant: Tenant, *, for_update: bool = False) -> Webhook:
    """The tenant's webhook.

    Raises
    ------
    UnknownId
    """
    return _webhook(_row(session, tenant, for_update=for_update))


def add_webhook(session: Session, tenant: Tenant, webhook: Webhook) -> None:
    """Store a new webhook."""
    row = WebhookRow(
        id=webhook.id,
        org_id=tenant.org_id,
        environment=tenant.environment,
        event_type=EVENT_TYPE,
        created_at=webhook.created_at,
        sequence=0,
    )
    _write(row, webhook)
    session.add(row)
    session.flush()


def save_webhook(session: Session, tenant: Tenant, webhook: Webhook) -> None:
    """Write what may change of the tenant's webhook.

    Raises
    ------
    UnknownId
    """
    _write(_row(session, tenant, for_update=True), webhook)
    session.flush()


def remove_webhook(session: Session, tenant: Tenant) -> None:
    """Delete the tenant's webhook with its runs, deliveries and their log.

    Raises
    ------
    UnknownId
    """
    session.delete(_row(session, tenant, for_update=True))
    session.flush()


def note_sent(session: Session, tenant: Tenant, now: datetime) -> None:
    """A page was taken: the webhook works."""
    values = {"last_sent_at": now, "failing_since": None}
    session.execute(update(WebhookRow).where(*_is_of(tenant)).values(values))


def note_failed(session: Session, tenant: Tenant, now: datetime) -> None:
    """An attempt failed; the first one after a success begins the time of failing."""
    session.execute(
        update(WebhookRow)
        .where(*_is_of(tenant), WebhookRow.failing_since.is_(None))
        .values(failing_since=now)
    )


def take_sequence(session: Session, tenant: Tenant) -> int:
    """The number of the next page of the tenant's webhook.

    Raises
    ------
    UnknownId
    """
    taken: int | None = session.scalar(
        update(WebhookRow)
        .where(*_is_of(tenant))
        .values(sequence=WebhookRow.sequence + 1)
        .returning(WebhookRow.sequence)
    )
    if taken is None:
        raise UnknownId(NONE_SET)
    return taken


def every_due_webhook(session: Session, now: datetime) -> list[Webhook]:
    """Webhooks of all tenants whose schedule asks for a run."""
    query = select(WebhookRow).where(WebhookRow.next_run_at <= now)
    return [_webhook(row) for row in session.scalars(query)]


def every_changing_webhook(session: Session) -> list[Webhook]:
    """Webhooks of all tenants that are told when plans or market data change."""
    query = select(WebhookRow).where(
        WebhookRow.on_change.is_(True), WebhookRow.disabled_at.is_(None)
    )
    return [_webhook(row) for row in session.scalars(query)]


def move_schedule(
    session: Session, tenant: Tenant, due_at: datetime, next_at: datetime | None
) -> bool:
    """Set when the next run is due; False where somebody else did it already."""
    found = session.execute(
        update(WebhookRow)
        .where(*_is_of(tenant), WebhookRow.next_run_at == due_at)
        .values(next_run_at=next_at)
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def add_run(session: Session, tenant: Tenant, run: WebhookRun) -> None:
    """Store a new run."""
    session.add(
        WebhookRunRow(
            id=run.id,
            webhook_id=run.webhook_id,
            org_id=tenant.org_id,
            environment=tenant.environment,
            created_at=run.created_at,
            reason=run.reason,
            start=run.start,
            end=run.end,
            state=run.state,
            cursor=0,
            pages_count=0,
            homes_count=0,
            skipped_count=0,
            skipped=[],
            failures_count=0,
        )
    )
    session.flush()


def list_runs(session: Session, tenant: Tenant, limit_count: int) -> list[WebhookRun]:
    """The newest runs of a tenant."""
    query = select(WebhookRunRow).where(
        WebhookRunRow.org_id == tenant.org_id, WebhookRunRow.environment == tenant.environment
    )
    rows = session.scalars(query.order_by(WebhookRunRow.number.desc()).limit(limit_count))
    return [_run(row) for row in rows]


def underway_count(session: Session, tenant: Tenant) -> int:
    """How many runs of a tenant are not over."""
    query = select(func.count()).where(
        WebhookRunRow.org_id == tenant.org_id,
        WebhookRunRow.environment == tenant.environment,
        WebhookRunRow.state.in_(UNDERWAY),
    )
    return session.execute(query.select_from(WebhookRunRow)).scalar_one()


def has_run(session: Session, tenant: Tenant, run_id: str) -> bool:
    """Whether a tenant has a run of that id."""
    query = select(WebhookRunRow.number).where(*_is_run(tenant, run_id))
    return session.scalar(query) is not None


def cancel_runs(session: Session, tenant: Tenant, reason: str, now: datetime) -> None:
    """End every run of a tenant that is underway."""
    session.execute(
        update(WebhookRunRow)
        .where(
            WebhookRunRow.org_id == tenant.org_id,
            WebhookRunRow.environment == tenant.environment,
            WebhookRunRow.state.in_(UNDERWAY),
        )
        .values(state=RunState.CANCELLED, error=reason, finished_at=now)
    )


def every_run_in_turn(session: Session) -> list[tuple[WebhookRun, datetime | None]]:
    """The oldest run underway of each webhook, and since when a job of it is queued."""
    first = (
        select(func.min(WebhookRunRow.number))
        .where(WebhookRunRow.state.in_(UNDERWAY))
        .group_by(WebhookRunRow.webhook_id)
    )
    rows = session.scalars(select(WebhookRunRow).where(WebhookRunRow.number.in_(first)))
    return [(_run(row), row.queued_at) for row in rows]


def every_run(session: Session, run_id: str) -> WebhookRun | None:
    """A run of whichever tenant; None where its webhook was deleted."""
    row = session.scalar(select(WebhookRunRow).where(WebhookRunRow.id == run_id))
    return None if row is None else _run(row)


def queue_run(
    session: Session, tenant: Tenant, run_id: str, before: datetime | None, now: datetime
) -> bool:
    """Note when a job is made for a run; False where another was made since `before`."""
    found = session.execute(
        update(WebhookRunRow)
        .where(*_is_run(tenant, run_id), WebhookRunRow.queued_at.is_not_distinct_from(before))
        .values(queued_at=now)
    )
    return bool(found.rowcount)  # type: ignore[attr-defined]


def move_run(
    session: Session,
    tenant: Tenant,
    run: WebhookRun,
    cursor: int,
    homes_counts: Sequence[int],
    skipped: Sequence[Skipped],
) -> int | None:
    """Go on to a home after pages of some homes, and homes that were skipped.

    Says how many pages the run has; None where it is not where it was: somebody else computes
    it, or it was cancelled.
    """
    row = session.scalar(
        select(WebhookRunRow)
        .where(
            *_is_run(tenant, run.id),
            WebhookRunRow.cursor == run.cursor,
            WebhookRunRow.state.in_(UNDERWAY),
        )
        .with_for_update()
    )
    if row is None:
        return None
    row.cursor = cursor
    row.state = RunState.COMPUTING
    row.pages_count += len(homes_counts)
    row.homes_count += sum(homes_counts)
    row.skipped_count += len(skipped)
    room = max(SKIPPED_KEPT_COUNT - len(row.skipped), 0)
    row.skipped = [*row.skipped, *map(asdict, skipped[:room])]
    session.flush()
    return row.pages_count


def end_run(
    session: Session,
    tenant: Tenant,
    run_id: str,
    state: RunState,
    now: datetime | None,
    error: str | None = None,
) -> None:
    """Say how far a run is that has nothing more to compute."""
    session.execute(
        update(WebhookRunRow)
        .where(*_is_run(tenant, run_id), WebhookRunRow.state.in_(UNDERWAY))
        .values(state=state, finished_at=now, error=error)
    )


def count_failure(session: Session, tenant: Tenant, run_id: str) -> int:
    """Count a computation that broke off; says how many did."""
    row = session.scalars(select(WebhookRunRow).where(*_is_run(tenant, run_id))).one()
    row.failures_count += 1
    session.flush()
    return row.failures_count


def every_run_before(session: Session, moment: datetime) -> None:
    """Delete the runs of all tenants that ended before a moment, with their deliveries."""
    session.execute(
        delete(WebhookRunRow).where(
            WebhookRunRow.created_at < moment, WebhookRunRow.state.not_in(UNDERWAY)
        )
    )


def _is_of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookRow.org_id == tenant.org_id,
        WebhookRow.environment == tenant.environment,
        WebhookRow.event_type == EVENT_TYPE,
    )


def _is_run(tenant: Tenant, run_id: str) -> tuple[ColumnElement[bool], ...]:
    return (
        WebhookRunRow.id == run_id,
        WebhookRunRow.org_id == tenant.org_id,
        WebhookRunRow.environment == tenant.environment,
    )


def _row(session: Session, tenant: Tenant, *, for_update: bool) -> WebhookRow:
    query = select(WebhookRow).where(*_is_of(tenant))
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise UnknownId(NONE_SET)
    return row


def _write(row: WebhookRow, webhook: Webhook) -> None:
    schedule = webhook.schedule or Schedule()
    row.updated_at = webhook.updated_at
    row.url = webhook.url
    row.sealed_key = webhook.sealed_key
    row.open_adr, row.gzip, row.on_change = webhook.open_adr, webhook.gzip, webhook.on_change
    row.every_minutes, row.daily_at = schedule.every_minutes, schedule.daily_at
    row.timezone = schedule.timezone
    row.next_run_at = webhook.next_run_at
    row.failing_since = webhook.failing_since
    row.disabled_at, row.disabled_reason = webhook.disabled_at, webhook.disabled_reason


def _webhook(row: WebhookRow) -> Webhook:
    schedule = Schedule(
        every_minutes=row.every_minutes, daily_at=row.daily_at, timezone=row.timezone
    )
    plain: dict[str, Any] = {
        name: getattr(row, name)
        for name in (
            *("id", "created_at", "updated_at", "url", "sealed_key", "open_adr", "gzip"),
            *("on_change", "next_run_at", "last_sent_at", "failing_since"),
            *("disabled_at", "disabled_reason"),
        )
    }
    return Webhook(
        tenant=Tenant(row.org_id, Environment(row.environment)),
        schedule=None if schedule == Schedule() else schedule,
        **plain,
    )


def _run(row: WebhookRunRow) -> WebhookRun:
    return WebhookRun(
        id=row.id,
        tenant=Tenant(row.org_id, Environment(row.environment)),
        webhook_id=row.webhook_id,
        created_at=row.created_at,
        reason=RunReason(row.reason),
        start=row.start,
        end=row.end,
        state=RunState(row.state),
        homes_count=row.homes_count,
        skipped_count=row.skipped_count,
        skipped=tuple(Skipped(**entry) for entry in row.skipped),
        finished_at=row.finished_at,
        error=row.error,
        cursor=row.cursor,
    )
