"""Memory of one worker under everything that it is asked for, in turn and at once."""

from collections.abc import Callable
from pathlib import Path

from tests.databases import migrated_url
from tests.proof.amounts import REQUESTS
from tests.proof.mixed import grow
from tests.proof.served import prepare

MOST_KB = 250 * 1000


def test_a_worker_stays_small(tmp_path: Path, tell: Callable[[str], None]) -> None:
    with migrated_url("sqlite", tmp_path) as url:
        found = grow(prepare(tmp_path, url), REQUESTS)
    told = ", ".join(f"{size_kb / 1000:.0f}" for size_kb in found.sizes_kb)
    count = found.counts.total()
    tell(f"Memory of a worker over {count} requests {dict(found.counts)}: {told} MB")
    assert not found.complaints, found.complaints[0]
    assert max(found.sizes_kb) < MOST_KB
