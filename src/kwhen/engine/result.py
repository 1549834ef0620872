"""A bill as values: printed lines, totals by cycle, credits carried, gaps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.words import ChargeClass, Missing

if TYPE_CHECKING:
    from kwhen.engine.compiled import Compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Amount = Any  # a float for one home, (H,) for many

CENTS_PER_USD = 100.0
HALF_CENT = 0.5 + 1e-7  # a half that binary fractions left a hair short still rounds up


def to_cents(amount_usd: Floats) -> Floats:
    """Round to whole cents, halves away from zero. [USD]"""
    size = np.floor(np.abs(amount_usd) * CENTS_PER_USD + HALF_CENT) / CENTS_PER_USD
    return np.copysign(size, amount_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePart:
    """A component of a printed line, unrounded."""

    name: str
    klass: ChargeClass
    usd_per_kwh: float
    exact_usd: Amount
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One printed line of a bill. Amounts are floats for one home and (H,) arrays for many."""

    charge: str
    klass: ChargeClass | None  # None: the parts are of several classes
    period: str
    tier: int  # 1 is the first; 0: the charge has no tiers
    quantity: Amount
    unit: str
    price: Amount  # USD per unit
    amount_usd: Amount  # rounded to cents
    exact_usd: Amount
    source: str
    start: date  # of the days it is for
    end: date  # exclusive
    parts: tuple[LinePart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """All lines of one charge over a window, as arrays: S stretches, P periods, T tiers."""

    charge: str
    klass: ChargeClass | None
    unit: str
    source: str
    first_day: Ints  # (S,)
    days_count: Ints  # (S,)
    cycle: Ints  # (S,)
    quantity: Floats  # (H, S, P, T)
    price: Floats  # broadcasts with quantity
    exact_usd: Floats  # (H, S, P, T)
    periods: tuple[str, ...] = ("",)
    parts: tuple[tuple[str, ChargeClass, str], ...] = ()  # name, class, source
    part_prices: Floats | None = None  # (S | 1, P, T, K)
    always: bool = False  # printed even when it is zero


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A balance that outlives the window, or that a home brings along."""

    bank: str
    unit: str  # "USD" or "kWh"
    amount: Amount
    period: str = ""  # of a kWh balance
    earned: date | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Bill:
    """What a home's energy costs under a plan; `lines` explain it and sum to `total_usd`."""

    total_usd: Amount
    exact_usd: Amount  # nothing rounded
    by_month: tuple[Amount, ...]  # total of each billing cycle, in order
    cycles: tuple[tuple[date, date], ...]  # start and exclusive end of each
    carried_credits: tuple[Credit, ...]
    missing: tuple[Missing, ...]
    versions: tuple[date, ...]  # effective dates of the plan versions used
    export_rule: str | None
    plan: str
    _blocks: tuple[tuple[Block, Floats], ...] = field(repr=False)  # with amounts in cents
    _compiled: "Compiled" = field(repr=False)
    _is_single: bool = field(repr=False)
    _without_export: Callable[[], "Bill"] = field(repr=False)

    @property
    def is_complete(self) -> bool:
        """Whether nothing that belongs on the bill is known to be missing."""
        return not self.missing

    @property
    def credit_usd(self) -> Amount:
        """What exporting saved: the bill of the same import without export, less this bill."""
        return self._without_export().total_usd - self.total_usd

    @property
    def lines(self) -> tuple[Line, ...]:
        """Every printed line, cycle by cycle in the order of the charges."""
        found = [line for block, cents in self._blocks for line in self._lines_of(block, cents)]
        found.sort(key=lambda pair: pair[0])
        return tuple(line for _, line in found)

    def _lines_of(self, block: Block, cents: Floats) -> Iterator[tuple[int, Line]]:
        shown = np.any((block.quantity != 0) | (block.exact_usd != 0), axis=0)
        for s, p, t in np.ndindex(*block.exact_usd.shape[1:]):
            if shown[s, p, t] or block.always:
                yield int(block.cycle[s]), self._line(block, cents, s, p, t)

    def _amount(self, values: Floats) -> Amount:
        return float(values[0]) if self._is_single else values

    def _line(self, block: Block, cents: Floats, s: int, p: int, t: int) -> Line:
        grid = self._compiled.grid
        first = int(block.first_day[s])
        price = np.broadcast_to(block.price, block.quantity.shape)[:, s, p, t]
        return Line(
            charge=block.charge,
            klass=block.klass,
            period=block.periods[p],
            tier=t + 1 if block.exact_usd.shape[3] > 1 else 0,
            quantity=self._amount(block.quantity[:, s, p, t]),
            unit=block.unit,
            price=float(price[0]) if np.all(price == price[0]) else price,
            amount_usd=self._amount(cents[:, s, p, t]),
            exact_usd=self._amount(block.exact_usd[:, s, p, t]),
            source=block.source,
            start=grid.date_of(first),
            end=date.fromordinal(grid.date_of(first).toordinal() + int(block.days_count[s])),
            parts=self._parts(block, s, p, t),
        )

    def _parts(self, block: Block, s: int, p: int, t: int) -> tuple[LinePart, ...]:
        if block.part_prices is None or len(block.parts) < 2:
            return ()
        prices = block.part_prices[s % len(block.part_prices), p, t]
        kwh = block.quantity[:, s, p, t]
        return tuple(
            LinePart(
                name=name,
                klass=klass,
                usd_per_kwh=float(price),
                exact_usd=self._amount(kwh * price),
                source=source,
            )
            for (name, klass, source), price in zip(block.parts, prices, strict=True)
        )
