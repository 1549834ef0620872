"""Comparisons: two scenarios of a home, and every plan of a ZIP."""

from collections.abc import Mapping
from typing import Annotated

import orjson
from starlette.responses import Response

from kwhen.engine.devices import Battery
from kwhen.engine.solar import SolarSystem
from kwhen.operations import plans_of_home
from kwhen.operations.comparison_answers import comparison_answer
from kwhen.operations.home_values import solar_system
from kwhen.operations.impact_answers import compared_json
from kwhen.operations.impacts import Asked
from kwhen.operations.plans_of_home import PlansHome
from kwhen.operations.scenario_comparison import ScenarioAsked, compare_scenarios
from kwhen.operations.scenarios import (
    CHARGER_KW,
    Devices,
    ExtraSolar,
    LoadShift,
    VehicleCharging,
)
from kwhen.records import Scope
from kwhen.service.bodies import body_of
from kwhen.service.door import Caller, ReadWork, gated, needs
from kwhen.service.routes.homes import TheHome
from kwhen.service.routes.impact import inline_of
from kwhen.service.uploads import TheUpload
from kwhen.wire.compare import (
    ARRAY_PATHS,
    BatterySent,
    CompareAnswer,
    CompareRequest,
    HomePlansRequest,
    PlansHomeSent,
    PlansRequest,
    ScenarioSent,
)
from kwhen.wire.impact import Floats
from kwhen.wire.rate_comparison import PlanComparisonAnswer

router = gated("/v1", "comparisons")

Reader = Annotated[Caller, needs(Scope.BILL_IMPACT_READ)]
USUAL_EFFICIENCY_FRAC = 0.95


@router.post(
    "/calculate/compare",
    operation_id="compareScenarios",
    summary="A base and an optimised scenario in one call.",
    response_model=CompareAnswer,
    openapi_extra=body_of(CompareRequest),
)
def scenarios(caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """Other usage, another plan, or devices that are added: both results and the difference."""
    sent, arrays_kwh = upload.read(CompareRequest, ARRAY_PATHS)
    home = inline_of(sent.home) if sent.home is not None else sent.home_id
    assert home is not None
    found = compare_scenarios(
        work,
        home,
        _scenario(sent, sent.base, arrays_kwh, "base"),
        _scenario(sent, sent.optimised, arrays_kwh, "optimised"),
        sent.upfront_cost,
    )
    return _json(compared_json(found, debug=bool(sent.debug)))


@router.post(
    "/homes/{id}/compare/rateplans",
    operation_id="compareHomeRatePlans",
    summary="Every plan of a home's ZIP for one usage, best first.",
    response_model=PlanComparisonAnswer,
    openapi_extra=body_of(HomePlansRequest),
)
def plans_for_home(id: TheHome, caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """Plans that leave supply out stand apart; those that cannot be billed say why."""
    sent, arrays_kwh = upload.read(HomePlansRequest)
    found, home, first, end = plans_of_home.of_stored(
        work, id, _window_asked(sent, arrays_kwh), sent.prices_on
    )
    return _model(comparison_answer(found, home, first, end))


@router.post(
    "/compare/rateplans",
    operation_id="compareRatePlans",
    summary="Every plan of a ZIP for one usage, best first.",
    response_model=PlanComparisonAnswer,
    openapi_extra=body_of(PlansRequest),
)
def plans(caller: Reader, work: ReadWork, upload: TheUpload) -> Response:
    """The same of a home that comes with the request."""
    sent, arrays_kwh = upload.read(PlansRequest)
    found, home, first, end = plans_of_home.of_inline(
        work, _plans_home(sent.home), _window_asked(sent, arrays_kwh), sent.prices_on
    )
    return _model(comparison_answer(found, home, first, end))


def _scenario(
    sent: CompareRequest, scenario: ScenarioSent, arrays_kwh: Mapping[str, Floats], at: str
) -> ScenarioAsked:
    return ScenarioAsked(
        asked=_asked(sent, scenario, arrays_kwh, at),
        rate_plan_id=scenario.rate_plan_id,
        devices=devices_of(scenario),
        field=at,
    )


def _asked(
    sent: CompareRequest, scenario: ScenarioSent, arrays_kwh: Mapping[str, Floats], at: str
) -> Asked:
    return Asked(
        start=sent.start_date,
        end=sent.end_date,
        usage_kwh=arrays_kwh.get(f"{at}.usage"),
        export_kwh=arrays_kwh.get(f"{at}.export"),
        use_default=bool(scenario.use_default_usage),
        use_stored=bool(scenario.use_stored_usage),
        export_rule=scenario.export_rule,
        is_strict=bool(sent.strict_versions),
    )


def _window_asked(sent: HomePlansRequest, arrays_kwh: Mapping[str, Floats]) -> Asked:
    return Asked(
        start=sent.start_date,
        end=sent.end_date,
        usage_kwh=arrays_kwh.get("usage"),
        export_kwh=arrays_kwh.get("export"),
        use_default=bool(sent.use_default_usage),
        use_stored=bool(sent.use_stored_usage),
    )


def _plans_home(home: PlansHomeSent) -> PlansHome:
    size_kw = home.solar_capacity_kw
    solar = None
    if size_kw:
        solar = SolarSystem(
            system_size_kw=size_kw,
            is_non_net_metered=home.is_non_net_metered,
            interconnection_date=home.interconnection_date,
        )
    return PlansHome(
        zipcode=home.zipcode,
        rate_plan_id=home.rate_plan_id,
        solar=solar,
        annual_kwh=home.annual_kwh,
    )


def devices_of(sent: ScenarioSent) -> Devices | None:
    """The devices of a scenario; None where it has none."""
    if (sent.solar, sent.vehicle, sent.load_shift, sent.battery) == (None,) * 4:
        return None
    vehicle, shift = sent.vehicle, sent.load_shift
    return Devices(
        solar=ExtraSolar(solar=solar_system(sent.solar.record())) if sent.solar else None,
        vehicle=VehicleCharging(
            kwh_per_day=vehicle.kwh_per_day,
            charger_kw=vehicle.charger_kw or CHARGER_KW,
            opens=vehicle.opens,
            closes=vehicle.closes,
        )
        if vehicle
        else None,
        shift=LoadShift(
            from_hours=tuple(shift.from_hours),
            to_hours=tuple(shift.to_hours),
            share_frac=shift.share,
        )
        if shift
        else None,
        battery=_battery(sent.battery) if sent.battery else None,
    )


def _battery(sent: BatterySent) -> Battery:
    return Battery(
        capacity_kwh=sent.capacity_kwh,
        charge_kw=sent.power_kw,
        discharge_kw=sent.power_kw,
        charge_efficiency_frac=sent.charging_efficiency or USUAL_EFFICIENCY_FRAC,
        discharge_efficiency_frac=sent.discharging_efficiency or USUAL_EFFICIENCY_FRAC,
        may_export=sent.may_export is not False,
        may_charge_from_grid=sent.may_charge_from_grid is not False,
    )


def _json(body: dict[str, object]) -> Response:
    return Response(orjson.dumps(body), media_type="application/json")


def _model(answer: PlanComparisonAnswer) -> Response:
    body = answer.model_dump_json(by_alias=True, exclude_none=True)
    return Response(body, media_type="application/json")
