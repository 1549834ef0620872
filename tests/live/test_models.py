"""PVWatts and Palmetto: what is sent, the hours that come back, both clock days, refusals."""

import json
import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.live import palmetto, pvwatts
from kwhen.errors import SourceError, UsageError
from tests.live.layouts import hours_of
from tests.live.server import Reply, reply_json

PACIFIC = ZoneInfo("America/Los_Angeles")
KEY = "SECRET+KEY"
SYSTEM = pvwatts.PvSystem(
    capacity_kw=6.4,
    lat_deg=37.77,
    lon_deg=-122.42,
    tilt_deg=25.0,
    azimuth_deg=200.0,
    module_type="premium",
    array_type="backtracked",
    losses_percent=11.0,
    inverter_efficiency_percent=97.0,
    dc_ac_ratio=1.3,
)


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def year(**changes: Any) -> dict[str, Any]:
    watts = [float(n % 24 * 100) for n in range(8760)]
    return {
        "errors": [],
        "warnings": ["a warning"],
        "version": "8.5.0",
        "station_info": {"weather_data_source": "NSRDB PSM V3 GOES tmy-2020 3.2.0"},
        "outputs": {"ac": watts, "ac_annual": sum(watts) / 1000},
    } | changes


def test_every_term_of_a_system_is_sent(server, web, world):
    server.routes["/api/pvwatts/v8.json"] = [
        reply_json(year(), **{"X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "998"})
    ]
    found, fetched_s = pvwatts.fetch(web(), KEY, SYSTEM, base_url=server.url)
    assert server.asked[0].query == {
        "api_key": KEY,
        "system_capacity": "6.4",
        "lat": "37.77",
        "lon": "-122.42",
        "tilt": "25.0",
        "azimuth": "200.0",
        "module_type": "1",
        "array_type": "3",
        "losses": "11.0",
        "inv_eff": "97.0",
        "dc_ac_ratio": "1.3",
        "timeframe": "hourly",
    }
    assert found.yield_kwh.shape == (8760,) and found.yield_kwh[13] == 1.3  # 13:00, 1300 W
    assert (found.version, found.warnings) == ("8.5.0", ("a warning",))
    assert found.weather.startswith("NSRDB") and fetched_s == world.now_s


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("fixedOpenRack", 0),
        ("fixedRoof", 1),
        ("singleAxis", 2),
        ("backtracked", 3),
        ("dualAxis", 4),
    ],
)
def test_array_types_are_numbered_as_pvwatts_does(name, code):
    system = pvwatts.PvSystem(capacity_kw=1, lat_deg=0, lon_deg=0, array_type=name)
    assert system.params["array_type"] == code
    assert system.params["module_type"] == 0


def test_a_year_is_asked_for_once_and_the_key_is_not_kept(server, web, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    server.routes["/api/pvwatts/v8.json"] = [reply_json(year())]
    for _ in range(2):
        pvwatts.fetch(web(cache=tmp_path), KEY, SYSTEM, base_url=server.url)
    assert len(server.asked) == 1
    assert not any(b"SECRET" in file.read_bytes() for file in tmp_path.iterdir())
    assert "SECRET" not in caplog.text


def test_a_limit_that_is_reached_is_waited_for_or_told(server, web, world):
    over = reply_json({"error": {"code": "OVER_RATE_LIMIT"}}, 429, **{"Retry-After": "20"})
    server.routes["/api/pvwatts/v8.json"] = [over, reply_json(year())]
    pvwatts.fetch(web(), KEY, SYSTEM, base_url=server.url)
    assert world.pauses == [20.0]
    server.routes["/api/pvwatts/v8.json"] = [
        reply_json({"error": {"code": "OVER_RATE_LIMIT"}}, 429, **{"Retry-After": "3000"})
    ]
    with pytest.raises(SourceError, match="asks to wait 3,000 s"):
        pvwatts.fetch(web(), KEY, SYSTEM, base_url=server.url)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (reply_json({"errors": ["azimuth must be less than 360"]}, 422), "azimuth must be less"),
        (reply_json(year(errors=["no weather here"])), "no weather here"),
        (reply_json({"error": {"code": "API_KEY_INVALID"}}, 403), "status 403.*API_KEY_INVALID"),
        (reply_json(year(outputs={"ac": [1.0] * 8759})), "8759 hours of outputs.ac"),
        (reply_json(year(outputs={})), "no hours of outputs.ac"),
        (reply_json([1]), "no object"),
        (Reply(b"<html>"), "not JSON but '<html>'"),
        (reply_json(year(outputs={"ac": [None] * 8760})), "'None' is no number"),
    ],
)
def test_what_is_no_year_is_refused(server, web, reply, said):
    server.routes["/api/pvwatts/v8.json"] = [reply]
    with pytest.raises(SourceError, match=said) as caught:
        pvwatts.fetch(web(), KEY, SYSTEM, base_url=server.url)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        {"capacity_kw": 0.0},
        {"tilt_deg": 91.0},
        {"azimuth_deg": 360.0},
        {"losses_percent": 100.0},
        {"inverter_efficiency_percent": 89.0},
        {"lat_deg": float("nan")},
        {"module_type": "best"},
        {"array_type": "roof"},
    ],
)
def test_a_system_checks_itself(changes):
    good = {"capacity_kw": 5.0, "lat_deg": 37.0, "lon_deg": -122.0}
    with pytest.raises(UsageError, match=next(iter(changes))):
        pvwatts.PvSystem(**(good | changes))


HOME = palmetto.Home(lat_deg=37.77, lon_deg=-122.42, timezone=PACIFIC)


def intervals(day: date, variable: str = palmetto.LOAD) -> list[dict[str, Any]]:
    """The hours of a local day as Palmetto labels them: the wall clock without an offset."""
    return [
        {
            "from_datetime": begin.astimezone(PACIFIC).replace(tzinfo=None).isoformat(),
            "to_datetime": (begin + timedelta(hours=1))
            .astimezone(PACIFIC)
            .replace(tzinfo=None)
            .isoformat(),
            "variable": variable,
            "value": number / 10,
        }
        for number, begin in enumerate(hours_of(day, PACIFIC), start=1)
    ]


def calculated(rows: list[dict[str, Any]], units: str = "kWh") -> dict[str, Any]:
    meta = {"units": {"consumption": units, "production": units}, "parameters": {}}
    return {"version": "v2", "detail": "success", "meta": meta, "data": {"intervals": rows}}


def test_load_and_pv_of_a_home(server, web, world):
    day = date(2026, 7, 14)
    rows = intervals(day) + intervals(day, palmetto.PV)
    server.routes["/api/v0/bem/calculate"] = [reply_json(calculated(rows))]
    home = palmetto.Home(
        lat_deg=37.77, lon_deg=-122.42, timezone=PACIFIC, pv_kw=5.0, annual_kwh=7300.0
    )
    found, fetched_s = palmetto.fetch(web(), KEY, home, day, date(2026, 7, 15), base_url=server.url)
    asked = server.asked[0]
    assert asked.method == "POST" and asked.headers["x-api-key"] == KEY
    window = {"from_datetime": "2026-07-14T00:00:00", "to_datetime": "2026-07-15T00:00:00"}
    assert json.loads(asked.body) == {
        "location": {"latitude": 37.77, "longitude": -122.42},
        "parameters": {
            **window,
            "group_by": "hour",
            "interval_format": "long",
            "clip_by": "inner",
            "variables": ["consumption.electricity", "production.electricity"],
        },
        "consumption": {
            "actuals": [{**window, "variable": "consumption.electricity", "value": 20.0}]
        },
        "production": {
            "attributes": {
                "baseline": [
                    {
                        "name": "panel_arrays",
                        "value": [{"capacity": 5.0, "tilt": 20.0, "azimuth": 180.0}],
                    }
                ]
            }
        },
    }
    assert found[palmetto.LOAD][at(2026, 7, 14, 7)] == 0.1
    assert len(found[palmetto.PV]) == 24 and fetched_s == world.now_s


def test_both_clock_days():
    autumn = palmetto.read(json.dumps(calculated(intervals(date(2026, 11, 1)))).encode(), PACIFIC)
    hours = autumn[palmetto.LOAD]
    # 01:00 PDT is 08:00 UTC and 01:00 PST is 09:00 UTC: the second label of the two.
    assert [hours[at(2026, 11, 1, hour)] for hour in (7, 8, 9, 10)] == [0.1, 0.2, 0.3, 0.4]
    assert len(hours) == 25
    spring = palmetto.read(json.dumps(calculated(intervals(date(2026, 3, 8)))).encode(), PACIFIC)
    hours = spring[palmetto.LOAD]
    assert [hours[at(2026, 3, 8, hour)] for hour in (8, 9, 10)] == [0.1, 0.2, 0.3]
    assert len(hours) == 23


def test_times_with_an_offset_are_taken_as_they_are():
    rows = [
        {
            "from_datetime": "2026-11-01T01:00:00-08:00",
            "to_datetime": "2026-11-01T02:00:00-08:00",
            "variable": palmetto.LOAD,
            "value": 1,
        }
    ]
    found = palmetto.read(json.dumps(calculated(rows)).encode(), PACIFIC)
    assert found == {palmetto.LOAD: {at(2026, 11, 1, 9): 1.0}}


def broken(**changes: Any) -> list[dict[str, Any]]:
    return [intervals(date(2026, 7, 14))[0] | changes]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (calculated(broken(to_datetime="2026-07-14T02:00:00")), "not one hour"),
        (calculated(broken(to_datetime="2026-07-14T01:00:00Z")), "one without"),
        (calculated(broken(to_datetime="soon")), "without two times"),
        (calculated(broken(value=-1)), "negative"),
        (calculated(broken(value="x")), "is no number"),
        (calculated(broken() + broken()), "comes twice"),
        (calculated(broken(), "MWh"), "not in kWh"),
        (calculated([{"from_datetime": "2026-07-14T00:00:00"}]), "no data.intervals"),
        ({"data": {}}, "no data.intervals"),
        ([], "no data.intervals"),
    ],
)
def test_what_is_no_load_is_refused(answer, said):
    with pytest.raises(SourceError, match=said):
        palmetto.read(json.dumps(answer).encode(), PACIFIC)


def test_a_field_that_is_wrong_is_told_in_the_servers_words(server, web):
    detail = [{"loc": ["body", "location"], "msg": "out of range", "type": "value_error"}]
    server.routes["/api/v0/bem/calculate"] = [reply_json({"detail": detail}, 422)]
    with pytest.raises(SourceError, match=r"status 422.*out of range"):
        palmetto.fetch(web(), KEY, HOME, date(2026, 1, 1), date(2026, 1, 2), base_url=server.url)


def test_a_key_does_not_follow_a_redirect(server, web):
    server.routes["/api/v0/bem/calculate"] = [Reply(b"", 307, {"Location": "/elsewhere"})]
    with pytest.raises(SourceError, match="status 307"):
        palmetto.fetch(web(), KEY, HOME, date(2026, 1, 1), date(2026, 1, 2), base_url=server.url)
    assert "/elsewhere" not in server.paths()


def test_a_home_checks_itself():
    for changes in ({"lat_deg": 91.0}, {"pv_kw": -1.0}, {"annual_kwh": float("inf")}):
        with pytest.raises(UsageError):
            palmetto.Home(**({"lat_deg": 1.0, "lon_deg": 1.0, "timezone": PACIFIC} | changes))


def test_a_year_of_pvwatts_is_never_negative():
    found = pvwatts.read(json.dumps(year(outputs={"ac": [-2.5] * 8760})).encode())
    assert not np.any(found.yield_kwh)
