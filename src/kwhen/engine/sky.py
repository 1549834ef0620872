"""Where the sun stands, and how much light a plane gets under a clear sky.

Position: Michalsky (1988), Solar Energy 40(3), the Astronomical Almanac's low-precision formulae,
within 0.01° from 1950 to 2050. Clear sky: Ineichen and Perez (2002), Solar Energy 73(3), with air
mass by Kasten and Young (1989), at sea level. Sky light on a plane: Hay and Davies (1980).
Directions are unit vectors (east, north, up), so that planes and trackers need no angles.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Direction = tuple[Floats, Floats, Floats]  # unit vector (east, north, up), each (N,)

J2000_EPOCH_S = 946_728_000  # 2000-01-01 12:00 UTC
SOLAR_CONSTANT_W_PER_M2 = 1361.1
LINKE_TURBIDITY = 3.0  # a clear day in a temperate climate; ratios of planes hardly feel it
GROUND_ALBEDO = 0.2
LEAST_UP = 0.01745  # sine of 1°: keeps the circumsolar term finite on the horizon


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sky:
    """The sun at N instants and its light under a clear sky."""

    sun: Direction  # up is the sine of the elevation, below 0 at night
    direct_w_per_m2: Floats  # (N,) on a plane that faces the sun
    diffuse_w_per_m2: Floats  # (N,) from the sky, on level ground
    beyond_w_per_m2: Floats  # (N,) outside the atmosphere, on a plane that faces the sun


def clear_sky(lat_deg: float, lon_deg: float, epoch_s: Ints) -> Sky:
    """The clear sky over a place at N instants of UTC."""
    east, north, up, distance_ratio = _sun(lat_deg, lon_deg, epoch_s)  # (N,)
    beyond = SOLAR_CONSTANT_W_PER_M2 / distance_ratio**2  # (N,)
    sine = np.maximum(up, 1e-6)  # (N,) night is set to zero below
    elevation_deg = np.degrees(np.arcsin(sine))
    air_mass = 1.0 / (sine + 0.50572 * (6.07995 + elevation_deg) ** -1.6364)
    turbid = LINKE_TURBIDITY - 1.0
    # Ineichen and Perez at 0 m: fh1 = fh2 = 1, cg1 = 0.868, cg2 = 0.0387, b = 0.827.
    level = 0.868 * beyond * sine * np.exp(-0.0387 * air_mass * (1.0 + turbid))  # (N,) global
    direct = beyond * 0.827 * np.exp(-0.09 * air_mass * turbid)
    most = level * (1.0 - (0.1 - 0.2 * np.exp(-LINKE_TURBIDITY)) / (0.1 + 0.882)) / sine
    direct = np.minimum(direct, most)  # (N,)
    is_day = up > 0.0
    return Sky(
        sun=(east, north, up),
        direct_w_per_m2=np.where(is_day, direct, 0.0),
        diffuse_w_per_m2=np.where(is_day, level - direct * sine, 0.0),
        beyond_w_per_m2=beyond,
    )


def _sun(lat_deg: float, lon_deg: float, epoch_s: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Unit vector to the sun (east, north, up), and its distance over the mean one. (N,) each."""
    days = (epoch_s - J2000_EPOCH_S) / 86_400.0  # (N,) since J2000
    mean_deg = 280.460 + 0.9856474 * days
    anomaly = np.radians(357.528 + 0.9856003 * days)
    ecliptic = np.radians(mean_deg + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    tilt = np.radians(23.439 - 0.0000004 * days)
    ascension = np.arctan2(np.cos(tilt) * np.sin(ecliptic), np.cos(ecliptic))
    sin_declination = np.sin(tilt) * np.sin(ecliptic)
    cos_declination = np.sqrt(1.0 - sin_declination**2)
    sidereal_hours = 6.697375 + 0.0657098242 * days + epoch_s % 86_400 / 3600.0
    hour_angle = np.radians(15.0 * sidereal_hours + lon_deg) - ascension
    sin_lat, cos_lat = np.sin(np.radians(lat_deg)), np.cos(np.radians(lat_deg))
    across = cos_declination * np.cos(hour_angle)
    distance = 1.00014 - 0.01671 * np.cos(anomaly) - 0.00014 * np.cos(2 * anomaly)
    return (
        -cos_declination * np.sin(hour_angle),
        cos_lat * sin_declination - sin_lat * across,
        sin_lat * sin_declination + cos_lat * across,
        distance,
    )


def plane_w_per_m2(sky: Sky, facing: Direction) -> Floats:
    """Clear-sky light on a plane: direct, circumsolar, sky and ground. (N,) [W/m²]

    `facing` is the unit vector (east, north, up) out of the plane, at each of the N instants.
    Hay and Davies: the share direct / beyond of the sky's light comes from around the sun.
    """
    height, up = sky.sun[2], facing[2]  # (N,) sines of the elevations
    toward = np.maximum(sum(a * b for a, b in zip(sky.sun, facing, strict=True)), 0.0)  # (N,)
    near_sun = sky.direct_w_per_m2 / sky.beyond_w_per_m2  # (N,)
    lean = near_sun * toward / np.maximum(height, LEAST_UP)
    sky_part = sky.diffuse_w_per_m2 * (lean + (1.0 - near_sun) * (1.0 + up) / 2.0)
    level = sky.direct_w_per_m2 * np.maximum(height, 0.0) + sky.diffuse_w_per_m2
    ground = level * GROUND_ALBEDO * (1.0 - up) / 2.0
    light: Floats = sky.direct_w_per_m2 * toward + sky_part + ground  # (N,)
    return light
