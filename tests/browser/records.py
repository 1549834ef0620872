"""What else is there to see beside the demo: deliveries, programs, messages, another key."""

from datetime import timedelta

from kwhen.operations import webhooks
from kwhen.operations.credentials import create_key
from kwhen.operations.demo import Demo
from kwhen.operations.deployment import Deployment
from kwhen.operations.feedback import give_feedback
from kwhen.operations.vtn import objects
from kwhen.operations.vtn.clients import create_client
from kwhen.operations.webhooks import WebhookWish
from kwhen.operations.work import Work
from kwhen.records import AttemptRecord, DeliveryState, Environment, Scope, Tenant, VtnRole
from kwhen.storage import deliveries

MESSAGE = {
    "feedback_type": "docs_issue",
    "name": "Ada",
    "company": "Sunny Roofs",
    "summary": "The guide of webhooks does not say how long a delivery is tried",
    "error": {"status": 500, "seen": ["once", "again"]},
}


def fill(deployment: Deployment, demo: Demo) -> dict[str, str]:
    """Make it in the sandbox of the demo; the ids by the names that paths have for them."""
    tenant = Tenant(demo.organisation.id, Environment.SANDBOX)
    with deployment.writing(tenant) as work:
        wish = WebhookWish(
            url="https://example.com/price-signals", security_key="k", open_adr=False, more={}
        )
        webhooks.set_webhook(work, wish)
        webhooks.trigger(work)
        _attempted(work, DeliveryState.DELIVERED, 200, "taken")
        delivery = _attempted(work, DeliveryState.FAILED, 503, "we are closed")
        _attempted(work, DeliveryState.PENDING, None, "")
        create_client(work, "thermostats", VtnRole.VEN)
        create_client(work, "operator", VtnRole.BL)
        program = objects.create_home_program(work, demo.homes[0].id, "home-of-the-demo")
        scopes = [Scope.HOMES_READ, Scope.PRICE_SIGNAL_READ]
        key = create_key(work, name="quoting backend", scopes=scopes)
    message = give_feedback(deployment, MESSAGE, tenant)
    return {
        "delivery": delivery,
        "program": program.id,
        "key": key.credential.id,
        "message": message.id,
    }


def _attempted(work: Work, state: DeliveryState, status: int | None, said: str) -> str:
    """A delivery after one attempt."""
    made = webhooks.test(work)
    deliveries.begin_attempt(work.session, work.tenant, made.id, 1, work.now)
    attempt = AttemptRecord(
        number=1,
        at=work.now,
        status=status,
        latency_s=None if status is None else 0.123,
        error=None if status else "no answer within 15 s",
        body_start=said,
    )
    deliveries.end_attempt(work.session, work.tenant, made.id, attempt)
    is_pending = state is DeliveryState.PENDING
    next_at = work.now + timedelta(minutes=30) if is_pending else None
    deliveries.settle(work.session, work.tenant, made.id, state, next_at=next_at, now=work.now)
    return made.id
