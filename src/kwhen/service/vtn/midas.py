"""The facade in the shape of MIDAS; its errors have one field, `detail`."""

from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from kwhen.errors import InvalidFields, NotFound, UsageError
from kwhen.operations.vtn import midas
from kwhen.service.door import ReadWork
from kwhen.service.vtn.programs import Anybody
from kwhen.service.vtn.queries import Word
from kwhen.service.vtn.route import answer, vtn_router
from kwhen.wire.kinds import read_day

QueryType = Annotated[Literal["alldata", "realtime"], Query()]
SignalType = Annotated[int | None, Query(ge=midas.ALL, le=midas.ALERTS)]


def _told(handler: Callable[..., Any]) -> Callable[..., Response]:
    """The handler with its errors in the facade's shape."""

    @wraps(handler)
    def run(**values: Any) -> Response:
        try:
            return answer(handler(**values))
        except NotFound as error:
            return answer({"detail": str(error)}, 404)
        except (InvalidFields, UsageError) as error:
            return answer({"detail": str(error)}, 400)

    return run


@_told
def value_data(
    caller: Anybody,
    work: ReadWork,
    ID: Word = None,
    QueryType: QueryType = "alldata",
    SignalType: SignalType = None,
    LookupTable: Word = None,
) -> Any:
    """Values of a RIN, or a list of RINs, or a table of codes."""
    if ID is not None:
        program = midas.find_rin(work, ID)
        is_short = QueryType == "realtime"
        return midas.realtime(work, program) if is_short else midas.all_data(work, program)
    if LookupTable is not None:
        return midas.lookup(work, LookupTable)
    if SignalType is not None:
        return midas.rins(work, SignalType)
    raise InvalidFields.one("", "give ID and QueryType, or SignalType, or LookupTable")


@_told
def historical_data(
    caller: Anybody,
    work: ReadWork,
    rin: str,
    startdate: Annotated[str, Query(max_length=40)],
    enddate: Annotated[str, Query(max_length=40)],
) -> Any:
    """Values of a RIN over past days."""
    program = midas.find_rin(work, rin)
    return midas.history(work, program, read_day(startdate[:10]), read_day(enddate[:10]))


def midas_router() -> APIRouter:
    """The routes of the facade; their paths are read in either case."""
    router = vtn_router("/midas/api")
    for word in ("ValueData", "valuedata"):
        router.get(f"/{word}")(value_data)
    for word in ("HistoricalData", "historicaldata"):
        router.get(f"/{word}/{{rin}}")(historical_data)
    return router
