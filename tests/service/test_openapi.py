"""The OpenAPI document: valid, complete, and true to its own examples."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from kwhen.service.app import ROUTERS
from kwhen.service.bodies import NDJSON
from kwhen.service.door import DoorRoute
from kwhen.service.openapi import MORE_PROBLEMS
from kwhen.service.reference.field_examples import has_example, is_plain
from tools.write_openapi import current

ROUTES = [route for router in ROUTERS for route in router.routes]
GATED = [route for route in ROUTES if isinstance(route, DoorRoute)]
WHOLE = current()
JSON = "application/json"
DOCUMENTED_IDS = {
    "getUtility", "createHome", "ClientHomeCompositeAuthController_updateHome_v1", "removeHome",
    "getHomePriceSignal", "calculatePeriodBillWithHome", "requestAgentSandboxCredential",
    "revokeAgentSandboxCredential", "submitFeedback",
    "OnboardingController_generateSessionToken_v1",
}  # fmt: skip


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in WHOLE["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations()}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What is wrong with a value under a schema of the document."""
    checker = Draft202012Validator.FORMAT_CHECKER
    within = {"allOf": [schema], "components": WHOLE["components"]}  # what references lead to
    validator = Draft202012Validator(within, format_checker=checker)
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        found: Any = WHOLE
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


FIELDS = {
    f"{name}.{field}": part
    for name, schema in WHOLE["components"]["schemas"].items()
    for field, part in schema.get("properties", {}).items()
}


def test_every_plain_field_has_an_example_and_words() -> None:
    plain = {name: part for name, part in FIELDS.items() if is_plain(part)}
    assert len(plain) > 400
    assert [name for name, part in plain.items() if not has_example(part)] == []
    assert [name for name, part in FIELDS.items() if "description" not in resolved(part)] == []


def test_the_example_of_a_field_is_one_of_its_values() -> None:
    wrong = {
        name: found
        for name, part in FIELDS.items()
        for value in part.get("examples", ())
        if (found := faults(part, value))
    }
    assert wrong == {}


def test_the_document_is_valid_openapi() -> None:
    assert WHOLE["openapi"] == "3.1.0"
    assert not [error.message for error in OpenAPIV31SpecValidator(WHOLE).iter_errors()]


def test_every_route_is_in_it() -> None:
    told = {(path, method.upper()) for path, method, _ in operations()}
    routed = {
        (route.path_format, method)
        for route in ROUTES
        if route.include_in_schema
        for method in route.methods
    }
    assert told == routed


def test_the_documented_operations_keep_their_names() -> None:
    assert DOCUMENTED_IDS <= OPERATIONS.keys()
    assert len(OPERATIONS) == len(list(operations()))


def test_it_says_what_it_is() -> None:
    info = WHOLE["info"]
    assert info["title"] == "kwhen API"
    assert "clients written for the WattShift API" in info["description"]
    assert WHOLE["components"]["securitySchemes"]["x-ws-api-key"]["name"] == "x-ws-api-key"


def test_every_tag_is_described() -> None:
    assert all(tag["description"] for tag in WHOLE["tags"]), WHOLE["tags"]
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == {tag["name"] for tag in WHOLE["tags"]}


def test_every_schema_and_field_is_described() -> None:
    wrong = []
    for name, schema in WHOLE["components"]["schemas"].items():
        assert "__" not in name, f"{name}: two models have one name"
        if "description" not in schema:
            wrong.append(name)
        wrong += [
            f"{name}.{field}"
            for field, told in schema.get("properties", {}).items()
            if not resolved(told).get("description") and not told.get("description")
        ]
    assert not wrong, f"give each a description, or a word in reference/words.py: {wrong}"


def test_nothing_of_the_framework_is_left() -> None:
    text = str(WHOLE)
    assert "HTTPValidationError" not in text
    assert "'422'" not in text
    assert "Successful Response" not in text


@every_operation
def test_an_operation_has_words(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"].endswith(".")
    assert operation["description"]
    for parameter in map(resolved, operation.get("parameters", [])):
        assert parameter["description"], parameter["name"]


@pytest.mark.parametrize("route", GATED, ids=lambda route: route.operation_id)
def test_access_is_that_of_the_route(route: DoorRoute) -> None:
    operation = OPERATIONS[route.operation_id]
    needed = route.needed
    if needed is None:
        assert operation["security"] == []
        return
    assert {"x-ws-api-key": []} in operation["security"]
    if needed.scope is not None:
        assert operation["x-required-scope"] == needed.scope.value
        assert f"`{needed.scope.value}`" in operation["description"]


@pytest.mark.parametrize("route", GATED, ids=lambda route: route.operation_id)
def test_errors_are_declared(route: DoorRoute) -> None:
    operation = OPERATIONS[route.operation_id]
    wanted = {"400", "403", "405", "429", "500"}
    names = {resolved(parameter)["name"] for parameter in operation.get("parameters", [])}
    if operation["security"]:
        wanted.add("401")
    if "id" in names or "ratePlanId" in names:
        wanted.add("404")
    if names & {"Idempotency-Key", "If-Match"}:
        wanted.add("409")
    if "requestBody" in operation:
        wanted |= {"413", "415"}
    wanted |= set(map(str, MORE_PROBLEMS.get(route.operation_id, ())))
    told = {status for status in operation["responses"] if status >= "400"}
    assert told == wanted


@pytest.mark.parametrize("name", WHOLE["components"]["responses"])
def test_an_error_is_a_problem_with_examples(name: str) -> None:
    response = WHOLE["components"]["responses"][name]
    content = response["content"][JSON]
    assert content["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "x-request-id" in response["headers"]
    for code, example in content["examples"].items():
        assert not faults(content["schema"], example["value"])
        assert example["value"]["error_code"] == code
        assert example["value"]["recovery_action"]


@pytest.mark.parametrize("route", GATED, ids=lambda route: route.operation_id)
def test_headers_are_declared(route: DoorRoute) -> None:
    operation = OPERATIONS[route.operation_id]
    answer = next(resolved(r) for s, r in operation["responses"].items() if s < "300")
    assert {"x-request-id", "RateLimit", "RateLimit-Policy"} <= answer["headers"].keys()
    takes_key = {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get(
        "parameters", []
    )
    assert takes_key == getattr(route, "is_idempotent", False)
    assert takes_key == ("Idempotent-Replayed" in answer["headers"])


@every_operation
def test_the_example_of_a_request_is_valid(name: str) -> None:
    body = OPERATIONS[name].get("requestBody")
    if body is None:
        return
    kind = JSON if JSON in body["content"] else NDJSON
    check_example(body["content"][kind], kind, f"add {name} to reference/examples.py")


@every_operation
def test_the_example_of_an_answer_is_valid(name: str) -> None:
    answer = next(resolved(r) for s, r in OPERATIONS[name]["responses"].items() if s < "300")
    for kind, content in answer.get("content", {}).items():
        check_example(content, kind, f"add {name} to reference/examples.py")


def check_example(content: dict[str, Any], kind: str, missing: str) -> None:
    assert "example" in content, missing
    assert not faults(content["schema"], content["example"])
    if kind == NDJSON:
        lines = content["example"].splitlines()
        assert lines
        for line in lines:
            assert not faults(content["schema"]["contentSchema"], json.loads(line))


def test_a_wrong_example_is_found() -> None:
    schema = {"$ref": "#/components/schemas/HomeCreate"}
    assert not faults(schema, {"name": "x"})
    assert faults(schema, {})
    assert faults(schema, {"name": "x", "zipcode": "nowhere"})
