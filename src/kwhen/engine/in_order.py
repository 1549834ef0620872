"""Tiers filled in the order of time: each kWh meets the price of the tier it falls into."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.compiled import Compiled
from kwhen.engine.kept import kept_with
from kwhen.engine.layout import EnergyGroup
from kwhen.engine.metered import Metered
from kwhen.engine.sheet import slice_of
from kwhen.engine.tariff import EnergyCharge
from kwhen.engine.words import TierScope

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOMES_AT_ONCE_COUNT = 32  # their runs stay in the processor's cache between passes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Filling:
    """The runs of one pooled charge in the order of time. A run lies in one bin: R' of them."""

    runs: slice
    segment_run: Ints  # (R',) first run of the segment that holds each run, from the slice's start
    pool: Ints  # (R',) whose ladder it meets
    runs_by_bin: Ints  # (R',)
    bin_start: Ints  # (b,) in that order
    rows: Ints | slice  # (b,) row of each bin


@kept_with
def _fillings(plan: Compiled) -> tuple[_Filling, ...]:
    return tuple(
        _filling(plan, number) for number, group in enumerate(plan.energy) if _is_pooled(group)
    )


def _is_pooled(group: EnergyGroup) -> bool:
    charge = group.charge
    has_tiers = group.ceiling_kwh.shape[2] > 1
    return isinstance(charge, EnergyCharge) and charge.scope is TierScope.CYCLE and has_tiers


def _filling(plan: Compiled, number: int) -> _Filling:
    sheet, bins = plan.sheet, plan.sheet.bins
    mine = np.flatnonzero(bins.group_index == number)  # bins
    row_of_bin = np.zeros(len(bins.start), dtype=np.int64)
    row_of_bin[sheet.bin_of_row] = np.arange(len(sheet.bin_of_row))
    edges = np.append(bins.start, len(bins.run))
    runs = bins.run[edges[mine[0]] : edges[mine[-1] + 1]]
    first = int(runs.min())
    bin_of_run = np.empty(len(runs), dtype=np.int64)
    bin_of_run[runs - first] = np.repeat(mine, np.diff(edges)[mine])
    _, start, inverse = np.unique(bins.segment[bin_of_run], return_index=True, return_inverse=True)
    return _Filling(
        runs=slice(first, first + len(runs)),
        segment_run=start[inverse],
        pool=sheet.pool_of_row[row_of_bin[bin_of_run]],
        runs_by_bin=runs - first,
        bin_start=bins.start[mine] - bins.start[mine[0]],
        rows=slice_of(row_of_bin[mine]) or row_of_bin[mine],
    )


def fill_in_order(
    plan: Compiled, home: Metered, kwh: Floats, ceiling_kwh: Floats, by_tier_kwh: Floats
) -> None:
    """Overwrite pooled rows (H, B, T) with tiers filled in the order of time.

    kwh : (H, B). ceiling_kwh : (Q, T) or (H, Q, T). A run that straddles a ceiling is of one
    period, so its energy can be cut without looking at its steps. [kWh]
    """
    for first in range(0, home.homes_count, HOMES_AT_ONCE_COUNT):
        some = slice(first, first + HOMES_AT_ONCE_COUNT)
        ceiling = ceiling_kwh[some] if ceiling_kwh.ndim == 3 else ceiling_kwh
        for filling in _fillings(plan):
            energy = home.run_import_kwh[some, filling.runs]
            _fill(filling, energy, kwh[some], ceiling, by_tier_kwh[some])


def _fill(
    filling: _Filling, energy_kwh: Floats, kwh: Floats, ceiling_kwh: Floats, by_tier_kwh: Floats
) -> None:
    after = np.add.accumulate(energy_kwh, axis=1)  # (H, R')
    after -= (after - energy_kwh).take(filling.segment_run, axis=1)
    before = after - energy_kwh
    below: Floats | float = 0.0
    for tier in range(by_tier_kwh.shape[2] - 1):
        edge = ceiling_kwh[..., tier].take(filling.pool, axis=-1)
        piece = np.minimum(after, edge) - np.minimum(before, edge)
        up_to = np.add.reduceat(piece.take(filling.runs_by_bin, axis=1), filling.bin_start, axis=1)
        by_tier_kwh[:, filling.rows, tier] = up_to - below
        below = up_to
    by_tier_kwh[:, filling.rows, -1] = kwh[:, filling.rows] - below
