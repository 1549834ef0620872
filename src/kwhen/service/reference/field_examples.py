"""An example of every field: of the examples of whole operations, else by its kind or name."""

from collections.abc import Iterator
from typing import Any

from kwhen.service.reference.webhook_values import DELIVERY_ID, RUN_ID

Json = dict[str, Any]

REF = "#/components/schemas/"
LONGEST_COUNT = 8  # values of a list that is an example of a field

_HOME = "ws_home_123456789"
BY_NAME: Json = {
    "CO2e": 300.0,
    "UtilityId": "14328",
    "acType": "central",
    "actual_behavior": "billTotal is 0.",
    "after": _HOME,
    "agent": "billing-agent",
    "annualKwh": 5678.0,
    "azimuth": 180.0,
    "before": DELIVERY_ID,
    "billTotal": 132.56,
    "carbon": [0.01673, 0.01799],
    "ceilingKw": 10.0,
    "channelPartnerId": "ws_partner_123456789",
    "chargerKw": 7.2,
    "chargingEfficiency": 0.95,
    "city": "San Francisco",
    "client": "python",
    "clientId": "home-42",
    "closed": "not in the utility's rate summary",
    "company": "Example Solar",
    "component": "carbon",
    "contact_method": "email",
    "country": "US",
    "dailyAt": "14:00",
    "dates": ["2026-07-03", "2026-09-07"],
    "dcAcRatio": 1.15,
    "device_segment": "battery",
    "disabledReason": "410 Gone",
    "dischargingEfficiency": 0.95,
    "docs_url": "https://kwhen.example.com/docs/start",
    "effective": "2026-03-01",
    "email": "ada@example.com",
    "endpoint": "/v1/calculate/impact",
    "environment": "sandbox",
    "error": "The plan is not known.",
    "everyMinutes": 60,
    "expected_behavior": "A bill above 0.",
    "export": [0.0, 0.0],
    "exportCompensationCredit": 38.86,
    "exportPrices": [0.08316, 0.08442],
    "exportRule": "NBT",
    "exports": [0.0, 0.0],
    "field": "usage[3][17]",
    "gridServicesRev": 25.34,
    "homeId": _HOME,
    "import": [0.34916, 0.38777],
    "imports": [0.34916, 0.38777],
    "inverterEfficiency": 96.0,
    "kwhPerDay": 9.0,
    "line": 1,
    "losses": 14.0,
    "message": "must be 0 or more, got -1",
    "meterId": "1009384756",
    "meterIdSource": "utility",
    "name": "Summer peak",
    "openFrom": "2026-01-01",
    "openUntil": "2027-01-01",
    "operation_id": "calculateImpact",
    "organizationId": "org_123456789",
    "page": "/docs/start",
    "pageNumber": 1,
    "prices": [0.36726, 0.40622],
    "project": "quotes",
    "question": "Which plan has the lowest bill?",
    "ratePlan": "14328/E-ELEC",
    "ratePlanId": "efa18558a7ca22e72af5a26c",
    "reason": "the database does not answer",
    "recovery_action": "Wait as long as Retry-After says, then try again.",
    "repro_steps": "Send the example of the reference.",
    "request_id": "req_123",
    "requested_environment": "sandbox",
    "requested_ttl_seconds": 86400,
    "retry_after_seconds": 12,
    "retrieved": "2026-07-01",
    "routing_tags": ["billing"],
    "runId": RUN_ID,
    "sanitized_evidence": '{"billTotal": 0}',
    "share": 0.5,
    "since": "2026-06-01",
    "solar": [-0.26745, 0.0],
    "solarCapacityKw": 5.0,
    "source": "pge-e-elec-7846-E",
    "source_urls": ["https://example.com/rate-sheet.pdf"],
    "streetAddress": "123 Market St",
    "submitter": "Ada",
    "suggested_fix": "Say which field is missing.",
    "summary": "A bill of 0",
    "systemSizeKw": 6.4,
    "tariff": [0.34916, 0.38777],
    "tech_stack": ["python", "httpx"],
    "tilt": 20.0,
    "timezone": "America/Los_Angeles",
    "totalBill": 132.56,
    "unstructuredAddress": "123 Market St, San Francisco, CA 94107",
    "until": "2027-03-01",
    "url": "https://example.com/rate-sheet.pdf",
    "use_case": "Quotes for solar homes",
    "userId": "user_123456789",
    "user_email": "ada@example.com",
    "utilityId": "14328",
    "versions": ["2026-03-01"],
    "vintage": "2024",
    "wholesale": [0.0, 0.03436],
    "zipcode": "94107",
}
BY_FORMAT = {"date": "2026-07-01", "date-time": "2026-07-01T16:00:00.000Z"}


def tell_field_examples(told: Json) -> None:
    """Give every plain field of a document's schemas an example, where it has none."""
    schemas = told["components"]["schemas"]
    shown: dict[tuple[str, str], Any] = {}
    for schema, example in _examples(told["paths"]):
        for name, field, value in _values(schemas, schema, example):
            shown.setdefault((name, field), value)
    for name, schema in schemas.items():
        for field, part in schema.get("properties", {}).items():
            value = _example(field, part, shown.get((name, field)))
            if value is not None and not has_example(part):
                part["examples"] = [value]


def has_example(part: Json) -> bool:
    """Whether a field has a value to see: an example, a default, or the only one it may have."""
    return any(word in part for word in ("examples", "example", "default", "const"))


def is_plain(part: Json) -> bool:
    """Whether a field holds a value or a list of values, neither objects nor days of them."""
    kind = _kind(part)
    if kind.get("type") == "array":
        return _kind(kind.get("items", {})).get("type") in ("string", "number", "integer")
    return kind.get("type") in ("string", "number", "integer", "boolean")


def _kind(part: Json) -> Json:
    """The first kind of a field that is not null."""
    kinds = [kind for kind in part.get("anyOf", []) if kind.get("type") != "null"]
    return {**part, **kinds[0]} if kinds else part


def _example(field: str, part: Json, shown: Any) -> Any:
    kind = _kind(part)
    if not is_plain(part):
        return None
    if shown is not None and not (isinstance(shown, list) and len(shown) > LONGEST_COUNT):
        return shown
    if kind["type"] == "array" and "enum" in kind["items"]:
        return kind["items"]["enum"][:1]
    if "enum" in kind or kind["type"] == "boolean":
        return kind.get("enum", [True])[0]
    return BY_NAME.get(field, BY_FORMAT.get(kind.get("format", "")))


def _examples(paths: Json) -> Iterator[tuple[Json, Any]]:
    """Every schema of a body with its example."""
    for operations in paths.values():
        for operation in operations.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (part for body in bodies for part in body.get("content", {}).values()):
                if "example" in content and "schema" in content:
                    yield content["schema"], content["example"]


def _values(schemas: Json, schema: Json, value: Any) -> Iterator[tuple[str, str, Any]]:
    """Name of the schema, field and value of all that an example shows."""
    for kind in schema.get("anyOf", ()):
        yield from _values(schemas, kind, value)
    if isinstance(value, list) and "items" in schema:
        for item in value[:LONGEST_COUNT]:
            yield from _values(schemas, schema["items"], item)
    name = schema.get("$ref", "").removeprefix(REF)
    if name and isinstance(value, dict):
        for field, part in schemas[name].get("properties", {}).items():
            if value.get(field) is not None:
                yield name, field, value[field]
                yield from _values(schemas, part, value[field])
