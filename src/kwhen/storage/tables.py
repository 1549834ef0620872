"""The tables. A change here needs a revision in `migrations/versions`."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

# SQLite counts only in INTEGER PRIMARY KEY.
Counter = BigInteger().with_variant(Integer, "sqlite")
MILLISECONDS_PER_S = 1000


def milliseconds(moment: datetime) -> int:
    """A moment as it is stored."""
    return round(moment.timestamp() * MILLISECONDS_PER_S)


class Moment(TypeDecorator[datetime]):
    """A UTC moment as whole milliseconds since 1970, which both databases order alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Aware datetime → milliseconds."""
        return None if value is None else milliseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Milliseconds → aware datetime."""
        if value is None:
            return None
        seconds, milliseconds = divmod(value, MILLISECONDS_PER_S)
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)


class Base(DeclarativeBase):
    """The schema, with constraints that have names, so that migrations can change them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def insert_of(session: Session, row: type[Base]) -> Any:
    """An insert that knows ON CONFLICT, which each database has of its own."""
    kinds: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}
    return kinds[session.get_bind().dialect.name](row)


class DeploymentRow(Base):
    """One row: proof that the deployment's secret is still the one it began with."""

    __tablename__ = "deployment"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    secret_proof: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Moment)


class OrganisationRow(Base):
    """A partner."""

    __tablename__ = "organisation"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    created_at: Mapped[datetime] = mapped_column(Moment)
    production_allowed: Mapped[bool]


class CredentialRow(Base):
    """A key or token: its keyed hash, never its secret."""

    __tablename__ = "credential"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    prefix: Mapped[str] = mapped_column(String(32))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[str] = mapped_column(Text)  # words separated by blanks
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime | None] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    last_used_at: Mapped[datetime | None] = mapped_column(Moment)
    user_id: Mapped[str | None] = mapped_column(String(255))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("credential.id", ondelete="CASCADE"))
    request: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    __table_args__ = (Index(None, "org_id", "environment"),)


class RateBucketRow(Base):
    """When a caller's allowance is full again, in seconds since 1970."""

    __tablename__ = "rate_bucket"
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    full_at_s: Mapped[float]


class ChannelPartnerRow(Base):
    """Through whom homes come."""

    __tablename__ = "channel_partner"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(255))
    __table_args__ = (Index(None, "org_id", "environment"),)


class HomeRow(Base):
    """A home; `number` orders lists and never changes."""

    __tablename__ = "home"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    name: Mapped[str | None] = mapped_column(String(255))
    user_id: Mapped[str | None] = mapped_column(String(255))
    utility_id: Mapped[str | None] = mapped_column(String(16))
    rate_plan_id: Mapped[str | None] = mapped_column(String(24))
    unstructured_address: Mapped[str | None] = mapped_column(Text)
    client_id: Mapped[str | None] = mapped_column(String(255))
    timezone: Mapped[str | None] = mapped_column(String(64))
    country: Mapped[str | None] = mapped_column(String(64))
    city: Mapped[str | None] = mapped_column(String(255))
    zipcode: Mapped[str | None] = mapped_column(String(16))
    street_address: Mapped[str | None] = mapped_column(Text)
    meter_id: Mapped[str | None] = mapped_column(String(255))
    meter_id_source: Mapped[str | None] = mapped_column(String(255))
    channel_partner_id: Mapped[str | None] = mapped_column(ForeignKey("channel_partner.id"))
    enabled: Mapped[bool | None]
    energy_market_bidding_enabled: Mapped[bool]
    carbon_signal_intensity: Mapped[str] = mapped_column(String(8))
    modal_home: Mapped[bool]
    export_rule: Mapped[str | None] = mapped_column(String(64))
    solar: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    questionnaire: Mapped[dict[str, Any]] = mapped_column(JSON)
    usage_revision: Mapped[int]
    __table_args__ = (Index(None, "org_id", "environment", "number"),)


class UsageDayRow(Base):
    """A local day of a home's own meter: 96 wall-clock values, 8 bytes each. [kWh]"""

    __tablename__ = "usage_day"
    home_number: Mapped[int] = mapped_column(
        Counter, ForeignKey("home.number", ondelete="CASCADE"), primary_key=True
    )
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    import_kwh: Mapped[bytes] = mapped_column(LargeBinary)
    export_kwh: Mapped[bytes | None] = mapped_column(LargeBinary)


class UsageFileRow(Base):
    """A meter's file that was dropped for a calculation, gone after a while."""

    __tablename__ = "usage_file"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Moment)
    expires_at: Mapped[datetime] = mapped_column(Moment, index=True)
    name: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(64))
    zipcode: Mapped[str] = mapped_column(String(16))
    first_day: Mapped[date] = mapped_column(Date)
    days_count: Mapped[int]
    import_kwh: Mapped[bytes] = mapped_column(LargeBinary)
    export_kwh: Mapped[bytes | None] = mapped_column(LargeBinary)
    gaps: Mapped[list[Any]] = mapped_column(JSON)
    notes: Mapped[list[Any]] = mapped_column(JSON)
    __table_args__ = (Index(None, "org_id", "environment", "number"),)


class AnswerRow(Base):
    """The answer that an Idempotency-Key stands for."""

    __tablename__ = "kept_answer"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(String(255))
    key: Mapped[str] = mapped_column(String(255))
    request_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)
    __table_args__ = (UniqueConstraint("org_id", "environment", "route", "key"),)


class FeedbackRow(Base):
    """What somebody wrote about the API: the operator's, and that of the tenant who sent it."""

    __tablename__ = "feedback"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(Moment)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    org_id: Mapped[str | None] = mapped_column(String(64))  # none: sent without a key
    environment: Mapped[str | None] = mapped_column(String(16))
    __table_args__ = (Index(None, "org_id", "environment", "number"),)


class FeedbackReadRow(Base):
    """That a tenant has read a message; others have not by that."""

    __tablename__ = "feedback_read"
    feedback_number: Mapped[int] = mapped_column(
        Counter, ForeignKey("feedback.number", ondelete="CASCADE"), primary_key=True
    )
    org_id: Mapped[str] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True
    )
    environment: Mapped[str] = mapped_column(String(16), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(Moment)


class WebhookRow(Base):
    """Where the signals of a tenant go; `sequence` counts its pages."""

    __tablename__ = "webhook"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    event_type: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(Moment)
    updated_at: Mapped[datetime] = mapped_column(Moment)
    url: Mapped[str] = mapped_column(Text)
    sealed_key: Mapped[str] = mapped_column(Text)
    open_adr: Mapped[bool]
    gzip: Mapped[bool]
    on_change: Mapped[bool]
    every_minutes: Mapped[int | None]
    daily_at: Mapped[str | None] = mapped_column(String(5))
    timezone: Mapped[str | None] = mapped_column(String(64))
    next_run_at: Mapped[datetime | None] = mapped_column(Moment)
    last_sent_at: Mapped[datetime | None] = mapped_column(Moment)
    failing_since: Mapped[datetime | None] = mapped_column(Moment)
    disabled_at: Mapped[datetime | None] = mapped_column(Moment)
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(BigInteger)
    __table_args__ = (UniqueConstraint("org_id", "environment", "event_type"),)


class WebhookRunRow(Base):
    """The signals of all homes of a tenant for one window; runs go by `number`."""

    __tablename__ = "webhook_run"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    org_id: Mapped[str] = mapped_column(String(64))
    environment: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)
    reason: Mapped[str] = mapped_column(String(16))
    start: Mapped[datetime] = mapped_column(Moment)
    end: Mapped[datetime] = mapped_column(Moment)
    state: Mapped[str] = mapped_column(String(16), index=True)
    queued_at: Mapped[datetime | None] = mapped_column(Moment)
    cursor: Mapped[int] = mapped_column(BigInteger)
    pages_count: Mapped[int]
    homes_count: Mapped[int]
    skipped_count: Mapped[int]
    skipped: Mapped[list[Any]] = mapped_column(JSON)
    failures_count: Mapped[int]
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index(None, "webhook_id", "number"),)


class WebhookDeliveryRow(Base):
    """A page of homes; its body is compressed, and gone after a while."""

    __tablename__ = "webhook_delivery"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    run_id: Mapped[str | None] = mapped_column(
        ForeignKey("webhook_run.id", ondelete="CASCADE"), index=True
    )
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"))
    org_id: Mapped[str] = mapped_column(String(64))
    environment: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(Moment, index=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    page: Mapped[int]
    homes_count: Mapped[int]
    size_bytes: Mapped[int]
    body: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    has_body: Mapped[bool]
    state: Mapped[str] = mapped_column(String(16))
    attempts_count: Mapped[int]
    base_count: Mapped[int]
    queued_count: Mapped[int]  # the attempt for which a job was made
    queued_at: Mapped[datetime | None] = mapped_column(Moment)
    first_attempt_at: Mapped[datetime | None] = mapped_column(Moment)
    next_attempt_at: Mapped[datetime | None] = mapped_column(Moment)  # none while one is on its way
    finished_at: Mapped[datetime | None] = mapped_column(Moment)
    __table_args__ = (Index(None, "webhook_id", "number"), Index(None, "state", "next_attempt_at"))


class WebhookAttemptRow(Base):
    """An attempt, written before it is made and completed after."""

    __tablename__ = "webhook_attempt"
    delivery_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_delivery.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment)
    status: Mapped[int | None]
    latency_s: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(Text)
    body_start: Mapped[str] = mapped_column(Text)


class WorkerRow(Base):
    """When a worker was last known to be alive."""

    __tablename__ = "worker"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(Moment)


class MarkRow(Base):
    """The state in which something outside of the database was last seen."""

    __tablename__ = "seen_mark"
    name: Mapped[str] = mapped_column(String(255), primary_key=True)
    mark: Mapped[str] = mapped_column(String(64))
