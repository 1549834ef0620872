"""A plan's energy prices laid over a window of any start and end, built once and kept.

Segments are cut in the whole calendar months that the window touches, since a month's tiers do
not care where a window starts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.choice import Span, export_rule, for_customer, no_export_rule, version_spans
from kwhen.engine.compensation import ExportRule, Netting
from kwhen.engine.cycles import calendar_months
from kwhen.engine.grid import Calendar, Grid, covering, instant, whole_days
from kwhen.engine.kept import kept
from kwhen.engine.layout import EnergyGroup, energy_groups, export_price_of_steps
from kwhen.engine.periods import day_kinds, holiday_dates, period_of_steps
from kwhen.engine.plain import Event, step_usd_per_kwh
from kwhen.engine.sheet import parts_of
from kwhen.engine.tariff import (
    EnergyCharge,
    EventCharge,
    IndexedEnergyCharge,
    PercentageCharge,
    RiderCharge,
    Tariff,
)
from kwhen.engine.words import ChargeClass, Customer, Missing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WINDOWS_KEPT_MIB = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GroupPrices:
    """One energy charge or rider of one version: prices by segment and period."""

    charge: EnergyCharge | RiderCharge
    import_usd_per_kwh: Floats  # (S, P, T) percentages in
    export_usd_per_kwh: Floats  # (S, P, T) what netting saves: without what import alone pays
    class_usd_per_kwh: Mapping[ChargeClass, Floats]  # (S, P, T) that of import, by what it pays
    ceiling_kwh: Floats  # (S, P, T)
    pool_ceiling_kwh: Floats  # (S, T) of the periods in use together
    hours: Floats  # (S, P) of the whole months
    month: Ints  # (S,) index of the calendar month
    month_share_frac: Floats  # (S,) days of the segment ÷ days of its month
    days_count: Ints  # (S,)
    scale_frac: Floats  # (S,) days of the segment ÷ those inside the window
    steps: slice  # of the window
    step_label: Ints  # segment * P + period of those steps
    stretches: slice
    stretch_label: Ints


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceLayout:
    """Everything about prices in a window that no expectation changes."""

    start: datetime
    grid: Grid
    spans: tuple[Span, ...]  # over the dates of the whole months
    rule: ExportRule | None
    groups: tuple[GroupPrices, ...]
    stretch_step_count: Ints  # steps of each stretch that all charges treat alike
    export_usd_per_kwh: Floats  # (N,) of rules with export prices
    months_count: int
    missing: tuple[Missing, ...]

    @property
    def count(self) -> int:
        """Number of steps N."""
        return self.grid.count

    @property
    def nets(self) -> bool:
        """Whether an exported kWh is worth the energy price of its period."""
        return self.rule is not None and self.rule.netting is Netting.PERIODS

    @property
    def has_tiers(self) -> bool:
        """Whether some price depends on how much is used."""
        return any(group.import_usd_per_kwh.shape[-1] > 1 for group in self.groups)

    def step_extra(
        self, events: tuple[Event, ...], index_usd_per_kwh: Floats | None
    ) -> Floats | None:
        """Price on top from events and market prices, percentages in. (N,) or None [USD/kWh]"""
        found = list(self.extra_by_class(events, index_usd_per_kwh).values())
        return np.sum(found, axis=0) if found else None

    def extra_by_class(
        self, events: tuple[Event, ...], index_usd_per_kwh: Floats | None
    ) -> dict[ChargeClass, Floats]:
        """The same by what it pays. (N,) each [USD/kWh]"""
        found: dict[ChargeClass, Floats] = {}
        for span in self.spans:
            for charge in span.tariff.charges:
                if isinstance(charge, EventCharge | IndexedEnergyCharge):
                    price = step_usd_per_kwh(self.grid, charge, events, index_usd_per_kwh)
                    inside = np.where(_inside(self, span), price, 0.0)
                    factors = class_factors_frac(span.tariff, charge.name, charge.klass)
                    for klass, factor in factors.items():
                        found[klass] = found.get(klass, 0.0) + inside * factor
        return found


def _inside(layout: PriceLayout, span: Span) -> NDArray[np.bool_]:
    ordinal = layout.grid.ordinal[layout.grid.day_index]
    first = _month_start(layout.grid.date_of(0)).toordinal()
    return np.asarray((ordinal >= first + span.first_day) & (ordinal < first + span.end_day))


def class_factors_frac(
    tariff: Tariff, component: str, klass: ChargeClass
) -> dict[ChargeClass, float]:
    """What percentages make of one dollar of a component: itself less discounts, and taxes."""
    amounts = {klass: 1.0}
    for charge in tariff.charges:
        if isinstance(charge, PercentageCharge) and component not in charge.except_components:
            covered = {k: v for k, v in amounts.items() if k in charge.of}
            if charge.share_frac < 0:
                amounts.update({k: v * (1 + charge.share_frac) for k, v in covered.items()})
            else:
                tax = sum(covered.values()) * charge.share_frac
                amounts[charge.klass] = amounts.get(charge.klass, 0.0) + tax
    return amounts


@kept(WINDOWS_KEPT_MIB)
def price_layout(
    versions: tuple[Tariff, ...],
    customer: Customer,
    start: date | datetime,
    end: date | datetime,
    step_minutes: int,
    nearest: bool,
) -> PriceLayout:
    """Lay the energy prices of a plan over a window.

    Raises CoverageError, ChoiceError, UsageError as the messages say.
    """
    zone = versions[0].timezone
    grid = covering(start, end, step_minutes, zone)
    whole = _whole_months(grid)
    months = calendar_months(whole)
    days = [whole.date_of(day) for day in range(whole.days_count)]
    spans = _customer_spans(versions, customer, grid, days, nearest)
    rule = export_rule(spans[0].tariff, customer, grid.date_of(0))
    groups, gaps = energy_groups(whole, months, spans)
    laid = [_group(grid, whole, months.days_count, spans, group, rule) for group in groups]
    stretch, groups_laid = _stretches(grid.count, laid)
    prices, price_gaps = _export_prices(grid, rule)
    return PriceLayout(
        start=instant(start, zone),
        grid=grid,
        spans=spans,
        rule=rule,
        groups=groups_laid,
        stretch_step_count=np.bincount(stretch),
        export_usd_per_kwh=prices,
        months_count=months.count,
        missing=_gaps(spans, rule, customer) + gaps + price_gaps,
    )


def _whole_months(grid: Grid) -> Grid:
    """Quarter hours over every calendar month that the window touches."""
    first = _month_start(grid.date_of(0))
    last = grid.date_of(grid.days_count - 1)
    end = date(last.year + last.month // 12, last.month % 12 + 1, 1)
    elapsed = instant(end, grid.zone) - instant(first, grid.zone)
    return whole_days(first, int(elapsed / timedelta(minutes=15)), 15, grid.zone, Calendar.CIVIL)


def _month_start(day: date) -> date:
    return day.replace(day=1)


def _customer_spans(
    versions: tuple[Tariff, ...], customer: Customer, grid: Grid, days: list[date], nearest: bool
) -> tuple[Span, ...]:
    """Versions over the whole months; only days inside the window have to be covered."""
    version_spans(versions, [grid.date_of(0), grid.date_of(grid.days_count - 1)], nearest=nearest)
    inside = range(int(grid.ordinal[0]), int(grid.ordinal[-1]) + 1)
    found = []
    for span in version_spans(versions, days, nearest=True):
        first = days[0].toordinal()
        touches = any(first + d in inside for d in range(span.first_day, span.end_day))
        found.append(
            Span(
                tariff=for_customer(span.tariff, customer),
                first_day=span.first_day,
                end_day=span.end_day,
                is_nearest=span.is_nearest and touches,
            )
        )
    return tuple(found)


def _gaps(
    spans: Sequence[Span], rule: ExportRule | None, customer: Customer
) -> tuple[Missing, ...]:
    found = [gap for span in spans for gap in span.tariff.missing]
    if rule:
        found += rule.missing
    elif customer.export_rule is None:
        found.append(no_export_rule(spans[0].tariff))
    return tuple(dict.fromkeys(found))


def _export_prices(grid: Grid, rule: ExportRule | None) -> tuple[Floats, tuple[Missing, ...]]:
    total, gaps = np.zeros(grid.count), []
    for price in rule.prices if rule else ():
        column, gap = export_price_of_steps(grid, price)
        total += column
        gaps += [gap] if gap else []
    return total, tuple(gaps)


def _group(
    grid: Grid,
    whole: Grid,
    month_days: Ints,
    spans: Sequence[Span],
    group: EnergyGroup,
    rule: ExportRule | None,
) -> GroupPrices:
    span, segments = spans[group.tariff_index], group.segments
    periods = group.ceiling_kwh.shape[1]
    shift_days = int(grid.ordinal[0] - whole.ordinal[0])  # days from the first month's start
    edges = np.searchsorted(grid.day_index + shift_days, [span.first_day, span.end_day])
    steps = slice(int(edges[0]), int(edges[1]))
    label = _labels(grid, span, group, shift_days)[steps]
    imports, exports, by_class = _prices(span.tariff, group, rule)
    shape = (segments.count, periods)
    hours = np.bincount(group.step_label, minlength=shape[0] * periods).reshape(shape) / 4
    return GroupPrices(
        charge=group.charge,
        import_usd_per_kwh=imports,
        export_usd_per_kwh=exports,
        class_usd_per_kwh=by_class,
        ceiling_kwh=group.ceiling_kwh,
        pool_ceiling_kwh=group.ceiling_kwh[np.arange(shape[0]), np.argmax(hours > 0, axis=1)],
        hours=hours,
        month=segments.cycle,
        month_share_frac=segments.days_count / month_days[segments.cycle],
        days_count=segments.days_count,
        scale_frac=_scale_frac(grid, segments.first_day - shift_days, segments.days_count),
        steps=steps,
        step_label=label,
        stretches=slice(0),
        stretch_label=label[:0],
    )


def _labels(grid: Grid, span: Span, group: EnergyGroup, shift_days: int) -> Ints:
    """Segment * P + period of every step, of use inside the version's days. (N,)"""
    day = grid.day_index + shift_days
    segment = np.searchsorted(group.segments.first_day, day, side="right") - 1
    if isinstance(group.charge, RiderCharge):
        return segment
    kinds = day_kinds(grid, holiday_dates(grid, span.tariff.holidays))
    period = period_of_steps(grid, group.charge.schedule, kinds)
    return np.asarray(segment * group.ceiling_kwh.shape[1] + period)


def _scale_frac(grid: Grid, first_day: Ints, days_count: Ints) -> Floats:
    """Days of each segment ÷ its days inside the window (0 where it has none). (S,)"""
    low = np.maximum(first_day, 0)
    high = np.minimum(first_day + days_count, grid.days_count)
    inside = np.maximum(high - low, 0)
    return np.where(inside > 0, days_count / np.maximum(inside, 1), 0.0)


def _prices(
    tariff: Tariff, group: EnergyGroup, rule: ExportRule | None
) -> tuple[Floats, Floats, dict[ChargeClass, Floats]]:
    """Prices with percentages in: of import, of what netting saves, by class. (S, P, T) each"""
    parts = parts_of(group)
    split = [class_factors_frac(tariff, name, klass) for name, klass, _ in parts]
    factors = np.array([sum(amounts.values()) for amounts in split])
    on_import = rule.on_import if rule else frozenset()
    netted = np.array([0.0 if klass in on_import else 1.0 for _, klass, _ in parts])
    shape = group.ceiling_kwh.shape
    imports = np.broadcast_to(group.usd_per_kwh @ factors, shape)
    exports = np.broadcast_to(group.usd_per_kwh @ (factors * netted), shape)
    by_class = {
        klass: np.broadcast_to(
            group.usd_per_kwh @ np.array([amounts.get(klass, 0.0) for amounts in split]), shape
        )
        for klass in {klass: None for amounts in split for klass in amounts}
    }
    return imports, exports, by_class


def _stretches(count: int, groups: list[GroupPrices]) -> tuple[Ints, tuple[GroupPrices, ...]]:
    """Number of the stretch of each step (N,): steps that all charges treat alike, in a row."""
    change = np.zeros(count, dtype=bool)
    for group in groups:
        change[group.steps.start : group.steps.start + 1] = True
        change[group.steps][1:] |= np.diff(group.step_label) != 0
    stretch = np.cumsum(change) - int(change[0])
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    found = []
    for group in groups:
        inside = slice(*np.searchsorted(first, [group.steps.start, group.steps.stop]).tolist())
        label = group.step_label[first[inside] - group.steps.start]
        found.append(replace(group, stretches=inside, stretch_label=label))
    return stretch, tuple(found)
