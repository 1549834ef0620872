"""The price signal of a home."""

from typing import Annotated

from starlette.responses import Response

from kwhen.operations import price_signals
from kwhen.records import Scope
from kwhen.service.door import Caller, ReadWork, gated, needs
from kwhen.service.routes.homes import TheHome
from kwhen.wire.price_signal import SignalAnswer, SignalRequest, signal_bytes

router = gated("/v1/homes", "price signal")

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
    signal = price_signals.for_home(work, id, window, wanted.components)
    return Response(signal_bytes(id, signal, wanted.include), media_type="application/json")
