"""The price webhook of a tenant: set, triggered, tested, its deliveries listed and sent again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import zstandard

from kwhen.errors import Conflict, Forbidden, InvalidFields, KwhenError, UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import new_id
from kwhen.operations.price_signals import window
from kwhen.operations.schedules import check_schedule, next_run_at
from kwhen.operations.targets import policy_of
from kwhen.operations.work import Work
from kwhen.records import (
    Delivery,
    DeliveryState,
    RunReason,
    RunState,
    Webhook,
    WebhookRun,
)
from kwhen.storage import deliveries, webhooks, workers

TEST_BODY = b'{"eventType":"PRICE_SIGNAL","data":{},"test":true}'
LEVEL = 1  # pages of like homes shrink well at once


class WebhookDisabled(KwhenError):
    """The webhook does not send any more; setting it again starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWish:
    """What a client sets; `more` holds those of schedule, gzip and on_change that were sent."""

    url: str
    security_key: str
    open_adr: bool
    more: Mapping[str, Any]


def set_webhook(work: Work, wish: WebhookWish) -> Webhook:
    """Make the tenant's webhook, or change it; one that was disabled begins anew.

    Raises
    ------
    InvalidFields
    """
    policy_of(work.deployment.settings).check_url(wish.url)
    if wish.more.get("schedule") is not None:
        check_schedule(wish.more["schedule"])
    try:
        before = webhooks.find_webhook(work.session, work.tenant, for_update=True)
    except UnknownId:
        return _made(work, wish)
    after = replace(
        before,
        updated_at=max(work.now, before.updated_at),
        url=wish.url,
        sealed_key=work.deployment.keyring.seal(wish.security_key),
        open_adr=wish.open_adr,
        failing_since=None,
        disabled_at=None,
        disabled_reason=None,
        **wish.more,
    )
    webhooks.save_webhook(work.session, work.tenant, _timed(after, work.now))
    return webhooks.find_webhook(work.session, work.tenant)


def _made(work: Work, wish: WebhookWish) -> Webhook:
    made = Webhook(
        id=new_id("ws_webhook"),
        tenant=work.tenant,
        created_at=work.now,
        updated_at=work.now,
        url=wish.url,
        sealed_key=work.deployment.keyring.seal(wish.security_key),
        open_adr=wish.open_adr,
        **{"gzip": False, "on_change": True, "schedule": None, **wish.more},
    )
    webhooks.add_webhook(work.session, work.tenant, _timed(made, work.now))
    return webhooks.find_webhook(work.session, work.tenant)


def _timed(webhook: Webhook, now: datetime) -> Webhook:
    return replace(webhook, next_run_at=next_run_at(webhook.schedule, now))


def get_webhook(work: Work) -> Webhook:
    """The tenant's webhook.

    Raises
    ------
    UnknownId
    """
    return webhooks.find_webhook(work.session, work.tenant)


def security_key(deployment: Deployment, webhook: Webhook) -> str:
    """The key that a webhook sends and signs with."""
    return deployment.keyring.unseal(webhook.sealed_key)


def delete_webhook(work: Work) -> Webhook:
    """Remove the tenant's webhook and its log; says what it was.

    Raises
    ------
    UnknownId
    """
    found = webhooks.find_webhook(work.session, work.tenant)
    webhooks.remove_webhook(work.session, work.tenant)
    return found


def set_schedule(work: Work, **changes: Any) -> Webhook:
    """Change only when runs are made: `schedule`, and `on_change`.

    Raises
    ------
    UnknownId, InvalidFields
    """
    if changes.get("schedule") is not None:
        check_schedule(changes["schedule"])
    before = webhooks.find_webhook(work.session, work.tenant, for_update=True)
    after = _timed(replace(before, **changes), work.now)
    webhooks.save_webhook(work.session, work.tenant, after)
    return after


def trigger(
    work: Work,
    organisation_id: str | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> WebhookRun:
    """Ask for a run over all homes; it is made by a worker.

    Raises
    ------
    Forbidden : the organisation is another one
    UnknownId : there is no webhook
    WebhookDisabled, InvalidFields
    """
    if organisation_id is not None and organisation_id != work.tenant.org_id:
        raise Forbidden("Only your own organisation's webhook can be triggered.")
    wanted = window(start, end, work.now)
    return add_run(work, _working(work), RunReason.TRIGGER, wanted.start, wanted.end)


def add_run(
    work: Work, webhook: Webhook, reason: RunReason, start: datetime, end: datetime
) -> WebhookRun:
    """Write down that a run is to be made: a worker finds it once this is committed."""
    run = WebhookRun(
        id=new_id("ws_webhook_run"),
        tenant=work.tenant,
        webhook_id=webhook.id,
        created_at=work.now,
        reason=reason,
        start=start,
        end=end,
        state=RunState.WAITING,
        homes_count=0,
        skipped_count=0,
        skipped=(),
        finished_at=None,
        error=None,
        cursor=0,
    )
    webhooks.add_run(work.session, work.tenant, run)
    return run


def test(work: Work) -> Delivery:
    """Send a body without homes, to see whether the receiver takes it.

    Raises
    ------
    UnknownId, WebhookDisabled
    """
    return add_page(work, _working(work), None, 0, TEST_BODY, homes_count=0)


def add_page(
    work: Work, webhook: Webhook, run_id: str | None, page: int, body: bytes, homes_count: int
) -> Delivery:
    """Write down a page that is to be sent."""
    delivery = Delivery(
        id=new_id("ws_delivery"),
        tenant=work.tenant,
        webhook_id=webhook.id,
        run_id=run_id,
        created_at=work.deployment.clock(),
        sequence=webhooks.take_sequence(work.session, work.tenant),
        page=page,
        homes_count=homes_count,
        size_bytes=len(body),
        has_body=True,
        state=DeliveryState.PENDING,
        attempts_count=0,
        base_count=0,
        first_attempt_at=None,
        next_attempt_at=work.now,
        finished_at=None,
    )
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(body)
    deliveries.add_delivery(work.session, work.tenant, delivery, packed)
    return delivery


def body_of(work: Work, delivery_id: str) -> bytes | None:
    """The body of a delivery, None once it is gone."""
    packed = deliveries.body_of(work.session, work.tenant, delivery_id)
    return None if packed is None else zstandard.ZstdDecompressor().decompress(packed)


def list_deliveries(
    work: Work,
    *,
    limit_count: int,
    before: str | None = None,
    state: DeliveryState | None = None,
    run_id: str | None = None,
) -> list[Delivery]:
    """The newest deliveries with their attempts.

    Raises
    ------
    InvalidFields : `before` is no delivery of the tenant, or `run_id` no run
    """
    if run_id is not None and not webhooks.has_run(work.session, work.tenant, run_id):
        raise InvalidFields.one("runId", f"there is no run {run_id[:64]!r}; runs/list shows yours")
    try:
        return deliveries.list_deliveries(
            work.session,
            work.tenant,
            limit_count=limit_count,
            before=before,
            state=state,
            run_id=run_id,
        )
    except UnknownId as error:
        raise InvalidFields.one("before", str(error)) from error


def get_delivery(work: Work, delivery_id: str) -> Delivery:
    """A delivery of the tenant with its attempts.

    Raises
    ------
    UnknownId
    """
    return deliveries.find_delivery(work.session, work.tenant, delivery_id)


def list_runs(work: Work, limit_count: int) -> list[WebhookRun]:
    """The newest runs, with the homes that they left out."""
    return webhooks.list_runs(work.session, work.tenant, limit_count)


def replay(work: Work, delivery_id: str) -> Delivery:
    """Send a delivery again, under the same id and with the same body.

    Raises
    ------
    UnknownId, WebhookDisabled
    Conflict : it is being sent already, or its body is gone
    """
    found = deliveries.lock_delivery(work.session, work.tenant, delivery_id)
    _working(work)
    if found.state is DeliveryState.PENDING:
        raise Conflict("the delivery is pending; it is sent by itself")
    if not found.has_body:
        raise Conflict("the body of the delivery is not kept any more; trigger a new run")
    deliveries.replay(work.session, work.tenant, delivery_id, work.now)
    return deliveries.find_delivery(work.session, work.tenant, delivery_id)


def disable(work: Work, reason: str) -> None:
    """Stop sending to a webhook, with everything that waits."""
    webhook = webhooks.find_webhook(work.session, work.tenant, for_update=True)
    stopped = replace(webhook, disabled_at=work.now, disabled_reason=reason, next_run_at=None)
    webhooks.save_webhook(work.session, work.tenant, stopped)
    webhooks.cancel_runs(work.session, work.tenant, reason, work.now)
    deliveries.cancel_deliveries(work.session, work.tenant, work.now)


def make_due_runs(deployment: Deployment) -> int:
    """Make the runs that schedules ask for, each once; says how many."""
    now = deployment.clock()
    with deployment.database.reading() as session:
        due = webhooks.every_due_webhook(session, now)
    return sum(_make_due_run(deployment, webhook) for webhook in due)


def _make_due_run(deployment: Deployment, webhook: Webhook) -> bool:
    assert webhook.next_run_at is not None
    with deployment.writing(webhook.tenant) as work:
        later = next_run_at(webhook.schedule, work.now)
        if not webhooks.move_schedule(work.session, work.tenant, webhook.next_run_at, later):
            return False
        wanted = window(None, None, work.now)
        add_run(work, webhook, RunReason.SCHEDULE, wanted.start, wanted.end)
    return True


def make_change_runs(deployment: Deployment, name: str, mark: str) -> int:
    """Make a run for every webhook that is told of changes, once a change; says how many.

    `mark` tells one state of what goes by `name` from another. The first one that is seen is no
    change.
    """
    with deployment.database.reading() as session:
        if workers.seen_mark(session, name) == mark:
            return 0
    now = deployment.clock()
    wanted, count = window(None, None, now), 0
    with deployment.database.writing() as session:
        if not workers.every_mark(session, name, mark):
            return 0
        for webhook in webhooks.every_changing_webhook(session):
            work = deployment.within(session, webhook.tenant)
            add_run(work, webhook, RunReason.CHANGE, wanted.start, wanted.end)
            count += 1
    return count


def _working(work: Work) -> Webhook:
    found = webhooks.find_webhook(work.session, work.tenant)
    if found.disabled_at is not None:
        raise WebhookDisabled(
            f"the webhook was disabled at {found.disabled_at.isoformat()}: "
            f"{found.disabled_reason}; mend it, then set it again"
        )
    return found
