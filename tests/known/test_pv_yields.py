"""A year's solar yield by climate zone, against what NREL's model says of the same weather."""

from datetime import date

import pytest

from kwhen.catalog.places import place
from kwhen.catalog.solar import pv_kw_per_kw, pv_series
from kwhen.engine.grid import Calendar, whole_days
from kwhen.engine.solar import SolarSystem
from tests.known.tables import table

TABLE = table("pv_yields")
ONE_KW = SolarSystem(system_size_kw=1.0)


@pytest.mark.parametrize("row", [pytest.param(row, id=row["station"]) for row in TABLE["yield"]])
def test_a_years_yield_is_that_of_nrels_model(row):
    found_kwh = pv_kw_per_kw(row["zone"], ONE_KW).sum()
    assert found_kwh == pytest.approx(row["expected_kwh_per_kw"], rel=TABLE["allowed_frac"])


@pytest.mark.parametrize(
    ("zipcode", "zone"),
    [("99701", "8"), ("85701", "2B"), ("33601", "2A"), ("60601", "5A"), ("98101", "4C")],
)
def test_a_zip_has_the_yield_of_its_zone(zipcode, zone):
    home = place(zipcode)
    expected_kwh = next(r["expected_kwh_per_kw"] for r in TABLE["yield"] if r["zone"] == zone)
    year = whole_days(date(2025, 1, 1), 365 * 96, 15, home.timezone, Calendar.WALL)
    made = pv_series(home, year, SolarSystem(system_size_kw=5.0))
    assert made.zone == zone
    assert made.kwh.sum() == pytest.approx(5 * expected_kwh, rel=TABLE["allowed_frac"])
