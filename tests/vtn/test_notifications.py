"""Subscriptions: asked before they are kept, told in order, tried again, broken in the end."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from kwhen.delivery.vtn import RETRIES_S, deliver_due_notifications
from kwhen.storage.vtn_tables import VtnNotificationRow, VtnObjectRow
from tests.delivery.receiver import Say
from tests.deployments import Clock
from tests.vtn.echo import Subscriber, echoing
from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld, fresh

EVERY = ("CREATE", "UPDATE", "DELETE")


@pytest.fixture
def subscriber(vtn: VtnWorld) -> Iterator[Subscriber]:
    """A subscriber; after the test nobody is subscribed any more."""
    with echoing() as found:
        yield found
    for made in vtn.every("/subscriptions"):
        vtn.delete(f"/subscriptions/{made['id']}")


def wish(
    subscriber: Subscriber,
    program_id: str | None,
    objects: tuple[str, ...] = ("EVENT",),
    operations: tuple[str, ...] = EVERY,
    **told: Any,
) -> dict[str, Any]:
    operation = {
        "objects": list(objects),
        "operations": list(operations),
        "callbackUrl": subscriber.url,
        "bearerToken": "word of the subscriber",
    }
    named = {} if program_id is None else {"programID": program_id}
    return {"clientName": fresh("c"), "objectOperations": [operation], **named, **told}


@pytest.mark.parametrize(("version", "verbs"), [(NEW, EVERY), (OLD, ("POST", "PUT", "DELETE"))])
def test_what_happens_is_told_in_order(
    vtn: VtnWorld, subscriber: Subscriber, version: str, verbs: tuple[str, ...]
) -> None:
    program = vtn.program()
    vtn.post("/subscriptions", wish(subscriber, program["id"]), version=version)
    event = vtn.event(program)
    changed = vtn.put(f"/events/{event['id']}", {"programID": program["id"], "intervals": []})
    vtn.delete(f"/events/{event['id']}")
    vtn.event()  # of another program
    assert deliver_due_notifications(vtn.deployment) == 3
    told = subscriber.notifications
    assert [one["operation"] for one in told] == list(verbs)
    assert [one["objectType"] for one in told] == ["EVENT"] * 3
    assert told[0]["object"] == event
    assert told[1]["object"] == told[2]["object"] == changed
    for came in subscriber.receiver.came:
        assert came.headers["authorization"] == "Bearer word of the subscriber"
        assert came.headers["content-type"] == "application/json"
    assert deliver_due_notifications(vtn.deployment) == 0


def test_targets_travel_with_a_notification(vtn: VtnWorld, subscriber: Subscriber) -> None:
    program = vtn.program()
    vtn.post("/subscriptions", wish(subscriber, program["id"], targets=["a"]))
    vtn.event(program, targets=["b"])
    vtn.event(program)
    seen = vtn.event(program, targets=["a", "b"])
    deliver_due_notifications(vtn.deployment)
    (told,) = subscriber.notifications
    assert told["object"] == seen and told["targets"] == ["a", "b"]


def test_only_what_was_asked_for_is_told(vtn: VtnWorld, subscriber: Subscriber) -> None:
    program = vtn.program()
    only = wish(subscriber, program["id"], objects=("PROGRAM",), operations=("UPDATE",))
    vtn.post("/subscriptions", only)
    vtn.event(program)
    vtn.put(f"/programs/{program['id']}", {"programName": program["programName"]})
    deliver_due_notifications(vtn.deployment)
    assert [(one["objectType"], one["operation"]) for one in subscriber.notifications] == [
        ("PROGRAM", "UPDATE")
    ]


def test_a_ven_is_told_what_it_may_see(vtn: VtnWorld, subscriber: Subscriber) -> None:
    granted, stranger = vtn.new_client(VEN), vtn.new_client(VEN)
    vtn.ven(granted, "home-1")
    every = wish(subscriber, None, objects=("EVENT", "REPORT", "VEN", "PROGRAM"))
    for who in (granted, stranger):
        vtn.post("/subscriptions", every, who=who)
    program = vtn.program(targets=["home-1"])
    event = vtn.event(program)  # without targets, of a program that has some
    vtn.post("/vens", {"venName": fresh("v")}, who=stranger)
    deliver_due_notifications(vtn.deployment)
    seen = [(one["objectType"], one["object"]["id"]) for one in subscriber.notifications]
    own = [kind for kind, _ in seen if kind == "VEN"]
    assert ("PROGRAM", program["id"]) in seen and ("EVENT", event["id"]) in seen
    assert len(seen) == 3 and len(own) == 1  # of the stranger: its own ven alone


@pytest.mark.parametrize("is_update", [False, True])
def test_a_url_is_asked_before_it_is_kept(
    vtn: VtnWorld, subscriber: Subscriber, is_update: bool
) -> None:
    program = vtn.program()
    body = wish(subscriber, program["id"])
    made = vtn.post("/subscriptions", body)
    assert [one.method for one in subscriber.asked] == ["GET"]
    assert subscriber.asked[0].headers["authorization"] == "Bearer word of the subscriber"
    subscriber.echoes = False
    path = f"/subscriptions/{made['id']}"
    ask = (lambda: vtn.put(path, body, 400)) if is_update else (
        lambda: vtn.post("/subscriptions", body, 400)
    )  # fmt: skip
    assert "callbackUrl" in ask()["detail"]
    assert len(subscriber.asked) == 2
    assert vtn.get("/subscriptions", clientName=body["clientName"]) == [made]
    vtn.put("/subscriptions/nothing", body, 404)
    assert len(subscriber.asked) == 2  # nobody is asked for what is not there


@pytest.mark.parametrize(
    "url",
    ["http://example.com/x", "https://10.0.0.1/x", "https://169.254.169.254/latest", "ftp://a/b",
     "https://user:word@example.com/", "https://example.com:22/", "https://[::ffff:10.0.0.1]/"],
)  # fmt: skip
def test_where_nobody_may_send_nobody_is_asked(
    vtn: VtnWorld, subscriber: Subscriber, url: str
) -> None:
    body = wish(subscriber, vtn.program()["id"])
    body["objectOperations"][0]["callbackUrl"] = url
    assert "callbackUrl" in vtn.post("/subscriptions", body, 400)["detail"]


def test_without_the_switch_the_loopback_is_refused(vtn: VtnWorld, subscriber: Subscriber) -> None:
    with vtn.elsewhere(allow_loopback_targets=False) as strict:
        strict.post("/subscriptions", wish(subscriber, vtn.program()["id"]), 400)
    assert not subscriber.asked


def test_a_token_is_told_to_its_client_alone_and_kept_sealed(
    vtn: VtnWorld, subscriber: Subscriber
) -> None:
    own = vtn.new_client(VEN)
    made = vtn.post("/subscriptions", wish(subscriber, vtn.program()["id"]), who=own)
    path = f"/subscriptions/{made['id']}"

    def token(who: Any) -> Any:
        return vtn.get(path, who=who)["objectOperations"][0]["bearerToken"]

    assert token(own) == "word of the subscriber"
    assert token(BL) is None
    with vtn.deployment.database.reading() as session:
        row = session.scalars(select(VtnObjectRow).where(VtnObjectRow.id == made["id"])).one()
    assert "word of" not in f"{row.content} {row.sealed}"


def test_it_is_tried_again_later_and_later_in_order(vtn: VtnWorld, subscriber: Subscriber) -> None:
    clock = Clock(vtn.deployment.clock())
    with vtn.elsewhere(clock=clock) as there:
        program = there.program()
        there.post("/subscriptions", wish(subscriber, program["id"]))
        subscriber.answers(500, 503, 302, 200)
        first, second = there.event(program), there.event(program)
        for _ in range(3):
            assert deliver_due_notifications(there.deployment) == 1
            assert deliver_due_notifications(there.deployment) == 0  # it is not due yet
            clock.move(seconds=RETRIES_S[2] * 1.3)
        assert deliver_due_notifications(there.deployment) == 2
    told = [one["object"]["id"] for one in subscriber.notifications]
    assert told == [first["id"]] * 4 + [second["id"]]


def test_retry_after_is_honoured(vtn: VtnWorld, subscriber: Subscriber) -> None:
    clock = Clock(vtn.deployment.clock())
    with vtn.elsewhere(clock=clock) as there:
        program = there.program()
        there.post("/subscriptions", wish(subscriber, program["id"]))
        subscriber.answers(429, 200, **{"retry-after": "900"})
        there.event(program)
        assert deliver_due_notifications(there.deployment) == 1
        clock.move(seconds=890)
        assert deliver_due_notifications(there.deployment) == 0
        clock.move(seconds=20)
        assert deliver_due_notifications(there.deployment) == 1


@pytest.mark.parametrize(("status", "tries"), [(410, 1), (500, len(RETRIES_S) + 1)])
def test_a_subscription_breaks_and_is_mended_by_an_update(
    vtn: VtnWorld, subscriber: Subscriber, status: int, tries: int
) -> None:
    clock = Clock(vtn.deployment.clock())
    with vtn.elsewhere(clock=clock) as there:
        program = there.program()
        body = wish(subscriber, program["id"])
        made = there.post("/subscriptions", body)
        subscriber.answers(status)
        there.event(program), there.event(program)
        attempts = 0
        for _ in range(tries + 2):
            attempts += deliver_due_notifications(there.deployment)
            clock.move(days=1)
        assert attempts == tries == len(subscriber.notifications)
        there.event(program)
        with there.deployment.database.reading() as session:
            row = session.scalars(select(VtnObjectRow).where(VtnObjectRow.id == made["id"])).one()
            owed = select(VtnNotificationRow).where(
                VtnNotificationRow.subscription_number == row.number
            )
            assert row.broken_why == f"status {status}"
            assert session.scalars(owed).all() == []
        subscriber.answers(200)
        there.put(f"/subscriptions/{made['id']}", body)
        event = there.event(program)
        assert deliver_due_notifications(there.deployment) == 1
    assert subscriber.notifications[-1]["object"]["id"] == event["id"]


def test_a_claim_of_a_worker_that_died_runs_out(vtn: VtnWorld, subscriber: Subscriber) -> None:
    from kwhen.delivery.vtn import CLAIMED, _claim

    clock = Clock(vtn.deployment.clock())
    with vtn.elsewhere(clock=clock) as there:
        program = there.program()
        there.post("/subscriptions", wish(subscriber, program["id"]))
        there.event(program)
        assert len(_claim(there.deployment, 16)) == 1
        assert deliver_due_notifications(there.deployment) == 0
        clock.now += CLAIMED
        assert deliver_due_notifications(there.deployment) == 1


def tries_count(vtn: VtnWorld, subscription_id: str) -> int:
    """How often the first notification that a subscription is owed has failed."""
    query = (
        select(VtnNotificationRow.tries_count)
        .join(VtnObjectRow, VtnObjectRow.number == VtnNotificationRow.subscription_number)
        .where(VtnObjectRow.id == subscription_id)
        .order_by(VtnNotificationRow.number)
    )
    with vtn.deployment.database.reading() as session:
        return session.scalars(query).first() or 0


def test_a_subscriber_that_hangs_holds_up_nobody_else(
    vtn: VtnWorld, subscriber: Subscriber
) -> None:
    """The fast one gets everything while the slow one still thinks about its first."""
    program, heard = vtn.program(), threading.Event()

    def hang(wire: Any, released: threading.Event) -> None:
        heard.wait(60)

    with echoing() as slow:
        made = vtn.post("/subscriptions", wish(slow, program["id"]))
        vtn.post("/subscriptions", wish(subscriber, program["id"]))
        slow.receiver.answers = [Say(raw=hang), Say()]
        for _ in range(5):
            vtn.event(program)
        sending = threading.Thread(target=deliver_due_notifications, args=(vtn.deployment,))
        sending.start()
        assert len(subscriber.receiver.wait_for(5)) == 5
        assert tries_count(vtn, made["id"]) == 0, "the fast one had to wait for the slow one"
        heard.set()
        sending.join()


def test_a_subscription_to_everything_has_no_words_in_3_0_1(
    vtn: VtnWorld, subscriber: Subscriber
) -> None:
    made = vtn.post("/subscriptions", wish(subscriber, None))
    path = f"/subscriptions/{made['id']}"
    assert made["id"] not in {one["id"] for one in vtn.every("/subscriptions", version=OLD)}
    vtn.get(path, 404, version=OLD)
    vtn.delete(path, 404, version=OLD)
    assert vtn.delete(path) == made
