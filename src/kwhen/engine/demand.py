"""Demand charges: the highest average power of each segment and period at its ladder's prices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span
from kwhen.engine.cycles import Cycles
from kwhen.engine.grid import Grid
from kwhen.engine.layout import Segments, cut_segments, span_steps, step_labels
from kwhen.engine.periods import day_kinds, holiday_dates, period_of_steps, season_of_days
from kwhen.engine.rows import Block, Row, cycle_matrix
from kwhen.engine.tariff import DemandCharge

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandGroup:
    """One demand charge over the days of one version, on its own averaging windows."""

    charge: DemandCharge
    tariff_index: int
    segments: Segments
    steps: slice
    window_steps_count: int
    run_start: Ints  # in windows
    bin_run: Ints  # runs in the order of their bins
    bin_start: Ints  # (B,)
    segment: Ints  # (B,)
    period: Ints  # (B,)
    to_cycle: Floats  # (B * T, C)
    ceiling_kw: Floats  # (B, T)
    usd_per_kw: Floats  # (B, T) times the segment's share of the cycle


def demand_groups(grid: Grid, cycles: Cycles, spans: Sequence[Span]) -> tuple[DemandGroup, ...]:
    """Every demand charge of every version, laid over the grid."""
    groups = []
    for number, span in enumerate(spans):
        kinds = day_kinds(grid, holiday_dates(grid, span.tariff.holidays))
        for charge in span.tariff.charges:
            if isinstance(charge, DemandCharge):
                groups.append(_demand_group(grid, cycles, span, number, charge, kinds))
    return tuple(groups)


def _demand_group(
    grid: Grid, cycles: Cycles, span: Span, number: int, charge: DemandCharge, kinds: Ints
) -> DemandGroup:
    segments = cut_segments(cycles, span, season_of_days(grid, charge.schedule))
    periods = len(charge.periods)
    label = step_labels(
        grid, span, segments, period_of_steps(grid, charge.schedule, kinds), periods
    )
    window = max(1, charge.window_minutes // grid.step_minutes)
    starts = np.flatnonzero(np.diff(label[::window], prepend=-1))
    by_run = label[::window][starts]
    order = np.argsort(by_run, kind="stable")
    begin = np.flatnonzero(np.diff(by_run[order], prepend=-1))
    used = by_run[order][begin]
    segment, period = used // periods, used % periods
    ceilings, prices = _ladders(charge)
    return DemandGroup(
        charge=charge,
        tariff_index=number,
        segments=segments,
        steps=span_steps(grid, span),
        window_steps_count=window,
        run_start=starts,
        bin_run=order,
        bin_start=begin,
        segment=segment,
        period=period,
        to_cycle=cycle_matrix(segments.cycle[segment], cycles.count, ceilings.shape[1]),
        ceiling_kw=ceilings[period],
        usd_per_kw=prices[period] * segments.share_frac[segment][:, None],
    )


def _ladders(charge: DemandCharge) -> tuple[Floats, Floats]:
    """Ceilings and prices, short ladders padded with their last tier. (P, T) each"""
    tiers = max(len(period.ladder) for period in charge.periods)
    rows = [[p.ladder[min(t, len(p.ladder) - 1)] for t in range(tiers)] for p in charge.periods]
    ceilings = np.array([[tier.ceiling_kw for tier in row] for row in rows])
    return ceilings, np.array([[tier.usd_per_kw for tier in row] for row in rows])


def demand_blocks(
    cycles: Cycles, groups: Sequence[DemandGroup], power_kw: Floats
) -> list[tuple[int, Block]]:
    """Lines of every demand charge, each with the number of its version.

    power_kw : (H, N) average power of every step. [kW]
    """
    peaks = [(group, _peak_kw(group, power_kw)) for group in groups]
    return [(group.tariff_index, _block(cycles, group, peak_kw, peaks)) for group, peak_kw in peaks]


def _peak_kw(group: DemandGroup, power_kw: Floats) -> Floats:
    """Highest average power of each bin. (H, B) [kW]"""
    power = power_kw[:, group.steps]
    if group.window_steps_count > 1:
        power = power.reshape(len(power), -1, group.window_steps_count).mean(axis=2)
    runs = np.maximum.reduceat(power, group.run_start, axis=1)
    return np.maximum.reduceat(runs[:, group.bin_run], group.bin_start, axis=1)


def _block(
    cycles: Cycles,
    group: DemandGroup,
    peak_kw: Floats,
    peaks: Sequence[tuple[DemandGroup, Floats]],
) -> Block:
    peak_kw = _ratcheted(cycles, group, peak_kw, peaks)
    kw = np.diff(np.minimum(peak_kw[..., None], group.ceiling_kw), axis=-1, prepend=0.0)
    return Block(
        row=lambda number: _row(group, number),
        quantity=kw,
        usd_per_unit=group.usd_per_kw,
        exact_usd=kw * group.usd_per_kw,
        to_cycle=group.to_cycle,
        klass=group.charge.klass,
    )


def _row(group: DemandGroup, number: int) -> Row:
    segment = int(group.segment[number])
    return Row(
        charge=group.charge.name,
        klass=group.charge.klass,
        unit="kW",
        source=group.charge.source,
        first_day=int(group.segments.first_day[segment]),
        days_count=int(group.segments.days_count[segment]),
        cycle=int(group.segments.cycle[segment]),
        period=group.charge.periods[int(group.period[number])].name,
        tiers_count=group.ceiling_kw.shape[1],
    )


def _ratcheted(
    cycles: Cycles,
    group: DemandGroup,
    peak_kw: Floats,
    peaks: Sequence[tuple[DemandGroup, Floats]],
) -> Floats:
    """Billed demand: at least a share of the highest peak of the cycles looked back on.

    The charge of an earlier version counts if it has the same name.
    """
    ratchet = group.charge.ratchet
    if ratchet is None:
        return peak_kw
    same = [(g, kw) for g, kw in peaks if g.charge.name == group.charge.name]
    seen_kw = np.concatenate([kw for _, kw in same], axis=1)  # (H, B of all versions)
    seen = np.concatenate([g.segments.cycle[g.segment] for g, _ in same])
    counts = np.isin(cycles.month[seen], sorted(ratchet.months))
    billed = peak_kw.copy()
    for number, cycle in enumerate(group.segments.cycle[group.segment].tolist()):
        age = cycle - seen
        earlier = counts & (age > 0) & (age <= ratchet.lookback_months)
        if earlier.any():
            share = ratchet.share_frac[int(cycles.month[cycle]) - 1]
            floor = share * seen_kw[:, earlier].max(axis=1)
            billed[:, number] = np.maximum(billed[:, number], floor)
    return billed
