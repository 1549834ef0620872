"""Runs: which homes, what is sent of them, in which pages; and a run that broke off."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kwhen.delivery import runs
from kwhen.delivery.runs import compute_run
from kwhen.operations import price_signals, webhooks
from kwhen.operations.open_adr import event_of
from kwhen.operations.price_signals import window
from kwhen.records import RunState
from tests.delivery.place import Place
from tests.delivery.receiver import Receiver
from tests.deployments import other


def small(place: Place, page_bytes: int = 14_000) -> Place:
    """The same place with pages of two homes."""
    deployment = other(place.deployment, clock=place.clock, delivery_page_bytes=page_bytes)
    return replace(place, deployment=deployment)


def test_a_page_holds_what_the_route_answers(place: Place) -> None:
    made = [place.home(), place.home(carbon_signal_intensity="HIGH"), place.home()]
    place.set()
    (delivery,) = place.run()
    body = place.body(delivery)
    assert body["eventType"] == "PRICE_SIGNAL"
    assert list(body["data"]) == made
    wanted = window(None, None, place.clock.now)
    for home in made:
        answer = place.do(price_signals.answer_for_home, home, wanted)
        assert body["data"][home] == json.loads(answer)
    assert place.runs()[0].state is RunState.SENDING


def test_open_adr_sends_the_event_of_the_route(place: Place) -> None:
    made = [place.home(), place.home()]
    place.set(open_adr=True)
    (delivery,) = place.run()
    data = place.body(delivery)["data"]
    wanted = window(None, None, place.clock.now)
    for home in made:
        signal = place.do(price_signals.for_home, home, wanted)
        assert data[home] == event_of(home, signal, place.clock.now)
    assert data[made[0]]["id"] != data[made[1]]["id"]


def test_homes_without_a_signal_are_left_out_with_the_reason(place: Place) -> None:
    first, bare, last = place.home(), place.home(rate_plan_id=None), place.home()
    off = place.home(enabled=False)
    place.set()
    (delivery,) = place.run()
    assert list(place.body(delivery)["data"]) == [first, last]
    (run,) = place.runs()
    assert (run.homes_count, run.skipped_count) == (2, 1)
    assert run.skipped[0].home_id == bare and "no rate plan" in run.skipped[0].reason
    assert off not in str(run)


def test_a_home_whose_computation_breaks_holds_up_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, whole = place.home(name="broken", carbon_signal_intensity="LOW"), place.home()
    place.set()
    real = runs.home_value

    def breaking(work: Any, home: Any) -> Any:
        if home.id == broken:
            raise ZeroDivisionError("inside")
        return real(work, home)

    monkeypatch.setattr(runs, "home_value", breaking)
    (delivery,) = place.run()
    assert list(place.body(delivery)["data"]) == [whole]
    assert place.runs()[0].skipped[0].reason.startswith("the computation failed")


def test_homes_that_are_alike_share_one_computation(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [place.home() for _ in range(5)] + [place.home(zipcode="95313")]
    place.set()
    counted = []
    real = runs.rest_for_value
    monkeypatch.setattr(runs, "rest_for_value", lambda *g: counted.append(1) or real(*g))
    (delivery,) = place.run()
    assert list(place.body(delivery)["data"]) == made
    assert len(counted) == 2


def test_no_body_is_longer_than_a_page_and_every_home_is_in_one(place: Place) -> None:
    place = small(place)
    made = [place.home() for _ in range(7)]
    place.set()
    ids = place.run()
    pages = [place.delivery(one) for one in ids]
    assert [page.homes_count for page in pages] == [2, 2, 2, 1]
    assert [page.page for page in pages] == [1, 2, 3, 4]
    assert [page.sequence for page in pages] == [1, 2, 3, 4]
    assert all(page.size_bytes <= 14_000 for page in pages)
    assert [home for one in ids for home in place.body(one)["data"]] == made


def test_a_signal_that_fits_no_page_is_left_out(place: Place) -> None:
    place = small(place, 1024)
    place.home()
    place.set()
    assert place.run() == []
    (run,) = place.runs()
    assert run.state is RunState.DONE and "fits no page" in run.skipped[0].reason


def test_a_run_that_broke_off_goes_on_where_it_was(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = small(place)
    monkeypatch.setattr(runs, "WRITTEN_BYTES", 1)  # each page by itself
    made = [place.home() for _ in range(7)]
    place.set()
    run = place.do(webhooks.trigger)
    real, left = runs._write, iter([True, True])

    def write(*given: Any, **told: Any) -> bool:
        if next(left, None) is None:
            raise OSError("the machine went")
        return real(*given, **told)

    with monkeypatch.context() as patch, pytest.raises(OSError, match="the machine went"):
        patch.setattr(runs, "_write", write)
        compute_run(place.deployment, run.id)
    compute_run(place.deployment, run.id)
    found = place.do(webhooks.list_deliveries, limit_count=100)[::-1]
    assert [home for one in found for home in place.body(one.id)["data"]] == made
    assert [one.page for one in found] == [1, 2, 3, 4]
    assert place.runs()[0].homes_count == len(made)


def test_two_workers_on_one_run_make_no_page_twice(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = small(place)
    made = [place.home() for _ in range(5)]
    place.set()
    run = place.do(webhooks.trigger)
    real, others = runs._write, iter([True])

    def write(*given: Any, **told: Any) -> bool:
        if next(others, None):  # just then another worker does the whole of it
            compute_run(place.deployment, run.id)
        return real(*given, **told)

    monkeypatch.setattr(runs, "_write", write)
    assert compute_run(place.deployment, run.id) == []
    found = place.do(webhooks.list_deliveries, limit_count=100)[::-1]
    assert [home for one in found for home in place.body(one.id)["data"]] == made


def test_a_run_that_always_breaks_off_fails_and_lets_the_next_one_go(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.home()
    place.set()
    run = place.do(webhooks.trigger)

    def broken(*given: Any) -> list[str]:
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(runs, "_pages", broken)
    for _ in range(runs.MOST_FAILURES_COUNT):
        with pytest.raises(ZeroDivisionError):
            compute_run(place.deployment, run.id)
    (found,) = place.runs()
    assert found.state is RunState.FAILED and "ZeroDivisionError" in str(found.error)
    assert compute_run(place.deployment, run.id) == []


def test_without_homes_a_run_is_done_at_once(
    place: Place, receiver: Receiver, tmp_path: Path
) -> None:
    place.set()
    assert place.run() == []
    assert place.runs()[0].state is RunState.DONE
