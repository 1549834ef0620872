"""Fixed and minimum charges of a URDB item, in the units of new rows and of older ones."""

from kwhen.catalog.urdb.energy import SOURCE
from kwhen.catalog.urdb.fields import Gaps, Item, optional_number, text
from kwhen.engine.tariff import FixedCharge, MinimumCharge
from kwhen.engine.words import Missing, Per
from kwhen.errors import TariffError

_PER = {"$/day": Per.DAY, "$/month": Per.MONTH, "$/year": Per.YEAR}


def fixed_charges(item: Item, gaps: Gaps) -> list[FixedCharge]:
    """The charge for the first meter; a negative one is a credit."""
    amount_usd = optional_number(item, "fixedchargefirstmeter")
    per = _per(item, "fixedchargeunits", "fixed_charge_unit", gaps) if amount_usd else Per.MONTH
    if amount_usd is None:  # older rows
        amount_usd = optional_number(item, "fixedmonthlycharge")
    if not amount_usd:
        return []
    return [FixedCharge(name="Fixed charge", amount_usd=amount_usd, per=per, source=SOURCE)]


def minimum_charges(item: Item, gaps: Gaps) -> list[MinimumCharge]:
    """The floors under the bill, by day, month or year."""
    found: list[tuple[str, Per]] = []
    if optional_number(item, "mincharge"):
        per = _per(item, "minchargeunits", "minimum_charge_unit", gaps)
        found.append(("mincharge", per))
    elif optional_number(item, "minmonthlycharge"):
        found.append(("minmonthlycharge", Per.MONTH))
    if optional_number(item, "annualmincharge"):
        found.append(("annualmincharge", Per.YEAR))
    return [_minimum(item, key, per) for key, per in found]


def _minimum(item: Item, key: str, per: Per) -> MinimumCharge:
    amount_usd = optional_number(item, key) or 0.0
    if amount_usd < 0:
        raise TariffError(f"{key}: {amount_usd:g} $ is no minimum; it is above zero or absent")
    name = "Annual minimum" if per is Per.YEAR else "Minimum charge"
    return MinimumCharge(name=name, amount_usd=amount_usd, per=per, source=SOURCE)


def _per(item: Item, key: str, gap: str, gaps: Gaps) -> Per:
    """The time an amount accrues over; without a unit it is a month's, and told."""
    unit = text(item, key).replace(" ", "").lower()
    if not unit:
        gaps.append(Missing(name=gap, note=f"{key} is missing; read as $/month"))
        return Per.MONTH
    if unit not in _PER:
        raise TariffError(f"{key}: {unit[:40]!r} is not known; known: {', '.join(_PER)}")
    return _PER[unit]
