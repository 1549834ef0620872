"""From energy and tariff to money: the only place where amounts are rounded."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.compensation import Netting
from kwhen.engine.compiled import Compiled, Percentage, compiled
from kwhen.engine.demand import demand_blocks
from kwhen.engine.energy import energy_block, row_kwh, tiered_kwh
from kwhen.engine.grid import Calendar
from kwhen.engine.ledger import Settlement, is_idle_without_export, settle
from kwhen.engine.metered import Metered, demand_kw, metered, shaped, without_export
from kwhen.engine.netting import net_kwh
from kwhen.engine.opening import check_opening
from kwhen.engine.plain import Event, step_usd_per_kwh, weighted_block
from kwhen.engine.result import Bill
from kwhen.engine.rows import CLASS_COUNT, CLASS_INDEX, Block, class_mask, cycle_block, to_cents
from kwhen.engine.tariff import EventCharge, Tariff
from kwhen.engine.words import Credit, Customer
from kwhen.errors import UsageError

Floats = NDArray[np.float64]

NOBODY = Customer()
DUST_USD = 1e-9  # what binary fractions can leave of an amount that is really zero


class _Given(NamedTuple):
    """What a bill is made with, beside the plan and the energy."""

    events: tuple[Event, ...]
    index_usd_per_kwh: Floats | None  # (N,)
    opening: tuple[Credit, ...]
    is_single: bool


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
    imported_kwh = shaped("import_kwh", import_kwh)
    exported_kwh = None if export_kwh is None else shaped("export_kwh", export_kwh, imported_kwh)
    plan = compiled(
        tuple(versions),
        customer or NOBODY,
        start,
        imported_kwh.shape[1],
        step_minutes,
        calendar,
        nearest,
        exported_kwh is not None or bool(opening_credits),
    )
    if opening_credits:
        check_opening(plan, opening_credits)
        exported_kwh = np.zeros_like(imported_kwh) if exported_kwh is None else exported_kwh
    given = _Given(
        events=tuple(events),
        index_usd_per_kwh=_checked_index(plan, index_usd_per_kwh),
        opening=tuple(opening_credits),
        is_single=np.ndim(import_kwh) == 1,
    )
    return _bill(plan, metered(plan, imported_kwh, exported_kwh, given.is_single), given)


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


class _Charged(NamedTuple):
    """What is charged before any credit: it is the same whatever export earns."""

    blocks: tuple[Block, ...]
    cents_usd: tuple[Floats, ...]  # of each block as printed
    by_cycle_usd: Floats  # (H, C) of what is printed, standing charges in
    class_usd: Floats | None  # (H, C, K) exact, standing charges in
    carried: tuple[Credit, ...]  # kWh


class _Settled(NamedTuple):
    """What credits and floors make of the charges."""

    settlement: Settlement
    cents_usd: list[Floats]  # of each block of the settlement
    amounts_usd: Floats  # (H, C + 1) of each cycle, then of all


def _bill(plan: Compiled, home: Metered, given: _Given) -> Bill:
    is_single = given.is_single
    charged = _charged(plan, home, given)
    settled, settled_cents_usd, amounts_usd = _settled(plan, home, given, charged)
    carried = charged.carried + settled.carried
    blocks, cents_usd = charged.blocks + settled.blocks, (*charged.cents_usd, *settled_cents_usd)
    return Bill(
        total_usd=float(amounts_usd[0, -1]) if is_single else amounts_usd[:, -1],
        by_month=tuple(amounts_usd[0, :-1].tolist() if is_single else amounts_usd[:, :-1].T),
        carried_credits=_single(carried) if is_single else carried,
        missing=plan.missing,
        export_rule=(plan.rule.vintage or plan.rule.name) if plan.rule is not None else None,
        plan=plan.spans[0].tariff.plan,
        _blocks=(*plan.standing.lines, *zip(blocks, cents_usd, strict=True)),
        _compiled=plan,
        _is_single=is_single,
        _homes_count=home.homes_count,
        _home=home,
        _without_export_usd=partial(_without_export_usd, plan, home, given, charged),
    )


def _settled(plan: Compiled, home: Metered, given: _Given, charged: _Charged) -> _Settled:
    class_usd = charged.class_usd
    if class_usd is not None and _is_apart(plan, home):
        class_usd = class_usd.copy()  # the bill without export begins with it as well
    settled = settle(plan, home, class_usd, given.opening)
    cents_usd, by_cycle_usd = _rounded(plan, charged, settled.blocks)
    total_usd = np.add.reduce(by_cycle_usd, axis=1, keepdims=True)
    amounts_usd = np.concatenate((by_cycle_usd, total_usd), axis=1)
    if not plan.is_exact:  # sums of cents, without the dust of binary fractions
        amounts_usd = to_cents(amounts_usd)
    return _Settled(settled, cents_usd, amounts_usd)


def _charged(plan: Compiled, home: Metered, given: _Given) -> _Charged:
    """Every charge of a home, in exact amounts and in cents."""
    net, carried_kwh = net_kwh(plan, home, given.opening)
    by_tier_kwh = tiered_kwh(plan, home, row_kwh(plan, home, net))
    others = _other_blocks(plan, home, given)
    class_usd, taxes = _by_class(plan, by_tier_kwh, others) if plan.needs_classes else (None, [])
    blocks = (*(b for _, b in others), energy_block(plan, by_tier_kwh), *taxes)
    exact_usd = tuple(block.exact_usd for block in blocks)
    cents_usd = exact_usd if plan.is_exact else tuple(map(to_cents, exact_usd))
    standing_usd = plan.standing.exact_usd if plan.is_exact else plan.standing.cents_usd
    return _Charged(
        blocks=blocks,
        cents_usd=cents_usd,
        by_cycle_usd=_by_cycle(standing_usd, blocks, cents_usd),
        class_usd=class_usd,
        carried=carried_kwh,
    )


def _without_export_usd(
    plan: Compiled, home: Metered, given: _Given, charged: _Charged
) -> Floats | None:
    """Total of the same import without export (H,); None where that makes no difference. [USD]"""
    if _is_apart(plan, home) and is_idle_without_export(plan, given.opening):
        charges_usd: Floats = np.add.reduce(charged.by_cycle_usd, axis=1)
        return charges_usd  # and nothing else
    import_only = without_export(plan, home)
    if import_only is None:
        return None
    charges = charged if _is_apart(plan, home) else _charged(plan, import_only, given)
    total_usd: Floats = _settled(plan, import_only, given, charges).amounts_usd[:, -1]
    return total_usd


def _is_apart(plan: Compiled, home: Metered) -> bool:
    """Whether export changes what banks hold, and no charge."""
    rule = plan.rule
    return rule is not None and rule.netting is Netting.CHANNELS and home.export_kwh is not None


def _single(credits: tuple[Credit, ...]) -> tuple[Credit, ...]:
    return tuple(replace(credit, amount=float(credit.amount[0])) for credit in credits)


def _other_blocks(plan: Compiled, home: Metered, given: _Given) -> list[tuple[int, Block]]:
    """Every charge but standing ones and energy, with the number of its version."""
    found: list[tuple[int, Block]] = []
    if plan.demand:
        power_kw = demand_kw(plan, home.meter_kwh)
        found += demand_blocks(plan.cycles, plan.demand, power_kw)
    for number, charge in plan.stepwise:
        span, day = plan.spans[number], plan.grid.day_index
        inside = (day >= span.first_day) & (day < span.end_day)
        price = step_usd_per_kwh(plan.grid, charge, given.events, given.index_usd_per_kwh) * inside
        counts = inside & (price != 0) if isinstance(charge, EventCharge) else inside
        energy = _stepwise_kwh(plan, home)
        block = weighted_block(plan.cycles, plan.cycle_steps, charge, price, counts, energy)
        found.append((number, block))
    return found


def _stepwise_kwh(plan: Compiled, home: Metered) -> Floats:
    """Energy that step prices apply to: import, net of export under net metering. (H, N)"""
    nets = plan.rule is not None and plan.rule.netting is Netting.PERIODS
    if nets and home.export_kwh is not None:
        return home.import_kwh - home.export_kwh
    return home.import_kwh


def _by_class(
    plan: Compiled, by_tier_kwh: Floats, others: Sequence[tuple[int, Block]]
) -> tuple[Floats, list[Block]]:
    """Charges by cycle and class (H, C, K), percentages in, and the lines of percentages."""
    standing_usd = plan.standing.class_usd  # (V, C, K)
    if not plan.percentages:
        return _charges_by_class(plan, by_tier_kwh, others, slice(None), standing_usd), []
    total: Floats | float = 0.0
    lines: list[Block] = []
    for number in range(len(plan.spans)):
        rows = plan.sheet.span_rows[number]
        mine = [(index, block) for index, block in others if index == number]
        own_usd = standing_usd[number : number + 1]
        version_usd = _charges_by_class(plan, by_tier_kwh, mine, rows, own_usd)
        for item in plan.percentages:
            if item.tariff_index == number:
                lines.append(_percentage(plan, item, version_usd, by_tier_kwh))
        total = total + version_usd
    return np.asarray(total), lines


def _charges_by_class(
    plan: Compiled,
    by_tier_kwh: Floats,
    others: Sequence[tuple[int, Block]],
    rows: slice,
    standing_usd: Floats,
) -> Floats:
    """Energy of some rows, the blocks and standing charges given, by cycle and class. [USD]

    standing_usd : (v, C, K) of some versions. → (H, C, K)
    """
    shape = (len(by_tier_kwh), plan.cycles.count, CLASS_COUNT)
    tiers = plan.sheet.tiers_count
    prices = plan.sheet.class_usd_per_kwh.reshape(-1, tiers, shape[1] * shape[2])[rows]
    some = by_tier_kwh[:, rows]
    found: Floats = some.reshape(len(some), -1) @ prices.reshape(-1, shape[1] * shape[2])
    found = found.reshape(shape)
    found += standing_usd[0] if len(standing_usd) == 1 else standing_usd.sum(axis=0)
    for _, block in others:
        assert block.klass is not None
        found[..., CLASS_INDEX[block.klass]] += block.cycle_usd(block.exact_usd)
    return found


def _percentage(
    plan: Compiled, item: Percentage, version_usd: Floats, by_tier_kwh: Floats
) -> Block:
    """The line of a tax or discount; `version_usd` (H, C, K) takes its amounts in."""
    charge, reach = item.charge, class_mask(item.charge.of)
    base = version_usd * reach
    if item.excepted_usd_per_kwh is not None:
        left_out = by_tier_kwh.reshape(len(by_tier_kwh), -1) @ item.excepted_usd_per_kwh
        base = base - left_out.reshape(version_usd.shape) * reach
    total = base.sum(axis=2)  # (H, C)
    if charge.share_frac < 0:
        version_usd += base * charge.share_frac  # the classes themselves become smaller
    else:
        total = np.maximum(total, 0.0)  # a surplus of exported energy is no negative tax
        version_usd[..., CLASS_INDEX[charge.klass]] += total * charge.share_frac
    return cycle_block(
        plan.cycles,
        charge=charge.name,
        klass=charge.klass,
        unit="USD",
        source=charge.source,
        quantity=total,
        usd_per_unit=charge.share_frac,
        exact_usd=total * charge.share_frac,
    )


def _rounded(
    plan: Compiled, charged: _Charged, settled: Sequence[Block]
) -> tuple[list[Floats], Floats]:
    """The amounts of the ledger's blocks in cents, and the sums of all by cycle (H, C).

    Credits never bring a cycle below zero by rounding alone.
    """
    exact_usd = [block.exact_usd for block in settled]
    if plan.is_exact or not settled:
        return exact_usd, _by_cycle(charged.by_cycle_usd, settled, exact_usd)
    together = to_cents(np.concatenate(exact_usd, axis=2))  # (H, C, 1) each, rounded at once
    cents_usd = [together[..., number, None] for number in range(len(settled))]
    total = _by_cycle(charged.by_cycle_usd, settled, cents_usd)
    if np.minimum.reduce(total, axis=None) > -DUST_USD:
        return cents_usd, total
    every = (*charged.blocks, *settled)
    exact = _by_cycle(plan.standing.exact_usd, every, [block.exact_usd for block in every])
    excess = np.where((exact > -DUST_USD) & (total < 0), -total, 0.0)
    if not np.count_nonzero(excess):
        return cents_usd, total
    for number in reversed(range(len(settled))):
        given_up = np.clip(-cents_usd[number][..., 0], 0.0, excess)  # only what a credit paid
        cents_usd[number] = to_cents(cents_usd[number] + given_up[..., None])
        excess = excess - given_up
    return cents_usd, _by_cycle(charged.by_cycle_usd, settled, cents_usd)


def _by_cycle(standing_usd: Floats, blocks: Sequence[Block], amounts: Sequence[Floats]) -> Floats:
    """Sums of all lines by billing cycle. standing_usd : (1, C). → (H, C) [USD]"""
    total = standing_usd
    for block, amount in zip(blocks, amounts, strict=True):
        total = total + block.cycle_usd(amount)
    return total
