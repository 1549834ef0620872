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
from kwhen.engine.compiled import Compiled, Minimum
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
    if class_usd is not None and not _is_idle(plan, home, opening):
        run = _Run(plan, home, class_usd, opening)
        run.take_surplus()
        for step in plan.ledger:
            if isinstance(step, Bank):
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


def _is_idle(plan: Compiled, home: Metered, opening: Sequence[Credit]) -> bool:
    """Whether banks that only export fills are all there is, and nothing fills them."""
    is_filled = home.export_kwh is not None or bool(opening)
    by_export = plan.rule is not None and plan.rule.netting is Netting.CHANNELS
    return by_export and not is_filled and all(isinstance(step, Bank) for step in plan.ledger)


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
        self.credit_usd = self._deposits()

    def _deposits(self) -> dict[str, Floats]:
        """Credits earned, by bank. (H, C) each [USD]"""
        rule = self.plan.rule
        found: dict[str, Floats] = {}
        for column, price in enumerate(rule.prices if rule is not None else ()):
            amount_usd = self.home.deposit_usd[..., column]
            found[price.bank] = (
                found[price.bank] + amount_usd if price.bank in found else amount_usd
            )
        return found

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
            before = self.credit_usd.get(bank.name, 0.0)
            self.credit_usd[bank.name] = before + surplus
            self._add(f"Credit moved to {bank.name}", surplus, rule.source)

    def pay_from(self, bank: Bank) -> None:
        """Let a bank pay the classes it may pay; what it paid is taken off them in proportion."""
        rule = self.plan.rule
        source = rule.source if rule is not None else ""
        credit = self.credit_usd.get(bank.name)
        opening = self._lots(bank)
        if not opening and (credit is None or not np.count_nonzero(credit)):
            return
        if credit is None:
            credit = np.zeros(self.due_usd.shape[:2])
        reach = class_mask(bank.pays)
        pool = np.maximum(self.due_usd @ reach, 0.0)  # (H, C)
        years = self.plan.cycles.years if rule is None or rule.true_up else self._no_true_up()
        drawn = draw(bank, opening, credit, pool, years)
        self._add(f"Credit from {bank.name}", -drawn.paid_usd, source)
        if drawn.paid_out_usd is not None:
            is_back = bank.at_true_up is Leftover.SETTLE
            name = "Credit for earlier months of the year" if is_back else "Credit paid out"
            self._add(name, -drawn.paid_out_usd, source)
        if bank is not self.plan.ledger[-1]:  # nobody asks after the last one
            used = np.minimum(drawn.paid_usd, pool) / np.where(pool > 0, pool, 1.0)  # (H, C)
            self.due_usd *= 1.0 - reach * used[..., None]
        dated = bank.expires_months is not None
        for at, lot in drawn.lots:
            earned = self._month_of(at) if dated else None
            self.carried.append(Credit(bank=bank.name, unit="USD", amount=lot, earned=earned))

    def _no_true_up(self) -> tuple[tuple[slice, bool], ...]:
        return ((slice(0, self.plan.cycles.count), False),)

    def _lots(self, bank: Bank) -> list[tuple[int, Floats]]:
        """What the home brings along for a bank, by the cycle in which it was earned."""
        if not self.opening:
            return []
        cycles, homes = self.plan.cycles, self.home.homes_count
        first = int(cycles.year[0]) * 12 + int(cycles.month[0])
        found = []
        for credit in self.opening:
            if credit.unit == "USD" and credit.bank == bank.name:
                earned = credit.earned
                at = earned.year * 12 + earned.month - first if earned is not None else -1
                found.append((min(at, -1), np.zeros(homes) + credit.amount))
        return found

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
