"""The marginal price of every step: what one more kWh imported or exported then is worth.

The derivative of the unrounded energy lines of the local calendar month, riders and percentages
in, at the energy that the home is expected to use. Under a pooled ladder every step of the month
has the price of the tier in which the month ends. With T the month's energy, Q_p that of period
p, f_t(T) the share of tier t, a_p = sum_t f_t price_pt the mean and u_p the last tier's price:

    d(bill)/d(kWh in period p) = a_p + sum_q (Q_q / T) (u_q - a_q)

which is u_p where the tiers of all periods are equally far apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from math import erf, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.plain import Event
from kwhen.engine.pricing import GroupPrices, PriceLayout, price_layout
from kwhen.engine.tariff import EnergyCharge, Tariff
from kwhen.engine.tiers import pooled_share_frac
from kwhen.engine.words import ChargeClass, Customer, Missing, TierScope
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Marginal prices of a window, one value a step."""

    start: datetime  # UTC
    step_minutes: int
    import_usd_per_kwh: Floats  # (N,)
    export_usd_per_kwh: Floats  # (N,) 0 where the plan pays nothing
    missing: tuple[Missing, ...]
    versions: tuple[date, ...]  # effective dates of the versions used
    is_nearest: bool  # some day had no version in force
    export_rule: str | None
    plan: str
    parts: "PriceParts" = field(repr=False)  # worked out when they are asked for


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expectation:
    """What the home is expected to use, as given with the call."""

    month_kwh: Floats | None = None  # (M,) of each calendar month touched
    step_kwh: Floats | None = None  # (N,) net of export where the rule nets
    day_kwh: float | None = None  # the same every day
    spread_frac: float | None = None  # standard deviation ÷ mean, for the mode "expected"
    tier: int | None = None  # index of a tier to price at


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pool:
    """Where a pooled ladder stands at the expected energy, whatever its prices."""

    share_frac: Floats  # (S, T) of the energy in each tier
    last_tier: Ints  # (S,)
    use_frac: Floats  # (S, P) of the energy in each period


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceParts:
    """What prices are made of, and how they were laid over their window."""

    layout: PriceLayout
    expected: Expectation
    stands_kwh: Sequence["_Pool | Floats | None"]
    events: tuple[Event, ...]
    index_usd_per_kwh: Floats | None

    def import_by_class(self) -> dict[ChargeClass, Floats]:
        """The import price by what it pays for, taxes on their own; it is their sum. (N,) each"""
        found = self.layout.extra_by_class(self.events, self.index_usd_per_kwh)
        groups = self.layout.groups
        for klass in {klass: None for group in groups for klass in group.class_usd_per_kwh}:
            tables = [
                group.class_usd_per_kwh.get(klass, np.zeros_like(group.import_usd_per_kwh))
                for group in groups
            ]
            laid = _spread(self.layout, self.expected, self.stands_kwh, tables)
            found[klass] = found.get(klass, 0.0) + laid
        return found

    def period_names(self) -> list[str]:
        """Name of the time-of-use period of each step; "" where a plan knows no such periods."""
        names = [""] * self.layout.count
        # Where several charges change with the time, the one with the most periods names them.
        for _, steps, told in sorted(self._times_of_use(), key=lambda found: found[0]):
            names[steps] = told
        return names

    def _times_of_use(self) -> Iterator[tuple[int, slice, list[str]]]:
        """How many periods each charge has in the window, and the one of each of its steps."""
        for group in self.layout.groups:
            periods = group.step_label % group.hours.shape[1]
            kinds_count = len(np.unique(periods))
            if isinstance(group.charge, EnergyCharge) and kinds_count > 1:
                names = [period.name for period in group.charge.periods]
                yield kinds_count, group.steps, [names[index] for index in periods.tolist()]


def prices(
    versions: Sequence[Tariff],
    start: date | datetime,
    end: date | datetime,
    *,
    step_minutes: int = 15,
    expected_kwh: ArrayLike | None = None,
    expected_export_kwh: ArrayLike | None = None,
    expected_kwh_per_day: float | None = None,
    spread_frac: float | None = None,
    tier_mode: str = "final",
    customer: Customer | None = None,
    events: Sequence[Event] = (),
    index_usd_per_kwh: ArrayLike | None = None,
    nearest: bool = False,
) -> Prices:
    """Marginal import and export price of each step. [USD/kWh]

    expected_kwh : one number for every month, (M,) for the M calendar months touched, or (N,)
        import of each step; expected_export_kwh : (N,), for rules that net. [kWh]
    Raises UsageError, CoverageError, ChoiceError as the messages say.
    """
    layout = price_layout(
        tuple(versions), customer or Customer(), start, end, step_minutes, nearest
    )
    expected = _expectation(layout, expected_kwh, expected_export_kwh, tier_mode, spread_frac)
    if expected_kwh is None and expected_kwh_per_day is not None:
        expected = Expectation(day_kwh=expected_kwh_per_day, tier=expected.tier)
    stands_kwh = [_stand(layout, group, expected) for group in layout.groups]
    imports = _spread(layout, expected, stands_kwh, [g.import_usd_per_kwh for g in layout.groups])
    exports = layout.export_usd_per_kwh
    if layout.nets:
        exports = _spread(
            layout, expected, stands_kwh, [g.export_usd_per_kwh for g in layout.groups]
        )
    index = _index(layout, index_usd_per_kwh)
    extra = layout.step_extra(tuple(events), index)
    if extra is not None:
        imports = imports + extra
        exports = exports + extra if layout.nets else exports
    return Prices(
        start=layout.start,
        step_minutes=step_minutes,
        import_usd_per_kwh=imports,
        export_usd_per_kwh=exports,
        missing=layout.missing + _expectation_gap(layout, expected),
        versions=tuple(span.tariff.effective for span in layout.spans),
        is_nearest=any(span.is_nearest for span in layout.spans),
        export_rule=(layout.rule.vintage or layout.rule.name) if layout.rule else None,
        plan=layout.spans[0].tariff.plan,
        parts=PriceParts(
            layout=layout,
            expected=expected,
            stands_kwh=stands_kwh,
            events=tuple(events),
            index_usd_per_kwh=index,
        ),
    )


def _index(layout: PriceLayout, index_usd_per_kwh: ArrayLike | None) -> Floats | None:
    if index_usd_per_kwh is None:
        return None
    index = np.asarray(index_usd_per_kwh, dtype=np.float64)
    if index.shape != (layout.count,) or not np.isfinite(index).all():
        raise UsageError(
            f"index_usd_per_kwh has the shape {index.shape}; it takes {layout.count} finite values"
        )
    return index


def _expectation(
    layout: PriceLayout,
    expected_kwh: ArrayLike | None,
    expected_export_kwh: ArrayLike | None,
    tier_mode: str,
    spread_frac: float | None,
) -> Expectation:
    tier = _tier_of(tier_mode)
    spread = spread_frac if tier_mode == "expected" else None
    if expected_kwh is None:
        return Expectation(tier=tier)
    kwh = np.asarray(expected_kwh, dtype=np.float64)
    if not np.isfinite(kwh).all() or (kwh.size and kwh.min() < 0):
        raise UsageError("expected_kwh must be finite and 0 or more, in kWh")
    months = layout.months_count
    if kwh.ndim == 0 or kwh.shape == (months,):
        return Expectation(month_kwh=np.broadcast_to(kwh, (months,)), tier=tier, spread_frac=spread)
    if kwh.shape != (layout.count,):
        raise UsageError(
            f"expected_kwh has the shape {kwh.shape}; give one number, {months} monthly values "
            f"or {layout.count} values, one for each step"
        )
    if expected_export_kwh is not None and layout.nets:
        kwh = kwh - np.asarray(expected_export_kwh, dtype=np.float64)
    return Expectation(step_kwh=kwh, tier=tier, spread_frac=spread)


def _tier_of(mode: str) -> int | None:
    if mode in ("final", "expected"):
        return None
    kind, _, number = mode.partition(":")
    if kind != "tier" or not number.isdecimal() or int(number) < 1:
        raise UsageError(f"tier_mode is {mode!r}; it is 'final', 'expected' or 'tier:k', k from 1")
    return int(number) - 1


def _expectation_gap(layout: PriceLayout, expected: Expectation) -> tuple[Missing, ...]:
    known = expected.month_kwh is not None or expected.step_kwh is not None
    if known or expected.day_kwh is not None or expected.tier is not None or not layout.has_tiers:
        return ()
    note = "no expected use was given; a month is taken to end in the first tier (its baseline)"
    return (Missing(name="expected_kwh", note=note),)


def _spread(
    layout: PriceLayout,
    expected: Expectation,
    stands_kwh: Sequence[_Pool | Floats | None],
    prices_usd_per_kwh: Sequence[Floats],
) -> Floats:
    """Marginal prices of (segment, period) summed over groups and laid over the steps. (N,)"""
    total = np.zeros(len(layout.stretch_step_count))
    for group, stand_kwh, prices in zip(layout.groups, stands_kwh, prices_usd_per_kwh, strict=True):
        table = _table(group, expected, stand_kwh, prices)
        total[group.stretches] += table.ravel()[group.stretch_label]
    return np.repeat(total, layout.stretch_step_count)


def _stand(layout: PriceLayout, group: GroupPrices, expected: Expectation) -> _Pool | Floats | None:
    """What a group's prices depend on: its pool, or expected kWh of (segment, period) (S, P)."""
    if group.import_usd_per_kwh.shape[-1] == 1 or expected.tier is not None:
        return None
    energy = _expected_energy(layout, group, expected)
    pooled = isinstance(group.charge, EnergyCharge) and group.charge.scope is TierScope.CYCLE
    if not pooled:
        return energy
    if expected.spread_frac:
        return np.broadcast_to(energy.sum(axis=1, keepdims=True), energy.shape)
    return _pool(group, energy)


def _table(
    group: GroupPrices, expected: Expectation, stand_kwh: _Pool | Floats | None, usd_per_kwh: Floats
) -> Floats:
    """Marginal price of each (segment, period), from those of its tiers (S, P, T). (S, P)"""
    if stand_kwh is None:
        tier = min(expected.tier or 0, usd_per_kwh.shape[-1] - 1)
        return usd_per_kwh[..., tier]
    if isinstance(stand_kwh, _Pool):
        return _pooled(stand_kwh, usd_per_kwh)
    return _by_period(group, stand_kwh, usd_per_kwh, expected.spread_frac)


def _expected_energy(layout: PriceLayout, group: GroupPrices, expected: Expectation) -> Floats:
    """Expected kWh of each segment and period. (S, P)"""
    if expected.step_kwh is not None:
        size = group.hours.size
        seen = np.bincount(group.step_label, weights=expected.step_kwh[group.steps], minlength=size)
        return seen.reshape(group.hours.shape) * group.scale_frac[:, None]
    share = group.hours / group.hours.sum(axis=1, keepdims=True)
    total: Floats
    if expected.month_kwh is not None:
        total = np.asarray(expected.month_kwh[group.month] * group.month_share_frac)
    elif expected.day_kwh is not None:
        total = np.asarray(expected.day_kwh * group.days_count)
    else:
        total = np.zeros(len(group.month))  # its first tier
    return np.asarray(share * total[:, None])


def _pool(group: GroupPrices, energy_kwh: Floats) -> _Pool:
    total = energy_kwh.sum(axis=1)  # (S,)
    return _Pool(
        share_frac=pooled_share_frac(total, group.pool_ceiling_kwh),
        last_tier=(group.pool_ceiling_kwh < np.abs(total)[:, None]).sum(axis=1),
        use_frac=energy_kwh / np.where(total == 0, 1.0, total)[:, None],
    )


def _pooled(pool: _Pool, usd_per_kwh: Floats) -> Floats:
    """Tiers that count all periods together. (S, P)"""
    mean = np.einsum("spt,st->sp", usd_per_kwh, pool.share_frac)
    upper = usd_per_kwh[np.arange(len(pool.last_tier)), :, pool.last_tier]  # (S, P)
    return np.asarray(mean + np.einsum("sp,sp->s", pool.use_frac, upper - mean)[:, None])


def _by_period(
    group: GroupPrices, energy_kwh: Floats, usd_per_kwh: Floats, spread_frac: float | None
) -> Floats:
    """Tiers that count each period alone. (S, P)"""
    if spread_frac:
        weight = _final_tier_frac(np.abs(energy_kwh), group.ceiling_kwh, spread_frac)
        return np.asarray((usd_per_kwh * weight).sum(axis=-1))
    last = (group.ceiling_kwh < np.abs(energy_kwh)[..., None]).sum(axis=-1)
    return np.asarray(np.take_along_axis(usd_per_kwh, last[..., None], axis=2)[..., 0])


def _final_tier_frac(energy_kwh: Floats, ceiling_kwh: Floats, spread_frac: float) -> Floats:
    """Chance that each tier is the last, for normally distributed energy. (..., T)"""
    deviation = np.maximum(energy_kwh * spread_frac, 1e-9)[..., None]
    z = (ceiling_kwh - energy_kwh[..., None]) / deviation
    reached = np.vectorize(lambda x: 0.5 * (1 + erf(x / sqrt(2))), otypes=[np.float64])(z)
    return np.diff(reached, axis=-1, prepend=0.0)
