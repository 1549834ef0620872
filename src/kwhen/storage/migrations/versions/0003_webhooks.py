"""Webhooks, their runs, deliveries and attempts; workers and what they have seen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    _webhook()
    _run()
    _delivery()
    _attempt()
    op.create_table(
        "worker",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("seen_at", MILLISECONDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_worker"),
    )
    op.create_table(
        "seen_mark",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_seen_mark"),
    )


def _webhook() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("event_type", sa.String(length=32), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("updated_at", MILLISECONDS, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sealed_key", sa.Text(), nullable=False),
        sa.Column("open_adr", sa.Boolean(), nullable=False),
        sa.Column("gzip", sa.Boolean(), nullable=False),
        sa.Column("on_change", sa.Boolean(), nullable=False),
        sa.Column("every_minutes", sa.Integer()),
        sa.Column("daily_at", sa.String(length=5)),
        sa.Column("timezone", sa.String(length=64)),
        sa.Column("next_run_at", MILLISECONDS),
        sa.Column("last_sent_at", MILLISECONDS),
        sa.Column("failing_since", MILLISECONDS),
        sa.Column("disabled_at", MILLISECONDS),
        sa.Column("disabled_reason", sa.Text()),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_webhook_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_webhook"),
        sa.UniqueConstraint(
            "org_id", "environment", "event_type", name="uq_webhook_org_id_environment_event_type"
        ),
    )


def _run() -> None:
    op.create_table(
        "webhook_run",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("webhook_id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("start", MILLISECONDS, nullable=False),
        sa.Column("end", MILLISECONDS, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("queued_at", MILLISECONDS),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("pages_count", sa.Integer(), nullable=False),
        sa.Column("homes_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.JSON(), nullable=False),
        sa.Column("failures_count", sa.Integer(), nullable=False),
        sa.Column("finished_at", MILLISECONDS),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["webhook_id"], ["webhook.id"], name="fk_webhook_run_webhook_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_run"),
        sa.UniqueConstraint("id", name="uq_webhook_run_id"),
    )
    op.create_index("ix_webhook_run_created_at", "webhook_run", ["created_at"])
    op.create_index("ix_webhook_run_state", "webhook_run", ["state"])
    op.create_index("ix_webhook_run_webhook_id_number", "webhook_run", ["webhook_id", "number"])


def _delivery() -> None:
    op.create_table(
        "webhook_delivery",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.String(length=64)),
        sa.Column("webhook_id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("homes_count", sa.Integer(), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary()),
        sa.Column("has_body", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts_count", sa.Integer(), nullable=False),
        sa.Column("base_count", sa.Integer(), nullable=False),
        sa.Column("queued_count", sa.Integer(), nullable=False),
        sa.Column("queued_at", MILLISECONDS),
        sa.Column("first_attempt_at", MILLISECONDS),
        sa.Column("next_attempt_at", MILLISECONDS),
        sa.Column("finished_at", MILLISECONDS),
        sa.ForeignKeyConstraint(
            ["run_id"],
            ["webhook_run.id"],
            name="fk_webhook_delivery_run_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["webhook_id"],
            ["webhook.id"],
            name="fk_webhook_delivery_webhook_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_webhook_delivery"),
        sa.UniqueConstraint("id", name="uq_webhook_delivery_id"),
    )
    for columns in (["created_at"], ["run_id"], ["webhook_id", "number"]):
        op.create_index(f"ix_webhook_delivery_{'_'.join(columns)}", "webhook_delivery", columns)
    op.create_index(
        "ix_webhook_delivery_state_next_attempt_at",
        "webhook_delivery",
        ["state", "next_attempt_at"],
    )


def _attempt() -> None:
    op.create_table(
        "webhook_attempt",
        sa.Column("delivery_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", MILLISECONDS, nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("latency_s", sa.Double()),
        sa.Column("error", sa.Text()),
        sa.Column("body_start", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["webhook_delivery.id"],
            name="fk_webhook_attempt_delivery_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("delivery_id", "number", name="pk_webhook_attempt"),
    )
