"""Meter files that were dropped for a calculation."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "usage_file",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("expires_at", MILLISECONDS, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=64), nullable=False),
        sa.Column("zipcode", sa.String(length=16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("days_count", sa.Integer(), nullable=False),
        sa.Column("import_kwh", sa.LargeBinary(), nullable=False),
        sa.Column("export_kwh", sa.LargeBinary()),
        sa.Column("gaps", sa.JSON(), nullable=False),
        sa.Column("notes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_usage_file_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_usage_file"),
        sa.UniqueConstraint("id", name="uq_usage_file_id"),
    )
    op.create_index("ix_usage_file_expires_at", "usage_file", ["expires_at"])
    op.create_index(
        "ix_usage_file_org_id_environment_number", "usage_file", ["org_id", "environment", "number"]
    )
