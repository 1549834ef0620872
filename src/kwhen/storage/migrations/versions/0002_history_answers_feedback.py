"""Interval history of homes, answers kept under a key, feedback."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "usage_day",
        sa.Column("home_number", COUNTER, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("import_kwh", sa.LargeBinary(), nullable=False),
        sa.Column("export_kwh", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["home_number"], ["home.number"], name="fk_usage_day_home_number", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("home_number", "day", name="pk_usage_day"),
    )
    op.create_table(
        "kept_answer",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("route", sa.String(length=255), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_kept_answer_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_kept_answer"),
        sa.UniqueConstraint(
            "org_id",
            "environment",
            "route",
            "key",
            name="uq_kept_answer_org_id_environment_route_key",
        ),
    )
    op.create_index("ix_kept_answer_created_at", "kept_answer", ["created_at"])
    op.create_table(
        "feedback",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_feedback"),
        sa.UniqueConstraint("id", name="uq_feedback_id"),
    )
