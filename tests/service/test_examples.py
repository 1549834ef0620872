"""The examples of the document, sent to a real service as they stand there."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from kwhen.service.bodies import NDJSON
from kwhen.service.pages.operations import Operation, operations
from kwhen.service.reference.values import CREDENTIAL_ID, HOME_ID, PLAN_ID
from tests.deployments import SANDBOX, opened, parties
from tests.service.server import client_of
from tests.service.test_openapi import WHOLE, faults, resolved

OPERATIONS = operations(WHOLE)


@dataclass(frozen=True)
class Place:
    """A service, and what the ids of the examples stand for."""

    client: httpx.Client
    ids: dict[str, str]

    def real(self, text: str) -> str:
        """A text of the document with ids that are there."""
        for name, real in self.ids.items():
            text = text.replace(name, real)
        return text


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("examples")
    with opened("sqlite", folder) as deployment, client_of(deployment) as client:
        orgs = parties(deployment)
        client.headers["x-ws-api-key"] = orgs.key("north", SANDBOX).secret
        agent = orgs.new_agent_key("north").credential.id
        yield Place(client=client, ids={CREDENTIAL_ID: agent})


@pytest.fixture
def home_id(place: Place) -> str:
    """A home like that of the examples: one may be removed."""
    body = {"name": "My home", "zipcode": "94107", "ratePlanId": PLAN_ID}
    return str(place.client.post("/v1/homes/create", json=body).json()["id"])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_example_is_answered(operation: Operation, place: Place, home_id: str) -> None:
    ids = Place(place.client, place.ids | {HOME_ID: home_id})
    content = operation.told.get("requestBody", {}).get("content", {})
    kind, body = next(iter(content.items()), ("", {}))
    example = body.get("example")
    text = example if isinstance(example, str) else json.dumps(example)
    named = CREDENTIAL_ID if "agent-credentials" in operation.path else HOME_ID
    path = operation.path.replace("{ratePlanId}", PLAN_ID).replace("{id}", named)
    answer = place.client.request(
        operation.method,
        ids.real(path),
        content=ids.real(text) if kind else None,
        headers={"content-type": kind} if kind else {},
    )
    assert answer.is_success, answer.text
    check_answer(operation, answer)


def check_answer(operation: Operation, answer: httpx.Response) -> None:
    told: Any = resolved(operation.told["responses"][str(answer.status_code)])
    kind, content = next(iter(told["content"].items()))
    assert answer.headers["content-type"].startswith(kind.split(";")[0])
    if kind == NDJSON:
        for line in answer.text.splitlines():
            assert not faults(content["schema"]["contentSchema"], json.loads(line))
    elif kind == "application/json":
        assert not faults(content["schema"], answer.json())
    always = set(told["headers"]) - {"Idempotent-Replayed"}
    assert all(name in answer.headers for name in always)
