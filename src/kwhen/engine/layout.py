"""A plan laid over a window: the bin of every step and the ladder that the bin meets.

A bin is a (segment, period) of one charge. A segment is the days of one cycle, one version and
one season: its kWh meet their own ladder.
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
from kwhen.engine.tariff import EnergyCharge, RiderCharge
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
class EnergyGroup:
    """One energy charge or rider over the days of one version."""

    charge: EnergyCharge | RiderCharge
    tariff_index: int
    segments: Segments
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


def cut_segments(cycles: Cycles, span: Span, *day_labels: Ints) -> Segments:
    """Cut a version's days wherever the cycle or one of the keys (D,) changes."""
    cycle_of_day = np.repeat(np.arange(cycles.count), cycles.days_count)
    inside = slice(span.first_day, span.end_day)
    change = np.zeros(span.end_day - span.first_day, dtype=bool)
    change[0] = True
    for day_label in (cycle_of_day, *day_labels):
        change[1:] |= np.diff(day_label[inside]) != 0
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


def run_starts(labels: Sequence[tuple[int, Ints]], cycle_starts: Ints) -> Ints:
    """First step of each run: wherever some label changes or a version or cycle starts. (R,)"""
    cuts = [cycle_starts]
    for first, label in labels:
        cuts += [np.flatnonzero(np.diff(label)) + 1 + first, np.array([first, first + len(label)])]
    every = np.unique(np.concatenate(cuts))
    last = max(first + len(label) for first, label in labels) if labels else int(every[-1]) + 1
    return every[every < last]


def energy_groups(
    grid: Grid, cycles: Cycles, spans: Sequence[Span]
) -> tuple[tuple[EnergyGroup, ...], tuple[Missing, ...]]:
    """Every energy charge and rider of every version, laid over the grid, and their gaps."""
    groups: list[EnergyGroup] = []
    gaps: list[Missing] = []
    for number, span in enumerate(spans):
        kinds = day_kinds(grid, holiday_dates(grid, span.tariff.holidays))
        for charge in span.tariff.charges:
            if isinstance(charge, EnergyCharge):
                groups.append(_energy_group(grid, cycles, span, number, charge, kinds))
            elif isinstance(charge, RiderCharge):
                group, missing = _rider_group(grid, cycles, span, number, charge)
                groups.append(group)
                gaps += missing
    return tuple(groups), tuple(gaps)


def _energy_group(
    grid: Grid, cycles: Cycles, span: Span, number: int, charge: EnergyCharge, kinds: Ints
) -> EnergyGroup:
    segments = cut_segments(cycles, span, season_of_days(grid, charge.schedule))
    period = period_of_steps(grid, charge.schedule, kinds)
    ceilings, prices = ladder_arrays(charge)
    return EnergyGroup(
        charge=charge,
        tariff_index=number,
        segments=segments,
        step_label=step_labels(grid, span, segments, period, len(charge.periods)),
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


def _rider_group(
    grid: Grid, cycles: Cycles, span: Span, number: int, rider: RiderCharge
) -> tuple[EnergyGroup, list[Missing]]:
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
    group = EnergyGroup(
        charge=rider,
        tariff_index=number,
        segments=segments,
        step_label=step_labels(grid, span, segments, period, 1),
        first_step=span_steps(grid, span).start,
        ceiling_kwh=np.full((segments.count, 1, 1), inf),
        usd_per_kwh=prices,
    )
    return group, gaps[:1]


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
