"""What each charge comes to: one block of lines for every charge, before credits and minimums."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span
from kwhen.engine.compensation import Netting, TierFill
from kwhen.engine.compiled import Compiled
from kwhen.engine.cycles import Cycles
from kwhen.engine.layout import DemandGroup, EnergyGroup
from kwhen.engine.metered import Metered, demand_kw
from kwhen.engine.result import Block
from kwhen.engine.tariff import (
    DemandCharge,
    EnergyCharge,
    EventCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    RiderCharge,
)
from kwhen.engine.tiers import in_order_of_time, shared_out
from kwhen.engine.words import ChargeClass, Per, TierScope
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Event(NamedTuple):
    """A called event, such as a critical peak: aware datetimes, half-open."""

    start: datetime
    end: datetime


def energy_blocks(
    plan: Compiled, home: Metered, group: EnergyGroup, net_kwh: Floats | None
) -> list[Block]:
    """Lines of one energy charge or rider.

    net_kwh : (H, S, P) import less export after netting, or None where only import counts.
    Classes that the rule charges on every interval's import have a block of their own.
    """
    imported = group.bins.gather(home.run_import_kwh)  # (H, S, P)
    if net_kwh is None:
        return [_energy_block(plan, home, group, imported, None)]
    charged = plan.rule.on_import if plan.rule else frozenset()
    on_import = np.array([klass in charged for _, klass, _ in parts_of(group)])
    blocks = []
    if not on_import.all():
        blocks.append(_energy_block(plan, home, group, net_kwh, ~on_import))
    if on_import.any():
        blocks.append(_energy_block(plan, home, group, imported, on_import))
    return blocks


def parts_of(group: EnergyGroup) -> tuple[tuple[str, ChargeClass, str], ...]:
    """Name, class and source of each component of a group. (K,)"""
    charge = group.charge
    if isinstance(charge, RiderCharge):
        return ((charge.name, charge.klass, charge.source),)
    return tuple((c.name, c.klass, c.source) for c in charge.components)


def period_names(group: EnergyGroup) -> tuple[str, ...]:
    """Names of a group's periods. (P,)"""
    if isinstance(group.charge, RiderCharge):
        return ("",)
    return tuple(period.name for period in group.charge.periods)


def _energy_block(
    plan: Compiled, home: Metered, group: EnergyGroup, kwh: Floats, mask: NDArray[np.bool_] | None
) -> Block:
    parts, prices = parts_of(group), group.usd_per_kwh
    name = group.charge.name
    if mask is not None and not mask.all():
        parts = tuple(part for part, kept in zip(parts, mask, strict=True) if kept)
        prices = prices[..., mask]
        if all(klass is ChargeClass.NON_BYPASSABLE for _, klass, _ in parts):
            name = f"{name}, non-bypassable on metered import"
    quantity = _by_tier(plan, home, group, kwh)
    price = prices.sum(axis=-1)[None]
    classes = {klass for _, klass, _ in parts}
    return Block(
        charge=name,
        klass=classes.pop() if len(classes) == 1 else None,
        unit="kWh",
        source=parts[0][2],
        first_day=group.segments.first_day,
        days_count=group.segments.days_count,
        cycle=group.segments.cycle,
        quantity=quantity,
        price=price,
        exact_usd=quantity * price,
        periods=period_names(group),
        parts=parts,
        part_prices=prices,
    )


def _by_tier(plan: Compiled, home: Metered, group: EnergyGroup, kwh: Floats) -> Floats:
    if isinstance(group.charge, RiderCharge) or group.ceiling_kwh.shape[-1] == 1:
        return kwh[..., None]
    ceiling = group.ceiling_kwh[None]
    if group.per_kw:
        peak_kw = np.maximum.reduceat(
            demand_kw(plan, home.import_kwh), plan.cycle_steps[:-1], axis=1
        )
        ceiling = np.asarray(ceiling * peak_kw[:, group.segments.cycle, None, None])
    pooled = group.charge.scope is TierScope.CYCLE
    if plan.rule and plan.rule.tier_fill is TierFill.CHRONOLOGICAL and pooled:
        steps = slice(group.first_step, group.first_step + len(group.step_label))
        used = group.bins.is_used().argmax(axis=1)  # (S,) pooled: all in use have one ladder
        ladder = ceiling[:, np.arange(len(used)), used]  # (H | 1, S, T)
        return in_order_of_time(home.import_kwh[:, steps], group.step_label, kwh.shape[1:], ladder)
    return shared_out(kwh, ceiling, group.charge.scope)


def by_cycle(
    cycles: Cycles,
    *,
    charge: str,
    klass: ChargeClass,
    unit: str,
    source: str,
    quantity: Floats,
    price: Floats,
    exact_usd: Floats,
    always: bool = False,
) -> Block:
    """A block with one line a cycle, from arrays (H, C)."""
    return Block(
        charge=charge,
        klass=klass,
        unit=unit,
        source=source,
        first_day=cycles.first_day[:-1],
        days_count=cycles.days_count,
        cycle=np.arange(cycles.count),
        quantity=quantity[..., None, None],
        price=price[..., None, None],
        exact_usd=exact_usd[..., None, None],
        always=always,
    )


def days_in_cycles(cycles: Cycles, span: Span) -> Floats:
    """Days of a version in each cycle. (C,)"""
    low = np.maximum(cycles.first_day[:-1], span.first_day)
    high = np.minimum(cycles.first_day[1:], span.end_day)
    days: Floats = np.maximum(high - low, 0).astype(np.float64)
    return days


def accrued(plan: Compiled, span: Span, amount_usd: float, per: Per) -> tuple[Floats, Floats]:
    """Quantity in days, months or years, and amount of a fixed sum in each cycle. (C,), (C,)"""
    days = days_in_cycles(plan.cycles, span)
    share = days / plan.cycles.days_count
    match per:
        case Per.DAY:
            quantity = np.where(days > 0, 365 / 12 * share, 0.0) if plan.is_exact else days
        case Per.MONTH:
            quantity = plan.cycles.share_frac * share
        case Per.YEAR:
            quantity = plan.cycles.year_share_frac * share
        case _:
            assert_never(per)
    return quantity, quantity * amount_usd


def fixed_block(plan: Compiled, span: Span, charge: FixedCharge, homes_count: int) -> Block:
    """A fixed charge by cycle."""
    quantity, amount = accrued(plan, span, charge.amount_usd, charge.per)
    shape = (homes_count, plan.cycles.count)
    return by_cycle(
        plan.cycles,
        charge=charge.name,
        klass=charge.klass,
        unit=charge.per.value,
        source=charge.source,
        quantity=np.broadcast_to(quantity, shape),
        price=np.full((1, 1), charge.amount_usd),
        exact_usd=np.broadcast_to(amount, shape),
    )


def lump_block(plan: Compiled, span: Span, charge: LumpCharge, homes_count: int) -> Block:
    """Published amounts on the cycles that hold their dates."""
    grid, amount = plan.grid, np.zeros(plan.cycles.count)
    for month, day, usd in charge.dates:
        hits = np.flatnonzero((grid.month == month) & (grid.day == day))
        hits = hits[(hits >= span.first_day) & (hits < span.end_day)]
        cycle = np.searchsorted(plan.cycles.first_day, hits, side="right") - 1
        np.add.at(amount, cycle, usd)
    shape = (homes_count, plan.cycles.count)
    return by_cycle(
        plan.cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="payment",
        source=charge.source,
        quantity=np.broadcast_to((amount != 0).astype(np.float64), shape),
        price=amount[None],
        exact_usd=np.broadcast_to(amount, shape),
    )


def weighted_block(
    plan: Compiled,
    home: Metered,
    span: Span,
    charge: EventCharge | IndexedEnergyCharge,
    usd_per_kwh: Floats,
) -> Block:
    """Energy at a price of its own in every step (N,): events and market prices."""
    days = plan.grid.day_index
    inside = (days >= span.first_day) & (days < span.end_day)
    price = np.where(inside, usd_per_kwh, 0.0)  # (N,)
    kwh = home.import_kwh
    if plan.rule and plan.rule.netting is Netting.PERIODS and home.export_kwh is not None:
        kwh = kwh - home.export_kwh
    starts = plan.cycle_steps[:-1]
    amount = np.add.reduceat(kwh * price, starts, axis=1)
    mask = price != 0 if isinstance(charge, EventCharge) else inside
    quantity = np.add.reduceat(kwh * mask, starts, axis=1)
    safe = np.where(quantity == 0, 1.0, quantity)
    return by_cycle(
        plan.cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="kWh",
        source=charge.source,
        quantity=quantity,
        price=np.where(quantity == 0, 0.0, amount / safe),
        exact_usd=amount,
    )


def step_price(
    plan: Compiled,
    charge: EventCharge | IndexedEnergyCharge,
    events: Sequence[Event],
    index_usd_per_kwh: Floats | None,
) -> Floats:
    """Price of each step (N,) of an event charge or of energy at a market price. [USD/kWh]"""
    if isinstance(charge, EventCharge):
        called = np.zeros(plan.grid.count, dtype=bool)
        for event in events:
            called |= plan.grid.during(event.start, event.end)
        return np.where(called, charge.usd_per_kwh, 0.0)
    if index_usd_per_kwh is None:
        raise UsageError(
            f"the charge {charge.name!r} follows a market price; pass index_usd_per_kwh with "
            f"{plan.grid.count} values, one for each step"
        )
    price = charge.factor_frac * index_usd_per_kwh + charge.adder_usd_per_kwh
    return np.asarray(price)


def demand_block(plan: Compiled, home: Metered, group: DemandGroup) -> Block:
    """Highest average power of each segment and period at its ladder's prices."""
    power = demand_kw(plan, home.import_kwh[:, group.steps])
    if group.window_steps_count > 1:
        shape = (len(power), -1, group.window_steps_count)
        power = power.reshape(shape).mean(axis=2)
    runs = np.maximum.reduceat(power, group.run_starts, axis=1)
    peak_kw = _ratcheted(plan, group, group.bins.gather(runs, np.maximum))  # (H, S, P)
    top = np.minimum(peak_kw[..., None], group.ceiling_kw)
    kw = np.diff(top, axis=-1, prepend=0.0)  # (H, S, P, T)
    share = group.segments.share_frac[None, :, None, None]
    return Block(
        charge=group.charge.name,
        klass=group.charge.klass,
        unit="kW",
        source=group.charge.source,
        first_day=group.segments.first_day,
        days_count=group.segments.days_count,
        cycle=group.segments.cycle,
        quantity=kw,
        price=group.usd_per_kw[None, None] * share,
        exact_usd=kw * group.usd_per_kw * share,
        periods=tuple(period.name for period in group.charge.periods),
    )


def _ratcheted(plan: Compiled, group: DemandGroup, peak_kw: Floats) -> Floats:
    """Billed demand: at least a share of the highest peak of the cycles looked back on."""
    ratchet = group.charge.ratchet
    if ratchet is None:
        return peak_kw
    billed = peak_kw.copy()
    month = plan.cycles.month[group.segments.cycle]
    for s in range(group.segments.count):
        cycle = group.segments.cycle[s]
        earlier = [
            e
            for e in range(s)
            if 0 < cycle - group.segments.cycle[e] <= ratchet.lookback_months
            and int(month[e]) in ratchet.months
        ]
        if earlier:
            floor = ratchet.share_frac[int(month[s]) - 1] * peak_kw[:, earlier].max(axis=(1, 2))
            used = np.zeros(peak_kw.shape[2], dtype=bool)
            used[group.bins.used[group.bins.used // peak_kw.shape[2] == s] % peak_kw.shape[2]] = (
                True
            )
            billed[:, s] = np.where(used, np.maximum(billed[:, s], floor[:, None]), billed[:, s])
    return billed


def plain_blocks(
    plan: Compiled,
    home: Metered,
    events: Sequence[Event],
    index_usd_per_kwh: Floats | None,
) -> list[tuple[int, Block]]:
    """Fixed, lump, event and indexed charges, each with the number of its version."""
    blocks = []
    for number, span in enumerate(plan.spans):
        for charge in span.tariff.charges:
            match charge:
                case FixedCharge():
                    blocks.append((number, fixed_block(plan, span, charge, home.homes_count)))
                case LumpCharge():
                    blocks.append((number, lump_block(plan, span, charge, home.homes_count)))
                case EventCharge() | IndexedEnergyCharge():
                    price = step_price(plan, charge, events, index_usd_per_kwh)
                    blocks.append((number, weighted_block(plan, home, span, charge, price)))
                case EnergyCharge() | RiderCharge() | DemandCharge():
                    pass  # laid over the grid: energy_blocks and demand_block
                case PercentageCharge() | MinimumCharge():
                    pass  # need the sums of the others: bill
                case _:
                    assert_never(charge)
    return blocks
