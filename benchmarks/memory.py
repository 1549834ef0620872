"""The service: memory of one worker after ten thousand mixed requests."""

import tempfile
from pathlib import Path

from benchmarks.timing import Row
from tests.databases import migrated_url
from tests.proof.mixed import grow
from tests.proof.served import prepare

REQUESTS_COUNT = 10_000
MOST_MB = 250


def memory() -> list[Row]:
    """The row of the service's memory; it takes some minutes."""
    with tempfile.TemporaryDirectory() as folder, migrated_url("sqlite", Path(folder)) as url:
        found = grow(prepare(Path(folder), url), REQUESTS_COUNT)
    assert not found.complaints, found.complaints[0]
    sizes_mb = [size_kb / 1000 for size_kb in found.sizes_kb]
    on_the_way = ", ".join(f"{size_mb:.0f}" for size_mb in sizes_mb)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.most_common())
    row = Row(
        part="memory of the service",
        what=f"one worker over {found.counts.total():,} mixed requests",
        note=f"{on_the_way} MB resident; {counts}",
        bar=f"< {MOST_MB} MB",
        meets=max(sizes_mb) < MOST_MB,
    )
    return [row]
