"""What guards every page: forms that are ours, headers, no script in line, tenants apart."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.routing import BaseRoute

from kwhen.operations.deployment import Deployment
from kwhen.service.app import create_app
from kwhen.service.doctor import State, examine
from kwhen.service.portal import assets
from kwhen.service.portal.pages import TEMPLATES
from kwhen.service.portal.route import PortalNeeds, PortalRoute
from kwhen.service.portal.routers import PORTAL_ROUTERS
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, words_of
from tests.service.server import client_of
from tests.service.world import World

ROUTES = [
    route for router in PORTAL_ROUTERS for route in router.routes if isinstance(route, PortalRoute)
]
OPEN = {"/portal/sign-in", "/portal/enter", "/portal/"}
NAMED = re.compile(r"\{(\w+)\}")


def needed(route: PortalRoute) -> PortalNeeds | None:
    calls = [dependency.call for dependency in route.dependant.dependencies]
    return next((call for call in calls if isinstance(call, PortalNeeds)), None)


def verb(route: PortalRoute) -> str:
    return min(route.methods)


def told(route: BaseRoute) -> str:
    assert isinstance(route, PortalRoute)
    return f"{verb(route)} {route.path}"


KEPT = [route for route in ROUTES if needed(route) is not None]
WRITING = [route for route in KEPT if verb(route) != "GET"]


# ---- every route ----


def test_every_page_of_the_service_is_listed(deployment: Deployment) -> None:
    found = [r for r in create_app(deployment).router.routes if isinstance(r, PortalRoute)]
    assert sorted(map(told, found)) == sorted(map(told, ROUTES))
    assert not [route.path for route in ROUTES if route.include_in_schema]


def test_few_pages_are_open() -> None:
    assert {route.path for route in ROUTES if needed(route) is None} == OPEN


@pytest.mark.parametrize("route", KEPT, ids=told)
def test_a_page_is_not_shown_without_a_session(client: httpx.Client, route: PortalRoute) -> None:
    answer = client.request(verb(route), NAMED.sub("x", route.path))
    assert answer.status_code == 303 and answer.headers["location"].startswith("/portal/sign-in")


@pytest.mark.parametrize("route", WRITING, ids=told)
@pytest.mark.parametrize(
    "kind", ["no token", "wrong token", "elsewhere", "sandboxed", "garbled", "foreign"]
)
def test_a_form_that_is_not_ours_changes_nothing(
    north: Person, route: PortalRoute, kind: str
) -> None:
    sent = {"csrf": north.csrf}
    headers = {
        "elsewhere": {"origin": "https://evil.example"},
        "sandboxed": {"origin": "null"},
        "garbled": {"origin": "http://["},
        "foreign": {"sec-fetch-site": "cross-site"},
    }.get(kind, {})
    if kind == "no token":
        sent = {}
    elif kind == "wrong token":
        sent = {"csrf": north.csrf[::-1]}
    path = NAMED.sub("x", route.path)
    answer = north.client.request(verb(route), path, data=sent, headers=headers)
    assert answer.status_code == 403 and "out of date" in answer.text


@pytest.mark.parametrize("route", [route for route in KEPT if NAMED.search(route.path)], ids=told)
def test_what_belongs_to_others_is_not_there(
    north: Person, client: httpx.Client, orgs: Parties, route: PortalRoute
) -> None:
    world = World(client=client, orgs=orgs)
    theirs = world.scene("south", SANDBOX)
    things = {
        "home_id": theirs.home,
        "key_id": orgs.key("south", SANDBOX).credential.id,
        "delivery_id": theirs.delivery,
        "run_id": theirs.run,
    }
    named = NAMED.findall(route.path)
    path = NAMED.sub(lambda found: things.get(found[1], "ws_unknown_0"), route.path)
    assert named
    if verb(route) == "GET":
        answer = north.client.get(path)
    else:
        answer = north.post(path)
    assert answer.status_code == 404, answer.text
    assert "There is nothing here" in answer.text


def test_a_key_that_lacks_a_scope_is_told_which(reader: Person) -> None:
    html = reader.get("/portal/keys", 403)
    assert "lacks the scope keys:admin" in words_of(html)
    part = reader.client.get("/portal/keys", headers={"hx-request": "true"})
    assert part.status_code == 403 and "<html" not in part.text
    assert part.headers["hx-retarget"] == "#messages"


# ---- what a page is made of ----


def test_pages_have_the_headers_that_keep_strangers_out(north: Person) -> None:
    for path in ("/portal/homes", "/portal/nothing", "/portal/sign-in"):
        headers = north.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "unsafe" not in policy and "script-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy and "form-action 'self'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "camera=()" in headers["permissions-policy"]


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.name)
def test_no_template_has_script_or_style_in_line(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    scripts = re.findall(r"<script\b[^>]*>", text)
    assert all("src=" in tag or 'type="application/json"' in tag for tag in scripts)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|\|\s*safe\b", text)
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", text)


def test_files_are_kept_for_ever_under_the_hash_of_them_all(client: httpx.Client) -> None:
    page = client.get("/portal/sign-in").text
    for url in sorted(set(re.findall(r'/portal/assets/[^"]+', page))):
        answer = client.get(url)
        assert answer.status_code == 200 and "immutable" in answer.headers["cache-control"]
        plain = client.get(url, headers={"accept-encoding": "identity"})
        assert plain.content == answer.content and "content-encoding" not in plain.headers
        old = re.sub(r"assets/\w+/", "assets/000000000000/", url)
        assert client.get(old).status_code == 404
    assert client.get(f"{assets.bundle().url}/..%2fpages.py").status_code == 404


def test_without_its_scripts_the_portal_says_what_to_do(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(assets, "HERE", tmp_path)
    assets.bundle.cache_clear()
    with client_of(deployment) as client:
        for path in ("/portal/sign-in", "/portal/nothing", "/portal/assets/0/portal.css"):
            answer = client.get(path)
            assert answer.status_code == 503 and "make setup" in answer.text
        assert client.get("/healthz").status_code == 200
    (told,) = [one for one in examine(deployment.settings) if one.what == "portal"]
    assert told.state is State.BAD and "make setup" in told.words
    assets.bundle.cache_clear()


def test_errors_are_pages(client: httpx.Client, north: Person) -> None:
    missing = client.get("/portal/nothing")
    assert missing.status_code == 404 and "text/html" in missing.headers["content-type"]
    wrong = client.put("/portal/sign-in")
    assert wrong.status_code == 405 and wrong.headers["allow"] == "GET, POST"
    nul = north.client.get("/portal/homes/%00")
    assert nul.status_code == 404 and "There is nothing here" in nul.text
    big = north.client.post("/portal/sign-out", data={"x": "y" * 3_000_000})
    assert big.status_code == 413 and "too large" in big.text
    other = north.client.post("/portal/sign-out", json={})
    assert other.status_code == 415
    broken = north.client.post(
        "/portal/sign-out",
        content=b"no boundary",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )
    assert broken.status_code in (400, 403)
    many = north.client.post("/portal/sign-out", data={f"f{n}": "" for n in range(1100)})
    assert many.status_code == 400


def test_planted_markup_comes_back_as_text(client: httpx.Client, north: Person) -> None:
    for html in (
        client.get("/portal/sign-in", params={"next": f"/portal/{XSS}"}).text,
        client.post("/portal/sign-in", data={"key": XSS, "next": XSS}).text,
        client.get(f"/portal/{XSS}").text,
        north.client.get(f"/portal/homes/{XSS}").text,
    ):
        assert has_no_markup_of(html)
