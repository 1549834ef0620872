"""Organisations, and the proof of the deployment's secret."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import ChannelPartner, Organisation, Tenant
from kwhen.storage.tables import ChannelPartnerRow, DeploymentRow, OrganisationRow, insert_of

THE_ROW = 1


def secret_proof(session: Session) -> str | None:
    """What the deployment's secret proved when it was first used."""
    row = session.get(DeploymentRow, THE_ROW)
    return None if row is None else row.secret_proof


def keep_secret_proof(session: Session, proof: str, now: datetime) -> None:
    """Remember what the deployment's secret proves, where nothing is remembered."""
    row = {"id": THE_ROW, "secret_proof": proof, "created_at": now}
    session.execute(insert_of(session, DeploymentRow).values(row).on_conflict_do_nothing())


def add_organisation(session: Session, organisation: Organisation) -> None:
    """Store a new organisation."""
    session.add(
        OrganisationRow(
            id=organisation.id,
            name=organisation.name,
            created_at=organisation.created_at,
            production_allowed=organisation.production_allowed,
        )
    )
    session.flush()  # what follows in the transaction refers to it


def every_organisation(session: Session) -> list[Organisation]:
    """All organisations of the deployment, oldest first: for its operator, not for tenants."""
    rows = session.scalars(
        select(OrganisationRow).order_by(OrganisationRow.created_at, OrganisationRow.id)
    )
    return [_organisation(row) for row in rows]


def find_organisation(session: Session, org_id: str) -> Organisation:
    """An organisation by its id.

    Raises
    ------
    UnknownId
    """
    row = session.get(OrganisationRow, org_id)
    if row is None:
        raise UnknownId(f"there is no organisation {org_id}; `kwhen orgs list` shows them")
    return _organisation(row)


def _organisation(row: OrganisationRow) -> Organisation:
    return Organisation(
        id=row.id,
        name=row.name,
        created_at=row.created_at,
        production_allowed=row.production_allowed,
    )


def add_channel_partner(session: Session, tenant: Tenant, partner: ChannelPartner) -> None:
    """Store a new channel partner."""
    session.add(
        ChannelPartnerRow(
            id=partner.id,
            org_id=tenant.org_id,
            environment=tenant.environment,
            name=partner.name,
        )
    )


def channel_partners(session: Session, tenant: Tenant) -> list[ChannelPartner]:
    """The channel partners of a tenant, by name."""
    rows = session.scalars(
        select(ChannelPartnerRow)
        .where(
            ChannelPartnerRow.org_id == tenant.org_id,
            ChannelPartnerRow.environment == tenant.environment,
        )
        .order_by(ChannelPartnerRow.name, ChannelPartnerRow.id)
    )
    return [ChannelPartner(id=row.id, name=row.name) for row in rows]


def has_channel_partner(session: Session, tenant: Tenant, partner_id: str) -> bool:
    """Whether a tenant has a channel partner of that id."""
    return any(partner.id == partner_id for partner in channel_partners(session, tenant))
