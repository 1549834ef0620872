"""What belongs to another organisation or environment is not there, and nothing of it changes."""

import json
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from kwhen.operations.deployment import Deployment
from kwhen.records import Environment
from kwhen.storage.tables import Base
from tests.deployments import PRODUCTION, SANDBOX
from tests.service.described import KEYED, Place, Route
from tests.service.envelope import check_shape, problem
from tests.service.world import Scene, World

NAMING = tuple(
    pytest.param(route, name, id=f"{route} {name}") for route in KEYED for name in route.names
)
NOT_COMPARED = {"rate_bucket"}
USED = "last_used_at"


def rows(deployment: Deployment) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table but the buckets; of credentials without when they were used."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in NOT_COMPARED]
    with deployment.database.reading() as session:
        return {
            table.name: [
                {name: value for name, value in row.items() if name != USED}
                for row in session.execute(
                    select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in tables
        }


@pytest.fixture(scope="module")
def strangers(world: World) -> dict[Environment, list[Scene]]:
    """By environment: things of the other environment, and of another organisation."""
    return {
        environment: [
            world.scene("north", SANDBOX if environment is PRODUCTION else PRODUCTION),
            world.scene("south", environment),
            world.scene("shed", SANDBOX),
        ]
        for environment in (PRODUCTION, SANDBOX)
    }


@pytest.mark.parametrize(("route", "name"), NAMING)
def test_a_thing_of_another_tenant_is_not_there(
    world: World, strangers: dict[Environment, list[Scene]], route: Route, name: str
) -> None:
    own = world.scene("north", route.environment)
    headers = world.headers("north", route.environment)
    before = rows(world.deployment)
    for theirs in strangers[route.environment]:
        asked = replace(own, **{name: getattr(theirs, name)})
        answer = route.ask(world, asked, headers)
        match route.names[name]:
            case Place.PATH:
                problem(answer, 404, "NOT_FOUND")
            case Place.BODY:
                told = problem(answer, 400, "VALIDATION_FAILED")
                assert told["field_errors"]
            case Place.LINE:
                *others, last = map(json.loads, answer.text.splitlines())
                assert answer.status_code == 200 and not any("error" in line for line in others)
                check_shape(last["error"], "NOT_FOUND")
        assert rows(world.deployment) == before


@pytest.mark.parametrize(("route", "name"), NAMING)
def test_an_unknown_id_is_told_in_the_same_words(
    world: World, strangers: dict[Environment, list[Scene]], route: Route, name: str
) -> None:
    """Nobody learns from an answer whether an id is that of another tenant."""
    own = world.scene("north", route.environment)
    theirs: str = getattr(strangers[route.environment][1], name)
    nobodys = theirs[:-32] + "".join(sorted(theirs[-32:]))
    words = [
        without_request_ids(
            route.ask(world, replace(own, **{name: thing})).text.replace(thing, "…")
        )
        for thing in (theirs, nobodys)
    ]
    assert words[0] == words[1]


def without_request_ids(text: str) -> list[Any]:
    """Lines of JSON, of which errors are told without the id of their request."""
    lines = [json.loads(line) for line in text.splitlines()]
    for line in lines:
        line.pop("request_id", None)
        line.get("error", {}).pop("request_id", None)
    return lines


def test_the_snapshot_sees_a_change(world: World) -> None:
    scene = world.scene()
    before = rows(world.deployment)
    world.post(f"/v1/homes/{scene.home}/update", {"city": "Elsewhere"})
    assert rows(world.deployment) != before
    assert {"home", "credential", "usage_day", "kept_answer", "feedback"} < before.keys()


def test_lists_show_ones_own_alone(world: World) -> None:
    scenes = {
        (party, environment): world.scene(party, environment)
        for party, environment in [
            ("north", PRODUCTION),
            ("north", SANDBOX),
            ("south", PRODUCTION),
            ("shed", SANDBOX),
        ]
    }
    for (party, environment), scene in scenes.items():
        homes = world.post("/v1/homes/list", {}, party, environment).json()
        ids = {home["id"] for home in homes}
        others = {other.home for other in scenes.values()} - {scene.home}
        assert scene.home in ids and not others & ids


def test_an_idempotency_key_is_ones_own(world: World) -> None:
    body, key = {"name": "Mine"}, {"Idempotency-Key": "the same everywhere"}
    made = [
        world.post("/v1/homes/create", body, party, environment, headers=key)
        for party, environment in [
            ("north", PRODUCTION),
            ("north", SANDBOX),
            ("south", PRODUCTION),
            ("shed", SANDBOX),
        ]
    ]
    assert all("idempotent-replayed" not in answer.headers for answer in made)
    assert len({answer.json()["id"] for answer in made}) == 4


def test_a_session_is_of_the_tenant_of_its_key(world: World) -> None:
    scene, theirs = world.scene("north"), world.scene("south")
    token = world.post("/v1/onboarding/session-token/generate").json()["sessionToken"]
    headers = {"authorization": f"Bearer {token}"}
    assert world.client.post(f"/v1/homes/{scene.home}/get", headers=headers).status_code == 200
    problem(world.client.post(f"/v1/homes/{theirs.home}/get", headers=headers), 404, "NOT_FOUND")
