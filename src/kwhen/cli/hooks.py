"""`kwhen webhooks`: when the price signals of an organisation are sent by themselves."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from kwhen.cli import operating, options
from kwhen.cli.operating import an_organisation, the_tenant
from kwhen.cli.page import emit, page, prose
from kwhen.errors import ChoiceError

if TYPE_CHECKING:
    from kwhen.records import Webhook

SCHEDULE_EXAMPLE = "kwhen webhooks schedule --daily 06:30 --zone America/Los_Angeles"


def schedule(
    every: Annotated[
        int | None, typer.Option(metavar="MINUTES", help="Send every so many minutes.")
    ] = None,
    daily: Annotated[
        str | None, typer.Option(metavar="HH:MM", help="Send daily at this local time.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="IANA zone of the local time.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Send only when it is triggered.")] = False,
    org: operating.Org = None,
    environment: operating.ItsEnvironment = operating.SANDBOX,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Say when the webhook of an organisation is sent, or show it."""
    if off and (every or daily):
        raise ChoiceError("--off goes without --every and --daily")
    changes = _changes(every, daily, zone, off=off)
    with operating.opened(data, database) as deployment:
        from kwhen.operations import webhooks

        tenant = the_tenant(an_organisation(deployment, org), environment)
        with deployment.writing(tenant) as work:
            found = webhooks.set_schedule(work, **changes)
    if json:
        emit(_document(found))
        return
    prose(page(), _words(found))


def _changes(
    every: int | None, daily: str | None, zone: str | None, *, off: bool
) -> dict[str, Any]:
    from kwhen.records import Schedule

    if off:
        return {"schedule": None}
    asked = Schedule(every_minutes=every, daily_at=daily, timezone=zone)
    return {} if asked == Schedule() else {"schedule": asked}


def _document(webhook: "Webhook") -> dict[str, Any]:
    due = webhook.next_run_at
    return {
        "webhook": webhook.id,
        "url": webhook.url,
        "schedule": None if webhook.schedule is None else asdict(webhook.schedule),
        "next_run_at": None if due is None else due.isoformat(),
    }


def _words(webhook: "Webhook") -> str:
    plan, due = webhook.schedule, webhook.next_run_at
    if plan is None or due is None:
        return f"{webhook.url} is sent signals when it is triggered."
    often = f"every {plan.every_minutes} minutes"
    if plan.every_minutes is None:
        often = f"daily at {plan.daily_at} ({plan.timezone})"
    return f"{webhook.url} is sent signals {often}, next at {due:%Y-%m-%d %H:%M} UTC."
