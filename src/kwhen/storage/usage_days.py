"""The interval history of a tenant's homes, a row a local day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from kwhen.records import Tenant
from kwhen.storage.homes import row_of
from kwhen.storage.tables import UsageDayRow


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDay:
    """96 wall-clock values of a local day as little-endian float64. [kWh]"""

    day: date
    import_kwh: bytes
    export_kwh: bytes | None


def put_days(session: Session, tenant: Tenant, home_id: str, days: Sequence[UsageDay]) -> int:
    """Replace the given days of a home; says the new revision of its history.

    Raises
    ------
    UnknownId
    """
    home = row_of(session, tenant, home_id, for_update=True)
    session.execute(
        delete(UsageDayRow).where(
            UsageDayRow.home_number == home.number,
            UsageDayRow.day >= min(day.day for day in days),
            UsageDayRow.day <= max(day.day for day in days),
            UsageDayRow.day.in_([day.day for day in days]),
        )
    )
    session.add_all(
        UsageDayRow(
            home_number=home.number,
            day=day.day,
            import_kwh=day.import_kwh,
            export_kwh=day.export_kwh,
        )
        for day in days
    )
    home.usage_revision += 1
    session.flush()
    return home.usage_revision


@dataclass(frozen=True, slots=True)
class HeldDays:
    """How many days are held of a home, and which the first and the last are."""

    count: int
    first: date | None
    last: date | None


def held_days(session: Session, tenant: Tenant, home_id: str) -> HeldDays:
    """What is held of a home's history.

    Raises
    ------
    UnknownId
    """
    number = row_of(session, tenant, home_id).number
    query = select(func.count(), func.min(UsageDayRow.day), func.max(UsageDayRow.day))
    count, first, last = session.execute(query.where(UsageDayRow.home_number == number)).one()
    return HeldDays(count, first, last)


def get_days(
    session: Session,
    tenant: Tenant,
    home_id: str,
    first: date | None = None,
    end: date | None = None,
) -> list[UsageDay]:
    """The days held of a home in [first, end), rising.

    Raises
    ------
    UnknownId
    """
    number = row_of(session, tenant, home_id).number
    query = select(UsageDayRow).where(UsageDayRow.home_number == number)
    query = query.where(UsageDayRow.day >= first) if first is not None else query
    query = query.where(UsageDayRow.day < end) if end is not None else query
    rows = session.scalars(query.order_by(UsageDayRow.day))
    return [
        UsageDay(day=row.day, import_kwh=row.import_kwh, export_kwh=row.export_kwh) for row in rows
    ]


def get_day_dates(session: Session, tenant: Tenant, home_id: str) -> list[date]:
    """The dates of all days held of a home, rising.

    Raises
    ------
    UnknownId
    """
    number = row_of(session, tenant, home_id).number
    query = select(UsageDayRow.day).where(UsageDayRow.home_number == number)
    return list(session.scalars(query.order_by(UsageDayRow.day)))
