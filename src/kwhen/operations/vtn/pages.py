"""Lists of programs and events: the tenant's own first, then everybody's, in one stable order."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import orjson

from kwhen.engine.grid import instant
from kwhen.operations.vtn import objects, tariffs
from kwhen.operations.vtn.callers import VtnCaller
from kwhen.operations.vtn.notices import tokens_of
from kwhen.operations.vtn.tariffs import TariffProgram
from kwhen.operations.work import Work
from kwhen.records import VtnKind, VtnObject, VtnVersion
from kwhen.storage import vtn
from kwhen.storage.vtn import Wanted
from kwhen.wire.vtn.rendering import rendered


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsWanted:
    """Which events a list shows, beside what every list can be asked."""

    wanted: Wanted
    program_names: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None


def as_bytes(work: Work, caller: VtnCaller, found: VtnObject) -> bytes:
    """An object as it is answered; its own client sees the tokens of a subscription."""
    is_own = found.kind is VtnKind.SUBSCRIPTION and found.client_id == caller.client_id
    is_old_ven = found.kind is VtnKind.VEN and caller.version is VtnVersion.V3_0_1
    body = rendered(
        caller.version,
        found,
        tokens_of(work, found) if is_own else (),
        objects.resources_of(work, found) if is_old_ven else (),
    )
    return orjson.dumps(body)


def list_objects(work: Work, caller: VtnCaller, kind: VtnKind, wanted: Wanted) -> list[bytes]:
    """Objects that are the tenant's alone."""
    return [as_bytes(work, caller, one) for one in objects.list_all(work, caller, kind, wanted)]


def list_programs(
    work: Work, caller: VtnCaller, wanted: Wanted, names: Sequence[str] = ()
) -> list[bytes]:
    """Programs that the caller sees."""
    sight = caller.sight(work)
    every = [replace(wanted, name=name) for name in names] or [wanted]
    page = _Page(wanted)
    for one in every:
        total_count = vtn.count_objects(work.session, work.tenant, VtnKind.PROGRAM, sight, one)
        skip_count, limit_count = page.take(total_count)
        own = replace(one, skip_count=skip_count, limit_count=limit_count)
        if limit_count:
            page.found += list_objects(work, caller, VtnKind.PROGRAM, own)
    known = [] if wanted.is_targeted else _tariffs(work, names)
    skip_count, limit_count = page.take(len(known))
    page.found += [
        as_bytes(work, caller, program.as_object())
        for program in known[skip_count : skip_count + limit_count]
    ]
    return page.found


def find_program(work: Work, caller: VtnCaller, program_id: str) -> bytes:
    """A program that the caller sees.

    Raises
    ------
    UnknownId
    """
    tariff = tariffs.find_tariff(work.stock, program_id)
    if tariff is not None:
        return as_bytes(work, caller, tariff.as_object())
    return as_bytes(work, caller, objects.get(work, caller, VtnKind.PROGRAM, program_id))


def list_events(work: Work, caller: VtnCaller, asked: EventsWanted) -> list[bytes]:
    """Events that the caller sees."""
    page = _Page(asked.wanted)
    sight = caller.sight(work)
    for own in _own_events(work, caller, asked):
        total_count = vtn.count_objects(work.session, work.tenant, VtnKind.EVENT, sight, own)
        skip_count, limit_count = page.take(total_count)
        if limit_count:
            own = replace(own, skip_count=skip_count, limit_count=limit_count)
            page.found += list_objects(work, caller, VtnKind.EVENT, own)
    known = _tariff_days(work, asked)
    skip_count, limit_count = page.take(len(known))
    for program, day in known[skip_count : skip_count + limit_count]:
        page.found.append(tariffs.event_bytes(work, program, day))
    return page.found


def find_event(work: Work, caller: VtnCaller, event_id: str) -> bytes:
    """An event that the caller sees.

    Raises
    ------
    UnknownId
    """
    if event_id.startswith(tariffs.PREFIX):
        return tariffs.event_bytes(work, *tariffs.find_tariff_day(work.stock, event_id, work.now))
    return as_bytes(work, caller, objects.get(work, caller, VtnKind.EVENT, event_id))


class _Page:
    """What is left to skip and to show, over several lists one after the other."""

    def __init__(self, wanted: Wanted) -> None:
        self.found: list[bytes] = []
        self._skip_count = wanted.skip_count
        self._left_count = wanted.limit_count or 0

    def take(self, total_count: int) -> tuple[int, int]:
        """How many of a list of so many are skipped, and how many are shown."""
        skip_count = min(self._skip_count, total_count)
        shown_count = min(self._left_count, total_count - skip_count)
        self._skip_count -= skip_count
        self._left_count -= shown_count
        return skip_count, shown_count


def _tariffs(work: Work, names: Sequence[str]) -> list[TariffProgram]:
    if not names:
        return list(tariffs.tariff_programs(work.stock))
    found = [tariffs.tariff_named(work.stock, name) for name in names]
    return [program for program in found if program is not None]


def _own_events(work: Work, caller: VtnCaller, asked: EventsWanted) -> list[Wanted]:
    """What is asked of the tenant's events; several where several programs are named."""
    wanted = asked.wanted
    if asked.start is not None:
        later = max(asked.start, wanted.ends_after or asked.start)
        wanted = replace(wanted, ends_after=later)
    if not asked.program_names:
        return [wanted]
    named = [replace(Wanted(), name=name) for name in asked.program_names]
    programs = [
        one for each in named for one in objects.list_all(work, caller, VtnKind.PROGRAM, each)
    ]
    return [replace(wanted, program_id=program.id) for program in programs]


def _tariff_days(work: Work, asked: EventsWanted) -> list[tuple[TariffProgram, date]]:
    """The tariff events of a list, in its order."""
    wanted = asked.wanted
    if wanted.is_targeted:
        return []
    if wanted.program_id is not None:
        only = tariffs.find_tariff(work.stock, wanted.program_id)
        known = [] if only is None else [only]
    else:
        known = _tariffs(work, asked.program_names)
    days = [(program, day) for program in known for day in program.days(work.now)]
    return [(program, day) for program, day in days if _is_within(program, day, asked)]


def _is_within(program: TariffProgram, day: date, asked: EventsWanted) -> bool:
    start = instant(day, program.zone)
    end = instant(day + timedelta(days=1), program.zone)
    is_before = asked.end is not None and start >= asked.end
    return not is_before and not (asked.start is not None and end <= asked.start)
