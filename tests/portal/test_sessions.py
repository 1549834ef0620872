"""Signing in and out, by key and by link; what a session may, and when it ends."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import structlog

from kwhen.operations.credentials import list_keys, revoke_key
from kwhen.operations.deployment import Deployment
from kwhen.operations.portal_sessions import sign_link
from kwhen.operations.upkeep import sweep
from kwhen.records import CredentialKind
from kwhen.service.portal.session import _signer
from kwhen.storage import credentials
from tests.deployments import SANDBOX, Clock, Parties, other
from tests.portal.people import Person, signed_in
from tests.service.server import client_of

SIGN_IN, ENTER = "/portal/sign-in", "/portal/enter"


def start(client: httpx.Client, secret: str, wanted: str = "/portal") -> httpx.Response:
    return client.post(SIGN_IN, data={"key": secret, "next": wanted}, follow_redirects=False)


def alone(client: httpx.Client) -> httpx.Client:
    """The same service without a cookie."""
    return httpx.Client(
        base_url=client.base_url, timeout=client.timeout, headers=dict(client.headers)
    )


@contextmanager
def later_on(deployment: Deployment, address: str) -> Iterator[httpx.Client]:
    """A client of a service with another clock, from an address whose requests no other counts."""
    with client_of(deployment) as client:
        client.headers["x-forwarded-for"] = address
        yield client


# ---- the way in ----


def test_who_is_not_signed_in_is_sent_to_sign_in(client: httpx.Client) -> None:
    answer = client.get("/portal/homes?q=x")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{SIGN_IN}?next=/portal/homes%3Fq%3Dx"


def test_a_script_is_told_where_to_go(client: httpx.Client) -> None:
    answer = client.get("/portal/homes", headers={"hx-request": "true"})
    assert answer.status_code == 200 and answer.headers["hx-redirect"].startswith(SIGN_IN)
    assert not answer.content


def test_a_key_signs_in_and_its_cookie_is_guarded(client: httpx.Client, orgs: Parties) -> None:
    with alone(client) as own:
        answer = start(own, orgs.key().secret, "/portal/homes")
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal/homes")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("kwhen_portal=wsk_portal_")
        for word in ("HttpOnly", "SameSite=lax", "Path=/portal", "Max-Age=43200"):
            assert word in cookie
        assert "Secure" not in cookie  # nothing would keep it over http
        assert own.get("/portal/homes").status_code == 200


def test_over_https_the_cookie_is_secure(deployment: Deployment, orgs: Parties) -> None:
    with client_of(other(deployment, public_url="https://kwhen.example.com")) as client:
        cookie = start(client, orgs.key().secret).headers["set-cookie"]
    assert cookie.startswith("__Secure-kwhen_portal=") and "; Secure" in cookie


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/portal/../v1", "/\\evil", "/portal//evil", "/v1"],
)
def test_nobody_is_sent_elsewhere(client: httpx.Client, orgs: Parties, wanted: str) -> None:
    with alone(client) as own:
        place = start(own, orgs.key().secret, wanted).headers["location"]
        assert place.startswith("/portal") and "evil" not in place and "//" not in place


@pytest.mark.parametrize("kind", ["typing error", "revoked", "session token", "nothing"])
def test_what_is_no_good_key_is_told_beside_the_field(
    client: httpx.Client, orgs: Parties, kind: str
) -> None:
    key = orgs.new_key()
    secret = {
        "typing error": key.secret[:-1] + ("a" if key.secret[-1] != "a" else "b"),
        "revoked": key.secret,
        "session token": "wsk_session_x",
        "nothing": "",
    }[kind]
    if kind == "revoked":
        with orgs.deployment.writing(key.credential.tenant) as work:
            revoke_key(work, key.credential.id)
    answer = start(client, secret)
    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert 'class="error"' in answer.text and 'aria-invalid="true"' in answer.text
    if secret:
        assert secret not in answer.text


def test_an_address_that_guesses_is_slowed_down(deployment: Deployment) -> None:
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    with later_on(other(deployment, clock, sign_ins_per_minute=20), "203.0.113.7") as client:
        codes = [start(client, "wsk_live_guess").status_code for _ in range(21)]
        assert codes == [401] * 20 + [429]
        clock.move(minutes=1)
        assert start(client, "wsk_live_guess").status_code == 401


# ---- the link ----


def test_a_link_signs_in_and_leaves_the_address(client: httpx.Client, orgs: Parties) -> None:
    token = sign_link(orgs.deployment, orgs.key("south", SANDBOX).credential)
    with alone(client) as own:
        with structlog.testing.capture_logs() as logs:
            answer = own.get(ENTER, params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert own.get("/portal/system").status_code == 200
    assert token not in str(logs)


@pytest.mark.parametrize("kind", ["old", "revoked", "cut off", "of another secret", "a session's"])
def test_a_link_that_is_no_good_says_why(orgs: Parties, client: httpx.Client, kind: str) -> None:
    deployment, key = orgs.deployment, orgs.new_key().credential
    token = sign_link(deployment, key)
    if kind == "old":
        token = sign_link(deployment, key, life=timedelta(seconds=-1))
    elif kind == "revoked":
        with deployment.writing(key.tenant) as work:
            revoke_key(work, key.id)
    elif kind == "cut off":
        token = token[:-3]
    elif kind == "of another secret":
        head, _, tail = token.partition(".")
        token = f"{head}.{tail[::-1]}"
    else:
        with signed_in(client, orgs), deployment.reading(orgs.tenant("north", SANDBOX)) as work:
            every = credentials.credentials(work.session, work.tenant)
        token = sign_link(deployment, next(c for c in every if c.kind is CredentialKind.PORTAL))
    answer = client.get(ENTER, params={"token": token})
    assert answer.status_code == 401 and "set-cookie" not in answer.headers
    assert 'class="notice warn"' in answer.text


def test_a_link_without_an_end_is_good_as_long_as_its_key(orgs: Parties) -> None:
    key = orgs.new_key().credential
    token = sign_link(orgs.deployment, key, life=None)
    later = Clock(datetime.now(UTC).replace(microsecond=0) + timedelta(days=400))
    with later_on(other(orgs.deployment, later), "203.0.113.8") as client:
        assert client.get(ENTER, params={"token": token}).status_code == 303


# ---- the end ----


def test_signing_out_ends_the_session(client: httpx.Client, orgs: Parties) -> None:
    with signed_in(client, orgs) as person:
        cookies = dict(person.client.cookies)
        answer = person.post("/portal/sign-out")
        assert answer.status_code == 303 and 'kwhen_portal=""' in answer.headers["set-cookie"]
        again = client.get(
            "/portal/homes", headers={"cookie": f"kwhen_portal={cookies.popitem()[1]}"}
        )
    assert again.status_code == 303 and again.headers["location"].endswith("ended=1")


def test_a_session_ends_when_its_key_is_revoked(client: httpx.Client, orgs: Parties) -> None:
    key = orgs.new_key()
    with alone(client) as own:
        start(own, key.secret)
        assert own.get("/portal/system").status_code == 200
        with orgs.deployment.writing(key.credential.tenant) as work:
            revoke_key(work, key.credential.id)
        assert own.get("/portal/system").status_code == 303


def test_a_session_ends_after_twelve_hours_or_with_its_key(orgs: Parties) -> None:
    clock = Clock(datetime.now(UTC).replace(microsecond=0))
    soon = orgs.new_key(expires_at=clock.now + timedelta(hours=1))
    with later_on(other(orgs.deployment, clock), "203.0.113.9") as one, alone(one) as two:
        start(one, soon.secret)
        start(two, orgs.key().secret)
        clock.move(minutes=61)
        assert [c.get("/portal/system").status_code for c in (one, two)] == [303, 200]
        clock.move(hours=11)
        assert two.get("/portal/system").status_code == 303


def test_ended_sessions_are_swept_and_keys_stay(orgs: Parties, client: httpx.Client) -> None:
    with signed_in(client, orgs, "south"):
        later = Clock(datetime.now(UTC).replace(microsecond=0) + timedelta(days=3))
        sweep(other(orgs.deployment, later))
    with orgs.deployment.reading(orgs.tenant("south", SANDBOX)) as work:
        every = credentials.credentials(work.session, work.tenant)
        assert not [c for c in every if c.kind is CredentialKind.PORTAL] and list_keys(work)


# ---- what a session is not ----


def test_a_portal_token_opens_no_route_of_the_api(client: httpx.Client, north: Person) -> None:
    token = next(iter(north.client.cookies.values())).split(".")[0]
    assert re.fullmatch(r"wsk_portal_\w{38}", token)
    bearer = {"authorization": f"Bearer {token}"}
    for headers in ({"x-ws-api-key": token}, bearer):
        assert client.post("/v1/homes/list", headers=headers).status_code == 401
    assert client.get("/openadr3/3.1.0/programs", headers=bearer).status_code == 401


def test_a_cookie_opens_no_route_of_the_api(north: Person) -> None:
    assert north.client.post("/v1/homes/list").status_code == 401


def test_other_credentials_are_no_session(client: httpx.Client, orgs: Parties) -> None:
    key = orgs.key()
    headers = {"x-ws-api-key": key.secret}
    minted = client.post("/v1/onboarding/session-token/generate", headers=headers).json()
    for token in (key.secret, minted["sessionToken"]):
        signed = _signer(orgs.deployment).sign(token).decode()
        for cookie in (signed, token):
            answer = client.get("/portal/homes", headers={"cookie": f"kwhen_portal={cookie}"})
            assert answer.status_code == 303


def test_requests_of_a_session_are_counted(orgs: Parties) -> None:
    with client_of(other(orgs.deployment, rate_limit_per_minute=3)) as client:
        start(client, orgs.key().secret)
        answers = [client.get("/portal/system") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert "Retry-After" in answers[-1].headers and "A little slower" in answers[-1].text
