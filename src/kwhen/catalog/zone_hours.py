"""Hourly figures by climate zone, as the shipped `.npz` tables hold them."""

import io
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.places import Place
from kwhen.catalog.shipped import read_bytes
from kwhen.engine.shape_year import YEAR_HOURS
from kwhen.errors import CoverageError

Floats = NDArray[np.float64]


@cache
def arrays(path: str) -> Mapping[str, NDArray[Any]]:
    """Arrays of one shipped `.npz` file by name, read once."""
    with np.load(io.BytesIO(read_bytes(path)), allow_pickle=False) as packed:
        return MappingProxyType({name: packed[name] for name in packed.files})


def unpacked(planes: NDArray[np.uint8], unit: float) -> Floats:
    """Hourly figures from the byte planes of their steps, in multiples of a unit. (Z, 8760)"""
    steps = np.ascontiguousarray(planes.T).view("<u2").reshape(-1, YEAR_HOURS)
    counts = np.cumsum(steps, axis=1, dtype=np.uint16)  # wraps back
    return counts.astype(np.float64) * unit


def zone_index(path: str, zone: str) -> int:
    """Row of a climate zone in a table."""
    return [str(name) for name in arrays(path)["zones"]].index(zone)


def zone_of(place: Place) -> str:
    """Climate zone whose shapes stand for a place.

    Raises
    ------
    CoverageError
        No climate zone is known for it, as in the territories.
    """
    if place.shape_zone is None:
        raise CoverageError(
            f"ZIP {place.zipcode} ({place.city}, {place.state}) has no climate zone, so no shape "
            "of load or solar stands for it. Give the home's own usage"
        )
    return place.shape_zone
