"""OAuth: who gets a token, with which scopes, and what becomes of requests without one."""

import base64
from typing import Any

import pytest

from kwhen.operations.vtn.clients import revoke_client
from kwhen.records import VtnRole
from tests.deployments import SANDBOX, Clock
from tests.service.world import KEY
from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld

VEN_SCOPES = "read_targets read_ven_objects write_reports write_subscriptions write_vens"


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_token_is_given_by_form_and_by_basic(vtn: VtnWorld, version: str) -> None:
    issued = vtn.oauth(VEN)
    url = f"/openadr3/{version}/auth/token"
    pair = f"{issued.credential.id}:{issued.secret}"
    basic = {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    grant = {"grant_type": "client_credentials"}
    for answer in (
        vtn.ask_token(issued, version),
        vtn.client.post(url, data=grant, headers=basic),
    ):
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["token_type"], told["expires_in"]) == ("Bearer", 3600)
        assert told["scope"] == VEN_SCOPES
        assert answer.headers["cache-control"] == "no-store"
        found = vtn.client.get(
            f"/openadr3/{version}/vens", headers={"authorization": f"Bearer {told['access_token']}"}
        )
        assert found.status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wsk_vtn_" + "0" * 38}, 401, "invalid_client"),
        ({"client_secret": "nonsense"}, 401, "invalid_client"),
        ({"client_id": "vtn_client_other"}, 401, "invalid_client"),
        ({"client_id": ""}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "write_programs"}, 400, "invalid_scope"),
        ({"scope": "read_all"}, 400, "invalid_scope"),
        ({"scope": "homes:read"}, 400, "invalid_scope"),
    ],
)
def test_a_token_is_refused(vtn: VtnWorld, changes: dict[str, str], status: int, code: str) -> None:
    answer = vtn.ask_token(vtn.oauth(VEN), **changes)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.json()["error_description"]


def test_a_form_that_cannot_be_read_is_an_invalid_request(vtn: VtnWorld) -> None:
    url, form = f"/openadr3/{NEW}/auth/token", {"content-type": "application/x-www-form-urlencoded"}
    for content in (b"", b"grant_type=a&grant_type=b", b"grant_type=%ff"):
        answer = vtn.client.post(url, content=content, headers=form)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = vtn.client.post(url, json={"grant_type": "client_credentials"})
    assert (answer.status_code, answer.json()["error"]) == (415, "invalid_request")


def test_scopes_are_honoured_and_echoed(vtn: VtnWorld) -> None:
    answer = vtn.ask_token(vtn.oauth(BL), scope="read_all write_events write_events")
    assert answer.json()["scope"] == "read_all write_events"
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    url = f"/openadr3/{NEW}"
    assert vtn.client.get(f"{url}/vens", headers=headers).status_code == 200
    refused = vtn.client.post(f"{url}/programs", json={"programName": "no"}, headers=headers)
    assert refused.status_code == 403
    assert "write_programs" in refused.json()["detail"]


def test_under_3_0_1_everybody_reads_by_read_all(vtn: VtnWorld) -> None:
    """It is mapped to what the role may read."""
    program = vtn.program(targets=["only-for-others"])
    answer = vtn.ask_token(vtn.oauth(VEN), OLD, scope="read_all")
    assert answer.json()["scope"] == "read_all"
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    url = f"/openadr3/{OLD}/programs"
    assert vtn.client.get(url, headers=headers).status_code == 200
    assert vtn.client.get(f"{url}/{program['id']}", headers=headers).status_code == 404


@pytest.mark.parametrize(("version", "status"), [(NEW, 401), (OLD, 403)])
def test_without_a_good_token_nothing_is_told(vtn: VtnWorld, version: str, status: int) -> None:
    clock = Clock(vtn.deployment.clock())
    token = vtn.token_of(vtn.oauth(BL))
    key = vtn.orgs.key().secret
    url = f"/openadr3/{version}/vens"
    sent: list[dict[str, str]] = [
        {},
        {"authorization": "Bearer nonsense"},
        {"authorization": f"Bearer {key}"},
        {"authorization": f"Bearer {vtn.oauth(BL).secret}"},
        {KEY: key},
    ]
    answers = [vtn.client.get(url, headers=headers) for headers in sent]
    clock.move(hours=1, seconds=1)
    with vtn.elsewhere(clock=clock) as later:
        answers.append(later.client.get(url, headers={"authorization": f"Bearer {token}"}))
    for answer in answers:
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["status"] == status
        assert ("www-authenticate" in answer.headers) == (version == NEW)


def test_a_bad_token_is_refused_where_strangers_may_read(vtn: VtnWorld) -> None:
    url = f"/openadr3/{NEW}/programs"
    assert vtn.client.get(url).status_code == 200
    assert vtn.client.get(url, headers={"authorization": "Bearer no"}).status_code == 401


def test_a_revoked_client_is_out_at_once(vtn: VtnWorld) -> None:
    issued = vtn.new_client(BL)
    headers = vtn.headers(issued)
    assert vtn.client.get(f"/openadr3/{NEW}/vens", headers=headers).status_code == 200
    with vtn.deployment.writing(vtn.orgs.tenant()) as work:
        revoke_client(work, issued.credential.id)
    assert vtn.client.get(f"/openadr3/{NEW}/vens", headers=headers).status_code == 401
    assert vtn.ask_token(issued).json()["error"] == "invalid_client"


def test_a_client_or_token_is_no_key_of_the_contract(vtn: VtnWorld) -> None:
    secret, token = vtn.oauth(BL).secret, vtn.token_of(vtn.oauth(BL))
    every: list[dict[str, str]] = [
        {KEY: secret},
        {KEY: token},
        {"authorization": f"Bearer {token}"},
    ]
    for headers in every:
        answer = vtn.client.post("/v1/homes/list", headers=headers)
        assert answer.status_code == 401, answer.text


def test_the_token_endpoint_is_told(vtn: VtnWorld) -> None:
    found = vtn.get("/auth/server", who=None)
    assert found["tokenURL"] == f"{str(vtn.client.base_url).rstrip('/')}/openadr3/{NEW}/auth/token"
    with vtn.elsewhere(public_url="https://kwhen.example.com/") as there:
        found = there.get("/auth/server", who=None)
        assert found["tokenURL"] == f"https://kwhen.example.com/openadr3/{NEW}/auth/token"


def test_tokens_of_a_client_share_one_allowance(vtn: VtnWorld) -> None:
    with vtn.elsewhere(rate_limit_per_minute=2) as limited:
        issued = limited.new_client(BL)
        statuses = []
        for _ in range(3):
            headers = {"authorization": f"Bearer {limited.token_of(issued)}"}
            answer = limited.client.get(f"/openadr3/{NEW}/vens", headers=headers)
            statuses.append(answer.status_code)
    assert statuses == [200, 200, 429]
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["title"] == "Too Many Requests"


def test_nobody_sees_another_tenants_objects(vtn: VtnWorld) -> None:
    """Another organisation, and the other half of one's own."""
    program = vtn.program()
    event = vtn.event(program)
    ven = vtn.ven(vtn.oauth(VEN))
    others: list[Any] = [(BL, "south"), (BL, "north", SANDBOX), (VtnRole.VEN, "south"), None]
    for who in others:
        for path in (f"/programs/{program['id']}", f"/events/{event['id']}"):
            vtn.get(path, 404, who=who)
        names = {found["programName"] for found in vtn.every("/programs", who=who)}
        assert program["programName"] not in names
        assert vtn.get("/events", programID=program["id"], who=who) == []
        if who is not None:
            vtn.get(f"/vens/{ven['id']}", 404, who=who)
    for who in others[:2]:
        vtn.put(f"/programs/{program['id']}", {"programName": "stolen"}, 404, who=who)
        vtn.delete(f"/programs/{program['id']}", 404, who=who)
        vtn.post("/events", {"programID": program["id"]}, 409, who=who)
        vtn.program(programName=program["programName"], who=who)  # the name is free there
    assert vtn.get(f"/programs/{program['id']}") == program
