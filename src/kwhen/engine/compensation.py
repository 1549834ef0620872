"""How exported energy is paid for, as plain values: netting, prices and named credit banks.

A rule says what is netted, what each exported kWh is worth, into which bank the worth goes,
and what that bank may pay. `ledger` keeps the banks.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.words import ChargeClass, Missing
from kwhen.errors import TariffError

Floats = NDArray[np.float64]

EVERYTHING = frozenset(ChargeClass)


class Netting(Enum):
    """What is subtracted from what before prices apply."""

    CHANNELS = "channels"  # import and export as metered, priced apart (net billing, NBT)
    HOURLY = "hourly"  # the same after netting each clock hour
    PERIODS = "periods"  # kWh per time-of-use period over the cycle (net metering)


class Leftover(Enum):
    """What becomes of a bank's balance at the true-up."""

    KEEP = "keep"
    LAPSE = "lapse"
    PAY_OUT = "pay_out"
    SETTLE = (
        "settle"  # pays back what its classes were charged earlier in the year; the rest lapses
    )


class Rollover(Enum):
    """Which period of the next season receives a kWh surplus, when periods differ."""

    BY_PERIOD = "by_period"  # the same period, else the period at the same clock hour
    BY_HOUR = "by_hour"  # always the period at the same clock hour (NREL's way)


class TierFill(Enum):
    """How a pooled ladder's tiers are shared out over periods."""

    PRORATED = "prorated"  # by each period's share of the cycle's energy
    CHRONOLOGICAL = "chronological"  # in the order of time (NREL's way under net billing)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExportPrice:
    """A price per exported kWh by calendar year, month, day kind and hour, paid into one bank."""

    name: str
    bank: str
    usd_per_kwh: Floats  # (Y, 12, 2, 24): year, month, weekday | weekend and holiday, hour
    first_year: int = 0  # 0: the same every year, Y = 1
    holidays: frozenset[date] = frozenset()
    source: str = ""

    def __post_init__(self) -> None:
        shape = self.usd_per_kwh.shape
        if len(shape) != 4 or shape[1:] != (12, 2, 24) or shape[0] < 1:
            raise TariffError(
                f"{self.name}: export prices have the shape {shape}; they take (years, 12, 2, 24)"
            )
        if not np.isfinite(self.usd_per_kwh).all():
            raise TariffError(f"{self.name}: an export price is not finite; leave no hole in it")
        self.usd_per_kwh.setflags(write=False)

    @property
    def last_year(self) -> int:
        """The last calendar year with prices of its own."""
        return self.first_year + len(self.usd_per_kwh) - 1


def flat_export(name: str, usd_per_kwh: float, *, bank: str, source: str = "") -> ExportPrice:
    """One export price for every hour. [USD/kWh]"""
    table = np.full((1, 12, 2, 24), float(usd_per_kwh))
    return ExportPrice(name=name, bank=bank, usd_per_kwh=table, source=source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    """A named account of credits and what it may pay, in the order of the rule's list.

    A bank that may pay minimum charges is drawn after the minimum is set, one that may not is
    drawn before, so that the floor stands.
    """

    name: str
    pays: frozenset[ChargeClass]
    cash: bool = False  # what it holds after paying is paid out at once, below zero if need be
    delay_months: int = 0  # 1: a cycle's credit pays from the next cycle on
    expires_months: int | None = None  # age at which a credit lapses
    at_true_up: Leftover = Leftover.KEEP


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedPrice:
    """A price per kWh by month of payment; a month outside takes the nearest, told."""

    months: tuple[tuple[int, int, float], ...]  # (year, month, USD/kWh), rising
    source: str = ""

    def at(self, year: int, month: int) -> tuple[float, bool]:
        """Price of a month, and whether it is that month's own. [USD/kWh]"""
        wanted = year * 12 + month
        nearest = min(self.months, key=lambda row: abs(row[0] * 12 + row[1] - wanted))
        return nearest[2], nearest[:2] == (year, month)


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOut:
    """Payment of a year's surplus kWh at the true-up.

    A surplus at retail needs none: it is a bank in dollars with `Leftover.PAY_OUT`.
    """

    usd_per_kwh: float | DatedPrice

    def at(self, year: int, month: int) -> tuple[float, bool]:
        """Price of a month, and whether it is that month's own. [USD/kWh]"""
        if isinstance(self.usd_per_kwh, DatedPrice):
            return self.usd_per_kwh.at(year, month)
        return self.usd_per_kwh, True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRule:
    """A compensation scheme: NEM, net billing, NBT, buy all sell all, …

    With `Netting.PERIODS` the energy charges see net kWh. `in_kwh` keeps a surplus in kWh by
    period and prices only what is positive; otherwise a surplus becomes dollars at retail and
    goes to the first bank. With the other nettings `prices` say what each export kWh adds to
    which bank.
    """

    name: str
    netting: Netting
    prices: tuple[ExportPrice, ...] = ()
    banks: tuple[Bank, ...] = ()
    in_kwh: bool = False
    rollover: Rollover = Rollover.BY_PERIOD
    on_import: frozenset[ChargeClass] = frozenset()  # classes charged on each interval's import
    usd_per_kw_month: float = 0.0  # what the scheme charges for each kW of solar
    true_up: bool = True
    cash_out: CashOut | None = None
    tier_fill: TierFill = TierFill.PRORATED
    vintage: str = ""
    named_only: bool = False  # only for a customer who names it
    open_from: date | None = None  # first application date, None not known
    open_until: date | None = None  # new applications end, None still open
    missing: tuple[Missing, ...] = ()
    source: str = ""

    def __post_init__(self) -> None:
        names = {bank.name for bank in self.banks}
        for price in self.prices:
            if price.bank not in names:
                raise TariffError(
                    f"{self.name}: the price {price.name!r} pays into {price.bank!r}; "
                    f"the rule has the banks {sorted(names)}"
                )
        if self.netting is Netting.PERIODS and self.tier_fill is TierFill.CHRONOLOGICAL:
            raise TariffError(f"{self.name}: net energy of a cycle has no chronological order")
        if self.netting is Netting.PERIODS and not self.in_kwh and not self.banks:
            raise TariffError(f"{self.name}: netting in dollars needs a bank for its surplus")
