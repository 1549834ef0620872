"""Objects of the OpenADR server, in the order in which they were made.

`sight` is what the caller sees; None is business logic, which sees all that is its tenant's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from kwhen.errors import Conflict, UnknownId
from kwhen.records import Environment, Sight, Tenant, VtnKind, VtnObject, VtnVersion
from kwhen.storage.vtn_tables import VtnObjectRow, VtnTargetRow

LEAST_STEP = timedelta(milliseconds=1)
LONGEST_ID_COUNT = 64
TARGETED = (VtnKind.PROGRAM, VtnKind.EVENT)  # seen by target; others by whose they are
GRANTING = (VtnKind.VEN, VtnKind.RESOURCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which objects of a kind a list shows."""

    program_id: str | None = None
    parent_id: str | None = None
    name: str | None = None  # of a program, ven or resource
    client_name: str | None = None
    targets: tuple[str, ...] = ()  # any of them
    every_target: tuple[str, ...] = ()  # all of them
    objects: tuple[str, ...] = ()  # of a subscription, any of them
    is_of_a_program: bool = False
    ends_after: datetime | None = None
    skip_count: int = 0
    limit_count: int | None = None

    @property
    def is_targeted(self) -> bool:
        """Whether only objects with targets are asked for."""
        return bool(self.targets or self.every_target)


NAME_OF = {
    VtnKind.PROGRAM: "programName",
    VtnKind.VEN: "venName",
    VtnKind.RESOURCE: "resourceName",
}


def add_object(session: Session, tenant: Tenant, made: VtnObject) -> None:
    """Store a new object.

    Raises
    ------
    Conflict : another one has its name
    """
    row = VtnObjectRow(
        id=made.id,
        org_id=tenant.org_id,
        environment=tenant.environment,
        kind=made.kind,
        created_at=made.created_at,
    )
    session.add(row)
    _write(session, row, made)


def save_object(session: Session, tenant: Tenant, changed: VtnObject) -> VtnObject:
    """Write a changed object; its moment of change rises.

    Raises
    ------
    UnknownId, Conflict
    """
    row = _row(session, tenant, changed.kind, changed.id, None)
    last = row.modified_at
    _write(session, row, changed)
    row.modified_at = max(changed.modified_at, last + LEAST_STEP)
    session.flush()
    return _object(session, row)


def find_object(
    session: Session, tenant: Tenant, kind: VtnKind, object_id: str, sight: Sight | None
) -> VtnObject:
    """An object that the caller sees.

    Raises
    ------
    UnknownId
    """
    return _object(session, _row(session, tenant, kind, object_id, sight))


def lock_object(
    session: Session, tenant: Tenant, kind: VtnKind, object_id: str, sight: Sight | None
) -> VtnObject:
    """An object that the caller sees and nobody else changes until the transaction ends.

    Raises
    ------
    UnknownId
    """
    return _object(session, _row(session, tenant, kind, object_id, sight, for_update=True))


def list_objects(
    session: Session, tenant: Tenant, kind: VtnKind, sight: Sight | None, wanted: Wanted
) -> list[VtnObject]:
    """Objects of a kind that the caller sees, oldest first; a change does not move one."""
    query = _filtered(_seen(tenant, kind, sight), kind, wanted).order_by(VtnObjectRow.number)
    if kind is VtnKind.SUBSCRIPTION and wanted.objects:
        rows = [row for row in session.scalars(query) if _has_objects(row, wanted.objects)]
        end = None if wanted.limit_count is None else wanted.skip_count + wanted.limit_count
        return _objects(session, rows[wanted.skip_count : end])
    # SQLite knows OFFSET only beside LIMIT; SQLAlchemy writes LIMIT -1 for it.
    query = query.offset(wanted.skip_count) if wanted.skip_count else query
    query = query.limit(wanted.limit_count) if wanted.limit_count is not None else query
    return _objects(session, list(session.scalars(query)))


def count_objects(
    session: Session, tenant: Tenant, kind: VtnKind, sight: Sight | None, wanted: Wanted
) -> int:
    """How many objects a list without paging would show."""
    query = _filtered(_seen(tenant, kind, sight), kind, wanted).with_only_columns(func.count())
    return session.execute(query).scalar_one()


def remove_object(session: Session, tenant: Tenant, kind: VtnKind, object_id: str) -> None:
    """Delete an object with its targets and the notifications that it is owed.

    Raises
    ------
    UnknownId
    """
    row = _row(session, tenant, kind, object_id, None)
    session.execute(delete(VtnObjectRow).where(VtnObjectRow.number == row.number))


def granted(session: Session, tenant: Tenant, client_id: str) -> frozenset[str]:
    """The targets of a client's vens and resources."""
    query = (
        select(VtnTargetRow.target)
        .join(VtnObjectRow, VtnObjectRow.number == VtnTargetRow.object_number)
        .where(
            *_is_of(tenant), VtnObjectRow.kind.in_(GRANTING), VtnObjectRow.client_id == client_id
        )
    )
    return frozenset(session.scalars(query))


def every_home_program(session: Session) -> list[tuple[Tenant, VtnObject]]:
    """The programs of homes, of all tenants: for the upkeep of their events."""
    query = select(VtnObjectRow).where(
        VtnObjectRow.kind == VtnKind.PROGRAM, VtnObjectRow.parent_id.is_not(None)
    )
    rows = list(session.scalars(query.order_by(VtnObjectRow.number)))
    tenants = [Tenant(row.org_id, Environment(row.environment)) for row in rows]
    return list(zip(tenants, _objects(session, rows), strict=True))


def every_subscribed_program(session: Session, prefix: str) -> list[str]:
    """The programs that subscriptions of any tenant name, whose ids begin with a prefix."""
    query = select(VtnObjectRow.program_id).where(
        VtnObjectRow.kind == VtnKind.SUBSCRIPTION,
        VtnObjectRow.broken_why.is_(None),
        VtnObjectRow.program_id.startswith(prefix, autoescape=True),
    )
    return [found for found in session.scalars(query.distinct()) if found is not None]


def every_subscription_to(session: Session, program_id: str) -> list[tuple[Tenant, VtnObject]]:
    """The subscriptions of any tenant to a program that is everybody's."""
    query = select(VtnObjectRow).where(
        VtnObjectRow.kind == VtnKind.SUBSCRIPTION, VtnObjectRow.program_id == program_id
    )
    rows = list(session.scalars(query.order_by(VtnObjectRow.number)))
    tenants = [Tenant(row.org_id, Environment(row.environment)) for row in rows]
    return list(zip(tenants, _objects(session, rows), strict=True))


def number_of(session: Session, tenant: Tenant, kind: VtnKind, object_id: str) -> int:
    """The number of an object, for the functions of this room.

    Raises
    ------
    UnknownId
    """
    return _row(session, tenant, kind, object_id, None).number


def _row(
    session: Session,
    tenant: Tenant,
    kind: VtnKind,
    object_id: str,
    sight: Sight | None,
    *,
    for_update: bool = False,
) -> VtnObjectRow:
    query = _seen(tenant, kind, sight).where(VtnObjectRow.id == object_id)
    row = None
    if len(object_id) <= LONGEST_ID_COUNT:
        row = session.scalar(query.with_for_update() if for_update else query)
    if row is None:
        raise UnknownId(f"there is no {kind.lower()} {object_id[:LONGEST_ID_COUNT]!r}")
    return row


def _is_of(tenant: Tenant) -> tuple[ColumnElement[bool], ...]:
    return (
        VtnObjectRow.org_id == tenant.org_id,
        VtnObjectRow.environment == tenant.environment,
    )


def _seen(tenant: Tenant, kind: VtnKind, sight: Sight | None) -> Select[VtnObjectRow]:
    """The objects of a kind that a caller sees."""
    query = select(VtnObjectRow).where(*_is_of(tenant), VtnObjectRow.kind == kind)
    if sight is None:
        return query
    if kind not in TARGETED:
        return query.where(VtnObjectRow.client_id == sight.client_id)
    query = query.where(_may_see(VtnObjectRow, sight))
    if kind is VtnKind.EVENT:
        program = aliased(VtnObjectRow)
        is_its = and_(
            program.id == VtnObjectRow.program_id,
            program.org_id == VtnObjectRow.org_id,
            program.environment == VtnObjectRow.environment,
        )
        query = query.where(exists().where(is_its, _may_see(program, sight)))
    return query


def _may_see(row: type[VtnObjectRow], sight: Sight) -> ColumnElement[bool]:
    """It is targeted at nobody, or at a target that is granted."""
    is_target = VtnTargetRow.object_number == row.number
    found = ~exists().where(is_target)
    if not sight.targets:
        return found
    return or_(found, exists().where(is_target, VtnTargetRow.target.in_(sight.targets)))


def _filtered(query: Select[VtnObjectRow], kind: VtnKind, wanted: Wanted) -> Select[VtnObjectRow]:
    if wanted.program_id is not None:
        query = query.where(VtnObjectRow.program_id == wanted.program_id)
    if wanted.is_of_a_program:
        query = query.where(VtnObjectRow.program_id.is_not(None))
    if wanted.parent_id is not None:
        query = query.where(VtnObjectRow.parent_id == wanted.parent_id)
    if wanted.name is not None:
        query = query.where(VtnObjectRow.content[NAME_OF[kind]].as_string() == wanted.name)
    if wanted.client_name is not None:
        query = query.where(VtnObjectRow.content["clientName"].as_string() == wanted.client_name)
    if wanted.ends_after is not None:
        is_over = VtnObjectRow.ends_at <= wanted.ends_after
        query = query.where(or_(VtnObjectRow.ends_at.is_(None), ~is_over))
    if wanted.targets:
        is_target = VtnTargetRow.object_number == VtnObjectRow.number
        query = query.where(exists().where(is_target, VtnTargetRow.target.in_(wanted.targets)))
    for target in wanted.every_target:
        is_target = VtnTargetRow.object_number == VtnObjectRow.number
        query = query.where(exists().where(is_target, VtnTargetRow.target == target))
    return query


def _has_objects(row: VtnObjectRow, objects: Iterable[str]) -> bool:
    """Whether a subscription is to one of some kinds of objects."""
    held = {kind for operation in row.content["objectOperations"] for kind in operation["objects"]}
    return not held.isdisjoint(objects)


def _write(session: Session, row: VtnObjectRow, told: VtnObject) -> None:
    for name in ("program_id", "parent_id", "client_id", "unique_name", "ends_at", "version",
                 "is_of_bl", "sealed", "broken_why", "modified_at"):  # fmt: skip
        setattr(row, name, getattr(told, name))
    row.content = dict(told.content)
    try:
        with session.begin_nested():
            session.flush()
    except IntegrityError as error:
        raise Conflict(f"there is another {told.kind.lower()} of that name") from error
    session.execute(delete(VtnTargetRow).where(VtnTargetRow.object_number == row.number))
    targets = dict.fromkeys(told.targets)
    session.add_all(VtnTargetRow(object_number=row.number, target=target) for target in targets)
    session.flush()


def _object(session: Session, row: VtnObjectRow) -> VtnObject:
    return _objects(session, [row])[0]


def _objects(session: Session, rows: list[VtnObjectRow]) -> list[VtnObject]:
    targets: dict[int, list[str]] = {row.number: [] for row in rows}
    query = select(VtnTargetRow).where(VtnTargetRow.object_number.in_(targets))
    for target in session.scalars(query.order_by(VtnTargetRow.target)) if rows else ():
        targets[target.object_number].append(target.target)
    return [_value(row, tuple(targets[row.number])) for row in rows]


def _value(row: VtnObjectRow, targets: tuple[str, ...]) -> VtnObject:
    plain: dict[str, Any] = {
        name: getattr(row, name)
        for name in ("id", "content", "created_at", "modified_at", "client_id", "program_id",
                     "parent_id", "unique_name", "ends_at", "is_of_bl", "sealed", "broken_why")
    }  # fmt: skip
    return VtnObject(
        kind=VtnKind(row.kind), version=VtnVersion(row.version), targets=targets, **plain
    )
