"""The log of the webhook: its deliveries as they go, one of them in full, sent again."""

import json
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from kwhen.errors import Conflict, InvalidFields, KwhenError
from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookDisabled
from kwhen.operations.work import Work
from kwhen.records import Delivery, DeliveryState, Scope
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal.pages import HEADERS, go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller

router = portal_router()
Writer = Annotated[PortalCaller, signed_in(Scope.WEBHOOK_WRITE)]
Word = Annotated[str, Query(max_length=16)]
Id = Annotated[str | None, Query(max_length=64, pattern=r"^\w*$")]
HERE = "/portal/webhooks/deliveries"
PAGE_COUNT = 20
SHOWN_BYTES = 32 * 1024  # of a body; the rest is in the file
TONES = {
    DeliveryState.PENDING: "warn",
    DeliveryState.DELIVERED: "good",
    DeliveryState.FAILED: "bad",
    DeliveryState.CANCELLED: "",
}


@router.get("/webhooks/log")
def log(caller: Writer, work: ReadWork, state: Word = "", before: Id = None) -> Response:
    """The newest deliveries, which the page asks for again and again; or older ones."""
    return render("_deliveries.html", caller, **log_of(work, state, before or None))


def log_of(work: Work, state: str = "", before: str | None = None) -> dict[str, Any]:
    """What the template of the log names."""
    wanted = DeliveryState(state) if state in set(DeliveryState) else None
    try:
        found = _listed(work, wanted, before)
    except InvalidFields:  # the one to go on from is gone
        before = None
        found = _listed(work, wanted, before)
    has_more = len(found) > PAGE_COUNT
    return {
        "deliveries": [(one, _doing(one), TONES[one.state]) for one in found[:PAGE_COUNT]],
        "older": found[PAGE_COUNT - 1].id if has_more else None,
        "state": wanted or "",
        "is_first": before is None,
        "now": work.now,
    }


def _listed(work: Work, state: DeliveryState | None, before: str | None) -> list[Delivery]:
    limit_count = PAGE_COUNT + 1
    return webhooks.list_deliveries(work, limit_count=limit_count, before=before, state=state)


@router.get("/webhooks/deliveries/{delivery_id}")
def show(delivery_id: str, caller: Writer, work: ReadWork) -> Response:
    """A delivery with its attempts, and its body while that is kept."""
    return _page(work, caller, delivery_id)


@router.get("/webhooks/deliveries/{delivery_id}/body.json")
def body(delivery_id: str, caller: Writer, work: ReadWork) -> Response:
    """The body as it was sent."""
    found = webhooks.get_delivery(work, delivery_id)
    content = webhooks.body_of(work, delivery_id)
    if content is None:
        raise Conflict("the body of the delivery is not kept any more")
    told = {**HEADERS, "Content-Disposition": f'attachment; filename="{found.id}.json"'}
    return Response(content, media_type="application/json", headers=told)


@router.post("/webhooks/deliveries/{delivery_id}/replay")
def replay(delivery_id: str, caller: Writer, work: WriteWork) -> Response:
    """Send it again, under the same id."""
    try:
        webhooks.replay(work, delivery_id)
    except (Conflict, WebhookDisabled) as error:
        return _page(work, caller, delivery_id, error=error)
    return go_to(f"{HERE}/{delivery_id}?done=1")


def _page(
    work: Work, caller: PortalCaller, delivery_id: str, *, error: KwhenError | None = None
) -> Response:
    found = webhooks.get_delivery(work, delivery_id)
    content = webhooks.body_of(work, delivery_id)
    return render(
        "delivery.html",
        caller,
        status=409 if error else 200,
        delivery=found,
        doing=_doing(found),
        tone=TONES[found.state],
        body=None if content is None else _shown(content),
        is_cut=content is not None and len(content) > SHOWN_BYTES,
        error="" if error is None else str(error),
        now=work.now,
    )


def _doing(delivery: Delivery) -> str:
    """What happens to a delivery, in words."""
    if delivery.state is not DeliveryState.PENDING:
        return delivery.state.value
    if delivery.next_attempt_at is None:
        return "sending"
    return "waiting" if delivery.attempts_count == delivery.base_count else "retrying"


def _shown(content: bytes) -> str:
    """The start of a body, laid out where it is whole."""
    if len(content) > SHOWN_BYTES:
        return content[:SHOWN_BYTES].decode(errors="replace") + "…"
    try:
        return json.dumps(json.loads(content), indent=2, ensure_ascii=False)
    except ValueError:
        return content.decode(errors="replace")
