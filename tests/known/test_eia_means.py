"""The default load of a year adds up to the published mean of the utility's customers."""

from datetime import date

import pytest

from kwhen.catalog.baseline import default_load, default_usage
from kwhen.catalog.places import place
from kwhen.engine.grid import Calendar, covering, whole_days
from tests.known.tables import table

TABLE = table("eia_means")
ROWS = [pytest.param(row, id=row["utility"]) for row in TABLE["mean"]]


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("year", [2023, 2025, 2026])
def test_a_common_year_is_the_mean_of_the_utility(row, year):
    home = place(row["zipcode"])
    grid = covering(date(year, 1, 1), date(year + 1, 1, 1), 15, home.timezone)
    load = default_load(home, row["utility_id"], grid)
    assert load.kwh.sum() == pytest.approx(row["expected_kwh"], rel=TABLE["allowed_frac"])
    assert load.annual_kwh == row["expected_kwh"]
    assert not load.is_fallback


@pytest.mark.parametrize("row", ROWS)
def test_wall_clock_days_add_up_to_it_too(row):
    home = place(row["zipcode"])
    grid = whole_days(date(2025, 1, 1), 365 * 96, 15, home.timezone, Calendar.WALL)
    usage = default_usage(home, row["utility_id"], grid)
    assert usage.import_kwh.sum() == pytest.approx(row["expected_kwh"], rel=TABLE["allowed_frac"])
