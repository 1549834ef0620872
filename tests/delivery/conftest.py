"""A deployment with a webhook to a receiver of the test, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import KINDS
from tests.delivery.place import Place, place_at
from tests.delivery.receiver import Receiver, receiving


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def place(kind: str, receiver: Receiver, tmp_path: Path) -> Iterator[Place]:
    with place_at(kind, receiver, tmp_path) as found:
        yield found
