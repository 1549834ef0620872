"""The table in a terminal, in RESULTS.md and as JSON."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import CALLS_COUNT, ROUNDS_COUNT, Row

HEAD = ("", "kwhen ms", "PySAM ms", "ratio", "bar", "", "")


def machine() -> str:
    """Processor and versions, in one line."""
    return (
        f"{processor()}; Python {platform.python_version()}, numpy {np.__version__}, "
        f"NREL-PySAM {version('NREL-PySAM')}; one thread"
    )


def processor() -> str:
    """The processor's name as the system gives it."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def table(rows: Sequence[Row]) -> list[str]:
    """Lines of a plain table, part by part."""
    cells = {row: _cells(row) for row in rows}
    widths = [max(len(line[i]) for line in [HEAD, *cells.values()]) for i in range(len(HEAD))]
    lines = []
    for part, mine in groupby(rows, key=lambda row: row.part):
        lines += [part, _line(HEAD, widths), *(_line(cells[row], widths) for row in mine), ""]
    return lines


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *numbers = zip(cells, widths, strict=True)
    padded = [text.rjust(width) for text, width in numbers[:4]]
    rest = [text.ljust(width) for text, width in numbers[4:]]
    return "  ".join(["  " + first[0].ljust(first[1]), *padded, *rest]).rstrip()


def _cells(row: Row) -> tuple[str, ...]:
    verdict = "" if row.meets is None else "meets" if row.meets else "below the bar"
    ratio = "" if row.ratio is None else f"{row.ratio:.1f} ×"
    return (row.what, _ms(row.kwhen_ms), _ms(row.pysam_ms), ratio, row.bar, verdict, row.note)


def _ms(time_ms: float | None) -> str:
    return "" if time_ms is None else f"{time_ms:.3f}" if time_ms < 10 else f"{time_ms:.1f}"


def markdown(rows: Sequence[Row]) -> str:
    """The page that is kept beside the code."""
    lines = [
        "# Results of the benchmarks",
        "",
        "Written by `python -m benchmarks` (`make bench`).",
        "",
        machine() + ".",
        "",
        f"Medians of {ROUNDS_COUNT} rounds in one process; in a round each side has its turn of "
        f"{CALLS_COUNT} calls (of one call for batches, files and compiling). PySAM's time is "
        "one `execute` of Utilityrate5 with the home's arrays already assigned; the same with "
        "their assignment is in the last column. Bills of both sides are checked to be equal "
        "before they are timed.",
        "",
    ]
    for part, mine in groupby(rows, key=lambda row: row.part):
        lines += [f"## {part[0].upper()}{part[1:]}", "", f"| {' | '.join(HEAD)} |"]
        lines += ["|---|---:|---:|---:|---:|---|---|"]
        lines += [f"| {' | '.join(_cells(row))} |" for row in mine]
        lines += [""]
    return "\n".join(lines)


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Machine and rows for programs."""
    return {"machine": machine(), "rows": [{**asdict(row), "ratio": row.ratio} for row in rows]}
