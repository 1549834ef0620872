"""A year of 15-minute readings from the files that people have."""

from datetime import date

import kwhen
from benchmarks.timing import Row, medians_ms
from tests.usage.writers import PACIFIC, green_button, home, pge, plain

YEAR, DAYS_COUNT = date(2025, 1, 1), 365


def reading() -> list[Row]:
    """Green Button XML, a utility's CSV, plain CSV."""
    facts = home(YEAR, DAYS_COUNT, export=True)
    files = {
        "Green Button XML, import and export": green_button(facts),
        "PG&E's CSV": pge(home(YEAR, DAYS_COUNT)),
        "plain CSV, import and export": plain(facts),
    }
    rows = []
    for name, content in files.items():

        def read(content=content) -> kwhen.Usage:
            return kwhen.read_usage(content, zone=PACIFIC)

        (ours_ms,) = medians_ms(read, calls=1)
        note = f"{len(content) / 1e6:.1f} MB"
        rows.append(Row(part="reading a year of files", what=name, kwhen_ms=ours_ms, note=note))
    return rows
