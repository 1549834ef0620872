"""Net metering in kWh: import less export per period and cycle, a surplus carried to the next."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import groupby, pairwise

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.calendar import QUARTERS_PER_DAY
from kwhen.engine.compensation import Netting, Rollover
from kwhen.engine.compiled import Compiled
from kwhen.engine.kept import kept_with
from kwhen.engine.layout import EnergyGroup
from kwhen.engine.metered import Metered
from kwhen.engine.sheet import period_names, slice_of
from kwhen.engine.tariff import EnergyCharge
from kwhen.engine.words import Credit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DayTables = tuple[tuple[int, ...], ...]  # periods (96,) of a weekday, weekend, holiday

NREL_QUARTERS = (0, 20, 44, 68)  # 00:00, 05:00, 11:00 and 17:00: where NREL's model looks
EVERY_QUARTER = tuple(range(QUARTERS_PER_DAY))
LEAP_YEAR = 2000


def net_kwh(
    plan: Compiled, home: Metered, opening: Sequence[Credit]
) -> tuple[Floats | None, tuple[Credit, ...]]:
    """Net energy of every bin (H, B), None where nothing is netted, and what is carried. [kWh]

    Without kWh banking a surplus stays negative. With it, each period's surplus pays the same
    charge in the next segment, and lapses (or is cashed out) at the true-up.
    """
    rule = plan.rule
    if rule is None or rule.netting is not Netting.PERIODS or home.run_net_kwh is None:
        return None, ()
    bin_kwh = plan.sheet.bins.gather(home.run_net_kwh)
    if not rule.in_kwh:
        return bin_kwh, ()
    carried: list[Credit] = []
    for name, stretches in _chains(plan):
        brought = [c for c in opening if c.bank == name and c.unit == "kWh"] if opening else []
        carried += _carry(plan, bin_kwh, stretches, brought)
    return bin_kwh, tuple(carried)


class Stretch:
    """Segments of one charge in a row through which balances go on in lanes.

    A lane is a period of each segment; a balance that changes period keeps its lane.
    """

    def __init__(
        self, group: EnergyGroup, rows: list[Ints], onward_frac: Floats, lapses: bool
    ) -> None:
        self.group = group  # of the last segment
        self.onward_frac = onward_frac  # (L, L') what the lanes of the next stretch receive
        self.lapses = lapses  # a true-up ends it, and nothing is handed on
        bins = np.full((len(rows), len(onward_frac)), -1)  # (S, L)
        for row, own in zip(bins, rows, strict=True):
            row[: len(own)] = own
        self.lanes = np.flatnonzero((bins >= 0).any(axis=0))  # (p,) those in use
        self.bins = bins[:, self.lanes]  # (S, p) −1 where a segment does not use it
        self.used = self.bins >= 0
        self.is_whole = bool(self.used.all())
        self.span = slice_of(self.bins.ravel())

    def energy(self, bin_kwh: Floats) -> Floats:
        """Energy of the lanes in use, a view where they lie so. (H, B) → (H, S, p) [kWh]"""
        if self.span is not None:
            return bin_kwh[:, self.span].reshape(len(bin_kwh), *self.bins.shape)
        found = bin_kwh.take(self.bins, axis=1)
        return found if self.is_whole else np.where(self.used, found, 0.0)

    def put(self, bin_kwh: Floats, billed_kwh: Floats) -> None:
        """Write (H, S, p) back into the bins, unless it is a view of them."""
        if self.is_whole and self.span is None:
            bin_kwh[:, self.bins] = billed_kwh
        elif self.span is None:
            bin_kwh[:, self.bins[self.used]] = billed_kwh[:, self.used]

    def handed_on(self, before_kwh: Floats | None, after_kwh: Floats) -> Floats:
        """What the next stretch begins with, from all lanes (H, L) before and those in use after.

        before_kwh is None where nothing was left. [kWh]
        """
        if before_kwh is None:
            return np.asarray(after_kwh @ self.onward_frac[self.lanes])
        before_kwh[:, self.lanes] = after_kwh
        return np.asarray(before_kwh @ self.onward_frac)


@kept_with
def _chains(plan: Compiled) -> tuple[tuple[str, list[Stretch]], ...]:
    """The stretches of every charge, in the order of time; kept as long as the plan is."""
    return tuple(_each_chain(plan))


def _each_chain(plan: Compiled) -> Iterator[tuple[str, list[Stretch]]]:
    order = sorted(range(len(plan.energy)), key=lambda i: (plan.energy[i].charge.name, i))
    for name, places in groupby(order, key=lambda i: plan.energy[i].charge.name):
        steps = [(i, s) for i in places for s in range(plan.energy[i].segments.count)]
        yield name, _stretches(plan, steps)


def _stretches(plan: Compiled, steps: list[tuple[int, int]]) -> list[Stretch]:
    """Cut a chain only where a year ends or two balances would flow together."""
    found, rows = [], []
    periods = _periods_count(plan, steps[0])
    lanes, holds = np.arange(periods), np.ones(periods, dtype=bool)  # an opening may lie anywhere
    for here, following in zip(steps, [*steps[1:], None], strict=True):
        bins = _bins_of(plan, *here)
        rows.append(np.where(lanes >= 0, bins[lanes], -1))
        holds |= bins >= 0
        onward_frac = np.eye(len(bins)) if following is None else _rollover(plan, here, following)
        ends = _ends_year(plan, here, following)
        if following is not None and not ends and onward_frac[holds].sum(axis=0).max() <= 1:
            lanes = _onward_lanes(lanes, onward_frac * holds[:, None])
        else:
            leaving_frac = np.where((lanes >= 0)[:, None], onward_frac[lanes], 0.0)
            found.append(Stretch(plan.energy[here[0]], rows, leaving_frac, ends))
            rows, lanes = [], np.arange(onward_frac.shape[1])
        holds = np.asarray(onward_frac[holds].any(axis=0))
    for stretch, later in pairwise(found):
        stretch.onward_frac = _widened(stretch.onward_frac, len(later.onward_frac))
    return found


def _widened(balance: Floats, lanes_count: int) -> Floats:
    """With empty lanes at the end, up to their number. (…, P) → (…, L)"""
    more = lanes_count - balance.shape[1]
    return np.concatenate([balance, np.zeros((len(balance), more))], axis=1)


def _periods_count(plan: Compiled, step: tuple[int, int]) -> int:
    return int(plan.energy[step[0]].ceiling_kwh.shape[1])


def _onward_lanes(lane_period: Ints, onward_frac: Floats) -> Ints:
    """The period of each lane in the next segment, −1 for one that ends; new lanes at the end."""
    target = np.where(onward_frac.any(axis=1), onward_frac.argmax(axis=1), -1)  # (P,)
    onward = np.where(lane_period >= 0, target[lane_period], -1)
    fresh = np.setdiff1d(np.arange(onward_frac.shape[1]), onward)
    return np.concatenate([onward, fresh])


def _bins_of(plan: Compiled, group_index: int, segment: int) -> Ints:
    """Bin of each period of a segment, −1 where it is not in use. (P,)"""
    bins = plan.sheet.bins
    found = np.full(plan.energy[group_index].ceiling_kwh.shape[1], -1)
    mine = np.flatnonzero((bins.group_index == group_index) & (bins.segment == segment))
    found[bins.period[mine]] = mine
    return found


def _carry(
    plan: Compiled, bin_kwh: Floats, stretches: list[Stretch], brought: list[Credit]
) -> Iterator[Credit]:
    """Settle the stretches of one charge in order; yields the balances left at the end. [kWh]"""
    surplus = _opening(plan, stretches[0], brought, len(bin_kwh)) if brought else None  # (H, L)
    for stretch in stretches:
        energy = stretch.energy(bin_kwh)  # (H, S, p)
        total = np.add.accumulate(energy, axis=1)
        if surplus is not None:
            total -= surplus[:, None, stretch.lanes]
        highest = np.maximum.accumulate(total, axis=1)
        np.maximum(highest, 0.0, out=highest)
        energy[:, 0] = highest[:, 0]  # billed is what rises above the highest total so far
        np.subtract(highest[:, 1:], highest[:, :-1], out=energy[:, 1:])
        stretch.put(bin_kwh, energy)
        if stretch.lapses:
            surplus = None
        else:
            surplus = stretch.handed_on(surplus, highest[:, -1] - total[:, -1])
    if surplus is None or _last_true_up(plan):
        return
    for period in range(surplus.shape[1]):
        if surplus[:, period].any():
            group = stretches[-1].group
            name = period_names(group)[period]
            yield Credit(bank=group.charge.name, unit="kWh", amount=surplus[:, period], period=name)


def _last_true_up(plan: Compiled) -> bool:
    return bool(plan.cycles.years[-1][1] and plan.rule is not None and plan.rule.true_up)


def _opening(plan: Compiled, first: Stretch, brought: list[Credit], homes_count: int) -> Floats:
    """What the home brings along, handed over from the day before the window. (H, L) [kWh]"""
    group = next(g for g in plan.energy if g.charge.name == first.group.charge.name)
    surplus = np.zeros((homes_count, group.ceiling_kwh.shape[1]))
    names = period_names(group)
    for credit in brought:
        surplus[:, names.index(credit.period)] += credit.amount
    before = _day_tables(group, plan.grid.date_of(0) - timedelta(days=1))
    place = plan.energy.index(group)
    handed_on = surplus @ _hand_over(plan, group, before, (place, 0))
    return _widened(handed_on, len(first.onward_frac))


def _ends_year(plan: Compiled, here: tuple[int, int], following: tuple[int, int] | None) -> bool:
    cycle = int(plan.energy[here[0]].segments.cycle[here[1]])
    if following is not None:
        next_cycle = int(plan.energy[following[0]].segments.cycle[following[1]])
        if next_cycle == cycle:
            return False
    ends = {cycles.stop - 1 for cycles, is_full in plan.cycles.years if is_full}
    return cycle in ends and plan.rule is not None and plan.rule.true_up


def _rollover(plan: Compiled, before: tuple[int, int], after: tuple[int, int]) -> Floats:
    """Share of each period's surplus that each period of the next segment receives. (P, P')"""
    group = plan.energy[before[0]]
    return _hand_over(plan, group, _tables(plan, *before), after)


def _hand_over(
    plan: Compiled, old: EnergyGroup, before: DayTables, after: tuple[int, int]
) -> Floats:
    """Where each period's surplus goes, from a day's periods to a segment. (P, P')"""
    new = plan.energy[after[0]]
    names, next_names = period_names(old), period_names(new)
    matrix = np.zeros((len(names), len(next_names)))
    by_hour = plan.rule is not None and plan.rule.rollover is Rollover.BY_HOUR
    in_season = _in_season(plan, *after)
    for period, name in enumerate(names):
        own = next_names.index(name) if name in next_names else None
        if by_hour:
            target = _at_same_quarter(before[:1], _tables(plan, *after), period, NREL_QUARTERS)
        elif own in in_season:
            target = own
        else:
            target = _at_same_quarter(before, _tables(plan, *after), period, EVERY_QUARTER)
            target = own if target is None else target  # waits for its season
        if target is not None:
            matrix[period, target] = 1.0
    return matrix


def _at_same_quarter(
    before: DayTables, after: DayTables, period: int, quarters: Sequence[int]
) -> int | None:
    for old, new in zip(before, after, strict=False):
        for quarter in quarters:
            if old[quarter] == period:
                return new[quarter]
    return None


def _in_season(plan: Compiled, group_index: int, segment: int) -> frozenset[int]:
    """Periods of a segment's season, whether or not a step falls into them."""
    group = plan.energy[group_index]
    if not isinstance(group.charge, EnergyCharge):
        return frozenset({0})
    schedule, day = group.charge.schedule, _first_day(plan, group, segment)
    season = schedule.parts[schedule.part_of(day.month, day.day)].season
    return frozenset().union(*(p.periods for p in schedule.parts if p.season == season))


def _tables(plan: Compiled, group_index: int, segment: int) -> DayTables:
    """Periods of a segment's weekday and weekend, as its first day has them."""
    group = plan.energy[group_index]
    return _day_tables(group, _first_day(plan, group, segment))


def _first_day(plan: Compiled, group: EnergyGroup, segment: int) -> date:
    number = int(group.segments.first_day[segment])
    month, day = int(plan.grid.month[number]), int(plan.grid.day[number])
    return date(LEAP_YEAR, month, day)  # only month and day count


def _day_tables(group: EnergyGroup, day: date) -> DayTables:
    if not isinstance(group.charge, EnergyCharge):
        return ((0,) * QUARTERS_PER_DAY,)
    part = group.charge.schedule.parts[group.charge.schedule.part_of(day.month, day.day)]
    return (part.weekday, part.weekend, part.holiday or part.weekend)
