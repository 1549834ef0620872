"""Whatever a client has stored comes back, or is refused, field by field."""

import json
from typing import Any

import pytest

from kwhen.records import Scope
from kwhen.service.app import create_app
from tests.service.described import (
    WITH_BODY,
    Route,
    first_object,
    gated_routes,
    models_of,
    told,
)
from tests.service.world import World

WRITING = tuple(
    route for route in WITH_BODY if not isinstance(route.who, Scope) or route.who.endswith(":write")
)
# 255 and 2,000 characters are what texts may have; they must fit into their columns.
VALUES: tuple[Any, ...] = (
    None, True, 1e308, "", "🏠" * 255, "0" * 255, "x" * 2000, [None], "2026-07-01T03:00:00.000Z",
)  # fmt: skip


@pytest.fixture(scope="module")
def kind() -> str:
    """SQLite holds columns to nothing."""
    return "postgresql"


@pytest.mark.parametrize("route", WRITING, ids=str)
def test_any_value_of_any_field(world: World, route: Route) -> None:
    (door,) = (
        door for door in gated_routes(create_app(world.deployment)) if door.path == route.path
    )
    scene = world.scene(environment=route.environment)
    right = first_object(route, scene)
    (model,) = models_of(door)
    taken = 0
    for name, field in model.model_fields.items():
        if name in ("requested_environment", "organization_id"):
            continue  # has an error of its own
        for value in VALUES:
            body = right | {field.alias or name: value}
            taken += told(world, route, scene, json.dumps(body).encode()) is None
    assert taken


@pytest.mark.parametrize(
    "name", ["name", "userId", "country", "city", "clientId", "meterId", "streetAddress", "acType"]
)
def test_texts_come_back_as_they_were_sent(world: World, name: str) -> None:
    scene = world.scene()
    for text in (
        "ü" * (64 if name == "country" else 255),
        "🏠" * 60,
        " \t\n",
        "\u202e\u0301",
        "'; --",
        "NULL",
        "%s {0}",
    ):
        answer = world.post(f"/v1/homes/{scene.home}/update", {name: text})
        assert answer.status_code == 200, answer.text
        if name != "acType":  # is kept, and not shown
            assert answer.json()[name] == text
            again = world.post(f"/v1/homes/{scene.home}/get")
            assert again.json()[name] == text
