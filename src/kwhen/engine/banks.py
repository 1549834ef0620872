"""How a balance runs down: credits come in, what is due takes them out, the rest is carried.

With d the credit and p what it may pay in each cycle, the balance after cycle c is
max(0, balance + d - p): the running sum of d - p, less its lowest point so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.compensation import Bank, Leftover

Floats = NDArray[np.float64]


def run_down(balance: Floats, change: Floats) -> Floats:
    """Balance after each cycle. balance : (H, …) before. change : (H, C, …) d - p. → (H, C, …)"""
    change[:, 0] += balance
    total = np.cumsum(change, axis=1)
    return total - np.minimum(np.minimum.accumulate(total, axis=1), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drawn:
    """What a bank did over a window."""

    paid_usd: Floats  # (H, C) [USD]
    paid_out_usd: Floats  # (H, C) at true-ups [USD]
    lots: tuple[tuple[int, Floats], ...]  # what is left: cycle in which it was earned, (H,)


def draw(
    bank: Bank,
    opening: Sequence[tuple[int, Floats]],
    credit_usd: Floats,
    due_usd: Floats,
    years: Sequence[tuple[slice, bool]],
) -> Drawn:
    """Let a bank pay what is due, cycle by cycle.

    opening : lots by the cycle in which they were earned (negative: before the window), (H,) each.
    credit, due : (H, C) earned, and what the bank may pay. years : cycles between true-ups, and
    whether one follows. [USD]
    """
    if bank.cash:
        paid_usd = credit_usd.copy()
        for _, lot in opening:
            paid_usd[:, 0] += lot
        return Drawn(paid_usd=paid_usd, paid_out_usd=np.zeros_like(credit_usd), lots=())
    if bank.expires_months is None and bank.delay_months <= 1:
        return _draw_balance(bank, opening, credit_usd, due_usd, years)
    return _draw_lots(bank, opening, credit_usd, due_usd, years)


def _draw_balance(
    bank: Bank,
    opening: Sequence[tuple[int, Floats]],
    credit_usd: Floats,
    due_usd: Floats,
    years: Sequence[tuple[slice, bool]],
) -> Drawn:
    paid_usd, paid_out_usd = np.empty_like(credit_usd), np.zeros_like(credit_usd)
    balance = sum((lot for _, lot in opening), np.zeros(len(credit_usd)))
    waiting = np.zeros(len(credit_usd))  # earned in the last cycle, pays from the next one on
    for cycles, trues_up in years:
        inflow = credit_usd[:, cycles]
        if bank.delay_months:
            following = inflow[:, -1]
            inflow = np.concatenate([waiting[:, None], inflow[:, :-1]], axis=1)
            waiting = following
        after = run_down(balance, inflow - due_usd[:, cycles])
        before = np.concatenate([balance[:, None], after[:, :-1]], axis=1)
        paid_usd[:, cycles] = np.maximum(before + inflow - after, 0.0)
        balance = after[:, -1]
        if trues_up and bank.at_true_up is not Leftover.KEEP:
            if bank.at_true_up is Leftover.PAY_OUT:
                paid_out_usd[:, cycles.stop - 1] = balance + waiting
            balance, waiting = np.zeros_like(balance), np.zeros_like(balance)
    left = balance + waiting
    return Drawn(
        paid_usd=paid_usd, paid_out_usd=paid_out_usd, lots=((-1, left),) if left.any() else ()
    )


def _draw_lots(
    bank: Bank,
    opening: Sequence[tuple[int, Floats]],
    credit_usd: Floats,
    due_usd: Floats,
    years: Sequence[tuple[slice, bool]],
) -> Drawn:
    """The same where credits have an age: the oldest pay first, and lapse."""
    paid_usd, paid_out_usd = np.zeros_like(credit_usd), np.zeros_like(credit_usd)
    lots = list(opening)
    ends = {cycles.stop - 1 for cycles, trues_up in years if trues_up}
    for cycle in range(credit_usd.shape[1]):
        if bank.expires_months is not None:
            lots = [(at, lot) for at, lot in lots if cycle - at < bank.expires_months]
        lots.append((cycle, credit_usd[:, cycle]))
        lots, paid_usd[:, cycle] = _take(lots, due_usd[:, cycle], cycle - bank.delay_months)
        if cycle in ends and bank.at_true_up is not Leftover.KEEP:
            if bank.at_true_up is Leftover.PAY_OUT:
                paid_out_usd[:, cycle] = sum(lot for _, lot in lots)
            lots = []
    return Drawn(
        paid_usd=paid_usd, paid_out_usd=paid_out_usd, lots=tuple(p for p in lots if p[1].any())
    )


def _take(
    lots: Sequence[tuple[int, Floats]], due_usd: Floats, newest_cycle: int
) -> tuple[list[tuple[int, Floats]], Floats]:
    """Pay from the oldest lot on, up to the lots earned in the cycle `newest`."""
    rest, left = due_usd, []
    for at, lot in lots:
        used = np.minimum(lot, rest) if at <= newest_cycle else np.zeros_like(lot)
        left.append((at, lot - used))
        rest = rest - used
    return left, due_usd - rest
