"""How a balance runs down: credits come in, what is due takes them out, the rest is carried.

With d the credit and p what it may pay in each cycle, the balance after cycle c is
max(0, balance + d - p): the running sum of d - p, less its lowest point so far.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.compensation import Bank, Leftover

Floats = NDArray[np.float64]

PAYING = frozenset({Leftover.PAY_OUT, Leftover.SETTLE})


def run_down(change: Floats) -> Floats:
    """Balance after each cycle, from nothing. change : (H, C, …) d - p. → (H, C, …)"""
    total = np.add.accumulate(change, axis=1)
    lowest = np.minimum.accumulate(total, axis=1)
    np.minimum(lowest, 0.0, out=lowest)
    return np.asarray(total - lowest)


class Drawn(NamedTuple):
    """What a bank did over a window."""

    paid_usd: Floats  # (H, C, B) [USD]
    paid_out_usd: Floats | None  # (H, C, B) at true-ups, where the banks pay out or back [USD]
    lots: tuple[tuple[int, Floats], ...]  # what is left: cycle in which it was earned, (H, B)


def draw(
    bank: Bank,
    opening: Sequence[tuple[int, Floats]],
    credit_usd: Floats,
    due_usd: Floats,
    years: Sequence[tuple[slice, bool]],
) -> Drawn:
    """Let B banks of one kind pay what is due, cycle by cycle.

    opening : (H, B) lots by the cycle in which they were earned, negative before the window.
    credit, due : (H, C, B) earned, and what the banks may pay. years : cycles between true-ups, and
    whether one follows. [USD]
    """
    if bank.cash:
        paid_usd = credit_usd.copy()
        for _, lot in opening:
            paid_usd[:, 0] += lot
        return Drawn(paid_usd=paid_usd, paid_out_usd=None, lots=())
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
    paid_usd, paid_out_usd = np.empty_like(credit_usd), _none_paid_out(bank, credit_usd)
    if bank.at_true_up is Leftover.KEEP:
        years = ((slice(0, credit_usd.shape[1]), False),)  # true-ups change nothing
    for cycles, trues_up in years:
        inflow = credit_usd[:, cycles].copy()
        if bank.delay_months:  # what a cycle earns pays from the next one on
            inflow[:, 1:] = inflow[:, :-1].copy()
            inflow[:, 0] = 0.0
        if cycles.start == 0:
            for _, lot in opening:
                inflow[:, 0] += lot
        after = run_down(inflow - due_usd[:, cycles])
        inflow[:, 1:] += after[:, :-1]  # balance before, and what came in
        np.maximum(inflow - after, 0.0, out=paid_usd[:, cycles])
        left = after[:, -1]
        if bank.delay_months:
            left = left + credit_usd[:, cycles.stop - 1]
        if trues_up:
            if paid_out_usd is not None:
                charged_usd = np.maximum(due_usd[:, cycles] - paid_usd[:, cycles], 0.0).sum(axis=1)
                paid_out_usd[:, cycles.stop - 1] = _paid_out(bank, left, charged_usd)
            left = np.zeros_like(left)
    lots = ((-1, left),) if np.count_nonzero(left) else ()
    return Drawn(paid_usd=paid_usd, paid_out_usd=paid_out_usd, lots=lots)


def _none_paid_out(bank: Bank, credit_usd: Floats) -> Floats | None:
    """Zeros for banks that pay out or back at true-ups, None for others. (H, C, B)"""
    return np.zeros_like(credit_usd) if bank.at_true_up in PAYING else None


def _paid_out(bank: Bank, left_usd: Floats, charged_usd: Floats) -> Floats:
    """What a true-up pays of a balance: all, or what was charged in the year at most. (H, B)"""
    return left_usd if bank.at_true_up is Leftover.PAY_OUT else np.minimum(left_usd, charged_usd)


def _draw_lots(
    bank: Bank,
    opening: Sequence[tuple[int, Floats]],
    credit_usd: Floats,
    due_usd: Floats,
    years: Sequence[tuple[slice, bool]],
) -> Drawn:
    """The same where credits have an age: the oldest pay first, and lapse."""
    paid_usd, paid_out_usd = np.zeros_like(credit_usd), _none_paid_out(bank, credit_usd)
    lots = list(opening)
    ends = {cycles.stop - 1: cycles for cycles, trues_up in years if trues_up}
    for cycle in range(credit_usd.shape[1]):
        if bank.expires_months is not None:
            lots = [(at, lot) for at, lot in lots if cycle - at < bank.expires_months]
        lots.append((cycle, credit_usd[:, cycle]))
        lots, paid_usd[:, cycle] = _take(lots, due_usd[:, cycle], cycle - bank.delay_months)
        if cycle in ends and bank.at_true_up is not Leftover.KEEP:
            if paid_out_usd is not None:
                year = ends[cycle]
                charged_usd = (due_usd[:, year] - paid_usd[:, year]).sum(axis=1)
                left_usd = sum((lot for _, lot in lots), np.zeros_like(credit_usd[:, 0]))
                paid_out_usd[:, cycle] = _paid_out(bank, left_usd, charged_usd)
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
