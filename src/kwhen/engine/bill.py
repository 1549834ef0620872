"""From energy and tariff to money: the only place where amounts are rounded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.charges import (
    Event,
    by_cycle,
    demand_block,
    energy_blocks,
    plain_blocks,
)
from kwhen.engine.compiled import Compiled, compiled
from kwhen.engine.grid import Calendar
from kwhen.engine.ledger import CLASSES, class_mask, settle
from kwhen.engine.metered import Metered, checked, metered
from kwhen.engine.netting import net_energy
from kwhen.engine.result import Bill, Block, Credit, to_cents
from kwhen.engine.tariff import PercentageCharge, Tariff
from kwhen.engine.words import Customer
from kwhen.errors import UsageError

Floats = NDArray[np.float64]


def bill(
    versions: Sequence[Tariff],
    import_kwh: ArrayLike,
    export_kwh: ArrayLike | None = None,
    *,
    start: date,
    step_minutes: int = 15,
    calendar: Calendar = Calendar.CIVIL,
    customer: Customer | None = None,
    events: Sequence[Event] = (),
    index_usd_per_kwh: ArrayLike | None = None,
    opening_credits: Sequence[Credit] = (),
    nearest: bool = False,
) -> Bill:
    """Itemised bill of one home (N,) or of many (H, N), over whole local days from `start`.

    Parameters
    ----------
    versions : the versions of a rate plan, rising by their effective date
    import_kwh, export_kwh : (N,) or (H, N) energy of each step, finite and ≥ 0. [kWh]
    index_usd_per_kwh : (N,) market price, for tariffs that follow one. [USD/kWh]

    Raises
    ------
    UsageError, CoverageError, ChoiceError : as the messages say
    """
    imported = checked("import_kwh", import_kwh)
    exported = None if export_kwh is None else checked("export_kwh", export_kwh, imported.shape[1])
    if exported is not None and exported.shape != imported.shape:
        raise UsageError(
            f"export_kwh has the shape {exported.shape}, import_kwh {imported.shape}; "
            "give one row a home in both"
        )
    plan = compiled(
        tuple(versions),
        customer or Customer(),
        start,
        imported.shape[1],
        step_minutes,
        calendar,
        nearest,
        exported is not None,
    )
    index = _checked_index(plan, index_usd_per_kwh)
    is_single = np.ndim(import_kwh) == 1
    return _bill(plan, imported, exported, tuple(events), index, tuple(opening_credits), is_single)


def _checked_index(plan: Compiled, index_usd_per_kwh: ArrayLike | None) -> Floats | None:
    if index_usd_per_kwh is None:
        return None
    index = np.asarray(index_usd_per_kwh, dtype=np.float64)
    if index.shape != (plan.grid.count,) or not np.isfinite(index).all():
        raise UsageError(
            f"index_usd_per_kwh has the shape {index.shape}; it takes {plan.grid.count} finite "
            "values, one for each step"
        )
    return index


def _bill(
    plan: Compiled,
    imported: Floats,
    exported: Floats | None,
    events: tuple[Event, ...],
    index: Floats | None,
    opening: tuple[Credit, ...],
    is_single: bool,
) -> Bill:
    home = metered(plan, imported, exported)
    net, carried_kwh = net_energy(plan, home, opening)
    blocks = _charges(plan, home, net, events, index)
    class_usd, taxes = _with_percentages(plan, home, blocks)
    settled = settle(plan, home, class_usd, opening)
    every = (*(b for _, b in blocks), *taxes, *settled.minimums, *settled.credits)
    cents = _rounded(plan, every, len(settled.credits))
    by_month = _by_cycle(plan, every, cents, home.homes_count)

    def amount(values: Floats) -> float | Floats:
        return float(values[0]) if is_single else values

    def without_export() -> Bill:
        nothing = np.zeros_like(imported)
        return _bill(plan, imported, nothing, events, index, opening, is_single)

    return Bill(
        total_usd=amount(_cents_unless(plan, by_month.sum(axis=1))),
        exact_usd=amount(
            sum((b.exact_usd.sum(axis=(1, 2, 3)) for b in every), np.zeros(home.homes_count))
        ),
        by_month=tuple(amount(by_month[:, cycle]) for cycle in range(plan.cycles.count)),
        cycles=_cycle_dates(plan),
        carried_credits=tuple(
            replace(credit, amount=amount(np.asarray(credit.amount)))
            for credit in (*carried_kwh, *settled.carried)
        ),
        missing=tuple(dict.fromkeys(plan.missing + settled.missing)),
        versions=tuple(span.tariff.effective for span in plan.spans),
        export_rule=(plan.rule.vintage or plan.rule.name) if plan.rule else None,
        plan=plan.spans[0].tariff.plan,
        _blocks=tuple(zip(every, cents, strict=True)),
        _compiled=plan,
        _is_single=is_single,
        _without_export=without_export,
    )


def _charges(
    plan: Compiled,
    home: Metered,
    net: dict[int, Floats],
    events: tuple[Event, ...],
    index: Floats | None,
) -> list[tuple[int, Block]]:
    """Every charge's lines with the number of their version, before percentages and credits."""
    found = []
    for place, group in enumerate(plan.energy):
        for block in energy_blocks(plan, home, group, net.get(place)):
            found.append((group.tariff_index, block))
    for demand in plan.demand:
        found.append((demand.tariff_index, demand_block(plan, home, demand)))
    return found + plain_blocks(plan, home, events, index)


def _with_percentages(
    plan: Compiled, home: Metered, blocks: Sequence[tuple[int, Block]]
) -> tuple[Floats, list[Block]]:
    """Charges by class (H, C, K) with taxes and discounts in, and the lines of the latter."""
    total = np.zeros((home.homes_count, plan.cycles.count, len(CLASSES)))
    lines = []
    for number, span in enumerate(plan.spans):
        own = np.zeros_like(total)
        mine = [block for index, block in blocks if index == number]
        for block in mine:
            own += _class_usd(plan, block)
        for charge in span.tariff.charges:
            if isinstance(charge, PercentageCharge):
                lines.append(_percentage(plan, charge, own, mine))
        total += own
    return total, lines


def _class_usd(plan: Compiled, block: Block, skip: frozenset[str] | None = None) -> Floats:
    """A block's amounts by cycle and class (H, C, K); `skip`: only the components named."""
    parts = block.parts if block.part_prices is not None else ()
    if skip is not None and not any(name in skip for name, _, _ in parts):
        return np.zeros(())
    found = np.zeros((len(block.exact_usd), plan.cycles.count, len(CLASSES)))
    if block.part_prices is None or (block.klass is not None and skip is None):
        by_segment = block.exact_usd.sum(axis=(2, 3))[..., None]  # (H, S, 1)
        assert block.klass is not None
        columns = [CLASSES.index(block.klass)]
    else:
        kept = [i for i, part in enumerate(parts) if skip is None or part[0] in skip]
        by_segment = _part_usd(block, kept)  # (H, S, parts)
        columns = [CLASSES.index(parts[i][1]) for i in kept]
    starts = np.flatnonzero(np.diff(block.cycle, prepend=-1))
    by_cycle_usd = np.add.reduceat(by_segment, starts, axis=1)
    for position, column in enumerate(columns):
        found[:, block.cycle[starts], column] += by_cycle_usd[..., position]
    return found


def _part_usd(block: Block, kept: list[int]) -> Floats:
    """Amount of some components of a block, by segment. (H, S, parts) [USD]"""
    assert block.part_prices is not None
    prices = block.part_prices[..., kept]  # (S | 1, P, T, parts)
    if len(prices) == 1:
        return np.asarray(np.tensordot(block.quantity, prices[0], axes=([2, 3], [0, 1])))
    return np.asarray(np.einsum("hspt,sptk->hsk", block.quantity, prices))


def _percentage(
    plan: Compiled, charge: PercentageCharge, own: Floats, blocks: Sequence[Block]
) -> Block:
    """Lines of a tax or discount; `own` (H, C, K) takes its amounts in."""
    reach = class_mask(charge.of)
    base = own * reach
    for block in blocks:
        if charge.except_components:
            base = base - _class_usd(plan, block, charge.except_components) * reach
    amount = base * charge.share_frac  # (H, C, K)
    if charge.share_frac < 0:
        own += amount  # a discount makes the classes themselves smaller
    else:
        own[..., CLASSES.index(charge.klass)] += amount.sum(axis=2)
    return by_cycle(
        plan.cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="USD",
        source=charge.source,
        quantity=base.sum(axis=2),
        price=np.full((1, 1), charge.share_frac),
        exact_usd=amount.sum(axis=2),
    )


def _rounded(plan: Compiled, blocks: Sequence[Block], credits_count: int) -> list[Floats]:
    """Each block's amounts in cents. Credits never bring a cycle below zero by rounding alone."""
    if plan.is_exact:
        return [block.exact_usd for block in blocks]
    cents = [to_cents(block.exact_usd) for block in blocks]
    if not credits_count:
        return cents
    exact = _by_cycle(plan, blocks, [b.exact_usd for b in blocks], len(blocks[0].exact_usd))
    total = _by_cycle(plan, blocks, cents, len(blocks[0].exact_usd))
    excess = np.where((exact > -1e-9) & (total < 0), -total, 0.0)
    if excess.any():
        cents[-1] = to_cents(cents[-1] + excess[..., None, None])
    return cents


def _by_cycle(
    plan: Compiled, blocks: Sequence[Block], amounts: Sequence[Floats], homes_count: int
) -> Floats:
    """Sums of all lines by billing cycle. (H, C) [USD]"""
    total = np.zeros((homes_count, plan.cycles.count))
    for block, amount in zip(blocks, amounts, strict=True):
        starts = np.flatnonzero(np.diff(block.cycle, prepend=-1))
        total[:, block.cycle[starts]] += np.add.reduceat(amount.sum(axis=(2, 3)), starts, axis=1)
    return _cents_unless(plan, total)


def _cents_unless(plan: Compiled, amount_usd: Floats) -> Floats:
    """Sums of cents as cents again, without the dust of binary fractions."""
    return amount_usd if plan.is_exact else to_cents(amount_usd)


def _exact_usd(blocks: Sequence[Block], homes_count: int) -> Floats:
    """Sum of all lines, unrounded. (H,) [USD]"""
    nothing = np.zeros(homes_count)
    return sum((block.exact_usd.sum(axis=(1, 2, 3)) for block in blocks), nothing)


def _cycle_dates(plan: Compiled) -> tuple[tuple[date, date], ...]:
    first = plan.cycles.first_day
    edges = [plan.grid.date_of(0).toordinal() + int(day) for day in first]
    return tuple((date.fromordinal(a), date.fromordinal(b)) for a, b in pairwise(edges))
