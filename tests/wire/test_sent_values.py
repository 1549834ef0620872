"""What the schema of a body says is what its reader takes."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from pydantic import ValidationError

import kwhen.wire
from kwhen.wire.homes import HomeChange, HomeList, SolarCreate, SolarInfoSent
from kwhen.wire.impact import BillRequest, InlineHomeSent, MonthRequest
from kwhen.wire.model import Sent

SOLAR = {"systemSizeKw": 5, "isNonNetMetered": True}
WINDOW = {"startDate": "2026-07-01", "endDate": "2026-08-01"}
PLAN = {"ratePlanId": "x"}

GOOD: list[tuple[type[Sent], dict[str, Any]]] = [
    (HomeList, {"pageSize": 20.0}),  # JSON does not tell 20.0 from 20
    (HomeList, {"pageSize": None}),
    (MonthRequest, {"month": 7.0, "year": 2026.0}),
    (HomeChange, {"solarSystemSizeKw": 0, "isNonNetMetered": False}),
    (HomeChange, {"solarSystemSizeKw": 0.001, "isNonNetMetered": False}),
    (HomeChange, {"enabled": None}),
    (SolarInfoSent, {**SOLAR, "inverterEfficiency": 99.5, "losses": 99, "dcAcRatio": 0.2}),
    (InlineHomeSent, {**PLAN, "solarCapacityKw": 0}),
    (BillRequest, WINDOW),
    (BillRequest, {**WINDOW, "startDate": "2026-07-01T00:00:00Z"}),
]
BAD: list[tuple[type[Sent], dict[str, Any]]] = [
    (HomeList, {"pageSize": 20.5}),
    (HomeList, {"pageSize": 1e300}),
    (HomeList, {"pageSize": True}),
    (MonthRequest, {"month": 0.0}),
    (HomeChange, {"modalHome": None}),
    (HomeChange, {"carbonSignalIntensity": None}),
    (HomeChange, {"energyMarketBiddingEnabled": None}),
    (HomeChange, {"solarSystemSizeKw": 5e-324, "isNonNetMetered": False}),
    (SolarCreate, {"homeId": "x", "solarSystemSizeKw": 0, "isNonNetMetered": False}),
    (SolarInfoSent, {**SOLAR, "systemSizeKw": 0.0009}),
    (SolarInfoSent, {**SOLAR, "inverterEfficiency": 50}),
    (SolarInfoSent, {**SOLAR, "losses": 99.5}),
    (SolarInfoSent, {**SOLAR, "dcAcRatio": 0.1}),
    (InlineHomeSent, {**PLAN, "solarCapacityKw": 1e-9}),
    (BillRequest, {**WINDOW, "startDate": "July"}),
]


def is_taken(model: type[Sent], body: dict[str, Any]) -> bool:
    try:
        model.model_validate(body)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("model", "body"), GOOD)
def test_what_the_schema_allows_is_taken(model: type[Sent], body: dict[str, Any]) -> None:
    assert validator(model).is_valid(body)
    assert is_taken(model, body)


@pytest.mark.parametrize(("model", "body"), BAD)
def test_what_is_refused_is_refused_by_the_schema(model: type[Sent], body: dict[str, Any]) -> None:
    assert not validator(model).is_valid(body)
    assert not is_taken(model, body)


def validator(model: type[Sent]) -> OAS31Validator:
    return OAS31Validator(model.model_json_schema(), format_checker=OAS31Validator.FORMAT_CHECKER)


def of_sent(model: type[Sent] = Sent) -> Iterator[type[Sent]]:
    """Everything that clients may send."""
    yield model
    for kind in model.__subclasses__():
        yield from of_sent(kind)


def test_every_whole_number_may_be_written_with_a_point() -> None:
    for module in iter_modules(kwhen.wire.__path__, "kwhen.wire."):
        import_module(module.name)
    refused = []
    for model in of_sent():
        for name, told in model.model_json_schema().get("properties", {}).items():
            kinds = [kind for kind in told.get("anyOf", [told]) if kind.get("type") == "integer"]
            for kind in kinds:
                try:
                    model.model_validate({name: float(kind.get("minimum", 1))})
                except ValidationError as error:
                    places = [one["loc"][0] for one in error.errors() if one["loc"]]
                    refused += [f"{model.__name__}.{name}"] if name in places else []
    assert not refused
