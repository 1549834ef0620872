"""The full simulation by pvlib, and what is said without it."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from kwhen.catalog.pvlib_model import Weather, simulated_kwh
from kwhen.engine.shape_year import shape_epoch_s
from kwhen.engine.sky import clear_sky
from kwhen.engine.solar import ArrayType, ModuleType, SolarSystem, orientation_ratio
from kwhen.errors import SourceError, UsageError

LAT, LON = 32.58, -116.98
EPOCH_S = shape_epoch_s(-8 * 3600)
ARRAY = SolarSystem(system_size_kw=4.0)
# pvlib calls what pandas is about to rename.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear:DeprecationWarning")


def weather(air_celsius=25.0):
    sky = clear_sky(LAT, LON, EPOCH_S + 1800)
    level = sky.direct_w_per_m2 * np.maximum(sky.sun[2], 0) + sky.diffuse_w_per_m2
    return Weather(
        global_w_per_m2=level,
        direct_w_per_m2=sky.direct_w_per_m2,
        diffuse_w_per_m2=sky.diffuse_w_per_m2,
        air_celsius=np.full(8760, air_celsius),
        wind_m_per_s=np.full(8760, 2.0),
    )


def year_kwh(system=ARRAY, **conditions):
    pytest.importorskip("pvlib", reason="pvlib is not installed (extra: solar)")
    return simulated_kwh(LAT, LON, EPOCH_S, weather(**conditions), system)


def test_a_clear_year_makes_more_than_a_typical_one_and_nothing_at_night():
    made = year_kwh()
    assert 1605 * 4 < made.sum() < 1605 * 4 * 1.5
    assert not made[clear_sky(LAT, LON, EPOCH_S + 1800).sun[2] < -0.02].any()
    assert made.max() <= 4 / 1.15 + 1e-9


def test_a_quarter_hour_holds_a_quarter_of_the_energy():
    pytest.importorskip("pvlib", reason="pvlib is not installed (extra: solar)")
    middle_s = EPOCH_S + 1800 - 450
    hour = simulated_kwh(LAT, LON, EPOCH_S, weather(), ARRAY)
    quarter = simulated_kwh(LAT, LON, middle_s, weather(), ARRAY, step_s=900)
    assert quarter == pytest.approx(hour / 4)


@pytest.mark.parametrize(("tilt_deg", "azimuth_deg"), [(10, 180), (40, 180), (25, 90), (25, 270)])
def test_the_core_agrees_on_the_worth_of_an_orientation(tilt_deg, azimuth_deg):
    turned = replace(ARRAY, tilt_deg=tilt_deg, azimuth_deg=azimuth_deg)
    expected = year_kwh(turned).sum() / year_kwh().sum()
    ratio = orientation_ratio(LAT, LON, EPOCH_S, turned)
    found = (year_kwh() * ratio).sum() / year_kwh().sum()
    assert found == pytest.approx(expected, rel=0.05)


def test_trackers_modules_and_mounting_count():
    by_type = {
        kind: year_kwh(replace(ARRAY, array_type=kind, tilt_deg=0)).sum() for kind in ArrayType
    }
    assert by_type[ArrayType.FIXED_ROOF] < by_type[ArrayType.FIXED_OPEN_RACK]
    assert by_type[ArrayType.FIXED_OPEN_RACK] < by_type[ArrayType.BACKTRACKED]
    assert by_type[ArrayType.BACKTRACKED] < by_type[ArrayType.SINGLE_AXIS]
    assert by_type[ArrayType.SINGLE_AXIS] < by_type[ArrayType.DUAL_AXIS]
    premium = replace(ARRAY, module_type=ModuleType.PREMIUM)
    assert year_kwh(premium).sum() > year_kwh().sum()
    assert year_kwh(air_celsius=40.0).sum() < year_kwh().sum()


def test_without_pvlib_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pvlib", None)
    with pytest.raises(SourceError, match=r"pip install 'kwhen\[solar\]'"):
        simulated_kwh(LAT, LON, EPOCH_S, weather(), ARRAY)


def test_weather_of_another_length_or_with_gaps_is_refused():
    with pytest.raises(UsageError, match="24 steps and 8760 values of weather"):
        simulated_kwh(LAT, LON, EPOCH_S[:24], weather(), ARRAY)
    with pytest.raises(UsageError, match="must be as long"):
        replace(weather(), air_celsius=np.zeros(3))
    with pytest.raises(UsageError, match="air_celsius has values that are no numbers"):
        replace(weather(), air_celsius=np.full(8760, np.nan))
