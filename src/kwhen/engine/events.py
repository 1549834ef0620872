"""Which hours of a programme count as its events: the dearest of each calendar month.

Events are chosen over whole calendar months and then cut to a window, so that two calls of one
window, or of its halves, have the same events.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import Calendar, Grid, instant, whole_days
from kwhen.engine.hours import HOUR_S
from kwhen.engine.kept import kept_with
from kwhen.engine.programmes import GridProgramme
from kwhen.engine.words import Missing
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EventWeights:
    """How far each step of a window belongs to an event."""

    event_frac: Floats  # (N,) 0 outside, 1 inside, between for hours that are equally dear
    is_ranked: bool  # False: prices are unknown and all hours of the programme count alike
    missing: tuple[Missing, ...]


@kept_with
def month_grid(grid: Grid) -> Grid:
    """The hours of the whole calendar months that a window touches.

    Raises UsageError for the calendar `sam`, whose dates are not those of real years.
    """
    if grid.calendar is Calendar.SAM:
        raise UsageError("events have real dates; use the calendar 'civil' or 'wall'")
    first, last = grid.date_of(0).replace(day=1), grid.date_of(grid.days_count - 1)
    days = last.replace(day=monthrange(last.year, last.month)[1]) - first
    hours = _real_hours(first, days.days + 1, grid.zone)
    return whole_days(first, hours, 60, grid.zone, Calendar.CIVIL)


def _real_hours(first: date, days_count: int, zone: str) -> int:
    """Hours from midnight of a date to that of another."""
    span = instant(first + timedelta(days=days_count), zone) - instant(first, zone)
    return round(span.total_seconds() / HOUR_S)


def event_weights(
    programme: GridProgramme, grid: Grid, lmp_usd_per_kwh: Floats | None
) -> EventWeights:
    """Weights of the steps of a window: of each month the hours with the highest price.

    Hours of the programme's season, weekdays and clock hours are ranked by price; as many count
    as `event_hours_per_month`, or the season's limit shared over its months if that is less.
    Equally dear hours share what remains. Where no price is known all count alike.

    Parameters
    ----------
    lmp_usd_per_kwh : (M,) price at the meter in the hours of `month_grid(grid)`, NaN where
        unknown; None: unknown throughout. [USD/kWh]

    Returns
    -------
    EventWeights
        (N,) on the steps of the window. Over a whole month they sum to the hours that count.
    """
    months = month_grid(grid)
    price = _price(months, lmp_usd_per_kwh)
    called = _may_be_called(programme, months)
    weight = np.zeros(months.count)
    is_ranked = True
    month = (months.year * 12 + months.month)[months.day_index]  # (M,)
    for number in np.unique(month):
        hours = np.flatnonzero(called & (month == number))
        weight[hours], ranked = _ranked(price[hours], _limit_hours(programme))
        is_ranked = is_ranked and ranked
    note = "prices are not known in all hours; the hours without one count alike"
    return EventWeights(
        event_frac=_cut(grid, months, weight),
        is_ranked=is_ranked,
        missing=() if is_ranked else (Missing(name=f"{programme.id}: event hours", note=note),),
    )


def _price(months: Grid, lmp_usd_per_kwh: Floats | None) -> Floats:
    if lmp_usd_per_kwh is None:
        return np.full(months.count, np.nan)
    price = np.asarray(lmp_usd_per_kwh, dtype=np.float64)
    if price.shape != (months.count,):
        raise UsageError(
            f"lmp_usd_per_kwh has the shape {price.shape}; it takes {months.count} values, one for "
            "each hour of month_grid(grid)"
        )
    return price


def _may_be_called(programme: GridProgramme, grid: Grid) -> Bools:
    """Steps in the programme's time in force, season, weekdays and hours. (N,)"""
    return days_in(programme, grid)[grid.day_index] & np.isin(grid.quarter // 4, programme.hours)


def days_in(programme: GridProgramme, grid: Grid, *, is_event_day: bool = True) -> Bools:
    """Dates in the programme's time in force and season, and on its weekdays if asked. (D,)"""
    dates = [grid.date_of(day) for day in range(grid.days_count)]
    inside = np.array([programme.is_in_force(d) and programme.is_in_season(d) for d in dates])
    if is_event_day and programme.weekdays_only:
        inside &= grid.weekday < SATURDAY
    return inside


def _limit_hours(programme: GridProgramme) -> float:
    """Event hours of a month."""
    if programme.season_event_hours is None:
        return programme.event_hours_per_month
    by_month = programme.season_event_hours / programme.season_months()
    return min(programme.event_hours_per_month, by_month)


def _ranked(price_usd_per_kwh: Floats, limit_hours: float) -> tuple[Floats, bool]:
    """Weights of one month's hours, and whether prices said which."""
    weight = np.zeros(len(price_usd_per_kwh))
    known = np.isfinite(price_usd_per_kwh)
    left = min(limit_hours, float(len(weight)))
    for price in np.unique(price_usd_per_kwh[known])[::-1]:
        same = known & (price_usd_per_kwh == price)
        weight[same] = min(left / same.sum(), 1.0)
        left -= float(weight[same].sum())
        if left <= 0:
            break
    unknown = ~known
    if left > 0 and unknown.any():
        weight[unknown] = left / unknown.sum()
    return weight, bool(known.all())


def _cut(grid: Grid, months: Grid, weight_frac: Floats) -> Floats:
    """Weights of the months' hours on the steps of the window. (N,)"""
    if grid.calendar is Calendar.CIVIL:
        return np.asarray(weight_frac[(grid.epoch_s - months.epoch_s[0]) // HOUR_S])
    # A wall-clock hour that happens twice has the mean of both; one that does not happen has none.
    first = months.local_s[0] // HOUR_S
    hour = months.local_s // HOUR_S - first
    size = int(hour[-1]) + 1
    total = np.bincount(hour, weights=weight_frac, minlength=size)
    times = np.bincount(hour, minlength=size)
    return np.asarray((total / np.maximum(times, 1))[grid.local_s // HOUR_S - first])


def covered_days(grid: Grid) -> Floats:
    """Share of each date that the window holds: less than 1 only at its ends. (D,)"""
    share = np.ones(grid.days_count)
    if grid.calendar is not Calendar.CIVIL:
        return share
    steps = np.diff(grid.day_steps()) * grid.step_minutes * 60.0
    for day in {0, grid.days_count - 1}:
        hours = _real_hours(grid.date_of(day), 1, grid.zone)
        share[day] = min(steps[day] / (hours * HOUR_S), 1.0)
    return share
