"""Every route that the service has is described, so that the tests ask it; and answers rightly."""

import json
import re

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from kwhen.service.app import create_app
from kwhen.service.door import DoorRoute
from tests.service.described import (
    ROUTES,
    UNGATED,
    Place,
    Route,
    Who,
    gated_routes,
    models_in,
    models_of,
    ungated_routes,
)
from tests.service.world import World

# Ids that are nobody's: of plans, of utilities, and the caller's own words.
NOT_A_TENANTS = {
    "ratePlanId", "utilityId", "UtilityId", "userId", "clientId", "meterId", "request_id",
    "operation_id",
}  # fmt: skip
IS_ID = re.compile(r".*(Id|Ids|_id|_ids)|after|id")


@pytest.fixture(scope="module")
def app(world: World) -> FastAPI:
    return create_app(world.deployment)


def who_of(route: DoorRoute) -> object:
    """Whom a route lets in."""
    if route.needed is None:
        return Who.ANYBODY
    return route.needed.scope or Who.ANY_KEY


def ids_in(model: type[BaseModel], seen: frozenset[type[BaseModel]] = frozenset()) -> set[str]:
    """Names of a model's fields, and of the models inside it, that look like ids."""
    found = set()
    for name, field in model.model_fields.items():
        shown = field.alias or name
        if IS_ID.fullmatch(shown):
            found.add(shown)
        for inner in models_in(field.annotation):
            if inner not in seen:
                found |= ids_in(inner, seen | {model})
    return found


def test_every_gated_route_is_described(app: FastAPI) -> None:
    held = {
        (method, route.path, who_of(route))
        for route in gated_routes(app)
        for method in route.methods
    }
    assert held == {(route.method, route.path, route.who) for route in ROUTES}


def test_the_routes_that_are_not_gated_are_known(app: FastAPI) -> None:
    assert {route.path for route in ungated_routes(app)} == UNGATED


def test_every_id_in_a_path_is_described(app: FastAPI) -> None:
    for route in ROUTES:
        in_path = set(re.findall(r"{(\w+)}", route.path)) - {"ratePlanId"}
        named = [name for name, place in route.names.items() if place is Place.PATH]
        assert len(in_path) == len(named), route


def test_every_id_in_a_body_is_described(app: FastAPI) -> None:
    by_name = {(route.method, route.path): route for route in ROUTES}
    for route in gated_routes(app):
        ids: set[str] = set().union(*map(ids_in, models_of(route)))
        described = by_name[next(iter(route.methods)), route.path]
        named = [name for name, place in described.names.items() if place is not Place.PATH]
        assert len(ids - NOT_A_TENANTS) == len(named), (str(described), ids)


def test_every_body_is_described(app: FastAPI) -> None:
    by_name = {(route.method, route.path): route for route in ROUTES}
    for route in gated_routes(app):
        has_body = any(True for _ in models_of(route))
        assert has_body == (by_name[next(iter(route.methods)), route.path].body is not None), route


def test_idempotent_routes_are_described(app: FastAPI) -> None:
    held = {route.path for route in gated_routes(app) if getattr(route, "is_idempotent", False)}
    assert held == {route.path for route in ROUTES if route.is_once}


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_a_right_request_is_answered(world: World, route: Route) -> None:
    answer = route.ask(world, world.scene(environment=route.environment))
    assert answer.status_code == route.status, answer.text
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["ratelimit"] and answer.headers["ratelimit-policy"]
    if Place.LINE in route.names.values():
        assert all("error" not in json.loads(line) for line in answer.text.splitlines())
