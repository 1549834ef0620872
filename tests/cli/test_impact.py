"""`kwhen impact`: one scenario, two scenarios, devices, and what is refused."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import ANSI, STYLE, Kwhen

PLACE = ("--zip", "94107", "--plan", "14328/E-ELEC")
SUMMER = ("--from", "2025-06-01", "--to", "2025-08-01")
DEMO = ("impact", *PLACE, "--usage", "demo", *SUMMER)
DEFAULT = ("impact", *PLACE, "--default", *SUMMER)
SOLAR = ("--solar-kw", "3", "--non-net-metered")
BATTERY = ("--battery-kwh", "13.5", "--battery-kw", "5")
SHIFT = ("--shift-from", "16-21", "--shift-to", "10-15", "--shift-share", "0.3")
VEHICLE = ("--ev-kwh-per-day", "10", "--ev-window", "22-6")


@pytest.mark.parametrize(
    "words",
    [DEMO, DEFAULT, (*DEMO, *SOLAR, *BATTERY, "--cost", "9000"), (*DEFAULT, *VEHICLE, *SHIFT)],
    ids=["demo", "default", "battery", "vehicle"],
)
def test_it_fits_on_paper(
    words: tuple[str, ...], kwhen: Kwhen, on_terminal: Callable[..., str]
) -> None:
    said = kwhen(*words)
    assert said.code == 0, said.err
    assert said.widest <= 80 and not ANSI.search(said.out)
    assert not set("█━─│") & set(said.out)
    assert not [line for line in said.out.splitlines() if line != line.rstrip()]
    drawn = STYLE.sub("", on_terminal(*words))
    assert max(map(len, drawn.splitlines())) <= 80 and "…" not in drawn


def test_the_bill_is_that_of_the_bill(kwhen: Kwhen) -> None:
    found = kwhen(*DEMO, "--json").document
    plan = ("--plan", "14328/E-ELEC", "--usage", "demo", *SUMMER)
    bill = kwhen("bill", *plan, "--json").document
    assert found["bill_usd"] == bill["total_usd"]
    assert found["bill"]["lines"] == bill["lines"]
    assert found["export_credit_usd"] == pytest.approx(bill["export_credit_usd"], abs=0.01)
    assert found["usage"] == bill["usage"]
    assert sum(found["bill_usd_by_month"]) == pytest.approx(found["bill_usd"], abs=0.01)
    assert sum(found["co2e_lb_by_month"]) == pytest.approx(found["co2e_lb"])
    assert found["carbon"]["region"] == "CAMX" and found["scenario"] is None


def test_one_scenario_on_the_page(kwhen: Kwhen) -> None:
    found = kwhen(*DEMO, *SOLAR, "--json").document
    said = kwhen(*DEMO, *SOLAR).out
    assert f"Bill           ${found['bill_usd']:,.2f}" in " ".join(said.splitlines())
    assert f"{found['co2e_lb']:,.0f} lb" in said and "in the bill" in said
    assert "3 kW of solar, not net metered, export rule NBT25" in said
    assert "CO2e: marginal rate by month and hour" in said
    assert "The bill by charge" in said and "Energy Commission surcharge" in said
    assert "local taxes: city or county" in said


def test_the_default_usage_is_that_of_its_command(kwhen: Kwhen) -> None:
    found = kwhen(*DEFAULT, *SOLAR, "--json").document
    kwhen("usage", "default", "--zip", "94107", *SUMMER, "--solar-kw", "3", "--out", "own.csv")
    own = kwhen("impact", *PLACE, "--usage", "own.csv", *SOLAR, "--json").document
    assert found["usage"]["format"] == "default" and own["usage"]["format"] != "default"
    assert found["bill_usd"] == pytest.approx(own["bill_usd"], abs=0.02)
    assert found["co2e_lb"] == pytest.approx(own["co2e_lb"], abs=0.1)


def test_solar_lowers_bill_and_emissions(kwhen: Kwhen) -> None:
    plain, solar = (kwhen(*DEFAULT, *more, "--json").document for more in ((), SOLAR))
    assert solar["bill_usd"] < plain["bill_usd"]
    assert solar["co2e_lb"] < plain["co2e_lb"]


def test_a_battery_saves_and_is_repaid(kwhen: Kwhen) -> None:
    words = (*DEMO, *SOLAR, *BATTERY, "--cost", "9000")
    found = kwhen(*words, "--json").document
    saved = found["comparison"]
    after = found["scenario"]
    assert saved["bill_saving_usd"] > 0
    assert saved["bill_saving_usd"] == pytest.approx(found["bill_usd"] - after["bill_usd"])
    assert sum(saved["bill_saving_usd_by_month"]) == pytest.approx(saved["bill_saving_usd"])
    assert after["import_kwh"] < found["usage"]["import_kwh"]
    assert 0 < saved["payback_years"] < 50
    said = kwhen(*words).out
    assert "With a battery of 13.5 kWh and 5 kW" in said
    assert f"It repays its $9,000.00 in {saved['payback_years']:.1f} years." in said
    assert "the plan's prices ahead: a best case" in " ".join(said.split())


def test_what_never_pays_is_told(kwhen: Kwhen) -> None:
    said = kwhen(*DEFAULT, *VEHICLE, "--cost", "100")
    assert "At this pace it never repays its $100.00." in said.out


def test_a_vehicle_and_moved_use(kwhen: Kwhen) -> None:
    found = kwhen(*DEFAULT, *VEHICLE, *SHIFT, "--json").document
    after = found["scenario"]
    assert after["name"] == (
        "a vehicle of 10 kWh a day from 22:00, 30 % of 16-21 h moved to 10-15 h"
    )
    assert after["import_kwh"] - found["usage"]["import_kwh"] == pytest.approx(61 * 10, abs=10)
    moved = kwhen(*DEFAULT, *SHIFT, "--json").document
    assert moved["scenario"]["import_kwh"] == pytest.approx(moved["usage"]["import_kwh"])
    assert moved["comparison"]["bill_saving_usd"] > 0


def test_a_window_that_is_too_short_is_told(kwhen: Kwhen) -> None:
    said = kwhen(*DEFAULT, "--ev-kwh-per-day", "30", "--ev-window", "0-2", "--ev-kw", "3")
    assert "the vehicle is not full after 61 of its windows" in said.out


def test_against_another_file(kwhen: Kwhen, tmp_path: Path) -> None:
    kwhen("usage", "default", "--zip", "94107", *SUMMER, "--annual-kwh", "3000", "--out", "low.csv")
    found = kwhen(*DEFAULT, "--against", "low.csv", "--json").document
    assert found["scenario"]["name"] == "low.csv"
    assert found["comparison"]["bill_saving_usd"] > 0
    assert found["comparison"]["payback_years"] is None


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("impact", *PLACE), "give either --usage with a file, or --default"),
        ((*DEMO, "--default"), "give either --usage with a file, or --default"),
        ((*DEMO, "--cost", "10"), "--cost is of a second scenario"),
        ((*DEMO, "--cost", "-10", *SHIFT), "-10 is no cost"),
        ((*DEMO, "--cost", "nan", *SHIFT), "nan is no cost"),
        ((*DEMO, "--ev-kwh-per-day", "nan", "--ev-window", "0-6"), "nan"),
        ((*DEMO, *VEHICLE, "--ev-kw", "nan"), "nan"),
        ((*DEMO, "--against", "demo", *SHIFT), "give either --against or devices"),
        ((*DEMO, "--against", "nowhere.csv"), "there is no file nowhere.csv"),
        ((*DEMO, "--battery-kwh", "10"), "--battery-kwh and --battery-kw go together"),
        ((*DEMO, "--battery-kw", "5"), "give --battery-kwh"),
        ((*DEMO, "--shift-from", "16-21"), "give --shift-to"),
        ((*DEMO, *SHIFT[:5], "1.5"), "share_frac is 1.5"),
        ((*DEMO, "--ev-window", "0-6"), "give --ev-kwh-per-day"),
        ((*DEMO, "--ev-kwh-per-day", "9", "--ev-window", "night"), "'night' is no span of hours"),
        ((*DEMO, "--ev-kwh-per-day", "9", "--ev-window", "6-6"), "'6-6' is no span of hours"),
        ((*DEMO, "--battery-kwh", "-1", "--battery-kw", "5"), "capacity_kwh"),
        ((*DEMO, "--carbon-model", "guess"), "guess"),
        (("impact", *PLACE, "--default", "--from", "2025-06-01"), "go together"),
        (("impact", "--zip", "94107", "--plan", "nothing", "--default"), "no plan 'nothing'"),
        (("impact", *PLACE, "--default", "--strict", "--from", "2001-01-01", "--to", "2001-02-01"),
         "leave --strict out"),
    ],
)  # fmt: skip
def test_what_is_refused(words: tuple[str, ...], sentence: str, kwhen: Kwhen) -> None:
    said = kwhen(*words)
    assert said.code == 2, said.out[:300]
    assert sentence in said.err and len(said.err.splitlines()) == 1
    assert not said.out
