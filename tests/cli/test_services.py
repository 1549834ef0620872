"""`kwhen usage default` and `kwhen impact --default` with services, on a server of this machine."""

from collections.abc import Iterator

import pytest

from tests.api.test_profiles import LOAD_PATH, PV_PATH, WHOLE_KWH, calculated, year_of_watts
from tests.cli.conftest import Kwhen
from tests.live.server import LiveServer, Reply

MAY = ("--zip", "94107", "--from", "2025-05-01", "--to", "2025-06-01", "--solar-kw", "4")
DEFAULT = ("usage", "default", *MAY)
IMPACT = ("impact", "--plan", "14328/E-ELEC", "--default", *MAY)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    found = LiveServer()
    for name in ("PALMETTO", "PVWATTS"):
        monkeypatch.setenv(f"KWHEN_{name}_URL", found.url)
        monkeypatch.setenv(f"KWHEN_{name}_KEY", "SECRET")
    monkeypatch.setattr("kwhen.cli.live.time.sleep", lambda seconds: None)
    found.routes |= {LOAD_PATH: calculated, PV_PATH: [year_of_watts()]}
    yield found
    found.close()


def test_the_services_are_used_and_told(kwhen: Kwhen, server: LiveServer) -> None:
    said = kwhen(*DEFAULT, "--json")
    assert said.code == 0 and not said.err
    assert said.document["annual_kwh"] == pytest.approx(WHOLE_KWH)
    load, solar = said.document["components"]
    assert (load["source"], solar["source"]) == ("palmetto-energy-intelligence", "pvwatts-v8")
    assert not said.document["is_fallback"] and not said.document["missing"]
    page = " ".join(kwhen(*DEFAULT, "--out", "usage.csv").out.split())
    assert "a modelled home of 3,837 kWh a year" in page
    assert "load: palmetto-energy-intelligence, 2023, asked 20" in page
    assert "solar: pvwatts-v8, PVWatts 8.5.0, NSRDB tmy-2020, asked 20" in page
    assert server.paths() == [LOAD_PATH, PV_PATH]  # the second time from the cache


def test_an_impact_uses_them(kwhen: Kwhen, server: LiveServer) -> None:
    made = kwhen(*DEFAULT, "--json").document
    said = kwhen(*IMPACT, "--json")
    assert said.code == 0 and not said.err
    usage = said.document["usage"]
    assert usage["format"] == "service"
    assert usage["import_kwh"] == pytest.approx(made["total_import_kwh"], abs=0.01)
    assert usage["export_kwh"] == pytest.approx(made["total_export_kwh"], abs=0.01)
    assert usage["notes"][0].startswith("load: palmetto-energy-intelligence")
    assert "solar: pvwatts-v8" in kwhen(*IMPACT).out


@pytest.mark.parametrize("words", [DEFAULT, IMPACT], ids=["usage default", "impact"])
def test_a_service_in_trouble_is_told_on_standard_error(
    words: tuple[str, ...], kwhen: Kwhen, server: LiveServer
) -> None:
    server.routes = {LOAD_PATH: [Reply(b"", 500)], PV_PATH: [Reply(b"<html>")]}
    said = kwhen(*words, "--json")
    load, solar = said.err.splitlines()
    assert said.code == 0 and "SECRET" not in said.err
    assert load.startswith("kwhen: load service: Palmetto Energy Intelligence gave none")
    assert "status 500 in 6 attempts" in load and "not JSON" in solar
    if words is DEFAULT:
        assert said.document["is_fallback"]
        assert [gap["name"] for gap in said.document["missing"]] == [
            "load_service",
            "solar_service",
        ]
    notes = [row["source"] for row in said.document.get("components", [])]
    notes += said.document.get("usage", {}).get("notes", [])
    assert "eia-861-2019" in notes[0]


def test_without_settings_the_shipped_figures_are_told(kwhen: Kwhen) -> None:
    said = kwhen(*DEFAULT, "--out", "usage.csv")
    page = " ".join(said.out.split())
    assert "load: eia-861-2019, load-shape-tmy3" in page and "shipped figures" in page
    assert "for want of an answer" not in page and not said.err
    made = kwhen(*DEFAULT, "--utility-id", "4226", "--out", "usage.csv")  # of New York
    assert "the utility reports none" in " ".join(made.out.split())
