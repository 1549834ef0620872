"""When the prices of a tariff program's day were first told and last changed."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kwhen.records import VtnVerb
from kwhen.storage.vtn_tables import VtnTariffDayRow

LEAST_STEP = timedelta(milliseconds=1)
_INSERT: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffDay:
    """The state of a program's local day."""

    content_hash: str
    announced_hash: str | None
    created_at: datetime
    modified_at: datetime


def every_told_day(session: Session, program_id: str, day: date) -> TariffDay | None:
    """What is known of a day, for all tenants."""
    row = session.get(VtnTariffDayRow, (program_id, day))
    return None if row is None else _day(row)


def every_told_program(session: Session, since: date) -> list[str]:
    """The programs of which somebody was told a day, from a day on."""
    query = select(VtnTariffDayRow.program_id).where(VtnTariffDayRow.day >= since).distinct()
    return sorted(session.scalars(query))


def stamp_every_day(
    session: Session, program_id: str, day: date, content_hash: str, now: datetime
) -> TariffDay:
    """Remember what a day's prices are; its moment of change rises when they are others."""
    wish = _INSERT[session.get_bind().dialect.name](VtnTariffDayRow).values(
        program_id=program_id, day=day, content_hash=content_hash, created_at=now, modified_at=now
    )
    session.execute(wish.on_conflict_do_nothing())
    row = session.scalars(_is(program_id, day).with_for_update()).one()
    if row.content_hash != content_hash:
        row.content_hash = content_hash
        row.modified_at = max(now, row.modified_at + LEAST_STEP)
        session.flush()
    return _day(row)


def announce_every_day(session: Session, program_id: str, day: date) -> VtnVerb | None:
    """Take it on to tell all subscribers of a day; None: they were told of it as it is."""
    row = session.scalars(_is(program_id, day).with_for_update()).one()
    if row.announced_hash == row.content_hash:
        return None
    verb = VtnVerb.CREATE if row.announced_hash is None else VtnVerb.UPDATE
    row.announced_hash = row.content_hash
    return verb


def forget_every_day_before(session: Session, day: date) -> None:
    """Delete what is known of days that are long over."""
    session.execute(delete(VtnTariffDayRow).where(VtnTariffDayRow.day < day))


def _is(program_id: str, day: date) -> Select[VtnTariffDayRow]:
    return select(VtnTariffDayRow).where(
        VtnTariffDayRow.program_id == program_id, VtnTariffDayRow.day == day
    )


def _day(row: VtnTariffDayRow) -> TariffDay:
    return TariffDay(
        content_hash=row.content_hash,
        announced_hash=row.announced_hash,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
