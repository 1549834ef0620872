"""Everything about a plan and a window that no home changes, built once and kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span, export_rule, for_customer, no_export_rule, version_spans
from kwhen.engine.compensation import Bank, ExportRule
from kwhen.engine.cycles import Cycles, billing_cycles, cycle_steps
from kwhen.engine.demand import DemandGroup, demand_groups
from kwhen.engine.grid import Calendar, Grid, whole_days
from kwhen.engine.hours import steps_of_hour
from kwhen.engine.kept import kept
from kwhen.engine.layout import EnergyGroup, energy_groups, export_price_of_steps
from kwhen.engine.plain import accrued_quantity, constant_blocks, solar_size_block
from kwhen.engine.rows import Block, class_mask
from kwhen.engine.sheet import Sheet, energy_sheet, excepted_prices
from kwhen.engine.standing import Standing, standing
from kwhen.engine.tariff import (
    EventCharge,
    IndexedEnergyCharge,
    MinimumCharge,
    PercentageCharge,
    Tariff,
)
from kwhen.engine.words import ChargeClass, Customer, Missing, Per

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Kind = TypeVar("Kind")

PLANS_KEPT_MIB = 16  # a year at 15 minutes is about 0.2 MB
PRICES_KEPT_MIB = 8
NO_LABELS: Ints = np.zeros(0, dtype=np.int64)  # the sheet has the runs of the steps instead
MOST_PRICE_CHANGES_COUNT = 4_000  # beyond, export is priced step by step instead of run by run


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Percentage:
    """A tax or discount of one version, with the prices of the components it leaves out."""

    tariff_index: int
    charge: PercentageCharge
    excepted_usd_per_kwh: Floats | None  # (B * T, C * K)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Banks:
    """Banks of one kind that pay no class together: none is in another's way, all pay at once."""

    banks: tuple[Bank, ...]
    reach_frac: Floats  # (K, B) 1 where a bank may pay a class
    fill_frac: Floats  # (X, B) 1 where what a price earns goes into a bank


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Minimum:
    """A minimum charge, with its amount in each cycle."""

    charge: MinimumCharge
    amount_usd: Floats  # (C,)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, weakref_slot=True)
class Compiled:
    """A plan laid over a window for one kind of customer."""

    grid: Grid
    cycles: Cycles
    cycle_steps: Ints  # (C + 1,)
    spans: tuple[Span, ...]
    energy: tuple[EnergyGroup, ...]
    sheet: Sheet
    demand: tuple[DemandGroup, ...]
    standing: Standing
    surplus_usd_per_kwh: Floats  # (C,) price of a year's surplus where a year ends, else 0
    full_years: tuple[tuple[int, slice], ...]  # last cycle of each, and its runs
    stepwise: tuple[tuple[int, EventCharge | IndexedEnergyCharge], ...]
    percentages: tuple[Percentage, ...]
    ledger: tuple[Banks | Minimum, ...]  # in the order in which they count
    rule: ExportRule | None
    export_usd_per_kwh: Floats  # (N ÷ S, X) or, where `run_prices`, (R, X): a column for each price
    run_prices: bool
    price_steps_count: int  # S steps in a row that always have one price of export
    hour_of_run: Ints | None  # (R,) where S steps are a clock hour and every run starts with one
    missing: tuple[Missing, ...]

    @property
    def needs_classes(self) -> bool:
        """Whether anything on the bill depends on sums by charge class."""
        return bool(self.percentages or self.ledger)

    @property
    def is_exact(self) -> bool:
        """Whether nothing is rounded: NREL's calendar is for comparisons."""
        return self.grid.calendar is Calendar.SAM


@kept(PLANS_KEPT_MIB, own=lambda plan: (plan.energy, plan.sheet))
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
    groups, gaps = energy_groups(grid, cycles, spans)
    prices, price_gaps = _export_prices(grid, rule)
    changes = np.flatnonzero((np.diff(prices, axis=0) != 0).any(axis=1)) + 1
    by_run = len(changes) <= MOST_PRICE_CHANGES_COUNT
    shared = _steps_of_one_price(grid, changes)
    if not by_run:
        changes = changes[:0]
    sheet = energy_sheet(groups, cycles, cycle_steps(grid), len(spans), rule, changes)
    constant = constant_blocks(grid, cycles, spans) + _by_solar_size(cycles, rule, customer)
    surplus, surplus_gaps = _surplus_prices(grid, cycles, rule)
    missing = _gaps(spans, rule, exports, customer) + gaps + price_gaps + surplus_gaps
    return Compiled(
        grid=grid,
        cycles=cycles,
        cycle_steps=cycle_steps(grid),
        spans=spans,
        energy=tuple(replace(group, step_label=NO_LABELS) for group in groups),
        sheet=sheet,
        demand=demand_groups(grid, cycles, spans),
        standing=standing(constant, cycles, len(spans), calendar is Calendar.SAM),
        surplus_usd_per_kwh=surplus,
        full_years=_full_years(cycles, sheet),
        stepwise=_of_kind(spans, EventCharge, IndexedEnergyCharge),
        percentages=tuple(
            Percentage(
                tariff_index=number,
                charge=charge,
                excepted_usd_per_kwh=excepted_prices(
                    sheet, charge.except_components, sheet.span_rows[number], cycles.count
                ),
            )
            for number, charge in _of_kind(spans, PercentageCharge)
        ),
        ledger=_ledger(rule, _minimums(grid, cycles, spans)),
        rule=rule,
        export_usd_per_kwh=prices[sheet.run_start] if by_run else prices[::shared].copy(),
        run_prices=by_run,
        price_steps_count=shared,
        hour_of_run=None if by_run else _hour_of_run(grid, sheet.run_start, shared),
        missing=tuple(dict.fromkeys(missing)),
    )


def _steps_of_one_price(grid: Grid, change_steps: Ints) -> int:
    """Steps of an hour, where prices change and cycles end on the hour alone; else 1."""
    per_hour = 60 // grid.step_minutes
    edges = np.concatenate([change_steps, cycle_steps(grid)])
    return 1 if (edges % per_hour).any() else per_hour


def _hour_of_run(grid: Grid, run_start: Ints, price_steps_count: int) -> Ints | None:
    """First clock hour of each run, None where it does not start on the hour, or prices change."""
    per_hour = steps_of_hour(grid)
    is_whole = price_steps_count == per_hour > 1 and not (run_start % per_hour).any()
    return run_start // per_hour if is_whole else None


def _by_solar_size(
    cycles: Cycles, rule: ExportRule | None, customer: Customer
) -> tuple[tuple[int, Block], ...]:
    if rule is None or not rule.usd_per_kw_month or customer.solar_kw is None:
        return ()
    return ((0, solar_size_block(cycles, rule, customer.solar_kw)),)


def _of_kind(spans: Sequence[Span], *kinds: type[Kind]) -> tuple[tuple[int, Kind], ...]:
    """Charges of some kinds, each with the number of its version."""
    return tuple(
        (number, charge)
        for number, span in enumerate(spans)
        for charge in span.tariff.charges
        if isinstance(charge, kinds)
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


def _ledger(rule: ExportRule | None, minimums: Sequence[Minimum]) -> tuple[Banks | Minimum, ...]:
    """Banks that may not pay minimums, minimums of cycles and then of years, the other banks."""
    banks = rule.banks if rule is not None else ()
    return (
        *_together(rule, [bank for bank in banks if ChargeClass.MINIMUM not in bank.pays]),
        *sorted(minimums, key=lambda minimum: minimum.charge.per is Per.YEAR),
        *_together(rule, [bank for bank in banks if ChargeClass.MINIMUM in bank.pays]),
    )


def _together(rule: ExportRule | None, banks: Sequence[Bank]) -> list[Banks]:
    """Banks in their order; those in a row that can pay at once are together."""
    groups: list[list[Bank]] = []
    for bank in banks:
        last = groups[-1] if groups else []
        kind = replace(bank, name="", pays=frozenset())
        alike = all(replace(other, name="", pays=frozenset()) == kind for other in last)
        if last and alike and all(bank.pays.isdisjoint(other.pays) for other in last):
            last.append(bank)
        else:
            groups.append([bank])
    filled = [price.bank for price in rule.prices] if rule is not None else []
    return [
        Banks(
            banks=tuple(group),
            reach_frac=np.stack([class_mask(bank.pays) for bank in group], axis=1),
            fill_frac=np.stack(
                [[float(name == bank.name) for name in filled] for bank in group], axis=1
            ),
        )
        for group in groups
    ]


def _minimums(grid: Grid, cycles: Cycles, spans: Sequence[Span]) -> tuple[Minimum, ...]:
    """Every minimum with its amount by cycle (C,); each of several versions counts its days."""
    found: dict[tuple[str, Per], Minimum] = {}
    for number, charge in _of_kind(spans, MinimumCharge):
        quantity = accrued_quantity(grid, cycles, spans[number], charge.per)
        key = (charge.name, charge.per)
        before = found[key].amount_usd if key in found else 0.0
        found[key] = Minimum(charge=charge, amount_usd=before + quantity * charge.amount_usd)
    return tuple(found.values())


@kept(PRICES_KEPT_MIB)  # the plans of a utility share them
def _export_prices(grid: Grid, rule: ExportRule | None) -> tuple[Floats, tuple[Missing, ...]]:
    columns, gaps = [], []
    for price in rule.prices if rule else ():
        column, gap = export_price_of_steps(grid, price)
        columns.append(column)
        gaps += [gap] if gap else []
    matrix = np.stack(columns, axis=1) if columns else np.zeros((grid.count, 0))
    return np.ascontiguousarray(matrix), tuple(gaps)


def _surplus_prices(
    grid: Grid, cycles: Cycles, rule: ExportRule | None
) -> tuple[Floats, tuple[Missing, ...]]:
    """Price of surplus kWh at the end of each full year of the window. (C,) [USD/kWh]"""
    found, gaps = np.zeros(cycles.count), []
    terms = rule.cash_out if rule is not None and rule.true_up else None
    for year, is_full in cycles.years if terms is not None else ():
        if is_full and terms is not None:
            last = grid.date_of(int(cycles.first_day[year.stop]) - 1)
            found[year.stop - 1], is_own = terms.at(last.year, last.month)
            if not is_own:
                note = f"no surplus price is held for {last:%Y-%m}; the nearest month's is used"
                gaps.append(Missing(name="net_surplus_rate", note=note))
    return found, tuple(gaps)


def _full_years(cycles: Cycles, sheet: Sheet) -> tuple[tuple[int, slice], ...]:
    runs = [*sheet.cycle_run.tolist(), None]
    return tuple(
        (year.stop - 1, slice(runs[year.start], runs[year.stop]))
        for year, is_full in cycles.years
        if is_full
    )


def _gaps(
    spans: Sequence[Span], rule: ExportRule | None, exports: bool, customer: Customer
) -> tuple[Missing, ...]:
    found = [gap for span in spans for gap in span.tariff.missing]
    found += [_nearest_gap(span) for span in spans if span.is_nearest]
    if rule:
        found += rule.missing
        if rule.usd_per_kw_month and customer.solar_kw is None:
            note = f"{rule.name} charges by the size of the solar, which is not given"
            found.append(Missing(name="solar_kw", note=note))
    elif exports and customer.export_rule is None:
        found.append(no_export_rule(spans[0].tariff))
    return tuple(found)


def _nearest_gap(span: Span) -> Missing:
    return Missing(
        name="version",
        note=f"{span.tariff.plan} of {span.tariff.effective} stands in for days without a version",
    )
