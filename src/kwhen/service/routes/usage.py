"""A home's own interval history."""

from datetime import date
from typing import Annotated

import orjson
from starlette.responses import Response

from kwhen.errors import FieldError, InvalidFields
from kwhen.operations import usage_history
from kwhen.records import Scope
from kwhen.service.bodies import body_of
from kwhen.service.door import Caller, ReadWork, WriteWork, gated, needs
from kwhen.service.routes.homes import TheHome
from kwhen.service.uploads import TheUpload
from kwhen.wire.usage import UsageAnswer, UsagePut, UsageQuery, UsageStored

router = gated("/v1/homes", "usage")

Reader = Annotated[Caller, needs(Scope.HOMES_READ)]
Writer = Annotated[Caller, needs(Scope.HOMES_WRITE)]


@router.post(
    "/{id}/usage/put",
    operation_id="putHomeUsage",
    summary="Store days of a home's own meter.",
    openapi_extra=body_of(UsagePut),
)
def put(id: TheHome, caller: Writer, work: WriteWork, upload: TheUpload) -> UsageStored:
    """They say when the home exports and how much its months use; each day replaces the old one."""
    sent, arrays_kwh = upload.read(UsagePut)
    usage_kwh = arrays_kwh.get("usage")
    if usage_kwh is None:
        raise InvalidFields.one("usage", "is required")
    _check_days("usage", len(usage_kwh), sent.start_date, sent.end_date)
    days = usage_history.put_usage(work, id, sent.start_date, usage_kwh, arrays_kwh.get("export"))
    return UsageStored(home_id=id, start_date=sent.start_date, end_date=sent.end_date, days=days)


@router.post(
    "/{id}/usage/get",
    operation_id="getHomeUsage",
    summary="A home's own interval history.",
    response_model=UsageAnswer,
)
def get(id: TheHome, caller: Reader, work: ReadWork, body: UsageQuery | None = None) -> Response:
    """The days that are held, as local wall-clock days of 96 values."""
    first, end = (body.start_date, body.end_date) if body else (None, None)
    dates, usage_kwh, export_kwh = usage_history.get_usage(work, id, first, end)
    answer = {"homeId": id, "dates": dates, "usage": usage_kwh, "export": export_kwh}
    return Response(
        orjson.dumps(answer, option=orjson.OPT_SERIALIZE_NUMPY), media_type="application/json"
    )


def _check_days(field: str, count: int, first: date, end: date) -> None:
    if (end - first).days != count:
        raise InvalidFields(
            (FieldError(field, f"has {count} days; startDate to endDate are {(end - first).days}"),)
        )
