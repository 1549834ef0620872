"""Bare URLs for price servers' clients: the events of a program by its name, without a token."""

from fastapi import APIRouter
from starlette.responses import Response

from kwhen.errors import UnknownId
from kwhen.operations.vtn import tariffs
from kwhen.operations.vtn.pages import EventsWanted, list_events
from kwhen.service.door import ReadWork
from kwhen.service.vtn.programs import Anybody
from kwhen.service.vtn.queries import MOST_PAGE_COUNT, ListSpan
from kwhen.service.vtn.route import array_of, vtn_router
from kwhen.storage.vtn import Wanted


def prices(caller: Anybody, work: ReadWork, span: ListSpan, program_name: str) -> Response:
    """The events of a tariff program, as an array."""
    if tariffs.tariff_named(work.stock, program_name) is None:
        raise UnknownId(f"there is no tariff program {program_name[:64]!r}")
    asked = EventsWanted(
        wanted=Wanted(limit_count=MOST_PAGE_COUNT),
        program_names=(program_name,),
        start=max(work.now, span.start or work.now) if span.is_active_alone else span.start,
        end=span.end,
    )
    return array_of(list_events(work, caller, asked))


def price_router() -> APIRouter:
    """The route of bare URLs."""
    router = vtn_router("/price")
    router.get("/{program_name}/OpenADR3")(prices)
    return router
