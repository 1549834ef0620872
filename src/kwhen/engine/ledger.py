"""Credits and floors: what banks pay, what minimums add, what is trued up.

Order in a cycle: banks that may not pay the minimum, then the minimum (in a twelfth month the
yearly one as well), then the other banks; what a cash bank then still holds is paid out, below
zero if need be. At the end of a twelfth month the true-up of the banks and the cash-out of
surplus kWh follow.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.banks import draw
from kwhen.engine.compensation import Bank, DatedPrice, Leftover, Netting
from kwhen.engine.compiled import Banks, Compiled, Minimum
from kwhen.engine.metered import Metered
from kwhen.engine.rows import CLASS_INDEX, Block, class_mask, cycle_block
from kwhen.engine.tariff import MinimumCharge
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass, Credit, Per

Floats = NDArray[np.float64]

MINIMUM = CLASS_INDEX[ChargeClass.MINIMUM]


class Settlement(NamedTuple):
    """Lines that the ledger adds, and what it leaves for later."""

    blocks: tuple[Block, ...]
    carried: tuple[Credit, ...]


def settle(
    plan: Compiled, home: Metered, class_usd: Floats | None, opening: Sequence[Credit]
) -> Settlement:
    """Run the ledger over all cycles.

    class_usd : (H, C, K) charges by cycle and class, unrounded; it is used up. None where the
    plan has neither banks nor minimums. [USD]
    """
    blocks: list[Block] = []
    carried: list[Credit] = []
    is_idle = home.export_kwh is None and is_idle_without_export(plan, opening)
    if class_usd is not None and not is_idle:
        run = _Run(plan, home, class_usd, opening)
        run.take_surplus()
        for step in plan.ledger:
            if isinstance(step, Banks):
                run.pay_from(step)
            elif step.charge.per is Per.YEAR:
                run.raise_year_to(step)
            else:
                run.raise_to(step)
        blocks, carried = run.blocks, run.carried
    surplus = _cash_out(plan, home)
    if surplus is not None:
        blocks.append(surplus)
    return Settlement(blocks=tuple(blocks), carried=tuple(carried))


def is_idle_without_export(plan: Compiled, opening: Sequence[Credit]) -> bool:
    """Whether empty banks that only export fills are all there is."""
    by_export = plan.rule is not None and plan.rule.netting is Netting.CHANNELS
    others = [step for step in plan.ledger if not isinstance(step, Banks)]
    return by_export and not opening and not others


def _cash_out(plan: Compiled, home: Metered) -> Block | None:
    """What the surplus kWh of every full year earn; None where there is no surplus."""
    rule, net = plan.rule, home.run_net_kwh
    if rule is None or rule.cash_out is None or not rule.true_up or net is None:
        return None
    years = [(last, np.add.reduce(net[:, runs], axis=1)) for last, runs in plan.full_years]
    if not any(np.minimum.reduce(year) < 0 for _, year in years):
        return None
    surplus = np.zeros((home.homes_count, plan.cycles.count))
    for last, year in years:
        surplus[:, last] = np.maximum(-year, 0.0)
    terms = rule.cash_out.usd_per_kwh
    return cycle_block(
        plan.cycles,
        charge="Net surplus compensation",
        klass=ChargeClass.CREDIT,
        unit="kWh",
        source=terms.source if isinstance(terms, DatedPrice) else rule.source,
        quantity=surplus,
        usd_per_unit=-plan.surplus_usd_per_kwh,
        exact_usd=-surplus * plan.surplus_usd_per_kwh,
    )


class _Run:
    """One pass over a window: `due` shrinks as banks pay and grows with minimums."""

    def __init__(
        self, plan: Compiled, home: Metered, due_usd: Floats, opening: Sequence[Credit]
    ) -> None:
        self.plan, self.home, self.due_usd, self.opening = plan, home, due_usd, opening
        self.blocks: list[Block] = []
        self.carried: list[Credit] = []
        self.surplus_usd: Floats | None = None  # (H, C) for the first bank

    def take_surplus(self) -> None:
        """Move a negative sum of the energy classes into the first bank, if dollars are netted."""
        rule = self.plan.rule
        if rule is None or rule.netting is not Netting.PERIODS or rule.in_kwh:
            return
        bank = rule.banks[0]
        reach = class_mask(bank.pays & ENERGY_CLASSES)
        due_usd = self.due_usd @ reach  # (H, C)
        if np.minimum.reduce(due_usd, axis=None) < 0:
            surplus = np.maximum(-due_usd, 0.0)
            self.due_usd *= 1.0 - reach * (surplus > 0)[..., None]
            self.surplus_usd = surplus
            self._add(f"Credit moved to {bank.name}", surplus, rule.source)

    def pay_from(self, group: Banks) -> None:
        """Let banks pay the classes they may pay; what they paid is taken off in proportion."""
        rule = self.plan.rule
        assert rule is not None
        opening, credit = self._lots(group), self._credit_usd(group, rule.banks[0])
        if not opening and not np.count_nonzero(credit):
            return
        pool = np.maximum(self.due_usd @ group.reach_frac, 0.0)  # (H, C, B)
        years = self.plan.cycles.years if rule.true_up else self._no_true_up()
        drawn = draw(group.banks[0], opening, credit, pool, years)
        for number, bank in enumerate(group.banks):
            self._add(f"Credit from {bank.name}", -drawn.paid_usd[..., number], rule.source)
            if drawn.paid_out_usd is not None:
                is_back = bank.at_true_up is Leftover.SETTLE
                name = "Credit for earlier months of the year" if is_back else "Credit paid out"
                self._add(name, -drawn.paid_out_usd[..., number], rule.source)
            self._carry(bank, [(at, lot[:, number]) for at, lot in drawn.lots])
        if group is not self.plan.ledger[-1]:  # nobody asks after the last one
            used = np.minimum(drawn.paid_usd, pool) / np.where(pool > 0, pool, 1.0)  # (H, C, B)
            self.due_usd *= 1.0 - used @ group.reach_frac.T

    def _credit_usd(self, group: Banks, first: Bank) -> Floats:
        """What fills the banks: export, and a surplus the first one of all. (H, C, B)"""
        credit: Floats = self.home.deposit_usd @ group.fill_frac
        if self.surplus_usd is not None and first in group.banks:
            credit[..., group.banks.index(first)] += self.surplus_usd
        return credit

    def _no_true_up(self) -> tuple[tuple[slice, bool], ...]:
        return ((slice(0, self.plan.cycles.count), False),)

    def _lots(self, group: Banks) -> list[tuple[int, Floats]]:
        """What the home brings along, by the cycle in which it was earned. (H, B) each"""
        if not self.opening:
            return []
        cycles, names = self.plan.cycles, [bank.name for bank in group.banks]
        first = int(cycles.year[0]) * 12 + int(cycles.month[0])
        found = []
        for credit in self.opening:
            if credit.unit == "USD" and credit.bank in names:
                earned = credit.earned
                at = earned.year * 12 + earned.month - first if earned is not None else -1
                lot = np.zeros((self.home.homes_count, len(names)))
                lot[:, names.index(credit.bank)] = credit.amount
                found.append((min(at, -1), lot))
        return found

    def _carry(self, bank: Bank, lots: Sequence[tuple[int, Floats]]) -> None:
        """Keep what is left in a bank."""
        dated = bank.expires_months is not None
        for at, lot in lots:
            if np.count_nonzero(lot):
                earned = self._month_of(at) if dated else None
                self.carried.append(Credit(bank=bank.name, unit="USD", amount=lot, earned=earned))

    def _month_of(self, cycle: int) -> date:
        """First day of the month of a cycle; before the window it counts back by months."""
        if cycle >= 0:
            return self.plan.grid.date_of(int(self.plan.cycles.first_day[cycle]))
        first = self.plan.grid.date_of(0)
        months = first.year * 12 + first.month - 1 + cycle
        return date(months // 12, months % 12 + 1, 1)

    def raise_to(self, minimum: Minimum) -> None:
        """Add what lacks to a cycle's minimum."""
        charge, amount_usd = minimum.charge, minimum.amount_usd
        reached = np.maximum(self.due_usd @ class_mask(charge.of), 0.0)
        self._raise(charge, np.where(amount_usd > 0, np.maximum(amount_usd - reached, 0.0), 0.0))

    def raise_year_to(self, minimum: Minimum) -> None:
        """Add what lacks to a year's minimum, in the last cycle of each year of the window."""
        charge, amount_usd = minimum.charge, minimum.amount_usd
        reached = self.due_usd @ class_mask(charge.of)
        lacking_usd = np.zeros_like(reached)
        for cycles, _ in self.plan.cycles.years:
            year = np.maximum(reached[:, cycles].sum(axis=1), 0.0)
            lacking_usd[:, cycles.stop - 1] = np.maximum(amount_usd[cycles].sum() - year, 0.0)
        self._raise(charge, lacking_usd)

    def _raise(self, charge: MinimumCharge, lacking_usd: Floats) -> None:
        self.due_usd[..., MINIMUM] += lacking_usd
        self._add(charge.name, lacking_usd, charge.source, ChargeClass.MINIMUM)

    def _add(
        self, name: str, amount_usd: Floats, source: str, klass: ChargeClass = ChargeClass.CREDIT
    ) -> None:
        if np.count_nonzero(amount_usd):
            self.blocks.append(
                cycle_block(
                    self.plan.cycles,
                    charge=name,
                    klass=klass,
                    unit="USD",
                    source=source,
                    quantity=amount_usd,
                    usd_per_unit=1.0,
                    exact_usd=amount_usd,
                )
            )
