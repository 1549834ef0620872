"""Schemas of the OpenAPI document as rows of a table and as short examples."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

LIMITS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
COUNTS = {"Length": "characters", "Items": "items"}  # after min and max
SHOWN_COUNT = 3  # of a long array in an example
LONG_COUNT = 8


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its path, such as data[].price."""

    path: str
    kind: str
    is_required: bool
    words: str


def resolved(whole: Json, part: Json) -> Json:
    """A part of the document, or what it refers to."""
    while "$ref" in part:
        found: Any = whole
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def fields(whole: Json, schema: Json) -> list[Field]:
    """Every field that values of a schema can have, each path once."""
    found = {field.path: field for field in reversed(list(_fields(whole, schema, "", ())))}
    return list(reversed(found.values()))


def _fields(whole: Json, schema: Json, at: str, above: tuple[str, ...]) -> Iterator[Field]:
    name = schema.get("$ref", "")
    if name and name in above:
        return  # a schema within itself
    schema, above = resolved(whole, schema), (*above, name)
    for kind in schema.get("anyOf", []):
        yield from _fields(whole, kind, at, above)
    if isinstance(schema.get("items"), dict):
        yield from _fields(whole, schema["items"], f"{at}[]", above)
    for key, told in schema.get("properties", {}).items():
        path = f"{at}.{key}" if at else key
        words = told.get("description") or resolved(whole, told).get("description", "")
        is_required = key in schema.get("required", [])
        yield Field(path, kind_of(whole, told), is_required, words)
        yield from _fields(whole, told, path, above)


def kind_of(whole: Json, schema: Json) -> str:
    """What a value may be, in words."""
    schema = resolved(whole, schema)
    if "anyOf" in schema:
        kinds = dict.fromkeys(kind_of(whole, kind) for kind in schema["anyOf"])
        return ", or ".join(kinds)
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        inner = kind_of(whole, schema.get("items", {}))
        return ", ".join([f"array of ({inner})", *_bounds(schema)])
    return ", ".join([schema.get("format") or schema.get("type", "any value"), *_bounds(schema)])


def _bounds(schema: Json) -> Iterator[str]:
    for key, sign in LIMITS.items():
        if key in schema:
            yield f"{sign} {_number(schema[key])}"
    for key, words in COUNTS.items():
        least, most = schema.get(f"min{key}"), schema.get(f"max{key}")
        if most is not None:
            span = f"{least} to " if least else "up to "
            yield f"{'' if least == most else span}{most:,} {words}"
        elif least is not None:
            yield f"{least} {words} or more"


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else str(value)


def example_text(value: Any) -> str:
    """An example as it is shown: long arrays are cut short, text stays as it is."""
    if isinstance(value, str):
        return value.rstrip("\n")
    return _text(value, "")


def is_short(value: Any) -> bool:
    """Whether an example is shown whole."""
    return "…" not in example_text(value)


def _text(value: Any, indent: str) -> str:
    deeper = f"{indent}  "
    if isinstance(value, dict) and value:
        lines = [f"{deeper}{json.dumps(k)}: {_text(v, deeper)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    if not isinstance(value, list) or not value:
        return json.dumps(value, ensure_ascii=False)
    shown = value if len(value) <= LONG_COUNT else value[:SHOWN_COUNT]
    cut = [] if shown is value else [f"… {len(value)} in all"]
    if not any(isinstance(item, dict | list) for item in value):
        return f"[{', '.join([*(_text(item, '') for item in shown), *cut])}]"
    inner = ",\n".join(deeper + part for part in [*(_text(one, deeper) for one in shown), *cut])
    return f"[\n{inner}\n{indent}]"
