"""Net metering in kWh: import less export per period and cycle, a surplus carried to the next."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.banks import run_down
from kwhen.engine.compensation import Netting, Rollover
from kwhen.engine.compiled import PLANS_KEPT_COUNT, Compiled
from kwhen.engine.layout import EnergyGroup
from kwhen.engine.metered import Metered
from kwhen.engine.sheet import period_name
from kwhen.engine.tariff import EnergyCharge
from kwhen.engine.words import Credit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NREL_HOURS = (0, 5, 11, 17)  # where NREL's model looks for the period that receives a surplus
EVERY_HOUR = tuple(range(24))


def net_kwh(
    plan: Compiled, home: Metered, opening: Sequence[Credit]
) -> tuple[Floats | None, tuple[Credit, ...]]:
    """Net energy of every bin (H, B), None where nothing is netted, and what is carried. [kWh]

    Without kWh banking a surplus stays negative. With it, each period's surplus pays the same
    charge in the next segment, and lapses (or is cashed out) at the true-up.
    """
    rule = plan.rule
    if rule is None or rule.netting is not Netting.PERIODS or home.run_export_kwh is None:
        return None, ()
    bin_kwh = home.import_kwh_by_bin - plan.sheet.bins.gather(home.run_export_kwh)
    if not rule.in_kwh:
        return bin_kwh, ()
    carried: list[Credit] = []
    for name, stretches in _chains(plan):
        brought = [credit for credit in opening if credit.bank == name and credit.unit == "kWh"]
        carried += _carry(plan, bin_kwh, stretches, brought)
    return bin_kwh, tuple(carried)


class Stretch:
    """Segments of one charge in a row through which each period keeps its own balance."""

    def __init__(self, group: EnergyGroup, bins: Ints, onward_frac: Floats | None) -> None:
        self.group = group
        self.bins = bins  # (S, P) bin of each period, −1 where it is not in use
        self.used = bins >= 0
        self.onward_frac = onward_frac  # (P, P') what the next stretch receives; None: nothing


@lru_cache(maxsize=PLANS_KEPT_COUNT)
def _chains(plan: Compiled) -> tuple[tuple[str, list[Stretch]], ...]:
    """The stretches of every charge, in the order of time; kept as long as the plan is."""
    return tuple(_each_chain(plan))


def _each_chain(plan: Compiled) -> Iterator[tuple[str, list[Stretch]]]:
    order = sorted(range(len(plan.energy)), key=lambda i: (plan.energy[i].charge.name, i))
    for name, places in groupby(order, key=lambda i: plan.energy[i].charge.name):
        steps = [(i, s) for i in places for s in range(plan.energy[i].segments.count)]
        yield name, _stretches(plan, steps)


def _stretches(plan: Compiled, steps: list[tuple[int, int]]) -> list[Stretch]:
    found, rows = [], []
    for here, following in zip(steps, [*steps[1:], None], strict=True):
        group = plan.energy[here[0]]
        rows.append(_bins_of(plan, *here))
        onward_frac = None if following is None else _rollover(plan, here, following)
        if _ends_year(plan, here, following):
            onward_frac = None if onward_frac is None else np.zeros_like(onward_frac)
        elif onward_frac is not None and _keeps_all(onward_frac, rows[-1]):
            continue
        found.append(Stretch(group, np.array(rows), onward_frac))
        rows = []
    return found


def _keeps_all(onward_frac: Floats, bins: Ints) -> bool:
    """Whether every period in use hands its balance to itself."""
    same = onward_frac.shape[0] == onward_frac.shape[1]
    return same and bool((onward_frac.diagonal()[bins >= 0] == 1).all())


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
    surplus = _opening(stretches[0].group, brought, len(bin_kwh))  # (H, P)
    for stretch in stretches:
        energy = bin_kwh[:, stretch.bins] * stretch.used  # (H, S, P)
        after = run_down(surplus, -energy)
        before = np.concatenate([surplus[:, None], after[:, :-1]], axis=1)
        billed = np.maximum(energy - before + after, 0.0)
        bin_kwh[:, stretch.bins[stretch.used]] = billed[:, stretch.used]
        surplus = after[:, -1]
        if stretch.onward_frac is not None:
            surplus = surplus @ stretch.onward_frac
    if _last_true_up(plan):
        return
    for period in range(surplus.shape[1]):
        if surplus[:, period].any():
            group = stretches[-1].group
            name = period_name(group, period)
            yield Credit(bank=group.charge.name, unit="kWh", amount=surplus[:, period], period=name)


def _last_true_up(plan: Compiled) -> bool:
    return bool(plan.cycles.years[-1][1] and plan.rule is not None and plan.rule.true_up)


def _opening(group: EnergyGroup, brought: list[Credit], homes_count: int) -> Floats:
    periods = group.ceiling_kwh.shape[1]
    names = [period_name(group, period) for period in range(periods)]
    surplus = np.zeros((homes_count, periods))
    for credit in brought:
        surplus[:, names.index(credit.period) if credit.period in names else 0] += credit.amount
    return surplus


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
    old, new = plan.energy[before[0]], plan.energy[after[0]]
    names = [period_name(old, p) for p in range(old.ceiling_kwh.shape[1])]
    next_names = [period_name(new, p) for p in range(new.ceiling_kwh.shape[1])]
    matrix = np.zeros((len(names), len(next_names)))
    strict = plan.rule is not None and plan.rule.rollover is Rollover.BY_HOUR
    used = _bins_of(plan, *after) >= 0
    for period, name in enumerate(names):
        target = None
        if not strict and name in next_names and used[next_names.index(name)]:
            target = next_names.index(name)
        if target is None:
            hours = NREL_HOURS if strict else EVERY_HOUR
            target = _at_same_hour(plan, (old, before[1]), (new, after[1]), period, hours)
        if target is not None:
            matrix[period, target] = 1.0
    return matrix


def _at_same_hour(
    plan: Compiled,
    old: tuple[EnergyGroup, int],
    new: tuple[EnergyGroup, int],
    period: int,
    hours: tuple[int, ...],
) -> int | None:
    before, after = _weekday_periods(plan, *old), _weekday_periods(plan, *new)
    for hour in hours:
        if before[hour * 4] == period:
            return after[hour * 4]
    return None


def _weekday_periods(plan: Compiled, group: EnergyGroup, segment: int) -> tuple[int, ...]:
    if not isinstance(group.charge, EnergyCharge):
        return (0,) * 96
    day = int(group.segments.first_day[segment])
    schedule = group.charge.schedule
    part = schedule.part_of(int(plan.grid.month[day]), int(plan.grid.day[day]))
    return schedule.parts[part].weekday
