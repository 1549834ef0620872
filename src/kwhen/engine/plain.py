"""Charges that follow no ladder: fixed amounts, published lumps, events and market prices."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, assert_never

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span
from kwhen.engine.compensation import ExportRule
from kwhen.engine.cycles import Cycles
from kwhen.engine.grid import Calendar, Grid
from kwhen.engine.rows import Block, cycle_block
from kwhen.engine.tariff import EventCharge, FixedCharge, IndexedEnergyCharge, LumpCharge
from kwhen.engine.words import ChargeClass, Per
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NREL_DAYS_PER_MONTH = 365 / 12  # NREL's model takes every month as equally long for $/day


class Event(NamedTuple):
    """A called event, such as a critical peak: aware datetimes, half-open."""

    start: datetime
    end: datetime


def days_in_cycles(cycles: Cycles, span: Span) -> Floats:
    """Days of a version in each cycle. (C,)"""
    low = np.maximum(cycles.first_day[:-1], span.first_day)
    high = np.minimum(cycles.first_day[1:], span.end_day)
    days: Floats = np.maximum(high - low, 0).astype(np.float64)
    return days


def accrued_quantity(grid: Grid, cycles: Cycles, span: Span, per: Per) -> Floats:
    """Days, months or years of a version in each cycle, for amounts that accrue. (C,)"""
    days = days_in_cycles(cycles, span)
    share = days / cycles.days_count
    match per:
        case Per.DAY:
            return NREL_DAYS_PER_MONTH * share if grid.calendar is Calendar.SAM else days
        case Per.MONTH:
            return cycles.share_frac * share
        case Per.YEAR:
            return cycles.year_share_frac * share
        case _:
            assert_never(per)


def constant_blocks(
    grid: Grid, cycles: Cycles, spans: Sequence[Span]
) -> tuple[tuple[int, Block], ...]:
    """Fixed and lump charges, the same for every home, each with the number of its version."""
    found = []
    for number, span in enumerate(spans):
        for charge in span.tariff.charges:
            if isinstance(charge, FixedCharge):
                quantity = accrued_quantity(grid, cycles, span, charge.per)
                found.append((number, _fixed_block(cycles, charge, quantity)))
            elif isinstance(charge, LumpCharge):
                found.append((number, _lump_block(grid, cycles, span, charge)))
    return tuple(found)


def _fixed_block(cycles: Cycles, charge: FixedCharge, quantity: Floats) -> Block:
    return cycle_block(
        cycles,
        charge=charge.name,
        klass=charge.klass,
        unit=charge.per.value,
        source=charge.source,
        quantity=quantity[None],
        usd_per_unit=charge.amount_usd,
        exact_usd=quantity[None] * charge.amount_usd,
    )


def solar_size_block(cycles: Cycles, rule: ExportRule, solar_kw: float) -> Block:
    """What an export scheme charges for the size of the solar, by cycle."""
    quantity = cycles.share_frac[None] * solar_kw
    return cycle_block(
        cycles,
        charge=f"{rule.name} charge by solar size",
        klass=ChargeClass.FIXED,
        unit="kW",
        source=rule.source,
        quantity=quantity,
        usd_per_unit=rule.usd_per_kw_month,
        exact_usd=quantity * rule.usd_per_kw_month,
    )


def _lump_block(grid: Grid, cycles: Cycles, span: Span, charge: LumpCharge) -> Block:
    amount = np.zeros(cycles.count)
    for month, day, usd in charge.dates:
        hits = np.flatnonzero((grid.month == month) & (grid.day == day))
        hits = hits[(hits >= span.first_day) & (hits < span.end_day)]
        np.add.at(amount, np.searchsorted(cycles.first_day, hits, side="right") - 1, usd)
    return cycle_block(
        cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="payment",
        source=charge.source,
        quantity=(amount[None] != 0).astype(np.float64),
        usd_per_unit=amount[None],
        exact_usd=amount[None],
    )


def step_usd_per_kwh(
    grid: Grid,
    charge: EventCharge | IndexedEnergyCharge,
    events: Sequence[Event],
    index_usd_per_kwh: Floats | None,
) -> Floats:
    """Price of each step (N,) of an event charge or of energy at a market price. [USD/kWh]"""
    if isinstance(charge, EventCharge):
        called = np.zeros(grid.count, dtype=bool)
        for event in events:
            called |= grid.during(event.start, event.end)
        return np.where(called, charge.usd_per_kwh, 0.0)
    if index_usd_per_kwh is None:
        raise UsageError(
            f"the charge {charge.name!r} follows a market price; pass index_usd_per_kwh with "
            f"{grid.count} values, one for each step"
        )
    return np.asarray(charge.factor_frac * index_usd_per_kwh + charge.adder_usd_per_kwh)


def weighted_block(
    cycles: Cycles,
    cycle_steps: Ints,
    charge: EventCharge | IndexedEnergyCharge,
    usd_per_kwh: Floats,
    counts: NDArray[np.bool_],
    energy_kwh: Floats,
) -> Block:
    """Energy (H, N) at a price of its own in every step (N,); `counts`: steps it is for (N,)."""
    starts = cycle_steps[:-1]
    amount = np.add.reduceat(energy_kwh * usd_per_kwh, starts, axis=1)
    quantity = np.add.reduceat(energy_kwh * counts, starts, axis=1)
    return cycle_block(
        cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="kWh",
        source=charge.source,
        quantity=quantity,
        usd_per_unit=np.where(quantity == 0, 0.0, amount / np.where(quantity == 0, 1.0, quantity)),
        exact_usd=amount,
    )
