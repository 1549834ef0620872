"""Workers that are alive, and what they have seen outside of the database; nobody's tenant."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from kwhen.storage.tables import MarkRow, WorkerRow

_INSERT: dict[str, Any] = {"sqlite": sqlite_insert, "postgresql": postgresql_insert}


def every_heartbeat(session: Session, worker_id: str, now: datetime) -> None:
    """A worker is alive."""
    wish = _INSERT[session.get_bind().dialect.name](WorkerRow).values(id=worker_id, seen_at=now)
    session.execute(wish.on_conflict_do_update(index_elements=["id"], set_={"seen_at": now}))


def every_worker(session: Session) -> list[datetime]:
    """When each worker was last alive, the latest first."""
    return list(session.scalars(select(WorkerRow.seen_at).order_by(WorkerRow.seen_at.desc())))


def every_silent_worker(session: Session, before: datetime) -> list[str]:
    """Workers that were last alive before a moment."""
    return list(session.scalars(select(WorkerRow.id).where(WorkerRow.seen_at < before)))


def every_worker_gone(session: Session, worker_id: str, before: datetime) -> None:
    """Forget a worker, unless it is alive again."""
    session.execute(delete(WorkerRow).where(WorkerRow.id == worker_id, WorkerRow.seen_at < before))


def seen_mark(session: Session, name: str) -> str | None:
    """The state that was last seen."""
    return session.scalar(select(MarkRow.mark).where(MarkRow.name == name))


def every_mark(session: Session, name: str, mark: str) -> bool:
    """Remember a state; True where another one was seen before, and nobody noticed yet."""
    wish = _INSERT[session.get_bind().dialect.name](MarkRow).values(name=name, mark=mark)
    made = session.execute(wish.on_conflict_do_nothing().returning(MarkRow.name)).scalar()
    if made is not None:
        return False
    moved = session.execute(
        update(MarkRow).where(MarkRow.name == name, MarkRow.mark != mark).values(mark=mark)
    )
    return bool(moved.rowcount)  # type: ignore[attr-defined]
