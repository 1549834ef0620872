"""Organisations, their credentials, channel partners and homes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MILLISECONDS = sa.BigInteger()  # since 1970, UTC


def upgrade() -> None:
    """Make the tables."""
    _organisations()
    _credentials()
    _limits_and_partners()
    _homes()


def _organisations() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret_proof", sa.String(length=64), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployment"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("production_allowed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )


def _credentials() -> None:
    op.create_table(
        "credential",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("expires_at", MILLISECONDS),
        sa.Column("revoked_at", MILLISECONDS),
        sa.Column("last_used_at", MILLISECONDS),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("parent_id", sa.String(length=64)),
        sa.Column("request", sa.JSON(none_as_null=True)),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_credential_org_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["credential.id"], name="fk_credential_parent_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_credential"),
        sa.UniqueConstraint("secret_hash", name="uq_credential_secret_hash"),
    )
    op.create_index("ix_credential_org_id_environment", "credential", ["org_id", "environment"])


def _limits_and_partners() -> None:
    op.create_table(
        "rate_bucket",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("full_at_s", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_rate_bucket"),
    )
    op.create_table(
        "channel_partner",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_channel_partner_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_channel_partner"),
    )
    op.create_index(
        "ix_channel_partner_org_id_environment", "channel_partner", ["org_id", "environment"]
    )


def _homes() -> None:
    op.create_table(
        "home",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("org_id", sa.String(length=64), nullable=False),
        sa.Column("environment", sa.String(length=16), nullable=False),
        sa.Column("created_at", MILLISECONDS, nullable=False),
        sa.Column("updated_at", MILLISECONDS, nullable=False),
        sa.Column("name", sa.String(length=255)),
        sa.Column("user_id", sa.String(length=255)),
        sa.Column("utility_id", sa.String(length=16)),
        sa.Column("rate_plan_id", sa.String(length=24)),
        sa.Column("unstructured_address", sa.Text()),
        sa.Column("client_id", sa.String(length=255)),
        sa.Column("timezone", sa.String(length=64)),
        sa.Column("country", sa.String(length=64)),
        sa.Column("city", sa.String(length=255)),
        sa.Column("zipcode", sa.String(length=16)),
        sa.Column("street_address", sa.Text()),
        sa.Column("meter_id", sa.String(length=255)),
        sa.Column("meter_id_source", sa.String(length=255)),
        sa.Column("channel_partner_id", sa.String(length=64)),
        sa.Column("enabled", sa.Boolean()),
        sa.Column("energy_market_bidding_enabled", sa.Boolean(), nullable=False),
        sa.Column("carbon_signal_intensity", sa.String(length=8), nullable=False),
        sa.Column("modal_home", sa.Boolean(), nullable=False),
        sa.Column("export_rule", sa.String(length=64)),
        sa.Column("solar", sa.JSON(none_as_null=True)),
        sa.Column("questionnaire", sa.JSON(), nullable=False),
        sa.Column("usage_revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["channel_partner_id"], ["channel_partner.id"], name="fk_home_channel_partner_id"
        ),
        sa.ForeignKeyConstraint(
            ["org_id"], ["organisation.id"], name="fk_home_org_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_home"),
        sa.UniqueConstraint("id", name="uq_home_id"),
    )
    op.create_index(
        "ix_home_org_id_environment_number", "home", ["org_id", "environment", "number"]
    )
