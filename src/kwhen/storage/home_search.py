"""Homes that are looked for by a word, in pages that stay stable while homes come and go."""

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from kwhen.records import HomeRecord, Tenant
from kwhen.storage.homes import as_record, is_of, row_of
from kwhen.storage.tables import HomeRow

_TABLE = HomeRow.__table__
HELD_IN = (HomeRow.name, HomeRow.user_id, HomeRow.client_id)
BEGINS = (HomeRow.id, HomeRow.zipcode)
IDS_AT_ONCE_COUNT = 500  # in one question: databases limit its parameters


def count_homes(session: Session, tenant: Tenant, text: str) -> int:
    """How many homes of a tenant a word finds; "" finds all."""
    query = select(func.count()).select_from(HomeRow).where(*_found(tenant, text))
    return session.execute(query).scalar_one()


def search_homes(
    session: Session,
    tenant: Tenant,
    text: str,
    *,
    limit_count: int,
    after: str | None = None,
    before: str | None = None,
) -> list[HomeRecord]:
    """A page of the homes that a word finds, oldest first: the first, or the one beside a home.

    The word is looked for in name, person and client's id, and at the start of id and ZIP.

    Raises
    ------
    UnknownId : no home of the tenant goes by the id `after` or `before`
    """
    query = select(_TABLE).where(*_found(tenant, text)).limit(limit_count)
    if before is not None:
        edge = row_of(session, tenant, before).number
        query = query.where(HomeRow.number < edge).order_by(HomeRow.number.desc())
        return [as_record(row) for row in session.execute(query).mappings()][::-1]
    if after is not None:
        query = query.where(HomeRow.number > row_of(session, tenant, after).number)
    rows = session.execute(query.order_by(HomeRow.number))
    return [as_record(row) for row in rows.mappings()]


def homes_of_client_ids(session: Session, tenant: Tenant, client_ids: list[str]) -> dict[str, str]:
    """Ids of a tenant's homes by the client's own ids, for those that are held."""
    found: dict[str, str] = {}
    for first in range(0, len(client_ids), IDS_AT_ONCE_COUNT):
        some = client_ids[first : first + IDS_AT_ONCE_COUNT]
        query = select(HomeRow.client_id, HomeRow.id).where(
            *is_of(tenant), HomeRow.client_id.in_(some)
        )
        found |= {client_id: id for client_id, id in session.execute(query) if client_id}
    return found


def _found(tenant: Tenant, text: str) -> tuple[ColumnElement[bool], ...]:
    if not text:
        return is_of(tenant)
    held = [column.icontains(text, autoescape=True) for column in HELD_IN]
    begun = [column.istartswith(text, autoescape=True) for column in BEGINS]
    return (*is_of(tenant), or_(*held, *begun))
