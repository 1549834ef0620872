"""Meter files that a tenant dropped for a calculation; each is forgotten after a while."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from kwhen.errors import UnknownId
from kwhen.records import Tenant
from kwhen.storage.tables import UsageFileRow


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageFile:
    """What a meter's file says, one local wall-clock day of 96 values after the other."""

    id: str
    created_at: datetime
    expires_at: datetime
    name: str  # as its owner calls it
    format: str
    zipcode: str
    first_day: date
    days_count: int
    import_kwh: bytes = field(repr=False)  # little-endian float64, compressed
    export_kwh: bytes | None = field(repr=False)
    gaps: tuple[str, ...] = ()  # runs of missing or doubtful readings, in words
    notes: tuple[str, ...] = ()


def add_usage_file(session: Session, tenant: Tenant, file: UsageFile, most_count: int) -> None:
    """Store a file; of a tenant with more than `most_count` the oldest go."""
    session.add(
        UsageFileRow(
            id=file.id,
            org_id=tenant.org_id,
            environment=tenant.environment,
            created_at=file.created_at,
            expires_at=file.expires_at,
            name=file.name,
            format=file.format,
            zipcode=file.zipcode,
            first_day=file.first_day,
            days_count=file.days_count,
            import_kwh=file.import_kwh,
            export_kwh=file.export_kwh,
            gaps=list(file.gaps),
            notes=list(file.notes),
        )
    )
    session.flush()
    newest = select(UsageFileRow.number).where(*_of(tenant)).order_by(UsageFileRow.number.desc())
    kept = session.scalars(newest.limit(most_count)).all()
    session.execute(
        delete(UsageFileRow).where(*_of(tenant), UsageFileRow.number < min(kept, default=0))
    )


def find_usage_file(session: Session, tenant: Tenant, id: str, now: datetime) -> UsageFile:
    """A file of the tenant that has not expired.

    Raises
    ------
    UnknownId
    """
    query = select(UsageFileRow).where(*_of(tenant), UsageFileRow.id == id)
    row = session.scalars(query.where(UsageFileRow.expires_at > now)).one_or_none()
    if row is None:
        raise UnknownId("no usage file goes by that id; it may have expired: drop it again")
    return UsageFile(
        id=row.id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        name=row.name,
        format=row.format,
        zipcode=row.zipcode,
        first_day=row.first_day,
        days_count=row.days_count,
        import_kwh=row.import_kwh,
        export_kwh=row.export_kwh,
        gaps=tuple(row.gaps),
        notes=tuple(row.notes),
    )


def forget_every_expired(session: Session, now: datetime) -> None:
    """Delete the files of all tenants whose time is over."""
    session.execute(delete(UsageFileRow).where(UsageFileRow.expires_at <= now))


def _of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    return (UsageFileRow.org_id == tenant.org_id, UsageFileRow.environment == tenant.environment)
