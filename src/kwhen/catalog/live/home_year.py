"""A home's year by a service: hourly load or solar, ready to be laid over any window.

What is asked for is always a whole year, so that one answer in the cache serves every window.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.http import Web
from kwhen.catalog.live import palmetto, pvwatts
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.places import Place
from kwhen.engine.shape_year import SHAPE_YEAR, YEAR_HOURS, shape_epoch_s, standard_offset_s
from kwhen.engine.solar import ArrayType, SolarSystem
from kwhen.engine.words import Missing
from kwhen.errors import SourceError

Floats = NDArray[np.float64]

_MOST_KWH = 10_000_000.0  # of a year, as the catalog allows
_MOST_KW_PER_KW = 1.5  # of what modules are rated at, under the brightest cloud edge
_FIXED = (ArrayType.FIXED_ROOF, ArrayType.FIXED_OPEN_RACK)


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class HomeYear:
    """Energy of each hour of the shape's year (2023) in local standard time, and who says so."""

    hourly_kwh: Floats  # (8760,)
    source: str  # id in the sources register
    vintage: str
    missing: tuple[Missing, ...] = ()

    def __post_init__(self) -> None:
        hours = self.hourly_kwh
        if hours.shape != (YEAR_HOURS,):
            raise SourceError(f"{self.source}: {hours.shape} hours, {YEAR_HOURS} are due")
        if not (np.all(hours >= 0) and float(hours.sum()) <= _MOST_KWH):  # NaN is neither
            raise SourceError(f"{self.source}: a year of {float(hours.sum()):g} kWh")


class LoadSource(Protocol):
    """A service that knows what a home uses, before its solar."""

    @property
    def name(self) -> str:
        """What people call it."""

    def load_year(self, where: Place, annual_kwh: float | None) -> HomeYear:
        """The load of a home's year, of `annual_kwh` where that is known.

        Raises
        ------
        SourceError, UsageError
            The service has no answer.
        """


class SolarSource(Protocol):
    """A service that knows what a solar array makes."""

    @property
    def name(self) -> str:
        """What people call it."""

    def solar_year(self, where: Place, system: SolarSystem) -> HomeYear:
        """The AC energy of a whole array's year.

        Raises
        ------
        SourceError, UsageError
            The service has no answer.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class PalmettoHomes:
    """Palmetto's model of a home: its load, and the yield of fixed arrays."""

    web: Web
    key: str = field(repr=False)
    base_url: str = palmetto.BASE_URL
    name: str = palmetto.SOURCE

    def load_year(self, where: Place, annual_kwh: float | None) -> HomeYear:
        """The modelled load, calibrated to the home's own energy of a year and scaled to it."""
        hours, vintage = self._year(where, palmetto.LOAD, annual_kwh=annual_kwh)
        if annual_kwh is not None:
            modelled_kwh = float(hours.sum())
            if modelled_kwh <= 0:
                raise SourceError(f"{self.name}: a year without load")
            hours = hours * (annual_kwh / modelled_kwh)
        return HomeYear(hourly_kwh=hours, source=palmetto.SOURCE_ID, vintage=vintage)

    def solar_year(self, where: Place, system: SolarSystem) -> HomeYear:
        """The yield of an array by its size, tilt and azimuth."""
        if system.array_type not in _FIXED:
            raise SourceError(f"{self.name}: it knows fixed arrays, not {system.array_type.value}")
        hours, vintage = self._year(where, palmetto.PV, solar=system)
        _check_yield(hours, system, self.name)
        return HomeYear(
            hourly_kwh=hours,
            source=palmetto.SOURCE_ID,
            vintage=vintage,
            missing=_unasked(system, self.name),
        )

    def _year(
        self,
        where: Place,
        variable: str,
        *,
        annual_kwh: float | None = None,
        solar: SolarSystem | None = None,
    ) -> tuple[Floats, str]:
        """One variable in each hour of the shape's year, and of when it is. (8760,)"""
        _check_key(self.key, "KWHEN_PALMETTO_KEY")
        lat_deg, lon_deg = _position(where)
        home = palmetto.Home(
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            timezone=ZoneInfo(where.timezone),
            pv_kw=solar.system_size_kw if solar else None,
            pv_tilt_deg=solar.tilt_deg if solar else 20.0,
            pv_azimuth_deg=solar.azimuth_deg if solar else 180.0,
            annual_kwh=annual_kwh,
        )
        days = (date(SHAPE_YEAR, 1, 1), date(SHAPE_YEAR + 1, 1, 1))
        found, fetched_s = palmetto.fetch(self.web, self.key, home, *days, base_url=self.base_url)
        hours = _in_standard_time(found.get(variable, {}), where.timezone, self.name)
        return hours, f"{SHAPE_YEAR}{_asked(fetched_s)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PvWattsArrays:
    """PVWatts' typical year of an array."""

    web: Web
    key: str = field(repr=False)
    base_url: str = pvwatts.BASE_URL
    name: str = pvwatts.SOURCE

    def solar_year(self, where: Place, system: SolarSystem) -> HomeYear:
        """The yield of an array by all its terms."""
        _check_key(self.key, "KWHEN_PVWATTS_KEY")
        lat_deg, lon_deg = _position(where)
        asked = pvwatts.PvSystem(
            capacity_kw=system.system_size_kw,
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            tilt_deg=system.tilt_deg,
            azimuth_deg=system.azimuth_deg % 360.0,
            module_type=system.module_type.value,
            array_type=system.array_type.value,
            losses_percent=round(system.losses_frac * 100.0, 6),
            inverter_efficiency_percent=round(system.inverter_efficiency_frac * 100.0, 6),
            dc_ac_ratio=system.dc_ac_ratio,
        )
        year, fetched_s = pvwatts.fetch(self.web, self.key, asked, base_url=self.base_url)
        _check_yield(year.yield_kwh, system, self.name)
        told = (f"PVWatts {year.version}".strip(), year.weather)
        return HomeYear(
            hourly_kwh=year.yield_kwh,
            source=pvwatts.SOURCE_ID,
            vintage=f"{', '.join(filter(None, told))}{_asked(fetched_s)}",
            missing=tuple(
                Missing(name="solar_weather", note=f"{self.name} says: {text}")
                for text in year.warnings
            ),
        )


def load_source(settings: LiveSettings, web: Web) -> LoadSource | None:
    """The service that is configured for loads: Palmetto; None where none is."""
    if not settings.palmetto_key:
        return None
    return PalmettoHomes(web=web, key=settings.palmetto_key, base_url=settings.palmetto_url)


def solar_source(settings: LiveSettings, web: Web) -> SolarSource | None:
    """The service that is configured for yields: PVWatts, else Palmetto; None where none is."""
    if settings.pvwatts_key:
        return PvWattsArrays(web=web, key=settings.pvwatts_key, base_url=settings.pvwatts_url)
    if settings.palmetto_key:
        return PalmettoHomes(web=web, key=settings.palmetto_key, base_url=settings.palmetto_url)
    return None


def _check_key(key: str, setting: str) -> None:
    if not key:
        raise SourceError(f"it is not configured; set {setting}")


def _position(where: Place) -> tuple[float, float]:
    """Latitude and longitude of a place. [deg]"""
    if where.lat is None or where.lon is None:
        raise SourceError(f"no position is known of ZIP {where.zipcode}")
    return where.lat, where.lon


def _in_standard_time(hours_kwh: Mapping[int, float], zone: str, name: str) -> Floats:
    """Values by instant as the hours of the shape's year. (8760,)"""
    first_s = int(shape_epoch_s(0)[0])
    starts = shape_epoch_s(standard_offset_s(zone, first_s)).tolist()
    absent = sum(at not in hours_kwh for at in starts)
    if absent:
        raise SourceError(f"{name}: {absent:,} hours of {SHAPE_YEAR} are missing")
    return np.array([hours_kwh[at] for at in starts])


def _check_yield(hours_kwh: Floats, system: SolarSystem, name: str) -> None:
    most_kwh = float(hours_kwh.max())
    if most_kwh > _MOST_KW_PER_KW * system.system_size_kw:
        raise SourceError(f"{name}: {most_kwh:g} kWh in an hour of {system.system_size_kw:g} kW")


def _unasked(system: SolarSystem, name: str) -> tuple[Missing, ...]:
    """Terms of an array that a service does not ask for."""
    usual = SolarSystem(system_size_kw=system.system_size_kw)
    terms = ("module_type", "losses_frac", "inverter_efficiency_frac", "dc_ac_ratio")
    other = [term for term in terms if getattr(system, term) != getattr(usual, term)]
    return tuple(
        Missing(name=term, note=f"{name} does not take it, so it does not count") for term in other
    )


def _asked(fetched_s: float) -> str:
    return f", asked {datetime.fromtimestamp(fetched_s, UTC):%Y-%m-%d}"
