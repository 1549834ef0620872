"""Whose key a message about the API came with, and who has read it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Add the columns, and the table of what was read."""
    op.add_column("feedback", sa.Column("org_id", sa.String(length=64)))
    op.add_column("feedback", sa.Column("environment", sa.String(length=16)))
    op.create_index(
        "ix_feedback_org_id_environment_number", "feedback", ["org_id", "environment", "number"]
    )
    op.create_table(
        "feedback_read",
        sa.Column("feedback_number", COUNTER, nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("read_at", MILLISECONDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_number"],
            ["feedback.number"],
            name="fk_feedback_read_feedback_number",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_feedback_read_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(
            "feedback_number", "org_id", "environment", name="pk_feedback_read"
        ),
    )
