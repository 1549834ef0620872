"""PVWatts v8 of the National Laboratory of the Rockies (NREL until 2025): a typical year of PV.

One GET with the terms of a system and a key of developer.nlr.gov; `outputs.ac` is 8760 W hourly
values, 1 January 00:00 local standard time first, no leap day. What is wrong comes in `errors`,
with status 200 or 422; 1,000 questions an hour (X-RateLimit-Remaining), then 429.
"""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.http import Request, Web, read_json
from kwhen.catalog.live.ask import OLD_S, asked
from kwhen.catalog.live.series import number
from kwhen.errors import SourceError, UsageError

BASE_URL = "https://developer.nlr.gov"
SOURCE = "PVWatts v8"
SOURCE_ID = "pvwatts-v8"
HOURS = 8760
ModuleType = Literal["standard", "premium", "thinFilm"]
ArrayType = Literal["fixedOpenRack", "fixedRoof", "singleAxis", "backtracked", "dualAxis"]
_RANGES = {  # of the API
    "capacity_kw": (0.05, 500_000.0),
    "tilt_deg": (0.0, 90.0),
    "azimuth_deg": (0.0, 359.999),
    "losses_percent": (-5.0, 99.0),
    "inverter_efficiency_percent": (90.0, 99.5),
    "dc_ac_ratio": (0.0, 10.0),
    "lat_deg": (-90.0, 90.0),
    "lon_deg": (-180.0, 180.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PvSystem:
    """A PV system in the terms of PVWatts; what is not given is PVWatts' own default.

    `azimuth_deg` 180 is south. `capacity_kw` is of the modules (DC).
    """

    capacity_kw: float
    lat_deg: float
    lon_deg: float
    tilt_deg: float = 20.0
    azimuth_deg: float = 180.0
    module_type: ModuleType = "standard"
    array_type: ArrayType = "fixedRoof"
    losses_percent: float = 14.08
    inverter_efficiency_percent: float = 96.0
    dc_ac_ratio: float = 1.2

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            given = getattr(self, name)
            if not least <= given <= most:
                raise UsageError(f"{name} is {given:g}; PVWatts takes {least:g} to {most:g}")
        for name, kinds in (("module_type", ModuleType), ("array_type", ArrayType)):
            if getattr(self, name) not in get_args(kinds):
                raise UsageError(f"{name} is none of {', '.join(get_args(kinds))}")

    @property
    def params(self) -> dict[str, str | int | float]:
        """The parameters of a query."""
        return {
            "system_capacity": self.capacity_kw,
            "lat": self.lat_deg,
            "lon": self.lon_deg,
            "tilt": self.tilt_deg,
            "azimuth": self.azimuth_deg,
            "module_type": get_args(ModuleType).index(self.module_type),
            "array_type": get_args(ArrayType).index(self.array_type),
            "losses": self.losses_percent,
            "inv_eff": self.inverter_efficiency_percent,
            "dc_ac_ratio": self.dc_ac_ratio,
            "timeframe": "hourly",
        }


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class PvYear:
    """A typical year's AC energy by hour of local standard time, and what PVWatts says of it."""

    yield_kwh: NDArray[np.float64]  # (8760,)
    version: str
    weather: str
    warnings: tuple[str, ...]


def fetch(
    web: Web, key: str, system: PvSystem, *, base_url: str = BASE_URL
) -> tuple[PvYear, float]:
    """A typical year of a system, and when it was asked for. [kWh]

    Raises
    ------
    SourceError
        The key is refused or has no questions left, or the answer is no year.
    """
    request = Request(
        url=f"{base_url.rstrip('/')}/api/pvwatts/v8.json",
        params=system.params,
        secret_params={"api_key": key},
    )
    return asked(web, request, read, max_age_s=OLD_S)


def read(content: bytes) -> PvYear:
    """A year out of an answer.

    Raises
    ------
    SourceError
        It holds errors, or no 8760 hours.
    """
    answer = read_json(content, SOURCE)
    if not isinstance(answer, dict):
        raise SourceError(f"{SOURCE}: the answer is no object")
    if errors := _texts(answer.get("errors")):
        raise SourceError(f"{SOURCE}: {'; '.join(errors)[:300]}")
    outputs, station = answer.get("outputs"), answer.get("station_info")
    hours = outputs.get("ac") if isinstance(outputs, dict) else None
    if not isinstance(hours, list) or len(hours) != HOURS:
        count = len(hours) if isinstance(hours, list) else "no"
        raise SourceError(f"{SOURCE}: {count} hours of outputs.ac, {HOURS} are due")
    watts = np.array([number(said, SOURCE) for said in hours])  # (8760,)
    about = station if isinstance(station, dict) else {}
    return PvYear(
        # A yield is never below zero, whatever an inverter may draw at night.
        yield_kwh=np.maximum(watts, 0.0) / 1000.0,
        version=str(answer.get("version", "")),
        weather=str(about.get("weather_data_source", "")),
        warnings=_texts(answer.get("warnings")),
    )


def _texts(said: Any) -> tuple[str, ...]:
    return tuple(str(text) for text in said) if isinstance(said, list) else ()
