"""A plan laid over a window: what every step is charged, as arrays ready for any home.

Built once for a plan, window, zone and step, then reused: a bill only reduces a home's energy to
these bins and multiplies. Steps are first reduced to runs (the longest stretches in which no
charge changes), runs to bins of (segment, period). A segment is the days of one cycle, one
version and one season: its kWh meet their own ladder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span
from kwhen.engine.compensation import ExportPrice
from kwhen.engine.cycles import Cycles
from kwhen.engine.grid import Grid
from kwhen.engine.periods import (
    day_kinds,
    holiday_dates,
    period_of_steps,
    season_of_days,
)
from kwhen.engine.tariff import DemandCharge, EnergyCharge, RiderCharge
from kwhen.engine.words import CeilingPer, Missing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segments:
    """S stretches of days, each inside one cycle."""

    first_day: Ints  # (S,)
    cycle: Ints  # (S,) index of its cycle
    days_count: Ints  # (S,)
    share_frac: Floats  # (S,) of a full cycle

    @property
    def count(self) -> int:
        """Number of segments S."""
        return len(self.cycle)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """How runs of steps gather into (segment, period): runs in bin order, and where bins start."""

    order: Ints  # (R',) runs, those of one bin side by side
    starts: Ints  # (B,) where each used bin starts in `order`
    used: Ints  # (B,) segment * P + period
    shape: tuple[int, int]  # (S, P)

    def gather(self, run_values: Floats, reducer: np.ufunc = np.add) -> Floats:
        """Values of runs (H, R) to bins (H, S, P); an unused bin is 0."""
        found = np.zeros((len(run_values), self.shape[0] * self.shape[1]))
        found[:, self.used] = reducer.reduceat(run_values[:, self.order], self.starts, axis=1)
        return found.reshape(-1, *self.shape)

    def is_used(self) -> NDArray[np.bool_]:
        """Whether any step falls into a bin. (S, P)"""
        found = np.zeros(self.shape[0] * self.shape[1], dtype=bool)
        found[self.used] = True
        return found.reshape(self.shape)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EnergyGroup:
    """One energy charge or rider over the days of one version."""

    charge: EnergyCharge | RiderCharge
    tariff_index: int
    segments: Segments
    bins: Bins
    ceiling_kwh: Floats  # (S, P, T) or per kW, running totals, last inf
    usd_per_kwh: Floats  # (S | 1, P, T, K) by component
    step_label: Ints  # (n,) segment * P + period of the version's own steps
    first_step: int

    @property
    def per_kw(self) -> bool:
        """Whether the ceilings are multiplied by the cycle's billing demand."""
        return isinstance(self.charge, EnergyCharge) and self.charge.ceiling_per in (
            CeilingPer.KW,
            CeilingPer.KW_DAY,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DemandGroup:
    """One demand charge over the days of one version, on its own averaging windows."""

    charge: DemandCharge
    tariff_index: int
    segments: Segments
    run_starts: Ints  # in windows
    bins: Bins
    ceiling_kw: Floats  # (P, T)
    usd_per_kw: Floats  # (P, T)
    window_steps_count: int
    steps: slice


def cut_segments(cycles: Cycles, span: Span, *keys: Ints) -> Segments:
    """Cut a version's days wherever the cycle or one of the keys (D,) changes."""
    cycle_of_day = np.repeat(np.arange(cycles.count), cycles.days_count)
    inside = slice(span.first_day, span.end_day)
    change = np.zeros(span.end_day - span.first_day, dtype=bool)
    change[0] = True
    for key in (cycle_of_day, *keys):
        change[1:] |= np.diff(key[inside]) != 0
    first_day = np.flatnonzero(change) + span.first_day
    days_count = np.diff(np.append(first_day, span.end_day))
    cycle = cycle_of_day[first_day]
    share = cycles.share_frac[cycle] * days_count / cycles.days_count[cycle]
    return Segments(first_day=first_day, cycle=cycle, days_count=days_count, share_frac=share)


def step_labels(grid: Grid, span: Span, segments: Segments, period: Ints, periods: int) -> Ints:
    """Bin number of each of the version's own steps, from the period of every step (N,)."""
    steps = span_steps(grid, span)
    segment_of_day = np.repeat(np.arange(segments.count), segments.days_count)
    segment = segment_of_day[grid.day_index[steps] - span.first_day]
    return np.asarray(segment * periods + period[steps])


def span_steps(grid: Grid, span: Span) -> slice:
    """The steps of a version's days."""
    edges = np.searchsorted(grid.day_index, [span.first_day, span.end_day])
    return slice(int(edges[0]), int(edges[1]))


def make_bins(labels: Ints, shape: tuple[int, int], offset: int = 0) -> Bins:
    """Bins from the label of each run; runs are numbered from `offset`."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    return Bins(order=order + offset, starts=starts, used=labels[order][starts], shape=shape)


def run_starts(labels: Sequence[tuple[int, Ints]], cycle_starts: Ints) -> Ints:
    """First step of each run: wherever some label changes or a version or cycle starts. (R,)"""
    cuts = [cycle_starts]
    for first, label in labels:
        cuts += [np.flatnonzero(np.diff(label)) + 1 + first, np.array([first, first + len(label)])]
    every = np.unique(np.concatenate(cuts))
    last = max(first + len(label) for first, label in labels) if labels else int(every[-1]) + 1
    return every[every < last]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Draft:
    """An energy group before its runs are known."""

    charge: EnergyCharge | RiderCharge
    tariff_index: int
    segments: Segments
    label: Ints
    first_step: int
    ceiling_kwh: Floats
    usd_per_kwh: Floats


def energy_groups(
    grid: Grid, cycles: Cycles, spans: Sequence[Span]
) -> tuple[Ints, tuple[EnergyGroup, ...], tuple[Missing, ...]]:
    """Run starts (R,) and every energy charge and rider of every version, laid over the grid."""
    drafts: list[_Draft] = []
    gaps: list[Missing] = []
    for number, span in enumerate(spans):
        kinds = day_kinds(grid, holiday_dates(grid, span.tariff.holidays))
        for charge in span.tariff.charges:
            if isinstance(charge, EnergyCharge):
                drafts.append(_energy_draft(grid, cycles, span, number, charge, kinds))
            elif isinstance(charge, RiderCharge):
                draft, missing = _rider_draft(grid, cycles, span, number, charge)
                drafts.append(draft)
                gaps += missing
    cycle_starts = grid.day_steps()[cycles.first_day[:-1]]
    starts = run_starts([(d.first_step, d.label) for d in drafts], cycle_starts)
    starts = starts[starts < grid.count]
    return starts, tuple(_with_bins(draft, starts) for draft in drafts), tuple(gaps)


def _with_bins(draft: _Draft, starts: Ints) -> EnergyGroup:
    first, last = np.searchsorted(starts, [draft.first_step, draft.first_step + len(draft.label)])
    labels = draft.label[starts[first:last] - draft.first_step]
    shape = (draft.segments.count, draft.ceiling_kwh.shape[1])
    return EnergyGroup(
        charge=draft.charge,
        tariff_index=draft.tariff_index,
        segments=draft.segments,
        bins=make_bins(labels, shape, int(first)),
        ceiling_kwh=draft.ceiling_kwh,
        usd_per_kwh=draft.usd_per_kwh,
        step_label=draft.label,
        first_step=draft.first_step,
    )


def _energy_draft(
    grid: Grid, cycles: Cycles, span: Span, number: int, charge: EnergyCharge, kinds: Ints
) -> _Draft:
    segments = cut_segments(cycles, span, season_of_days(grid, charge.schedule))
    period = period_of_steps(grid, charge.schedule, kinds)
    ceilings, prices = ladder_arrays(charge)
    return _Draft(
        charge=charge,
        tariff_index=number,
        segments=segments,
        label=step_labels(grid, span, segments, period, len(charge.periods)),
        first_step=span_steps(grid, span).start,
        ceiling_kwh=ceilings[None] * ceiling_factor(charge.ceiling_per, segments)[:, None, None],
        usd_per_kwh=prices[None],
    )


def ladder_arrays(charge: EnergyCharge) -> tuple[Floats, Floats]:
    """Ceilings (P, T) and prices (P, T, K); short ladders repeat their last tier."""
    tiers = max(len(period.ladder) for period in charge.periods)
    ceilings = np.full((len(charge.periods), tiers), inf)
    prices = np.zeros((len(charge.periods), tiers, len(charge.components)))
    for p, period in enumerate(charge.periods):
        for t in range(tiers):
            tier = period.ladder[min(t, len(period.ladder) - 1)]
            ceilings[p, t] = tier.ceiling_kwh
            prices[p, t] = tier.usd_per_kwh
    return ceilings, prices


def ceiling_factor(per: CeilingPer, segments: Segments) -> Floats:
    """What a published ceiling is multiplied by in each segment. (S,)"""
    if per in (CeilingPer.DAY, CeilingPer.KW_DAY):
        return segments.days_count.astype(np.float64)
    return segments.share_frac


def _rider_draft(
    grid: Grid, cycles: Cycles, span: Span, number: int, rider: RiderCharge
) -> tuple[_Draft, list[Missing]]:
    dates = np.array([day.toordinal() for day, _ in rider.steps])
    step = np.searchsorted(dates, grid.ordinal, side="right") - 1  # (D,) −1: before the first
    segments = cut_segments(cycles, span, step)
    found = step[segments.first_day]
    values = [None if i < 0 else rider.steps[i][1] for i in found]
    gaps = [
        Missing(name=rider.name, note="no figure is held", since=grid.date_of(int(day)))
        for day, value in zip(segments.first_day, values, strict=True)
        if value is None
    ]
    prices = np.array([value or 0.0 for value in values])[:, None, None, None]
    period = np.zeros(grid.count, dtype=np.int64)
    draft = _Draft(
        charge=rider,
        tariff_index=number,
        segments=segments,
        label=step_labels(grid, span, segments, period, 1),
        first_step=span_steps(grid, span).start,
        ceiling_kwh=np.full((segments.count, 1, 1), inf),
        usd_per_kwh=prices,
    )
    return draft, gaps[:1]


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
    period = period_of_steps(grid, charge.schedule, kinds)
    label = step_labels(grid, span, segments, period, len(charge.periods))
    window = max(1, charge.window_minutes // grid.step_minutes)
    label = label[::window]
    starts = np.flatnonzero(np.diff(label, prepend=-1))
    tiers = max(len(p.ladder) for p in charge.periods)
    pad = [[p.ladder[min(t, len(p.ladder) - 1)] for t in range(tiers)] for p in charge.periods]
    return DemandGroup(
        charge=charge,
        tariff_index=number,
        segments=segments,
        run_starts=starts,
        bins=make_bins(label[starts], (segments.count, len(charge.periods))),
        ceiling_kw=np.array([[tier.ceiling_kw for tier in row] for row in pad]),
        usd_per_kw=np.array([[tier.usd_per_kw for tier in row] for row in pad]),
        window_steps_count=window,
        steps=span_steps(grid, span),
    )


def export_price_of_steps(grid: Grid, price: ExportPrice) -> tuple[Floats, Missing | None]:
    """Export price of each step (N,) in USD/kWh, and the gap where a year takes its nearest."""
    kinds = np.minimum(day_kinds(grid, price.holidays), 1)
    gap = None
    year_index = np.zeros(grid.days_count, dtype=np.int64)
    if price.first_year:
        year_index = np.clip(grid.year, price.first_year, price.last_year) - price.first_year
        outside = (grid.year < price.first_year) | (grid.year > price.last_year)
        if outside.any():
            gap = _outside_years(grid, price, int(np.argmax(outside)))
    days = price.usd_per_kwh[year_index, grid.month - 1, kinds]  # (D, 24)
    return np.asarray(days[grid.day_index, grid.quarter // 4]), gap


def _outside_years(grid: Grid, price: ExportPrice, day_index: int) -> Missing:
    return Missing(
        name="export_price_year",
        note=f"{price.name} is published for {price.first_year} to {price.last_year}; "
        "another year takes the nearest",
        since=grid.date_of(day_index),
    )
