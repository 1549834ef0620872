"""A bill as values: printed lines, totals by cycle, credits carried, gaps."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Grid
from kwhen.engine.hours import NetEnergy
from kwhen.engine.rows import Block, Row, to_cents
from kwhen.engine.words import ChargeClass, Credit, Missing

if TYPE_CHECKING:
    from kwhen.engine.compiled import Compiled
    from kwhen.engine.metered import Metered

Floats = NDArray[np.float64]
Amount = Any  # a float for one home, (H,) for many


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Bill:
    """What a home's energy costs under a plan; `lines` explain it and sum to `total_usd`."""

    total_usd: Amount
    by_month: tuple[Amount, ...]  # total of each billing cycle, in order
    carried_credits: tuple[Credit, ...]
    missing: tuple[Missing, ...]
    export_rule: str | None
    plan: str
    _blocks: tuple[tuple[Block, Floats], ...] = field(repr=False)  # with amounts in cents
    _compiled: "Compiled" = field(repr=False)
    _is_single: bool = field(repr=False)
    _homes_count: int = field(repr=False)
    _home: "Metered" = field(repr=False)
    _without_export_usd: Callable[[], Floats | None] = field(repr=False)  # total of (H,)

    @property
    def is_complete(self) -> bool:
        """Whether nothing that belongs on the bill is known to be missing."""
        return not self.missing

    @cached_property
    def exact_usd(self) -> Amount:
        """The total with nothing rounded. [USD]"""
        total = np.zeros(self._homes_count)
        for block, _ in self._blocks:
            total = total + block.exact_usd.sum(axis=(1, 2))
        return self._amount(total)

    @cached_property
    def credit_usd(self) -> Amount:
        """What exporting saved: the bill of the same import without export, less this bill."""
        without_usd = self._without_export_usd()
        if without_usd is None:
            return 0.0 if self._is_single else np.zeros(self._homes_count)
        saved = without_usd - self.total_usd
        saved = saved if self._compiled.is_exact else to_cents(saved)
        return float(saved[0]) if self._is_single else saved

    @property
    def net_energy(self) -> NetEnergy:
        """Import less export of the home as metered, of the first one of several."""
        home = self._home
        return NetEnergy(
            grid=self.grid,
            import_kwh=home.meter_kwh[0],
            export_kwh=None if home.meter_export_kwh is None else home.meter_export_kwh[0],
            hours_kwh=home.hours_kwh and (home.hours_kwh[0][0], home.hours_kwh[1][0]),
        )

    @property
    def grid(self) -> Grid:
        """The steps of the window."""
        return self._compiled.grid

    @property
    def cycles(self) -> tuple[tuple[date, date], ...]:
        """Start and exclusive end of each billing cycle."""
        first = self._compiled.grid.date_of(0)
        edges = [first + timedelta(days=int(day)) for day in self._compiled.cycles.first_day]
        return tuple(pairwise(edges))

    @property
    def versions(self) -> tuple[date, ...]:
        """Effective dates of the plan versions used."""
        return tuple(span.tariff.effective for span in self._compiled.spans)

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Every printed line, cycle by cycle."""
        found = [
            pair for block, cents_usd in self._blocks for pair in self._lines_of(block, cents_usd)
        ]
        found.sort(key=lambda pair: pair[0])
        return tuple(line for _, line in found)

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Sources of the lines, in their order, without making the lines."""
        found = [pair for block, _ in self._blocks for pair in _sources_of(block)]
        found.sort(key=lambda pair: pair[0])
        return tuple(dict.fromkeys(source for _, source in found if source))

    def _lines_of(self, block: Block, cents_usd: Floats) -> Iterator[tuple[int, Line]]:
        shown = _shown(block)
        for number in np.flatnonzero(shown.any(axis=1)).tolist():
            row = block.row(number)
            for tier in np.flatnonzero(shown[number]).tolist():
                yield row.cycle, self._line(block, row, cents_usd, number, tier)

    def _amount(self, amount: Floats) -> Amount:
        """A float for one home; (H,) for many, also of values that are the same for all."""
        if self._is_single:
            return float(amount[0])
        return np.broadcast_to(amount, (self._homes_count,))

    def _line(self, block: Block, row: Row, cents_usd: Floats, number: int, tier: int) -> Line:
        price = np.broadcast_to(block.usd_per_unit, block.exact_usd.shape)[:, number, tier]
        start = self._compiled.grid.date_of(row.first_day)
        return Line(
            charge=row.charge,
            klass=row.klass,
            period=row.period,
            tier=tier + 1 if row.tiers_count > 1 else 0,
            quantity=self._amount(block.quantity[:, number, tier]),
            unit=row.unit,
            price=float(price[0]) if (price == price[0]).all() else price,
            amount_usd=self._amount(cents_usd[:, number, tier]),
            exact_usd=self._amount(block.exact_usd[:, number, tier]),
            source=row.source,
            start=start,
            end=start + timedelta(days=row.days_count),
            parts=self._parts(row, block.quantity[:, number, tier], tier),
        )

    def _parts(self, row: Row, kwh: Floats, tier: int) -> tuple[LinePart, ...]:
        if row.part_usd_per_kwh is None or len(row.parts) < 2:
            return ()
        return tuple(
            LinePart(
                name=name,
                klass=klass,
                usd_per_kwh=float(price),
                exact_usd=self._amount(kwh * price),
                source=source,
            )
            for (name, klass, source), price in zip(
                row.parts, row.part_usd_per_kwh[tier], strict=True
            )
        )


def _shown(block: Block) -> NDArray[np.bool_]:
    """Which rows and tiers of a block are printed. (B, T)"""
    return np.asarray(np.any((block.quantity != 0) | (block.exact_usd != 0), axis=0))


def _sources_of(block: Block) -> Iterator[tuple[int, str]]:
    """Cycle and source of the printed rows of a block; one is enough of a block of one charge."""
    printed = np.flatnonzero(_shown(block).any(axis=1))
    for number in (printed[:1] if block.to_cycle is None else printed).tolist():
        row = block.row(number)
        yield row.cycle, row.source
