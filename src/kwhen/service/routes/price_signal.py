"""The price signal of a home."""

from typing import Annotated

import orjson
from starlette.responses import Response

from kwhen.api.signals import Signal
from kwhen.operations import price_signals
from kwhen.operations.open_adr import event_of
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.door import Caller, ReadWork, needs
from kwhen.service.hot import gated_hot
from kwhen.service.routes.homes import TheHome
from kwhen.wire.open_adr_answers import EventAnswer
from kwhen.wire.price_signal import SignalAnswer, SignalRequest

router = gated_hot("/v1/homes", "price signal")

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
    return _event(work, id, _signal(work, id, body))


@router.get(
    "/{id}/price_signal/open_adr",
    operation_id="readHomePriceSignalOpenAdr",
    summary="The same for the next 24 hours.",
    response_model=EventAnswer,
)
def read_event(id: TheHome, caller: Reader, work: ReadWork) -> Response:
    """For clients that can only read."""
    return _event(work, id, _signal(work, id, None))


def _signal(work: Work, home_id: str, body: SignalRequest | None) -> Signal:
    wanted = body or SignalRequest()  # type: ignore[call-arg]
    window = price_signals.window(wanted.start_time, wanted.end_time, work.now)
    return price_signals.for_home(work, home_id, window, wanted.components)


def _event(work: Work, home_id: str, signal: Signal) -> Response:
    event = event_of(home_id, signal, work.now)
    return Response(orjson.dumps(event), media_type="application/json")
