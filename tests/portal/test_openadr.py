"""OpenADR in the portal: addresses that answer, clients, programs of homes, grants."""

import re

import httpx
import pytest

from kwhen.operations import homes
from kwhen.operations.vtn import grants, objects, overview
from kwhen.operations.vtn.clients import create_client, list_clients
from kwhen.records import EVERY_SCOPE, Scope, VtnKind, VtnObject, VtnRole
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, signed_in, words_of
from tests.service.world import plan_id

PAGE = "/portal/openadr"
NEW = f"{PAGE}/clients/new"
COPIED = re.compile(r'data-copy="([^"]+)"')


def make_home(orgs: Parties, party: str = "north") -> str:
    told = {"name": "Programmed", "zipcode": "95313", "rate_plan_id": plan_id()}
    with orgs.deployment.writing(orgs.tenant(party, SANDBOX)) as work:
        return homes.create_home(work, told).id


@pytest.fixture(scope="module")
def program(orgs: Parties) -> VtnObject:
    home = make_home(orgs)
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        return objects.create_home_program(work, home, "home-of-north")


def test_every_address_of_a_tariff_answers(north: Person, client: httpx.Client) -> None:
    page = north.get(f"{PAGE}/tariffs/PGE-E-TOU-D")
    assert "96" in words_of(page)
    urls = [url.replace("&amp;", "&") for url in COPIED.findall(page)]
    assert len(urls) == 5
    for url in urls:
        answer = client.get(url)
        assert answer.status_code == 200 and answer.json(), url
    assert str(client.base_url) in urls[0]


def test_tariffs_are_searched(north: Person) -> None:
    part = north.get(f"{PAGE}?q=pge e-elec", headers={"hx-request": "true"})
    assert "PGE-E-ELEC" in part and "<html" not in part
    assert "No program has" in words_of(north.get(f"{PAGE}?q=no such utility"))
    north.get(f"{PAGE}/tariffs/NOTHING", 404)
    assert has_no_markup_of(north.get(PAGE, params={"q": XSS}))


def test_a_client_is_made_gets_tokens_and_is_revoked(
    north: Person, orgs: Parties, client: httpx.Client
) -> None:
    answer = north.send(NEW, {"name": "thermostats", "role": "ven"})
    assert answer.status_code == 200
    client_id, secret = COPIED.findall(answer.text)[:2]
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    for version in ("3.1.0", "3.0.1"):
        assert client.post(f"/openadr3/{version}/auth/token", data=form).status_code == 200
    page = north.get(PAGE)
    assert client_id in page and secret not in page
    revoke = f"{PAGE}/clients/{client_id}/revoke"
    assert "cannot be undone" in words_of(north.get(revoke))
    assert north.post(revoke).status_code == 303
    assert client.post("/openadr3/3.1.0/auth/token", data=form).status_code == 401
    assert "revoked already" in words_of(north.get(revoke))


def test_a_client_form_is_checked_and_makes_one_client(north: Person, orgs: Parties) -> None:
    def names() -> list[str]:
        with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
            return [one.name for one in list_clients(work)]

    before = names()
    for wrong in ({"name": "", "role": "ven"}, {"name": "x" * 256, "role": "bl"},
                  {"name": "x", "role": "king"}, {"name": XSS, "role": XSS}):  # fmt: skip
        answer = north.send(NEW, wrong)
        assert answer.status_code == 400 and has_no_markup_of(answer.text)
    assert names() == before
    form = {"name": XSS, "role": "bl", "once": "3f" * 16}
    assert has_no_markup_of(north.post(NEW, form).text)
    assert north.post(NEW, form).status_code == 303
    assert names().count(XSS) == 1 and has_no_markup_of(north.get(PAGE))


def test_a_homes_program_is_asked_for_and_removed(north: Person, orgs: Parties) -> None:
    home = make_home(orgs)
    assert f'value="{home}"' in north.get(f"{PAGE}/ask?home={home}")
    answer = north.post(f"{PAGE}/ask", {"home": home, "name": XSS})
    assert answer.status_code == 303
    path = answer.headers["location"]
    page = north.get(path)
    assert has_no_markup_of(page) and home in page and has_no_markup_of(north.get(PAGE))
    assert "96" in words_of(page)
    twice = north.post(f"{PAGE}/ask", {"home": home, "name": XSS})
    assert twice.status_code == 409
    assert has_no_markup_of(north.get(f"{path}/remove"))
    assert north.post(f"{path}/remove").status_code == 303
    north.get(path, 404)


def test_what_cannot_have_a_program_is_told(north: Person, orgs: Parties) -> None:
    theirs = make_home(orgs, "south")
    for sent in (
        {"home": theirs, "name": "stolen"},
        {"home": "ws_home_0", "name": "x"},
        {"home": XSS, "name": "x"},
        {"home": "", "name": ""},
    ):
        answer = north.post(f"{PAGE}/ask", sent)
        assert answer.status_code == 400 and has_no_markup_of(answer.text), sent
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        assert "stolen" not in str(overview.held(work, VtnKind.PROGRAM))


def test_a_ven_sees_a_program_once_it_is_granted(
    north: Person, orgs: Parties, client: httpx.Client, program: VtnObject
) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        ven = create_client(work, "a ven", VtnRole.VEN)

    def status() -> int:
        form = {
            "grant_type": "client_credentials",
            "client_id": ven.credential.id,
            "client_secret": ven.secret,
        }
        token = client.post("/openadr3/3.1.0/auth/token", data=form).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return client.get(f"/openadr3/3.1.0/programs/{program.id}", headers=headers).status_code

    path = f"{PAGE}/programs/{program.id}"
    assert status() == 404 and "Grant" in north.get(path)
    for _ in range(2):  # again changes nothing
        sent = {"client": ven.credential.id}
        assert north.post(f"{path}/grant", sent).status_code == 303
        assert status() == 200
    assert "Take back" in north.get(path)
    assert north.post(f"{path}/grant", {**sent, "back": "1"}).status_code == 303
    assert status() == 404
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        logic = create_client(work, "logic", VtnRole.BL).credential
    for wrong in (logic.id, "vtn_client_0", north.key.id):
        assert north.post(f"{path}/grant", {"client": wrong}).status_code in (400, 404)


def test_lists_have_pages(north: Person, program: VtnObject) -> None:
    for kind in ("programs", "subscriptions", "vens", "events"):
        north.get(f"{PAGE}/all/{kind}")
        north.get(f"{PAGE}/all/{kind}?page=99")
    assert "home-of-north" in north.get(f"{PAGE}/all/programs")
    north.get(f"{PAGE}/all/secrets", 404)
    north.get(f"{PAGE}/all/programs?page=0", 400)


def test_what_is_anothers_is_not_there(
    north: Person, south: Person, producer: Person, orgs: Parties, program: VtnObject
) -> None:
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        own = create_client(work, "of north", VtnRole.VEN).credential
    path = f"{PAGE}/programs/{program.id}"
    for stranger in (south, producer):
        assert own.id not in stranger.get(PAGE) and program.id not in stranger.get(PAGE)
        assert program.id not in stranger.get(f"{PAGE}/all/events")
        for page in (path, f"{path}/remove", f"{PAGE}/clients/{own.id}/revoke"):
            stranger.get(page, 404)
        for page in (f"{path}/remove", f"{PAGE}/clients/{own.id}/revoke", f"{path}/grant"):
            assert stranger.post(page, {"client": own.id}).status_code == 404
    with orgs.deployment.writing(orgs.tenant("south", SANDBOX)) as work:
        theirs = create_client(work, "of south", VtnRole.VEN).credential
    assert north.post(f"{path}/grant", {"client": theirs.id}).status_code == 404
    with orgs.deployment.reading(orgs.tenant("north", SANDBOX)) as work:
        assert overview.find(work, VtnKind.PROGRAM, program.id) == program
        assert not any(one.is_ours for one in grants.grants_of(work, program))
        assert next(one for one in list_clients(work) if one.id == own.id).revoked_at is None


def test_scopes_and_forms_are_respected(
    north: Person, reader: Person, client: httpx.Client, orgs: Parties, program: VtnObject
) -> None:
    reader.get(PAGE, 403)
    plain = EVERY_SCOPE - {Scope.KEYS_ADMIN, Scope.HOMES_WRITE}
    with signed_in(client, orgs, scopes=plain) as person:
        page = person.get(PAGE)
        assert "Create a client" not in page and "Ask for" not in page
        person.get(f"{PAGE}/programs/{program.id}")
        for path in (NEW, f"{PAGE}/ask", f"{PAGE}/programs/{program.id}/remove"):
            person.get(path, 403)
            assert person.post(path, {"name": "x", "role": "ven"}).status_code == 403
        answer = person.post(f"{PAGE}/programs/{program.id}/grant", {"client": "x"})
        assert answer.status_code == 403
    forged = {"name": "x", "role": "ven", "csrf": "0" * 64}
    assert north.post(NEW, forged).status_code == 403
