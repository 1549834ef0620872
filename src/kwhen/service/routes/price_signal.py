"""The price signal of a home."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import orjson
from fastapi import Query
from starlette.responses import Response

from kwhen.operations import price_signals
from kwhen.operations.open_adr import event_of
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.door import Caller, ReadWork, gated, needs
from kwhen.service.hot import gated_hot
from kwhen.service.routes.homes import TheHome
from kwhen.wire.kinds import MomentField
from kwhen.wire.open_adr_answers import EventAnswer
from kwhen.wire.price_signal import LENGTH, TOGETHER, SignalAnswer, SignalRequest

router = gated_hot("/v1/homes", "price signal")
reading = gated("/v1/homes", "price signal")  # whose window is in the query

Reader = Annotated[Caller, needs(Scope.PRICE_SIGNAL_READ)]


@router.post(
    "/{id}/price_signal",
    operation_id="getHomePriceSignal",
    summary="Price of every 15 minutes.",
    response_model=SignalAnswer,
)
def get_price_signal(
    id: TheHome, caller: Reader, work: ReadWork, body: SignalRequest | None = None
) -> Response:
    """Import and export rate of the plan, and the expected marginal price. [USD/kWh]

    Without a window the answer covers 24 hours from the current quarter hour.
    """
    wanted = body or SignalRequest()  # type: ignore[call-arg]
    window = price_signals.window(wanted.start_time, wanted.end_time, work.now)
    answer = price_signals.answer_for_home(work, id, window, wanted.components, wanted.include)
    return Response(answer, media_type="application/json")


@router.post(
    "/{id}/price_signal/open_adr",
    operation_id="getHomePriceSignalOpenAdr",
    summary="The same as an OpenADR 3 event.",
    response_model=EventAnswer,
)
def get_event(
    id: TheHome, caller: Reader, work: ReadWork, body: SignalRequest | None = None
) -> Response:
    """PRICE, EXPORT_PRICE and GHG in intervals of equal prices; valid under OpenADR 3.0 and 3.1."""
    wanted = body or SignalRequest()  # type: ignore[call-arg]
    return _event(work, id, wanted.start_time, wanted.end_time, wanted.components)


@reading.get(
    "/{id}/price_signal/open_adr",
    operation_id="readHomePriceSignalOpenAdr",
    summary="The same for clients that can only read.",
    response_model=EventAnswer,
)
def read_event(
    id: TheHome,
    caller: Reader,
    work: ReadWork,
    startTime: Annotated[MomentField | None, Query(description=TOGETHER)] = None,
    endTime: Annotated[MomentField | None, Query(description=LENGTH)] = None,
) -> Response:
    """Without a window the next 24 hours."""
    return _event(work, id, startTime, endTime)


def _event(
    work: Work,
    home_id: str,
    start: datetime | None,
    end: datetime | None,
    components: Sequence[str] | None = None,
) -> Response:
    window = price_signals.window(start, end, work.now)
    signal = price_signals.for_home(work, home_id, window, components)
    event = event_of(home_id, signal, work.now)
    return Response(orjson.dumps(event), media_type="application/json")
