"""Credits and floors, cycle by cycle: what banks pay, what minimums add, what is trued up.

Order in a cycle: banks that may not pay the minimum, then the minimum (in a twelfth month the
yearly one as well), then the other banks, then what cash banks still hold, below zero. At the
end of a twelfth month the true-up of the banks and the cash-out of surplus kWh follow.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.charges import accrued, by_cycle
from kwhen.engine.compensation import Bank, CashOut, DatedPrice, ExportRule, Leftover, Netting
from kwhen.engine.compiled import Compiled
from kwhen.engine.metered import Metered
from kwhen.engine.result import Block, Credit
from kwhen.engine.tariff import MinimumCharge
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass, Missing, Per

Floats = NDArray[np.float64]

CLASSES = tuple(ChargeClass)
MINIMUM = CLASSES.index(ChargeClass.MINIMUM)


def class_mask(classes: Iterable[ChargeClass]) -> Floats:
    """1 for the classes named, 0 for the others. (K,)"""
    named = frozenset(classes)
    return np.array([1.0 if klass in named else 0.0 for klass in CLASSES])


@dataclass(slots=True, kw_only=True, eq=False)
class _Account:
    """A bank of one run: lots by the cycle in which they were earned, oldest first."""

    bank: Bank
    reach: Floats  # (K,)
    lots: list[tuple[int, Floats]] = field(default_factory=list)  # (cycle, (H,))
    paid: Floats  # (H, C)
    moved_in: Floats  # (H, C) surplus taken from the energy lines

    def available(self, cycle: int) -> Floats | float:
        """What may pay in this cycle. (H,) [USD]"""
        return sum((lot for at, lot in self.lots if at + self.bank.delay_months <= cycle), 0.0)

    def add(self, cycle: int, amount: Floats) -> None:
        """Take in a credit earned in a cycle."""
        if self.bank.expires_months is None and not self.bank.delay_months and self.lots:
            self.lots[0] = (self.lots[0][0], self.lots[0][1] + amount)
        else:
            self.lots.append((cycle, amount))

    def draw(self, cycle: int, amount: Floats) -> None:
        """Pay out of the oldest lots first."""
        self.paid[:, cycle] += amount
        rest, lots = amount, []
        for at, lot in self.lots:
            used = np.minimum(lot, rest) if at + self.bank.delay_months <= cycle else 0.0 * lot
            lots.append((at, lot - used))
            rest = rest - used
        self.lots = lots

    def expire(self, cycle: int) -> None:
        """Drop what is older than the bank keeps."""
        age = self.bank.expires_months
        if age is not None:
            self.lots = [(at, lot) for at, lot in self.lots if cycle - at < age]

    @property
    def balance(self) -> Floats | float:
        """Everything held. (H,) [USD]"""
        return sum((lot for _, lot in self.lots), 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settlement:
    """Lines that the ledger adds, and what it leaves for later."""

    minimums: tuple[Block, ...]
    credits: tuple[Block, ...]
    carried: tuple[Credit, ...]
    missing: tuple[Missing, ...]


class _Year:
    """Sums since the last true-up."""

    def __init__(self, homes_count: int) -> None:
        self.due_usd = np.zeros((homes_count, len(CLASSES)))
        self.first_cycle = 0


def settle(
    plan: Compiled, home: Metered, class_usd: Floats, opening: Sequence[Credit]
) -> Settlement:
    """Run the ledger over the cycles.

    class_usd : (H, C, K) charges by cycle and class, unrounded. [USD]
    """
    run = _Run(plan, home, opening)
    for cycle in range(plan.cycles.count):
        run.cycle(cycle, class_usd[:, cycle].copy())
    return run.settlement()


class _Run:
    """One pass over the cycles of a window."""

    def __init__(self, plan: Compiled, home: Metered, opening: Sequence[Credit]) -> None:
        self.plan, self.home = plan, home
        shape = (home.homes_count, plan.cycles.count)
        self.rule = plan.rule
        self.accounts = [
            _Account(
                bank=bank,
                reach=class_mask(bank.pays),
                paid=np.zeros(shape),
                moved_in=np.zeros(shape),
            )
            for bank in (self.rule.banks if self.rule else ())
        ]
        self.early = [a for a in self.accounts if not a.reach[MINIMUM]]
        self.late = [a for a in self.accounts if a.reach[MINIMUM]]
        self.cash = [a for a in self.accounts if a.bank.cash]
        self.minimums = _minimums(plan)
        self.floor_usd = [np.zeros(shape) for _ in self.minimums]
        self.cash_out_usd = np.zeros(shape)
        self.paid_out_usd = np.zeros(shape)
        self.surplus_kwh = np.zeros(shape)
        self.year = _Year(home.homes_count)
        self.missing: list[Missing] = []
        self._open(opening)

    def _open(self, opening: Sequence[Credit]) -> None:
        for credit in opening:
            for account in self.accounts:
                if credit.unit == "USD" and credit.bank == account.bank.name:
                    amount = np.broadcast_to(
                        np.asarray(credit.amount, dtype=np.float64), (self.home.homes_count,)
                    )
                    account.lots.append((-1, amount.copy()))

    def cycle(self, cycle: int, due: Floats) -> None:
        """Settle one cycle. due : (H, K) charges by class. [USD]"""
        self._deposit(cycle, due)
        for account in self.early:
            _pay(account, cycle, due)
        for number, (charge, amounts) in enumerate(self.minimums):
            if charge.per is not Per.YEAR:
                self._raise_to(number, cycle, due, due @ class_mask(charge.of), amounts[cycle])
        self.year.due_usd += due
        is_last = cycle == self.plan.cycles.count - 1
        if self.plan.cycles.true_up[cycle] or is_last:
            self._yearly_minimums(cycle, due)
        for account in self.late:
            _pay(account, cycle, due)
        for account in self.cash:
            account.draw(cycle, np.broadcast_to(account.available(cycle), (len(due),)))
        if self.plan.cycles.true_up[cycle]:
            self._end_year(cycle, len(due))
        for account in self.accounts:
            account.expire(cycle)

    def _raise_to(
        self, number: int, cycle: int, due: Floats, reached: Floats, floor: float
    ) -> None:
        lacking = np.maximum(floor - np.maximum(reached, 0.0), 0.0) if floor > 0 else 0.0 * reached
        self.floor_usd[number][:, cycle] += lacking
        due[:, MINIMUM] += lacking

    def _deposit(self, cycle: int, due: Floats) -> None:
        if self.rule is None or self.home.export_kwh is None:
            return
        names = [account.bank.name for account in self.accounts]
        for column, price in enumerate(self.rule.prices):
            amount = self.home.deposit_usd[:, cycle, column]
            self.accounts[names.index(price.bank)].add(cycle, amount)
        if self.rule.netting is Netting.PERIODS and not self.rule.in_kwh and self.accounts:
            _bank_surplus(self.accounts[0], cycle, due)

    def _yearly_minimums(self, cycle: int, due: Floats) -> None:
        for number, (charge, amounts) in enumerate(self.minimums):
            if charge.per is Per.YEAR:
                floor = float(amounts[self.year.first_cycle : cycle + 1].sum())
                reached = self.year.due_usd @ class_mask(charge.of)
                self._raise_to(number, cycle, due, reached, floor)

    def _end_year(self, cycle: int, homes_count: int) -> None:
        if self.rule is not None and self.rule.true_up:
            self._true_up(cycle, self.rule)
        self.year = _Year(homes_count)
        self.year.first_cycle = cycle + 1

    def _true_up(self, cycle: int, rule: ExportRule) -> None:
        for account in self.accounts:
            if account.bank.at_true_up is Leftover.KEEP:
                continue
            if account.bank.at_true_up is Leftover.PAY_OUT:
                self.paid_out_usd[:, cycle] += account.balance
            account.lots = []
        if rule.cash_out is not None and self.home.run_export_kwh is not None:
            self._cash_out(cycle, rule.cash_out)

    def _cash_out(self, cycle: int, terms: CashOut) -> None:
        plan = self.plan
        years = slice(self.year.first_cycle, cycle + 1)
        assert self.home.run_export_kwh is not None
        net = self.home.run_export_kwh - self.home.run_import_kwh
        by_month = np.add.reduceat(net, plan.cycle_of_run, axis=1)[:, years]
        surplus = np.maximum(by_month.sum(axis=1), 0.0)  # (H,)
        self.surplus_kwh[:, cycle] = surplus
        self.cash_out_usd[:, cycle] = surplus * self._cash_out_price(cycle, terms)

    def _cash_out_price(self, cycle: int, terms: CashOut) -> float:
        price = terms.usd_per_kwh
        if not isinstance(price, DatedPrice):
            return price
        last = self.plan.grid.date_of(int(self.plan.cycles.first_day[cycle + 1]) - 1)
        value, is_own = price.at(last.year, last.month)
        if not is_own:
            note = f"no surplus price is held for {last:%Y-%m}; the nearest month's is used"
            self.missing.append(Missing(name="net_surplus_rate", note=note))
        return value

    def settlement(self) -> Settlement:
        """The lines and balances of the whole window."""
        minimums = [
            self._block(charge.name, ChargeClass.MINIMUM, charge.source, floor)
            for (charge, _), floor in zip(self.minimums, self.floor_usd, strict=True)
        ]
        source = self.rule.source if self.rule else ""
        credits = []
        for account in self.accounts:
            name = account.bank.name
            credits.append(
                self._block(f"Credit moved to {name}", ChargeClass.CREDIT, source, account.moved_in)
            )
            credits.append(
                self._block(f"Credit from {name}", ChargeClass.CREDIT, source, -account.paid)
            )
        credits.append(
            self._block("Credit paid out", ChargeClass.CREDIT, source, -self.paid_out_usd)
        )
        credits.append(self._cash_block(source))
        return Settlement(
            minimums=tuple(b for b in minimums if b.exact_usd.any()),
            credits=tuple(b for b in credits if b.exact_usd.any()),
            carried=self._carried(),
            missing=tuple(dict.fromkeys(self.missing)),
        )

    def _block(self, name: str, klass: ChargeClass, source: str, amount: Floats) -> Block:
        return by_cycle(
            self.plan.cycles,
            charge=name,
            klass=klass,
            unit="USD",
            source=source,
            quantity=np.sign(amount) * np.abs(amount),
            price=np.ones((1, 1)),
            exact_usd=amount,
        )

    def _cash_block(self, source: str) -> Block:
        terms = self.rule.cash_out if self.rule else None
        price_source = (
            terms.usd_per_kwh.source if terms and isinstance(terms.usd_per_kwh, DatedPrice) else ""
        )
        kwh = self.surplus_kwh
        return by_cycle(
            self.plan.cycles,
            charge="Net surplus compensation",
            klass=ChargeClass.CREDIT,
            unit="kWh",
            source=price_source or source,
            quantity=kwh,
            price=np.where(kwh > 0, -self.cash_out_usd / np.where(kwh > 0, kwh, 1.0), 0.0),
            exact_usd=-self.cash_out_usd,
        )

    def _carried(self) -> tuple[Credit, ...]:
        found = []
        for account in self.accounts:
            for at, lot in account.lots:
                if np.any(lot > 0):
                    found.append(
                        Credit(
                            bank=account.bank.name, unit="USD", amount=lot, earned=self._earned(at)
                        )
                    )
        return tuple(found)

    def _earned(self, cycle: int) -> date | None:
        if cycle < 0:
            return None
        return self.plan.grid.date_of(int(self.plan.cycles.first_day[cycle]))


def _pay(account: _Account, cycle: int, due: Floats) -> None:
    """Let a bank pay the classes it may pay; what it paid is taken off them in proportion."""
    available = account.available(cycle)
    pool = np.maximum(due @ account.reach, 0.0)  # (H,)
    paid = np.minimum(available, pool)
    if not np.any(paid):
        return
    account.draw(cycle, paid)
    kept = 1.0 - paid / np.where(pool > 0, pool, 1.0)
    due *= 1.0 + account.reach * (kept[:, None] - 1.0)


def _bank_surplus(account: _Account, cycle: int, due: Floats) -> None:
    """Move a negative sum of the energy classes into the bank."""
    reach = account.reach * class_mask(ENERGY_CLASSES)
    surplus = np.maximum(-(due @ reach), 0.0)
    account.moved_in[:, cycle] += surplus
    account.add(cycle, surplus)
    due *= 1.0 - reach * (surplus > 0)[:, None]


def _minimums(plan: Compiled) -> list[tuple[MinimumCharge, Floats]]:
    """Every minimum with its amount by cycle (C,); one of several versions counts its own days."""
    found: dict[tuple[str, Per], tuple[MinimumCharge, Floats]] = {}
    for span in plan.spans:
        for charge in span.tariff.charges:
            if isinstance(charge, MinimumCharge):
                _, amount = accrued(plan, span, charge.amount_usd, charge.per)
                key = (charge.name, charge.per)
                before = found[key][1] if key in found else 0.0
                found[key] = (charge, before + amount)
    return list(found.values())
