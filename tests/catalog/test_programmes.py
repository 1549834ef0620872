"""Programmes for grid services: where they pay, where they do not, and what each is from."""

import re
from datetime import date

import pytest

from kwhen.catalog.places import place, utility
from kwhen.catalog.programmes import all_programmes, programmes_for, read_programmes
from kwhen.catalog.sources import source
from kwhen.engine.programmes import DailyPay, EnergyPay, GridProgramme, MarketPay, SeasonPay
from kwhen.errors import KwhenError, SourceError

SUMMER = date(2026, 7, 1)
ROW = """
[[programme]]
id = "a"
name = "A"
states = ["CA"]
utility_ids = [1]
season_from = [5, 1]
season_to = [10, 31]
from_hour = 16
to_hour = 21
pays = "energy"
usd_per_kwh = 2.0
sources = ["s"]
found = 2026-11-21
"""


def ids(zipcode: str, on: date = SUMMER, utility_id: int | None = None) -> list[str]:
    return [p.id for p in programmes_for(place(zipcode), utility_id, on).programmes]


def gaps(zipcode: str, on: date = SUMMER) -> list[str]:
    return [gap.name for gap in programmes_for(place(zipcode), None, on).missing]


def test_six_programmes_in_four_states_pay_for_energy_and_for_capacity() -> None:
    programmes = all_programmes().programmes
    assert len({p.name for p in programmes}) >= 6
    assert len({state for p in programmes for state in p.states}) >= 4
    assert {type(p.pay) for p in programmes} >= {EnergyPay, SeasonPay}


def test_each_has_a_unique_id_utilities_of_its_states_and_registered_dated_sources() -> None:
    file = all_programmes()
    assert len({p.id for p in file.programmes}) == len(file.programmes)
    for entry in (*file.programmes, *file.gaps):
        assert entry.sources
        for id in entry.sources:
            assert source(id).retrieved, id
        for number in entry.utility_ids:
            assert set(utility(number).states) & set(entry.states), (entry, number)
    for programme in file.programmes:
        assert programme.utility_ids, programme.id


@pytest.mark.parametrize(
    ("zipcode", "expected"),
    [
        ("94107", ["elrp-a4"]),
        ("92101", ["elrp-a4"]),
        ("06103", ["connectedsolutions-ct-summer", "connectedsolutions-ct-winter"]),
        ("01608", ["connectedsolutions-ma-national-grid"]),
        ("02903", ["connectedsolutions-ri"]),
        ("97201", ["pge-or-peak-time-rebates-summer"]),
        ("21201", ["bge-energy-savings-days"]),
    ],
)
def test_a_place_has_the_programmes_of_its_utility(zipcode: str, expected: list[str]) -> None:
    assert ids(zipcode) == expected


@pytest.mark.parametrize("zipcode", ["75201", "90210", "02139", "10001"])
def test_elsewhere_none_is_known_by_name(zipcode: str) -> None:
    assert ids(zipcode) == []
    known = programmes_for(place(zipcode), None, SUMMER)
    assert known.missing[0].name == "grid_services"
    assert re.search(r"no programme .* is known for utility \d+ in [A-Z]{2}", known.missing[0].note)


def test_a_programme_whose_figures_are_not_certain_is_named_and_not_paid() -> None:
    assert "connectedsolutions-ma" in gaps("02139")
    assert "pjm-capacity" in gaps("21201")
    assert "power-saver-rewards" in gaps("94107")


def test_the_rate_follows_the_day() -> None:
    rates = {
        p.id: p.pay.usd_per_kwh
        for p in all_programmes().programmes
        if p.id.startswith("power-saver") and isinstance(p.pay, EnergyPay)
    }
    assert rates == {"power-saver-rewards-2022": 2.0, "power-saver-rewards-2024": 1.0}
    assert ids("94107", date(2021, 7, 1)) == []
    assert ids("94107", date(2028, 7, 1)) == []
    assert ids("06510", date(2026, 3, 31)) == [
        "energy-storage-solutions-ct-summer", "energy-storage-solutions-ct-winter",
    ]  # fmt: skip
    assert ids("06510", date(2026, 4, 1)) == []


def test_a_programme_kept_out_for_a_part_of_the_time_pays_for_the_rest() -> None:
    known = programmes_for(place("94107"), None, date(2025, 5, 1), date(2026, 8, 31))
    first, second = known.programmes
    assert (first.id, first.until) == ("power-saver-rewards-2024", date(2026, 1, 1))
    assert (second.id, second.effective, second.until) == ("elrp-a4", date(2026, 1, 1), None)
    assert {"elrp-a4", "power-saver-rewards"} <= {gap.name for gap in known.missing}
    assert "grid_services" not in {gap.name for gap in known.missing}
    year = programmes_for(place("94107"), None, date(2026, 5, 1), date(2027, 4, 30))
    assert year.programmes == programmes_for(place("94107"), None, SUMMER).programmes


def test_of_programmes_that_exclude_each_other_one_is_paid_and_the_others_told() -> None:
    # Any home could join Power Saver Rewards; A.4 takes batteries behind an aggregator alone.
    assert ids("94107", date(2025, 7, 1)) == ["power-saver-rewards-2024"]
    assert "elrp-a4" in gaps("94107", date(2025, 7, 1))
    assert "energy-storage-solutions-ct-summer" in gaps("06103", date(2025, 7, 1))


def test_another_utility_of_the_place_can_be_named() -> None:
    assert ids("94107", utility_id=16612) == []


@pytest.mark.parametrize(
    ("pays", "kind"),
    [
        ('"energy"\nusd_per_kwh = 2.0', EnergyPay(usd_per_kwh=2.0)),
        ('"market"', MarketPay()),
        ('"season"\nusd_per_kw_season = 225', SeasonPay(usd_per_kw_season=225.0)),
        ('"daily"\nusd_per_mw_day = 329.17', DailyPay(usd_per_mw_day=329.17)),
    ],
)
def test_each_kind_of_pay_is_read(pays: str, kind: object) -> None:
    text = ROW.replace('"energy"\nusd_per_kwh = 2.0', pays)
    (found,) = read_programmes(text, "test").programmes
    assert isinstance(found, GridProgramme)
    assert found.pay == kind
    assert found.hours == (16, 17, 18, 19, 20)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("usd_per_kwh = 2.0", "", "'usd_per_kwh' is missing"),
        ('"energy"', '"gold"', "'pays' is 'gold'"),
        ("[5, 1]", "[5]", "a month and a day"),
        ("[1]", '["1"]', "a list of whole numbers"),
        ("to_hour = 21", "to_hour = 16", "hours are"),
        ("found =", "fuond =", "'found' is missing"),
        ("[10, 31]", "[10, 32]", "no date 10/32"),
    ],
)
def test_a_bad_row_is_refused_with_its_field(old: str, new: str, told: str) -> None:
    with pytest.raises(KwhenError, match=told):
        read_programmes(ROW.replace(old, new), "test")


def test_a_field_that_is_not_known_is_refused() -> None:
    with pytest.raises(SourceError, match="unknown field 'colour'"):
        read_programmes(ROW + 'colour = "red"\n', "test")
