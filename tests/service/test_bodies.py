"""Bodies that are no JSON, or JSON that no field may hold: a 400 that says where, never a 500."""

import json
from typing import Any

import pytest

from kwhen.service.door import LARGEST_OPEN_BYTES
from tests.service.described import WITH_BODY, Route, first_object, told
from tests.service.envelope import fields
from tests.service.world import Scene, World

# What the JSON reader refuses in any body, and words of the message.
NO_JSON = {
    b'{"name": "cut': "malformed JSON",
    b"{": "malformed JSON",
    b"nonsense": "malformed JSON",
    b"{'name': 'x'}": "malformed JSON",
    b'{"name": "x",}': "malformed JSON",
    b'{"name": "x"} x': "malformed JSON",
    b'{"name": "\xff\xfe"}': "UTF-8",
    b'\xef\xbb\xbf{"name": "x"}': "byte order mark",
    b"\xff\xfe{\x00}\x00": "UTF-8",
    b'{"name": "tab\tinside"}': "malformed JSON",
    b"[" * 100_000: "nested too deep",
    b'{"a":' * 100_000: "nested too deep",
}
# Members that no object may have, and the field that is told.
NO_MEMBER = {
    b'"x": NaN': "x",
    b'"x": Infinity': "x",
    b'"x": -Infinity': "x",
    b'"x": 1e400': "x",
    b'"x": -1e400': "x",
    b'"x": 1' + b"0" * 400: "x",
    b'"x": 1, "x": 1': "x",
    b'"x": {"y": 1, "y": 2}': "x.y",
    b'"x": "nul \\u0000 inside"': "x",
    b'"x": "half \\ud83c of a pair"': "x",
    b'"nul \\u0000": 1': "nul \\x00",
    b'"x": ' + b"[" * 40 + b"]" * 40: "x" + "[0]" * 31,
}
NOT_AN_OBJECT = (b"[]", b"0", b'"text"', b"true", b"[[1, 2]]", b"1e5")
BLANK = (b"", b" \r\n\t", b"null")
ODD_VALUES: tuple[Any, ...] = (
    None, True, -1, 10**30, "text", "2026-13-45", "9999-12-31", [[None]],
)  # fmt: skip


@pytest.fixture(scope="module")
def kind() -> str:
    """One database is enough: what is stored is in `test_stored_values`."""
    return "sqlite"


@pytest.fixture(scope="module")
def scenes(world: World) -> dict[str, Scene]:
    """Things of both environments."""
    environments = {route.environment for route in WITH_BODY}
    return {found: world.scene(environment=found) for found in environments}


OPEN = ("/v1/agent-credentials", "/v1/feedback")


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_what_is_no_json(world: World, scenes: dict[str, Scene], route: Route) -> None:
    for content, words in NO_JSON.items():
        if len(content) > LARGEST_OPEN_BYTES and route.path in OPEN:
            continue  # longer than a stranger may send
        found = told(world, route, scenes[route.environment], content)
        assert found and words in found["message"], (content[:40], found)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_members_that_nothing_may_hold(
    world: World, scenes: dict[str, Scene], route: Route
) -> None:
    scene = scenes[route.environment]
    right = json.dumps(first_object(route, scene)).encode()
    for member, field in NO_MEMBER.items():
        found = told(world, route, scene, right[:-1] + b", " + member + b"}")
        assert found and fields(found) == [field], (member[:40], found)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_json_that_is_no_object(world: World, scenes: dict[str, Scene], route: Route) -> None:
    for content in NOT_AN_OBJECT:
        found = told(world, route, scenes[route.environment], content)
        assert found and "object" in found["message"], (content, found)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_no_body_at_all(world: World, route: Route) -> None:
    for content in BLANK:
        found = told(world, route, world.scene(environment=route.environment), content)
        assert (found is not None) == route.is_body_required, (content, found)


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_fields_that_are_not_known_are_ignored(world: World, route: Route) -> None:
    scene = world.scene(environment=route.environment)
    body = first_object(route, scene) | {"notAField": {"deep": [1, None]}, "": 1, "id": "x"}
    assert told(world, route, scene, json.dumps(body).encode()) is None


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_any_value_in_a_field_is_taken_or_told(
    world: World, scenes: dict[str, Scene], route: Route
) -> None:
    """Whatever a field holds, the answer is right, or an error in its shape."""
    scene = scenes[route.environment]
    right = first_object(route, scene)
    refused = [
        (name, value)
        for name in right
        for value in ODD_VALUES
        if told(world, route, scene, json.dumps(right | {name: value}).encode()) is not None
    ]
    assert len(refused) > len(right) * len(ODD_VALUES) / 3  # most of them are wrong anywhere
