"""Many 15-minute home-years at once, one core, and the memory that takes."""

import tracemalloc
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import kwhen
from benchmarks.rates import OPTIONS, RATES
from benchmarks.single import PER_HOUR, SAME_USD, SOLAR_PEAK_KW, pysam_sides
from benchmarks.timing import Row, against, medians_ms
from tests.differential.homes import load_kw, solar_kw
from tests.sam import FIRST_DAY, SamRate, sam_bill, sam_channels, sam_tariff

Floats = NDArray[np.float64]

BATCH_BAR = 100.0
DIFFERENT_HOMES_COUNT = 20  # the batch repeats them, each scaled by a factor of its own
MEGABYTE = 1e6


def batches(homes: int) -> list[Row]:
    """Each rate under NEM and net billing, per home; then memory beyond the arrays given."""
    loads = np.stack([load_kw(seed, PER_HOUR) for seed in range(DIFFERENT_HOMES_COUNT)])
    gens = np.stack([solar_kw(n, PER_HOUR, SOLAR_PEAK_KW) for n in range(DIFFERENT_HOMES_COUNT)])
    rows, memory = [], []
    for option_name, option in OPTIONS.items():
        given = _channels(option, loads, gens, homes)
        for rate_name, rate in RATES.items():
            name = f"{rate_name}, {option_name}"
            rows.append(_row(name, replace(rate, option=option), loads, gens, given))
            memory.append(_memory(name, replace(rate, option=option), given))
    return rows + memory


def _channels(option: int, loads: Floats, gens: Floats, homes: int) -> tuple[Floats, Floats]:
    """Import and export of all homes. (H, N) each [kWh]"""
    found = np.empty((2, homes, loads.shape[1]))
    for number in range(homes):
        own = number % len(loads)
        scale = 1 + number // len(loads) / homes
        found[:, number] = sam_channels(option, loads[own] * scale, gens[own] * scale)
    return found[0], found[1]


def _row(
    name: str, rate: SamRate, loads: Floats, gens: Floats, given: tuple[Floats, Floats]
) -> Row:
    tariff, homes = sam_tariff(rate), len(given[0])

    def billed() -> kwhen.Bill:
        return kwhen.bill(tariff, *given, start=FIRST_DAY, calendar="sam")

    alone = sam_bill(rate, loads[0], gens[0])
    if not abs(billed().total_usd[0] - alone.total_usd) <= SAME_USD:
        raise SystemExit(f"{name}: the first home of the batch is not billed as it is alone")
    executed, _ = pysam_sides(rate, loads[0], gens[0])
    ours_ms, theirs_ms = medians_ms(billed, executed, calls=1)
    return against(
        f"per home in a batch of {homes:,}, one core",
        name,
        ours_ms / homes,
        theirs_ms,
        BATCH_BAR,
        f"batch {ours_ms:.0f} ms",
    )


def _memory(name: str, rate: SamRate, given: tuple[Floats, Floats]) -> Row:
    tariff = sam_tariff(rate)
    tracemalloc.start()
    kept = kwhen.bill(tariff, *given, start=FIRST_DAY, calendar="sam")
    now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del kept
    size = sum(array.nbytes for array in given)
    note = (
        f"arrays given {size / MEGABYTE:.0f} MB, at most {peak / MEGABYTE:.1f} MB more, "
        f"the bills keep {now / MEGABYTE:.1f} MB"
    )
    return Row(part=f"memory of a batch of {len(given[0]):,}", what=name, note=note)
