"""Which ways of notifying there are: webhooks."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from kwhen.operations.vtn.callers import VtnCaller
from kwhen.records import VtnScope
from kwhen.service.vtn.route import VtnNeeds, answer

# VENs ask this too, so any right to read will do.
READ = frozenset({VtnScope.READ_ALL, VtnScope.READ_TARGETS, VtnScope.READ_VEN_OBJECTS})
Reader = Annotated[VtnCaller, Depends(VtnNeeds(READ))]


def notifiers(caller: Reader) -> Response:
    """The ways of notifying."""
    return answer({"WEBHOOK": True})


def add_notifiers(router: APIRouter) -> None:
    """The route of notifiers."""
    router.get("/notifiers")(notifiers)
