"""Medians of interleaved runs, and the row of a table that they make."""

import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS_COUNT = 15
CALLS_COUNT = 25  # a turn: so many calls of one side, then of the other; the first find cold caches


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table."""

    part: str
    what: str
    kwhen_ms: float | None = None
    pysam_ms: float | None = None
    note: str = ""
    bar: str = ""  # as the design words it
    meets: bool | None = None  # None: no bar

    @property
    def ratio(self) -> float | None:
        if self.kwhen_ms is None or self.pysam_ms is None:
            return None
        return self.pysam_ms / self.kwhen_ms


def against(part: str, what: str, ours_ms: float, theirs_ms: float, bar: float, note: str) -> Row:
    """A row with a ratio and the bar for it."""
    return Row(
        part=part,
        what=what,
        kwhen_ms=ours_ms,
        pysam_ms=theirs_ms,
        note=note,
        bar=f"≥ {bar:g} ×",
        meets=theirs_ms / ours_ms >= bar,
    )


def medians_ms(
    *sides: Callable[[], object], rounds: int = ROUNDS_COUNT, calls: int = CALLS_COUNT
) -> list[float]:
    """Median time of a call of each side. Turns alternate, A A A A A B B B B B A …; both warm."""
    found: list[list[float]] = [[] for _ in sides]
    for side in sides:
        side()
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for side, times in zip(sides, found, strict=True):
                times += timed_ms(side, calls)
    finally:
        gc.enable()
    return [median(times) for times in found]


def timed_ms(side: Callable[[], object], calls: int) -> Sequence[float]:
    times = []
    for _ in range(calls):
        start = perf_counter()
        side()
        times.append((perf_counter() - start) * 1e3)
    return times
