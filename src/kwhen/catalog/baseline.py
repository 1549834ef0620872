"""What a home uses when nobody has measured it: mean energy of a year by the zone's hourly shape.

Electric heating is in the mean of a year, so the shape has it too: as much as the average home
of the state uses, by the hours that are cold in the climate zone.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from math import isfinite
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.mean_use import MeanUse, mean_kwh_per_year
from kwhen.catalog.places import Place
from kwhen.catalog.shipped import read_text
from kwhen.catalog.solar import pv_kw_per_kw, pv_series
from kwhen.catalog.zone_hours import arrays, unpacked, zone_index, zone_of
from kwhen.engine.grid import Grid, month_hour
from kwhen.engine.shape_year import over_grid, same_weekday_days, shape_epoch_s, standard_offset_s
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Missing
from kwhen.errors import UsageError

Floats = NDArray[np.float64]

SHAPE_SOURCE = "load-shape-tmy3"
HEATING_SOURCES = ("eia-recs-2020", "eia-recs-2020-heating")
_FILE = "baseline/shapes.npz"
ANNUAL_ALLOWED_KWH = 10_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadSeries:
    """Energy that a home uses in each step of a window, before its solar.

    `electric_heating_frac` is the part of a year's energy that heats. `is_fallback`: the year's
    energy is the mean of the state, since its utility reports none.
    """

    kwh: Floats  # (N,)
    annual_kwh: float
    electric_heating_frac: float
    zone: str  # climate zone of the shape
    sources: tuple[str, ...]
    is_fallback: bool
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DefaultUsage:
    """What the meter of a home would count: import, and export where it has solar. (N,) each"""

    import_kwh: Floats
    export_kwh: Floats | None  # None without solar
    load_kwh: Floats
    pv_kwh: Floats | None
    annual_kwh: float
    sources: tuple[str, ...]
    is_fallback: bool
    missing: tuple[Missing, ...]


def default_load(
    place: Place, utility_id: int | None, grid: Grid, *, annual_kwh: float | None = None
) -> LoadSeries:
    """Energy that the average home of a utility uses in each step. [kWh]

    A date takes the shape of the nearest date with its weekday (±3 days), the hour in local
    standard time, split evenly over its steps. In a grid of wall time the hour that spring leaves
    out holds 0 and the repeated hour of autumn holds both.

    Parameters
    ----------
    place
        Where the home is.
    utility_id
        EIA id; None is the predominant utility of the ZIP.
    grid
        Real steps or wall-clock days.
    annual_kwh
        The home's own energy of a year, instead of its utility's mean.

    Raises
    ------
    CoverageError
        The place has no climate zone, or no mean is reported and `annual_kwh` is not given.
    UsageError
        `annual_kwh` is below 0 or no number; the grid is of SAM's calendar.
    """
    zone = zone_of(place)
    mean = _annual(place, utility_id, annual_kwh)
    heating_frac = electric_heating_frac(zone, place.state)
    hourly_kwh = load_frac(zone, place.state) * mean.kwh_per_year  # (8760,)
    of_mean = (mean.source,) if mean.source else ()
    return LoadSeries(
        kwh=over_grid(hourly_kwh, grid, place.timezone, same_weekday_days),
        annual_kwh=mean.kwh_per_year,
        electric_heating_frac=heating_frac or 0.0,
        zone=zone,
        sources=(*of_mean, SHAPE_SOURCE, *(HEATING_SOURCES if heating_frac else ())),
        is_fallback=mean.is_fallback,
        missing=() if heating_frac is not None else (_NO_HEATING,),
    )


_NO_HEATING = Missing(
    name="electric_heating", note="no figure tells how many homes of the state heat with it"
)


def default_usage(
    place: Place,
    utility_id: int | None,
    grid: Grid,
    *,
    annual_kwh: float | None = None,
    solar: SolarSystem | None = None,
) -> DefaultUsage:
    """What the meter of the average home would count in each step. [kWh]

    Import is load less solar where that is above 0, export where it is below. The parameters
    and errors are those of `default_load`; `solar` is the home's array, if it has one.
    """
    load = default_load(place, utility_id, grid, annual_kwh=annual_kwh)
    if solar is None:
        pv, net_kwh, gaps = None, load.kwh, load.missing
    else:
        pv = pv_series(place, grid, solar)
        net_kwh, gaps = load.kwh - pv.kwh, (*load.missing, *pv.missing)  # (N,)
    return DefaultUsage(
        import_kwh=np.maximum(net_kwh, 0.0),
        export_kwh=np.maximum(-net_kwh, 0.0) if pv else None,
        load_kwh=load.kwh,
        pv_kwh=pv.kwh if pv else None,
        annual_kwh=load.annual_kwh,
        sources=(*load.sources, *((pv.source,) if pv else ())),
        is_fallback=load.is_fallback or bool(pv and pv.is_fallback),
        missing=gaps,
    )


def exporting_share_frac(
    place: Place,
    utility_id: int | None,
    system: SolarSystem,
    annual_kwh: float | None = None,
) -> Floats:
    """Share of a month's days on which a home exports at an hour. (12, 24)

    Axes: month from January, hour on the local clock from midnight (prevailing time, summer time
    included), since slots are looked up by the clock. Days are those of the shapes' year; the home
    exports where solar makes more than the load. Errors are those of `default_load`.
    """
    mean = _annual(place, utility_id, annual_kwh)
    return _exporting_frac(zone_of(place), place.state, place.timezone, mean.kwh_per_year, system)


@lru_cache(maxsize=512)
def _exporting_frac(
    zone: str, state: str, timezone: str, annual_kwh: float, system: SolarSystem
) -> Floats:
    """The same, kept for homes that are alike. (12, 24)"""
    load_kwh = load_frac(zone, state) * annual_kwh  # (8760,)
    is_exporting = pv_kw_per_kw(zone, system) * system.system_size_kw > load_kwh  # (8760,)
    offset_s = standard_offset_s(timezone, int(shape_epoch_s(0)[0]))
    month, hour = month_hour(shape_epoch_s(offset_s), timezone)  # (8760,) each
    slot = (month - 1) * 24 + hour
    times = np.bincount(slot, weights=is_exporting, minlength=288)
    share = (times / np.bincount(slot, minlength=288)).reshape(12, 24)
    share.flags.writeable = False
    return np.asarray(share)


def check_annual_kwh(annual_kwh: float | None) -> None:
    """Raise UsageError for an energy of a year that no home has; None is none given."""
    if annual_kwh is not None and not (
        isfinite(annual_kwh) and 0.0 <= annual_kwh <= ANNUAL_ALLOWED_KWH
    ):
        raise UsageError(
            f"annual_kwh is {annual_kwh!r}; it must be a number from 0 to "
            f"{ANNUAL_ALLOWED_KWH:,.0f} kWh a year"
        )


def _annual(place: Place, utility_id: int | None, annual_kwh: float | None) -> MeanUse:
    """Energy of a home's year: its own, else the mean of its utility or state."""
    check_annual_kwh(annual_kwh)
    if annual_kwh is not None:
        return MeanUse(kwh_per_year=float(annual_kwh), customers=1, source="", is_fallback=False)
    if utility_id is None and place.utilities:
        utility_id = place.utilities[0].eia_id
    return mean_kwh_per_year(utility_id, place.state)


@lru_cache(maxsize=256)
def load_frac(zone: str, state: str) -> Floats:
    """Share of a year's energy in each hour of the shape's year, heating included. (8760,)"""
    index = zone_index(_FILE, zone)
    table = arrays(_FILE)
    shape = unpacked(table["shape_planes"], 1.0)[index]  # (8760,) without electric heating
    cold = table["heating_deg"][index].astype(np.float64)  # (8760,)
    heating_frac = electric_heating_frac(zone, state) or 0.0
    hours = (1.0 - heating_frac) * shape / shape.sum()
    hours += heating_frac * cold / max(cold.sum(), 1.0)
    hours.flags.writeable = False
    return np.asarray(hours)


def electric_heating_frac(zone: str, state: str) -> float | None:
    """Part of the average home's year that heats with electricity; None where not known.

    Homes of the state that heat with electricity × kWh a degree day × degree days of the
    zone, beside the energy of the shape's own home.
    """
    share = _electric_homes_frac().get(state)
    if share is None:
        return None
    table, index = arrays(_FILE), zone_index(_FILE, zone)
    heating_kwh = share * float(
        table["heating_kwh_per_degree_day"] * table["heating_degree_days"][index]
    )
    return heating_kwh / (heating_kwh + float(table["home_kwh"][index]))


@cache
def _electric_homes_frac() -> Mapping[str, float]:
    """Share of homes that heat mainly with electricity, by state."""
    table = tomllib.loads(read_text("baseline/electric_heating.toml"))
    return MappingProxyType(
        {state: row["electric_homes"] / row["homes"] for state, row in table["states"].items()}
    )
