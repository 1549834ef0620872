"""The OpenAPI 3.1 document: FastAPI's, completed with what the door and the errors do."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from fastapi.dependencies.models import Dependant
from fastapi.encoders import jsonable_encoder
from fastapi.openapi.models import Schema
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute

from kwhen import __version__
from kwhen.operations.credentials import SESSION_SCOPES
from kwhen.service.bodies import MODELS, REF
from kwhen.service.door import KEY_HEADER, LONGEST_KEY_COUNT, DoorRoute
from kwhen.service.problems import Problem
from kwhen.service.reference.answers import ANSWERS, LINES, STATUSES
from kwhen.service.reference.examples import EXAMPLES
from kwhen.service.reference.field_examples import tell_field_examples
from kwhen.service.reference.problems import (
    HEADERS,
    LIMITS,
    error_codes,
    header_references,
    problem_reference,
    problem_responses,
)
from kwhen.service.reference.words import DESCRIPTION, FIELDS, TAGS
from kwhen.service.requests import JSON_TYPE
from kwhen.service.uploads import MULTIPART, PARQUET, REQUEST_PART, TheUpload
from kwhen.wire.compare import ARRAY_PATHS, CompareRequest
from kwhen.wire.intervals import PATHS

Json = dict[str, Any]

KEY_SCHEME = "x-ws-api-key"
SESSION_SCHEME = "session"
IDEMPOTENCY_KEY = {"$ref": "#/components/parameters/IdempotencyKey"}
IF_MATCH = "If-Match"
UPLOAD = get_args(TheUpload)[1].dependency
MORE_PROBLEMS = {  # there may be no webhook; a delivery may be on its way
    "getPriceSignalWebhook": [404],
    "deletePriceSignalWebhook": [404],
    "triggerPriceSignalWebhook": [404],
    "testPriceSignalWebhook": [404],
    "replayPriceSignalDelivery": [409],
}
NOT_WORDS = ("example", "examples", "default", "enum", "const")  # values, not schemas


def document(routes: Sequence[BaseRoute]) -> Json:
    """The document of some routes; it depends on nothing else.

    Raises
    ------
    ValueError
        Two models go by one name.
    """
    told = get_openapi(
        title="kwhen API",
        version=__version__,
        summary="What a kWh at home costs and emits, every 15 minutes.",
        description=DESCRIPTION,
        license_info={"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        tags=_tags(routes),
        routes=routes,
    )
    for route in routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            for method in sorted(route.methods or ()):
                _complete(told["paths"][route.path_format][method.lower()], route)
    told["components"] = _components(told)
    _tidy(told["paths"])
    tell_field_examples(told)
    return told


def _tags(routes: Sequence[BaseRoute]) -> list[Json]:
    used = [tag for route in routes if isinstance(route, APIRoute) for tag in route.tags]
    return [{"name": tag, "description": TAGS.get(str(tag), "")} for tag in dict.fromkeys(used)]


def _complete(operation: Json, route: APIRoute) -> None:
    """Add to an operation what FastAPI does not know of its route."""
    operation["responses"].pop("422", None)
    _tell_access(operation, route)
    _tell_parameters(operation, route)
    _tell_uploads(operation, route)
    _tell_answer(operation, route)
    _tell_examples(operation)
    for status in _problems(operation, route):
        operation["responses"][str(status)] = problem_reference(status)


def _tell_access(operation: Json, route: APIRoute) -> None:
    needed = route.needed if isinstance(route, DoorRoute) else None
    if needed is None:
        operation["security"] = []
        return
    operation["security"] = [{KEY_SCHEME: []}]
    if needed.scope is None or needed.scope in SESSION_SCOPES:
        operation["security"].append({SESSION_SCHEME: []})
    words = "Needs a credential, whatever its scopes."
    if needed.scope is not None:
        operation["x-required-scope"] = needed.scope.value
        words = f"Needs the scope `{needed.scope.value}`."
    operation["description"] = f"{operation['description']}\n\n{words}"


def _tell_parameters(operation: Json, route: APIRoute) -> None:
    for parameter in operation.get("parameters", []):
        if parameter["name"] == IF_MATCH.lower():
            parameter["name"] = IF_MATCH
        parameter["schema"] = _without_null(parameter["schema"])
        parameter["schema"].pop("description", None)  # the parameter says it
    if getattr(route, "is_idempotent", False):
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)


def _without_null(schema: Json) -> Json:
    """A parameter is left out, never null."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return schema
    return {**{key: value for key, value in schema.items() if key != "anyOf"}, **kinds[0]}


def _tell_uploads(operation: Json, route: APIRoute) -> None:
    if UPLOAD not in _calls(route.dependant):
        return
    content = operation["requestBody"]["content"]
    request = content[JSON_TYPE]["schema"]
    paths = ARRAY_PATHS if request == {"$ref": f"{REF}{CompareRequest.__name__}"} else PATHS
    content[MULTIPART] = {
        "schema": {
            "type": "object",
            "description": "The arrays as parts of their own, by their names (`usage`, or "
            "`base.usage` where they lie deeper); all other fields in the part `request`. A part "
            f"is a NumPy file, or Parquet with the type {PARQUET}: one row a day, 96 values.",
            "properties": {
                REQUEST_PART: request,
                **{path: {"type": "string", "format": "binary"} for path in paths},
            },
            "required": [REQUEST_PART],
            "additionalProperties": False,
        },
        "encoding": {REQUEST_PART: {"contentType": JSON_TYPE}},
    }


def _calls(dependant: Dependant) -> Iterator[Any]:
    for part in dependant.dependencies:
        yield part.call
        yield from _calls(part)


def _tell_answer(operation: Json, route: APIRoute) -> None:
    name = operation["operationId"]
    responses = operation["responses"]
    for status, answer in ANSWERS.get(name, {}).items():
        responses[status] = {**answer}
    for status, response in responses.items():
        if status in ("200", "201"):
            response["description"] = STATUSES[status]
        headers = ["x-request-id"]
        if isinstance(route, DoorRoute):
            headers += LIMITS
        if getattr(route, "is_idempotent", False):
            headers.append("Idempotent-Replayed")
        response["headers"] = header_references(*headers)


def _tell_examples(operation: Json) -> None:
    example = EXAMPLES.get(operation["operationId"])
    if example is None:
        return
    sent = operation.get("requestBody", {}).get("content", {})
    if example.request is not None:
        for media_type in sent.keys() - {MULTIPART}:
            sent[media_type]["example"] = example.request
    answered = next(operation["responses"][s] for s in STATUSES if s in operation["responses"])
    for content in answered.get("content", {}).values():
        content["example"] = example.answer


def _problems(operation: Json, route: APIRoute) -> list[int]:
    """The statuses of the errors that an operation can answer."""
    found = [405, 500]
    if not isinstance(route, DoorRoute):
        return found
    found += [400, 403, 429]
    if operation["security"]:
        found.append(401)
    found += MORE_PROBLEMS.get(operation["operationId"], [])
    if "{" in route.path:
        found.append(404)
    if "requestBody" in operation:
        found += [413, 415]
    parameters = operation.get("parameters", [])
    if IDEMPOTENCY_KEY in parameters or any(p.get("name") == IF_MATCH for p in parameters):
        found.append(409)
    return sorted(found)


def _components(told: Json) -> Json:
    own = told.get("components", {}).get("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        own.pop(name, None)
    schemas = _joined(own, _schemas([Problem, *LINES], "serialization"))
    sent = [MODELS[name] for name in _references(told["paths"]) if name in MODELS]
    schemas = _joined(schemas, _schemas(sent, "validation"))
    for schema in schemas.values():
        _tidy(schema)
        _describe(schema)
    schemas["Problem"]["properties"]["error_code"]["enum"] = error_codes()
    return {
        "schemas": dict(sorted(schemas.items())),
        "responses": problem_responses(),
        "parameters": {"IdempotencyKey": _idempotency_key()},
        "headers": HEADERS,
        "securitySchemes": _security_schemes(),
    }


def _schemas(models: Sequence[type[BaseModel]], mode: JsonSchemaMode) -> Json:
    pairs = [(model, mode) for model in models]
    made = models_json_schema(pairs, ref_template=f"{REF}{{model}}")[1].get("$defs", {})
    # Written as FastAPI writes its own, so that the same model gives the same schema.
    return {
        name: jsonable_encoder(Schema(**schema), by_alias=True, exclude_none=True)
        for name, schema in made.items()
    }


def _joined(first: Json, second: Json) -> Json:
    different = [name for name in first.keys() & second.keys() if first[name] != second[name]]
    if different:
        raise ValueError(f"two models go by each of these names: {', '.join(sorted(different))}")
    return {**first, **second}


def _references(part: Any) -> set[str]:
    """Names of the schemas that a part of the document refers to."""
    if isinstance(part, list):
        return set().union(*map(_references, part))
    if not isinstance(part, dict):
        return set()
    own = {part["$ref"].removeprefix(REF)} if isinstance(part.get("$ref"), str) else set()
    return own.union(*map(_references, part.values()))


def _tidy(part: Any) -> None:
    """Take out the titles that pydantic makes of names: they say nothing more."""
    if isinstance(part, list):
        for item in part:
            _tidy(item)
    elif isinstance(part, dict):
        if isinstance(part.get("title"), str):
            del part["title"]
        for key, value in part.items():
            if key not in NOT_WORDS:
                _tidy(value)


def _describe(schema: Json) -> None:
    """Give the fields without words those that their names have everywhere."""
    for name, field in schema.get("properties", {}).items():
        if "description" not in field and name in FIELDS:
            field["description"] = FIELDS[name]


def _idempotency_key() -> Json:
    return {
        "name": "Idempotency-Key",
        "in": "header",
        "required": False,
        "description": "Any text of your own, one for each thing that is to be made. Sent again "
        "with the same body it gives the same answer, and nothing is made twice.",
        "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY_COUNT},
        "example": "3e6f0c5e-7a0b-4d1e-9d55-2f0f6f2c9f11",
    }


def _security_schemes() -> Json:
    return {
        KEY_SCHEME: {
            "type": "apiKey",
            "in": "header",
            "name": KEY_HEADER,
            "description": "An API key of a backend. Keep it out of frontends.",
        },
        SESSION_SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "description": "A session token of a frontend: short-lived, made from a key.",
        },
    }
