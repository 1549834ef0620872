"""What usage costs and emits. [USD, pounds]"""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any

import orjson
from fastapi import Path
from starlette.responses import Response

from kwhen.engine.solar import SolarSystem
from kwhen.operations import impacts
from kwhen.operations.impact_answers import impact_json
from kwhen.operations.impacts import Asked, Found, InlineHome
from kwhen.records import Scope
from kwhen.service.bodies import body_of
from kwhen.service.door import Caller, ReadWork, needs
from kwhen.service.hot import gated_hot
from kwhen.service.routes.homes import TheHome
from kwhen.service.uploads import TheUpload
from kwhen.wire.impact import (
    BillRequest,
    Floats,
    HomeImpactRequest,
    ImpactAnswer,
    ImpactRequest,
    InlineHomeSent,
    MonthRequest,
)

router = gated_hot("/v1", "impact")

Reader = Annotated[Caller, needs(Scope.BILL_IMPACT_READ)]
SOLAR_KEPT_COUNT = 512

ThePlan = Annotated[str, Path(description="`id` of a rate plan.")]
BODY: dict[str, Any] = {
    "response_model": ImpactAnswer,
    "response_model_exclude_none": True,
}


@router.post(
    "/homes/{id}/calculate/impact",
    operation_id="calculatePeriodBillWithHome",
    summary="Bill, grid revenue and CO2e of a stored home's usage.",
    openapi_extra=body_of(HomeImpactRequest),
    **BODY,
)
def of_home(id: TheHome, caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """The home needs `utilityId` and `ratePlanId`."""
    sent, arrays_kwh = upload.read(HomeImpactRequest)
    return _answer(impacts.impact_of_home(work, id, asked_of(sent, arrays_kwh)), bool(sent.debug))


@router.post(
    "/homes/{id}/bill/period",
    operation_id="calculateHomeBillPeriod",
    summary="Older name of calculate/impact of a home.",
    deprecated=True,
    openapi_extra=body_of(HomeImpactRequest),
    **BODY,
)
def of_home_older(id: TheHome, caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """Answers `totalBill` as well."""
    sent, arrays_kwh = upload.read(HomeImpactRequest)
    found = impacts.impact_of_home(work, id, asked_of(sent, arrays_kwh))
    return _answer(found, bool(sent.debug), is_older=True)


@router.post(
    "/homes/{id}/bill/monthly",
    operation_id="calculateHomeBillMonthly",
    summary="Older route: one calendar month of a home.",
    deprecated=True,
    openapi_extra=body_of(MonthRequest),
    **BODY,
)
def of_month(id: TheHome, caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """`month` of `year`, else of this year; answers `totalBill` as well."""
    sent, arrays_kwh = upload.read(MonthRequest)
    first, end = impacts.month_of(sent.month, sent.year or work.now.year)
    asked = Asked(
        start=first,
        end=end,
        usage_kwh=arrays_kwh.get("usage"),
        export_kwh=arrays_kwh.get("export"),
        use_default=bool(sent.use_default_usage),
        use_stored=bool(sent.use_stored_usage),
        export_rule=sent.export_rule,
        is_strict=bool(sent.strict_versions),
    )
    return _answer(impacts.impact_of_home(work, id, asked), bool(sent.debug), is_older=True)


@router.post(
    "/homes/bill/period/rateplan/{ratePlanId}",
    operation_id="calculateRatePlanBillPeriod",
    summary="Bill of usage under a plan, without a home.",
    openapi_extra=body_of(BillRequest),
    **BODY,
)
def of_plan(ratePlanId: ThePlan, caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """Whole calendar months: both dates are the first of one."""
    sent, arrays_kwh = upload.read(BillRequest)
    found = impacts.bill_of_plan(work, ratePlanId, asked_of(sent, arrays_kwh))
    return _answer(found, bool(sent.debug))


@router.post(
    "/calculate/impact",
    operation_id="calculateImpact",
    summary="Bill, grid revenue and CO2e of a home that comes with the request.",
    openapi_extra=body_of(ImpactRequest),
    **BODY,
)
def of_inline(caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """With `useDefaultUsage` the usual use of the ZIP stands in for `usage`."""
    sent, arrays_kwh = upload.read(ImpactRequest)
    asked = asked_of(sent, arrays_kwh)
    return _answer(impacts.impact_of_inline(work, inline_of(sent.home), asked), bool(sent.debug))


@router.post(
    "/homes/bill/period",
    operation_id="calculateBillPeriod",
    summary="Older name of calculate/impact.",
    deprecated=True,
    openapi_extra=body_of(ImpactRequest),
    **BODY,
)
def of_inline_older(caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """Answers `totalBill` as well."""
    sent, arrays_kwh = upload.read(ImpactRequest)
    asked = asked_of(sent, arrays_kwh)
    found = impacts.impact_of_inline(work, inline_of(sent.home), asked)
    return _answer(found, bool(sent.debug), is_older=True)


def asked_of(
    sent: BillRequest | HomeImpactRequest, arrays_kwh: Mapping[str, Floats], at: str = ""
) -> Asked:
    """What a body asks; its arrays lie under `at`."""
    stands_in = sent if isinstance(sent, HomeImpactRequest) else None
    return Asked(
        start=sent.start_date,
        end=sent.end_date,
        usage_kwh=arrays_kwh.get(f"{at}usage"),
        export_kwh=arrays_kwh.get(f"{at}export"),
        use_default=bool(stands_in and stands_in.use_default_usage),
        use_stored=bool(stands_in and stands_in.use_stored_usage),
        export_rule=sent.export_rule,
        is_strict=bool(sent.strict_versions),
    )


def inline_of(home: InlineHomeSent) -> InlineHome:
    """A home of a body."""
    size_kw = home.solar_capacity_kw
    return InlineHome(
        rate_plan_id=home.rate_plan_id,
        zipcode=home.zipcode,
        utility_id=home.utility_id,
        solar=_solar(size_kw, home.is_non_net_metered, home.interconnection_date)
        if size_kw
        else None,
        annual_kwh=home.annual_kwh,
    )


@lru_cache(maxsize=SOLAR_KEPT_COUNT)
def _solar(
    size_kw: float, is_non_net_metered: bool | None, interconnection_date: date | None
) -> SolarSystem:
    """Solar of a body, checked; many bodies are of the same one."""
    return SolarSystem(
        system_size_kw=size_kw,
        is_non_net_metered=is_non_net_metered,
        interconnection_date=interconnection_date,
    )


def _answer(found: Found, debug: bool, *, is_older: bool = False) -> Response:
    body = impact_json(found, debug=debug, is_older=is_older)
    return Response(orjson.dumps(body), media_type="application/json")
