"""Default usage: the year's energy, weekdays, clock changes, heating, and solar taken off."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.catalog.baseline import (
    default_load,
    default_usage,
    electric_heating_frac,
    exporting_share_frac,
    load_frac,
)
from kwhen.catalog.places import place, zipcodes
from kwhen.catalog.shipped import read_bytes
from kwhen.catalog.solar import pv_series
from kwhen.catalog.sources import sources
from kwhen.catalog.zone_hours import arrays
from kwhen.engine.grid import Calendar, covering, whole_days
from kwhen.engine.solar import SolarSystem
from kwhen.errors import CoverageError, UsageError

HOME = place("94107")
PGE = 14328
ARRAY = SolarSystem(system_size_kw=4.0)
TABLE = arrays("baseline/shapes.npz")
ZONES = [str(zone) for zone in TABLE["zones"]]
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)


def days(first, count=1, calendar=Calendar.CIVIL):
    if calendar is Calendar.CIVIL:
        return covering(first, first + timedelta(days=count), 15, HOME.timezone)
    return whole_days(first, count * 96, 15, HOME.timezone, calendar)


def load_of(first, count=1, calendar=Calendar.CIVIL, **options):
    return default_load(HOME, PGE, days(first, count, calendar), **options).kwh


@pytest.mark.parametrize("zone", ZONES)
def test_a_shape_is_a_whole_year_and_never_below_zero(zone):
    for state in ("CA", "FL", "MN", "WA"):
        hours = load_frac(zone, state)
        assert hours.sum() == pytest.approx(1.0)
        assert hours.min() > 0


@pytest.mark.parametrize(
    ("of", "like"),
    [
        pytest.param(date(2025, 1, 1), date(2023, 1, 4), id="a Wednesday takes 4 January"),
        pytest.param(date(2025, 7, 1), date(2023, 7, 4), id="a Tuesday takes 4 July"),
        pytest.param(date(2025, 12, 31), date(2023, 1, 3), id="the year wraps round"),
        pytest.param(date(2024, 2, 29), date(2023, 3, 2), id="a leap day counts as the 28th"),
    ],
)
def test_a_date_takes_the_nearest_date_of_its_weekday(of, like):
    seam = 1 if (of.month, like.month) == (12, 1) else 0  # 2023 ends on the weekday it began on
    assert of.weekday() == like.weekday() + seam
    expected = load_of(like)
    found = load_of(of)
    summer = slice(4, None) if of.month == 7 else slice(None)  # 0 h on the clock is the day before
    assert found[summer] == pytest.approx(expected[summer])


def test_an_hour_is_split_evenly_and_counted_in_standard_time():
    hours = load_frac("3B-coast", "CA") * 5678
    found = load_of(date(2023, 7, 4))
    noon = (date(2023, 7, 4) - date(2023, 1, 1)).days * 24 + 11  # 12 h on the clock
    assert found[48:52] == pytest.approx([hours[noon] / 4] * 4)


@pytest.mark.parametrize(("of", "count"), [(SPRING, 92), (AUTUMN, 100), (date(2025, 5, 5), 96)])
def test_a_real_day_and_a_wall_clock_day_hold_the_same_energy(of, count):
    real, wall = load_of(of), load_of(of, calendar=Calendar.WALL)
    assert (len(real), len(wall)) == (count, 96)
    assert real.sum() == pytest.approx(wall.sum())


def test_the_missing_hour_is_zero_and_the_repeated_one_holds_both():
    spring, autumn = load_of(SPRING, calendar=Calendar.WALL), load_of(AUTUMN)
    assert np.all((spring == 0) == (np.arange(96) // 4 == 2))
    wall = load_of(AUTUMN, calendar=Calendar.WALL)
    assert wall[4:8] == pytest.approx(autumn[4:8] + autumn[8:12])
    assert wall[8:] == pytest.approx(autumn[12:])


def test_a_homes_own_year_scales_its_load():
    mean, own = load_of(date(2025, 4, 1)), load_of(date(2025, 4, 1), annual_kwh=11_356.0)
    assert own == pytest.approx(2 * mean)
    load = default_load(HOME, PGE, days(date(2025, 4, 1)), annual_kwh=0.0)
    assert not load.kwh.any() and "eia-861-2019" not in load.sources


@pytest.mark.parametrize("annual_kwh", [-1.0, float("nan"), float("inf"), 1e9])
def test_an_impossible_year_is_refused(annual_kwh):
    with pytest.raises(UsageError, match=r"annual_kwh is .*; it must be a number from 0"):
        load_of(date(2025, 4, 1), annual_kwh=annual_kwh)


def test_a_utility_without_figures_takes_the_mean_of_its_state():
    home = place("75201")  # Dallas, delivered by Oncor
    load = default_load(
        home, 44372, covering(date(2025, 1, 1), date(2025, 1, 2), 15, home.timezone)
    )
    assert (load.annual_kwh, load.is_fallback) == (13504, True)


def test_no_utility_means_the_predominant_one_of_the_zip():
    assert default_load(HOME, None, days(date(2025, 1, 1))).annual_kwh == 5678


# --- electric heating -------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ZONES)
def test_the_cold_hours_add_up_to_the_degree_days_of_the_weather(zone):
    index = ZONES.index(zone)
    found = TABLE["heating_deg"][index].astype(float).sum() / 24
    assert found == pytest.approx(TABLE["heating_degree_days"][index], rel=0.02, abs=1)


def test_heating_falls_in_winter_and_where_homes_heat_with_electricity():
    cold = TABLE["heating_deg"][ZONES.index("4C")].reshape(365, 24).sum(axis=1)
    assert cold[np.r_[0:59, 304:365]].sum() > 3 * cold[151:243].sum()
    washington, illinois = (
        electric_heating_frac(zone, s) for zone, s in (("4C", "WA"), ("5A", "IL"))
    )
    assert 0.15 < washington < 0.3 and illinois < washington
    assert electric_heating_frac("1A", "HI") == 0.0
    assert electric_heating_frac("4C", "PR") is None


def test_a_state_without_a_figure_is_a_named_gap(monkeypatch):
    from kwhen.catalog import baseline

    monkeypatch.setattr(baseline, "electric_heating_frac", lambda zone, state: None)
    baseline.load_frac.cache_clear()
    load = baseline.default_load(HOME, PGE, days(date(2025, 1, 1)))
    baseline.load_frac.cache_clear()
    assert [gap.name for gap in load.missing] == ["electric_heating"]
    assert "eia-recs-2020" not in load.sources


# --- solar taken off --------------------------------------------------------------------------


def test_import_and_export_are_the_two_sides_of_load_less_solar():
    grid = days(date(2025, 5, 1), 31)
    usage = default_usage(HOME, PGE, grid, solar=ARRAY)
    assert usage.pv_kwh == pytest.approx(pv_series(HOME, grid, ARRAY).kwh)
    assert usage.import_kwh - usage.export_kwh == pytest.approx(usage.load_kwh - usage.pv_kwh)
    assert not np.any((usage.import_kwh > 0) & (usage.export_kwh > 0))
    assert np.all((usage.export_kwh > 0) == (usage.pv_kwh > usage.load_kwh))
    assert set(usage.sources) <= set(sources()) and "pv-yield-tmy3" in usage.sources


def test_without_solar_all_load_is_imported():
    usage = default_usage(HOME, PGE, days(date(2025, 5, 1)))
    assert usage.export_kwh is None and usage.pv_kwh is None
    assert np.array_equal(usage.import_kwh, usage.load_kwh)
    assert usage.missing == ()


@given(st.floats(0.1, 20), st.floats(0.1, 20), st.sampled_from([SPRING, AUTUMN, date(2024, 2, 29)]))
def test_a_bigger_array_exports_no_less_and_imports_no_more(one_kw, other_kw, of):
    small, large = sorted((one_kw, other_kw))
    grid = days(of, calendar=Calendar.WALL)
    less, more = (
        default_usage(HOME, PGE, grid, solar=SolarSystem(system_size_kw=kw))
        for kw in (small, large)
    )
    assert np.all(more.export_kwh >= less.export_kwh)
    assert np.all(more.import_kwh <= less.import_kwh)


def test_the_chance_of_exporting_counts_the_days_of_the_month():
    share = exporting_share_frac(HOME, PGE, ARRAY)
    assert share.shape == (12, 24)
    assert np.all((share >= 0) & (share <= 1))
    assert not share[:, :5].any() and not share[:, 21:].any()
    assert share[5, 13] > 0.9
    grid = covering(date(2023, 6, 1), date(2023, 7, 1), 60, HOME.timezone)
    usage = default_usage(HOME, PGE, grid, solar=ARRAY)
    by_clock = (usage.export_kwh > 0).reshape(30, 24).mean(axis=0)  # hours of summer time
    assert share[5] == pytest.approx(by_clock)


def test_the_chance_of_exporting_rises_with_size_and_falls_with_load():
    small, large = (
        exporting_share_frac(HOME, PGE, SolarSystem(system_size_kw=kw)) for kw in (2.0, 8.0)
    )
    assert np.all(large >= small) and large.sum() > small.sum()
    assert np.all(exporting_share_frac(HOME, PGE, ARRAY, 20_000.0) <= small + 1)
    assert not exporting_share_frac(HOME, PGE, SolarSystem(system_size_kw=0.001), 20_000.0).any()


# --- what is refused, and the file ------------------------------------------------------------


def test_a_place_without_a_climate_zone_is_refused():
    nowhere = next(home for home in map(place, zipcodes()) if home.shape_zone is None)
    with pytest.raises(CoverageError, match="no climate zone"):
        default_load(nowhere, None, days(date(2025, 1, 1)))


def test_sams_calendar_is_refused():
    sam = whole_days(date(2025, 1, 1), 96, 15, HOME.timezone, Calendar.SAM)
    with pytest.raises(UsageError, match="civil or wall"):
        default_load(HOME, PGE, sam)


def test_windows_that_start_off_the_hour_take_the_hour_of_each_start():
    zone = HOME.timezone
    start = datetime.fromisoformat("2025-06-01T07:13:37-07:00")
    grid = covering(start, start + timedelta(hours=2), 15, zone)
    whole = load_of(date(2025, 6, 1))
    assert default_load(HOME, PGE, grid).kwh == pytest.approx(
        whole[28:36][[0, 1, 2, 3, 4, 5, 6, 7]]
    )


def test_the_shipped_tables_are_small_and_name_registered_sources():
    for path in ("baseline/shapes.npz", "solar/yields.npz"):
        assert len(read_bytes(path)) < 250_000
        assert set(arrays(path)["sources"].tolist()) <= set(sources())
    assert {"eia-recs-2020", "eia-recs-2020-heating"} <= set(sources())
