"""The price webhook: set, tried, triggered; what it sent, live, and sent again."""

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import ValidationError
from starlette.responses import Response

from kwhen.errors import FieldError, InvalidFields, KwhenError, UnknownId, UsageError
from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookDisabled, WebhookWish
from kwhen.operations.work import Work
from kwhen.records import Schedule, Scope, Webhook
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal.deliveries import log_of
from kwhen.service.portal.forms import Form, TheForm, errors_by_field
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.wire.field_errors import field_errors
from kwhen.wire.kinds import read_moment
from kwhen.wire.webhooks import WebhookSet

router = portal_router()
Writer = Annotated[PortalCaller, signed_in(Scope.WEBHOOK_WRITE)]
Word = Annotated[str, Query(max_length=64)]
HERE = "/portal/webhooks"
SHOWN_RUNS_COUNT = 8
NO_SCHEDULE, EVERY, DAILY = "none", "every", "daily"
SCHEDULES = (
    (NO_SCHEDULE, "Not by itself"),
    (EVERY, "Every so many minutes"),
    (DAILY, "Daily at a local time"),
)
DONE = {
    "set": "The webhook is set. Send a test to see whether your receiver takes it.",
    "test": "A test is on its way; the log shows what became of it.",
    "run": "A run over all homes is asked for; the log shows its pages as they go.",
    "removed": "The webhook is removed, with its log.",
}


@router.get("/webhooks")
def index(caller: Writer, work: ReadWork, done: Word = "") -> Response:
    """The webhook as it is, its runs, and its log."""
    return _page(work, caller, done=DONE.get(done, ""))


@router.get("/webhooks/runs")
def newest_runs(caller: Writer, work: ReadWork) -> Response:
    """The newest runs, which the page asks for again and again."""
    runs = webhooks.list_runs(work, SHOWN_RUNS_COUNT)
    return render("_runs.html", caller, runs=runs, now=work.now)


@router.get("/webhooks/edit")
def edit(caller: Writer, work: ReadWork) -> Response:
    """The form, filled in with what is set."""
    found = _found(work)
    return _form(caller, found, _texts(found))


@router.post("/webhooks/edit")
def save(caller: Writer, work: WriteWork, form: TheForm) -> Response:
    """Set the webhook; one that was disabled begins anew."""
    found = _found(work)
    try:
        webhooks.set_webhook(work, _wish(work, form, found))
    except InvalidFields as error:
        texts = {**_texts(found), "gzip": "", "onChange": "", "openAdr": "", **form.values()}
        return _form(caller, found, texts, error)
    return go_to(f"{HERE}?done=set")


@router.post("/webhooks/test")
def send_test(caller: Writer, work: WriteWork) -> Response:
    """Send a body without homes."""
    try:
        webhooks.test(work)
    except WebhookDisabled as error:
        return _page(work, caller, error=error)
    return go_to(f"{HERE}?done=test")


@router.post("/webhooks/trigger")
def trigger(caller: Writer, work: WriteWork, form: TheForm) -> Response:
    """Ask for a run over all homes."""
    try:
        start, end = (_moment(form, name) for name in ("start", "end"))
        webhooks.trigger(work, None, start, end)
    except (WebhookDisabled, InvalidFields) as error:
        return _page(work, caller, error=error)
    return go_to(f"{HERE}?done=run")


@router.get("/webhooks/remove")
def ask_remove(caller: Writer, work: ReadWork) -> Response:
    """Whether the webhook is really to go."""
    return render("webhook_remove.html", caller, webhook=webhooks.get_webhook(work))


@router.post("/webhooks/remove")
def remove(caller: Writer, work: WriteWork) -> Response:
    """Remove the webhook and its log."""
    webhooks.delete_webhook(work)
    return go_to(f"{HERE}?done=removed")


def _found(work: Work) -> Webhook | None:
    try:
        return webhooks.get_webhook(work)
    except UnknownId:
        return None


def _page(
    work: Work, caller: PortalCaller, *, done: str = "", error: KwhenError | None = None
) -> Response:
    return render(
        "webhooks.html",
        caller,
        status=400 if error else 200,
        webhook=_found(work),
        runs=webhooks.list_runs(work, SHOWN_RUNS_COUNT),
        done=done,
        error="" if error is None else str(error),
        **log_of(work),
    )


def _wish(work: Work, form: Form, found: Webhook | None) -> WebhookWish:
    """What the form asks for; a key that is left blank stays as it is.

    Raises
    ------
    InvalidFields
    """
    key = form.text("securityKey")
    if not key and found is not None:
        key = webhooks.security_key(work.deployment, found)
    body = {"webhookUrl": form.text("webhookUrl"), "securityKey": key}
    wrong: list[FieldError] = []
    schedule = _schedule(form, wrong)
    try:
        sent = WebhookSet.model_validate(body)
    except ValidationError as error:
        told = field_errors(error.errors(include_url=False))
        wrong += [FieldError(one.field, _words(one)) for one in told]
    if wrong:
        raise InvalidFields(wrong)
    return WebhookWish(
        url=sent.webhook_url,
        security_key=sent.security_key,
        open_adr=form.is_checked("openAdr"),
        more={
            "gzip": form.is_checked("gzip"),
            "on_change": form.is_checked("onChange"),
            "schedule": schedule,
        },
    )


def _words(error: FieldError) -> str:
    if error.field == "securityKey":
        return "give 1 to 255 letters, digits and signs, without spaces at its ends"
    return error.message


def _schedule(form: Form, wrong: list[FieldError]) -> Schedule | None:
    match form.text("scheduled"):
        case "every":
            minutes = form.text("everyMinutes")
            if minutes.isascii() and minutes.isdigit() and len(minutes) <= 4:
                return Schedule(every_minutes=int(minutes))
            wrong.append(FieldError("everyMinutes", "give 5 to 1440 minutes"))
        case "daily":
            return Schedule(daily_at=form.text("dailyAt"), timezone=form.text("timezone")[:64])
    return None


def _texts(found: Webhook | None) -> dict[str, str]:
    if found is None:
        return {
            "webhookUrl": "",
            "securityKey": secrets.token_urlsafe(24),
            "openAdr": "",
            "gzip": "",
            "onChange": "on",
            **_schedule_texts(None),
        }
    return {
        "webhookUrl": found.url,
        "securityKey": "",
        "openAdr": "on" if found.open_adr else "",
        "gzip": "on" if found.gzip else "",
        "onChange": "on" if found.on_change else "",
        **_schedule_texts(found.schedule),
    }


def _schedule_texts(schedule: Schedule | None) -> dict[str, str]:
    told = schedule or Schedule()
    kind = NO_SCHEDULE if schedule is None else EVERY if told.every_minutes else DAILY
    return {
        "scheduled": kind,
        "everyMinutes": str(told.every_minutes or 60),
        "dailyAt": told.daily_at or "06:30",
        "timezone": told.timezone or "America/Los_Angeles",
    }


def _form(
    caller: PortalCaller,
    found: Webhook | None,
    texts: Mapping[str, str],
    error: InvalidFields | None = None,
) -> Response:
    errors = errors_by_field(error)
    for name in list(errors):
        place, _, within = name.partition(".")
        if place == "schedule":
            errors[within or "scheduled"] = errors[name]
    given: dict[str, Any] = {"texts": texts, "errors": errors, "webhook": found}
    status = 400 if error else 200
    return render("webhook_form.html", caller, status=status, schedules=SCHEDULES, **given)


def _moment(form: Form, name: str) -> datetime | None:
    """A moment of the form, in UTC; None where it is blank.

    Raises
    ------
    InvalidFields
    """
    text = form.text(name)
    if not text:
        return None
    try:
        return read_moment(f"{text}Z")
    except UsageError as error:
        raise InvalidFields.one(name, str(error)) from error
