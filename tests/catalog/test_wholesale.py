"""Wholesale prices: the point of a home, figures by hand, holes, strikes, and why there is none."""

import io
import re
from datetime import datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.places import place, zipcodes
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.catalog.sources import sources
from kwhen.catalog.wholesale import (
    PricingPoint,
    climatology,
    no_wholesale_reason,
    pricing_point,
    pricing_point_named,
    pricing_points,
)
from kwhen.errors import NotFound
from tools import build_wholesale

PGE, SCE, SDGE, LADWP, ONCOR, TXU = 14328, 17609, 16609, 11208, 44372, 19327
HOUR_S = 3600
PGE_JULY = [  # DLAP_PGAE-APND, day-ahead, July 2024, mean $/MWh of hours 9 to 23
    32.70, 32.81, 33.82, 35.12, 38.82, 44.84, 52.81, 59.68,
    77.89, 106.43, 160.60, 107.30, 72.30, 56.98, 49.34,
]  # fmt: skip


def at(zone: str, month: int, day: int, hour: int, fold: int = 0) -> np.ndarray:
    """UTC seconds of one wall-clock hour of 2025."""
    moment = datetime(2025, month, day, hour, tzinfo=ZoneInfo(zone), fold=fold)
    return np.array([int(moment.timestamp())], dtype=np.int64)


def usd_per_mwh(id: str, month: int, hour: int) -> float:
    """The climatological price of a point in the middle of a month. [$/MWh]"""
    point = pricing_point_named(id)
    found = climatology(point, at(point.zone, month, 14, hour))
    return round(found.lmp_usd_per_kwh.item() * 1000, 6)


@pytest.mark.parametrize(
    ("zipcode", "utility", "id", "month", "hour", "mean_usd_per_mwh"),
    [
        ("94107", None, "DLAP_PGAE-APND", 7, 18, 106.43),
        ("90001", SCE, "DLAP_SCE-APND", 7, 19, 141.98),
        ("92101", None, "DLAP_SDGE-APND", 7, 19, 142.38),
        ("77002", None, "LZ_HOUSTON", 8, 17, 113.83),
        ("75201", None, "LZ_NORTH", 8, 17, 117.79),
        ("10001", None, "NYC", 7, 17, 53.24),
        ("11743", None, "LONGIL", 7, 17, 118.36),
        ("02139", None, "MASS_HUB", 7, 17, 41.95),
        ("78701", None, "LZ_AEN", 1, 17, 42.59),
        ("78205", None, "LZ_CPS", 1, 17, 44.12),
    ],
)
def test_a_home_has_a_point_and_its_price(zipcode, utility, id, month, hour, mean_usd_per_mwh):
    point = pricing_point(place(zipcode), utility)
    assert point is not None
    assert point.id == id
    assert usd_per_mwh(id, month, hour) == pytest.approx(mean_usd_per_mwh)


@pytest.mark.parametrize(
    ("zipcode", "utility", "id"),
    [
        ("14604", None, "GENESE"),  # Rochester
        ("12601", None, "HUD_VL"),  # Poughkeepsie, Central Hudson
        ("10901", None, "HUD_VL"),  # Suffern, Orange & Rockland
        ("79701", ONCOR, "LZ_WEST"),  # Midland
        ("75201", TXU, "LZ_NORTH"),
        ("75201", 1173, "LZ_NORTH"),  # another id of Oncor
        ("94107", LADWP, None),
    ],
)
def test_the_utility_and_the_county_tell_the_zone(zipcode, utility, id):
    point = pricing_point(place(zipcode), utility)
    assert (point.id if point else None) == id


@pytest.mark.parametrize(
    ("zipcode", "name", "note"),
    [
        ("60601", "wholesale", "PJM: no prices of this market are held"),
        ("90001", "wholesale", r"grid \(LDWP\) is in no system operator's market"),
        ("99501", "wholesale", r"grid \(CEA\) is in no system operator's market"),
        ("96910", "wholesale", "it is not known whether"),
        ("14201", "pricing_point", r"NYISO: .* for Niagara Mohawk Power Corp\. in Erie County"),
        ("10601", "pricing_point", r"NYISO: .* in Westchester County"),
        ("06103", "pricing_point", r"ISONE: .* for Connecticut Light & Power Co in Hartford"),
    ],
)
def test_a_home_without_a_point_has_a_named_gap(zipcode, name, note):
    home = place(zipcode)
    assert pricing_point(home) is None
    gap = no_wholesale_reason(home)
    assert gap.name == name
    assert re.search(note, gap.note)


def test_the_gap_is_that_of_the_utility_asked_about():
    home = place("94107")
    assert "Los Angeles Department of Water" in no_wholesale_reason(home, LADWP).note
    assert "utility 999999" in no_wholesale_reason(home, 999_999).note


def test_every_zip_has_a_point_or_a_reason():
    homes = [place(zipcode) for zipcode in zipcodes()]
    points = [pricing_point(home) for home in homes]
    assert sum(point is not None for point in points) > 4_000
    for home, point in zip(homes, points, strict=True):
        if point is None:
            assert no_wholesale_reason(home).note
        elif home.iso in {"NYISO", "ISONE"}:
            assert point.iso == home.iso


def test_a_hole_in_the_figures_is_not_a_number_and_a_gap():
    point = pricing_point_named("DLAP_PGAE-APND")
    morning = climatology(point, at(point.zone, 7, 14, 8))
    assert np.isnan(morning.lmp_usd_per_kwh).all()
    assert np.isfinite(morning.strike_lmp_usd_per_kwh).all()
    assert [gap.name for gap in morning.missing] == ["wholesale_hours"]
    assert morning.missing[0].note.endswith("the hours 0, 1, 2, 3, 4, 5, 6, 7, 8")
    assert climatology(point, at(point.zone, 7, 14, 9)).missing == ()


def test_only_californias_figures_have_holes():
    for point in pricing_points():
        day = at(point.zone, 4, 14, 0) + np.arange(24) * HOUR_S
        holes = np.flatnonzero(np.isnan(climatology(point, day).lmp_usd_per_kwh)).tolist()
        assert holes == (list(range(9)) if point.iso == "CAISO" else []), point.id


def test_the_strike_is_the_90th_percentile_of_the_months_hours_that_are_present():
    point = pricing_point_named("DLAP_PGAE-APND")
    found = climatology(point, at(point.zone, 7, 14, 18))
    # 15 hours: place 0.9 × 14 = 12.6 of the sorted ones, between 106.43 and 107.30.
    ranked = sorted(PGE_JULY)
    assert ranked[12:14] == [106.43, 107.30]
    by_hand_usd_per_mwh = 106.43 + 0.6 * (107.30 - 106.43)
    assert found.strike_lmp_usd_per_kwh.item() * 1000 == pytest.approx(by_hand_usd_per_mwh)


def test_the_strike_changes_with_the_month_and_not_with_the_hour():
    point = pricing_point_named("LZ_HOUSTON")
    year = at(point.zone, 1, 1, 0) + np.arange(8760) * HOUR_S
    found = climatology(point, year)
    assert len(np.unique(found.strike_lmp_usd_per_kwh)) == 12
    above = found.lmp_usd_per_kwh > found.strike_lmp_usd_per_kwh
    assert 0.1 < above.mean() < 0.15  # three of 24 hours lie above a 90th percentile


def test_prices_follow_the_wall_clock_of_the_market():
    point = pricing_point_named("DLAP_PGAE-APND")
    july = climatology(point, at(point.zone, 7, 14, 9) + np.arange(15) * HOUR_S)
    assert (july.lmp_usd_per_kwh * 1000).round(6).tolist() == PGE_JULY


def test_the_hour_that_happens_twice_has_one_price():
    point = pricing_point_named("NYC")
    first, second = (at(point.zone, 11, 2, 1, fold=fold) for fold in (0, 1))
    assert second - first == HOUR_S
    prices = climatology(point, np.concatenate([first, second])).lmp_usd_per_kwh
    assert prices[0] == prices[1]


def test_a_climatology_says_what_it_is():
    found = climatology(pricing_point_named("MASS_HUB"), at("America/New_York", 1, 1, 0))
    assert found.is_fallback
    assert (found.market, found.source) == ("real-time", "nyiso-isone-rt-2019-2020")
    assert found.vintage == sources()[found.source].edition
    assert [gap.name for gap in found.missing] == ["load_zone"]
    houston = climatology(pricing_point_named("LZ_HOUSTON"), at("America/Chicago", 1, 1, 0))
    assert (houston.market, houston.missing) == ("day-ahead", ())


def test_no_moments_have_no_prices():
    found = climatology(pricing_point_named("NYC"), np.zeros(0, dtype=np.int64))
    assert (len(found.lmp_usd_per_kwh), found.missing) == (0, ())


def test_an_unknown_point_is_told_with_those_there_are():
    with pytest.raises(NotFound, match=r"no pricing point 'ZP26'; there are DLAP_PGAE-APND, DLAP"):
        pricing_point_named("ZP26")
    zp26 = PricingPoint(
        id="ZP26", iso="CAISO", name="TH_ZP26_GEN-APND", title="ZP26 hub", market="day-ahead",
        zone="America/Los_Angeles", source="caiso-dlap-2024",
    )  # fmt: skip
    with pytest.raises(NotFound, match="ZP26"):
        climatology(zp26, at(zp26.zone, 1, 1, 0))


def test_points_and_areas_name_registered_sources():
    assert {point.iso for point in pricing_points()} == {"CAISO", "ERCOT", "NYISO", "ISONE"}
    assert len({point.id for point in pricing_points()}) == len(pricing_points()) == 25
    text = read_text("wholesale/points.toml")
    header = re.search(r"^# sources: (.+)$", text, re.MULTILINE)
    assert header
    named = set(header[1].split(", "))
    assert named == set(re.findall(r'^source = "(.+)"$', text, re.MULTILINE))
    assert named <= set(sources())


def test_the_shipped_files_are_all_known():
    folder = files("kwhen.catalog").joinpath("data", "wholesale")
    assert {entry.name for entry in folder.iterdir()} == {"climatology.npz", "points.toml"}
    packed_bytes = read_bytes("wholesale/climatology.npz")
    with np.load(io.BytesIO(packed_bytes), allow_pickle=False) as packed:
        assert set(packed["sources"].tolist()) <= set(sources())
        assert packed["points"].tolist() == [point.id for point in pricing_points()]


def raw_rows(market: str) -> list[dict[str, str]]:
    """A raw table of one point: 1.25 $/MWh in January to 12.25 in December, at hour 9 alone."""
    return [
        {"node": "A", "market": market, "month": str(m), "hour_start": "9", "mean": f"{m}.25"}
        for m in range(1, 13)
    ]


def test_the_build_takes_the_day_ahead_figures_and_marks_the_holes():
    both = [*raw_rows("DAM"), *raw_rows("RTM")]
    figures = build_wholesale.cents_per_mwh(both, "node", "hour_start")
    assert figures[("A", 12, 9)] == 1225
    table = build_wholesale.table_of(["A"], figures)
    assert table.shape == (1, 12, 24)
    assert (table == build_wholesale.HOLE).sum() == 12 * 23


def test_the_build_refuses_figures_twice_and_points_without_them():
    with pytest.raises(SystemExit, match="two figures for one month and hour"):
        build_wholesale.cents_per_mwh(raw_rows("DAM") * 2, "node", "hour_start")
    figures = build_wholesale.cents_per_mwh(raw_rows("DAM")[1:], "node", "hour_start")
    with pytest.raises(SystemExit, match="A: the raw files have no figures for one month"):
        build_wholesale.table_of(["A"], figures)
