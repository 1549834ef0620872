"""Net metering in kWh: import less export per period and cycle, a surplus carried to the next."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.charges import period_names
from kwhen.engine.compensation import Netting, Rollover
from kwhen.engine.compiled import Compiled
from kwhen.engine.layout import EnergyGroup
from kwhen.engine.metered import Metered
from kwhen.engine.result import Credit
from kwhen.engine.tariff import EnergyCharge

Floats = NDArray[np.float64]

NREL_HOURS = (0, 5, 11, 17)  # where NREL's model looks for the period that receives a surplus
EVERY_HOUR = tuple(range(24))


def nets_periods(plan: Compiled, home: Metered) -> bool:
    """Whether the energy charges see import less export."""
    rule = plan.rule
    return bool(rule and rule.netting is Netting.PERIODS and home.run_export_kwh is not None)


def net_energy(
    plan: Compiled, home: Metered, opening: Sequence[Credit]
) -> tuple[dict[int, Floats], tuple[Credit, ...]]:
    """Net kWh (H, S, P) of each energy group by its place in `plan.energy`, and what is carried.

    Without kWh banking a surplus stays negative. With it, each period's surplus pays the same
    charge in the next segment, and lapses (or is cashed out) at the true-up.
    """
    if not nets_periods(plan, home):
        return {}, ()
    assert home.run_export_kwh is not None and plan.rule is not None
    run_net = home.run_import_kwh - home.run_export_kwh
    net = {i: group.bins.gather(run_net) for i, group in enumerate(plan.energy)}
    if not plan.rule.in_kwh:
        return net, ()
    order = sorted(net, key=lambda i: (plan.energy[i].charge.name, i))
    carried: list[Credit] = []
    for name, places in groupby(order, key=lambda i: plan.energy[i].charge.name):
        chain = [(i, s) for i in places for s in range(plan.energy[i].segments.count)]
        brought = [credit for credit in opening if credit.bank == name and credit.unit == "kWh"]
        carried += _carry(plan, net, chain, brought)
    return net, tuple(carried)


def _carry(
    plan: Compiled, net: dict[int, Floats], chain: list[tuple[int, int]], brought: list[Credit]
) -> Iterator[Credit]:
    """Settle the segments of one charge in order; yields the balances left at the end. [kWh]"""
    place, segment = chain[0]
    surplus = _opening(plan.energy[place], brought, len(net[place]))  # (H, P)
    for (place, segment), following in zip(chain, [*chain[1:], None], strict=True):
        left = net[place][:, segment] - surplus
        net[place][:, segment] = np.maximum(left, 0.0)
        surplus = np.maximum(-left, 0.0)
        if _ends_year(plan, place, segment, following):
            surplus = np.zeros_like(surplus)
        if following is not None:
            surplus = surplus @ _rollover(plan, (place, segment), following)
    group = plan.energy[place]
    for period, name in enumerate(period_names(group)):
        if np.any(surplus[:, period]):
            yield Credit(bank=group.charge.name, unit="kWh", amount=surplus[:, period], period=name)


def _opening(group: EnergyGroup, brought: list[Credit], homes_count: int) -> Floats:
    names = period_names(group)
    surplus = np.zeros((homes_count, len(names)))
    for credit in brought:
        surplus[:, names.index(credit.period) if credit.period in names else 0] += credit.amount
    return surplus


def _ends_year(plan: Compiled, place: int, segment: int, following: tuple[int, int] | None) -> bool:
    cycle = plan.energy[place].segments.cycle[segment]
    is_last = following is None or (plan.energy[following[0]].segments.cycle[following[1]] != cycle)
    return bool(plan.cycles.true_up[cycle] and is_last and plan.rule and plan.rule.true_up)


def _rollover(plan: Compiled, before: tuple[int, int], after: tuple[int, int]) -> Floats:
    """Share of each period's surplus that each period of the next segment receives. (P, P')"""
    old, new = plan.energy[before[0]], plan.energy[after[0]]
    names, next_names = period_names(old), period_names(new)
    matrix = np.zeros((len(names), len(next_names)))
    strict = plan.rule is not None and plan.rule.rollover is Rollover.BY_HOUR
    used = new.bins.is_used()[after[1]]
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
