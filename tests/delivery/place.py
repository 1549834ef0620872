"""A tenant whose price signals go to a receiver on the loopback."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from kwhen.delivery.attempts import attempt_delivery
from kwhen.delivery.runs import compute_run
from kwhen.delivery.sender import Sender
from kwhen.operations import homes, webhooks
from kwhen.operations.deployment import Deployment
from kwhen.operations.targets import policy_of
from kwhen.operations.webhooks import WebhookWish
from kwhen.records import Delivery, Tenant, Webhook, WebhookRun
from tests.delivery.receiver import Receiver
from tests.deployments import SANDBOX, Clock, opened, other, parties

T = TypeVar("T")
NOW = datetime(2026, 7, 1, 12, 7, tzinfo=UTC)
KEY = "a shared key"
PLAN = "14328/E-ELEC"


@dataclass(frozen=True, kw_only=True)
class Place:
    """A deployment under a clock that stands, a tenant, and who receives."""

    deployment: Deployment
    clock: Clock
    tenant: Tenant
    receiver: Receiver
    sender: Sender

    def do(self, verb: Callable[..., T], *given: Any, **told: Any) -> T:
        """An operation of the tenant in a transaction of its own."""
        with self.deployment.writing(self.tenant) as work:
            return verb(work, *given, **told)

    def home(self, **facts: Any) -> str:
        """A home; `facts` win over the usual ones."""
        usual = {"name": "A", "zipcode": "94107", "rate_plan_id": PLAN}
        return str(self.do(homes.create_home, usual | facts).id)

    def set(self, **more: Any) -> Webhook:
        """The webhook to the receiver."""
        wish = WebhookWish(
            url=more.pop("url", self.receiver.url),
            security_key=KEY,
            open_adr=more.pop("open_adr", False),
            more=more,
        )
        return self.do(webhooks.set_webhook, wish)

    def run(self) -> list[str]:
        """Ids of the deliveries of a run that is triggered and computed."""
        return compute_run(self.deployment, self.do(webhooks.trigger).id)

    def attempt(self, delivery_id: str) -> Delivery:
        """A delivery after the attempt that is due now, if any is."""
        attempt_delivery(self.deployment, self.sender, self.tenant, delivery_id)
        return self.delivery(delivery_id)

    def delivery(self, delivery_id: str) -> Delivery:
        """A delivery as it stands."""
        found = self.do(webhooks.list_deliveries, limit_count=1000)
        return next(one for one in found if one.id == delivery_id)

    def runs(self) -> list[WebhookRun]:
        """The newest runs."""
        return self.do(webhooks.list_runs, 100)

    def webhook(self) -> Webhook:
        """The webhook as it stands."""
        return self.do(webhooks.get_webhook)

    def body(self, delivery_id: str) -> Any:
        """What a delivery says."""
        content = self.do(webhooks.body_of, delivery_id)
        assert content is not None
        return json.loads(content)


@contextmanager
def place_at(kind: str, receiver: Receiver, folder: Path, **settings: Any) -> Iterator[Place]:
    """A place on a fresh database."""
    told = {"allow_loopback_targets": True} | settings
    with opened(kind, folder, **told) as deployment:
        clock = Clock(NOW)
        tenant = parties(deployment).tenant("north", SANDBOX)
        sender = Sender(policy_of(deployment.settings), clock=clock, total_s=2.0)
        yield Place(
            deployment=other(deployment, clock=clock),
            clock=clock,
            tenant=tenant,
            receiver=receiver,
            sender=sender,
        )
        sender.close()
