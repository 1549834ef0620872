"""What the proof counted is printed at the end: a green line alone does not say how much ran."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import KINDS, migrated_url
from tests.proof.served import Site, prepare

COUNTED: list[str] = []


@pytest.fixture
def tell() -> Callable[[str], None]:
    """Takes a line for the end of the run."""
    return COUNTED.append


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """A fresh deployment with a key, once on SQLite and once on PostgreSQL."""
    with migrated_url(str(request.param), tmp_path) as url:
        yield prepare(tmp_path, url)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if COUNTED:
        terminalreporter.section("proof")
        for line in COUNTED:
            terminalreporter.write_line(line)
