"""What is old goes: bodies, the log, and the queue's own rows; what still waits stays."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import structlog

from kwhen.delivery import jobs
from kwhen.delivery.worker import JOBS_KEPT, Worker
from kwhen.operations import webhooks
from kwhen.records import DeliveryState
from tests.delivery.place import KEY, Place
from tests.delivery.receiver import Say
from tests.delivery.test_worker import at_work
from tests.proof.served import wait_for


class Asked:
    """Jobs that remember up to when they were to be forgotten."""

    before: datetime | None = None

    def forget_before(self, moment: datetime) -> int:
        self.before = moment
        return 0


def ids(place: Place) -> set[str]:
    return {one.id for one in place.do(webhooks.list_deliveries, limit_count=100)}


def test_bodies_and_the_log_are_kept_for_the_days_of_the_settings(place: Place) -> None:
    place.home()
    place.set()
    place.receiver.answers = [Say(), Say(status=500)]
    taken, waits = place.run()[0], place.run()[0]
    place.attempt(taken), place.attempt(waits)
    settings = place.deployment.settings
    worker = Worker(place.deployment, place.sender)
    worker.jobs = asked = Asked()  # type: ignore[assignment]

    def after(days: float) -> Place:
        place.clock.move(days=days)
        worker._upkeep()
        return place

    assert after(settings.delivery_bodies_days - 0.1).delivery(taken).has_body
    assert not after(0.2).delivery(taken).has_body
    assert place.delivery(waits).has_body and place.delivery(taken).attempts
    after(settings.delivery_log_days - settings.delivery_bodies_days)
    assert taken not in ids(place)
    assert asked.before == place.clock.now - JOBS_KEPT
    worker._slot.release()


def test_rows_of_the_queue_are_forgotten_however_many(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AT_ONCE_COUNT", 2)
    place.set()
    made = {place.do(webhooks.test).id for _ in range(5)}

    def taken() -> bool:
        log = place.do(webhooks.list_deliveries, limit_count=10)
        return all(one.state is DeliveryState.DELIVERED for one in log)

    with at_work(place) as worker:
        wait_for("five deliveries", taken)
        names = [f"{one}:1" for one in made]
        wait_for("the end of their jobs", lambda: not worker.jobs.underway(names))
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert worker.jobs.forget_before(datetime.now(UTC) - JOBS_KEPT) == 0
        assert worker.jobs.forget_before(later) >= len(made)
        assert worker.jobs.forget_before(later) == 0


@pytest.fixture
def every_line() -> Iterator[None]:
    """Logs as they are where nobody chose less, as tests of the service do."""
    before = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**before)


@pytest.mark.usefixtures("every_line")
def test_no_secret_is_logged(place: Place, capfd: pytest.CaptureFixture[str]) -> None:
    """Neither the shared key, nor what a URL may carry, whatever becomes of a delivery."""
    place.home()
    word = "a-word-in-the-url"
    place.set(url=f"{place.receiver.url}/{word}?token={word}")
    place.receiver.answers = [Say(status=500), Say(status=410)]
    with at_work(place, delivery_schedule_s="0,0.2"):
        place.do(webhooks.trigger)
        wait_for("a webhook that is disabled", lambda: place.webhook().disabled_at)
    out, err = capfd.readouterr()
    assert "webhook disabled" in out + err
    for secret in (KEY, word):
        assert secret not in out + err
