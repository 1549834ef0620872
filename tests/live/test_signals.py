"""WattTime and the SGIP signal: tokens that expire, five-minute points, units, refusals."""

import base64
import logging
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from kwhen.catalog.live import sgip, watttime
from kwhen.catalog.live.series import Kind
from kwhen.errors import SourceError
from tests.live.server import Asked, LiveServer, Reply, reply_json

REGION = "CAISO_NORTH"
DAYS = (date(2026, 9, 1), date(2026, 9, 2))


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp())


class Signal:
    """A signal's server: a log-in with a name and a password, and tokens that can expire."""

    def __init__(self, server: LiveServer) -> None:
        self.tokens, self.is_expired = 0, False
        self.subscribed = True
        server.routes |= {
            "/login": self.login,
            "/v3/historical": self.guarded(self.historical),
            "/v3/forecast": self.guarded(self.forecast),
            "/v3/signal-index": self.guarded(self.index),
            "/v3/region-from-loc": self.guarded(self.region),
            "/sgipmoer": self.guarded(self.moer),
        }

    def login(self, asked: Asked) -> Reply:
        name = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
        if name != "me:secret+word":
            return reply_json({"detail": "Incorrect username or password"}, 401)
        self.tokens += 1
        self.is_expired = False
        return reply_json({"token": f"token{self.tokens}"})

    def guarded(self, answer):
        def serve(asked: Asked) -> Reply:
            if (
                self.is_expired
                or asked.headers.get("authorization") != f"Bearer token{self.tokens}"
            ):
                return reply_json({"error": "Invalid or expired token"}, 401)
            if not self.subscribed:
                return reply_json({"message": "Your subscription does not include it"}, 403)
            return answer(asked)

        return serve

    @staticmethod
    def meta(units: str = "lbs_co2_per_mwh") -> dict[str, object]:
        return {
            "data_point_period_seconds": 300,
            "region": REGION,
            "signal_type": "co2_moer",
            "units": units,
            "warnings": [],
            "model": {"date": "2026-03-01"},
        }

    def historical(self, asked: Asked) -> Reply:
        assert asked.query["signal_type"] == "co2_moer" and asked.query["region"] == REGION
        start, end = (datetime.fromisoformat(asked.query[name]) for name in ("start", "end"))
        assert end - start <= timedelta(days=32)
        count = int((end - start).total_seconds()) // 300 + 1
        data = [
            {"point_time": (start + timedelta(minutes=5 * n)).isoformat(), "value": 800.0 + n}
            for n in range(count)
        ]
        return reply_json({"data": data, "meta": self.meta()})

    def forecast(self, asked: Asked) -> Reply:
        data = [{"point_time": "2026-09-21T14:15:00Z", "value": 512.5}]
        meta = self.meta() | {"generated_at": "2026-09-21T14:10:00+00:00"}
        return reply_json({"data": data, "meta": meta})

    def index(self, asked: Asked) -> Reply:
        data = [{"point_time": "2026-09-21T14:15:00+00:00", "value": 37.1}]
        return reply_json({"data": data, "meta": self.meta("percentile")})

    def region(self, asked: Asked) -> Reply:
        assert asked.query["latitude"] == "37.77"
        return reply_json({"region": REGION, "region_full_name": "x", "signal_type": "co2_moer"})

    def moer(self, asked: Asked) -> Reply:
        assert asked.query["starttime"].endswith("+0000")
        rows = [
            {"point_time": "2026-09-01T00:05:00+00:00", "moer": "0.5", "version": "2.0",
             "freq": 300, "ba": asked.query["ba"]},
            {"point_time": "2026-09-01T00:00:00+00:00", "moer": 0.25, "version": "2.0",
             "freq": "300", "ba": asked.query["ba"]},
            {"point_time": "2026-09-01T00:00:00+00:00", "moer": 0.75, "version": "1.0",
             "freq": "300", "ba": asked.query["ba"]},
        ]  # fmt: skip
        return reply_json(rows)


def watttime_user(server: LiveServer, password: str = "secret+word") -> watttime.Account:
    return watttime.Account(user="me", password=password, base_url=server.url)


def sgip_user(server: LiveServer) -> sgip.Account:
    return sgip.Account(user="me", password="secret+word", base_url=server.url)


def test_a_day_of_five_minutes(server, web):
    Signal(server)
    account, a_web = watttime_user(server), web()
    (piece,) = watttime.fetch(a_web, account, account.login(a_web), REGION, *DAYS)
    (series,) = piece
    assert (series.kind, series.step_s, str(series.point)) == (
        Kind.CARBON, 300, "WATTTIME/CAISO_NORTH",
    )  # fmt: skip
    np.testing.assert_array_equal(series.values, 800.0 + np.arange(288))
    assert series.start_epoch_s[0] == at(2026, 9, 1) and len(series.values) == 288
    assert server.asked[1].query["end"] == "2026-09-01T23:55+00:00"  # nothing comes twice


def test_a_year_is_asked_for_in_pieces_with_one_log_in(server, web):
    signal = Signal(server)
    account, a_web = watttime_user(server), web()
    login = account.login(a_web)
    pieces = watttime.fetch(a_web, account, login, REGION, date(2025, 1, 1), date(2026, 1, 1))
    starts = np.concatenate([series.start_epoch_s for (series,) in pieces])
    np.testing.assert_array_equal(starts, np.arange(at(2025, 1, 1), at(2026, 1, 1), 300))
    assert signal.tokens == 1 and server.paths().count("/v3/historical") == 13


def test_a_token_is_new_before_it_expires_and_after_it_was_refused(server, web, world):
    signal = Signal(server)
    account, a_web = watttime_user(server), web()
    login = account.login(a_web)
    list(watttime.fetch(a_web, account, login, REGION, *DAYS))
    list(watttime.fetch(a_web, account, login, REGION, *DAYS))
    assert signal.tokens == 1
    world.now_s += 1750  # a minute before its half hour is over
    list(watttime.fetch(a_web, account, login, REGION, *DAYS))
    assert signal.tokens == 2
    signal.is_expired = True
    list(watttime.fetch(a_web, account, login, REGION, *DAYS))
    assert signal.tokens == 3 and not world.pauses


def test_a_wrong_password_and_a_missing_subscription(server, web, caplog):
    caplog.set_level(logging.DEBUG)
    signal = Signal(server)
    wrong, a_web = watttime_user(server, "wrong-word"), web()
    with pytest.raises(SourceError, match=r"access is refused.*Incorrect username") as caught:
        list(watttime.fetch(a_web, wrong, wrong.login(a_web), REGION, *DAYS))
    assert "wrong-word" not in str(caught.value) + caplog.text + repr(wrong)
    signal.subscribed = False
    good = watttime_user(server)
    with pytest.raises(SourceError, match="status 403, Your subscription does not include it"):
        list(watttime.fetch(a_web, good, good.login(a_web), REGION, *DAYS))


def test_forecast_index_and_region(server, web):
    Signal(server)
    account, a_web = watttime_user(server), web()
    login = account.login(a_web)
    (series,) = watttime.fetch_forecast(a_web, account, login, REGION)
    assert series.kind is Kind.CARBON_FORECAST and series.values == [512.5]
    assert series.start_epoch_s == [at(2026, 9, 21, 14, 15)]
    assert watttime.fetch_index(a_web, account, login, REGION) == (
        at(2026, 9, 21, 14, 15), 37.1,
    )  # fmt: skip
    assert watttime.fetch_region(a_web, account, login, 37.77, -122.42) == REGION


def test_a_log_in_without_a_token(server, web):
    server.routes["/login"] = [reply_json({"token": "two\nlines"})]
    account, a_web = watttime_user(server), web()
    with pytest.raises(SourceError, match="has no token"):
        account.login(a_web).ask(account.request("/v3/historical"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>", "not JSON"),
        (b"[]", "no data of point_time"),
        (b'{"data": [{"point_time": "2026-09-01T00:00:00Z"}], "meta": {}}', "no data of"),
        (b'{"data": [], "meta": []}', "no meta"),
        (b'{"data": [], "meta": {"units": "kg"}}', "lbs_co2_per_mwh is due"),
        (b'{"data": [], "meta": {"units": "lbs_co2_per_mwh"}}', "names no region"),
        (
            b'{"data": [{"point_time": "2026-09-01T00:00:00", "value": 1}], "meta": {}}',
            "has no offset",
        ),
        (
            b'{"data": [{"point_time": "2026-09-01T00:00:00Z", "value": null}], '
            b'"meta": {"units": "lbs_co2_per_mwh", "region": "X"}}',
            "'None' is no number",
        ),
    ],
)
def test_what_is_no_signal_is_refused(content, said):
    with pytest.raises(SourceError, match=said):
        watttime.read(content)


def test_sgip_tells_kilograms_per_kwh_as_numbers_or_texts(server, web):
    Signal(server)
    account, a_web = sgip_user(server), web()
    (piece,) = sgip.fetch(a_web, account, account.login(a_web), "SGIP_CAISO_PGE", *DAYS)
    (series,) = piece
    # 0.25 kg/kWh is 250 kg/MWh, 551.16 lb/MWh; the version 1.0 of the same moment is older.
    np.testing.assert_allclose(series.values, [551.1557, 1102.3113], atol=1e-3)
    assert list(series.start_epoch_s) == [at(2026, 9, 1), at(2026, 9, 1, 0, 5)]


def test_sgip_answers_one_moment_as_an_object():
    found = sgip.read(b'{"point_time": "2026-09-01T00:00:00Z", "moer": 1, "ba": "X", "freq": 300}')
    assert found == {"X": {at(2026, 9, 1): pytest.approx(2204.6226)}}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"1", "no list of moments"),
        (b"[1]", "no list of moments"),
        (b'[{"ba": "X", "moer": 1}]', "without 'point_time'"),
        (b'[{"ba": "", "moer": 1, "point_time": "2026-09-01T00:00:00Z"}]', "without a region"),
        (
            b'[{"ba": "X", "moer": 1, "point_time": "2026-09-01T00:00:00Z", "freq": 900}]',
            "300 are due",
        ),
        (b'[{"ba": "X", "moer": "x", "point_time": "2026-09-01T00:00:00Z"}]', "is no number"),
    ],
)
def test_what_is_no_moment_is_refused(content, said):
    with pytest.raises(SourceError, match=said):
        sgip.read(content)
