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
from kwhen.engine.grid import Grid
from kwhen.engine.hours import NetEnergy, hour_starts, steps_of_hour
from kwhen.engine.programmes import DailyPay, EnergyPay, GridProgramme, MarketPay, SeasonPay
from kwhen.engine.words import Missing
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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
class Offer:
    """What one programme pays in a window, whatever a home does: E event hours of S steps."""

    programme: str
    step_index: Ints  # (S,) steps of the event hours, rising
    hour_start: Ints  # (E,) where each hour starts among them
    hour_index: Ints  # (E,) which hour of a grid that is made of whole ones
    weight_frac: Floats  # (E,) above 0
    usd_per_kwh: Floats  # (E,) share of the home, weighted
    usd_per_kw: float  # for the mean reduction, share of the home
    event_hours: float  # of the window, weighted
    missing: tuple[Missing, ...]

    def by_hour(self, kwh: Floats) -> Floats:
        """Sums of the steps of its hours. kwh : (S,). → (E,)"""
        return np.add.reduceat(kwh, self.hour_start) if len(kwh) else np.zeros(0)

    def net_kwh(self, net: NetEnergy) -> Floats:
        """What a home drew in its hours. (E,)"""
        if steps_of_hour(net.grid) > 1:
            return net.hour_kwh[self.hour_index]
        return self.by_hour(net.step_kwh[self.step_index])

    def revenue(self, below_kwh: Floats) -> Revenue:
        """What a home is paid. below_kwh : (E,) baseline less what it drew in its hours."""
        reduced = np.maximum(below_kwh, 0.0)
        reduced_kwh = float(self.weight_frac.dot(reduced))
        mean_kw = reduced_kwh / self.event_hours if self.event_hours > 0 else 0.0
        return Revenue(
            programme=self.programme,
            energy_usd=float(self.usd_per_kwh.dot(reduced)),
            capacity_usd=mean_kw * self.usd_per_kw,
            reduced_kwh=reduced_kwh,
            mean_reduced_kw=mean_kw,
            event_hours=self.event_hours,
            missing=self.missing,
        )


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
    found = offer(programme, weights, grid, lmp_usd_per_kwh, strike_usd_per_kwh)
    return found.revenue(found.by_hour((baseline_kwh - net_kwh)[found.step_index]))


def offer(
    programme: GridProgramme,
    weights: EventWeights,
    grid: Grid,
    lmp_usd_per_kwh: Floats | None = None,
    strike_usd_per_kwh: Floats | None = None,
) -> Offer:
    """What a programme pays in a window; the parameters are those of `grid_services_usd`."""
    start = hour_starts(grid)  # (A,)
    length = hours_of_steps(grid)  # (N,)
    hours = np.add.reduceat(length, start)  # (A,)
    weight = np.add.reduceat(weights.event_frac * length, start) / hours
    steps = np.diff(start, append=grid.count)  # (A,)
    is_event = weight > 0
    price, gaps = _usd_per_kwh(programme, grid, start, lmp_usd_per_kwh, strike_usd_per_kwh)
    unknown = np.isnan(price) & is_event
    return Offer(
        programme=programme.id,
        step_index=np.flatnonzero(np.repeat(is_event, steps)),
        hour_start=(np.cumsum(steps[is_event]) - steps[is_event]).astype(np.int64),
        hour_index=np.flatnonzero(is_event),
        weight_frac=weight[is_event],
        usd_per_kwh=(np.where(unknown, 0.0, price) * weight)[is_event] * programme.share_frac,
        usd_per_kw=_usd_per_kw(programme, grid) * programme.share_frac,
        event_hours=float((weight * hours).sum()),
        missing=(*programme.missing, *weights.missing, *(gaps if unknown.any() else ())),
    )


def _usd_per_kwh(
    programme: GridProgramme,
    grid: Grid,
    start: Ints,
    lmp_usd_per_kwh: Floats | None,
    strike_usd_per_kwh: Floats | None,
) -> tuple[Floats, tuple[Missing, ...]]:
    """What a kWh earns in each clock hour (A,), NaN where that is not known, and the gap's name."""
    match programme.pay:
        case EnergyPay(usd_per_kwh=usd_per_kwh):
            return np.full(len(start), usd_per_kwh), ()
        case SeasonPay() | DailyPay():
            return np.zeros(len(start)), ()
        case MarketPay():
            above = _above_strike(grid, lmp_usd_per_kwh, strike_usd_per_kwh)
        case _:
            assert_never(programme.pay)
    length = hours_of_steps(grid)
    note = "the market's price is not known in some event hours; they are not paid"
    gap = Missing(name=f"{programme.id}: market price", note=note)
    return np.add.reduceat(above * length, start) / np.add.reduceat(length, start), (gap,)


def _above_strike(
    grid: Grid, lmp_usd_per_kwh: Floats | None, strike_usd_per_kwh: Floats | None
) -> Floats:
    if lmp_usd_per_kwh is None or strike_usd_per_kwh is None:
        return np.full(grid.count, np.nan)
    for name, price in (("lmp", lmp_usd_per_kwh), ("strike", strike_usd_per_kwh)):
        if np.shape(price) != (grid.count,):
            raise UsageError(f"{name}_usd_per_kwh takes {grid.count} values, one a step")
    return np.asarray(np.maximum(lmp_usd_per_kwh - strike_usd_per_kwh, 0.0))


def _usd_per_kw(programme: GridProgramme, grid: Grid) -> float:
    """What a kW of mean reduction earns over the window's days of the season."""
    if isinstance(programme.pay, EnergyPay | MarketPay):
        return 0.0
    inside = days_in(programme, grid, is_event_day=False) * covered_days(grid)  # (D,)
    if isinstance(programme.pay, DailyPay):
        return programme.pay.usd_per_mw_day / KW_PER_MW * float(inside.sum())
    dates = [grid.date_of(day) for day in range(grid.days_count)]
    season = np.array([programme.season_days(day) for day in dates], dtype=np.float64)
    return programme.pay.usd_per_kw_season * float((inside / season).sum())
