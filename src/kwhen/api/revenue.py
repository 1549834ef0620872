"""What programmes for grid services pay a home: facts of its place, and the engine's rules."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.api.facts import WINDOWS_KEPT_MIB, Marks, market_at, market_marks
from kwhen.api.homes import Home
from kwhen.catalog.baseline import default_load
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.places import place
from kwhen.catalog.programmes import programmes_for
from kwhen.catalog.solar import pv_series
from kwhen.engine.counterfactual import (
    History,
    Usual,
    UsualParts,
    day_ratio,
    own_days,
    usual,
    usual_kwh,
)
from kwhen.engine.events import event_weights, month_grid
from kwhen.engine.grid import Calendar, Grid, whole_days
from kwhen.engine.hours import NetEnergy
from kwhen.engine.kept import kept
from kwhen.engine.revenue import Offer, Revenue, offer
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Missing

Floats = NDArray[np.float64]

HABITS_KEPT_MIB = 8  # a year at 15 minutes is about 2 MB with its grid
VALUES_KEPT_COUNT = 512
ANY_ANNUAL_KWH = 1_000.0  # only the shape of the usual load counts


@dataclass(frozen=True, slots=True, kw_only=True)
class GridServices:
    """Grid revenue of a home over a window, by programme. [USD]"""

    programmes: tuple[Revenue, ...]
    sources: tuple[str, ...]  # ids of the sources register
    missing: tuple[Missing, ...]

    @property
    def usd(self) -> float:
        """All programmes together."""
        return sum(revenue.usd for revenue in self.programmes)


def grid_services(
    home: Home, net: NetEnergy, live: SeriesStore | None = None
) -> tuple[GridServices | None, tuple[Missing, ...]]:
    """Revenue of every programme of a home's place, None where none is known, and the gaps.

    net : of whole local days
    """
    if home.zipcode is None:
        note = "no ZIP that the tables know is given, so no programme for grid services is known"
        return None, (Missing(name="grid_services", note=note),)
    marks = market_marks(home.zipcode, home.utility_id, live)
    offers, sources, missing = _offers(home.zipcode, home.utility_id, net.grid, live, marks)
    if not offers:
        return None, missing
    baseline = _baseline(home, net)
    paid = tuple(offer.revenue(baseline(offer) - offer.net_kwh(net)) for offer in offers)
    return GridServices(programmes=paid, sources=sources, missing=missing), missing


@kept(WINDOWS_KEPT_MIB)
def _offers(
    zipcode: str,
    utility_id: int,
    grid: Grid,
    live: SeriesStore | None,
    marks: Marks,
) -> tuple[tuple[Offer, ...], tuple[str, ...], tuple[Missing, ...]]:
    """What every programme of a place pays in a window, their sources, and the gaps."""
    first, last = grid.date_of(0), grid.date_of(grid.days_count - 1)
    programmes, gaps = programmes_for(place(zipcode), utility_id, first, last)
    if not programmes:
        return (), (), gaps
    market, _ = market_at(zipcode, utility_id, grid, live, marks)
    months, _ = market_at(zipcode, utility_id, month_grid(grid), live, marks)
    prices = months.market_usd_per_kwh if months else None
    found = tuple(
        offer(
            programme,
            event_weights(programme, grid, prices),
            grid,
            lmp_usd_per_kwh=market.market_usd_per_kwh if market else None,
            strike_usd_per_kwh=market.strike_usd_per_kwh if market else None,
        )
        for programme in programmes
    )
    sources = (id for programme in programmes for id in programme.sources)
    missing = (
        *gaps,
        *(gap for programme in programmes for gap in programme.missing),
        *(gap for one in found for gap in one.missing),
    )
    return found, tuple(dict.fromkeys(sources)), tuple(dict.fromkeys(missing))


def _baseline(home: Home, net: NetEnergy) -> Callable[[Offer], Floats]:
    """What the home would have used in an offer's hours: its like days, else its place's shape.

    Each gives (E,). [kWh]
    """
    assert home.zipcode is not None
    grid = net.grid
    habit = _habit(home.zipcode, _of_one_kw(home.solar) if home.solar else None, grid)
    solar_kw = home.solar.system_size_kw if home.solar else 0.0
    ratio = day_ratio(habit, net.day_kwh, solar_kw)
    past = _own_history(home, grid)

    def at(offer: Offer) -> Floats:
        found = usual_kwh(_usual_in(grid, habit, offer), ratio, solar_kw)
        if past is None:
            return found
        own, known = own_days(grid, past, offer.step_index)
        return np.where(known[offer.hour_start], offer.by_hour(own), found)

    return at


@kept(HABITS_KEPT_MIB)
def _habit(zipcode: str, solar: SolarSystem | None, grid: Grid) -> Usual:
    """What is usual at a place, whoever uses it and however much."""
    where = place(zipcode)
    load = default_load(where, None, grid, annual_kwh=ANY_ANNUAL_KWH)
    return usual(grid, load.kwh, None if solar is None else pv_series(where, grid, solar).kwh)


@kept(WINDOWS_KEPT_MIB)
def _usual_in(grid: Grid, habit: Usual, offer: Offer) -> UsualParts:
    """What is usual in an offer's hours, each of which is of one date."""
    steps = offer.step_index
    return UsualParts(
        load_kwh=offer.by_hour(habit.load_kwh[steps]),
        pv_kwh=None if habit.pv_kwh is None else offer.by_hour(habit.pv_kwh[steps]),
        day_index=grid.day_index[steps[offer.hour_start]],
    )


@lru_cache(maxsize=VALUES_KEPT_COUNT)
def _of_one_kw(solar: SolarSystem) -> SolarSystem:
    """The array with what its yield does not depend on, or only by proportion, taken off."""
    return replace(solar, system_size_kw=1.0, is_non_net_metered=False, interconnection_date=None)


def _own_history(home: Home, grid: Grid) -> History | None:
    past = home.history
    if past is None:
        return None
    count = len(past.import_kwh)
    own = whole_days(past.start.date(), count, past.step_minutes, grid.zone, Calendar.CIVIL)
    exported = past.export_kwh if past.export_kwh is not None else 0.0
    return History(
        grid=own,
        net_kwh=past.import_kwh - exported,
        is_read=past.read_steps() if past.gaps else None,
    )
