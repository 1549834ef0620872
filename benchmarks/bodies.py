"""Reading the body of a request: a year of usage and export, against a general JSON parser."""

import json

import numpy as np
import orjson

from benchmarks.timing import Row, medians_ms
from kwhen.wire.intervals import read_intervals

DAYS_COUNT, CELLS_COUNT = 365, 96
BAR_RATIO = 1.0


def bodies() -> list[Row]:
    """Bodies of several spellings, and one with a bad cell that the exact reader names."""
    usage, export = year()
    several = {
        "3 decimals": body(usage.round(3), export.round(3)),
        "4 decimals": body(usage.round(4), export.round(4)),
        "all digits": body(usage, export),
        "4 decimals, spaces": body(usage.round(4), export.round(4), separators=(", ", ": ")),
    }
    rows = [_row(what, content) for what, content in several.items()]
    damaged = several["4 decimals"].replace(b"]]", b",null]]", 1)
    return [*rows, _row("4 decimals, one day too long", damaged, has_bar=False)]


def year() -> tuple[np.ndarray, np.ndarray]:
    """Usage, and the export of a home with solar: zero from evening to morning."""
    rng = np.random.default_rng(0)
    usage = rng.gamma(2.0, 0.2, (DAYS_COUNT, CELLS_COUNT))
    light = np.clip(np.sin((np.arange(CELLS_COUNT) - 26) / 44 * np.pi), 0.0, None)  # (96,)
    light[:26] = 0.0
    light[70:] = 0.0
    return usage, light * rng.uniform(0.2, 1.4, (DAYS_COUNT, CELLS_COUNT))


def body(usage: np.ndarray, export: np.ndarray, separators: tuple[str, str] = (",", ":")) -> bytes:
    """What a client sends for a calculation of its impact."""
    fields = {
        "usage": usage.tolist(),
        "export": export.tolist(),
        "startDate": "2025-01-01",
        "endDate": "2026-01-01",
        "home": {"ratePlanId": "0" * 24, "zipcode": "94107"},
    }
    return json.dumps(fields, separators=separators).encode()


def _row(what: str, content: bytes, *, has_bar: bool = True) -> Row:
    assert bool(read_intervals(content).problems) != has_bar
    ours_ms, theirs_ms = medians_ms(
        lambda: read_intervals(content), lambda: orjson.loads(content), calls=10
    )
    ratio = ours_ms / theirs_ms
    note = f"{len(content) / 1e3:.0f} kB; orjson.loads {theirs_ms:.3f} ms, {ratio:.2f} × of it"
    return Row(
        part="reading the body of a request, a year of usage and export",
        what=what,
        kwhen_ms=ours_ms,
        note=note,
        bar=f"≤ {BAR_RATIO:g} × orjson" if has_bar else "",
        meets=ratio <= BAR_RATIO if has_bar else None,
    )
