"""What a solar array makes in each step: the zone's yield, turned to the array's orientation."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.places import Place
from kwhen.catalog.sources import source
from kwhen.catalog.zone_hours import arrays, unpacked, zone_index, zone_of
from kwhen.engine.grid import Grid
from kwhen.engine.shape_year import over_grid, same_date_days, shape_epoch_s
from kwhen.engine.solar import ModuleType, SolarSystem, ac_kw_per_kw, orientation_ratio
from kwhen.engine.words import Missing

Floats = NDArray[np.float64]

YIELD_SOURCE = "pv-yield-tmy3"
_FILE = "solar/yields.npz"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PvSeries:
    """Energy that a home's whole array makes in each step of a window.

    `is_fallback`: the place's climate zone is that of the nearest ZIP that has one.
    """

    kwh: Floats  # (N,)
    zone: str  # climate zone of the yields
    source: str  # id in the sources register
    vintage: str
    is_fallback: bool
    missing: tuple[Missing, ...]


def pv_series(place: Place, grid: Grid, system: SolarSystem) -> PvSeries:
    """Energy of each step of a window from a home's whole array. [kWh]

    The yield of the climate zone's station at the same calendar date and hour of local standard
    time, times the clear-sky ratio of the array's plane to the yield's own. In a grid of wall
    time the hour that spring leaves out holds 0 and the repeated hour of autumn holds both.

    Parameters
    ----------
    place
        Where the home is: its climate zone and time zone count.
    grid
        Real steps or wall-clock days.
    system
        The array.

    Raises
    ------
    CoverageError
        The place has no climate zone.
    UsageError
        The grid is of SAM's calendar.
    """
    zone = zone_of(place)
    hourly_kwh = pv_kw_per_kw(zone, system) * system.system_size_kw  # (8760,)
    return PvSeries(
        kwh=over_grid(hourly_kwh, grid, place.timezone, same_date_days),
        zone=zone,
        source=YIELD_SOURCE,
        vintage=source(YIELD_SOURCE).edition,
        is_fallback=place.iecc_from != "table",
        missing=solar_gaps(system),
    )


def pv_kw_per_kw(zone: str, system: SolarSystem) -> Floats:
    """AC output of 1 kW of an array in each hour of the shape's year. (8760,) [kW]

    The hours are those of 2023 in local standard time, at the station of a climate zone.
    """
    return _hours(zone, replace(system, system_size_kw=1.0, interconnection_date=None))


@lru_cache(maxsize=256)
def _hours(zone: str, system: SolarSystem) -> Floats:
    """The same, kept for each zone and orientation."""
    table, index = arrays(_FILE), zone_index(_FILE, zone)
    epoch_s = shape_epoch_s(int(table["standard_hours"][index]) * 3600)
    ratio = orientation_ratio(
        float(table["lat_deg"][index]), float(table["lon_deg"][index]), epoch_s, system
    )
    hours = ac_kw_per_kw(_yields()[index], ratio, system)  # (8760,)
    hours.flags.writeable = False
    return hours


@lru_cache(maxsize=1)
def _yields() -> Floats:
    """AC kWh of 1 kW of the reference array by zone and hour. (Z, 8760)"""
    table = arrays(_FILE)
    return unpacked(table["yield_planes"], float(table["unit_kwh"]))


def solar_gaps(system: SolarSystem) -> tuple[Missing, ...]:
    """What the shipped yields do not tell about an array."""
    if system.module_type is ModuleType.STANDARD:
        return ()
    return (
        Missing(
            name="module_type",
            note=f"{system.module_type.value} modules are taken as standard ones: the yields hold "
            "no temperatures",
        ),
    )
