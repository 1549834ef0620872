"""The page of the system: for whoever is signed in, without secrets and without others' things."""

import httpx

from kwhen.operations import webhooks
from kwhen.operations.webhooks import WebhookWish
from kwhen.storage import migrate
from tests.deployments import SANDBOX, Parties
from tests.portal.people import Person, words_of

PAGE = "/portal/system"


def test_it_tells_facts_sources_queue_and_tables(reader: Person) -> None:
    page = words_of(reader.get(PAGE))
    told = ("Plans", "Marginal carbon", "fallback: shipped figures", "eGRID2023", "CAISO")
    for words in (*told, "Not configured", f"revision {migrate.newest()}", "No worker is alive"):
        assert words in page, words


def test_it_tells_nothing_secret_and_no_path(north: Person, orgs: Parties) -> None:
    page, settings = north.get(PAGE), orgs.deployment.settings
    assert settings.secret is not None
    url = orgs.deployment.database.url
    for secret in (settings.secret.get_secret_value(), str(settings.data), str(url.database)):
        assert secret not in page


def test_the_queue_of_others_is_not_told(north: Person, south: Person, orgs: Parties) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        wish = WebhookWish(url="https://example.com", security_key="k", open_adr=False, more={})
        webhooks.set_webhook(work, wish)
        webhooks.test(work)
    assert "Deliveries waiting 1" in words_of(north.get(PAGE))
    assert "Deliveries waiting 0" in words_of(south.get(PAGE))


def test_nobody_sees_it_without_a_session(client: httpx.Client) -> None:
    answer = client.get(PAGE, follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"].startswith("/portal/sign-in")
