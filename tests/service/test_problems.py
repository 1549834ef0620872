"""Every error on every route where it can happen: its status, its code, and what to do next."""

import gzip
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import pytest

from kwhen.operations.keyring import new_id
from kwhen.records import EVERY_SCOPE, Scope
from kwhen.service.app import create_app
from kwhen.service.openapi import document
from tests.service.described import NDJSON, ROUTES, Place, Route, Who
from tests.service.envelope import problem
from tests.service.world import KEY, Scene, World

INVALID, NOT_FOUND = "VALIDATION_FAILED", "NOT_FOUND"
NOWHERE = Scene(home="ws_home_" + "0" * 32, partner="nobody", credential="ws_agent_cred_0")
MOST_BYTES = 3 * 1024 * 1024
# A home is read without a body, a version or a plan; feedback is refused to nobody.
TOLD_THOUGH_IT_CANNOT = {("/v1/homes/{id}/get", "400"), ("/v1/feedback", "403")}


@dataclass(frozen=True, kw_only=True)
class Worlds:
    """The service as it is, and as an operator or a misfortune may have it."""

    usual: World
    strict: World  # one request a minute, bodies of 3 MiB
    closed: World  # no sandboxes for programs
    broken: World  # its clock raises


@dataclass(frozen=True, kw_only=True)
class Case:
    """An error, where it can happen, and a request that meets it."""

    status: int
    code: str
    applies: Callable[[Route], bool]
    ask: Callable[[Worlds, Route, Scene], httpx.Response]


def no_clock() -> datetime:
    raise ZeroDivisionError("the secret inside")


@pytest.fixture(scope="module")
def kind() -> str:
    """One database is enough: what depends on it is in other modules."""
    return "sqlite"


@pytest.fixture(scope="module")
def worlds(world: World) -> Iterator[Worlds]:
    with ExitStack() as stack:
        elsewhere = [
            stack.enter_context(world.elsewhere(**told))
            for told in (
                {
                    "rate_limit_per_minute": 1,
                    "open_rate_limit_per_minute": 1,
                    "max_body_bytes": MOST_BYTES,
                },
                {"agent_credentials": False},
                {"clock": no_clock, "is_broken": True},
            )
        ]
        yield Worlds(usual=world, strict=elsewhere[0], closed=elsewhere[1], broken=elsewhere[2])


def has_scope(route: Route) -> bool:
    return isinstance(route.who, Scope)


def has_body(route: Route) -> bool:
    return route.body is not None


def headers_of(world: World, route: Route) -> dict[str, str]:
    return world.headers(environment=route.environment)


def send(worlds: Worlds, route: Route, scene: Scene, content: bytes, **named: str) -> Any:
    headers = headers_of(worlds.usual, route) | named
    return route.send(worlds.usual, content, headers, route.url(scene))


def without_scope(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    assert isinstance(route.who, Scope)
    lacking = worlds.usual.headers("north", route.environment, EVERY_SCOPE - {route.who})
    return route.ask(worlds.usual, scene, lacking)


def by_session(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    minting = "/v1/onboarding/session-token/generate"
    made = worlds.usual.post(minting, environment=route.environment).json()
    token = {"authorization": f"Bearer {made['sessionToken']}"}
    return route.ask(worlds.usual, scene, token)


def somebody_new(worlds: Worlds, route: Route) -> dict[str, str]:
    """A key that was not used, or an address from which nobody asked."""
    if route.who is Who.ANYBODY:
        return {"x-forwarded-for": new_id("2001:db8:")}
    return {KEY: worlds.usual.orgs.new_key("north", route.environment).secret}


def too_large(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    squeezed = gzip.compress(b" " * (MOST_BYTES + 1))
    headers = somebody_new(worlds, route) | {"content-encoding": "gzip"}
    return route.send(worlds.strict, squeezed, headers, route.url(scene))


def too_often(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    headers = somebody_new(worlds, route)
    route.ask(worlds.strict, scene, headers)
    return route.ask(worlds.strict, scene, headers)


def used_key(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    key = {"Idempotency-Key": f"of {scene.home}"}
    first = send(worlds, route, scene, route.content(scene) or b"", **key)
    assert first.status_code == route.status
    return send(worlds, route, scene, b'{"name": "another one"}', **key)


def stale(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    headers = headers_of(worlds.usual, route) | {"If-Match": "2020-01-01T00:00:00.000Z"}
    return route.ask(worlds.usual, scene, headers)


def wrong_version(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    headers = headers_of(worlds.usual, route) | {"If-Match": "yesterday"}
    return route.ask(worlds.usual, scene, headers)


def nothing_there(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    url = route.url(NOWHERE).replace("{ratePlanId}", "0" * 24)
    if "{ratePlanId}" in route.path:
        url = route.path.replace("{ratePlanId}", "0" * 24)
    headers = headers_of(worlds.usual, route)
    return route.send(worlds.usual, route.content(scene), headers, url)


def no_plan(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    bare = worlds.usual.scene(environment=route.environment, rate_plan_id=None)
    return route.ask(worlds.usual, bare)


def production_for_programs(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    assert route.body is not None
    wanted = route.body(scene) | {"requested_environment": "production"}
    return worlds.usual.client.post(route.url(scene), json=wanted)


def other_method(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    return worlds.usual.client.request("DELETE", route.url(scene))


def home_of_production(worlds: Worlds, route: Route, scene: Scene) -> httpx.Response:
    return route.ask(worlds.usual, worlds.usual.scene(), worlds.usual.headers())


CASES: dict[str, Case] = {
    "no key": Case(
        status=401,
        code="AUTH_MISSING_API_KEY",
        applies=lambda route: route.who is not Who.ANYBODY,
        ask=lambda worlds, route, scene: route.ask(worlds.usual, scene, {}),
    ),
    "no scope": Case(
        status=403, code="AUTH_INSUFFICIENT_SCOPE", applies=has_scope, ask=without_scope
    ),
    "a session": Case(
        status=403,
        code="AUTH_INSUFFICIENT_SCOPE",
        applies=lambda route: route.who is Who.ANY_KEY,
        ask=by_session,
    ),
    "too often": Case(status=429, code="RATE_LIMITED", applies=lambda route: True, ask=too_often),
    "malformed": Case(
        status=400,
        code=INVALID,
        applies=has_body,
        ask=lambda worlds, route, scene: send(
            worlds, route, scene, b"\n" if route.media_type == NDJSON else b"[]" * 2
        ),
    ),
    "too large": Case(status=413, code=INVALID, applies=has_body, ask=too_large),
    "another type": Case(
        status=415,
        code=INVALID,
        applies=has_body,
        ask=lambda worlds, route, scene: send(
            worlds, route, scene, b"x", **{"content-type": "text/csv"}
        ),
    ),
    "nothing there": Case(
        status=404,
        code=NOT_FOUND,
        applies=lambda route: "{" in route.path,
        ask=nothing_there,
    ),
    "another method": Case(
        status=405, code=NOT_FOUND, applies=lambda route: True, ask=other_method
    ),
    "key of another request": Case(
        status=409, code=INVALID, applies=lambda route: route.is_once, ask=used_key
    ),
    "stale": Case(status=409, code=INVALID, applies=lambda route: route.is_matched, ask=stale),
    "no version": Case(
        status=400, code=INVALID, applies=lambda route: route.is_matched, ask=wrong_version
    ),
    "no plan": Case(
        status=400,
        code=INVALID,
        applies=lambda route: "price_signal" in route.path and Place.PATH in route.names.values(),
        ask=no_plan,
    ),
    "a home of production": Case(
        status=403,
        code="FORBIDDEN",
        applies=lambda route: route.path.endswith("/remove"),
        ask=home_of_production,
    ),
    "switched off": Case(
        status=403,
        code="FORBIDDEN",
        applies=lambda route: route.path == "/v1/agent-credentials",
        ask=lambda worlds, route, scene: route.ask(worlds.closed, scene, {}),
    ),
    "production for programs": Case(
        status=403,
        code="PRODUCTION_ACCESS_DENIED",
        applies=lambda route: route.path == "/v1/agent-credentials",
        ask=production_for_programs,
    ),
    "not foreseen": Case(
        status=500,
        code="INTERNAL_ERROR",
        applies=lambda route: True,
        ask=lambda worlds, route, scene: route.ask(
            worlds.broken, scene, headers_of(worlds.usual, route)
        ),
    ),
}
# The gate has more of them: `test_gate`. Bodies: `test_bodies`, `test_requests`.


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_errors_of_a_route(worlds: Worlds, route: Route) -> None:
    for case in CASES.values():
        if case.applies(route):
            scene = worlds.usual.scene(environment=route.environment)
            told = problem(case.ask(worlds, route, scene), case.status, case.code)
            assert "secret inside" not in str(told)


def test_the_document_tells_the_statuses_that_can_happen(world: World) -> None:
    told = document(create_app(world.deployment).router.routes)
    for route in ROUTES:
        can = {str(case.status) for case in CASES.values() if case.applies(route)}
        listed = set(told["paths"][route.path][route.method.lower()]["responses"])
        more = {status for path, status in TOLD_THOUGH_IT_CANNOT if path == route.path}
        assert listed == can | more | {str(route.status)}, route


def test_a_program_opens_so_many_sandboxes_an_hour(world: World) -> None:
    (route,) = (route for route in ROUTES if route.path == "/v1/agent-credentials")
    scene = world.scene()
    with world.elsewhere(agent_credentials_per_hour=2) as strict:
        answers = [route.ask(strict, scene, {"x-forwarded-for": "203.0.113.8"}) for _ in range(3)]
        another = route.ask(strict, scene, {"x-forwarded-for": "203.0.113.9"})
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    told = problem(answers[2], 429, "RATE_LIMITED")
    assert told["retry_after_seconds"] == int(answers[2].headers["retry-after"]) <= 1800
    assert another.status_code == 200
