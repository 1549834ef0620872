"""A refresh: every source for itself, what fails is told, nothing held is lost."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kwhen.catalog.live import caiso, nyiso
from kwhen.catalog.live.refresh import Outcome, refresh_carbon, refresh_markets
from kwhen.catalog.live.series import HOUR_S, Kind, Point
from kwhen.catalog.live.settings import LiveSettings, read_settings, setting_names
from kwhen.catalog.live.store import SeriesStore
from kwhen.errors import SourceError
from tests.live.layouts import nyiso_csv, oasis_csv, zipped
from tests.live.server import Asked, LiveServer, Reply, reply_json
from tests.live.test_signals import Signal
from tests.reading import ROOT

PGE = Point(group="CAISO", name="DLAP_PGAE-APND")
SCE = Point(group="CAISO", name="DLAP_SCE-APND")
NYC = Point(group="NYISO", name="N.Y.C.")
DAYS = (date(2026, 9, 15), date(2026, 9, 16))


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


def oasis(asked: Asked) -> Reply:
    """OASIS for whatever window and nodes are asked for."""
    start, end = (
        datetime.strptime(asked.query[name], "%Y%m%dT%H:%M%z").astimezone(caiso.ZONE).date()
        for name in ("startdatetime", "enddatetime")
    )
    nodes = asked.query["node"].split(",")
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    return Reply(zipped({f"{d}.csv": oasis_csv(d, nodes, caiso.ZONE) for d in days}))


def mis(day: date) -> Reply:
    return Reply(nyiso_csv(day, ["N.Y.C.", "CAPITL"], nyiso.ZONE).encode())


def settings(server: LiveServer, *markets: str) -> LiveSettings:
    return LiveSettings(
        markets=markets,
        caiso_url=server.url,
        nyiso_url=server.url,
        ercot_url=server.url,
        watttime_url=server.url,
        sgip_url=server.url,
    )


def outcomes(report) -> dict[str, Outcome]:
    return {row.name: row.outcome for row in report.rows}


def test_without_settings_nothing_is_asked_and_it_says_what_to_set(server, web, tmp_path):
    store = SeriesStore(tmp_path / "live")
    report = refresh_markets((), DAYS, LiveSettings(), store, web())
    assert report.is_good and set(outcomes(report).values()) == {Outcome.OFF}
    assert all("KWHEN_MARKETS" in row.note for row in report.rows)
    report = refresh_carbon(DAYS, LiveSettings(), store, web())
    assert outcomes(report) == {"WATTTIME": Outcome.OFF, "SGIP": Outcome.OFF}
    assert "KWHEN_WATTTIME_USER" in report.rows[0].note
    assert not server.asked and not (tmp_path / "live").exists()


def test_two_markets_into_one_store(server, web, tmp_path, world):
    server.routes["/SingleZip"] = oasis
    server.routes["/damlbmp/20260915damlbmp_zone.csv"] = [mis(date(2026, 9, 15))]
    store, told = SeriesStore(tmp_path), []
    report = refresh_markets(
        (PGE, NYC, SCE),
        DAYS,
        settings(server, "CAISO", "NYISO"),
        store,
        web(),
        lambda done, total: told.append((done, total)),
    )
    assert report.is_good
    assert [row.name for row in report.rows][:3] == [
        "CAISO/DLAP_PGAE-APND", "CAISO/DLAP_SCE-APND", "NYISO/N.Y.C.",
    ]  # fmt: skip
    row = report.rows[0]
    assert (row.step_count, row.changed_count, row.fetched_s) == (24, 24, world.now_s)
    assert (row.first_s, row.end_s) == (at(2026, 9, 15, 7), at(2026, 9, 16, 7))
    assert told == [(0, 3), (2, 3), (3, 3)]
    noon = np.array([at(2026, 9, 15, 19)], dtype=np.int64)  # 12:00 PDT: hour ending 13
    assert store.read(Kind.DAY_AHEAD_PRICE, PGE, noon) == [0.13]
    again = refresh_markets((PGE,), DAYS, settings(server, "CAISO"), store, web())
    assert again.rows[0].changed_count == 0


def test_a_market_without_points_is_asked_for_all_it_has(server, web, tmp_path):
    server.routes["/SingleZip"] = oasis
    report = refresh_markets((), DAYS, settings(server, "CAISO"), SeriesStore(tmp_path), web())
    refreshed = [row for row in report.rows if row.outcome is Outcome.REFRESHED]
    assert len(refreshed) == len(caiso.NODES)


def test_one_source_that_fails_stops_no_other_and_loses_nothing(server, web, tmp_path):
    server.routes["/SingleZip"] = oasis
    server.routes["/damlbmp/20260915damlbmp_zone.csv"] = [mis(date(2026, 9, 15))]
    store, both = SeriesStore(tmp_path), settings(server, "CAISO", "NYISO")
    refresh_markets((PGE, NYC), DAYS, both, store, web())
    server.routes["/SingleZip"] = [Reply(b"", 503)]
    server.routes["/damlbmp/20260916damlbmp_zone.csv"] = [mis(date(2026, 9, 16))]
    days = (date(2026, 9, 15), date(2026, 9, 17))
    report = refresh_markets((PGE, NYC), days, both, store, web())
    found = outcomes(report)
    assert (found["CAISO"], found["NYISO/N.Y.C."]) == (Outcome.FAILED, Outcome.REFRESHED)
    assert not report.is_good
    failed = next(row for row in report.rows if row.outcome is Outcome.FAILED)
    assert "status 503 in 4 attempts" in failed.note
    hours = at(2026, 9, 15, 7) + HOUR_S * np.arange(24)
    assert not np.isnan(store.read(Kind.DAY_AHEAD_PRICE, PGE, hours)).any()


def test_what_came_before_a_failure_is_kept(server, web, tmp_path):
    server.routes["/damlbmp/20260915damlbmp_zone.csv"] = [mis(date(2026, 9, 15))]
    server.routes["/damlbmp/20260916damlbmp_zone.csv"] = [Reply(b"<html>oh</html>")]
    days = (date(2026, 9, 15), date(2026, 9, 18))
    report = refresh_markets((NYC,), days, settings(server, "NYISO"), SeriesStore(tmp_path), web())
    found = outcomes(report)
    assert (found["NYISO/N.Y.C."], found["NYISO"]) == (Outcome.REFRESHED, Outcome.FAILED)
    assert report.rows[0].step_count == 24


def test_days_without_values_are_no_failure(server, web, tmp_path):
    days = (date(2026, 9, 22), date(2026, 9, 23))  # tomorrow, not published yet
    report = refresh_markets((NYC,), days, settings(server, "NYISO"), SeriesStore(tmp_path), web())
    assert report.is_good and outcomes(report)["NYISO/N.Y.C."] is Outcome.NOTHING


def test_a_damaged_file_fails_alone(server, web, tmp_path):
    server.routes["/SingleZip"] = oasis
    store, only = SeriesStore(tmp_path), settings(server, "CAISO")
    refresh_markets((PGE, SCE), DAYS, only, store, web())
    (file,) = tmp_path.glob("*PGAE*.npz")
    file.write_bytes(b"")
    report = refresh_markets((PGE, SCE), DAYS, only, SeriesStore(tmp_path), web())
    found = outcomes(report)
    assert found[str(PGE)] is Outcome.FAILED and found[str(SCE)] is Outcome.REFRESHED
    note = next(row.note for row in report.rows if row.outcome is Outcome.FAILED)
    assert str(file) in note and "remove the file" in note


def test_a_market_that_needs_points_named_says_so(server, web, tmp_path):
    report = refresh_markets((), DAYS, settings(server, "PJM"), SeriesStore(tmp_path), web())
    assert outcomes(report)["PJM"] is Outcome.FAILED
    assert "KWHEN_POINTS" in report.rows[0].note


def test_a_market_without_its_extra_says_how_to_get_it(server, web, tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gridstatus", None)
    point = Point(group="PJM", name="WESTERN HUB")
    report = refresh_markets((point,), DAYS, settings(server, "PJM"), SeriesStore(tmp_path), web())
    assert "pip install 'kwhen[markets]'" in report.rows[0].note


def test_carbon_measured_and_forecast(server, web, tmp_path):
    signal = Signal(server)
    users = replace(
        settings(server),
        watttime_user="me", watttime_password="secret+word",
        sgip_user="me", sgip_password="secret+word", sgip_regions=("SGIP_CAISO_PGE",),
    )  # fmt: skip
    store = SeriesStore(tmp_path)
    days = (date(2026, 9, 1), date(2026, 9, 2))
    report = refresh_carbon(days, users, store, web())
    assert report.is_good
    assert [(row.name, row.kind) for row in report.rows] == [
        ("WATTTIME/CAISO_NORTH", Kind.CARBON),
        ("WATTTIME/CAISO_NORTH", Kind.CARBON_FORECAST),
        ("SGIP/SGIP_CAISO_PGE", Kind.CARBON),
    ]
    assert signal.tokens == 2
    region = Point(group="WATTTIME", name="CAISO_NORTH")
    moment = np.array([at(2026, 9, 1, 0, 7)], dtype=np.int64)  # in the step of 00:05
    assert store.read(Kind.CARBON, region, moment) == [801.0]


def test_a_forecast_that_is_refused_leaves_the_measured_ones(server, web, tmp_path):
    Signal(server)
    server.routes["/v3/forecast"] = [reply_json({"message": "not in your plan"}, 403)]
    user = replace(settings(server), watttime_user="me", watttime_password="secret+word")
    days = (date(2026, 9, 1), date(2026, 9, 2))
    report = refresh_carbon(days, user, SeriesStore(tmp_path), web())
    assert [row.outcome for row in report.rows] == [
        Outcome.REFRESHED, Outcome.FAILED, Outcome.OFF,
    ]  # fmt: skip
    assert "not in your plan" in report.rows[1].note


def test_settings_are_read_from_an_environment():
    found = read_settings(
        {
            "KWHEN_MARKETS": "caiso, ISO-NE,caiso",
            "KWHEN_POINTS": "CAISO/DLAP_PGAE-APND, nyiso/HUD VL",
            "KWHEN_CAISO_URL": "http://localhost:1/x",
            "KWHEN_SGIP_REGIONS": "SGIP_LADWP",
            "KWHEN_LIVE_TIMEOUT_S": "5",
            "KWHEN_WATTTIME_PASSWORD": "  ",
            "KWHEN_PVWATTS_KEY": "SECRET",
        }
    )
    assert found.markets == ("CAISO", "ISONE")
    assert found.points == (PGE, Point(group="NYISO", name="HUD VL"))
    assert found.sgip_regions == ("SGIP_LADWP",) and found.live_timeout_s == 5.0
    assert found.watttime_password == "" and "SECRET" not in repr(found)
    assert read_settings({}) == LiveSettings()
    assert found.ercot_account is None and found.watttime_account is None


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"KWHEN_MARKETS": "XYZ"}, "no market 'XYZ'; known: CAISO, NYISO"),
        ({"KWHEN_POINTS": "DLAP"}, "give GROUP/NAME"),
        ({"KWHEN_NYISO_URL": "ftp://x"}, "KWHEN_NYISO_URL: 'ftp://x' is no http address"),
        ({"KWHEN_LIVE_TIMEOUT_S": "soon"}, "KWHEN_LIVE_TIMEOUT_S: 'soon'"),
        ({"KWHEN_LIVE_TIMEOUT_S": "0"}, "is not 1 to 3600 s"),
    ],
)
def test_settings_that_are_wrong_are_named(environment, said):
    with pytest.raises(SourceError, match=said):
        read_settings(environment)


def test_every_setting_has_a_name_and_words():
    names = setting_names()
    assert all(name.startswith("KWHEN_") and words for name, words in names.items())
    page = (ROOT / "docs" / "live-data.md").read_text(encoding="utf-8")
    assert [f"| `{name}` | {words} |" for name, words in names.items()] == [
        line for line in page.splitlines() if line.startswith("| `KWHEN_")
    ]
