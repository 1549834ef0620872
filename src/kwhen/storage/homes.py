"""Homes of a tenant, in the order in which they were made."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, Select, bindparam, delete, select
from sqlalchemy.orm import Session

from kwhen.errors import Conflict, UnknownId
from kwhen.records import HomeFacts, HomeRecord, SolarInfo, Tenant
from kwhen.storage.prepared import Direct, Prepared, direct
from kwhen.storage.tables import HomeRow

_PLAIN = tuple(f.name for f in fields(HomeFacts) if f.name not in ("solar", "questionnaire"))
LEAST_STEP = timedelta(milliseconds=1)
HOMES_KEPT_COUNT = 1024
SQLITE = "sqlite"
_TABLE = HomeRow.__table__
# Made once: the price signal of a home is asked for more often than anything else.
_FIND = Prepared(
    select(_TABLE).where(
        HomeRow.id == bindparam("id"),
        HomeRow.org_id == bindparam("org_id"),
        HomeRow.environment == bindparam("environment"),
    )
)


def add_home(session: Session, tenant: Tenant, home: HomeRecord) -> None:
    """Store a new home."""
    row = HomeRow(
        id=home.id,
        org_id=tenant.org_id,
        environment=tenant.environment,
        created_at=home.created_at,
        updated_at=home.updated_at,
        usage_revision=home.usage_revision,
    )
    _write(row, home.facts)
    session.add(row)


def find_home(session: Session, tenant: Tenant, home_id: str) -> HomeRecord:
    """A tenant's home.

    Raises
    ------
    UnknownId
    """
    return look_up_home(direct(session.connection()), tenant, home_id)


def look_up_home(rows: Direct, tenant: Tenant, home_id: str) -> HomeRecord:
    """The same, asked of the driver.

    Raises
    ------
    UnknownId
    """
    given = {"id": home_id, "org_id": tenant.org_id, "environment": tenant.environment.value}
    row = _FIND.row(rows, given)
    if row is None:
        raise _unknown(home_id)
    if rows.dialect.name == SQLITE:
        return _known(row)
    return as_record(_FIND.named(row, rows.dialect.name))


@lru_cache(maxsize=HOMES_KEPT_COUNT)
def _known(row: tuple[Any, ...]) -> HomeRecord:
    """A row as SQLite's driver gave it, JSON as text: while it stays the same, its home does."""
    return as_record(_FIND.named(row, SQLITE))


def list_homes(
    session: Session,
    tenant: Tenant,
    *,
    after: str | None = None,
    offset_count: int = 0,
    limit_count: int | None = None,
    user_id: str | None = None,
    zipcode: str | None = None,
) -> list[HomeRecord]:
    """A tenant's homes, oldest first; a change of one does not move it.

    Raises
    ------
    UnknownId : no home of the tenant goes by the id `after`
    """
    query = select(_TABLE).where(*is_of(tenant)).order_by(HomeRow.number)
    if after is not None:
        query = query.where(HomeRow.number > row_of(session, tenant, after).number)
    if user_id is not None:
        query = query.where(HomeRow.user_id == user_id)
    if zipcode is not None:
        query = query.where(HomeRow.zipcode == zipcode)
    query = query.limit(limit_count) if limit_count is not None else query
    # SQLite knows OFFSET only beside LIMIT; SQLAlchemy writes LIMIT -1 for it.
    query = query.offset(offset_count) if offset_count else query
    return [as_record(row) for row in session.execute(query).mappings()]


def homes_of_ids(session: Session, tenant: Tenant, home_ids: list[str]) -> dict[str, HomeRecord]:
    """Those of some homes that are the tenant's, by id."""
    query = select(_TABLE).where(*is_of(tenant), HomeRow.id.in_(home_ids))
    return {row["id"]: as_record(row) for row in session.execute(query).mappings()}


def homes_in_runs(
    session: Session, tenant: Tenant, after_number: int, limit_count: int
) -> list[tuple[int, HomeRecord]]:
    """The tenant's next homes that webhook runs cover, with the numbers that order them."""
    query = (
        select(_TABLE)
        .where(*is_of(tenant), HomeRow.number > after_number, HomeRow.enabled.is_not(False))
        .order_by(HomeRow.number)
        .limit(limit_count)
    )
    return [(row["number"], as_record(row)) for row in session.execute(query).mappings()]


def save_home(
    session: Session,
    tenant: Tenant,
    home_id: str,
    facts: HomeFacts,
    now: datetime,
) -> HomeRecord:
    """Write the facts of a tenant's home; `updated_at` rises with every change.

    Raises
    ------
    UnknownId
    """
    row = row_of(session, tenant, home_id, for_update=True)
    _write(row, facts)
    row.updated_at = max(now, row.updated_at + LEAST_STEP)
    session.flush()
    return find_home(session, tenant, home_id)


def lock_home(
    session: Session, tenant: Tenant, home_id: str, if_match: datetime | None = None
) -> HomeRecord:
    """A tenant's home that nobody else changes until the transaction ends.

    Raises
    ------
    UnknownId
    Conflict : it is not as it was at `if_match`
    """
    row_of(session, tenant, home_id, for_update=True)
    found = find_home(session, tenant, home_id)
    if if_match is not None and found.updated_at != if_match:
        raise Conflict(
            f"the home was changed at {found.updated_at.isoformat()}, after the version that "
            "If-Match names; read it again, then send the change"
        )
    return found


def remove_home(session: Session, tenant: Tenant, home_id: str) -> None:
    """Delete a tenant's home with its history.

    Raises
    ------
    UnknownId
    """
    number = row_of(session, tenant, home_id, for_update=True).number
    session.execute(delete(HomeRow).where(HomeRow.number == number, *is_of(tenant)))


def row_of(session: Session, tenant: Tenant, home_id: str, *, for_update: bool = False) -> HomeRow:
    """The row of a tenant's home, for the functions of this room.

    Raises
    ------
    UnknownId
    """
    query = _of_tenant(tenant).where(HomeRow.id == home_id)
    row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise _unknown(home_id)
    return row


def _unknown(home_id: str) -> UnknownId:
    return UnknownId(f"there is no home {home_id[:64]!r}; /v1/homes/list shows yours")


def is_of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    """What says that a home is a tenant's, for the functions of this room."""
    return HomeRow.org_id == tenant.org_id, HomeRow.environment == tenant.environment


def _of_tenant(tenant: Tenant) -> Select[HomeRow]:
    return select(HomeRow).where(*is_of(tenant))


def _write(row: HomeRow, facts: HomeFacts) -> None:
    for name in _PLAIN:
        setattr(row, name, getattr(facts, name))
    row.questionnaire = dict(facts.questionnaire)
    row.solar = None if facts.solar is None else _solar_json(facts.solar)


def _solar_json(solar: SolarInfo) -> dict[str, Any]:
    connected = solar.interconnection_date
    return {
        **asdict(solar),
        "interconnection_date": None if connected is None else connected.isoformat(),
    }


def as_record(row: RowMapping | Mapping[str, Any]) -> HomeRecord:
    """A row as a home, for the functions of this room."""
    solar = None if row["solar"] is None else dict(row["solar"])
    if solar and solar["interconnection_date"]:
        solar["interconnection_date"] = date.fromisoformat(solar["interconnection_date"])
    return HomeRecord(
        id=row["id"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        usage_revision=row["usage_revision"],
        facts=HomeFacts(
            **{name: row[name] for name in _PLAIN},
            solar=None if solar is None else SolarInfo(**solar),
            questionnaire=row["questionnaire"],
        ),
    )
