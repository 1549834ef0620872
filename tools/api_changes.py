"""What of a change to the OpenAPI document breaks clients that were written for the old one.

A request may ask for less and allow more; an answer may tell more and must keep what it told.
Words, examples, titles and summaries are free.
"""

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any

Json = dict[str, Any]

LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EXACT = ("pattern", "format", "multipleOf")
INNER = {"items": "[]", "additionalProperties": ".*", "contentSchema": " line"}
METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


class Side(Enum):
    """Whose a schema is: of what clients send, or of what they get."""

    SENT = auto()
    ANSWERED = auto()


def breaking(old: Json, new: Json) -> list[str]:
    """Every breaking change, with the place where it is; empty where there is none."""
    return sorted(set(_Comparison(old, new).operations()))


class _Comparison:
    def __init__(self, old: Json, new: Json) -> None:
        self.old, self.new = old, new
        self.seen: set[tuple[str, Side]] = set()

    def operations(self) -> Iterator[str]:
        for path, methods in self.old["paths"].items():
            for method in methods.keys() & set(METHODS):
                name = f"{method.upper()} {path}"
                after = self.new["paths"].get(path, {}).get(method)
                if after is None:
                    yield f"{name}: removed"
                else:
                    yield from self.operation(name, methods[method], after)

    def operation(self, name: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("operationId") != new.get("operationId"):
            yield f"{name}: operationId {old.get('operationId')} is now {new.get('operationId')}"
        if old.get("x-required-scope") != new.get("x-required-scope"):
            yield f"{name}: needs another scope, {new.get('x-required-scope')}"
        lost = [way for way in old.get("security", []) if way not in new.get("security", [])]
        if lost or (not old.get("security") and new.get("security")):
            yield f"{name}: a way of access was taken away"
        yield from self.parameters(name, old, new)
        yield from self.body(name, old, new)
        yield from self.answers(name, old, new)

    def parameters(self, name: str, old: Json, new: Json) -> Iterator[str]:
        before, after = self.named(self.old, old), self.named(self.new, new)
        for key, told in after.items():
            if told.get("required") and not before.get(key, {}).get("required"):
                yield f"{name}: parameter {key[1]} is required now"
        for key, told in before.items():
            if key not in after:
                yield f"{name}: parameter {key[1]} removed"
            else:
                at = f"{name} parameter {key[1]}"
                yield from self.schema(at, told["schema"], after[key]["schema"], Side.SENT)

    def named(self, whole: Json, operation: Json) -> dict[tuple[str, str], Json]:
        told = [resolved(whole, one) for one in operation.get("parameters", [])]
        return {(one["in"], one["name"].lower()): one for one in told}

    def body(self, name: str, old: Json, new: Json) -> Iterator[str]:
        before, after = old.get("requestBody"), new.get("requestBody")
        if after is not None and after.get("required") and not (before or {}).get("required"):
            yield f"{name}: a body is required now"
        if before is None:
            return
        if after is None:
            yield f"{name}: takes no body any more"
            return
        yield from self.content(f"{name} body", before["content"], after["content"], Side.SENT)

    def answers(self, name: str, old: Json, new: Json) -> Iterator[str]:
        for status, told in old["responses"].items():
            if status not in new["responses"]:
                if status < "400":  # an error that is gone harms nobody
                    yield f"{name}: answer {status} removed"
                continue
            before = resolved(self.old, told)
            after = resolved(self.new, new["responses"][status])
            at = f"{name} answer {status}"
            for header in before.get("headers", {}).keys() - after.get("headers", {}).keys():
                yield f"{at}: header {header} removed"
            yield from self.content(
                at, before.get("content", {}), after.get("content", {}), Side.ANSWERED
            )

    def content(self, at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
        for kind, told in old.items():
            if kind not in new:
                yield f"{at}: {kind} removed"
            else:
                yield from self.schema(at, told["schema"], new[kind]["schema"], side)

    def schema(self, at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
        """Compare what a value may be: each alternative with its like."""
        before, after = self.alternatives(self.old, old), self.alternatives(self.new, new)
        narrow, wide = (after, before) if side is Side.SENT else (before, after)
        for kind in wide.keys() - narrow.keys():
            if not _is_covered(kind, narrow):
                yield f"{at}: {kind} is {'refused' if side is Side.SENT else 'possible'} now"
        for kind in before.keys() & after.keys():
            yield from self.alternative(at, before[kind], after[kind], side)

    def alternatives(self, whole: Json, schema: Json) -> dict[str, Json]:
        """The alternatives of a schema by their types, or by their names where types repeat."""
        kinds = resolved(whole, schema).get("anyOf", [schema])
        types = [resolved(whole, kind).get("type", "any value") for kind in kinds]
        return {
            name_of(kind) if types.count(word) > 1 and "$ref" in kind else word: kind
            for kind, word in zip(kinds, types, strict=True)
        }

    def alternative(self, at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
        """Compare two schemas of one type; those with a name only once, under that name."""
        if "$ref" in old:
            at = name_of(old)
            if (at, side) in self.seen:
                return
            self.seen.add((at, side))
        old, new = resolved(self.old, old), resolved(self.new, new)
        yield from _values(at, old, new, side)
        yield from _bounds(at, old, new, side)
        yield from self.fields(at, old, new, side)
        for word, mark in INNER.items():
            if isinstance(old.get(word), dict) and isinstance(new.get(word), dict):
                yield from self.schema(f"{at}{mark}", old[word], new[word], side)

    def fields(self, at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before.keys() - after.keys():
            yield f"{at}.{name}: removed"
        required_before, required_after = set(old.get("required", [])), set(new.get("required", []))
        if side is Side.SENT:
            for name in required_after - required_before:
                yield f"{at}.{name}: is required now"
        else:
            for name in (required_before - required_after) & after.keys():
                yield f"{at}.{name}: may be absent now"
        for name in before.keys() & after.keys():
            yield from self.schema(f"{at}.{name}", before[name], after[name], side)


def resolved(whole: Json, part: Json) -> Json:
    """A part of a document, or what it refers to."""
    while "$ref" in part:
        found: Any = whole
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def name_of(reference: Json) -> str:
    """The name of what a reference leads to."""
    return str(reference["$ref"]).rsplit("/", 1)[-1]


def _is_covered(kind: str, kinds: Json) -> bool:
    """Whether another kind includes one: every integer is a number."""
    return "any value" in kinds or (kind == "integer" and "number" in kinds)


def _values(at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
    """Compare the values of enumerations."""
    before, after = ([one["const"]] if "const" in one else one.get("enum") for one in (old, new))
    narrow, wide = (after, before) if side is Side.SENT else (before, after)
    if narrow is None:
        return
    if wide is None:
        words = "only some values are allowed" if side is Side.SENT else "any value is possible"
        yield f"{at}: {words} now"
        return
    for value in wide:
        if value not in narrow:
            yield f"{at}: {value!r} is {'refused' if side is Side.SENT else 'possible'} now"


def _bounds(at: str, old: Json, new: Json, side: Side) -> Iterator[str]:
    """Compare limits, patterns and formats: requests may loosen them, answers tighten them."""
    narrow, wide = (new, old) if side is Side.SENT else (old, new)
    for word in (*LOWER, *UPPER, *EXACT):
        if word not in narrow or narrow[word] == wide.get(word):
            continue
        if word in EXACT or word not in wide:
            is_narrower = True
        else:
            is_narrower = (narrow[word] > wide[word]) == (word in LOWER)
        if is_narrower:
            yield f"{at}: {word} was {old.get(word)}, is {new.get(word)}"
