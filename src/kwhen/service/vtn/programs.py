"""Programs and events: the tenant's own, and everybody's."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from kwhen.operations.vtn import pages
from kwhen.operations.vtn.callers import VtnCaller
from kwhen.operations.vtn.pages import EventsWanted
from kwhen.records import VtnScope
from kwhen.service.door import ReadWork
from kwhen.service.vtn.queries import ListNames, ListSpan, ListWanted
from kwhen.service.vtn.route import VtnNeeds, array_of
from kwhen.storage.vtn import Wanted

READ_TARGETED = frozenset({VtnScope.READ_ALL, VtnScope.READ_TARGETS})
Anybody = Annotated[VtnCaller, Depends(VtnNeeds(READ_TARGETED, is_open=True))]


def list_programs(
    caller: Anybody, work: ReadWork, wanted: ListWanted, names: ListNames
) -> Response:
    """Programs that the caller sees."""
    return array_of(pages.list_programs(work, caller, _plain(wanted), names.of_program))


def get_program(caller: Anybody, work: ReadWork, program_id: str) -> Response:
    """One program."""
    return _json(pages.find_program(work, caller, program_id))


def list_events(
    caller: Anybody, work: ReadWork, wanted: ListWanted, names: ListNames, span: ListSpan
) -> Response:
    """Events that the caller sees."""
    start = span.start
    if span.is_active_alone:
        start = max(work.now, start or work.now)
    asked = EventsWanted(
        wanted=_plain(wanted, wanted.program_id),
        program_names=names.of_program,
        start=start,
        end=span.end,
    )
    return array_of(pages.list_events(work, caller, asked))


def get_event(caller: Anybody, work: ReadWork, event_id: str) -> Response:
    """One event."""
    return _json(pages.find_event(work, caller, event_id))


def add_reading(router: APIRouter) -> None:
    """The routes that read."""
    router.get("/programs")(list_programs)
    router.get("/programs/{program_id}")(get_program)
    router.get("/events")(list_events)
    router.get("/events/{event_id}")(get_event)


def _plain(wanted: Wanted, program_id: str | None = None) -> Wanted:
    """What applies to programs and events."""
    return Wanted(
        program_id=program_id,
        targets=wanted.targets,
        every_target=wanted.every_target,
        skip_count=wanted.skip_count,
        limit_count=wanted.limit_count,
    )


def _json(body: bytes) -> Response:
    return Response(body, media_type="application/json")
