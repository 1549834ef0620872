"""ZIP → place: the homes that people look up first, the odd ones, and every other."""

import gzip
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from kwhen.catalog.places import (
    normal_zipcode,
    place,
    usual_id,
    utility,
    zipcodes,
    zipcodes_near,
    zipcodes_of_prefix,
)
from kwhen.errors import NotFound

PGE, SF = 14328, 16612
TERRITORY_GAPS = ("utilities", "balancing_authority", "avert_region", "iso")


def test_san_francisco_puts_the_inferred_utility_of_its_homes_first():
    home = place("94107")
    first, second = home.utilities
    assert (first.eia_id, first.rank, first.listed_by, first.inferred) == (PGE, 1, "inferred", True)
    assert (second.eia_id, second.rank, second.inferred) == (SF, 2, False)
    assert (home.city, home.state, home.timezone) == ("San Francisco", "CA", "America/Los_Angeles")
    assert (home.egrid_subregion, home.iso, home.balancing_authority) == ("CAMX", "CAISO", "CISO")
    assert (home.iecc_zone, home.iecc_from, home.shape_zone) == ("3C", "table", "3B-coast")
    assert (home.lat, home.lon) == (37.762, -122.397)
    assert home.missing == ()


def test_detroit_has_an_inferred_utility_too():
    assert [(u.eia_id, u.listed_by) for u in place("48201").utilities] == [
        (5109, "inferred"),
        (5107, "epa"),
    ]


@pytest.mark.parametrize(
    ("zipcode", "utility_id", "iso", "egrid", "zone"),
    [
        ("10001", 4226, "NYISO", "NYCW", "America/New_York"),
        ("77002", 1068, "ERCOT", "ERCT", "America/Chicago"),
        ("75201", 44372, "ERCOT", "ERCT", "America/Chicago"),
        ("00501", 11171, "NYISO", "NYLI", "America/New_York"),
        ("20001", 15270, "PJM", "RFCE", "America/New_York"),
        ("07030", 15477, "PJM", "RFCE", "America/New_York"),
    ],
)
def test_a_place_has_its_utility_market_region_and_zone(zipcode, utility_id, iso, egrid, zone):
    home = place(zipcode)
    assert home.utilities[0].eia_id == utility_id
    assert (home.iso, home.egrid_subregion, home.timezone) == (iso, egrid, zone)
    assert home.missing == ()


def test_alaska_belongs_to_no_iso_and_that_is_no_gap():
    home = place("99501")
    assert (home.iso, home.egrid_subregion, home.shape_zone) == (None, "AKGD", "7")
    assert [u.name for u in home.utilities] == [
        "Chugach Electric Assn Inc",
        "Matanuska Electric Assn Inc",
    ]
    assert home.missing == ()


def test_territories_name_their_gaps():
    assert place("00601").missing == TERRITORY_GAPS
    guam = place("96910")
    assert (guam.county, guam.egrid_subregion, guam.egrid_from) == (None, None, "none")
    assert {"utilities", "county", "egrid_subregion"} <= set(guam.missing)
    pohnpei = place("96941")
    assert (pohnpei.lat, pohnpei.lon, pohnpei.shape_zone) == (None, None, None)
    assert {"location", "iecc_zone", "shape_zone"} <= set(pohnpei.missing)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("94107", "94107"),
        (" 94107 ", "94107"),
        ("94107-1234", "94107"),
        ("94107 1234", "94107"),
        ("941071234", "94107"),
        ("7030", "07030"),
        ("7030-1234", "07030"),
        ("501", "00501"),
    ],
)
def test_zipcodes_are_taken_as_people_write_them(written, meant):
    assert normal_zipcode(written) == meant
    assert place(written).zipcode == meant


@pytest.mark.parametrize("text", ["", "94", "9410x", "941077", "94107-12", "-94107", "９４１０７"])
def test_what_is_no_zipcode_is_refused_with_the_form_of_one(text):
    with pytest.raises(NotFound, match=r"is not a ZIP code; give five digits such as 94107"):
        place(text)


@pytest.mark.parametrize(
    ("zipcode", "near"), [("94000", "93962 and 94002"), ("99999", "99950"), ("00000", "00501")]
)
def test_an_unknown_zipcode_is_answered_with_the_nearest_numbers(zipcode, near):
    known = f"ZIP {zipcode} is not among the 41,966 known; the nearest known: {near}"
    with pytest.raises(NotFound, match=known):
        place(zipcode)


def test_every_zipcode_decodes():
    codes = zipcodes()
    assert len(codes) == len(set(codes)) == 41_966
    assert list(codes) == sorted(codes)
    zones = set()
    for code in codes:
        home = place(code)
        zones.add(home.timezone)
        assert home.zipcode == code
        assert home.city and len(home.state) == 2
        assert [u.rank for u in home.utilities] == list(range(1, len(home.utilities) + 1))
        assert home.lat is None or -15 < home.lat < 72
        for name in home.missing:
            if name == "utilities":
                assert home.utilities == ()
            elif name != "location":
                assert getattr(home, name) is None
    assert all(ZoneInfo(zone) for zone in zones)


def test_a_utility_is_found_by_any_of_its_ids():
    assert utility(PGE).names[0] == "Pacific Gas & Electric Co."
    assert utility(PGE).states == ("CA",)
    assert usual_id(1173) == 44372
    assert utility(1173) is utility(44372)
    assert "Oncor" in utility(1173).names[0]
    assert {"UT", "OR", "WY"} <= set(utility(14354).states)


def test_an_unknown_utility_is_told():
    with pytest.raises(NotFound, match=r"no utility has the EIA id 3; give an id of EIA form 861"):
        utility(3)


def test_the_shipped_tables_stay_small():
    from importlib.resources import files

    folder = files("kwhen.catalog").joinpath("data", "places")
    sizes = {entry.name: len(entry.read_bytes()) for entry in folder.iterdir()}
    assert sum(sizes.values()) < 600_000, sizes
    assert gzip.decompress(folder.joinpath("utilities.tsv.gz").read_bytes())


def test_a_prefix_has_every_zip_that_starts_with_it():
    for prefix in ("941", "005", "000", "999"):
        assert zipcodes_of_prefix(prefix) == tuple(z for z in zipcodes() if z[:3] == prefix)


def test_zips_near_a_point_are_the_nearest_first():
    found = zipcodes_near(39.7392, -104.9903, 30)  # Denver
    places = [place(zipcode) for zipcode in found]
    # On a plane a degree is 69.1 miles north, and 53.1 miles east at this latitude.
    miles = [
        ((69.1 * (one.lat - 39.7392)) ** 2 + (53.1 * (one.lon + 104.9903)) ** 2) ** 0.5
        for one in places
    ]
    assert len(found) > 50 and max(miles) == pytest.approx(30, abs=1)
    assert all(a <= b + 0.1 for a, b in pairwise(miles))
    assert {one.state for one in places} == {"CO"}
    assert not any("location" in one.missing for one in places)


def test_a_place_that_is_not_known_is_near_nothing():
    lost = [zipcode for zipcode in zipcodes() if place(zipcode).lat is None]
    assert lost and not set(lost) & set(zipcodes_near(0, 0, 5))
