"""A full simulation of an array in given weather, by pvlib. Needs pvlib, which is an extra.

The chain is that of PVWatts version 5 (Dobos 2014, NREL/TP-6A20-62641): Perez's sky, reflection
at the glass, cell temperature by mounting (King 2004), DC power with the module's temperature
coefficient, losses, and the inverter's part-load curve with its limit.
"""

from dataclasses import dataclass, fields
from types import ModuleType as PythonModule
from typing import Any, assert_never

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.sky import GROUND_ALBEDO
from kwhen.engine.solar import (
    GROUND_COVER_FRAC,
    ROTATION_ALLOWED_DEG,
    ArrayType,
    ModuleType,
    SolarSystem,
)
from kwhen.errors import SourceError, UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# PVWatts' loss of power for each degree Celsius above 25.
_PER_DEGREE_FRAC = {
    ModuleType.STANDARD: -0.0047,
    ModuleType.PREMIUM: -0.0035,
    ModuleType.THIN_FILM: -0.0020,
}
_GLASS_INDEX = {
    ModuleType.STANDARD: 1.526,
    ModuleType.PREMIUM: 1.3,  # with an anti-reflective coating
    ModuleType.THIN_FILM: 1.526,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Weather:
    """Weather of N steps: sunlight [W/m²], air temperature [°C] and wind [m/s], all (N,)."""

    global_w_per_m2: Floats  # on level ground
    direct_w_per_m2: Floats  # on a plane that faces the sun
    diffuse_w_per_m2: Floats  # on level ground
    air_celsius: Floats
    wind_m_per_s: Floats

    def __post_init__(self) -> None:
        counts = {field.name: len(getattr(self, field.name)) for field in fields(self)}
        if len(set(counts.values())) != 1:
            raise UsageError(f"the series of weather have {counts} values; they must be as long")
        for field in fields(self):
            if not np.isfinite(getattr(self, field.name)).all():
                raise UsageError(f"{field.name} has values that are no numbers; fill gaps first")


def simulated_kwh(
    lat_deg: float,
    lon_deg: float,
    epoch_s: Ints,
    weather: Weather,
    system: SolarSystem,
    step_s: int = 3600,
) -> Floats:
    """Energy of each step from a whole array in the given weather. (N,) [kWh]

    Parameters
    ----------
    lat_deg, lon_deg
        Position, north and east positive. [°]
    epoch_s : (N,)
        Start of each step, UTC; the sun is taken at its middle. [s]
    weather
        Mean of each step.
    system
        The array; its kind of module counts here.
    step_s
        Length of a step. [s]

    Raises
    ------
    SourceError
        pvlib is not installed.
    UsageError
        The weather has not one value for each step.
    """
    if len(epoch_s) != len(weather.air_celsius):
        raise UsageError(
            f"{len(epoch_s)} steps and {len(weather.air_celsius)} values of weather; "
            "give one value for each step"
        )
    pvlib, times = _pvlib(epoch_s + step_s // 2)
    sun = pvlib.solarposition.get_solarposition(times, lat_deg, lon_deg)
    tilt, azimuth = _plane(pvlib, sun, system)
    light = _light(pvlib, times, sun, weather, tilt, azimuth)
    angle = pvlib.irradiance.aoi(tilt, azimuth, sun.apparent_zenith, sun.azimuth)
    passed = pvlib.iam.physical(angle, n=_GLASS_INDEX[system.module_type])
    useful = (light.poa_direct * passed + light.poa_diffuse).fillna(0.0).to_numpy()  # (N,)
    cell = pvlib.temperature.sapm_cell(
        light.poa_global.fillna(0.0).to_numpy(),
        weather.air_celsius,
        weather.wind_m_per_s,
        **_mounting(pvlib, system),
    )
    return _ac_kw(pvlib, useful, cell, system) * (step_s / 3600.0)


def _light(pvlib: Any, times: Any, sun: Any, weather: Weather, tilt: Any, azimuth: Any) -> Any:
    """Light on the plane by Perez's sky: a table with a row for each step."""
    return pvlib.irradiance.get_total_irradiance(
        tilt,
        azimuth,
        sun.apparent_zenith,
        sun.azimuth,
        weather.direct_w_per_m2,
        weather.global_w_per_m2,
        weather.diffuse_w_per_m2,
        dni_extra=pvlib.irradiance.get_extra_radiation(times),
        airmass=pvlib.atmosphere.get_relative_airmass(sun.apparent_zenith),
        albedo=GROUND_ALBEDO,
        model="perez",
    )


def _pvlib(instants_s: Ints) -> tuple[PythonModule, Any]:
    """The library, and instants as it takes them."""
    try:
        import pandas as pd
        import pvlib
    except ImportError as error:
        raise SourceError(
            "simulating an array in given weather needs pvlib; install it with: "
            "pip install 'kwhen[solar]'"
        ) from error
    return pvlib, pd.DatetimeIndex(pd.to_datetime(instants_s, unit="s", utc=True))


def _plane(pvlib: Any, sun: Any, system: SolarSystem) -> tuple[Any, Any]:
    """Tilt and azimuth of the array, at each step where it tracks. [°]"""
    match system.array_type:
        case ArrayType.FIXED_OPEN_RACK | ArrayType.FIXED_ROOF:
            return system.tilt_deg, system.azimuth_deg
        case ArrayType.DUAL_AXIS:
            return sun.apparent_zenith.clip(upper=90.0), sun.azimuth
        case ArrayType.SINGLE_AXIS | ArrayType.BACKTRACKED:
            turned = pvlib.tracking.singleaxis(
                sun.apparent_zenith,
                sun.azimuth,
                system.tilt_deg,
                system.azimuth_deg,
                ROTATION_ALLOWED_DEG,
                backtrack=system.array_type is ArrayType.BACKTRACKED,
                gcr=GROUND_COVER_FRAC,
            )
            return turned.surface_tilt, turned.surface_azimuth
        case _:
            assert_never(system.array_type)


def _mounting(pvlib: Any, system: SolarSystem) -> dict[str, float]:
    """How warm the cells run: a roof holds the heat."""
    kinds = pvlib.temperature.TEMPERATURE_MODEL_PARAMETERS["sapm"]
    on_roof = system.array_type is ArrayType.FIXED_ROOF
    found: dict[str, float] = kinds[
        "close_mount_glass_glass" if on_roof else "open_rack_glass_polymer"
    ]
    return found


def _ac_kw(pvlib: Any, useful: Floats, cell: Floats, system: SolarSystem) -> Floats:
    """AC power of the whole array. (N,) [kW]"""
    dc_kw = pvlib.pvsystem.pvwatts_dc(
        useful, cell, system.system_size_kw, _PER_DEGREE_FRAC[system.module_type]
    )
    rated_kw = system.system_size_kw / system.dc_ac_ratio / system.inverter_efficiency_frac
    ac_kw = pvlib.inverter.pvwatts(
        np.maximum(dc_kw, 0.0) * (1.0 - system.losses_frac),
        rated_kw,
        system.inverter_efficiency_frac,
    )
    return np.asarray(np.nan_to_num(np.maximum(ac_kw, 0.0)), dtype=np.float64)
