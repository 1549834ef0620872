"""Operations of the OpenAPI document as Markdown, one page each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from kwhen.service.pages.schemas import (
    example_text,
    fields,
    is_short,
    kind_of,
    resolved,
)

Json = dict[str, Any]
PREFIX = "/api-reference/"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of the document and where it is."""

    method: str
    path: str
    told: Json

    @property
    def name(self) -> str:
        """Its operationId."""
        return str(self.told["operationId"])

    @property
    def call(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"

    @property
    def twin(self) -> str:
        """Where its Markdown is served."""
        return f"{PREFIX}{self.name}.md"


def operations(whole: Json) -> list[Operation]:
    """Every operation, in the document's order."""
    return [
        Operation(method.upper(), path, told)
        for path, methods in whole["paths"].items()
        for method, told in methods.items()
    ]


def operation_page(whole: Json, operation: Operation) -> str:
    """Everything about an operation."""
    told = operation.told
    parts = [
        f"# {told['summary'].removesuffix('.')}",
        f"`{operation.call}`, operation `{operation.name}`, {_access(told)}.",
        *(["**Deprecated**: it stays for older clients."] if told.get("deprecated") else []),
        told["description"],
        *_parameters(whole, told),
        *_request(whole, operation),
        *_answer(whole, told),
        *_errors(whole, told),
    ]
    return "\n\n".join(parts) + "\n"


def reference_page(whole: Json) -> str:
    """The start of the API reference: what holds for every operation, and all of them."""
    lines = [f"# {whole['info']['title']}", whole["info"]["description"].strip()]
    for tag in whole["tags"]:
        listed = [o for o in operations(whole) if tag["name"] in o.told["tags"]]
        lines += [f"## {tag['name'].capitalize()}", tag["description"]]
        lines.append("\n".join(line_of(operation) for operation in listed))
    return "\n\n".join(lines) + "\n"


def line_of(operation: Operation) -> str:
    """An operation as an entry of a list."""
    return f"- [{operation.call}]({operation.twin}): {operation.told['summary']}"


def _access(told: Json) -> str:
    if not told["security"]:
        return "open to all"
    scope = told.get("x-required-scope")
    return f"scope `{scope}`" if scope else "any credential"


def _parameters(whole: Json, told: Json) -> Iterator[str]:
    found = [resolved(whole, one) for one in told.get("parameters", [])]
    if found:
        yield "## Parameters"
        yield _table(
            ("name", "in", "value", "required", ""),
            (
                (
                    f"`{one['name']}`",
                    one["in"],
                    kind_of(whole, one["schema"]),
                    "yes" if one.get("required") else "no",
                    one["description"],
                )
                for one in found
            ),
        )


def _request(whole: Json, operation: Operation) -> Iterator[str]:
    body = operation.told.get("requestBody")
    yield "## Request"
    if body is None:
        yield "No body."
        yield _curl(operation, None)
        return
    kinds = ", ".join(f"`{kind}`" for kind in body["content"])
    yield f"Body: {kinds}; {'required' if body.get('required') else 'may be left out'}."
    kind, content = next(iter(body["content"].items()))
    yield from _content(whole, content, "required")
    yield _curl(operation, content.get("example") if kind == JSON else None, kind)


def _answer(whole: Json, told: Json) -> Iterator[str]:
    for status, answer in told["responses"].items():
        if status < "300":
            yield f"## Answer {status}"
            for kind, content in answer["content"].items():
                yield f"`{kind}`"
                yield from _content(whole, content, "always there")
            yield f"Headers: {', '.join(f'`{name}`' for name in answer['headers'])}."


def _content(whole: Json, content: Json, always: str) -> Iterator[str]:
    schema = resolved(whole, content["schema"])
    rows = [
        (f"`{field.path}`", field.kind, "yes" if field.is_required else "no", field.words)
        for field in fields(whole, schema.get("contentSchema", schema))
    ]
    if "contentSchema" in schema:
        yield schema["description"]
    if rows:
        yield _table(("field", "value", always, ""), rows)
    example = content.get("example")
    if example is not None:
        yield f"```json\n{example_text(example)}\n```"


def _curl(operation: Operation, example: Any, kind: str = "") -> str:
    lines = [f'curl -X {operation.method} "$KWHEN_URL{operation.path}"']
    if operation.told["security"]:
        lines.append('-H "x-ws-api-key: $KWHEN_API_KEY"')
    if kind:
        lines.append(f'-H "content-type: {kind}"')
        whole = example is not None and is_short(example) and "'" not in example_text(example)
        lines.append(f"-d '{example_text(example)}'" if whole else "--data-binary @body.json")
    return "```sh\n" + " \\\n  ".join(lines) + "\n```"


def _errors(whole: Json, told: Json) -> Iterator[str]:
    failed = {s: resolved(whole, one) for s, one in told["responses"].items() if s >= "400"}
    rows = []
    for status, answer in sorted(failed.items()):
        content: Json = next(iter(answer["content"].values()), {})
        codes = ", ".join(f"`{code}`" for code in content.get("examples", {}))
        rows.append((status, codes, answer["description"]))
    yield "## Errors"
    yield _table(("status", "error_code", ""), rows)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
