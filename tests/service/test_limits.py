"""What is told of the rate limit, and that every request of a known caller counts."""

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from tests.deployments import Clock
from tests.service.envelope import problem
from tests.service.world import World

LIST = "/v1/homes/list"
POLICY = '"default";q=3;w=60'


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime.now(UTC))


@pytest.fixture
def strict(world: World, clock: Clock) -> Iterator[World]:
    """Three requests a minute."""
    with world.elsewhere(clock=clock, rate_limit_per_minute=3, open_rate_limit_per_minute=3) as one:
        yield one


@pytest.fixture
def key(world: World) -> dict[str, str]:
    """A fresh key of north."""
    return {"x-ws-api-key": world.orgs.new_key().secret}


def limits(answer: httpx.Response) -> tuple[str, str]:
    return answer.headers["ratelimit-policy"], answer.headers["ratelimit"]


def test_what_is_left_is_told(strict: World, key: dict[str, str], clock: Clock) -> None:
    told = [limits(strict.client.post(LIST, headers=key)) for _ in range(3)]
    assert told == [
        (POLICY, '"default";r=2;t=20'),
        (POLICY, '"default";r=1;t=40'),
        (POLICY, '"default";r=0;t=60'),
    ]
    answer = strict.client.post(LIST, headers=key)
    refused = problem(answer, 429, "RATE_LIMITED")
    assert limits(answer) == (POLICY, '"default";r=0;t=60')
    assert refused["retry_after_seconds"] == 20 == int(answer.headers["retry-after"])
    clock.move(seconds=19.5)
    assert problem(strict.client.post(LIST, headers=key), 429, "RATE_LIMITED")[
        "retry_after_seconds"
    ] == 1  # fmt: skip
    clock.move(seconds=1)
    assert strict.client.post(LIST, headers=key).status_code == 200
    assert strict.client.post(LIST, headers=key).status_code == 429


def test_errors_count_and_tell_too(strict: World, key: dict[str, str]) -> None:
    answers = [
        strict.client.post("/v1/homes/nobody/get", headers=key),
        strict.client.post("/v1/homes/create", headers=key, content=b"{"),
        strict.client.post("/v1/homes/create", headers=key, json={}),
    ]
    assert [answer.status_code for answer in answers] == [404, 400, 400]
    assert [answer.headers["ratelimit"][10:13] for answer in answers] == ["r=2", "r=1", "r=0"]
    assert problem(strict.client.post(LIST, headers=key), 429, "RATE_LIMITED")


def test_a_request_without_its_scope_counts(strict: World, world: World) -> None:
    key = {"x-ws-api-key": world.orgs.new_key(scopes=frozenset()).secret}
    statuses = [strict.client.post(LIST, headers=key).status_code for _ in range(4)]
    assert statuses == [403, 403, 403, 429]


def test_keys_and_their_sessions_have_limits_of_their_own(
    strict: World, key: dict[str, str]
) -> None:
    path = "/v1/onboarding/session-token/generate"
    token = strict.client.post(path, headers=key).json()["sessionToken"]
    session = {"authorization": f"Bearer {token}"}
    assert [strict.client.post(LIST, headers=key).status_code for _ in range(3)] == [200, 200, 429]
    assert strict.client.post(LIST, headers=session).status_code == 200


def test_open_routes_count_by_address(strict: World) -> None:
    def send(address: str) -> int:
        headers = {"x-forwarded-for": address}
        body = {"message": "Hello."}
        return strict.client.post("/v1/feedback", json=body, headers=headers).status_code

    assert [send("203.0.113.1") for _ in range(4)] == [201, 201, 201, 429]
    assert send("203.0.113.2") == 201
    assert [send("a-name" * 100) for _ in range(4)] == [201, 201, 201, 429]


def test_watching_is_not_limited(strict: World) -> None:
    for _ in range(5):
        answer = strict.client.get("/healthz")
        assert answer.status_code == 200 and "ratelimit" not in answer.headers


def test_no_limit_tells_nothing(world: World, key: dict[str, str]) -> None:
    with world.elsewhere(rate_limit_per_minute=0) as free:
        answer = free.client.post(LIST, headers=key)
    assert answer.status_code == 200 and "ratelimit" not in answer.headers
