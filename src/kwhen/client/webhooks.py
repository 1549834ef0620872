"""The price-signal webhook and its deliveries."""

from typing import Unpack
from urllib.parse import quote

from kwhen.client.bodies import Moment, told
from kwhen.client.calls import Calls, operation
from kwhen.client.sent import WebhookFields
from kwhen.client.webhook_answers import Delivery, Webhook, WebhookRun

WEBHOOK = "/v1/webhook/price_signal"


class Webhooks(Calls):
    """Signals of all homes, sent to a URL of yours."""

    @operation("setPriceSignalWebhook")
    def set_webhook(self, **fields: Unpack[WebhookFields]) -> Webhook:
        """Say where signals go, and with which key."""
        webhook: Webhook = self._post(f"{WEBHOOK}/set", fields)
        return webhook

    @operation("getPriceSignalWebhook")
    def get_webhook(self) -> Webhook:
        """The webhook, and how it fares."""
        webhook: Webhook = self._post(f"{WEBHOOK}/get")
        return webhook

    @operation("deletePriceSignalWebhook")
    def delete_webhook(self) -> Webhook:
        """Remove the webhook with its log; gives what it was."""
        webhook: Webhook = self._post(f"{WEBHOOK}/delete")
        return webhook

    @operation("triggerPriceSignalWebhook")
    def trigger_webhook(self, start: Moment | None = None, end: Moment | None = None) -> None:
        """Send the signals of all homes, in the background."""
        self._answer("POST", f"{WEBHOOK}/trigger", told(start_time=start, end_time=end))

    @operation("testPriceSignalWebhook")
    def test_webhook(self) -> Delivery:
        """Send a body without homes."""
        delivery: Delivery = self._post(f"{WEBHOOK}/test")
        return delivery

    @operation("listPriceSignalRuns")
    def webhook_runs(self) -> list[WebhookRun]:
        """The newest runs, with the homes that were left out."""
        runs: list[WebhookRun] = self._post(f"{WEBHOOK}/runs/list")
        return runs

    @operation("listPriceSignalDeliveries")
    def deliveries(
        self,
        page_size: int = 100,
        *,
        before: str | None = None,
        state: str | None = None,
        run_id: str | None = None,
    ) -> list[Delivery]:
        """The delivery log, newest first; `before` is the last id of the page before."""
        body = told(page_size=page_size, before=before, state=state, run_id=run_id)
        found: list[Delivery] = self._post(f"{WEBHOOK}/deliveries/list", body)
        return found

    @operation("replayPriceSignalDelivery")
    def replay_delivery(self, delivery_id: str) -> Delivery:
        """Send a delivery again, under the same id."""
        path = f"{WEBHOOK}/deliveries/{quote(delivery_id, safe='')}/replay"
        delivery: Delivery = self._post(path)
        return delivery
