"""The webhook in the portal: set, tried, disabled and set again; its log and its deliveries."""

from datetime import timedelta

import httpx
import pytest

from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookWish, security_key
from kwhen.records import AttemptRecord, Delivery, DeliveryState, Scope, Webhook
from kwhen.storage import deliveries
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, signed_in, words_of

PAGE, EDIT = "/portal/webhooks", "/portal/webhooks/edit"
URL = "https://example.com/price-signals"
RIGHT = {"webhookUrl": URL, "securityKey": "a key of ours", "scheduled": "none"}


def held(orgs: Parties, party: str = "north") -> Webhook:
    with orgs.deployment.reading(orgs.tenant(party, SANDBOX)) as work:
        return webhooks.get_webhook(work)


@pytest.fixture
def hook(orgs: Parties) -> Webhook:
    """The webhook of north, as new."""
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        wish = WebhookWish(url=URL, security_key="k", open_adr=False, more={"schedule": None})
        return webhooks.set_webhook(work, wish)


def attempted(orgs: Parties, state: DeliveryState, said: str = "") -> Delivery:
    """A delivery of north after one attempt."""
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        made = webhooks.test(work)
        deliveries.begin_attempt(work.session, work.tenant, made.id, 1, work.now)
        attempt = AttemptRecord(
            number=1, at=work.now, status=500, latency_s=0.25, error=None, body_start=said
        )
        deliveries.end_attempt(work.session, work.tenant, made.id, attempt)
        next_at = work.now + timedelta(minutes=5) if state is DeliveryState.PENDING else None
        deliveries.settle(work.session, work.tenant, made.id, state, next_at=next_at, now=work.now)
        return webhooks.get_delivery(work, made.id)


def test_it_is_set_changed_and_removed(south: Person, orgs: Parties) -> None:
    assert "No webhook yet" in words_of(south.get(PAGE))
    sent = {**RIGHT, "gzip": "on", "scheduled": "daily", "dailyAt": "06:30"}
    assert south.post(EDIT, {**sent, "timezone": "America/New_York"}).status_code == 303
    first = held(orgs, "south")
    assert (first.url, first.gzip, first.on_change, first.open_adr) == (URL, True, False, False)
    assert first.schedule is not None and first.schedule.daily_at == "06:30"
    assert security_key(orgs.deployment, first) == "a key of ours"
    blank = {"webhookUrl": URL + "/2", "securityKey": "", "scheduled": "every", "onChange": "on"}
    assert south.post(EDIT, {**blank, "everyMinutes": "15", "openAdr": "on"}).status_code == 303
    second = held(orgs, "south")
    assert second.schedule is not None and second.schedule.every_minutes == 15
    assert second.open_adr and second.on_change and not second.gzip
    assert security_key(orgs.deployment, second) == "a key of ours"  # blank keeps it
    page = south.get(EDIT)
    assert "a key of ours" not in page and 'value="15"' in page
    assert "for good" in words_of(south.get(f"{PAGE}/remove"))
    assert south.post(f"{PAGE}/remove").headers["location"] == f"{PAGE}?done=removed"
    assert south.post(f"{PAGE}/remove").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"webhookUrl": ""}, "webhookUrl"),
        ({"webhookUrl": "ftp://example.com"}, "webhookUrl"),
        ({"webhookUrl": "http://10.0.0.1/x"}, "webhookUrl"),
        ({"webhookUrl": "javascript:alert(1)"}, "webhookUrl"),
        ({"webhookUrl": "https://a b"}, "webhookUrl"),
        ({"webhookUrl": "https://example.com/" + "x" * 2048}, "webhookUrl"),
        ({"securityKey": "ü"}, "securityKey"),
        ({"securityKey": "x" * 300}, "securityKey"),
        ({"scheduled": "every", "everyMinutes": "1"}, "everyMinutes"),
        ({"scheduled": "every", "everyMinutes": "²"}, "everyMinutes"),
        ({"scheduled": "daily", "dailyAt": "25:00", "timezone": "UTC"}, "dailyAt"),
        ({"scheduled": "daily", "dailyAt": "06:00", "timezone": "Mars"}, "timezone"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    north: Person, orgs: Parties, hook: Webhook, wrong: dict[str, str], field: str
) -> None:
    answer = north.post(EDIT, {**RIGHT, **wrong})
    assert answer.status_code == 400 and f'id="f-{field}-error"' in answer.text
    assert held(orgs) == hook


def test_tests_and_runs_are_asked_for(north: Person, hook: Webhook) -> None:
    assert north.post(f"{PAGE}/test").headers["location"] == f"{PAGE}?done=test"
    assert north.post(f"{PAGE}/trigger").headers["location"] == f"{PAGE}?done=run"
    window = {"start": "2026-07-01T00:00", "end": "2026-07-02T00:00"}
    assert north.post(f"{PAGE}/trigger", window).status_code == 303
    log = north.get(f"{PAGE}/log", headers={"hx-request": "true"})
    assert "Test" in log and "waiting" in log and "<html" not in log and "every 3s" in log
    assert "2026-07-01 00:00 UTC" in north.get(f"{PAGE}/runs")
    for wrong in ({"start": "soon"}, {"start": "2026-07-01T00:00"}, {**window, "end": "1"}):
        assert north.post(f"{PAGE}/trigger", wrong).status_code == 400


def test_a_disabled_webhook_says_why_and_how_to_begin_anew(
    north: Person, orgs: Parties, hook: Webhook
) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        webhooks.disable(work, "the receiver answered 410 (gone)")
    page = words_of(north.get(PAGE))
    assert "disabled since" in page and "410 (gone)" in page and "set the webhook again" in page
    for path in (f"{PAGE}/test", f"{PAGE}/trigger"):
        answer = north.post(path)
        assert answer.status_code == 400 and "was disabled" in words_of(answer.text)
    assert north.post(EDIT, {**RIGHT, "securityKey": ""}).status_code == 303
    assert held(orgs).disabled_at is None


def test_the_log_tells_states_attempts_and_the_next_try(
    north: Person, orgs: Parties, hook: Webhook
) -> None:
    attempted(orgs, DeliveryState.PENDING)
    attempted(orgs, DeliveryState.FAILED)
    log = words_of(north.get(f"{PAGE}/log"))
    assert "retrying" in log and "failed" in log and "500" in log and "250 ms" in log
    assert "in 5 minutes" in log
    only = words_of(north.get(f"{PAGE}/log?state=failed"))
    assert "retrying" not in only
    assert "Nothing is delivered" in words_of(north.get(f"{PAGE}/log?state=delivered"))
    north.get(f"{PAGE}/log?state=nonsense&before=ws_delivery_gone")


def test_the_log_has_pages(north: Person, orgs: Parties, hook: Webhook) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        made = [webhooks.test(work) for _ in range(21)]
    log = north.get(f"{PAGE}/log")
    assert made[20].id in log and made[0].id not in log
    older = log.split("before=")[1].split('"')[0]
    page = north.get(f"{PAGE}/log?state=&before={older}")
    assert made[0].id in page and "every 3s" not in page


def test_a_delivery_is_told_and_sent_again(north: Person, orgs: Parties, hook: Webhook) -> None:
    made = attempted(orgs, DeliveryState.FAILED)
    path = f"{PAGE}/deliveries/{made.id}"
    page = north.get(path)
    assert "&#34;eventType&#34;: &#34;PRICE_SIGNAL&#34;" in page and "Send it again" in page
    assert '"test":true' in north.get(f"{path}/body.json")
    assert north.post(f"{path}/replay").status_code == 303
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        assert webhooks.get_delivery(work, made.id).state is DeliveryState.PENDING
    again = north.post(f"{path}/replay")
    assert again.status_code == 409 and "sent by itself" in words_of(again.text)


def test_a_body_that_is_gone_is_told(north: Person, orgs: Parties, hook: Webhook) -> None:
    made = attempted(orgs, DeliveryState.DELIVERED)
    with orgs.deployment.database.writing() as session:
        deliveries.every_body_before(session, orgs.deployment.clock() + timedelta(days=1))
    path = f"{PAGE}/deliveries/{made.id}"
    page = north.get(path)
    assert "not kept any more" in words_of(page) and "Send it again" not in page
    north.get(f"{path}/body.json", 409)
    assert north.post(f"{path}/replay").status_code == 409


def test_what_a_receiver_says_comes_back_as_text(
    north: Person, orgs: Parties, hook: Webhook
) -> None:
    made = attempted(orgs, DeliveryState.FAILED, said=XSS)
    page = north.get(f"{PAGE}/deliveries/{made.id}")
    assert has_no_markup_of(page) and "&lt;script&gt;alert(1)" in page
    url = URL + "/<script>alert(1)</script>"
    assert north.post(EDIT, {**RIGHT, "webhookUrl": url}).status_code == 303
    assert has_no_markup_of(north.get(PAGE)) and has_no_markup_of(north.get(EDIT))
    names = ("webhookUrl", "securityKey", "scheduled", "everyMinutes", "dailyAt", "timezone")
    assert has_no_markup_of(north.post(EDIT, dict.fromkeys(names, XSS)).text)
    assert has_no_markup_of(north.post(f"{PAGE}/trigger", {"start": XSS, "end": XSS}).text)


def test_what_is_anothers_is_not_there(
    north: Person, south: Person, producer: Person, orgs: Parties, hook: Webhook
) -> None:
    made = attempted(orgs, DeliveryState.FAILED)
    path = f"{PAGE}/deliveries/{made.id}"
    for stranger in (south, producer):
        assert "No webhook yet" in words_of(stranger.get(PAGE))
        assert made.id not in stranger.get(f"{PAGE}/log")
        stranger.get(f"{PAGE}/log?before={made.id}")
        stranger.get(path, 404)
        stranger.get(f"{path}/body.json", 404)
        assert stranger.post(f"{path}/replay").status_code == 404
        for verb in ("test", "trigger", "remove"):
            assert stranger.post(f"{PAGE}/{verb}").status_code == 404
    assert held(orgs) == hook
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        assert webhooks.get_delivery(work, made.id) == made


def test_scopes_and_forms_are_respected(
    north: Person, reader: Person, orgs: Parties, hook: Webhook
) -> None:
    for path in (PAGE, EDIT, f"{PAGE}/log", f"{PAGE}/runs", f"{PAGE}/remove"):
        reader.get(path, 403)
    for path in (EDIT, f"{PAGE}/test", f"{PAGE}/trigger", f"{PAGE}/remove"):
        assert reader.post(path, RIGHT).status_code == 403
        assert north.post(path, {**RIGHT, "csrf": "0"}).status_code == 403
    assert held(orgs) == hook


def test_one_scope_is_enough(client: httpx.Client, orgs: Parties, hook: Webhook) -> None:
    with signed_in(client, orgs, scopes={Scope.WEBHOOK_WRITE}) as person:
        assert URL in person.get(PAGE)
