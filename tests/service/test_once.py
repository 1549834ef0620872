"""The same request twice makes one home; a change of what changed meanwhile is refused."""

from typing import Any

import httpx

from tests.service.envelope import fields, problem
from tests.service.world import World
from tests.storage.rows import all_at_once

CREATE = "/v1/homes/create"


def create(world: World, key: str, body: Any = None, **told: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    return world.post(CREATE, body or {"name": "Once"}, headers=headers, **told)


def count(world: World, name: str) -> int:
    return sum(home["name"] == name for home in world.post("/v1/homes/list").json())


def test_the_same_answer_again(world: World) -> None:
    first = create(world, "again", {"name": "Again"})
    second = create(world, "again", {"name": "Again"})
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert (second.status_code, second.content) == (200, first.content)
    assert second.headers["x-request-id"] != first.headers["x-request-id"]
    assert second.headers["content-type"] == first.headers["content-type"]
    assert count(world, "Again") == 1


def test_the_answer_stays_though_the_home_changed(world: World) -> None:
    first = create(world, "stays").json()
    world.post(f"/v1/homes/{first['id']}/update", {"name": "Other"})
    assert create(world, "stays").json() == first


def test_another_body_under_the_key(world: World) -> None:
    create(world, "another", {"name": "One"})
    told = problem(create(world, "another", {"name": "Two"}), 409, "VALIDATION_FAILED")
    assert "Idempotency-Key" in told["message"]
    assert count(world, "Two") == 0


def test_a_request_that_failed_frees_the_key(world: World) -> None:
    refused = create(world, "freed", {"name": "Freed", "zipcode": "nowhere"})
    assert problem(refused, 400, "VALIDATION_FAILED")
    assert problem(
        create(world, "freed", {"name": "F", "utilityId": "1"}), 400, "VALIDATION_FAILED"
    )
    assert create(world, "freed", {"name": "Freed"}).status_code == 200


def test_without_a_key_each_request_counts(world: World) -> None:
    for _ in range(2):
        world.post(CREATE, {"name": "Twice"})
    assert count(world, "Twice") == 2


def test_keys_that_are_no_keys(world: World) -> None:
    for key in ("", "x" * 256):
        told = problem(create(world, key), 400, "VALIDATION_FAILED")
        assert fields(told) == ["Idempotency-Key"]
    assert create(world, "x" * 255).status_code == 200


def test_other_routes_do_not_look_at_the_key(world: World) -> None:
    home = create(world, "looked at").json()
    path = f"/v1/homes/{home['id']}/update"
    for city in ("A", "B"):
        answer = world.post(path, {"city": city}, headers={"Idempotency-Key": "looked at"})
        assert answer.json()["city"] == city


def test_two_at_the_same_moment_make_one_home(world: World) -> None:
    answers = all_at_once([lambda: create(world, "same moment", {"name": "Moment"})] * 4)
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 3
    assert count(world, "Moment") == 1


def test_a_change_of_the_version_that_was_read(world: World) -> None:
    home = create(world, "version").json()
    path = f"/v1/homes/{home['id']}/update"
    for form in ("{}", '"{}"', " {} "):
        headers = {"If-Match": form.format(home["updatedAt"]).strip()}
        home = world.post(path, {"city": form}, headers=headers).json()
        assert home["city"] == form
    assert world.post(path, {"city": "any"}, headers={"If-Match": "*"}).status_code == 200


def test_a_change_of_an_older_version(world: World) -> None:
    home = create(world, "older").json()
    path = f"/v1/homes/{home['id']}/update"
    changed = world.post(path, {"city": "first"}).json()
    answer = world.post(path, {"city": "second"}, headers={"If-Match": home["updatedAt"]})
    told = problem(answer, 409, "VALIDATION_FAILED")
    assert "read it again" in told["message"]
    assert world.post(f"/v1/homes/{home['id']}/get").json() == changed


def test_two_changes_of_one_version(world: World) -> None:
    home = create(world, "two changes").json()
    path = f"/v1/homes/{home['id']}/update"
    headers = {"If-Match": home["updatedAt"]}
    answers = all_at_once(
        [lambda n=n: world.post(path, {"city": f"of {n}"}, headers=headers) for n in range(4)]
    )
    (won,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert [answer.status_code for answer in answers].count(409) == 3
    assert world.post(f"/v1/homes/{home['id']}/get").json() == won


def test_a_version_that_is_none(world: World) -> None:
    home = create(world, "none").json()
    for version in ("yesterday", "W/x", "2026-07-01", '"*"'):
        answer = world.post(
            f"/v1/homes/{home['id']}/update", {"city": "x"}, headers={"If-Match": version}
        )
        assert fields(problem(answer, 400, "VALIDATION_FAILED")) == ["If-Match"]
