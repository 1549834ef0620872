"""What a usage profile does to emissions, and how two scenarios differ."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.cycles import Cycles, billing_cycles
from kwhen.engine.grid import Grid, day_starts

Floats = NDArray[np.float64]

KWH_PER_MWH = 1_000.0
DAYS_PER_YEAR = 365.25


def co2e_lb(grid: Grid, net_kwh: Floats, co2e_lb_per_mwh: Floats) -> Floats:
    """Marginal emissions of each billing cycle, below zero where export displaces more. [lb]

    net_kwh, co2e_lb_per_mwh : import less export and its rate of every step, or of every S steps.
    (N ÷ S,) → (C,)
    """
    return by_cycle(grid, billing_cycles(grid), net_kwh * co2e_lb_per_mwh) / KWH_PER_MWH


def by_cycle(grid: Grid, cycles: Cycles, amount: Floats) -> Floats:
    """Sums over billing cycles of amounts of each step, or of every S steps. (N ÷ S,) → (C,)"""
    starts = day_starts(grid)[cycles.first_day[:-1]] // (grid.count // len(amount))
    return np.asarray(np.add.reduceat(amount, starts))


def payback_years(cost_usd: float, saving_usd: float, window_days: int) -> float | None:
    """Years until a cost is saved at the pace of a window; None if nothing is saved."""
    yearly_usd = saving_usd * DAYS_PER_YEAR / window_days
    return cost_usd / yearly_usd if yearly_usd > 0 else None
