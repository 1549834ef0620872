"""How requests are sent again, and how arguments are spelled: against answers made to order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pytest

from kwhen.client import ApiError, Client, Patience
from kwhen.client.bodies import fields, spelled, told, with_energy
from kwhen.errors import UsageError
from tests.service.server import served

DONE = (200, {}, b'{"id": "ws_home_1"}')
LATER = (429, {"retry-after": "2"}, b'{"error_code": "RATE_LIMITED", "message": "Too many."}')


@dataclass
class Script:
    """An application that gives its answers in order, and keeps what it was asked."""

    answers: list[tuple[int, dict[str, str], bytes]]
    asked: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[bytes] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message["body"], message["more_body"]
        told = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.asked.append((told, body))
        self.paths.append(scope["raw_path"])
        status, headers, content = self.answers.pop(0)
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": content})


@contextmanager
def scripted(
    *answers: tuple[int, dict[str, str], bytes], **patience: Any
) -> Iterator[tuple[Client, Script, list[float]]]:
    """A client, what it was answered, and how long it waited."""
    script, waited = Script(list(answers)), list[float]()
    with served(script) as url:
        calm = Patience(sleep=waited.append, **patience)
        with Client(url, "wsk_test_1", patience=calm) as client:
            yield client, script, waited


def test_a_request_that_is_told_to_wait_is_sent_again() -> None:
    with scripted(LATER, LATER, DONE) as (client, script, waited):
        home = client.create_home("My home")
    assert home["id"] == "ws_home_1"
    assert waited == [2.0, 2.0]
    assert [body for _, body in script.asked] == [b'{"name":"My home"}'] * 3
    keys = {headers["idempotency-key"] for headers, _ in script.asked}
    assert len(keys) == 1 and all(keys)


def test_files_are_sent_again_whole() -> None:
    with scripted(LATER, DONE) as (client, script, _):
        client.put_usage("ws_home_1", "2026-01-01", "2026-01-02", np.ones((1, 96)))
    lengths = {len(body) for _, body in script.asked}
    assert len(script.asked) == 2
    assert len(lengths) == 1 and min(lengths) > 96 * 8


def test_two_homes_get_two_keys_and_a_given_key_is_kept() -> None:
    with scripted(DONE, DONE, DONE) as (client, script, _):
        client.create_home("A")
        client.create_home("A")
        client.create_home("A", idempotency_key="mine")
    keys = [headers["idempotency-key"] for headers, _ in script.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "mine"


def test_without_a_time_the_pauses_grow() -> None:
    busy = (503, {}, b"busy")
    with scripted(busy, busy, busy, DONE) as (client, _, waited):
        client.get_home("ws_home_1")
    usual = [0.5, 1.0, 2.0]
    assert [0.5 <= pause_s / s <= 1.5 for pause_s, s in zip(waited, usual, strict=True)] == [
        True
    ] * 3


def test_patience_ends() -> None:
    with scripted(LATER, LATER, tries_count=2) as (client, script, waited):
        with pytest.raises(ApiError) as raised:
            client.get_home("ws_home_1")
        assert raised.value.error_code == "RATE_LIMITED"
        assert (len(script.asked), waited) == (2, [2.0])


def test_a_pause_that_is_too_long_is_an_error_at_once() -> None:
    later = (429, {"retry-after": "3600"}, b'{"message": "x", "retry_after_seconds": 3600}')
    with scripted(later) as (client, _, waited):
        with pytest.raises(ApiError) as raised:
            client.get_home("ws_home_1")
        assert raised.value.retry_after_s == 3600
        assert waited == []


def test_other_failures_are_not_sent_again() -> None:
    proxy = (502, {"x-request-id": "req_1"}, b"<html>Bad gateway</html>")
    with scripted(proxy) as (client, script, _):
        with pytest.raises(ApiError, match="502 UNKNOWN: <html>Bad gateway</html>") as raised:
            client.get_home("ws_home_1")
        assert raised.value.request_id == "req_1"
        assert len(script.asked) == 1


def test_an_id_cannot_lead_elsewhere() -> None:
    with scripted(DONE) as (client, script, _):
        client.get_home("../list?x")
    assert script.paths == [b"/v1/homes/..%2Flist%3Fx/get"]


def test_names_are_spelled_as_the_api_does() -> None:
    assert spelled("rate_plan_id") == "ratePlanId"
    assert spelled("has_ac") == "hasAC"
    assert spelled("systemSizeKw") == "systemSizeKw"
    nested = fields({"solar_info": {"dc_ac_ratio": 1.2}, "to_hours": (10, 11)})
    assert nested == {"solarInfo": {"dcAcRatio": 1.2}, "toHours": [10, 11]}
    assert told(a_b=None, start_date=date(2026, 7, 1)) == {"startDate": "2026-07-01"}


def test_times_are_told_in_utc() -> None:
    east = timezone(timedelta(hours=2))
    assert told(start_time=datetime(2026, 7, 1, 18, tzinfo=east)) == {
        "startTime": "2026-07-01T16:00:00.000Z"
    }
    assert told(start_time=datetime(2026, 7, 1, 16, 0, 0, 902_000, tzinfo=UTC)) == {
        "startTime": "2026-07-01T16:00:00.902Z"
    }
    with pytest.raises(UsageError, match="no zone"):
        told(start_time=datetime(2026, 7, 1))


def test_lists_stay_json_where_they_belong_and_arrays_become_files() -> None:
    rows = [[0.5] * 96]
    base = {"base": {"exportRule": "NBT"}}
    body = with_energy(base, {"base.usage": rows, "base.export": np.zeros(96), "x": None})
    assert body.fields == {"base": {"exportRule": "NBT", "usage": rows}}
    assert base == {"base": {"exportRule": "NBT"}}
    assert body.files.keys() == {"base.export"}
    assert json.loads(body.arguments()["files"]["request"][1]) == body.fields


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((2, 95)), "shape"),
        (np.zeros((1, 2, 96)), "shape"),
        (np.full(96, np.nan), "no finite numbers"),
    ],
)
def test_an_array_that_cannot_be_read_is_told_before_it_is_sent(values: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        with_energy({}, {"usage": values})
