"""What came of the calculator's cases, as tables and charts for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kwhen.engine.result import Line
from kwhen.operations.impacts import Found, totals_kwh
from kwhen.operations.plan_answers import source_answer
from kwhen.operations.scenario_comparison import Compared
from kwhen.service.portal.heat import MONTHS
from kwhen.wire.gaps import GapAnswer, SourceAnswer

TODAY = "Today"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The base or a case."""

    name: str
    words: str  # what is other than on the home as it is
    found: Found
    compared: Compared | None = None  # None: the base

    @property
    def total_usd(self) -> float:
        """The bill of the whole window. [USD]"""
        return float(self.found.bill.total_usd)

    @property
    def by_month_usd(self) -> list[float]:
        """The bill of each cycle. [USD]"""
        return [float(usd) for usd in self.found.bill.by_month]

    @property
    def kwh(self) -> dict[str, float]:
        """Energy that was imported and exported. [kWh]"""
        return dict(totals_kwh(self.found))

    @property
    def lines(self) -> list["Sum"]:
        """Every line of the bill, the same of all months together."""
        return sums_of(self.found.bill.lines)

    @property
    def cited(self) -> list[SourceAnswer]:
        """The sources of the lines, each once."""
        return list(dict.fromkeys(line.source for line in self.lines if line.source))

    @property
    def gaps(self) -> list[GapAnswer]:
        """What the figures lack."""
        return [GapAnswer.of(gap) for gap in self.found.missing]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """The lines of a bill that differ by their month alone."""

    charge: str
    period: str
    tier: int
    quantity: float
    unit: str
    amount_usd: float
    source: SourceAnswer | None
    by_month: tuple[tuple[str, float, float, float], ...]  # month, quantity, price, amount

    @property
    def price_usd(self) -> float | None:
        """What one unit came to. [USD]"""
        return self.amount_usd / self.quantity if self.quantity else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything that the page of results shows."""

    first: date
    end: date
    columns: tuple[Column, ...]
    months: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def base(self) -> Column:
        """The case that the others are compared with."""
        return self.columns[0]

    @property
    def is_whole_year(self) -> bool:
        """Whether the window is about a year."""
        return 360 <= (self.end - self.first).days <= 370

    def chart(self) -> dict[str, Any]:
        """The bills by month, for the chart."""
        return {
            "months": list(self.months),
            "series": [
                {"name": column.name, "usd": [round(usd, 2) for usd in column.by_month_usd]}
                for column in self.columns
            ],
        }

    def month_rows(self) -> list[tuple[str, list[float]]]:
        """The same as rows: a month, and what each column costs."""
        each = zip(*(column.by_month_usd for column in self.columns), strict=True)
        return [(month, list(usd)) for month, usd in zip(self.months, each, strict=True)]

    def sources(self) -> list[tuple[str, str, list[SourceAnswer]]]:
        """Each figure, how it was made, and from what."""
        impact = self.base.found.impact
        basis = () if impact is None else impact.basis
        return [(b.figure, b.method, [source_answer(id) for id in b.sources]) for b in basis]


def result_of(found: Sequence[tuple[str, Compared]], words: str, notes: Iterable[str]) -> Result:
    """The result of cases by their names; `words` are of the base."""
    base = found[0][1].base
    columns = [Column(name=TODAY, words=words, found=base)]
    columns += [
        Column(name=name, words=one.scenario, found=one.optimised, compared=one)
        for name, one in found
    ]
    told = [*notes, *base.energy.notes, *(note for _, one in found for note in one.notes)]
    return Result(
        first=base.energy.first,
        end=base.energy.end,
        columns=tuple(columns),
        months=tuple(cycle_words(*cycle) for cycle in base.bill.cycles),
        notes=tuple(dict.fromkeys(told)),
    )


def cycle_words(first: date, end: date) -> str:
    """A billing cycle: "Jul 2026", or its days where it is no whole month."""
    last = end - timedelta(days=1)
    if first.day == 1 and end.day == 1 and (first.year, first.month) == (last.year, last.month):
        return f"{MONTHS[first.month - 1]} {first.year}"
    return f"{MONTHS[first.month - 1]} {first.day} – {MONTHS[last.month - 1]} {last.day}"


def sums_of(lines: Iterable[Line]) -> list[Sum]:
    """Lines by charge, period, tier and source, in the order in which charges come first."""
    held: dict[tuple[str, str, int, str, str], list[Line]] = {}
    charges: dict[str, int] = {}
    for line in lines:
        charges.setdefault(line.charge, len(charges))
        key = (line.charge, line.period, line.tier, line.unit, line.source)
        held.setdefault(key, []).append(line)
    ordered = sorted(held.items(), key=lambda item: charges[item[0][0]])
    return [_sum(own) for _, own in ordered]


def _sum(own: Sequence[Line]) -> Sum:
    first = own[0]
    return Sum(
        charge=first.charge,
        period=first.period,
        tier=first.tier,
        quantity=sum(float(line.quantity) for line in own),
        unit=first.unit,
        amount_usd=round(sum(float(line.amount_usd) for line in own), 2) + 0.0,
        source=source_answer(first.source) if first.source else None,
        by_month=tuple(
            (
                cycle_words(line.start, line.end),
                float(line.quantity),
                float(line.price),
                float(line.amount_usd),
            )
            for line in own
        ),
    )
