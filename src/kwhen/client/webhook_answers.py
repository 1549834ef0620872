"""What is answered about webhooks, by the API's own names. Times are ISO 8601 text."""

from typing import TypedDict


class WebhookSchedule(TypedDict):
    """When signals are sent by themselves."""

    everyMinutes: int | None
    dailyAt: str | None
    timezone: str | None


class Webhook(TypedDict):
    """Where signals go."""

    id: str
    createdAt: str
    updatedAt: str
    apiOwnerOrgId: str
    webhookUrl: str
    securityKey: str
    eventType: str
    lastSentAt: str | None
    openAdr: bool
    gzip: bool
    onChange: bool
    schedule: WebhookSchedule | None
    nextRunAt: str | None
    failingSince: str | None
    disabledAt: str | None
    disabledReason: str | None


class Attempt(TypedDict):
    """An attempt of a delivery."""

    number: int
    at: str
    status: int | None
    latencyMs: float | None
    error: str | None
    responseStart: str


class Delivery(TypedDict):
    """A page of homes; its id is the `webhook-id` of every attempt."""

    id: str
    runId: str | None
    createdAt: str
    sequence: int
    page: int
    homes: int
    bytes: int
    hasBody: bool
    state: str
    nextAttemptAt: str | None
    finishedAt: str | None
    attempts: list[Attempt]


class SkippedHome(TypedDict):
    """A home that a run left out."""

    homeId: str
    reason: str


class WebhookRun(TypedDict):
    """The signals of all homes for one window."""

    id: str
    createdAt: str
    reason: str
    startTime: str
    endTime: str
    state: str
    homes: int
    skipped: int
    skippedHomes: list[SkippedHome]
    finishedAt: str | None
    error: str | None
