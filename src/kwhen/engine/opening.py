"""Balances that a home brings along: only those that some bank or charge of the plan can take."""

from collections.abc import Sequence

import numpy as np

from kwhen.engine.compensation import Netting
from kwhen.engine.compiled import Compiled
from kwhen.engine.sheet import period_names
from kwhen.engine.words import Credit
from kwhen.errors import UsageError

DUST = 1e-6  # a balance that rounding left a hair below zero is none


def check_opening(plan: Compiled, opening: Sequence[Credit]) -> None:
    """Raise UsageError for a balance that would be lost unsaid."""
    known = _takers(plan) if opening else {}
    for number, credit in enumerate(opening):
        where = f"opening_credits[{number}]"
        if (credit.bank, credit.unit) not in known:
            names = ", ".join(f"{bank!r} ({unit})" for bank, unit in known) or "none"
            raise UsageError(
                f"{where} is of {credit.bank!r} in {credit.unit}, which nothing keeps under the "
                f"export rule; known: {names}. A Customer's export_rule chooses another rule"
            )
        periods = known[credit.bank, credit.unit]
        if periods and credit.period not in periods:
            raise UsageError(f"{where} is of the period {credit.period!r}; known: {periods}")
        amount = np.asarray(credit.amount, dtype=np.float64)
        if not (np.isfinite(amount) & (amount > -DUST)).all():
            raise UsageError(f"{where} holds {amount}; balances are finite and at least 0")


def _takers(plan: Compiled) -> dict[tuple[str, str], tuple[str, ...]]:
    """What keeps a balance, by name and unit, with the periods it is kept in."""
    rule = plan.rule
    if rule is None:
        return {}
    found: dict[tuple[str, str], tuple[str, ...]] = {(b.name, "USD"): () for b in rule.banks}
    if rule.netting is Netting.PERIODS and rule.in_kwh:
        for group in plan.energy:
            found.setdefault((group.charge.name, "kWh"), period_names(group))
    return found
