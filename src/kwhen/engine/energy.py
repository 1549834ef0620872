"""A home's energy on the rows of a plan's sheet: shared out over tiers and priced."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.compensation import TierFill
from kwhen.engine.compiled import Compiled
from kwhen.engine.in_order import fill_in_order
from kwhen.engine.metered import Metered, demand_kw
from kwhen.engine.rows import Block

Floats = NDArray[np.float64]

DUST_KWH = 1e-9  # a pool that holds less is in its first tier


def row_kwh(plan: Compiled, home: Metered, net_kwh: Floats | None) -> Floats:
    """Energy of every row. net_kwh : (H, B) of bins, or None where nothing is netted. [kWh]"""
    sheet = plan.sheet
    energy = sheet.bins.gather(home.run_import_kwh) if net_kwh is None else net_kwh  # (H, B)
    if sheet.rows_are_bins:
        return energy
    found = energy.take(sheet.bin_of_row, axis=1)
    if net_kwh is not None and sheet.has_on_import:
        imported = sheet.bins.gather(home.run_import_kwh).take(sheet.bin_of_row, axis=1)
        np.copyto(found, imported, where=sheet.on_import)
    return found


def tiered_kwh(plan: Compiled, home: Metered, kwh: Floats) -> Floats:
    """Energy of every row and tier. (H, B, T)

    Rows of one pool meet its ladder together: each takes its share of every tier.
    """
    sheet = plan.sheet
    if sheet.tiers_count == 1:
        return kwh[..., None]
    total = np.add.reduceat(kwh, sheet.pool_start, axis=1)  # (H, Q)
    ceiling = _ceiling_kwh(plan, home)
    size = np.maximum(np.abs(total), DUST_KWH)[..., None]
    reached_frac = np.minimum(ceiling / size, 1.0)  # (H, Q, T) of the pool, up to each ceiling
    by_tier_kwh = kwh[..., None] * reached_frac.take(sheet.pool_of_row, axis=1)
    by_tier_kwh[..., 1:] -= by_tier_kwh[..., :-1]  # numpy copies what overlaps
    if plan.rule is not None and plan.rule.tier_fill is TierFill.CHRONOLOGICAL:
        fill_in_order(plan, home, kwh, ceiling, by_tier_kwh)
    return by_tier_kwh


def _ceiling_kwh(plan: Compiled, home: Metered) -> Floats:
    """Ceilings of every pool, (Q, T) or (H, Q, T) where they follow the billing demand."""
    sheet = plan.sheet
    if not sheet.has_per_kw:
        return sheet.ceiling_kwh
    power = demand_kw(plan, home.meter_kwh)
    peak_kw = np.maximum.reduceat(power, plan.cycle_steps[:-1], axis=1)  # (H, C)
    factor = np.where(sheet.is_per_kw, peak_kw[:, sheet.cycle_of_pool], 1.0)[..., None]
    finite = np.where(np.isinf(sheet.ceiling_kwh), 0.0, sheet.ceiling_kwh) * factor
    return np.where(np.isinf(sheet.ceiling_kwh), np.inf, finite)


def energy_block(plan: Compiled, by_tier_kwh: Floats) -> Block:
    """The lines of every energy charge and rider."""
    sheet = plan.sheet
    return Block(
        row=sheet.rows.__getitem__,
        quantity=by_tier_kwh,
        usd_per_unit=sheet.usd_per_kwh,
        exact_usd=by_tier_kwh * sheet.usd_per_kwh,
        to_cycle=sheet.to_cycle,
    )
