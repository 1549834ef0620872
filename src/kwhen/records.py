"""What the service keeps of its tenants, as frozen values: organisations, credentials, homes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from kwhen.errors import KwhenError


class Environment(StrEnum):
    """The two halves of an organisation; nothing of one is seen from the other."""

    SANDBOX = "sandbox"
    PRODUCTION = "production"


class Scope(StrEnum):
    """What a credential may do."""

    UTILITY_READ = "utility:read"
    HOMES_READ = "homes:read"
    HOMES_WRITE = "homes:write"
    PRICE_SIGNAL_READ = "price_signal:read"
    BILL_IMPACT_READ = "bill_impact:read"
    BATTERY_ESTIMATE = "battery:estimate"
    FEEDBACK_WRITE = "feedback:write"
    WEBHOOK_WRITE = "webhook:write"
    DEVICES_READ = "devices:read"
    DEVICES_WRITE = "devices:write"
    OPENADR_READ = "openadr:read"
    ONBOARDING_WRITE = "onboarding:write"
    KEYS_ADMIN = "keys:admin"


SCOPE_GROUPS = {
    "homes": (Scope.HOMES_READ, Scope.HOMES_WRITE),
    "calculate": (Scope.BILL_IMPACT_READ, Scope.PRICE_SIGNAL_READ, Scope.BATTERY_ESTIMATE),
}
EVERY_SCOPE = frozenset(Scope)


class UnknownScope(KwhenError):
    """A word is not the name of a scope, or of a group of them."""


def read_scopes(words: Iterable[str]) -> frozenset[Scope]:
    """The scopes that words name; `homes` and `calculate` stand for several.

    Raises
    ------
    UnknownScope
    """
    found: set[Scope] = set()
    for word in words:
        if word in SCOPE_GROUPS:
            found.update(SCOPE_GROUPS[word])
        elif word in EVERY_SCOPE:
            found.add(Scope(word))
        else:
            known = ", ".join([*sorted(EVERY_SCOPE), *SCOPE_GROUPS])
            raise UnknownScope(f"{word!r} is no scope; known: {known}")
    return frozenset(found)


class CredentialKind(StrEnum):
    """What a credential is for; its secret starts with `wsk_` and this word."""

    LIVE = "live"  # backends, production
    TEST = "test"  # backends, sandbox
    AGENT = "agent"  # asked for by a program, sandbox, short-lived
    SESSION = "session"  # frontends, minted from a key, short-lived
    PORTAL = "portal"  # people in a browser, minted from a key, a working day
    VTN = "vtn"  # OAuth clients of the OpenADR server
    VTN_TOKEN = "vtntoken"  # their access tokens, short-lived


KEY_KINDS = frozenset({CredentialKind.LIVE, CredentialKind.TEST, CredentialKind.AGENT})


class VtnScope(StrEnum):
    """What an access token may do on the OpenADR server."""

    READ_ALL = "read_all"  # business logic: everything of its tenant
    READ_TARGETS = "read_targets"  # a VEN: programs and events, of those targeted what is granted
    READ_VEN_OBJECTS = "read_ven_objects"  # a VEN: its own reports, subscriptions, vens, resources
    WRITE_PROGRAMS = "write_programs"
    WRITE_EVENTS = "write_events"
    WRITE_REPORTS = "write_reports"
    WRITE_SUBSCRIPTIONS = "write_subscriptions"
    WRITE_VENS = "write_vens"


class VtnRole(StrEnum):
    """The two sides of OpenADR: business logic writes programs and events, VENs read them."""

    BL = "bl"
    VEN = "ven"


@dataclass(frozen=True, slots=True)
class Tenant:
    """One environment of one organisation: whose rows are read and written."""

    org_id: str
    environment: Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """A partner. Without `production_allowed` it has a sandbox only."""

    id: str
    name: str
    created_at: datetime
    production_allowed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key or token without its secret."""

    id: str
    tenant: Tenant
    kind: CredentialKind
    name: str
    prefix: str  # the start of the secret, to tell keys apart
    scopes: frozenset[Scope | VtnScope]
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None
    user_id: str | None = None
    parent_id: str | None = None  # of a session or token: the credential that minted it


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarInfo:
    """The solar of a home, in PVWatts terms; None: the usual value."""

    system_size_kw: float
    is_non_net_metered: bool
    module_type: str | None = None
    array_type: str | None = None
    tilt_deg: float | None = None
    azimuth_deg: float | None = None
    losses_percent: float | None = None
    inverter_efficiency_percent: float | None = None
    dc_ac_ratio: float | None = None
    interconnection_date: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """Everything a client may set of a home, with what was derived from it."""

    name: str | None
    user_id: str | None = None
    utility_id: str | None = None
    rate_plan_id: str | None = None
    unstructured_address: str | None = None
    client_id: str | None = None
    timezone: str | None = None
    country: str | None = None
    city: str | None = None
    zipcode: str | None = None
    street_address: str | None = None
    meter_id: str | None = None
    meter_id_source: str | None = None
    channel_partner_id: str | None = None
    enabled: bool | None = True
    energy_market_bidding_enabled: bool = True
    carbon_signal_intensity: str = "MEDIUM"
    modal_home: bool = False
    export_rule: str | None = None
    solar: SolarInfo | None = None
    questionnaire: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeRecord:
    """A home as it is stored."""

    id: str
    created_at: datetime
    updated_at: datetime
    facts: HomeFacts
    usage_revision: int = 0  # counts changes of its interval history; 0: none is held


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelPartner:
    """A partner of an organisation through whom homes come."""

    id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody wrote about the API; `tenant` where it came with a key."""

    id: str
    created_at: datetime
    content: Mapping[str, Any]
    tenant: Tenant | None = None
    is_read: bool = False  # by whoever looks at it


class RunReason(StrEnum):
    """Why a webhook run was made."""

    TRIGGER = "trigger"
    SCHEDULE = "schedule"
    CHANGE = "change"


class RunState(StrEnum):
    """How far a run is; runs of a webhook go one after the other."""

    WAITING = "waiting"  # for its turn, or for a worker
    COMPUTING = "computing"
    SENDING = "sending"  # some page waits for its first attempt
    DONE = "done"  # every page had its first attempt
    FAILED = "failed"
    CANCELLED = "cancelled"


class DeliveryState(StrEnum):
    """What became of a page."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # the last attempt of the schedule failed
    CANCELLED = "cancelled"  # the webhook was disabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When runs are made by themselves: every so many minutes, or daily at a local time."""

    every_minutes: int | None = None
    daily_at: str | None = None  # HH:MM
    timezone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where the price signals of a tenant go; its security key is sealed."""

    id: str
    tenant: Tenant
    created_at: datetime
    updated_at: datetime
    url: str
    sealed_key: str = field(repr=False)
    open_adr: bool
    gzip: bool
    on_change: bool
    schedule: Schedule | None
    next_run_at: datetime | None = None
    last_sent_at: datetime | None = None
    failing_since: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A home that a run left out."""

    home_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRun:
    """The signals of all homes of a tenant for one window."""

    id: str
    tenant: Tenant
    webhook_id: str
    created_at: datetime
    reason: RunReason
    start: datetime
    end: datetime
    state: RunState
    homes_count: int
    skipped_count: int
    skipped: tuple[Skipped, ...]
    finished_at: datetime | None
    error: str | None
    cursor: int  # number of the last home that has its place in a page


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """One attempt to deliver a page; neither status nor error: it is on its way."""

    number: int
    at: datetime
    status: int | None
    latency_s: float | None
    error: str | None
    body_start: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A page of homes that is, was or will be sent; its id is the `webhook-id`."""

    id: str
    tenant: Tenant
    webhook_id: str
    run_id: str | None  # None: a test
    created_at: datetime
    sequence: int
    page: int
    homes_count: int
    size_bytes: int
    has_body: bool
    state: DeliveryState
    attempts_count: int
    base_count: int  # attempts before the last replay
    first_attempt_at: datetime | None
    next_attempt_at: datetime | None
    finished_at: datetime | None
    attempts: tuple[AttemptRecord, ...] = ()


class VtnKind(StrEnum):
    """The objects of OpenADR 3."""

    PROGRAM = "PROGRAM"
    EVENT = "EVENT"
    REPORT = "REPORT"
    SUBSCRIPTION = "SUBSCRIPTION"
    VEN = "VEN"
    RESOURCE = "RESOURCE"


class VtnVerb(StrEnum):
    """What happened to an object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


class VtnVersion(StrEnum):
    """The editions of OpenADR 3 that are spoken."""

    V3_0_1 = "3.0.1"
    V3_1_0 = "3.1.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class VtnObject:
    """An object of OpenADR 3; `content` is what its client said, in the words of 3.1.0."""

    id: str
    kind: VtnKind
    content: Mapping[str, Any]
    created_at: datetime
    modified_at: datetime
    targets: tuple[str, ...] = ()
    client_id: str | None = None  # who made it, or for whom it was made
    program_id: str | None = None
    parent_id: str | None = None  # the event of a report, the ven of a resource
    unique_name: str | None = None  # no two objects of a tenant have the same
    ends_at: datetime | None = None  # of an event; None: never, or not known
    version: VtnVersion = VtnVersion.V3_1_0  # in which it was written
    is_of_bl: bool = False  # made by business logic
    sealed: str | None = None  # secrets of a subscription, encrypted
    broken_why: str | None = None  # why a subscription is not notified any more


@dataclass(frozen=True, slots=True)
class Sight:
    """What a VEN sees: what is its own, and what is targeted at it or at nobody."""

    client_id: str
    targets: frozenset[str]
