"""Prices and ceilings of energy charges as a plan file writes them.

A component's `usd_per_kwh` is one number for everything, or a list with an entry a period;
an entry is one number for all tiers, or a list with a number a tier. Ceilings leave out the
last, open tier: `ceilings_kwh` is one list for all periods or a list of lists, and
`ceilings_baseline` gives them as shares of the home's baseline allowance of the season.
`total_usd_per_kwh`, written like a component's prices, is what the components must sum to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any

from kwhen.catalog.fields import Fields
from kwhen.engine.calendar import Schedule
from kwhen.engine.words import CeilingPer
from kwhen.errors import SourceError

HALF_DIGIT_USD_PER_KWH = 5e-7  # published prices have five or six decimals


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladders:
    """Ceilings and prices of each period's tiers."""

    ceiling_per: CeilingPer
    ceiling_kwh: tuple[tuple[float, ...], ...]  # period, tier; the last is inf
    usd_per_kwh: tuple[tuple[tuple[float, ...], ...], ...]  # period, tier, component


def energy_ladders(
    fields: Fields,
    items: list[Fields],
    names: tuple[str, ...],
    schedule: Schedule,
    allowance_kwh_per_day: Mapping[str, float],
) -> Ladders:
    """The ladder of every period, by the fields of the charge and of its components."""
    per = CeilingPer.CYCLE
    if "ceilings_baseline" in fields:
        per = CeilingPer.DAY
        tops = _baseline_ceilings(fields, len(names), schedule, allowance_kwh_per_day)
    else:
        tops = _plain_ceilings(fields, len(names))
    counts = [len(row) for row in tops]
    by_component = [_prices(item, counts) for item in items]
    _check_totals(fields, counts, by_component)
    return Ladders(
        ceiling_per=per,
        ceiling_kwh=tuple(tuple(row) for row in tops),
        usd_per_kwh=tuple(
            tuple(
                tuple(prices[period][tier] for prices in by_component)
                for tier in range(counts[period])
            )
            for period in range(len(names))
        ),
    )


def number_in(fields: Fields, name: str, value: Any) -> float:
    """A number from inside a list of a field."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise fields.wrong(name, "numbers")
    return float(value)


def _plain_ceilings(fields: Fields, count: int) -> list[list[float]]:
    rows = fields.array("ceilings_kwh")
    if not any(isinstance(row, list) for row in rows):
        rows = [rows] * count
    if len(rows) != count or not all(isinstance(row, list) for row in rows):
        raise fields.wrong("ceilings_kwh", f"one list of ceilings, or {count} lists")
    return [[*(number_in(fields, "ceilings_kwh", top) for top in row), inf] for row in rows]


def _baseline_ceilings(
    fields: Fields, count: int, schedule: Schedule, allowance_kwh_per_day: Mapping[str, float]
) -> list[list[float]]:
    shares = [number_in(fields, "ceilings_baseline", x) for x in fields.array("ceilings_baseline")]
    extra = fields.optional("extra_kwh_per_day", fields.number, 0.0)
    rows = []
    for period in range(count):
        seasons = sorted({p.season for p in schedule.parts if period in p.periods})
        if len(seasons) != 1 or seasons[0] not in allowance_kwh_per_day:
            raise SourceError(
                f"{fields.where}: ceilings by baseline need one season a period among "
                f"{sorted(allowance_kwh_per_day)}; period {period} is used in {seasons}"
            )
        baseline = allowance_kwh_per_day[seasons[0]]
        rows.append([*(round(share * baseline, 6) + extra for share in shares), inf])
    return rows


def _check_totals(fields: Fields, counts: list[int], by_component: list[list[list[float]]]) -> None:
    """The components must sum to the published totals, where the file gives them."""
    if "total_usd_per_kwh" not in fields:
        return
    totals = _prices(fields, counts, "total_usd_per_kwh")
    for period, count in enumerate(counts):
        for tier in range(count):
            total_usd = sum(prices[period][tier] for prices in by_component)
            if abs(total_usd - totals[period][tier]) > HALF_DIGIT_USD_PER_KWH:
                raise SourceError(
                    f"{fields.where}: the components of period {period}, tier {tier} sum to "
                    f"{total_usd:.6f} $/kWh, not to the published {totals[period][tier]}"
                )


def _prices(item: Fields, counts: list[int], field: str = "usd_per_kwh") -> list[list[float]]:
    value = item.raw(field)
    rows = value if isinstance(value, list) else [value] * len(counts)
    if len(rows) != len(counts):
        raise item.wrong(field, f"one number, or {len(counts)} entries: one a period")
    found = []
    for row, count in zip(rows, counts, strict=True):
        prices = row if isinstance(row, list) else [row] * count
        if len(prices) != count:
            raise item.wrong(field, f"{count} prices in a period of {count} tiers")
        found.append([number_in(item, field, price) for price in prices])
    return found
