"""Bodies are read within their limit, whatever they would become."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
import zstandard

from kwhen.service.requests import LARGEST_PLAIN_BYTES
from tests.service.described import WITH_BODY, Route
from tests.service.envelope import problem
from tests.service.world import Scene, World

MIB_BYTES = 1024 * 1024
MOST_BYTES = 3 * MIB_BYTES  # of the bodies with arrays, in these tests
BOMB_MIB_COUNT = 1024

Encode = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def kind() -> str:
    """One database is enough: bodies are read before it is asked."""
    return "sqlite"


def zstd(content: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(content)


ENCODINGS: dict[str, Encode] = {"gzip": gzip.compress, "zstd": zstd}


def zstd_stream(content: bytes) -> bytes:
    """A frame that does not say how long its content is."""
    writer = zstandard.ZstdCompressor().compressobj()
    return writer.compress(content) + writer.flush()


def bomb(encoding: str) -> bytes:
    """A gibibyte of blanks that weighs little."""
    blanks = b" " * MIB_BYTES
    if encoding == "zstd":
        writer = zstandard.ZstdCompressor().compressobj()
        return b"".join([*(writer.compress(blanks) for _ in range(BOMB_MIB_COUNT)), writer.flush()])
    held = io.BytesIO()
    with gzip.GzipFile(fileobj=held, mode="wb") as file:
        for _ in range(BOMB_MIB_COUNT // 16):  # of lesser use than zstd's
            file.write(blanks)
    return held.getvalue()


@pytest.fixture(scope="module")
def small(world: World) -> Iterator[World]:
    """A service that takes bodies of 3 MiB."""
    with world.elsewhere(max_body_bytes=MOST_BYTES) as found:
        yield found


@pytest.fixture(scope="module")
def scenes(world: World) -> dict[str, Scene]:
    """Things of both environments."""
    environments = {route.environment for route in WITH_BODY}
    return {found: world.scene(environment=found) for found in environments}


def post(
    world: World, route: Route, scene: Scene, content: bytes | Iterator[bytes], **headers: str
):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    key = world.headers(environment=route.environment)
    return route.send(world, content, key | named, route.url(scene))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_compressed_bodies_are_read(small: World, route: Route, encoding: str) -> None:
    scene = small.scene(environment=route.environment)
    content = route.content(scene)
    assert content is not None
    squeezed = ENCODINGS[encoding](content)
    answer = post(small, route, scene, squeezed, content_encoding=encoding.upper())
    assert answer.status_code == route.status, answer.text
    for cut in (squeezed[:-1], squeezed[: len(squeezed) // 2], squeezed[:3]):
        answer = post(small, route, scene, cut, content_encoding=encoding)
        assert problem(answer, 400, "VALIDATION_FAILED")
    for wrong in (squeezed + b"x", squeezed + squeezed, b"x" + squeezed, content):
        answer = post(small, route, scene, wrong, content_encoding=encoding)
        assert problem(answer, 400, "VALIDATION_FAILED")


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_a_body_over_the_limit(small: World, route: Route, scenes: dict[str, Scene]) -> None:
    scene = scenes[route.environment]
    too_long = b" " * (MOST_BYTES + 1)
    answer = post(small, route, scene, too_long)
    told = problem(answer, 413, "VALIDATION_FAILED")
    assert "larger than" in told["message"]
    chunks = (too_long[at : at + 100_000] for at in range(0, len(too_long), 100_000))
    assert problem(post(small, route, scene, chunks), 413, "VALIDATION_FAILED")
    for encoding, encode in ENCODINGS.items():
        answer = post(small, route, scene, encode(too_long), content_encoding=encoding)
        assert problem(answer, 413, "VALIDATION_FAILED")


def test_the_setting_holds_for_bodies_without_arrays_too(world: World) -> None:
    content = b'{"name": "x"}' + b" " * 5000
    with world.elsewhere(max_body_bytes=4096) as narrow:
        answer = narrow.client.post("/v1/homes/create", content=content, headers=world.headers())
    assert problem(answer, 413, "VALIDATION_FAILED")
    assert world.post("/v1/homes/create", content=content).status_code == 200


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_bomb_takes_little_memory(world: World, scenes: dict[str, Scene], encoding: str) -> None:
    (route,) = (route for route in WITH_BODY if route.path == "/v1/homes/create")
    content = bomb(encoding)
    assert len(content) < LARGEST_PLAIN_BYTES  # which is refused by itself
    tracemalloc.start()
    answer = post(world, route, scenes[route.environment], content, content_encoding=encoding)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert problem(answer, 413, "VALIDATION_FAILED")
    assert peak_bytes < 16 * LARGEST_PLAIN_BYTES


@pytest.mark.parametrize("route", WITH_BODY, ids=str)
def test_types_and_encodings_that_are_not_read(
    world: World, route: Route, scenes: dict[str, Scene]
) -> None:
    scene = scenes[route.environment]
    content = route.content(scene)
    assert content is not None
    for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded", "json"):
        told = problem(
            post(world, route, scene, content, content_type=kind), 415, "VALIDATION_FAILED"
        )
        assert kind in told["message"]
    for encoding in ("br", "gzip, zstd", "gzip,gzip"):
        told = problem(
            post(world, route, scene, content, content_encoding=encoding), 415, "VALIDATION_FAILED"
        )
        assert encoding in told["message"]


@pytest.mark.parametrize(
    "media", ["", "application/json; charset=utf-8", "APPLICATION/JSON", "application/vnd.x+json"]
)
def test_types_that_are_json(world: World, scenes: dict[str, Scene], media: str) -> None:
    for route in WITH_BODY:
        if route.path in ("/v1/homes/{id}/update", "/v1/homes/{id}/calculate/impact"):
            scene = scenes[route.environment]
            content = json.dumps(json.loads(route.content(scene) or b"")).encode()
            assert post(world, route, scene, content, content_type=media).status_code == 200


def test_heads_that_are_too_long(world: World) -> None:
    path = "/v1/homes/list?" + "a" * 9000
    assert problem(world.client.post(path), 414, "VALIDATION_FAILED")
    answer = world.client.post("/v1/homes/list", headers={"x-padding": "a" * 40_000})
    assert problem(answer, 431, "VALIDATION_FAILED")
    answer = world.post("/v1/homes/list", headers={"x-padding": "a" * 30_000})
    assert answer.status_code == 200


def test_zstd_frames_that_do_not_tell_their_length(world: World, scenes: dict[str, Scene]) -> None:
    (route,) = (route for route in WITH_BODY if route.path == "/v1/homes/create")
    scene = scenes[route.environment]
    content = route.content(scene)
    assert content is not None
    answer = post(world, route, scene, zstd_stream(content), content_encoding="zstd")
    assert answer.status_code == 200, answer.text
