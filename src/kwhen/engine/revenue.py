"""What a programme for grid services pays a home for drawing less than its baseline in events.

    energy    sum over event hours  w max(0, sum over the hour (b - n)) price share
    season    $/kW mean over the season's event hours of max(0, b - n) share days ÷ season days
    daily     $/MW-day mean kW ÷ 1000 share days

b is the baseline, n the import less export as it was, w the hour's weight as an event.
"""

from dataclasses import dataclass
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.devices.arrays import check_grid, hours_of_steps
from kwhen.engine.events import EventWeights, covered_days, days_in
from kwhen.engine.grid import Calendar, Grid
from kwhen.engine.programmes import DailyPay, EnergyPay, GridProgramme, MarketPay, SeasonPay
from kwhen.engine.words import Missing
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOUR_S = 3600
KW_PER_MW = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """What one programme pays over a window."""

    programme: str
    energy_usd: float
    capacity_usd: float
    reduced_kwh: float  # below the baseline in events, weighted
    mean_reduced_kw: float  # over the event hours
    event_hours: float  # of the window, weighted
    missing: tuple[Missing, ...]

    @property
    def usd(self) -> float:
        """Energy and capacity together."""
        return self.energy_usd + self.capacity_usd


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Hours:
    """The clock hours of a window, E of them."""

    step_index: Ints  # (N,) which hour each step lies in
    weight_frac: Floats  # (E,)
    hours: Floats  # (E,) real length
    reduced_kwh: Floats  # (E,) below the baseline, ≥ 0


def grid_services_usd(
    programme: GridProgramme,
    weights: EventWeights,
    grid: Grid,
    *,
    baseline_kwh: Floats,
    net_kwh: Floats,
    lmp_usd_per_kwh: Floats | None = None,
    strike_usd_per_kwh: Floats | None = None,
) -> Revenue:
    """Energy and capacity paid by one programme over a window. [USD]

    Parameters
    ----------
    weights : as `event_weights` gives them for the grid
    baseline_kwh, net_kwh : (N,) import less export, as usual and as it was
    lmp_usd_per_kwh, strike_usd_per_kwh : (N,) for programmes that pay the market's price above the
        strike, NaN where unknown
    """
    for amount in (weights.event_frac, baseline_kwh, net_kwh):
        check_grid(grid, len(amount))
    hours = _hours(grid, weights, baseline_kwh - net_kwh)
    length = float((hours.weight_frac * hours.hours).sum())
    reduced_kwh = float((hours.weight_frac * hours.reduced_kwh).sum())
    mean_kw = reduced_kwh / length if length > 0 else 0.0
    price, gaps = _usd_per_kwh(programme, grid, hours, lmp_usd_per_kwh, strike_usd_per_kwh)
    paid = hours.weight_frac * hours.reduced_kwh * price
    return Revenue(
        programme=programme.id,
        energy_usd=float(paid.sum()) * programme.share_frac,
        capacity_usd=_capacity_usd(programme, grid, mean_kw) * programme.share_frac,
        reduced_kwh=reduced_kwh,
        mean_reduced_kw=mean_kw,
        event_hours=length,
        missing=(*programme.missing, *weights.missing, *gaps),
    )


def _hours(grid: Grid, weights: EventWeights, reduced_kwh: Floats) -> _Hours:
    """Steps gathered by clock hour; each hour of an hour that repeats stands alone."""
    clock_s = grid.epoch_s if grid.calendar is Calendar.CIVIL else grid.local_s
    _, index = np.unique(clock_s // HOUR_S, return_inverse=True)
    length = hours_of_steps(grid)
    hours = np.bincount(index, weights=length)
    weighted = np.bincount(index, weights=weights.event_frac * length)
    return _Hours(
        step_index=index.astype(np.int64),
        weight_frac=weighted / hours,
        hours=hours.astype(np.float64),
        reduced_kwh=np.maximum(np.bincount(index, weights=reduced_kwh), 0.0),
    )


def _usd_per_kwh(
    programme: GridProgramme,
    grid: Grid,
    hours: _Hours,
    lmp_usd_per_kwh: Floats | None,
    strike_usd_per_kwh: Floats | None,
) -> tuple[Floats, tuple[Missing, ...]]:
    """What a kWh earns in each hour (E,), and hours of events whose price is not known."""
    none = np.zeros(len(hours.hours))
    match programme.pay:
        case EnergyPay(usd_per_kwh=usd_per_kwh):
            return none + usd_per_kwh, ()
        case SeasonPay() | DailyPay():
            return none, ()
        case MarketPay():
            above = _above_strike(grid, lmp_usd_per_kwh, strike_usd_per_kwh)
        case _:
            assert_never(programme.pay)
    length = hours_of_steps(grid)
    mean = np.bincount(hours.step_index, weights=above * length) / hours.hours
    unknown = np.isnan(mean)
    note = "the market's price is not known in some event hours; they are not paid"
    is_short = bool((unknown & (hours.weight_frac > 0)).any())
    gaps = (Missing(name=f"{programme.id}: market price", note=note),) if is_short else ()
    return np.where(unknown, 0.0, mean), gaps


def _above_strike(
    grid: Grid, lmp_usd_per_kwh: Floats | None, strike_usd_per_kwh: Floats | None
) -> Floats:
    if lmp_usd_per_kwh is None or strike_usd_per_kwh is None:
        return np.full(grid.count, np.nan)
    for name, price in (("lmp", lmp_usd_per_kwh), ("strike", strike_usd_per_kwh)):
        if np.shape(price) != (grid.count,):
            raise UsageError(f"{name}_usd_per_kwh takes {grid.count} values, one a step")
    return np.asarray(np.maximum(lmp_usd_per_kwh - strike_usd_per_kwh, 0.0))


def _capacity_usd(programme: GridProgramme, grid: Grid, mean_kw: float) -> float:
    """What the mean reduction earns over the window's days of the season."""
    if isinstance(programme.pay, EnergyPay | MarketPay):
        return 0.0
    inside = days_in(programme, grid, is_event_day=False) * covered_days(grid)  # (D,)
    if isinstance(programme.pay, DailyPay):
        return mean_kw / KW_PER_MW * programme.pay.usd_per_mw_day * float(inside.sum())
    dates = [grid.date_of(day) for day in range(grid.days_count)]
    season = np.array([programme.season_days(day) for day in dates], dtype=np.float64)
    return mean_kw * programme.pay.usd_per_kw_season * float((inside / season).sum())
