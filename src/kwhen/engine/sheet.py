"""The energy lines of a plan and window as flat rows, built once; a home only fills them in.

Steps are reduced to runs (the longest stretches in which no charge changes), runs to bins, bins
to rows. A row is a bin at the prices of some components: where net metering charges a class on
every interval's import, a bin has one row for the net energy and one for the import. Rows that
fill one ladder together form a pool.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.cycles import Cycles
from kwhen.engine.layout import EnergyGroup, run_starts
from kwhen.engine.rows import CLASS_COUNT, CLASS_INDEX, Row, cycle_matrix
from kwhen.engine.tariff import EnergyCharge, RiderCharge
from kwhen.engine.words import ChargeClass, TierScope

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bins:
    """How runs gather into bins: the runs of a bin side by side, and where each bin starts."""

    run: Ints  # (M,)
    start: Ints  # (B,)
    group_index: Ints  # (B,) of the energy group
    segment: Ints  # (B,)
    period: Ints  # (B,)

    def gather(self, run_kwh: Floats) -> Floats:
        """Energy of runs (H, R) by bin. (H, B) [kWh]"""
        if not len(self.start):
            return np.zeros((len(run_kwh), 0))
        by_bin = run_kwh.take(self.run, axis=1)
        return np.add.reduceat(by_bin, self.start, axis=1)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheet:
    """Every energy line of a plan over a window."""

    run_start: Ints  # (R,) first step of each run
    cycle_run: Ints  # (C,) first run of each cycle
    bins: Bins
    rows: tuple[Row, ...]  # (B',)
    bin_of_row: Ints  # (B',)
    on_import: Bools  # (B',) the row counts import alone, whatever is netted
    has_on_import: bool
    rows_are_bins: bool  # in their order, and none counts import alone
    pool_start: Ints  # (Q,) first row of each pool
    pool_of_row: Ints  # (B',)
    ceiling_kwh: Floats  # (Q, T)
    is_per_kw: Bools  # (Q,) the ceiling is multiplied by the cycle's billing demand
    has_per_kw: bool
    cycle_of_pool: Ints  # (Q,)
    usd_per_kwh: Floats  # (B', T)
    class_usd_per_kwh: Floats  # (B' * T, C * K)
    to_cycle: Floats  # (B' * T, C)
    span_rows: tuple[slice, ...]  # rows of each version

    @property
    def tiers_count(self) -> int:
        """Width T of the tier axis."""
        return int(self.usd_per_kwh.shape[1])


def slice_of(index: Ints) -> slice | None:
    """Indices as one slice, which numpy reads without a copy; None where they leave a hole."""
    if not len(index) or index[0] < 0 or not (np.diff(index) == 1).all():
        return None
    return slice(int(index[0]), int(index[-1]) + 1)


def energy_sheet(
    groups: Sequence[EnergyGroup],
    cycles: Cycles,
    cycle_steps: Ints,
    spans_count: int,
    rule: ExportRule | None,
    price_steps: Ints,
) -> Sheet:
    """Flatten the energy groups; `price_steps` are further steps at which a run must start."""
    labels = [(group.first_step, group.step_label) for group in groups]
    starts = run_starts(labels, np.union1d(cycle_steps[:-1], price_steps))
    starts = starts[starts < cycle_steps[-1]]
    bins = _bins(groups, starts)
    drafts = _row_drafts(groups, bins, rule)
    return _assemble(groups, cycles, starts, cycle_steps, bins, drafts, spans_count)


def _bins(groups: Sequence[EnergyGroup], starts: Ints) -> Bins:
    runs, first, group_of, segment, period = [], [], [], [], []
    offset = 0
    for number, group in enumerate(groups):
        a, b = np.searchsorted(starts, [group.first_step, group.first_step + len(group.step_label)])
        labels = group.step_label[starts[a:b] - group.first_step]
        order = np.argsort(labels, kind="stable")
        begin = np.flatnonzero(np.diff(labels[order], prepend=-1))
        used = labels[order][begin]
        periods = group.ceiling_kwh.shape[1]
        runs.append(order + a)
        first.append(begin + offset)
        group_of.append(np.full(len(used), number))
        segment.append(used // periods)
        period.append(used % periods)
        offset += len(order)
    return Bins(
        run=_joined(runs),
        start=_joined(first),
        group_index=_joined(group_of),
        segment=_joined(segment),
        period=_joined(period),
    )


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _RowDraft:
    bin: int
    group: EnergyGroup
    segment: int
    period: int
    kept_components: Ints  # components of the row
    on_import: bool
    pool: tuple[int, int, int, bool]  # rows of equal pools follow each other


def _row_drafts(
    groups: Sequence[EnergyGroup], bins: Bins, rule: ExportRule | None
) -> list[_RowDraft]:
    nets = rule is not None and rule.netting is Netting.PERIODS
    charged = rule.on_import if rule and nets else frozenset()
    drafts = []
    for number in range(len(bins.start)):
        place, segment = int(bins.group_index[number]), int(bins.segment[number])
        group = groups[place]
        mask = np.array([klass in charged for _, klass, _ in parts_of(group)])
        for on_import in (False, True):
            kept_components = np.flatnonzero(mask == on_import)
            if len(kept_components):
                alone = number if _scope(group) is TierScope.PERIOD else -1
                drafts.append(
                    _RowDraft(
                        bin=number,
                        group=group,
                        segment=segment,
                        period=int(bins.period[number]),
                        kept_components=kept_components,
                        on_import=on_import,
                        pool=(place, segment, alone, on_import),
                    )
                )
    return sorted(drafts, key=lambda draft: (draft.pool[0], draft.pool[3], draft.pool[1]))


def _scope(group: EnergyGroup) -> TierScope:
    return group.charge.scope if isinstance(group.charge, EnergyCharge) else TierScope.CYCLE


def parts_of(group: EnergyGroup) -> tuple[tuple[str, ChargeClass, str], ...]:
    """Name, class and source of each component of a group. (K,)"""
    charge = group.charge
    if isinstance(charge, RiderCharge):
        return ((charge.name, charge.klass, charge.source),)
    return tuple((c.name, c.klass, c.source) for c in charge.components)


def period_names(group: EnergyGroup) -> tuple[str, ...]:
    """Names of a group's periods. (P,)"""
    return tuple(period_name(group, period) for period in range(group.ceiling_kwh.shape[1]))


def period_name(group: EnergyGroup, period: int) -> str:
    """Name of a group's period; a rider has none."""
    return group.charge.periods[period].name if isinstance(group.charge, EnergyCharge) else ""


def _assemble(
    groups: Sequence[EnergyGroup],
    cycles: Cycles,
    starts: Ints,
    cycle_steps: Ints,
    bins: Bins,
    drafts: list[_RowDraft],
    spans_count: int,
) -> Sheet:
    tiers = max((group.ceiling_kwh.shape[2] for group in groups), default=1)
    is_new = [i == 0 or drafts[i].pool != drafts[i - 1].pool for i in range(len(drafts))]
    pool_start = np.flatnonzero(is_new)
    prices = [_tier_prices(draft, tiers) for draft in drafts]  # each (T, parts)
    cycle = np.array([draft.group.segments.cycle[draft.segment] for draft in drafts], dtype=int)
    firsts = [drafts[i] for i in pool_start]
    return Sheet(
        run_start=starts,
        cycle_run=np.searchsorted(starts, cycle_steps[:-1]),
        bins=bins,
        rows=tuple(_row(d, p, int(c)) for d, p, c in zip(drafts, prices, cycle, strict=True)),
        bin_of_row=np.array([draft.bin for draft in drafts], dtype=np.int64),
        on_import=np.array([draft.on_import for draft in drafts], dtype=bool),
        has_on_import=any(draft.on_import for draft in drafts),
        rows_are_bins=[(d.bin, d.on_import) for d in drafts]
        == [(number, False) for number in range(len(bins.start))],
        pool_start=pool_start,
        pool_of_row=np.cumsum(is_new, dtype=np.int64) - 1,
        ceiling_kwh=_padded([d.group.ceiling_kwh[d.segment, d.period] for d in firsts], tiers),
        is_per_kw=np.array([draft.group.per_kw for draft in firsts], dtype=bool),
        has_per_kw=any(draft.group.per_kw for draft in firsts),
        cycle_of_pool=cycle[pool_start],
        usd_per_kwh=np.array([p.sum(axis=1) for p in prices]).reshape(len(drafts), tiers),
        class_usd_per_kwh=_class_prices(drafts, prices, cycle, cycles.count, tiers),
        to_cycle=cycle_matrix(cycle, cycles.count, tiers),
        span_rows=_span_rows(drafts, spans_count),
    )


def _tier_prices(draft: _RowDraft, tiers: int) -> Floats:
    table = draft.group.usd_per_kwh
    own = table[draft.segment % len(table), draft.period][:, draft.kept_components]  # (t, parts)
    return np.vstack([own, np.repeat(own[-1:], tiers - len(own), axis=0)])


def _padded(ladders: list[Floats], tiers: int) -> Floats:
    found = np.full((len(ladders), tiers), inf)
    for number, ladder in enumerate(ladders):
        found[number, : len(ladder)] = ladder
    return found


def _class_prices(
    drafts: list[_RowDraft], prices: list[Floats], cycle: Ints, cycles_count: int, tiers: int
) -> Floats:
    """What a kWh of each row and tier adds to each cycle and class. (B' * T, C * K)"""
    found = np.zeros((len(drafts), tiers, cycles_count, CLASS_COUNT))
    for number, (draft, price) in enumerate(zip(drafts, prices, strict=True)):
        parts = parts_of(draft.group)
        for column, component in enumerate(draft.kept_components):
            klass = CLASS_INDEX[parts[component][1]]
            found[number, :, cycle[number], klass] += price[:, column]
    return found.reshape(len(drafts) * tiers, cycles_count * CLASS_COUNT)


def excepted_prices(
    sheet: Sheet, names: frozenset[str], rows: slice, cycles_count: int
) -> Floats | None:
    """The part of `class_usd_per_kwh` that comes from some components of some rows."""
    tiers = sheet.tiers_count
    found = np.zeros((len(sheet.rows), tiers, cycles_count, CLASS_COUNT))
    for number in range(*rows.indices(len(sheet.rows))):
        row = sheet.rows[number]
        for column, (name, klass, _) in enumerate(row.parts):
            if name in names and row.part_usd_per_kwh is not None:
                price = row.part_usd_per_kwh[:, column]
                found[number, :, row.cycle, CLASS_INDEX[klass]] += price
    if not found.any():
        return None
    return found.reshape(len(sheet.rows) * tiers, cycles_count * CLASS_COUNT)


def _row(draft: _RowDraft, usd_per_kwh: Floats, cycle: int) -> Row:
    group = draft.group
    parts = tuple(parts_of(group)[component] for component in draft.kept_components)
    classes = {klass for _, klass, _ in parts}
    name = group.charge.name
    if draft.on_import and len(parts) < len(parts_of(group)):
        name = f"{name}, on metered import"
    return Row(
        charge=name,
        klass=classes.pop() if len(classes) == 1 else None,
        unit="kWh",
        source=parts[0][2],
        first_day=int(group.segments.first_day[draft.segment]),
        days_count=int(group.segments.days_count[draft.segment]),
        cycle=cycle,
        period=period_name(group, draft.period),
        tiers_count=group.ceiling_kwh.shape[2],
        parts=parts,
        part_usd_per_kwh=usd_per_kwh,
    )


def _span_rows(drafts: list[_RowDraft], spans_count: int) -> tuple[slice, ...]:
    span = np.array([draft.group.tariff_index for draft in drafts], dtype=np.int64)
    edges = np.searchsorted(span, np.arange(spans_count + 1))
    return tuple(slice(int(a), int(b)) for a, b in pairwise(edges))
