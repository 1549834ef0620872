"""The worker as it runs: order, slow targets, schedules, changes, and what a dead one left."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kwhen.delivery import reaper
from kwhen.delivery.changes import see_changes
from kwhen.delivery.worker import Worker
from kwhen.errors import InvalidFields
from kwhen.operations import webhooks
from kwhen.operations.schedules import check_schedule, next_run_at
from kwhen.operations.webhooks import WebhookWish, make_due_runs
from kwhen.records import DeliveryState, RunReason, RunState, Schedule
from kwhen.storage import delivery_jobs, workers
from tests.delivery.place import KEY, Place
from tests.delivery.receiver import Say, receiving
from tests.deployments import PRODUCTION, Parties, other
from tests.proof.served import wait_for


@contextmanager
def at_work(place: Place, **settings: Any) -> Iterator[Worker]:
    """A worker under the machine's clock."""
    deployment = replace(other(place.deployment, **settings), clock=lambda: datetime.now(UTC))
    worker = Worker(deployment)
    worker.start()
    try:
        yield worker
    finally:
        worker.stop()


def test_a_trigger_is_all_that_is_needed(place: Place) -> None:
    made = [place.home() for _ in range(3)]
    place.set()
    with at_work(place):
        place.do(webhooks.trigger)
        (came,) = place.receiver.wait_for(1)
        assert all(home.encode() in came.body for home in made)
        wait_for("the end of the run", lambda: place.runs()[0].state is RunState.DONE)
        place.do(webhooks.test)
        assert len(place.receiver.wait_for(2)) == 2


def test_what_was_asked_for_before_is_done_at_the_start(place: Place) -> None:
    place.home()
    place.set()
    place.do(webhooks.trigger)
    (computed,) = place.run()
    with at_work(place):
        place.receiver.wait_for(2)
        wait_for(
            "both deliveries",
            lambda: all(
                one.state is DeliveryState.DELIVERED
                for one in place.do(webhooks.list_deliveries, limit_count=10)
            ),
        )
    assert computed in {came.headers["webhook-id"] for came in place.receiver.came}


def test_windows_go_in_order_and_one_that_fails_holds_up_nobody(place: Place) -> None:
    place.home()
    place.set()
    place.receiver.answers = [Say(status=500), Say()]
    first, second = place.do(webhooks.trigger), place.do(webhooks.trigger)
    with at_work(place, delivery_schedule_s="0,3600"):
        came = place.receiver.wait_for(2)
        wait_for("both runs", lambda: all(r.state is RunState.DONE for r in place.runs()))
    log = {one.id: one for one in place.do(webhooks.list_deliveries, limit_count=10)}
    assert [log[one.headers["webhook-id"]].run_id for one in came] == [first.id, second.id]
    assert [int(one.headers["webhook-sequence"]) for one in came] == [1, 2]
    assert {one.state for one in log.values()} == {DeliveryState.PENDING, DeliveryState.DELIVERED}


def test_a_slow_target_starves_nobody(place: Place) -> None:
    def hang(wire: Any, released: Any) -> None:
        released.wait()

    with receiving() as slow:
        slow.answers = [Say(raw=hang)]
        place.home()
        place.set(url=slow.url.replace("127.0.0.1", "localhost"))
        parties = Parties(deployment=place.deployment, organisations={})
        with parties.deployment.writing(replace(place.tenant, environment=PRODUCTION)) as work:
            wish = WebhookWish(url=place.receiver.url, security_key=KEY, open_adr=False, more={})
            webhooks.set_webhook(work, wish)
            for _ in range(20):
                webhooks.test(work)
        for _ in range(20):
            place.do(webhooks.test)
        with at_work(place, deliveries_at_once=4, target_at_once=2, delivery_timeout_s=3):
            slow.wait_for(2)
            place.receiver.wait_for(20)
            assert len(slow.came) < 20, "the slow one was done before"


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        (Schedule(every_minutes=15), "2026-07-01T12:07:30Z", "2026-07-01T12:15:00Z"),
        (Schedule(every_minutes=15), "2026-07-01T12:15:00Z", "2026-07-01T12:30:00Z"),
        (
            Schedule(daily_at="06:30", timezone="America/Los_Angeles"),
            "2026-07-01T13:29:00Z",
            "2026-07-01T13:30:00Z",
        ),
        (
            Schedule(daily_at="06:30", timezone="America/Los_Angeles"),
            "2026-07-01T13:30:00Z",
            "2026-07-02T13:30:00Z",
        ),
        (  # the hour that spring leaves out
            Schedule(daily_at="02:30", timezone="America/New_York"),
            "2026-03-08T05:00:00Z",
            "2026-03-08T07:30:00Z",
        ),
        (  # the hour that autumn repeats: once
            Schedule(daily_at="01:30", timezone="America/New_York"),
            "2026-11-01T05:30:00Z",
            "2026-11-02T06:30:00Z",
        ),
    ],
)
def test_when_a_schedule_is_due(schedule: Schedule, now: str, due: str) -> None:
    assert next_run_at(schedule, datetime.fromisoformat(now)) == datetime.fromisoformat(due)


@pytest.mark.parametrize(
    "schedule",
    [
        Schedule(),
        Schedule(every_minutes=15, daily_at="06:30", timezone="UTC"),
        Schedule(every_minutes=4),
        Schedule(daily_at="24:00", timezone="UTC"),
        Schedule(daily_at="06:30"),
        Schedule(daily_at="06:30", timezone="Mars/Olympus"),
    ],
)
def test_a_schedule_that_says_nothing_or_two_things(schedule: Schedule) -> None:
    with pytest.raises(InvalidFields, match="schedule"):
        check_schedule(schedule)


def test_a_schedule_makes_one_run_when_it_is_due(place: Place) -> None:
    place.home()
    place.set(schedule=Schedule(every_minutes=15))
    assert make_due_runs(place.deployment) == 0
    place.clock.move(minutes=8)
    assert [make_due_runs(place.deployment) for _ in range(2)] == [1, 0]
    place.clock.move(hours=6)  # without a worker: one run, not all that were missed
    assert [make_due_runs(place.deployment) for _ in range(2)] == [1, 0]
    assert {run.reason for run in place.runs()} == {RunReason.SCHEDULE}
    place.set(schedule=None)
    place.clock.move(hours=6)
    assert make_due_runs(place.deployment) == 0


def test_a_change_of_plans_or_market_data_makes_one_run(place: Place, tmp_path: Path) -> None:
    stock = replace(place.deployment.stock, folder=tmp_path / "catalog")
    place = replace(place, deployment=replace(place.deployment, stock=stock))
    place.set()
    assert see_changes(place.deployment) == 0
    (stock.folder / "live").mkdir(parents=True)
    (stock.folder / "live" / "prices").write_text("1")
    assert [see_changes(place.deployment) for _ in range(2)] == [1, 0]
    (stock.folder / "live" / "more").write_text("2")
    assert [see_changes(place.deployment) for _ in range(2)] == [1, 0]
    assert {run.reason for run in place.runs()} == {RunReason.CHANGE}
    place.set(on_change=False)
    (stock.folder / "live" / "again").write_text("3")
    assert see_changes(place.deployment) == 0


class Recovering:
    """Jobs that remember whose were recovered."""

    executor_id = "me"

    def __init__(self) -> None:
        self.recovered: list[str] = []

    def recover(self, executor_id: str) -> int:
        self.recovered.append(executor_id)
        return 1


def test_the_work_of_silent_workers_is_recovered_once(place: Place) -> None:
    jobs: Any = Recovering()
    for name in ("me", "dead", "alive"):
        reaper.beat(place.deployment, name)
    place.clock.now += reaper.DEAD_AFTER + timedelta(seconds=1)
    reaper.beat(place.deployment, "alive")
    assert reaper.reap(place.deployment, jobs) == 1
    assert reaper.reap(place.deployment, jobs) == 0
    assert jobs.recovered == ["dead"]
    with place.deployment.database.reading() as session:
        assert set(workers.every_silent_worker(session, place.clock.now)) == {"me"}


def test_workers_of_a_machine_have_ids_of_their_own_that_stay(tmp_path: Path) -> None:
    first, second = reaper.Slot(tmp_path), reaper.Slot(tmp_path)
    assert first.executor_id != second.executor_id
    first.release()
    again, elsewhere = reaper.Slot(tmp_path), reaper.Slot(tmp_path / "other")
    assert again.executor_id == first.executor_id != elsewhere.executor_id
    for slot in (second, again, elsewhere):
        slot.release()


def test_a_job_that_was_lost_is_made_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """As by a kill between the note that it is queued and the queue."""
    from kwhen.delivery import worker as module

    place.home()
    place.set()
    place.run()
    with place.deployment.database.reading() as session:
        due = delivery_jobs.every_due_delivery(session, place.clock.now, 10)
    with place.deployment.database.writing() as session:
        assert delivery_jobs.queue_every(session, due, place.clock.now) == due
        assert delivery_jobs.queue_every(session, due, place.clock.now) == []
    monkeypatch.setattr(module, "STUCK_AFTER", timedelta(seconds=0.5))
    with at_work(place):
        place.receiver.wait_for(1)


def test_a_webhook_has_a_backlog_of_jobs_and_no_more(place: Place) -> None:
    place.set()
    made = [place.do(webhooks.test).id for _ in range(5)]

    def queued() -> list[str]:
        with place.deployment.database.writing() as session:
            due = delivery_jobs.every_due_delivery(session, place.clock.now, 3)
            return [one.id for one in delivery_jobs.queue_every(session, due, place.clock.now)]

    assert (queued(), queued()) == (made[:3], [])
    assert place.attempt(made[0]).state is DeliveryState.DELIVERED
    assert (queued(), queued()) == ([made[3]], [])
