"""The tables of the OpenADR server."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kwhen.storage.tables import Base, Counter, Moment


class VtnObjectRow(Base):
    """A program, event, report, subscription, ven or resource; `number` orders lists."""

    __tablename__ = "vtn_object"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(String(64), unique=True)
    org_id: Mapped[str] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    environment: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[str] = mapped_column(String(8))
    unique_name: Mapped[str | None] = mapped_column(String(300))
    client_id: Mapped[str | None] = mapped_column(String(128))
    program_id: Mapped[str | None] = mapped_column(String(128))
    parent_id: Mapped[str | None] = mapped_column(String(128))
    is_of_bl: Mapped[bool]
    ends_at: Mapped[datetime | None] = mapped_column(Moment)
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    sealed: Mapped[str | None] = mapped_column(Text)
    broken_why: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
    __table_args__ = (
        Index(None, "org_id", "environment", "kind", "number"),
        Index(None, "program_id"),
        UniqueConstraint("org_id", "environment", "unique_name"),
    )


class VtnTargetRow(Base):
    """A target of an object: who may see a program or event, what is granted to a ven."""

    __tablename__ = "vtn_target"
    object_number: Mapped[int] = mapped_column(
        Counter, ForeignKey("vtn_object.number", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[str] = mapped_column(String(128), primary_key=True)


class VtnNotificationRow(Base):
    """A notification that a subscription is owed, until it was taken."""

    __tablename__ = "vtn_notification"
    number: Mapped[int] = mapped_column(Counter, primary_key=True, autoincrement=True)
    subscription_number: Mapped[int] = mapped_column(
        Counter, ForeignKey("vtn_object.number", ondelete="CASCADE")
    )
    operation_index: Mapped[int]  # whose URL and token count
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment)
    due_at: Mapped[datetime] = mapped_column(Moment)
    tries_count: Mapped[int]
    error: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (Index(None, "subscription_number", "number"), Index(None, "due_at"))


class VtnTariffDayRow(Base):
    """When the prices of a tariff program's day were first told, and when they last changed."""

    __tablename__ = "vtn_tariff_day"
    program_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    announced_hash: Mapped[str | None] = mapped_column(String(64))  # what subscribers were told
    created_at: Mapped[datetime] = mapped_column(Moment)
    modified_at: Mapped[datetime] = mapped_column(Moment)
