"""Keys in the portal: made with a secret that is shown once, never with more than one has."""

import re

import httpx

from kwhen.operations.credentials import list_keys
from kwhen.operations.vtn.clients import create_client
from kwhen.records import Credential, Scope, VtnRole
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, signed_in, words_of

NEW = "/portal/keys/new"
SECRET = re.compile(r"wsk_test_\w{38}")
ADMIN = frozenset({Scope.KEYS_ADMIN, Scope.HOMES_READ})


def keys(orgs: Parties, party: str = "north") -> dict[str, Credential]:
    with orgs.deployment.reading(orgs.tenant(party, SANDBOX)) as work:
        return {key.id: key for key in list_keys(work)}


def named(orgs: Parties, name: str) -> Credential:
    return next(key for key in keys(orgs).values() if key.name == name)


def test_a_key_is_made_and_its_secret_shown_once(
    north: Person, orgs: Parties, client: httpx.Client
) -> None:
    sent = {"name": "backend", "expires": "30", "scopes": ["homes:read", "homes:write"]}
    answer = north.send(NEW, sent)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    (secret,) = set(SECRET.findall(answer.text))
    made = named(orgs, "backend")
    assert made.scopes == {Scope.HOMES_READ, Scope.HOMES_WRITE} and made.expires_at is not None
    assert (made.expires_at - made.created_at).days == 30
    found = client.post("/v1/homes/list", headers={"x-ws-api-key": secret})
    assert found.status_code == 200
    page = north.get("/portal/keys")
    assert "backend" in page and made.prefix in page and secret not in page
    assert not SECRET.search(page)


def test_a_form_that_is_sent_twice_makes_one_key_and_shows_it_once(
    north: Person, orgs: Parties
) -> None:
    form = {"name": "double", "expires": "never", "scopes": "homes:read", "once": "1f" * 16}
    assert SECRET.search(north.post(NEW, form).text)
    again = north.post(NEW, form)
    assert again.status_code == 303 and not SECRET.search(again.text)
    assert [key.name for key in keys(orgs).values()].count("double") == 1


def test_what_is_wrong_is_told_and_no_key_is_made(north: Person, orgs: Parties) -> None:
    before = keys(orgs)
    right = {"name": "wrong", "expires": "90", "scopes": "homes:read"}
    for wrong, words in (
        ({"name": " "}, "give 1 to 255"),
        ({"name": "x" * 256}, "give 1 to 255"),
        ({"scopes": []}, "choose at least one"),
        ({"scopes": ["homes:read", "everything"]}, "is no scope"),
        ({"expires": "sometime"}, "choose when"),
        ({"expires": "date"}, "give the day"),
        ({"expires": "date", "expires_on": "2020-01-01"}, "has passed"),
        ({"expires": "date", "expires_on": "0000-99-99"}, "give the day"),
    ):
        answer = north.send(NEW, {**right, **wrong})
        assert answer.status_code == 400 and words in words_of(answer.text), wrong
    assert keys(orgs) == before


def test_a_key_ends_on_the_day_that_was_chosen(north: Person, orgs: Parties) -> None:
    sent = {"name": "dated", "expires": "date", "expires_on": "2099-12-31", "scopes": "homes"}
    assert north.send(NEW, sent).status_code == 200
    expires_at = named(orgs, "dated").expires_at
    assert expires_at is not None and expires_at.isoformat() == "2099-12-31T00:00:00+00:00"


def test_nobody_gives_what_they_lack(client: httpx.Client, orgs: Parties) -> None:
    with signed_in(client, orgs, scopes=ADMIN) as admin:
        assert "your key lacks it" in words_of(admin.get(NEW))
        before = keys(orgs)
        sent = {"name": "more", "expires": "90", "scopes": ["homes:read", "webhook:write"]}
        answer = admin.send(NEW, sent)
        assert answer.status_code == 400 and "webhook:write" in words_of(answer.text)
        assert keys(orgs) == before
        assert admin.send(NEW, {**sent, "scopes": "homes:read"}).status_code == 200


def test_without_keys_admin_there_are_no_keys(reader: Person, north: Person, orgs: Parties) -> None:
    for path in ("/portal/keys", NEW, f"/portal/keys/{north.key.id}/revoke"):
        reader.get(path, 403)
    for path in (NEW, f"/portal/keys/{north.key.id}/revoke"):
        assert reader.post(path, {"name": "x", "sure": "on"}).status_code == 403
    assert keys(orgs)[north.key.id].revoked_at is None


def test_a_key_is_revoked_after_a_question(
    north: Person, orgs: Parties, client: httpx.Client
) -> None:
    issued = orgs.new_key("north", SANDBOX)
    page = f"/portal/keys/{issued.credential.id}/revoke"
    assert "cannot be undone" in words_of(north.get(page))
    assert north.post(page).headers["location"] == "/portal/keys?done=revoked"
    assert keys(orgs)[issued.credential.id].revoked_at is not None
    answer = client.post("/v1/homes/list", headers={"x-ws-api-key": issued.secret})
    assert answer.json()["error_code"] == "AUTH_REVOKED_CREDENTIAL"
    assert "revoked already" in words_of(north.get(page))


def test_the_key_of_the_session_is_revoked_only_knowingly(
    client: httpx.Client, orgs: Parties
) -> None:
    scopes = {Scope.KEYS_ADMIN, Scope.OPENADR_READ}
    with signed_in(client, orgs, scopes=scopes) as person:
        page = f"/portal/keys/{person.key.id}/revoke"
        assert "This ends your session" in words_of(person.get(page))
        assert person.post(page).headers["location"] == page  # without the tick
        assert keys(orgs)[person.key.id].revoked_at is None
        assert person.post(page, {"sure": "on"}).status_code == 303
        assert keys(orgs)[person.key.id].revoked_at is not None
        assert person.client.get("/portal/keys", follow_redirects=False).status_code == 303


def test_the_last_key_that_makes_keys_is_told_apart(client: httpx.Client, orgs: Parties) -> None:
    with signed_in(client, orgs, "shed") as person:
        page = f"/portal/keys/{person.key.id}/revoke"
        assert "last of its kind" in words_of(person.get(page))
        orgs.new_key("shed", SANDBOX)
        assert "last of its kind" not in words_of(person.get(page))


def test_keys_of_others_are_not_there(
    north: Person, south: Person, producer: Person, orgs: Parties
) -> None:
    with orgs.deployment.writing(orgs.tenant("south", SANDBOX)) as work:
        oauth = create_client(work, "client", VtnRole.VEN).credential
    for stranger in (south, producer):
        page = f"/portal/keys/{north.key.id}/revoke"
        assert north.key.id not in stranger.get("/portal/keys")
        stranger.get(page, 404)
        assert stranger.post(page, {"sure": "on"}).status_code == 404
    assert south.post(f"/portal/keys/{oauth.id}/revoke").status_code == 404
    assert keys(orgs)[north.key.id].revoked_at is None


def test_a_form_from_elsewhere_makes_no_key(north: Person, orgs: Parties) -> None:
    before = keys(orgs)
    sent = {"name": "forged", "expires": "90", "scopes": "homes:read", "csrf": "0" * 64}
    assert north.post(NEW, sent).status_code == 403
    assert keys(orgs) == before


def test_names_come_back_as_text(north: Person, orgs: Parties) -> None:
    sent = {"name": XSS, "expires": "90", "scopes": "homes:read"}
    assert has_no_markup_of(north.send(NEW, sent).text)
    made = named(orgs, XSS)
    for path in ("/portal/keys", f"/portal/keys/{made.id}/revoke"):
        page = north.get(path)
        assert has_no_markup_of(page) and "&lt;script&gt;alert(1)" in page
    refused = north.send(NEW, {**sent, "expires_on": XSS, "expires": XSS, "scopes": XSS})
    assert refused.status_code == 400 and has_no_markup_of(refused.text)
