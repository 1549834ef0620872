"""A home's solar array, and what its orientation makes of the sun.

A published yield holds for one reference array. Another array at that place makes in each hour
that yield times the ratio of clear-sky light on the two planes, less its own losses, and no more
than its inverter lets through. Terms are those of NREL's PVWatts (Dobos 2014, NREL/TP-6A20-62641).
Trackers follow Marion and Dobos (2013, NREL/TP-6A20-58891), without shade from row to row.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from math import isfinite
from typing import assert_never

import numpy as np

from kwhen.engine.sky import Direction, Floats, Ints, Sky, clear_sky, plane_w_per_m2
from kwhen.errors import UsageError

SAMPLES_COUNT = 4  # instants of a step at which the light is taken
ROTATION_ALLOWED_DEG = 45.0  # PVWatts' limit of a one-axis tracker, either way
GROUND_COVER_FRAC = 0.4  # PVWatts' share of the ground under backtracked rows
RATIO_ALLOWED = 5.0  # at low sun the reference plane may see next to nothing
DARK_W_PER_M2 = 1.0


class ModuleType(Enum):
    """PVWatts' kinds of modules."""

    STANDARD = "standard"
    PREMIUM = "premium"
    THIN_FILM = "thinFilm"


class ArrayType(Enum):
    """PVWatts' kinds of mounting. `tilt_deg` of a one-axis tracker is that of its axis."""

    FIXED_OPEN_RACK = "fixedOpenRack"
    FIXED_ROOF = "fixedRoof"
    SINGLE_AXIS = "singleAxis"
    BACKTRACKED = "backtracked"
    DUAL_AXIS = "dualAxis"


@dataclass(frozen=True, slots=True, kw_only=True)
class SolarSystem:
    """A home's solar array, in PVWatts' terms; the defaults are those of the shipped yields.

    `system_size_kw` is the modules' DC rating. `dc_ac_ratio` is that over the inverter's AC
    rating. `interconnection_date` and `is_non_net_metered` matter to bills and prices only.
    """

    system_size_kw: float
    is_non_net_metered: bool | None = False  # None: not told, the plan's open rule counts
    module_type: ModuleType = ModuleType.STANDARD
    array_type: ArrayType = ArrayType.FIXED_ROOF
    tilt_deg: float = 20.0
    azimuth_deg: float = 180.0
    losses_frac: float = 0.14
    inverter_efficiency_frac: float = 0.96
    dc_ac_ratio: float = 1.15
    interconnection_date: date | None = None

    def __post_init__(self) -> None:
        _check_kinds(self)
        for name, low, high in _ALLOWED:
            got: object = getattr(self, name)
            if (
                isinstance(got, bool)
                or not isinstance(got, int | float)
                or not (isfinite(got) and low <= got <= high)
            ):
                raise UsageError(f"{name} is {got!r}; it must be a number from {low} to {high}")


# Losses and inverter efficiency as PVWatts takes them; 1 W is the smallest array.
_ALLOWED = (
    ("system_size_kw", 0.001, 500_000.0),
    ("tilt_deg", 0.0, 90.0),
    ("azimuth_deg", 0.0, 360.0),
    ("losses_frac", -0.05, 0.99),
    ("inverter_efficiency_frac", 0.9, 0.995),
    ("dc_ac_ratio", 0.2, 10.0),
)


def _check_kinds(system: SolarSystem) -> None:
    """Raise for a kind of module or array that is none, and for what is no truth or date."""
    for name, kind in (("module_type", ModuleType), ("array_type", ArrayType)):
        got: object = getattr(system, name)
        if not isinstance(got, kind):
            allowed = ", ".join(f"{kind.__name__}.{member.name}" for member in kind)
            raise UsageError(f"{name} is {got!r}; it must be one of {allowed}")
    if not isinstance(system.is_non_net_metered, bool | None):
        raise UsageError(
            f"is_non_net_metered is {system.is_non_net_metered!r}; it must be True, False or None"
        )
    if not isinstance(system.interconnection_date, date | None):
        raise UsageError(
            f"interconnection_date is {system.interconnection_date!r}; it must be a date or None"
        )


REFERENCE = SolarSystem(system_size_kw=1.0)


def orientation_ratio(
    lat_deg: float,
    lon_deg: float,
    epoch_s: Ints,
    system: SolarSystem,
    reference_system: SolarSystem = REFERENCE,
    step_s: int = 3600,
) -> Floats:
    """Clear-sky light on one array over that on another, by step. (N,)

    Parameters
    ----------
    lat_deg, lon_deg
        Position, north and east positive. [°]
    epoch_s : (N,)
        Start of each step, UTC. [s]
    system, reference_system
        Only the kind of array, its tilt and its azimuth count.
    step_s
        Length of a step. [s]

    Returns
    -------
    (N,)
        Ratio of the sums over each step: 1 in the dark, at most 5 at low sun, where the
        reference plane may see next to nothing.
    """
    shift_s = (np.arange(SAMPLES_COUNT) + 0.5) * (step_s / SAMPLES_COUNT)
    instants_s = (epoch_s[:, None] + shift_s.astype(np.int64)).ravel()
    sky = clear_sky(lat_deg, lon_deg, instants_s)
    light, base = (
        plane_w_per_m2(sky, facing(sky, array)).reshape(-1, SAMPLES_COUNT).mean(axis=1)
        for array in (system, reference_system)
    )  # (N,) each
    is_lit = base >= DARK_W_PER_M2
    ratio = np.divide(light, base, out=np.ones_like(base), where=is_lit)
    return np.asarray(np.minimum(ratio, RATIO_ALLOWED))


def facing(sky: Sky, system: SolarSystem) -> Direction:
    """Unit vector (east, north, up) out of an array's plane at each instant. (N,) each"""
    tilt, azimuth = np.radians(system.tilt_deg), np.radians(system.azimuth_deg)
    level = np.sin(tilt)
    rest = (level * np.sin(azimuth), level * np.cos(azimuth), np.cos(tilt))
    match system.array_type:
        case ArrayType.FIXED_OPEN_RACK | ArrayType.FIXED_ROOF:
            east, north, up = (np.full_like(sky.sun[2], part) for part in rest)  # (N,) each
            return east, north, up
        case ArrayType.DUAL_AXIS:
            return sky.sun
        case ArrayType.SINGLE_AXIS | ArrayType.BACKTRACKED:
            side = (np.cos(azimuth), -np.sin(azimuth))  # level, at right angles to the axis
            turn = _rotation(sky, rest, side, system.array_type)  # (N,) radians
            cos, sin = np.cos(turn), np.sin(turn)
            return rest[0] * cos + side[0] * sin, rest[1] * cos + side[1] * sin, rest[2] * cos
        case _:
            assert_never(system.array_type)


def _rotation(
    sky: Sky,
    rest: tuple[float, float, float],
    side: tuple[float, float],
    array_type: ArrayType,
) -> Floats:
    """Angle by which a one-axis tracker leans to its side. (N,) [radians]"""
    east, north, up = sky.sun
    above = east * rest[0] + north * rest[1] + up * rest[2]  # (N,)
    turn: Floats = np.arctan2(east * side[0] + north * side[1], above)  # (N,)
    if array_type is ArrayType.BACKTRACKED:
        # Rows would shade each other where their shadows are longer than their spacing.
        spare = np.clip(np.abs(np.cos(turn)) / GROUND_COVER_FRAC, 0.0, 1.0)
        turn = turn - np.sign(turn) * np.arccos(spare)
    limit = np.radians(ROTATION_ALLOWED_DEG)
    return np.asarray(np.clip(turn, -limit, limit))


def ac_kw_per_kw(
    reference_kw: Floats,
    light_ratio: Floats,
    system: SolarSystem,
    reference_system: SolarSystem = REFERENCE,
) -> Floats:
    """AC output of 1 kW of an array, from that of 1 kW of the reference. (N,) [kW]

    Losses and the inverter's efficiency scale it; the inverter lets through at most
    1 / dc_ac_ratio. What the reference's own inverter cut off is not known.
    """
    kept = (1.0 - system.losses_frac) / (1.0 - reference_system.losses_frac)
    kept *= system.inverter_efficiency_frac / reference_system.inverter_efficiency_frac
    made: Floats = np.minimum(reference_kw * light_ratio * kept, 1.0 / system.dc_ac_ratio)  # (N,)
    return made
