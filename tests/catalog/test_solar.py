"""Solar series of a window: dates, clock changes, night, size and losses."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.places import place, zipcodes
from kwhen.catalog.solar import pv_kw_per_kw, pv_series
from kwhen.catalog.sources import sources
from kwhen.catalog.zone_hours import arrays
from kwhen.engine.grid import Calendar, covering, whole_days
from kwhen.engine.shape_year import SHAPE_YEAR, over_grid, same_date_days, same_weekday_days
from kwhen.engine.sky import clear_sky
from kwhen.engine.solar import ArrayType, ModuleType, SolarSystem
from kwhen.errors import CoverageError, UsageError

HOME = place("94107")
ARRAY = SolarSystem(system_size_kw=4.0)
TABLE = arrays("solar/yields.npz")
ZONES = [str(zone) for zone in TABLE["zones"]]


def day(of, calendar=Calendar.CIVIL, home=HOME):
    if calendar is Calendar.CIVIL:
        return covering(of, of + timedelta(days=1), 15, home.timezone)
    return whole_days(of, 96, 15, home.timezone, calendar)


def epoch_days(*days):
    return np.array([(one - date(1970, 1, 1)).days for one in days])


def test_a_step_is_a_quarter_of_the_hour_of_its_date_in_standard_time():
    hours = pv_kw_per_kw("3B-coast", ARRAY)
    made = pv_series(HOME, day(date(2025, 7, 1)), ARRAY).kwh
    noon = (date(2023, 7, 1) - date(2023, 1, 1)).days * 24 + 11  # 12 h on the clock
    assert made[48:52] == pytest.approx([hours[noon]] * 4)  # 4 kW ÷ 4 quarters
    assert hours[noon] == pytest.approx(0.6864)


@pytest.mark.parametrize("zone", ZONES)
def test_a_year_is_kept_to_the_tables_last_digit(zone):
    hours = pv_kw_per_kw(zone, ARRAY)
    assert hours * 1e4 == pytest.approx(np.round(hours * 1e4), abs=1e-6)
    assert 0 <= hours.min() and hours.max() <= 1 / 1.15


@pytest.mark.parametrize("zone", ZONES)
def test_the_night_is_dark_and_the_energy_falls_by_day(zone):
    index = ZONES.index(zone)
    shift_s = int(TABLE["standard_hours"][index]) * 3600
    start = int(datetime(SHAPE_YEAR, 1, 1, tzinfo=UTC).timestamp()) - shift_s
    instants_s = start + np.arange(8760 * 4 + 1) * 900
    sun = clear_sky(float(TABLE["lat_deg"][index]), float(TABLE["lon_deg"][index]), instants_s)
    hourly = np.lib.stride_tricks.sliding_window_view(sun.sun[2], 5)[::4]  # (8760, 5)
    hours = pv_kw_per_kw(zone, replace(ARRAY, array_type=ArrayType.DUAL_AXIS))
    assert not np.any(hours[hourly.max(axis=1) < -0.02])
    centre_hours = (hours * (np.arange(8760) % 24 + 0.5)).sum() / hours.sum()
    assert 11 < centre_hours < 13.3


@pytest.mark.parametrize(
    ("of", "count"), [(date(2025, 3, 9), 92), (date(2025, 11, 2), 100), (date(2025, 7, 1), 96)]
)
def test_a_real_day_and_a_wall_clock_day_hold_the_same_energy(of, count):
    real = pv_series(HOME, day(of), ARRAY).kwh
    wall = pv_series(HOME, day(of, Calendar.WALL), ARRAY).kwh
    assert (len(real), len(wall)) == (count, 96)
    assert real.sum() == pytest.approx(wall.sum())


def test_the_missing_hour_of_spring_is_zero_and_autumn_repeats():
    flat = np.ones(8760)  # the sun is down at both: show it on hours that are all alike
    spring = over_grid(flat, day(date(2025, 3, 9), Calendar.WALL), HOME.timezone, same_date_days)
    autumn = over_grid(flat, day(date(2025, 11, 2), Calendar.WALL), HOME.timezone, same_date_days)
    assert list(spring[8:12]) == [0.0] * 4
    assert list(autumn[4:8]) == [0.5] * 4
    assert np.delete(spring, range(8, 12)) == pytest.approx([0.25] * 92)
    assert np.delete(autumn, range(4, 8)) == pytest.approx([0.25] * 92)


def test_a_leap_day_is_the_28th_of_february():
    leap, before = (pv_series(HOME, day(date(2024, 2, number)), ARRAY).kwh for number in (29, 28))
    assert leap == pytest.approx(before)
    (index,) = same_date_days(epoch_days(date(2024, 2, 29)))
    assert index == 58


@pytest.mark.parametrize("year", [2023, 2024, 2025, 2026, 2031])
def test_a_date_takes_the_same_date_or_the_nearest_of_its_weekday(year):
    days = epoch_days(date(year, 1, 1))[0] + np.arange(365 + (year % 4 == 0))
    same, load = same_date_days(days), same_weekday_days(days)
    away = (load - same + 182) % 365 - 182
    assert np.all(np.abs(away) <= 3)
    first = epoch_days(date(SHAPE_YEAR, 1, 1))[0]
    assert np.all((first + same + away - days) % 7 == 0)
    if year == SHAPE_YEAR:
        assert np.array_equal(same, np.arange(365)) and np.array_equal(load, same)


def test_windows_join_without_a_seam():
    zone = ZoneInfo(HOME.timezone)
    start, middle, end = (datetime(2025, 3, number, 7, 13, tzinfo=zone) for number in (8, 9, 11))
    parts = [
        pv_series(HOME, covering(*ends, 15, HOME.timezone), ARRAY).kwh
        for ends in ((start, middle), (middle, end))
    ]
    whole = pv_series(HOME, covering(start, end, 15, HOME.timezone), ARRAY).kwh
    assert np.array_equal(np.concatenate(parts), whole)


def test_the_zone_of_the_grid_does_not_matter():
    start, end = (datetime(2025, 6, number, tzinfo=UTC) for number in (1, 3))
    there, here = (
        pv_series(HOME, covering(start, end, 15, zone), ARRAY).kwh
        for zone in ("Asia/Tokyo", HOME.timezone)
    )
    assert np.array_equal(there, here)


def test_more_size_makes_more_and_more_losses_less():
    grid = day(date(2025, 6, 1))
    sizes = [pv_series(HOME, grid, replace(ARRAY, system_size_kw=kw)).kwh for kw in (1, 4, 4.5)]
    assert sizes[1] == pytest.approx(4 * sizes[0])
    assert np.all(sizes[2] >= sizes[1])
    losses = [
        pv_series(HOME, grid, replace(ARRAY, losses_frac=frac)).kwh.sum() for frac in (0, 0.1, 0.2)
    ]
    assert losses[1] / losses[2] == pytest.approx(0.9 / 0.8)
    assert losses[0] > losses[1]


def test_a_west_roof_shifts_energy_to_the_evening():
    grid = day(date(2025, 12, 1))
    south, west = (
        pv_series(HOME, grid, replace(ARRAY, azimuth_deg=side)).kwh for side in (180, 270)
    )
    assert west[62:68].sum() > south[62:68].sum()
    assert west.sum() < south.sum()


def test_a_series_names_its_source_and_what_it_does_not_know():
    made = pv_series(HOME, day(date(2025, 6, 1)), ARRAY)
    assert made.source in sources() and made.vintage and made.missing == ()
    assert not made.is_fallback
    thin = replace(ARRAY, module_type=ModuleType.THIN_FILM)
    (gap,) = pv_series(HOME, day(date(2025, 6, 1)), thin).missing
    assert gap.name == "module_type"


def test_a_place_without_a_climate_zone_and_a_calendar_without_dates_are_refused():
    nowhere = next(home for home in map(place, zipcodes()) if home.shape_zone is None)
    with pytest.raises(CoverageError, match="no climate zone"):
        pv_series(nowhere, day(date(2025, 6, 1)), ARRAY)
    sam = whole_days(date(2025, 1, 1), 96, 15, HOME.timezone, Calendar.SAM)
    with pytest.raises(UsageError, match="civil or wall"):
        pv_series(HOME, sam, ARRAY)
