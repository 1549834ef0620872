"""Default usage by a service or by the shipped figures: which of the two, and what they say."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import kwhen
from kwhen import Home, SolarSystem
from kwhen.api.profiles import place_profile
from kwhen.catalog.baseline import default_usage
from kwhen.catalog.live import palmetto, pvwatts
from kwhen.catalog.live.home_year import (
    HomeYear,
    PalmettoHomes,
    PvWattsArrays,
    load_source,
    solar_source,
)
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.places import place
from kwhen.catalog.sources import sources
from kwhen.engine.grid import Calendar, covering, whole_days
from kwhen.engine.solar import ArrayType, ModuleType
from kwhen.errors import CoverageError, NotFound, SourceError, UsageError
from tests.live.server import Asked, Reply, reply_json

PACIFIC = ZoneInfo("America/Los_Angeles")
ARRAY = SolarSystem(system_size_kw=4.0)
HOME = Home(plan="14328/E-ELEC", zipcode="94107")
SUNNY = replace(HOME, solar=ARRAY)
YEAR = (date(2025, 1, 1), date(2026, 1, 1))
SPRING, AUTUMN, LEAP = date(2025, 3, 9), date(2025, 11, 2), date(2024, 2, 29)
LOAD_PATH, PV_PATH = "/api/v0/bem/calculate", "/api/pvwatts/v8.json"
WHOLE_KWH = 8760 * 8761 / 2 / 10_000  # of hours that count up by 0.1 Wh


def calculated(asked: Asked) -> Reply:
    """Every hour of 2023 as Palmetto labels it: the n-th from midnight of 1 January holds n/10 Wh.

    So a value tells which hour of the year it is.
    """
    variables = json.loads(asked.body)["parameters"]["variables"]
    begin = datetime(2023, 1, 1, tzinfo=PACIFIC).astimezone(UTC)
    clock = [
        (begin + timedelta(hours=n)).astimezone(PACIFIC).replace(tzinfo=None).isoformat()
        for n in range(8761)
    ]
    rows = [
        {"from_datetime": a, "to_datetime": b, "variable": variable, "value": n / 10_000}
        for variable in variables
        for n, (a, b) in enumerate(pairwise(clock), start=1)
    ]
    units = {"consumption": "kWh", "production": "kWh"}
    return reply_json({"meta": {"units": units}, "data": {"intervals": rows}})


def year_of_watts(watts: float = 0.1, **changes) -> Reply:
    """A year of PVWatts: the n-th hour makes n × `watts`."""
    answer = {
        "errors": [],
        "warnings": [],
        "version": "8.5.0",
        "station_info": {"weather_data_source": "NSRDB tmy-2020"},
        "outputs": {"ac": [watts * n for n in range(1, 8761)]},
    }
    return reply_json(answer | changes)


def hour_of(day: date, hour: int) -> int:
    """The number from 1 of an hour of 2023 in standard time."""
    return (day - date(2023, 1, 1)).days * 24 + hour + 1


@pytest.fixture
def homes(server, web) -> PalmettoHomes:
    server.routes[LOAD_PATH] = calculated
    return PalmettoHomes(web=web(), key="SECRET", base_url=server.url)


@pytest.fixture
def arrays(server, web) -> PvWattsArrays:
    server.routes[PV_PATH] = [year_of_watts()]
    return PvWattsArrays(web=web(), key="SECRET", base_url=server.url)


# --- the shipped figures -------------------------------------------------------------------


def test_without_a_service_the_figures_are_the_shipped_ones():
    found = kwhen.default_profile(SUNNY, *YEAR)
    grid = covering(*(datetime(d.year, 1, 1, tzinfo=PACIFIC) for d in YEAR), 15, str(PACIFIC))
    shipped = default_usage(place("94107"), 14328, grid, solar=ARRAY)
    for name in ("import_kwh", "export_kwh", "load_kwh", "pv_kwh"):
        assert np.array_equal(getattr(found, name), getattr(shipped, name)), name
    assert [note.component for note in found.notes] == ["load", "solar"]
    assert found.sources == shipped.sources and found.annual_kwh == shipped.annual_kwh
    assert not found.is_fallback and not found.missing and found.step_minutes == 15
    assert all(note.vintage for note in found.notes)


def test_a_home_without_solar_exports_nothing():
    found = kwhen.default_profile(HOME, *YEAR)
    assert found.export_kwh is None and found.pv_kwh is None
    assert np.array_equal(found.import_kwh, found.load_kwh)
    assert [note.component for note in found.notes] == ["load"]


def test_its_own_energy_of_a_year_counts():
    found = kwhen.default_profile(replace(HOME, annual_kwh=9000.0), *YEAR)
    assert found.annual_kwh == 9000.0 and found.load_kwh.sum() == pytest.approx(9000.0, rel=0.01)
    assert "eia-861-2019" not in found.sources


def test_a_mean_of_the_state_is_a_fallback():
    grid = covering(*(datetime(2025, 5, d, tzinfo=PACIFIC) for d in (1, 2)), 60, str(PACIFIC))
    assert place_profile(place("94107"), 99_999_999, grid).is_fallback


def test_settings_without_keys_ask_nobody(web):
    assert load_source(LiveSettings(), web()) is None
    assert solar_source(LiveSettings(), web()) is None


def test_settings_with_keys_ask_the_services(web):
    both = LiveSettings(palmetto_key="a", pvwatts_key="b")
    assert isinstance(load_source(both, web()), PalmettoHomes)
    assert isinstance(solar_source(both, web()), PvWattsArrays)
    assert isinstance(solar_source(LiveSettings(palmetto_key="a"), web()), PalmettoHomes)
    assert load_source(LiveSettings(pvwatts_key="b"), web()) is None
    assert "'a'" not in repr(load_source(both, web()))


# --- a service answers ---------------------------------------------------------------------


def test_both_services_are_used_and_told(homes, arrays, server):
    found = kwhen.default_profile(SUNNY, *YEAR, load_source=homes, solar_source=arrays)
    load, solar = found.notes
    assert (load.source, solar.source) == (palmetto.SOURCE_ID, pvwatts.SOURCE_ID)
    assert load.vintage == "2023, asked 2026-09-21"
    assert solar.vintage == "PVWatts 8.5.0, NSRDB tmy-2020, asked 2026-09-21"
    assert set(found.sources) <= set(sources())
    assert not found.is_fallback and not found.missing and found.by_service == ("load", "solar")
    assert found.annual_kwh == pytest.approx(WHOLE_KWH)
    assert found.pv_kwh.sum() == pytest.approx(WHOLE_KWH)
    assert found.load_kwh.sum() == pytest.approx(WHOLE_KWH, rel=0.01)
    net = found.load_kwh - found.pv_kwh
    assert found.import_kwh - found.export_kwh == pytest.approx(net)
    assert not (found.import_kwh * found.export_kwh).any()
    location = json.loads(server.asked[0].body)["location"]
    assert location == {"latitude": place("94107").lat, "longitude": place("94107").lon}
    query = server.asked[1].query
    assert query["system_capacity"] == "4.0" and query["losses"] == "14.0"


def test_load_follows_the_weekday_and_solar_the_date(homes, arrays):
    day = (date(2025, 7, 1), date(2025, 7, 2))  # a Tuesday, as 4 July 2023
    found = kwhen.default_profile(
        SUNNY, *day, step_minutes=60, load_source=homes, solar_source=arrays
    )
    assert found.load_kwh[13] == pytest.approx(hour_of(date(2023, 7, 4), 12) / 10_000)
    assert found.pv_kwh[13] == pytest.approx(hour_of(date(2023, 7, 1), 12) / 10_000)


def test_a_leap_day_counts_as_the_day_before(homes, arrays):
    day = (LEAP, LEAP + timedelta(days=1))
    found = kwhen.default_profile(
        SUNNY, *day, step_minutes=60, load_source=homes, solar_source=arrays
    )
    assert found.pv_kwh[5] == pytest.approx(hour_of(date(2023, 2, 28), 5) / 10_000)
    assert found.load_kwh[5] == pytest.approx(hour_of(date(2023, 3, 2), 5) / 10_000)  # a Thursday


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2025, 5, 5), 24)])
@pytest.mark.parametrize("step_minutes", [15, 60])
def test_the_days_of_the_clock(homes, arrays, day, hours, step_minutes):
    services = {"load_source": homes, "solar_source": arrays}
    window = (day, day + timedelta(days=1))
    real = kwhen.default_profile(SUNNY, *window, step_minutes=step_minutes, **services)
    wall = kwhen.default_profile(
        SUNNY, *window, step_minutes=step_minutes, calendar="wall", **services
    )
    assert len(real.load_kwh) == hours * 60 // step_minutes
    assert len(wall.load_kwh) == 24 * 60 // step_minutes
    for name in ("load_kwh", "pv_kwh"):
        assert getattr(wall, name).sum() == pytest.approx(getattr(real, name).sum())
    two = slice(2 * 60 // step_minutes, 3 * 60 // step_minutes)
    assert (wall.load_kwh[two] == 0).all() == (day == SPRING)


def test_quarter_hours_sum_to_their_hour(homes, arrays):
    services = {"load_source": homes, "solar_source": arrays}
    quarters = kwhen.default_profile(SUNNY, *YEAR, **services)
    whole = kwhen.default_profile(SUNNY, *YEAR, step_minutes=60, **services)
    for name in ("import_kwh", "export_kwh", "load_kwh", "pv_kwh"):
        summed = getattr(quarters, name).reshape(-1, 4).sum(axis=1)
        assert summed == pytest.approx(getattr(whole, name)), name


def test_its_own_energy_of_a_year_is_sent_and_kept_to(homes, server):
    home = replace(HOME, annual_kwh=9000.0)
    found = kwhen.default_profile(home, *YEAR, load_source=homes)
    actuals = json.loads(server.asked[0].body)["consumption"]["actuals"]
    assert actuals[0]["value"] == 9000.0
    assert found.annual_kwh == pytest.approx(9000.0)


def test_palmetto_gives_yields_as_well(homes, server):
    other = replace(ARRAY, losses_frac=0.2, tilt_deg=30.0)
    found = kwhen.default_profile(replace(HOME, solar=other), *YEAR, solar_source=homes)
    panels = json.loads(server.asked[0].body)["production"]["attributes"]["baseline"][0]
    assert panels["value"] == [{"capacity": 4.0, "tilt": 30.0, "azimuth": 180.0}]
    assert found.notes[1].source == palmetto.SOURCE_ID
    assert found.pv_kwh.sum() == pytest.approx(WHOLE_KWH)
    assert [gap.name for gap in found.missing] == ["losses_frac"]


def test_every_term_of_an_array_is_asked_for(arrays, server):
    system = SolarSystem(
        system_size_kw=6.4,
        module_type=ModuleType.PREMIUM,
        array_type=ArrayType.BACKTRACKED,
        tilt_deg=25.0,
        azimuth_deg=360.0,
        losses_frac=0.11,
        inverter_efficiency_frac=0.97,
        dc_ac_ratio=1.3,
    )
    arrays.solar_year(place("94107"), system)
    said = server.asked[0].query
    terms = ("module_type", "array_type", "tilt", "azimuth", "losses", "inv_eff", "dc_ac_ratio")
    assert [float(said[term]) for term in terms] == [1, 3, 25, 0, 11, 97, 1.3]


def test_a_warning_of_pvwatts_is_handed_on(arrays, server):
    server.routes[PV_PATH] = [year_of_watts(warnings=["the station is far away"])]
    found = kwhen.default_profile(SUNNY, *YEAR, solar_source=arrays)
    assert [gap.note for gap in found.missing] == ["PVWatts v8 says: the station is far away"]
    assert not found.is_fallback


def test_windows_of_one_home_share_one_answer(server, web, tmp_path):
    server.routes |= {LOAD_PATH: calculated, PV_PATH: [year_of_watts()]}
    for first in (date(2024, 1, 1), date(2025, 6, 1)):
        asking = web(cache=tmp_path)
        services = {
            "load_source": PalmettoHomes(web=asking, key="SECRET", base_url=server.url),
            "solar_source": PvWattsArrays(web=asking, key="SECRET", base_url=server.url),
        }
        found = kwhen.default_profile(SUNNY, first, first + timedelta(days=30), **services)
        assert not found.is_fallback
    assert server.paths() == [LOAD_PATH, PV_PATH]


# --- a service is in trouble ---------------------------------------------------------------


def test_a_limit_is_waited_for(homes, arrays, server, world):
    limit = Reply(b"", 429, {"Retry-After": "7"})
    server.routes[PV_PATH] = [limit, year_of_watts()]
    answers = [Reply(b"", 429, {"Retry-After": "9"})]
    server.routes[LOAD_PATH] = lambda asked: answers.pop() if answers else calculated(asked)
    found = kwhen.default_profile(SUNNY, *YEAR, load_source=homes, solar_source=arrays)
    assert world.pauses == [9.0, 7.0]
    assert not found.is_fallback and not found.missing


TROUBLE = {
    "500": (Reply(b"", 500), "status 500 in 4 attempts"),
    "401": (Reply(b"", 401), "access is refused"),
    "422": (reply_json({"errors": ["no such place"]}, 422), "no such place"),
    "404": (Reply(b"", 404), "status 404"),
    "long wait": (Reply(b"", 429, {"Retry-After": "5000"}), "asks to wait 5,000 s"),
    "garbage": (Reply(b"<html>\xff"), "not JSON"),
    "another answer": (reply_json({"data": 1}), ""),
    "a list": (reply_json([1]), ""),
    "cut off": (Reply(b'{"data": {}}', cut=4), "attempts"),
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_a_service_in_trouble_is_told_and_the_shipped_figures_stand_in(homes, arrays, server, kind):
    reply, said = TROUBLE[kind]
    server.routes |= {LOAD_PATH: [reply], PV_PATH: [reply]}
    found = kwhen.default_profile(SUNNY, *YEAR, load_source=homes, solar_source=arrays)
    shipped = kwhen.default_profile(SUNNY, *YEAR)
    assert np.array_equal(found.import_kwh, shipped.import_kwh)
    assert np.array_equal(found.export_kwh, shipped.export_kwh)
    assert found.sources == shipped.sources and not found.by_service
    assert [note.is_fallback for note in found.notes] == [True, True] and found.is_fallback
    load, solar = found.missing
    assert (load.name, solar.name) == ("load_service", "solar_service")
    start = "Palmetto Energy Intelligence gave none, the shipped figures stand in: "
    assert load.note.startswith(start) and said in load.note
    assert solar.note.startswith("PVWatts v8 gave none, ") and said in solar.note
    assert "SECRET" not in load.note + solar.note and "\n" not in load.note + solar.note


def test_one_service_can_fail_alone(homes, arrays, server):
    server.routes[PV_PATH] = [Reply(b"", 500)]
    found = kwhen.default_profile(SUNNY, *YEAR, load_source=homes, solar_source=arrays)
    assert [note.is_fallback for note in found.notes] == [False, True]
    assert [gap.name for gap in found.missing] == ["solar_service"]


def test_a_service_that_is_not_configured_is_told(web):
    services = {
        "load_source": PalmettoHomes(web=web(), key=""),
        "solar_source": PvWattsArrays(web=web(), key=""),
    }
    found = kwhen.default_profile(SUNNY, *YEAR, **services)
    notes = [gap.note for gap in found.missing]
    assert "set KWHEN_PALMETTO_KEY" in notes[0] and "set KWHEN_PVWATTS_KEY" in notes[1]


def test_hours_that_are_absent_are_no_year(homes, server):
    def short(asked: Asked) -> Reply:
        answer = json.loads(calculated(asked).content)
        del answer["data"]["intervals"][100:103]
        return reply_json(answer)

    server.routes[LOAD_PATH] = short
    found = kwhen.default_profile(HOME, *YEAR, load_source=homes)
    assert found.is_fallback and "3 hours of 2023 are missing" in found.missing[0].note


def test_a_yield_beyond_belief_is_refused(arrays, server):
    server.routes[PV_PATH] = [year_of_watts(watts=1.0)]  # 8.76 kW of an array of 4 kW
    found = kwhen.default_profile(SUNNY, *YEAR, solar_source=arrays)
    assert found.is_fallback and "8.76 kWh in an hour of 4 kW" in found.missing[0].note


def test_what_a_service_does_not_know_falls_back(homes, arrays, server):
    tracker = replace(HOME, solar=replace(ARRAY, array_type=ArrayType.DUAL_AXIS))
    found = kwhen.default_profile(tracker, *YEAR, solar_source=homes)
    assert "not dualAxis" in found.missing[0].note
    tiny = replace(HOME, solar=replace(ARRAY, system_size_kw=0.01))
    found = kwhen.default_profile(tiny, *YEAR, solar_source=arrays)
    assert "PVWatts takes 0.05" in found.missing[0].note
    nowhere = replace(place("94107"), lat=None, lon=None)
    grid = whole_days(date(2025, 5, 1), 24, 60, str(PACIFIC), Calendar.CIVIL)
    found = place_profile(nowhere, None, grid, load_source=homes)
    assert "no position is known" in found.missing[0].note
    assert not server.asked


def test_where_no_figure_is_shipped_the_service_is_told_as_well(homes, server):
    server.routes[LOAD_PATH] = [Reply(b"", 404)]
    with pytest.raises(CoverageError, match=r"residential use.*Palmetto.*status 404"):
        kwhen.default_profile(replace(HOME, zipcode="00901"), *YEAR, load_source=homes)


def test_a_cache_that_cannot_be_written_is_told(server, web, tmp_path):
    (tmp_path / "file").write_text("in the way")
    server.routes[PV_PATH] = [year_of_watts()]
    asking = PvWattsArrays(web=web(cache=tmp_path / "file"), key="K", base_url=server.url)
    found = kwhen.default_profile(SUNNY, *YEAR, solar_source=asking)
    assert found.is_fallback and found.missing[0].name == "solar_service"


@pytest.mark.parametrize(
    "hours", [np.ones(8759), np.full(8760, -1.0), np.full(8760, np.nan), np.full(8760, 1e9)]
)
def test_a_year_checks_itself(hours):
    with pytest.raises(SourceError):
        HomeYear(hourly_kwh=hours, source="s", vintage="v")


# --- what is wrong in the question ----------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "options", "error", "said"),
    [
        ({"zipcode": None}, {}, UsageError, "needs the ZIP"),
        ({"zipcode": "00000"}, {}, NotFound, "00000"),
        ({"zipcode": "00901"}, {}, CoverageError, "no climate zone|residential use"),
        ({"annual_kwh": -1.0}, {}, UsageError, "annual_kwh is -1"),
        ({"annual_kwh": float("nan")}, {}, UsageError, "annual_kwh"),
        ({}, {"calendar": "sam"}, UsageError, "'civil' or 'wall'"),
        ({}, {"step_minutes": 7}, UsageError, "must divide an hour"),
        ({}, {"step_minutes": 7, "calendar": "wall"}, UsageError, "must divide an hour"),
        ({}, {"step_minutes": 0, "calendar": "wall"}, UsageError, "must divide an hour"),
        ({}, {"end": YEAR[0]}, UsageError, "not after its start"),
        ({}, {"end": YEAR[0], "calendar": "wall"}, UsageError, "not after its start"),
        (
            {},
            {"end": datetime(2025, 5, 1, 3, tzinfo=PACIFIC), "calendar": "wall"},
            UsageError,
            "no midnight",
        ),
    ],
)
def test_a_wrong_question_is_refused_before_a_service_is_asked(
    homes, server, changes, options, error, said
):
    given = {"start": YEAR[0], "end": YEAR[1], "load_source": homes} | options
    if error is CoverageError:
        server.routes[LOAD_PATH] = [Reply(b"", 404)]
    with pytest.raises(error, match=said):
        kwhen.default_profile(replace(HOME, **changes), **given)
    assert error is CoverageError or not server.asked
