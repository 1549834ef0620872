"""Who asks is settled first on every route: before the body, before the ids."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from kwhen.operations.credentials import SESSION_SCOPES, create_key, create_session, revoke_key
from kwhen.operations.keyring import new_secret
from kwhen.records import EVERY_SCOPE, CredentialKind, Scope
from tests.deployments import other
from tests.service.described import KEYED, ROUTES, Place, Route, Who, with_key
from tests.service.envelope import problem
from tests.service.world import Scene, World

MISSING, INVALID = "AUTH_MISSING_API_KEY", "AUTH_INVALID_API_KEY"
EXPIRED, REVOKED = "AUTH_EXPIRED_CREDENTIAL", "AUTH_REVOKED_CREDENTIAL"
LACKING = "AUTH_INSUFFICIENT_SCOPE"
SCOPED = tuple(route for route in KEYED if isinstance(route.who, Scope))
UNKNOWN_IDS = (
    "ws_home_" + "0" * 32, "x", "%00", "a%00b", "%FF", "ws_home_%F0%9F%8F%A0", "a" * 3000, "*",
)  # fmt: skip
NOWHERE = Scene(home="ws_home_" + "0" * 32, partner="nobody", credential="nothing")


@pytest.fixture(scope="module")
def strangers(world: World) -> dict[str, tuple[str, Mapping[str, str | bytes]]]:
    """The code of each kind of stranger, and what they send as a key."""
    orgs = world.orgs
    valid = orgs.key().secret
    session = session_of(world)
    return {
        "no key": (MISSING, {}),
        "Basic": (MISSING, {"authorization": f"Basic {valid}"}),
        "empty key": (INVALID, with_key("")),
        "malformed key": (INVALID, with_key("wsk_live_")),
        "mistyped key": (INVALID, with_key(valid[:-1] + ("1" if valid[-1] == "0" else "0"))),
        "bytes beyond ASCII": (INVALID, {"x-ws-api-key": b"wsk_live_\xe4\xff"}),
        "unknown key": (INVALID, with_key(new_secret(CredentialKind.LIVE))),
        "hash of a key": (INVALID, with_key(orgs.deployment.keyring.hash_of(valid))),
        "id of a key": (INVALID, with_key(orgs.key().credential.id)),
        "key as token": (INVALID, {"authorization": f"Bearer {valid}"}),
        "token as key": (INVALID, with_key(session)),
        "empty token": (INVALID, {"authorization": "Bearer"}),
        "unknown token": (
            INVALID,
            {"authorization": f"Bearer {new_secret(CredentialKind.SESSION)}"},
        ),
        "expired key": (EXPIRED, with_key(expired(world))),
        "revoked key": (REVOKED, with_key(revoked(world))),
        "token of a revoked key": (
            REVOKED,
            {"authorization": f"Bearer {session_of(world, is_revoked=True)}"},
        ),
        "wrong key, right token": (INVALID, with_key("x") | {"authorization": f"Bearer {session}"}),
    }


def expired(world: World) -> str:
    """A key of north that ended a second ago."""
    now = world.deployment.clock()
    before = other(world.deployment, clock=lambda: now - timedelta(hours=1))
    with before.writing(world.orgs.tenant()) as work:
        ends_at = now - timedelta(seconds=1)
        return create_key(work, name="old", expires_at=ends_at).secret


def revoked(world: World) -> str:
    """A key of north that was revoked."""
    issued = world.orgs.new_key()
    with world.deployment.writing(world.orgs.tenant()) as work:
        revoke_key(work, issued.credential.id)
    return issued.secret


def session_of(
    world: World, scopes: frozenset[Scope] = EVERY_SCOPE, *, is_revoked: bool = False
) -> str:
    """A session token of a fresh key of north."""
    parent = world.orgs.new_key(scopes=scopes).credential
    with world.deployment.writing(world.orgs.tenant()) as work:
        token = create_session(work, parent, "user_1").secret
        if is_revoked:
            revoke_key(work, parent.id)
    return token


@pytest.mark.parametrize("route", KEYED, ids=str)
def test_strangers_are_told_so_whatever_they_send(
    world: World,
    strangers: dict[str, tuple[str, Mapping[str, str | bytes]]],
    route: Route,
) -> None:
    for code, headers in strangers.values():
        content = b'{"broken": ' if route.body else None
        answer = route.send(world, content, headers, route.url(NOWHERE))
        told = problem(answer, 401, code)
        assert answer.headers["www-authenticate"] and "ratelimit" not in answer.headers
        if code == MISSING:
            assert told["message"] == "Missing x-ws-api-key header."


@pytest.mark.parametrize("route", SCOPED, ids=str)
def test_a_key_needs_the_scope(world: World, route: Route) -> None:
    assert isinstance(route.who, Scope)
    scene = world.scene(environment=route.environment)
    lacking = world.headers("north", route.environment, EVERY_SCOPE - {route.who})
    told = problem(route.ask(world, scene, lacking), 403, LACKING)
    assert route.who.value in told["message"]
    broken = route.send(world, b'{"broken": ', lacking, route.url(NOWHERE))
    assert problem(broken, 403, LACKING)
    enough = world.headers("north", route.environment, {route.who})
    assert route.ask(world, scene, enough).status_code == route.status


@pytest.mark.parametrize("route", SCOPED, ids=str)
def test_a_session_has_the_scopes_of_its_key_but_for_some(world: World, route: Route) -> None:
    assert isinstance(route.who, Scope)
    scene = world.scene()
    lacking = {"authorization": f"Bearer {session_of(world, EVERY_SCOPE - {route.who})}"}
    assert problem(route.ask(world, scene, lacking), 403, LACKING)
    full = {"authorization": f"bearer  {session_of(world)}"}
    answer = route.ask(world, scene, full)
    if route.who not in SESSION_SCOPES:
        assert problem(answer, 403, LACKING)
    elif route.path.endswith("/remove"):
        assert problem(answer, 403, "FORBIDDEN")  # homes of production stay
    else:
        assert answer.status_code == route.status


def test_a_session_does_not_end_its_key(world: World) -> None:
    issued = world.orgs.new_agent_key("north")
    path = f"/v1/agent-credentials/{issued.credential.id}/revoke"
    minting = "/v1/onboarding/session-token/generate"
    token = world.client.post(minting, headers=with_key(issued.secret)).json()["sessionToken"]
    answer = world.client.post(path, headers={"authorization": f"Bearer {token}"})
    assert problem(answer, 403, LACKING)
    assert world.client.post(path, headers=with_key(issued.secret)).status_code == 200


@pytest.mark.parametrize("route", [r for r in ROUTES if r.who is Who.ANYBODY], ids=str)
def test_open_routes_ask_for_no_key(world: World, route: Route) -> None:
    for headers in ({}, with_key("nonsense")):
        answer = route.ask(world, world.scene(), headers)
        assert answer.status_code == route.status
        assert answer.headers["ratelimit"]


@pytest.mark.parametrize("route", [r for r in KEYED if Place.PATH in r.names.values()], ids=str)
def test_an_id_that_is_not_there_is_not_found(world: World, route: Route) -> None:
    scene = world.scene(environment=route.environment)
    headers = world.headers(environment=route.environment)
    for unknown in UNKNOWN_IDS:
        url = route.url(Scene(home=unknown, partner=scene.partner, credential=unknown))
        assert problem(route.send(world, route.content(scene), headers, url), 404, "NOT_FOUND")


def test_a_plan_that_is_not_there_is_not_found(world: World) -> None:
    (route,) = (route for route in ROUTES if "{ratePlanId}" in route.path)
    scene = world.scene()
    for unknown in UNKNOWN_IDS:
        url = route.path.replace("{ratePlanId}", unknown)
        answer = route.send(world, route.content(scene), world.headers(), url)
        assert problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    "path",
    ["/v1", "/v1/homes", "/v1/homes/", "/v1/homes/create/", "/V1/homes/create", "/v2/x"],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_path_that_is_no_route(world: World, method: str, path: str) -> None:
    told = problem(world.client.request(method, path), 404, "NOT_FOUND")
    assert path in told["message"]


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_a_method_that_a_path_does_not_take(world: World, path: str) -> None:
    takes = {route.method for route in ROUTES if route.path == path}
    url = path.replace("{id}", "x").replace("{ratePlanId}", "x")
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"} - takes:
        answer = world.client.request(method, url)
        told = problem(answer, 405, "NOT_FOUND")
        assert set(answer.headers["allow"].split(", ")) == takes
        assert method in told["message"]
    answer = world.client.head(url)
    assert (answer.status_code, answer.headers["allow"]) == (405, ", ".join(sorted(takes)))
    assert answer.headers["x-request-id"]


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_watching_takes_get_alone(world: World, path: str) -> None:
    assert world.client.get(path).status_code == 200
    answer = world.client.post(path)
    assert problem(answer, 405, "NOT_FOUND")
    assert answer.headers["allow"] == "GET"
