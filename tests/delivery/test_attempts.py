"""Attempts: what goes over the wire, what follows after each answer."""

import gzip
from datetime import timedelta

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from kwhen.delivery.attempts import DISABLED_AFTER, JITTER_FRAC, schedule_of
from kwhen.delivery.signing import secret_bytes, signed_headers
from kwhen.errors import Conflict, SettingError
from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookDisabled
from kwhen.records import DeliveryState, RunState
from kwhen.settings import Settings
from kwhen.storage import deliveries
from tests.delivery.place import KEY, NOW, Place
from tests.delivery.receiver import Say


def sent(place: Place) -> str:
    """Id of a delivery of one home."""
    place.home()
    place.set()
    (delivery,) = place.run()
    return delivery


def verify(content: bytes, headers: dict[str, str], key: str, at_s: float) -> None:
    """As a receiver does it with the public library, at the time of the attempt."""
    with pytest.MonkeyPatch.context() as patch:
        from datetime import datetime as real

        class Then(real):
            @classmethod
            def now(cls, tz=None):  # type: ignore[no-untyped-def]
                return real.fromtimestamp(at_s, tz)

        patch.setattr("standardwebhooks.webhooks.datetime", Then)
        Verifier(secret_bytes(key)).verify(content, headers)


def test_a_delivery_proves_who_sends_it(place: Place) -> None:
    delivery = place.attempt(sent(place))
    (came,) = place.receiver.came
    assert came.headers["x-ws-security-key"] == KEY
    assert came.headers["webhook-id"] == delivery.id
    assert came.headers["webhook-sequence"] == "1"
    assert came.headers["content-type"] == "application/json"
    verify(came.body, dict(came.headers), KEY, NOW.timestamp())
    with pytest.raises(WebhookVerificationError):
        verify(came.body + b" ", dict(came.headers), KEY, NOW.timestamp())
    with pytest.raises(WebhookVerificationError):
        verify(came.body, dict(came.headers), "another key", NOW.timestamp())
    assert delivery.state is DeliveryState.DELIVERED
    assert [one.status for one in delivery.attempts] == [200]
    assert place.webhook().last_sent_at == NOW


@pytest.mark.parametrize(
    ("key", "secret"),
    [
        ("plain words", b"plain words"),
        ("whsec_c2VjcmV0", b"secret"),
        ("whsec_not base64!", b"whsec_not base64!"),
        ("ünïcode", "ünïcode".encode()),
    ],
)
def test_any_key_signs(key: str, secret: bytes) -> None:
    assert secret_bytes(key) == secret
    headers = signed_headers(key, "id", b'{"a": "\xc3\xbc"}', NOW)
    verify(b'{"a": "\xc3\xbc"}', headers, key, NOW.timestamp())
    if key == "whsec_c2VjcmV0":
        verify(b'{"a": "\xc3\xbc"}', headers, "secret", NOW.timestamp())


def test_gzip_is_of_the_wire_and_the_signature_of_the_content(place: Place) -> None:
    place.home()
    place.set(gzip=True)
    (delivery,) = place.run()
    place.attempt(delivery)
    (came,) = place.receiver.came
    assert came.headers["content-encoding"] == "gzip"
    verify(gzip.decompress(came.body), dict(came.headers), KEY, NOW.timestamp())


def test_tries_are_made_at_the_times_of_the_schedule(place: Place) -> None:
    delivery = sent(place)
    place.receiver.answers = [Say(status=500)]
    schedule_s = schedule_of(place.deployment.settings)
    assert schedule_s == (0, 5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
    for number in range(1, len(schedule_s)):
        found = place.attempt(delivery)
        assert found.state is DeliveryState.PENDING
        due = found.next_attempt_at
        assert due is not None
        pause_s = schedule_s[number] - schedule_s[number - 1]
        late_s = (due - NOW).total_seconds() - schedule_s[number]
        assert -1e-3 <= late_s <= JITTER_FRAC * pause_s * 2 + JITTER_FRAC * 20_000
        assert place.attempt(delivery).attempts_count == number, "it was too early"
        place.clock.now = due
    found = place.attempt(delivery)
    assert found.state is DeliveryState.FAILED and found.next_attempt_at is None
    assert [one.status for one in found.attempts] == [500] * 10
    assert len({one.headers["webhook-id"] for one in place.receiver.came}) == 1
    assert len({one.body for one in place.receiver.came}) == 1


def test_retry_after_is_honoured_within_a_day(place: Place) -> None:
    delivery = sent(place)
    place.receiver.answers = [
        Say(status=429, headers={"retry-after": "3600"}),
        Say(status=503, headers={"retry-after": "99999999"}),
    ]
    first = place.attempt(delivery)
    assert first.next_attempt_at is not None
    assert first.next_attempt_at >= NOW + timedelta(hours=1)
    place.clock.now = first.next_attempt_at
    second = place.attempt(delivery)
    assert second.next_attempt_at == place.clock.now + timedelta(days=1)


@pytest.mark.parametrize("status", [301, 400, 404, 500])
def test_whatever_is_not_2xx_is_tried_again(place: Place, status: int) -> None:
    delivery = sent(place)
    place.receiver.answers = [Say(status=status, body=b"no, \xff thanks"), Say(status=204)]
    found = place.attempt(delivery)
    assert found.state is DeliveryState.PENDING
    assert found.attempts[0].body_start == "no, � thanks"
    assert place.webhook().failing_since == NOW
    place.clock.now = found.next_attempt_at or NOW
    assert place.attempt(delivery).state is DeliveryState.DELIVERED
    assert place.webhook().failing_since is None


def test_410_disables_and_setting_it_again_begins_anew(place: Place) -> None:
    delivery = sent(place)
    waiting = place.do(webhooks.trigger)
    place.receiver.answers = [Say(status=410), Say()]
    assert place.attempt(delivery).state is DeliveryState.FAILED
    webhook = place.webhook()
    assert webhook.disabled_at == NOW and "410" in str(webhook.disabled_reason)
    assert next(r for r in place.runs() if r.id == waiting.id).state is RunState.CANCELLED
    with pytest.raises(WebhookDisabled, match="410 Gone"):
        place.do(webhooks.trigger)
    place.set()
    assert place.webhook().disabled_at is None
    place.do(webhooks.replay, delivery)
    assert place.attempt(delivery).state is DeliveryState.DELIVERED


def test_days_of_failure_disable(place: Place) -> None:
    place.receiver.answers = [Say(status=500)]
    first = sent(place)
    place.attempt(first)
    place.clock.now += DISABLED_AFTER - timedelta(minutes=1)
    (second,) = place.run()
    place.attempt(second)
    assert place.webhook().disabled_at is None
    place.clock.move(minutes=2)
    (third,) = place.run()
    place.attempt(third)
    assert "5 days" in str(place.webhook().disabled_reason)
    assert place.delivery(first).state is DeliveryState.CANCELLED


def test_an_attempt_whose_end_nobody_saw_is_told_and_made_again(place: Place) -> None:
    delivery = sent(place)
    with place.deployment.writing(place.tenant) as work:  # a worker that is killed right here
        deliveries.begin_attempt(work.session, work.tenant, delivery, 1, work.now)
    assert place.attempt(delivery).attempts[0].error == deliveries.INTERRUPTED
    assert not place.receiver.came
    found = place.attempt(delivery)
    assert found.state is DeliveryState.DELIVERED
    assert [one.status for one in found.attempts] == [None, 200]


def test_a_replay_is_the_same_delivery_with_a_schedule_of_its_own(place: Place) -> None:
    delivery = sent(place)
    with pytest.raises(Conflict, match="pending"):
        place.do(webhooks.replay, delivery)
    place.attempt(delivery)
    place.clock.move(hours=3)
    again = place.do(webhooks.replay, delivery)
    assert (again.state, again.base_count) == (DeliveryState.PENDING, 1)
    place.receiver.answers = [Say(status=500), Say()]
    found = place.attempt(delivery)
    assert found.next_attempt_at is not None
    assert found.next_attempt_at - place.clock.now < timedelta(seconds=7)
    first, second = place.receiver.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == delivery
    assert first.body == second.body


def test_a_replay_needs_the_body(place: Place) -> None:
    delivery = sent(place)
    place.attempt(delivery)
    with place.deployment.database.writing() as session:
        deliveries.every_body_before(session, NOW + timedelta(days=1))
    with pytest.raises(Conflict, match="not kept"):
        place.do(webhooks.replay, delivery)


def test_what_was_deleted_is_not_sent(place: Place) -> None:
    delivery = sent(place)
    place.do(webhooks.delete_webhook)
    from kwhen.delivery.attempts import attempt_delivery

    attempt_delivery(place.deployment, place.sender, place.tenant, delivery)
    assert not place.receiver.came


@pytest.mark.parametrize("text", ["", "1,2", "0,5,5", "0,9,5", "0,soon"])
def test_a_schedule_begins_at_0_and_rises(text: str) -> None:
    with pytest.raises(SettingError, match="KWHEN_DELIVERY_SCHEDULE_S"):
        schedule_of(Settings(delivery_schedule_s=text))
