"""The inbox in the portal: whose messages are shown to whom, and as text."""

from collections.abc import Iterator

import httpx
import pytest

from kwhen.operations.feedback import give_feedback
from kwhen.records import EVERY_SCOPE, Scope
from tests.deployments import SANDBOX, Parties, other
from tests.portal.people import XSS, Person, has_no_markup_of, signed_in, words_of
from tests.service.server import client_of

PAGE = "/portal/feedback"


def post(client: httpx.Client, message: str, secret: str | None = None) -> str:
    headers = {} if secret is None else {"x-ws-api-key": secret}
    answer = client.post("/v1/feedback", json={"message": message}, headers=headers)
    assert answer.status_code == 201
    return str(answer.json()["feedback_id"])


@pytest.fixture(scope="module")
def operated(orgs: Parties) -> Iterator[tuple[httpx.Client, Parties]]:
    """The same deployment, operated by south."""
    run_by = orgs.organisations["south"].id
    deployment = other(orgs.deployment, operator_org=run_by)
    with client_of(deployment) as client:
        yield client, orgs


def test_a_message_with_a_key_is_in_the_inbox_of_its_tenant(
    north: Person, south: Person, producer: Person, client: httpx.Client, orgs: Parties
) -> None:
    id = post(client, "Of the north", orgs.key("north", SANDBOX).secret)
    assert "Of the north" in north.get(PAGE) and "Of the north" in north.get(f"{PAGE}/{id}")
    for stranger in (south, producer):
        assert "Of the north" not in stranger.get(PAGE)
        stranger.get(f"{PAGE}/{id}", 404)
        assert stranger.post(f"{PAGE}/{id}/read").status_code == 404
        stranger.get(f"{PAGE}?before={id}")


def test_a_message_without_a_good_key_is_in_nobodys(
    north: Person, south: Person, client: httpx.Client
) -> None:
    ids = [post(client, "Of a stranger"), post(client, "Of a stranger", "wsk_live_nonsense")]
    for person in (north, south):
        assert "Of a stranger" not in person.get(PAGE)
        for id in ids:
            person.get(f"{PAGE}/{id}", 404)


def test_a_message_is_marked_as_read(north: Person, client: httpx.Client, orgs: Parties) -> None:
    id = post(client, "To be read", orgs.key("north", SANDBOX).secret)
    assert "Mark as read" in north.get(f"{PAGE}/{id}")
    assert north.post(f"{PAGE}/{id}/read", {"csrf": "0"}).status_code == 403
    assert "Mark as read" in north.get(f"{PAGE}/{id}")
    assert north.post(f"{PAGE}/{id}/read").headers["location"] == PAGE
    assert "Mark as read" not in north.get(f"{PAGE}/{id}")
    north.get(f"{PAGE}/ws_feedback_0", 404)


def test_the_operator_reads_all_and_nobody_else_does(
    operated: tuple[httpx.Client, Parties],
) -> None:
    client, orgs = operated
    id = post(client, "For the operator")
    with signed_in(client, orgs, "south") as operator, signed_in(client, orgs) as tenant:
        assert "For the operator" in operator.get(PAGE)
        assert "somebody without a key" in words_of(operator.get(f"{PAGE}/{id}"))
        assert "For the operator" not in tenant.get(PAGE)
        tenant.get(f"{PAGE}/{id}", 404)
    plain = EVERY_SCOPE - {Scope.KEYS_ADMIN}
    with signed_in(client, orgs, "south", scopes=plain) as person:
        assert "For the operator" not in person.get(PAGE)
        person.get(f"{PAGE}/{id}", 404)


def test_without_the_scope_there_is_no_inbox(reader: Person) -> None:
    reader.get(PAGE, 403)
    reader.get(f"{PAGE}/ws_feedback_0", 403)
    assert reader.post(f"{PAGE}/ws_feedback_0/read").status_code == 403


def test_every_text_comes_back_as_text(north: Person, orgs: Parties) -> None:
    names = ("name", "company", "message", "page", "feedback_type", "summary", "question",
             "expected_behavior", "actual_behavior", "suggested_fix", "endpoint", "request_id",
             "docs_url", "environment")  # fmt: skip
    content = dict.fromkeys(names, XSS) | {
        "repro_steps": [XSS],
        "error": {XSS: [XSS, {"deep": XSS}]},
        "contact": {"name": XSS, "email": XSS},
        XSS: XSS,
    }
    kept = give_feedback(orgs.deployment, content, orgs.tenant("north", SANDBOX))
    for path in (PAGE, f"{PAGE}/{kept.id}"):
        page = north.get(path)
        assert has_no_markup_of(page) and "&lt;script&gt;alert(1)" in page


def test_odd_messages_are_shown(north: Person, orgs: Parties) -> None:
    for content in ({"error": {"a": None}}, {"routing_tags": ["x"]}, {"message": "x" * 4000},
                    {"name": 7, "company": ["y"], "feedback_type": "source_of_truth"}):  # fmt: skip
        kept = give_feedback(orgs.deployment, content, orgs.tenant("north", SANDBOX))
        north.get(f"{PAGE}/{kept.id}")
    north.get(PAGE)


def test_the_inbox_has_pages(client: httpx.Client, orgs: Parties) -> None:
    tenant = orgs.tenant("shed", SANDBOX)
    for number in range(27):
        give_feedback(orgs.deployment, {"message": f"Number {number:02}"}, tenant)
    with signed_in(client, orgs, "shed") as person:
        page = person.get(PAGE)
        assert "27 unread" in words_of(page) and "Number 26" in page and "Number 01" not in page
        older = page.split('rel="next" href="')[1].split('"')[0]
        assert "Number 00" in person.get(older)
