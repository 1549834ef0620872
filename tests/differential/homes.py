"""Random homes for comparisons: a year of average kW, hourly or every 15 minutes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DAYS_COUNT = 365


def load_kw(seed: int, per_hour: int) -> Floats:
    """A year of use: a lively evening, a season, noise. (N,) [kW]"""
    random = np.random.default_rng(seed)
    hour, day = _axes(per_hour)
    evening = np.exp(-(((hour - random.uniform(17, 20)) / 2.5) ** 2))
    season = 1 + random.uniform(-0.5, 0.8) * np.cos((day - 15) / DAYS_COUNT * 2 * np.pi)
    shape = (0.2 + random.uniform(0.3, 1.5) * evening) * season
    return shape * random.gamma(4.0, 0.25, len(hour)) * random.uniform(0.5, 3.0)


def solar_kw(seed: int, per_hour: int, peak_kw: float) -> Floats:
    """A year of generation behind clouds, and a little use of the inverter at night. (N,) [kW]"""
    random = np.random.default_rng(seed + 1_000_000)
    hour, day = _axes(per_hour)
    longest = 6 + 1.2 * np.cos((day - 172) / DAYS_COUNT * 2 * np.pi)
    sun = np.maximum(np.cos((hour - 12.5) / longest * np.pi / 2), 0.0) * (abs(hour - 12.5) < 7.5)
    clouds = np.repeat(random.uniform(0.2, 1.0, DAYS_COUNT), 24 * per_hour)
    return peak_kw * sun * clouds


def shaving_kw(load: Floats, seed: int, per_hour: int) -> Floats:
    """Generation that never exceeds the load, so that no period has a surplus. (N,) [kW]"""
    return np.minimum(solar_kw(seed, per_hour, 4.0), 0.7 * load)


def _axes(per_hour: int) -> tuple[Floats, Floats]:
    step = np.arange(DAYS_COUNT * 24 * per_hour)
    return step / per_hour % 24, step / per_hour / 24
