"""Webhooks, their runs and deliveries as clients send and get them."""

from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, WithJsonSchema

from kwhen.records import (
    AttemptRecord,
    Delivery,
    Schedule,
    Webhook,
    WebhookRun,
)
from kwhen.wire.kinds import CLOCK, WHOLE, MomentField, Text255
from kwhen.wire.model import Answered, Sent

MOST_LISTED_COUNT = 1000
# It goes over the wire as a header: visible characters of ASCII.
SecurityKey = Annotated[str, StringConstraints(pattern=r"^[!-~]([ -~]{0,253}[!-~])?$")]
ClockText = Annotated[
    str, StringConstraints(max_length=5), WithJsonSchema({"type": "string", "pattern": CLOCK})
]
EventType = Literal["PRICE_SIGNAL"]
StateName = Literal["pending", "delivered", "failed", "cancelled"]


class ScheduleSent(Sent):
    """When runs are made by themselves: one of the two."""

    every_minutes: Annotated[int, Field(ge=5, le=1440), WHOLE] | None = Field(
        None, description="Every so many minutes."
    )
    daily_at: ClockText | None = Field(
        None, description="Local time, with timezone.", examples=["06:30"]
    )
    timezone: Text255 | None = Field(
        None, description="IANA zone of dailyAt.", examples=["America/Los_Angeles"]
    )

    def record(self) -> Schedule:
        """The same as a stored value."""
        return Schedule(
            every_minutes=self.every_minutes, daily_at=self.daily_at, timezone=self.timezone
        )


class WebhookSet(Sent):
    """Where price signals go."""

    webhook_url: str = Field(
        max_length=2048,
        description="An https URL of a public host.",
        examples=["https://example.com/wattshift/price-signals"],
    )
    security_key: SecurityKey = Field(
        description="Comes back with each delivery in x-ws-security-key, and signs it.",
        examples=["replace-with-your-shared-secret"],
    )
    open_adr: bool = Field(False, description="True: OpenADR 3 events instead of price signals.")
    gzip: bool = Field(False, description="Compress bodies; unchanged where it is not sent.")
    on_change: bool = Field(
        True,
        description="Send when plans or market data change; unchanged where it is not sent.",
    )
    schedule: ScheduleSent | None = Field(
        None, description="Send regularly; null: not any more. Unchanged where it is not sent."
    )

    def more(self) -> dict[str, Any]:
        """The fields beyond the usual ones that were sent."""
        sent = self.model_fields_set
        found: dict[str, Any] = {
            name: getattr(self, name) for name in ("gzip", "on_change") if name in sent
        }
        if "schedule" in sent:
            found["schedule"] = None if self.schedule is None else self.schedule.record()
        return found


class TriggerSent(Sent):
    """Which run to make; without a window the next 24 hours."""

    organization_id: Text255 | None = Field(None, description="Only your own.")
    start_time: MomentField | None = Field(None, description="Together with endTime.")
    end_time: MomentField | None = Field(
        None, description="Exclusive; at most 366 days after startTime."
    )


class DeliveryList(Sent):
    """Which deliveries to list; the newest without fields."""

    page_size: Annotated[int, Field(ge=1, le=MOST_LISTED_COUNT), WHOLE] = Field(
        100, description="Deliveries a page."
    )
    before: Text255 | None = Field(None, description="Id of the last delivery of the page before.")
    state: StateName | None = Field(None, description="Only those of this state.")
    run_id: Text255 | None = Field(None, description="Only those of this run.")


class ScheduleAnswer(Answered):
    """When runs are made by themselves."""

    every_minutes: int | None = Field(description="Every so many minutes.")
    daily_at: str | None = Field(description="Daily at this local time.")
    timezone: str | None = Field(description="IANA zone of dailyAt.")


class WebhookAnswer(Answered):
    """A webhook."""

    id: str = Field(examples=["ws_webhook_0123456789abcdef0123456789abcdef"])
    created_at: MomentField
    updated_at: MomentField
    api_owner_org_id: str = Field(description="Your organisation.")
    webhook_url: str = Field(description="Where signals go.")
    security_key: str = Field(description="Sent in x-ws-security-key, and the key of signatures.")
    event_type: EventType = Field(description="Always PRICE_SIGNAL.")
    last_sent_at: MomentField | None = Field(description="When a delivery was last taken.")
    open_adr: bool = Field(description="True: OpenADR 3 events instead of price signals.")
    gzip: bool = Field(description="Whether bodies are compressed.")
    on_change: bool = Field(description="Whether a change of plans or market data is sent.")
    schedule: ScheduleAnswer | None = Field(description="When signals are sent by themselves.")
    next_run_at: MomentField | None = Field(description="When the schedule sends next.")
    failing_since: MomentField | None = Field(
        description="First failure since the last success; after 5 days it is disabled."
    )
    disabled_at: MomentField | None = Field(description="Since then nothing is sent.")
    disabled_reason: str | None = Field(description="Why; set it again to start anew.")

    @classmethod
    def of(cls, webhook: Webhook, security_key: str) -> Self:
        """The shape of a stored webhook with its key."""
        schedule = webhook.schedule
        return cls(
            id=webhook.id,
            created_at=webhook.created_at,
            updated_at=webhook.updated_at,
            api_owner_org_id=webhook.tenant.org_id,
            webhook_url=webhook.url,
            security_key=security_key,
            event_type="PRICE_SIGNAL",
            last_sent_at=webhook.last_sent_at,
            open_adr=webhook.open_adr,
            gzip=webhook.gzip,
            on_change=webhook.on_change,
            schedule=None if schedule is None else ScheduleAnswer(**asdict(schedule)),
            next_run_at=webhook.next_run_at,
            failing_since=webhook.failing_since,
            disabled_at=webhook.disabled_at,
            disabled_reason=webhook.disabled_reason,
        )


class AttemptAnswer(Answered):
    """An attempt; without status and error it is on its way."""

    number: int = Field(description="From 1.")
    at: MomentField = Field(description="When it began.")
    status: int | None = Field(description="Of the receiver's answer; 2xx alone is success.")
    latency_ms: float | None = Field(description="Until the answer, milliseconds.")
    error: str | None = Field(description="Why there was no answer.")
    response_start: str = Field(description="Start of what the receiver answered.")

    @classmethod
    def of(cls, attempt: AttemptRecord) -> Self:
        """The shape of a stored attempt."""
        latency_s = attempt.latency_s
        return cls(
            number=attempt.number,
            at=attempt.at,
            status=attempt.status,
            latency_ms=None if latency_s is None else round(latency_s * 1000, 1),
            error=attempt.error,
            response_start=attempt.body_start,
        )


class DeliveryAnswer(Answered):
    """A page of homes; its id is the `webhook-id` of every attempt."""

    id: str = Field(examples=["ws_delivery_0123456789abcdef0123456789abcdef"])
    run_id: str | None = Field(description="The run that made it; null: a test.")
    created_at: MomentField
    sequence: int = Field(description="Counts the pages of the webhook; sent in webhook-sequence.")
    page: int = Field(description="Number of the page in its run, from 1.")
    homes: int = Field(description="How many homes it holds.")
    bytes: int = Field(description="Length of its body.")
    has_body: bool = Field(description="False: too old for a replay.")
    state: StateName = Field(description="Whether it was taken.")
    next_attempt_at: MomentField | None = Field(description="When it is tried next.")
    finished_at: MomentField | None = Field(description="When nothing more was to be done.")
    attempts: list[AttemptAnswer] = Field(description="Every attempt, oldest first.")

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The shape of a stored delivery."""
        return cls(
            id=delivery.id,
            run_id=delivery.run_id,
            created_at=delivery.created_at,
            sequence=delivery.sequence,
            page=delivery.page,
            homes=delivery.homes_count,
            bytes=delivery.size_bytes,
            has_body=delivery.has_body,
            state=delivery.state.value,
            next_attempt_at=delivery.next_attempt_at,
            finished_at=delivery.finished_at,
            attempts=[AttemptAnswer.of(attempt) for attempt in delivery.attempts],
        )


class SkippedAnswer(Answered):
    """A home that was left out."""

    home_id: str
    reason: str = Field(description="Why.")


class RunAnswer(Answered):
    """The signals of all homes for one window."""

    id: str
    created_at: MomentField
    reason: Literal["trigger", "schedule", "change"] = Field(description="Why it was made.")
    start_time: MomentField
    end_time: MomentField
    state: Literal["waiting", "computing", "sending", "done", "failed", "cancelled"] = Field(
        description="done: every page had its first attempt; until then the next run waits."
    )
    homes: int = Field(description="How many homes are in its pages.")
    skipped: int = Field(description="How many homes were left out.")
    skipped_homes: list[SkippedAnswer] = Field(description="Which, and why; at most 1000.")
    finished_at: MomentField | None = Field(description="When it was done.")
    error: str | None = Field(description="Why it failed, or was cancelled.")

    @classmethod
    def of(cls, run: WebhookRun) -> Self:
        """The shape of a stored run."""
        return cls(
            id=run.id,
            created_at=run.created_at,
            reason=run.reason.value,
            start_time=run.start,
            end_time=run.end,
            state=run.state.value,
            homes=run.homes_count,
            skipped=run.skipped_count,
            skipped_homes=[
                SkippedAnswer(home_id=one.home_id, reason=one.reason) for one in run.skipped
            ],
            finished_at=run.finished_at,
            error=run.error,
        )
