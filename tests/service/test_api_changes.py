"""The rules of what breaks clients, one by one, on small documents."""

from copy import deepcopy
from typing import Any

import pytest

from tools.api_changes import breaking

Json = dict[str, Any]
REF = "#/components/schemas/"


def whole(**changed: Any) -> Json:
    """A document with one operation; `changed` are its request's and answer's schemas."""
    schemas = {
        "Sent": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 9},
                "size": {"anyOf": [{"type": "number", "minimum": 0}, {"type": "null"}]},
                "level": {"type": "string", "enum": ["LOW", "HIGH"]},
            },
            "required": ["name"],
        },
        "Answer": {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "kind": {"type": "string", "enum": ["a", "b"]},
                "parts": {"type": "array", "items": {"$ref": f"{REF}Part"}},
                "more": {"type": "object", "additionalProperties": {"type": "number"}},
            },
            "required": ["id", "parts"],
        },
        "Part": {
            "type": "object",
            "properties": {"x": {"type": "number"}, "whole": {"$ref": f"{REF}Answer"}},
            "required": ["x"],
        },
    }
    operation = {
        "operationId": "make",
        "x-required-scope": "homes:write",
        "security": [{"key": []}, {"session": []}],
        "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "If-Match", "in": "header", "schema": {"type": "string"}},
        ],
        "requestBody": {
            "content": {
                "application/json": {"schema": {"$ref": f"{REF}Sent"}},
                "application/x-ndjson": {"schema": {"type": "string"}},
            }
        },
        "responses": {
            "200": {
                "description": "The answer.",
                "headers": {"x-request-id": {}},
                "content": {"application/json": {"schema": {"$ref": f"{REF}Answer"}}},
            },
            "409": {"description": "Conflict."},
        },
    }
    return {
        "paths": {"/things/{id}": {"post": operation}},
        "components": {"schemas": schemas | changed},
    }


Place = tuple[str, ...]
OPERATION = ("paths", "/things/{id}", "post")
SENT, ANSWER = ("components", "schemas", "Sent"), ("components", "schemas", "Answer")
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def at(document: Json, place: Place) -> Any:
    """The part of a document at a place."""
    found: Any = document
    for step in place:
        found = found[step]
    return found


def changed(place: Place, **values: Any) -> list[str]:
    """What is found when some keys of one place change; None takes a key out."""
    old, new = whole(), whole()
    part = at(new, place)
    for key, value in values.items():
        if value is None:
            del part[key]
        else:
            part[key] = value
    return breaking(old, new)


def test_the_same_document_breaks_nothing() -> None:
    assert breaking(whole(), whole()) == []


def test_a_removed_path_or_method_is_found() -> None:
    new = whole()
    new["paths"]["/things/{id}"] = {"get": new["paths"]["/things/{id}"]["post"]}
    assert breaking(whole(), new) == ["POST /things/{id}: removed"]
    assert breaking(whole(), {"paths": {}}) == ["POST /things/{id}: removed"]


FOUND = [
    (OPERATION, {"operationId": "do"}, "operationId make is now do"),
    (OPERATION, {"x-required-scope": "keys:admin"}, "needs another scope"),
    (OPERATION, {"security": [{"key": []}]}, "a way of access was taken away"),
    (OPERATION, {"parameters": [ID]}, "parameter if-match removed"),
    ((*OPERATION, "requestBody"), {"required": True}, "a body is required now"),
    (OPERATION, {"requestBody": None}, "takes no body any more"),
    ((*OPERATION, "requestBody", "content"), {"application/x-ndjson": None}, "x-ndjson removed"),
    ((*OPERATION, "responses"), {"200": None}, "answer 200 removed"),
    ((*OPERATION, "responses", "200"), {"headers": {}}, "header x-request-id removed"),
    ((*SENT, "properties"), {"size": None}, "Sent.size: removed"),
    (SENT, {"required": ["name", "size"]}, "Sent.size: is required now"),
    ((*SENT, "properties"), {"size": {"type": "number"}}, "Sent.size: null is refused now"),
    ((*SENT, "properties"), {"name": {"type": "integer"}}, "Sent.name: string is refused now"),
    ((*SENT, "properties", "name"), {"maxLength": 8}, "Sent.name: maxLength was 9, is 8"),
    ((*SENT, "properties", "name"), {"minLength": 2}, "Sent.name: minLength was 1, is 2"),
    ((*SENT, "properties", "name"), {"pattern": "x"}, "Sent.name: pattern was None, is x"),
    ((*SENT, "properties", "name"), {"enum": ["x"]}, "Sent.name: only some values are allowed now"),
    ((*SENT, "properties", "level"), {"enum": ["LOW"]}, "Sent.level: 'HIGH' is refused now"),
    ((*ANSWER, "properties"), {"id": None}, "Answer.id: removed"),
    (ANSWER, {"required": ["parts"]}, "Answer.id: may be absent now"),
    ((*ANSWER, "properties"), {"id": {"type": "integer"}}, "Answer.id: integer is possible now"),
    ((*ANSWER, "properties", "kind"), {"enum": ["a", "b", "c"]}, "kind: 'c' is possible now"),
    ((*ANSWER, "properties", "kind"), {"enum": None}, "Answer.kind: any value is possible now"),
    (
        (*ANSWER, "properties"),
        {"id": {"anyOf": [{"type": "string"}, {"type": "null"}]}},
        "Answer.id: null is possible now",
    ),
    (("components", "schemas", "Part", "properties"), {"x": None}, "Part.x: removed"),
    (
        (*ANSWER, "properties", "more"),
        {"additionalProperties": {"type": "string"}},
        "Answer.more.*: string is possible now",
    ),
]


@pytest.mark.parametrize(("place", "values", "words"), FOUND, ids=[words for *_, words in FOUND])
def test_a_breaking_change_is_named(place: Place, values: Json, words: str) -> None:
    found = changed(place, **values)
    assert len(found) == 1, found
    assert words in found[0]


FREE = [
    (OPERATION, {"summary": "Words."}),
    (OPERATION, {"security": [{"key": []}, {"session": []}, {"third": []}]}),
    ((*OPERATION, "responses"), {"409": None}),
    ((*OPERATION, "responses"), {"410": {"description": "Gone."}}),
    ((*SENT, "properties"), {"new": {"type": "string"}}),
    (SENT, {"required": None}),
    ((*SENT, "properties", "name"), {"maxLength": 10}),
    ((*SENT, "properties", "name"), {"minLength": None}),
    ((*SENT, "properties", "level"), {"enum": ["LOW", "MEDIUM", "HIGH"]}),
    ((*SENT, "properties", "level"), {"enum": None}),
    ((*ANSWER, "properties"), {"new": {"type": "string"}}),
    (ANSWER, {"required": ["id", "parts", "note"]}),
    ((*ANSWER, "properties"), {"note": {"type": "string"}}),
    ((*ANSWER, "properties", "kind"), {"enum": ["a"]}),
    ((*ANSWER, "properties", "id"), {"description": "Its id."}),
]


@pytest.mark.parametrize(("place", "values"), FREE)
def test_what_clients_do_not_notice_is_free(place: Place, values: Json) -> None:
    assert changed(place, **values) == []


def test_more_numbers_may_be_sent_but_not_answered() -> None:
    wider = {"type": "object", "properties": {"x": {"type": "number"}}}
    narrower = {"type": "object", "properties": {"x": {"type": "integer"}}}
    assert breaking(whole(Sent=narrower), whole(Sent=wider)) == []
    assert breaking(whole(Sent=wider), whole(Sent=narrower)) == ["Sent.x: number is refused now"]
    assert breaking(whole(Part=narrower), whole(Part=wider)) == ["Part.x: number is possible now"]
    assert breaking(whole(Part=wider), whole(Part=narrower)) == []


def test_a_new_operation_is_free_and_documents_are_left_alone() -> None:
    old, new = whole(), whole()
    new["paths"]["/others"] = new["paths"]["/things/{id}"]
    kept = deepcopy(old), deepcopy(new)
    assert breaking(old, new) == []
    assert (old, new) == kept


def test_a_new_parameter_that_is_required_is_found() -> None:
    new = whole()
    told = {"name": "day", "in": "query", "required": True, "schema": {"type": "string"}}
    at(new, OPERATION)["parameters"].append(told)
    assert breaking(whole(), new) == ["POST /things/{id}: parameter day is required now"]


def test_alternatives_of_one_type_are_told_apart_by_their_names() -> None:
    thing = {"type": "object", "properties": {"a": {"type": "string"}}}
    either = {"type": "object", "properties": {"it": {"anyOf": [
        {"$ref": f"{REF}One"}, {"$ref": f"{REF}Two"}]}}}  # fmt: skip
    old = whole(Answer=either, One=thing, Two=thing)
    new = whole(Answer=either, One=thing, Two={"type": "object", "properties": {}})
    assert breaking(old, new) == ["Two.a: removed"]
