"""The price-signal webhook: set, triggered, tested; its deliveries."""

from typing import Annotated

from fastapi import Path
from starlette.responses import Response

from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookWish, security_key
from kwhen.operations.work import Work
from kwhen.records import DeliveryState, Scope, Webhook
from kwhen.service.door import Caller, ReadWork, WriteWork, gated, needs
from kwhen.wire.webhooks import (
    DeliveryAnswer,
    DeliveryList,
    RunAnswer,
    TriggerSent,
    WebhookAnswer,
    WebhookSet,
)

router = gated("/v1/webhook/price_signal", "webhooks")
once = gated("/v1/webhook/price_signal", "webhooks", once=True)

Writer = Annotated[Caller, needs(Scope.WEBHOOK_WRITE)]
MOST_RUNS_COUNT = 100
TheDelivery = Annotated[str, Path(max_length=255, description="Id of a delivery.")]


@router.post("/set", operation_id="setPriceSignalWebhook", summary="Say where signals go.")
def set_webhook(caller: Writer, work: WriteWork, body: WebhookSet) -> WebhookAnswer:
    """One webhook an environment: made, or changed. One that was disabled begins anew."""
    wish = WebhookWish(
        url=body.webhook_url,
        security_key=body.security_key,
        open_adr=body.open_adr,
        more=body.more(),
    )
    return _answer(work, webhooks.set_webhook(work, wish))


@router.post("/get", operation_id="getPriceSignalWebhook", summary="The webhook.")
def get_webhook(caller: Writer, work: ReadWork) -> WebhookAnswer:
    """As it was set, and how it fares."""
    return _answer(work, webhooks.get_webhook(work))


@router.post("/delete", operation_id="deletePriceSignalWebhook", summary="Remove the webhook.")
def delete_webhook(caller: Writer, work: WriteWork) -> WebhookAnswer:
    """Answers the webhook that was removed; its deliveries and their log go with it."""
    return _answer(work, webhooks.delete_webhook(work))


@once.post(
    "/trigger",
    operation_id="triggerPriceSignalWebhook",
    summary="Send the signals of all homes.",
    response_class=Response,
)
def trigger(caller: Writer, work: WriteWork, body: TriggerSent | None = None) -> Response:
    """Accepted at once and done in the background; the answer is empty.

    Homes whose `enabled` is false are left out. runs/list and deliveries/list tell what became
    of it.
    """
    wanted = body or TriggerSent()  # type: ignore[call-arg]
    webhooks.trigger(work, wanted.organization_id, wanted.start_time, wanted.end_time)
    return Response()


@router.post("/test", operation_id="testPriceSignalWebhook", summary="Send a body without homes.")
def test(caller: Writer, work: WriteWork) -> DeliveryAnswer:
    """To see whether the receiver takes it and knows the signature."""
    return DeliveryAnswer.of(webhooks.test(work))


@router.post("/runs/list", operation_id="listPriceSignalRuns", summary="The newest runs.")
def list_runs(caller: Writer, work: ReadWork) -> list[RunAnswer]:
    """At most 100, with the homes that were left out, and why."""
    return [RunAnswer.of(run) for run in webhooks.list_runs(work, MOST_RUNS_COUNT)]


@router.post(
    "/deliveries/list", operation_id="listPriceSignalDeliveries", summary="The delivery log."
)
def list_deliveries(
    caller: Writer, work: ReadWork, body: DeliveryList | None = None
) -> list[DeliveryAnswer]:
    """Newest first, each with its attempts."""
    wanted = body or DeliveryList()  # type: ignore[call-arg]
    found = webhooks.list_deliveries(
        work,
        limit_count=wanted.page_size,
        before=wanted.before,
        state=None if wanted.state is None else DeliveryState(wanted.state),
        run_id=wanted.run_id,
    )
    return [DeliveryAnswer.of(delivery) for delivery in found]


@router.post(
    "/deliveries/{id}/replay",
    operation_id="replayPriceSignalDelivery",
    summary="Send a delivery again.",
)
def replay(id: TheDelivery, caller: Writer, work: WriteWork) -> DeliveryAnswer:
    """The same body under the same `webhook-id`, with a schedule of tries of its own."""
    return DeliveryAnswer.of(webhooks.replay(work, id))


def _answer(work: Work, webhook: Webhook) -> WebhookAnswer:
    return WebhookAnswer.of(webhook, security_key(work.deployment, webhook))
