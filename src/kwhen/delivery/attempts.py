"""A delivery: one attempt of it, written down before it is made, and what follows from it."""

import gzip
import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from kwhen.delivery.sender import Attempt, Sender
from kwhen.delivery.signing import signed_headers
from kwhen.errors import SettingError, UnknownId
from kwhen.operations import webhooks as verbs
from kwhen.operations.deployment import Deployment
from kwhen.operations.work import Work
from kwhen.records import AttemptRecord, Delivery, DeliveryState, Tenant, Webhook
from kwhen.settings import Settings
from kwhen.storage import deliveries, delivery_jobs, webhooks

log = structlog.get_logger("kwhen")
JITTER_FRAC = 0.2  # of the pause before a try, added to it
LONGEST_WAIT_S = 86_400.0  # that a Retry-After is believed
DISABLED_AFTER = timedelta(days=5)
GONE = 410
GZIP_LEVEL = 5


def attempt_delivery(deployment: Deployment, sender: Sender, tenant: Tenant, id: str) -> None:
    """Make the attempt of a delivery that is due, unless it was made already."""
    begun = _begin(deployment, tenant, id)
    if begun is None:
        return
    webhook, delivery, content = begun
    number, at = delivery.attempts_count + 1, deployment.clock()
    headers = _headers(deployment, webhook, delivery, content, at)
    sent = gzip.compress(content, GZIP_LEVEL, mtime=0) if webhook.gzip else content
    attempt = sender.post(webhook.url, sent, headers)
    _end(deployment, tenant, id, number, at, attempt)


def _begin(
    deployment: Deployment, tenant: Tenant, id: str
) -> tuple[Webhook, Delivery, bytes] | None:
    """What to send; None where nothing is to be sent now."""
    with deployment.writing(tenant) as work:
        try:
            found = deliveries.lock_delivery(work.session, tenant, id)
        except UnknownId:
            return None  # its webhook was deleted
        if found.state is not DeliveryState.PENDING:
            return None
        if found.next_attempt_at is None:
            # A job that is run again: whether the last attempt arrived, nobody knows.
            delivery_jobs.release(work.session, tenant, id, work.now)
            return None
        if found.next_attempt_at > work.now:
            return None
        webhook = webhooks.find_webhook(work.session, tenant)
        content = verbs.body_of(work, id)
        assert content is not None, "a pending delivery keeps its body"
        deliveries.begin_attempt(work.session, tenant, id, found.attempts_count + 1, work.now)
    return webhook, found, content


def _headers(
    deployment: Deployment, webhook: Webhook, delivery: Delivery, content: bytes, at: datetime
) -> dict[str, str]:
    key = verbs.security_key(deployment, webhook)
    headers = {
        "content-type": "application/json",
        "webhook-sequence": str(delivery.sequence),
        **signed_headers(key, delivery.id, content, at),
    }
    return {**headers, "content-encoding": "gzip"} if webhook.gzip else headers


def _end(
    deployment: Deployment, tenant: Tenant, id: str, number: int, at: datetime, attempt: Attempt
) -> None:
    """Write down what became of an attempt, and what follows."""
    record = AttemptRecord(
        number=number,
        at=at,
        status=attempt.status,
        latency_s=round(attempt.latency_s, 3),
        error=attempt.error,
        body_start=attempt.body_start.decode("utf-8", "replace").replace("\0", ""),
    )
    with deployment.writing(tenant) as work:
        try:
            found = deliveries.lock_delivery(work.session, tenant, id)
        except UnknownId:
            return
        is_known = not deliveries.end_attempt(work.session, tenant, id, record)
        if is_known or found.attempts_count != number:
            return  # it was given up for lost, and another one follows already
        if attempt.is_success:
            webhooks.note_sent(work.session, tenant, work.now)
            deliveries.settle(work.session, tenant, id, DeliveryState.DELIVERED, now=work.now)
        else:
            _after_failure(work, found, number, attempt)


def _after_failure(work: Work, found: Delivery, number: int, attempt: Attempt) -> None:
    webhooks.note_failed(work.session, work.tenant, work.now)
    webhook = webhooks.find_webhook(work.session, work.tenant)
    reason = _reason_to_disable(webhook, attempt, work.now)
    schedule_s = schedule_of(work.deployment.settings)
    next_at = next_attempt_at(found, number, schedule_s, attempt.retry_after_s, work.now)
    state = DeliveryState.FAILED if next_at is None or reason else DeliveryState.PENDING
    if state is not DeliveryState.PENDING:
        next_at = None
    deliveries.settle(work.session, work.tenant, found.id, state, next_at=next_at, now=work.now)
    if reason:
        log.warning("webhook disabled", webhook_id=webhook.id, reason=reason)
        verbs.disable(work, reason)


def _reason_to_disable(webhook: Webhook, attempt: Attempt, now: datetime) -> str | None:
    if webhook.disabled_at is not None:
        return None
    if attempt.status == GONE:
        return "the receiver answered 410 Gone"
    if webhook.failing_since is not None and now - webhook.failing_since >= DISABLED_AFTER:
        since = webhook.failing_since.date()
        return f"every attempt failed for {DISABLED_AFTER.days} days, since {since}"
    return None


def schedule_of(settings: Settings) -> tuple[float, ...]:
    """When the tries of a delivery are due, counted from its first one. [s]

    Raises
    ------
    SettingError
    """
    try:
        found = tuple(map(float, settings.delivery_schedule_s.split(",")))
    except ValueError as error:
        raise SettingError(f"KWHEN_DELIVERY_SCHEDULE_S: {error}") from error
    if found[0] != 0 or sorted(set(found)) != list(found):
        raise SettingError("KWHEN_DELIVERY_SCHEDULE_S: give 0 and then rising numbers of seconds")
    return found


def next_attempt_at(
    delivery: Delivery,
    number: int,
    schedule_s: Sequence[float],
    retry_after_s: float | None,
    now: datetime,
) -> datetime | None:
    """When a delivery is tried again after attempt `number` failed; None: not any more."""
    made_count = number - delivery.base_count
    if made_count >= len(schedule_s):
        return None
    pause_s = schedule_s[made_count] - schedule_s[made_count - 1]
    first = delivery.first_attempt_at or now
    due_at = first + timedelta(seconds=schedule_s[made_count])
    # After a long time without a worker the rest of the schedule is not run through at once.
    due_at = max(due_at, now + timedelta(seconds=min(pause_s, schedule_s[1])))
    due_at += timedelta(seconds=random.uniform(0, JITTER_FRAC) * pause_s)
    if retry_after_s is not None:
        due_at = max(due_at, now + timedelta(seconds=min(retry_after_s, LONGEST_WAIT_S)))
    return due_at
