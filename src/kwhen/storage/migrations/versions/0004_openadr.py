"""Objects of the OpenADR server, their targets, notifications; when tariffs' days changed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    _objects()
    _notifications()
    op.create_table(
        "vtn_tariff_day",
        sa.Column("program_id", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("announced_hash", sa.String(length=64)),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("modified_at", MILLISECONDS, nullable=False),
        sa.PrimaryKeyConstraint("program_id", "day", name="pk_vtn_tariff_day"),
    )


def _objects() -> None:
    op.create_table(
        "vtn_object",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("unique_name", sa.String(length=300)),
        sa.Column("client_id", sa.String(length=128)),
        sa.Column("program_id", sa.String(length=128)),
        sa.Column("parent_id", sa.String(length=128)),
        sa.Column("is_of_bl", sa.Boolean(), nullable=False),
        sa.Column("ends_at", MILLISECONDS),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sealed", sa.Text()),
        sa.Column("broken_why", sa.Text()),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("modified_at", MILLISECONDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_vtn_object_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_vtn_object"),
        sa.UniqueConstraint("id", name="uq_vtn_object_id"),
        sa.UniqueConstraint(
            "org_id",
            "environment",
            "unique_name",
            name="uq_vtn_object_org_id_environment_unique_name",
        ),
    )
    op.create_index(
        "ix_vtn_object_org_id_environment_kind_number",
        "vtn_object",
        ["org_id", "environment", "kind", "number"],
    )
    op.create_index("ix_vtn_object_program_id", "vtn_object", ["program_id"])
    op.create_table(
        "vtn_target",
        sa.Column("object_number", COUNTER, nullable=False),
        sa.Column("target", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["object_number"],
            ["vtn_object.number"],
            name="fk_vtn_target_object_number",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("object_number", "target", name="pk_vtn_target"),
    )


def _notifications() -> None:
    op.create_table(
        "vtn_notification",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("subscription_number", COUNTER, nullable=False),
        sa.Column("operation_index", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("due_at", MILLISECONDS, nullable=False),
        sa.Column("tries_count", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(
            ["subscription_number"],
            ["vtn_object.number"],
            name="fk_vtn_notification_subscription_number",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("number", name="pk_vtn_notification"),
    )
    op.create_index(
        "ix_vtn_notification_subscription_number_number",
        "vtn_notification",
        ["subscription_number", "number"],
    )
    op.create_index("ix_vtn_notification_due_at", "vtn_notification", ["due_at"])
