"""Sums by clock hours are those of their steps; hours that are not whole are not made."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kwhen.engine.grid import Calendar, Grid, covering, whole_days
from kwhen.engine.hours import NetEnergy, hour_sums, hourly_lb_per_mwh, steps_of_hour

ZONE = "America/Los_Angeles"
SPRING, AUTUMN = date(2026, 3, 7), date(2026, 10, 31)  # the days before the clocks change


def two_days(start: date, calendar: Calendar) -> Grid:
    hours = 48 if calendar is Calendar.WALL else {SPRING: 47, AUTUMN: 49}[start]
    return whole_days(start, hours * 4, 15, ZONE, calendar)


def window(minute: int, minutes: int) -> Grid:
    start = datetime(2026, 7, 1, 20, minute, tzinfo=UTC)
    return covering(start, start + timedelta(minutes=minutes), 15, ZONE)


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
@pytest.mark.parametrize("calendar", [Calendar.CIVIL, Calendar.WALL])
def test_days_are_made_of_whole_hours_also_where_clocks_change(
    start: date, calendar: Calendar
) -> None:
    assert steps_of_hour(two_days(start, calendar)) == 4


@pytest.mark.parametrize(
    ("grid", "count"),
    [
        (window(0, 120), 4),
        (window(0, 15), 1),  # a quarter of an hour
        (window(0, 75), 1),  # an hour and a quarter
        (window(15, 60), 1),  # an hour of two clock hours
    ],
)
def test_a_window_of_parts_of_hours_is_one_of_steps(grid: Grid, count: int) -> None:
    assert steps_of_hour(grid) == count


@pytest.mark.parametrize("start", [SPRING, AUTUMN])
@pytest.mark.parametrize("calendar", [Calendar.CIVIL, Calendar.WALL])
def test_net_energy_is_the_same_by_step_hour_and_day(start: date, calendar: Calendar) -> None:
    grid = two_days(start, calendar)
    random = np.random.default_rng(3)
    imported, exported = random.uniform(0, 2, (2, grid.count))
    net = NetEnergy(grid=grid, import_kwh=imported, export_kwh=exported)
    known = NetEnergy(
        grid=grid,
        import_kwh=imported,
        export_kwh=exported,
        hours_kwh=(hour_sums(imported, 4), hour_sums(exported, 4)),
    )
    by_hour = (imported - exported).reshape(-1, 4).sum(axis=1)
    by_day = np.bincount(grid.day_index, weights=imported - exported)
    for one in (net, known):
        np.testing.assert_allclose(one.step_kwh, imported - exported)
        np.testing.assert_allclose(one.hour_kwh, by_hour, atol=1e-12)
        np.testing.assert_allclose(one.day_kwh, by_day, atol=1e-12)


def test_net_energy_in_parts_of_hours_keeps_its_steps() -> None:
    grid = window(15, 60)
    net = NetEnergy(grid=grid, import_kwh=np.arange(4.0), export_kwh=None)
    assert net.hour_kwh.tolist() == [0.0, 1.0, 2.0, 3.0]


def test_the_value_of_an_hour_is_known_where_all_its_steps_have_it() -> None:
    even, odd = np.repeat([1.0, 2.0], 4), np.array([1.0, 1, 1, 1, 2, 2, 2, 3])
    found = hourly_lb_per_mwh(even, 4)
    assert found is not None
    assert found.tolist() == [1.0, 2.0]
    assert hourly_lb_per_mwh(odd, 4) is None
    assert hourly_lb_per_mwh(even, 1) is None
