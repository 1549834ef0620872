"""Everything about a plan and a window that no home changes, built once and kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span, export_rule, for_customer, no_export_rule, version_spans
from kwhen.engine.compensation import ExportRule
from kwhen.engine.cycles import Cycles, billing_cycles
from kwhen.engine.grid import Calendar, Grid, whole_days
from kwhen.engine.layout import (
    DemandGroup,
    EnergyGroup,
    demand_groups,
    energy_groups,
    export_price_of_steps,
)
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer, Missing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PLANS_KEPT_COUNT = 64  # a year at 15 minutes is about 1 MB


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compiled:
    """A plan laid over a window for one kind of customer."""

    grid: Grid
    cycles: Cycles
    spans: tuple[Span, ...]
    run_start: Ints  # (R,) first step of each run
    cycle_of_run: Ints  # (R,) where each cycle's runs start: (C,)
    energy: tuple[EnergyGroup, ...]
    demand: tuple[DemandGroup, ...]
    rule: ExportRule | None
    export_usd_per_kwh: Floats  # (N, X) one column for each price of the rule
    cycle_steps: Ints  # (C + 1,)
    missing: tuple[Missing, ...]

    @property
    def is_exact(self) -> bool:
        """Whether nothing is rounded: NREL's calendar is for comparisons."""
        return self.grid.calendar is Calendar.SAM


@lru_cache(maxsize=PLANS_KEPT_COUNT)
def compiled(
    versions: tuple[Tariff, ...],
    customer: Customer,
    start: date,
    count: int,
    step_minutes: int,
    calendar: Calendar,
    nearest: bool,
    exports: bool,
) -> Compiled:
    """Lay a plan over `count` steps from local midnight of `start`.

    Raises CoverageError where no version is in force, ChoiceError for a customer that does not
    fit, UsageError for a window that is not whole days.
    """
    grid = whole_days(start, count, step_minutes, versions[0].timezone, calendar)
    cycles = billing_cycles(grid)
    spans = _spans(versions, customer, grid, nearest)
    rule = export_rule(spans[0].tariff, customer, start) if exports else None
    run_start, energy, gaps = energy_groups(grid, cycles, spans)
    prices, price_gaps = _export_prices(grid, rule)
    missing = _gaps(spans, rule, exports, customer) + gaps + price_gaps
    cycle_steps = grid.day_steps()[cycles.first_day]
    return Compiled(
        grid=grid,
        cycles=cycles,
        spans=spans,
        run_start=run_start,
        cycle_of_run=np.searchsorted(run_start, cycle_steps[:-1]),
        energy=energy,
        demand=demand_groups(grid, cycles, spans),
        rule=rule,
        export_usd_per_kwh=prices,
        cycle_steps=cycle_steps,
        missing=tuple(dict.fromkeys(missing)),
    )


def _spans(
    versions: tuple[Tariff, ...], customer: Customer, grid: Grid, nearest: bool
) -> tuple[Span, ...]:
    abstract = grid.calendar is Calendar.SAM  # its dates are of no real year
    days = [grid.date_of(day) for day in range(grid.days_count)]
    spans = version_spans(versions, days, nearest=nearest or abstract)
    return tuple(
        Span(
            tariff=for_customer(span.tariff, customer),
            first_day=span.first_day,
            end_day=span.end_day,
            is_nearest=span.is_nearest and not abstract,
        )
        for span in spans
    )


def _export_prices(grid: Grid, rule: ExportRule | None) -> tuple[Floats, tuple[Missing, ...]]:
    columns, gaps = [], []
    for price in rule.prices if rule else ():
        column, gap = export_price_of_steps(grid, price)
        columns.append(column)
        gaps += [gap] if gap else []
    matrix = np.stack(columns, axis=1) if columns else np.zeros((grid.count, 0))
    return np.ascontiguousarray(matrix), tuple(gaps)


def _gaps(
    spans: Sequence[Span], rule: ExportRule | None, exports: bool, customer: Customer
) -> tuple[Missing, ...]:
    found = [gap for span in spans for gap in span.tariff.missing]
    found += [_nearest_gap(span) for span in spans if span.is_nearest]
    if rule:
        found += rule.missing
    elif exports and customer.export_rule is None:
        found.append(no_export_rule(spans[0].tariff))
    return tuple(found)


def _nearest_gap(span: Span) -> Missing:
    return Missing(
        name="version",
        note=f"{span.tariff.plan} of {span.tariff.effective} stands in for days without a version",
    )
