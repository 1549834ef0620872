"""The sun, planes under a clear sky, trackers, and the checks of an array."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.engine.shape_year import shape_epoch_s
from kwhen.engine.sky import clear_sky
from kwhen.engine.solar import (
    RATIO_ALLOWED,
    ArrayType,
    ModuleType,
    SolarSystem,
    ac_kw_per_kw,
    orientation_ratio,
)
from kwhen.errors import UsageError

PLACES = [
    pytest.param(37.77, -122.4, -8, id="San Francisco"),
    pytest.param(47.5, -122.3, -8, id="Seattle"),
    pytest.param(25.8, -80.2, -5, id="Miami"),
    pytest.param(40.7, -74.0, -5, id="New York"),
]
FIXED = SolarSystem(system_size_kw=1.0)
AGREES_FRAC = 0.05
# pvlib calls what pandas is about to rename.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear:DeprecationWarning")


def year_s(standard_hours):
    return shape_epoch_s(standard_hours * 3600)


@cache
def pvlib_sky(lat_deg, lon_deg, hours):
    """pvlib's sun, clear sky and light from beyond the air, four instants an hour of the year."""
    pvlib = pytest.importorskip("pvlib", reason="pvlib is not installed (extra: solar)")
    import pandas as pd

    instants_s = (year_s(hours)[:, None] + np.array([450, 1350, 2250, 3150])).ravel()
    times = pd.DatetimeIndex(pd.to_datetime(instants_s, unit="s", utc=True))
    sun = pvlib.solarposition.get_solarposition(times, lat_deg, lon_deg)
    here = pvlib.location.Location(lat_deg, lon_deg, altitude=0)
    sky = here.get_clearsky(times, solar_position=sun)
    return pvlib, sun, sky, pvlib.irradiance.get_extra_radiation(times)


@cache
def pvlib_light(lat_deg, lon_deg, hours, system):
    """pvlib's clear-sky light on an array, mean of each hour. (8760,) [W/m²]"""
    pvlib, sun, sky, beyond = pvlib_sky(lat_deg, lon_deg, hours)
    tilt, azimuth = system.tilt_deg, system.azimuth_deg
    match system.array_type:
        case ArrayType.DUAL_AXIS:
            tilt, azimuth = sun.apparent_zenith.clip(upper=90), sun.azimuth
        case ArrayType.SINGLE_AXIS | ArrayType.BACKTRACKED:
            turned = pvlib.tracking.singleaxis(
                sun.apparent_zenith, sun.azimuth, tilt, azimuth, 45,
                backtrack=system.array_type is ArrayType.BACKTRACKED, gcr=0.4,
            )  # fmt: skip
            tilt, azimuth = turned.surface_tilt, turned.surface_azimuth
    light = pvlib.irradiance.get_total_irradiance(
        tilt, azimuth, sun.apparent_zenith, sun.azimuth, sky.dni, sky.ghi, sky.dhi,
        dni_extra=beyond, albedo=0.2, model="haydavies",
    )  # fmt: skip
    return light.poa_global.fillna(0).to_numpy().reshape(-1, 4).mean(axis=1)


@pytest.mark.parametrize("azimuth_deg", [90, 135, 180, 225, 270])
@pytest.mark.parametrize("tilt_deg", [10, 20, 30, 40])
@pytest.mark.parametrize(("lat_deg", "lon_deg", "hours"), PLACES)
def test_an_orientation_is_worth_what_pvlibs_clear_sky_says(
    lat_deg, lon_deg, hours, tilt_deg, azimuth_deg
):
    epoch_s = year_s(hours)
    system = replace(FIXED, tilt_deg=tilt_deg, azimuth_deg=azimuth_deg)
    base = pvlib_light(lat_deg, lon_deg, hours, FIXED)
    light = pvlib_light(lat_deg, lon_deg, hours, system)
    ours = base * orientation_ratio(lat_deg, lon_deg, epoch_s, system)
    assert ours.sum() == pytest.approx(light.sum(), rel=AGREES_FRAC)
    month = np.arange(8760) // 730
    expected, found = np.bincount(month, light), np.bincount(month, ours)
    assert found == pytest.approx(expected, rel=AGREES_FRAC)


@pytest.mark.parametrize(
    "array_type", [ArrayType.SINGLE_AXIS, ArrayType.BACKTRACKED, ArrayType.DUAL_AXIS]
)
@pytest.mark.parametrize(("lat_deg", "lon_deg", "hours"), PLACES)
def test_a_tracker_is_worth_what_pvlibs_clear_sky_says(lat_deg, lon_deg, hours, array_type):
    epoch_s = year_s(hours)
    system = replace(FIXED, array_type=array_type, tilt_deg=0)
    base = pvlib_light(lat_deg, lon_deg, hours, FIXED)
    expected = pvlib_light(lat_deg, lon_deg, hours, system).sum()
    ours = base * orientation_ratio(lat_deg, lon_deg, epoch_s, system)
    assert ours.sum() == pytest.approx(expected, rel=AGREES_FRAC)


def test_the_sun_stands_where_it_should():
    # Solstice noon in the Tropic of Cancer: overhead. Equinox noon on the equator: likewise.
    solstice = int(datetime(2024, 6, 20, 12, 2, tzinfo=UTC).timestamp())
    assert clear_sky(23.44, 0.0, np.array([solstice])).sun[2] == pytest.approx(1.0, abs=1e-4)
    midnight = int(datetime(2024, 6, 20, 0, 0, tzinfo=UTC).timestamp())
    below = clear_sky(23.44, 0.0, np.array([midnight]))
    assert below.sun[2] < 0
    assert below.direct_w_per_m2 == below.diffuse_w_per_m2 == 0
    east, north, up = clear_sky(40.0, -105.0, year_s(-7)).sun
    assert east**2 + north**2 + up**2 == pytest.approx(np.ones(8760))


@given(
    st.floats(0, 90), st.floats(0, 360), st.sampled_from(ArrayType),
    st.floats(-66, 72), st.floats(-180, 180),
)  # fmt: skip
def test_a_ratio_is_finite_and_one_in_the_dark(tilt, azimuth, array_type, lat, lon):
    system = replace(FIXED, tilt_deg=tilt, azimuth_deg=azimuth, array_type=array_type)
    epoch_s = year_s(0)[::29]
    ratio = orientation_ratio(lat, lon, epoch_s, system)
    assert np.all((ratio >= 0) & (ratio <= RATIO_ALLOWED))
    samples_s = epoch_s[:, None] + np.arange(0, 3601, 450)
    up = clear_sky(lat, lon, samples_s.ravel()).sun[2].reshape(samples_s.shape)
    assert np.all(ratio[up.max(axis=1) < 0] == 1.0)


def test_the_reference_is_worth_itself_and_east_mirrors_west():
    epoch_s = year_s(-5)
    assert np.all(orientation_ratio(40.0, -75.0, epoch_s, FIXED) == 1.0)
    east, west = (
        orientation_ratio(40.0, -75.0, epoch_s, replace(FIXED, azimuth_deg=side))
        for side in (90, 270)
    )
    morning = np.arange(8760) % 24 < 11
    assert east[morning].sum() > west[morning].sum()
    assert east.mean() == pytest.approx(west.mean(), rel=0.03)


def test_an_azimuth_of_360_is_that_of_0():
    epoch_s = year_s(-5)
    north, again = (
        orientation_ratio(40.0, -75.0, epoch_s, replace(FIXED, azimuth_deg=side))
        for side in (0, 360)
    )
    assert north == pytest.approx(again)


def test_losses_scale_and_the_inverter_clips():
    made_kw, ratio = np.array([0.0, 0.4, 0.86]), np.array([1.0, 1.0, 1.2])
    plain = ac_kw_per_kw(made_kw, ratio, FIXED)
    assert plain == pytest.approx([0.0, 0.4, 1 / 1.15])
    lossy = ac_kw_per_kw(made_kw, ratio, replace(FIXED, losses_frac=0.43))
    assert lossy == pytest.approx(made_kw * ratio * 0.57 / 0.86)
    weak = ac_kw_per_kw(made_kw, ratio, replace(FIXED, inverter_efficiency_frac=0.92))
    assert weak[1] == pytest.approx(0.4 * 0.92 / 0.96)
    small = ac_kw_per_kw(made_kw, ratio, replace(FIXED, dc_ac_ratio=2.0))
    assert small == pytest.approx([0.0, 0.4, 0.5])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("system_size_kw", 0.0), ("system_size_kw", -4.0), ("system_size_kw", float("nan")),
        ("system_size_kw", float("inf")), ("system_size_kw", "4"), ("system_size_kw", True),
        ("tilt_deg", 90.5), ("tilt_deg", -1.0), ("azimuth_deg", 361.0), ("losses_frac", 14.0),
        ("inverter_efficiency_frac", 96.0), ("dc_ac_ratio", 0.0), ("module_type", "standard"),
        ("array_type", "fixedRoof"), ("is_non_net_metered", "no"),
        ("interconnection_date", "2024-01-01"),
    ],
)  # fmt: skip
def test_an_impossible_array_is_refused_by_name(field, value):
    with pytest.raises(UsageError, match=rf"{field} is .*; it must be"):
        replace(FIXED, **{field: value})


def test_an_array_says_its_defaults_in_the_words_of_the_interface():
    assert (FIXED.tilt_deg, FIXED.azimuth_deg, FIXED.losses_frac) == (20, 180, 0.14)
    assert (FIXED.dc_ac_ratio, FIXED.inverter_efficiency_frac) == (1.15, 0.96)
    assert [kind.value for kind in ModuleType] == ["standard", "premium", "thinFilm"]
    assert ArrayType("backtracked") is ArrayType.BACKTRACKED
    assert replace(FIXED, interconnection_date=date(2024, 1, 1)).interconnection_date
