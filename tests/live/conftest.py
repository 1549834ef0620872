"""A local server, and a web whose clock stands still and whose sleeps are written down."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kwhen.catalog.http import Web
from tests.live.server import LiveServer


@dataclass
class World:
    """The time, and the pauses that were asked for."""

    now_s: float = 1_790_000_000.0  # 2026-09-21
    pauses: list[float] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[LiveServer]:
    found = LiveServer()
    yield found
    found.close()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def web(world: World) -> Callable[..., Web]:
    def make(*, cache: Path | None = None, **changes) -> Web:
        return Web(
            clock=lambda: world.now_s,
            cache=cache,
            sleep=world.pauses.append,
            chance=lambda: 0.5,
            **({"timeout_s": 5.0, "attempts": 4} | changes),
        )

    return make
