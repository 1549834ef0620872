"""Many homes in one request, answered as NDJSON while they are computed."""

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import orjson
from fastapi import Depends
from starlette.responses import StreamingResponse

from kwhen.errors import InvalidFields, KwhenError
from kwhen.operations import impacts
from kwhen.operations.batches import each_in_work, signals_of_homes
from kwhen.operations.impact_answers import impact_json
from kwhen.operations.price_signals import window
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.bodies import body_of
from kwhen.service.door import Caller, RequestId, TheDeployment, deployment_of, gated, needs
from kwhen.service.problems import kind_of, problem_body
from kwhen.service.requests import BoundedRequest
from kwhen.service.routes.impact import asked_of, inline_of
from kwhen.wire.batch import MOST_HOMES, ImpactLine, SignalsRequest
from kwhen.wire.impact import read_request
from kwhen.wire.intervals import read_intervals

router = gated("/v1/homes", "batches")

NDJSON = "application/x-ndjson"
SignalReader = Annotated[Caller, needs(Scope.PRICE_SIGNAL_READ)]
ImpactReader = Annotated[Caller, needs(Scope.BILL_IMPACT_READ)]


async def _lines(request: BoundedRequest) -> list[bytes]:
    """The lines of an NDJSON body.

    Raises
    ------
    InvalidFields
    """
    request.limit_bytes = deployment_of(request).settings.max_body_bytes
    request.media_types = (NDJSON,)
    lines = [line for line in (await request.body()).split(b"\n") if line.strip()]
    if not 1 <= len(lines) <= MOST_HOMES:
        raise InvalidFields.one("", f"the body has {len(lines)} lines; send 1 to {MOST_HOMES}")
    return lines


TheLines = Annotated[list[bytes], Depends(_lines)]


@router.post(
    "/price_signal/batch",
    operation_id="getHomePriceSignals",
    summary="Price signals of up to 1,000 homes.",
    response_class=StreamingResponse,
)
def price_signals(
    caller: SignalReader, deployment: TheDeployment, request_id: RequestId, body: SignalsRequest
) -> StreamingResponse:
    """One line a home, in the order of the ids: its signal, or `homeId` and `error`."""
    wanted = window(body.start_time, body.end_time, deployment.clock())
    found = signals_of_homes(
        deployment, caller.tenant, body.home_ids, wanted, body.components, body.include
    )
    return _streamed(
        _failed(request_id, signal, {"homeId": home_id})
        if isinstance(signal, KwhenError)
        else signal
        for home_id, signal in found
    )


@router.post(
    "/calculate/impact/batch",
    operation_id="calculateImpacts",
    summary="Impacts of up to 1,000 homes.",
    response_class=StreamingResponse,
    openapi_extra=body_of(ImpactLine, media_types=(NDJSON,)),
)
def impacts_of_lines(
    caller: ImpactReader, deployment: TheDeployment, request_id: RequestId, lines: TheLines
) -> StreamingResponse:
    """One line a home in, one line out: `line` from 1, then the impact or `error`."""
    tasks = (_task(line) for line in lines)
    found = each_in_work(deployment, caller.tenant, tasks)
    return _streamed(
        _failed(request_id, one, {"line": number})
        if isinstance(one, KwhenError)
        else orjson.dumps({"line": number, **one})
        for number, one in enumerate(found, start=1)
    )


def _task(line: bytes) -> Callable[[Work], dict[str, Any]]:
    def impact(work: Work) -> dict[str, Any]:
        body = read_intervals(line)
        sent = read_request(ImpactLine, body)
        asked = asked_of(sent, body.arrays_kwh)
        if (sent.home_id is None) == (sent.home is None):
            raise InvalidFields.one("homeId", "give homeId or home, one of the two")
        if sent.home is not None:
            found = impacts.impact_of_inline(work, inline_of(sent.home), asked)
            return impact_json(found, debug=bool(sent.debug))
        assert sent.home_id is not None
        found = impacts.impact_of_home(work, sent.home_id, asked)
        return {"homeId": sent.home_id, **impact_json(found, debug=bool(sent.debug))}

    return impact


def _failed(request_id: str, error: KwhenError, at: dict[str, Any]) -> bytes:
    return orjson.dumps({**at, "error": problem_body(kind_of(error), request_id, error)})


def _streamed(lines: Iterator[bytes]) -> StreamingResponse:
    return StreamingResponse((line + b"\n" for line in lines), media_type=NDJSON)
