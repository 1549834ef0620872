"""Homes as plain texts: what a form or a CSV row says, and what is wrong with it."""

from typing import Any

import pytest

from kwhen.errors import InvalidFields
from kwhen.records import HomeFacts, SolarInfo
from kwhen.wire.home_texts import FIELDS, changed, created, texts_of

SOLAR = SolarInfo(system_size_kw=6.4, is_non_net_metered=True, tilt_deg=20.0)
FACTS = HomeFacts(name="Maple", zipcode="94107", city="San Francisco", solar=SOLAR)


def wrong(**texts: str) -> dict[str, str]:
    with pytest.raises(InvalidFields) as told:
        created(texts)
    return {error.field: error.message for error in told.value.fields}


def changes(**moved: str) -> dict[str, Any]:
    before = texts_of(FACTS)
    return changed(before, {**before, **moved}).changes()


def test_blank_texts_leave_the_defaults() -> None:
    made = created({field.name: "" for field in FIELDS} | {"name": "Maple"})
    assert made.changes() == {"name": "Maple"}


def test_texts_become_values() -> None:
    made = created(
        {
            "name": "Maple",
            "carbonSignalIntensity": "high",
            "enabled": "No",
            "energyMarketBiddingEnabled": "1",
            "solarSystemSizeKw": "6.4",
            "isNonNetMetered": "yes",
            "tilt": "20",
        }
    ).changes()
    assert made.pop("solar") == SOLAR
    assert made == {
        "name": "Maple",
        "carbon_signal_intensity": "HIGH",
        "enabled": False,
        "energy_market_bidding_enabled": True,
    }


def test_every_error_is_told_under_its_own_text() -> None:
    assert wrong(
        zipcode="<script>", tilt="steep", losses="120", enabled="maybe", interconnectionDate="1"
    ).keys() == {
        *("name", "zipcode", "tilt", "losses", "enabled", "interconnectionDate"),
        *("solarSystemSizeKw", "isNonNetMetered"),
    }


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "six", "6,4"])
def test_a_number_is_a_finite_number(text: str) -> None:
    assert "must be a number" in wrong(name="x", solarSystemSizeKw=text)["solarSystemSizeKw"]


def test_a_nul_is_refused() -> None:
    assert "NUL" in wrong(name="a\0b")["name"]


def test_a_form_sent_back_changes_nothing() -> None:
    assert changes() == {}


def test_only_what_moved_is_changed() -> None:
    """So a ZIP that moves derives the city anew, where nobody touched the city."""
    assert changes(zipcode=" 94612 ") == {"zipcode": "94612"}
    assert changes(city="") == {"city": None}


def test_solar_goes_as_a_whole() -> None:
    assert changes(tilt="")["solar"] == SolarInfo(system_size_kw=6.4, is_non_net_metered=True)
    assert changes(solarSystemSizeKw="", tilt="")["solar"] is None
