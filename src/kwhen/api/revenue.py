"""What programmes for grid services pay a home: facts of its place, and the engine's rules."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.api.facts import market_facts
from kwhen.api.homes import Home
from kwhen.catalog.baseline import default_load
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.places import place
from kwhen.catalog.programmes import programmes_for
from kwhen.catalog.solar import pv_series
from kwhen.engine.counterfactual import History, counterfactual_kwh
from kwhen.engine.events import event_weights, month_grid
from kwhen.engine.grid import Calendar, Grid, whole_days
from kwhen.engine.programmes import GridProgramme
from kwhen.engine.revenue import Revenue, grid_services_usd
from kwhen.engine.words import Missing

Floats = NDArray[np.float64]


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
    home: Home,
    grid: Grid,
    import_kwh: Floats,
    export_kwh: Floats,
    live: SeriesStore | None = None,
) -> tuple[GridServices | None, tuple[Missing, ...]]:
    """Revenue of every programme of a home's place, None where none is known, and the gaps.

    import_kwh, export_kwh : (N,) energy of each step of whole local days. [kWh]
    """
    if home.zipcode is None:
        note = "no ZIP is given, so no programme for grid services is known"
        return None, (Missing(name="grid_services", note=note),)
    programmes, gaps = programmes_for(place(home.zipcode), home.utility_id, grid.date_of(0))
    if not programmes:
        return None, gaps
    net_kwh = import_kwh - export_kwh
    baseline_kwh = _baseline_kwh(home, grid, net_kwh)
    paid = tuple(
        _revenue(home, grid, programme, baseline_kwh, net_kwh, live) for programme in programmes
    )
    sources = tuple(dict.fromkeys(id for programme in programmes for id in programme.sources))
    missing = (*gaps, *(gap for programme in programmes for gap in programme.missing))
    missing += tuple(gap for revenue in paid for gap in revenue.missing)
    missing = tuple(dict.fromkeys(missing))
    return GridServices(programmes=paid, sources=sources, missing=missing), missing


def _revenue(
    home: Home,
    grid: Grid,
    programme: GridProgramme,
    baseline_kwh: Floats,
    net_kwh: Floats,
    live: SeriesStore | None,
) -> Revenue:
    months, _ = market_facts(home, month_grid(grid), live)
    market, _ = market_facts(home, grid, live)
    weights = event_weights(programme, grid, months.market_usd_per_kwh if months else None)
    return grid_services_usd(
        programme,
        weights,
        grid,
        baseline_kwh=baseline_kwh,
        net_kwh=net_kwh,
        lmp_usd_per_kwh=market.market_usd_per_kwh if market else None,
        strike_usd_per_kwh=market.strike_usd_per_kwh if market else None,
    )


def _baseline_kwh(home: Home, grid: Grid, net_kwh: Floats) -> Floats:
    """What the home would have used: its own like days, else its place's shape. (N,) [kWh]"""
    assert home.zipcode is not None
    where = place(home.zipcode)
    load = default_load(where, home.utility_id, grid, annual_kwh=home.annual_kwh)
    solar_kwh = np.zeros(grid.count)
    if home.solar is not None:
        solar_kwh = pv_series(where, grid, home.solar).kwh
    found = counterfactual_kwh(grid, net_kwh, load.kwh, solar_kwh, _own_history(home, grid))
    return found.baseline_kwh


def _own_history(home: Home, grid: Grid) -> History | None:
    past = home.history
    if past is None:
        return None
    count = len(past.import_kwh)
    own = whole_days(past.start.date(), count, past.step_minutes, grid.zone, Calendar.CIVIL)
    exported = past.export_kwh if past.export_kwh is not None else 0.0
    return History(grid=own, net_kwh=past.import_kwh - exported)
