"""Homes in the portal: found, made, changed, removed; those of others are not there."""

from kwhen.operations import homes
from kwhen.records import HomeFacts, HomeRecord
from kwhen.wire.home_texts import FIELDS, texts_of
from tests.deployments import PRODUCTION, SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, words_of
from tests.service.world import plan_id

NEW = "/portal/homes/new"


def make(orgs: Parties, party: str = "north", environment: object = SANDBOX, **facts: str) -> str:
    told = {"name": "Maple", "zipcode": "95313"} | facts
    with orgs.deployment.writing(orgs.tenant(party, environment)) as work:  # type: ignore[arg-type]
        return homes.create_home(work, told).id


def held(orgs: Parties, home: str, environment: object = SANDBOX) -> HomeRecord:
    with orgs.deployment.reading(orgs.tenant("north", environment)) as work:  # type: ignore[arg-type]
        return homes.get_home(work, home)


def form_of(facts: HomeFacts, **moved: str) -> dict[str, str]:
    """What a browser sends: a box that is not ticked is not there."""
    told = {**texts_of(facts), **moved}
    boxes = ("enabled", "energyMarketBiddingEnabled", "modalHome")
    return {name: text for name, text in told.items() if name not in boxes or text == "yes"}


def test_a_home_is_made_from_the_form(north: Person, orgs: Parties) -> None:
    sent = {
        "name": "From the form",
        "zipcode": "94107",
        "ratePlanId": plan_id("14328/E-ELEC"),
        "carbonSignalIntensity": "HIGH",
        "enabled": "on",
        "solarSystemSizeKw": "6.4",
        "isNonNetMetered": "yes",
        "tilt": "25",
    }
    answer = north.send(NEW, sent)
    assert answer.status_code == 303, answer.text
    facts = held(orgs, answer.headers["location"].rpartition("/")[2]).facts
    assert facts.name == "From the form" and facts.city == "San Francisco"
    assert facts.utility_id == "14328" and facts.carbon_signal_intensity == "HIGH"
    assert facts.enabled and not facts.energy_market_bidding_enabled and facts.solar is not None
    assert (facts.solar.system_size_kw, facts.solar.tilt_deg) == (6.4, 25.0)


def test_a_form_that_is_sent_twice_makes_one_home(north: Person) -> None:
    form = {"name": "Twice sent", "once": "0f" * 16, "isNonNetMetered": "yes"}
    first, second = north.post(NEW, form), north.post(NEW, form)
    assert first.headers["location"] == second.headers["location"]
    assert words_of(north.get("/portal/homes?q=Twice sent")).count("Twice sent") >= 1
    assert "1 home with" in words_of(north.get("/portal/homes?q=Twice sent"))


def test_what_is_wrong_is_told_beside_its_field(north: Person) -> None:
    wrong = {"name": "", "zipcode": "nowhere", "solarSystemSizeKw": "big", "isNonNetMetered": "yes"}
    answer = north.send(NEW, wrong)
    assert answer.status_code == 400
    page = answer.text
    for name in ("name", "zipcode", "solarSystemSizeKw"):
        assert f'id="f-{name}-error"' in page
    assert 'value="nowhere"' in page and 'value="big"' in page  # what was typed is kept
    again = north.send(NEW, wrong | {"name": "Mended", "zipcode": "", "solarSystemSizeKw": ""})
    assert again.status_code == 303


def test_only_what_was_moved_is_changed(north: Person, orgs: Parties) -> None:
    home = make(orgs, city="Our own words", user_id="u-1")
    page = f"/portal/homes/{home}/edit"
    answer = north.send(page, form_of(held(orgs, home).facts, name="Renamed", enabled="no"))
    assert answer.headers["location"] == f"{page}?done=saved"
    after = held(orgs, home).facts
    assert (after.name, after.enabled, after.city) == ("Renamed", False, "Our own words")
    assert after.user_id == "u-1"
    assert "The changes are saved" in north.get(f"{page}?done=saved")


def test_a_stale_form_changes_nothing_and_says_so(north: Person, orgs: Parties) -> None:
    home = make(orgs)
    page = f"/portal/homes/{home}/edit"
    version = north.get(page).split('name="version" value="')[1].split('"')[0]
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        homes.update_home(work, home, {"name": "Theirs"})
    mine = form_of(held(orgs, home).facts, name="Mine", isNonNetMetered="yes")
    answer = north.post(page, {**mine, "version": version})
    assert answer.status_code == 409 and "changed meanwhile" in words_of(answer.text)
    assert "Theirs" in answer.text and 'value="Mine"' in answer.text
    assert "isNonNetMetered" not in words_of(answer.text)  # of a home without solar
    assert held(orgs, home).facts.name == "Theirs"
    newer = answer.text.split('name="version" value="')[1].split('"')[0]
    assert north.post(page, {**mine, "version": newer}).status_code == 303
    assert held(orgs, home).facts.name == "Mine"
    assert north.post(page, {**mine, "version": "garbage"}).status_code == 400


def test_homes_of_the_sandbox_are_removed_after_a_question(north: Person, orgs: Parties) -> None:
    home = make(orgs)
    assert "go for good" in words_of(north.get(f"/portal/homes/{home}/remove"))
    assert held(orgs, home)
    assert north.post(f"/portal/homes/{home}/remove").status_code == 303
    north.get(f"/portal/homes/{home}/edit", 404)


def test_homes_of_production_stay(producer: Person, orgs: Parties) -> None:
    home = make(orgs, environment=PRODUCTION)
    assert "/remove" not in producer.get(f"/portal/homes/{home}/edit")
    assert "Remove it" not in producer.get(f"/portal/homes/{home}/remove")
    assert producer.post(f"/portal/homes/{home}/remove").status_code == 403
    assert held(orgs, home, PRODUCTION)


def test_the_zip_brings_its_plans(north: Person) -> None:
    found = north.get("/portal/homes/plans?zipcode=94107", headers={"hx-request": "true"})
    assert plan_id("14328/E-ELEC") in found and "<html" not in found
    for zipcode in ("", "99999", "<b>", "12", "0" * 64):
        assert "optgroup" not in north.get("/portal/homes/plans", params={"zipcode": zipcode})


def test_the_list_is_searched_and_has_pages(north: Person, orgs: Parties) -> None:
    for number in range(27):
        make(orgs, name=f"Paged {number:02}")
    page = north.get("/portal/homes?q=paged")
    assert "27 homes with" in words_of(page) and "Paged 24" in page and "Paged 25" not in page
    later = page.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert "Paged 26" in north.get(later) and "Paged 24" not in north.get(later)
    part = north.get("/portal/homes?q=paged 03", headers={"hx-request": "true"})
    assert "Paged 03" in part and "<html" not in part
    assert "No home has" in words_of(north.get("/portal/homes?q=nothing has this"))


def test_another_tenants_home_is_not_there(
    north: Person, south: Person, producer: Person, orgs: Parties
) -> None:
    home = make(orgs, name="Secret garden")
    before = held(orgs, home)
    for stranger in (south, producer):
        assert "Secret garden" not in stranger.get("/portal/homes?q=Secret")
        assert "No home has" in words_of(stranger.get("/portal/homes?q=" + home))
        for path in (f"/portal/homes/{home}/edit", f"/portal/homes/{home}/remove"):
            stranger.get(path, 404)
            sent = form_of(before.facts, name="Stolen") | {"version": "2026-01-01T00:00:00Z"}
            assert stranger.post(path, sent).status_code == 404
        stranger.get(f"/portal/homes?after={home}")
    assert held(orgs, home) == before


def test_who_may_only_read_changes_nothing(reader: Person, orgs: Parties) -> None:
    home = make(orgs)
    page = reader.get("/portal/homes?q=Maple")
    assert "Maple" in page and "Add a home" not in page and "/edit" not in page
    for path in (NEW, f"/portal/homes/{home}/edit", f"/portal/homes/{home}/remove"):
        reader.get(path, 403)
        assert reader.post(path, {"name": "x", "sure": "on"}).status_code == 403
    assert held(orgs, home).facts.name == "Maple"


def test_a_form_from_elsewhere_changes_nothing(north: Person, orgs: Parties) -> None:
    home = make(orgs)
    for sent, headers in (
        ({"csrf": "f" * 64}, {}),
        ({"csrf": ""}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"sec-fetch-site": "cross-site"}),
    ):
        answer = north.post(f"/portal/homes/{home}/remove", sent, headers=headers)
        assert answer.status_code == 403, (sent, headers)
    assert held(orgs, home)


def test_every_text_comes_back_as_text(north: Person, orgs: Parties) -> None:
    sent = {field.name: XSS for field in FIELDS}
    assert has_no_markup_of(north.send(NEW, sent).text)  # refused, and shown again
    texts = ("name", "userId", "clientId", "streetAddress", "unstructuredAddress", "city")
    plain = {"isNonNetMetered": "yes", "country": "<b>US</b>"}
    answer = north.send(NEW, {name: XSS for name in texts} | plain)
    assert answer.status_code == 303, answer.text
    home = answer.headers["location"].rpartition("/")[2]
    assert held(orgs, home).facts.name == XSS
    for path in (
        f"/portal/homes/{home}",
        f"/portal/homes/{home}/edit",
        f"/portal/homes/{home}/remove",
        "/portal/homes?q=%3Cscript%3Ealert(1)",
        f"/portal/homes/plans?zipcode={XSS[:20]}&ratePlanId={XSS[:20]}",
    ):
        assert has_no_markup_of(north.get(path)), path
    assert "&lt;script&gt;alert(1)" in north.get(f"/portal/homes/{home}/edit")


def test_garbage_is_told_not_raised(north: Person) -> None:
    for path in (
        "/portal/homes?q=%00",
        "/portal/homes?q=" + "%F0%9F%8F%A0" * 200,
        "/portal/homes?q=%ff",
        "/portal/homes?after=%00",
        "/portal/homes?after='--",
        "/portal/homes?after=" + "x" * 100,
        "/portal/homes/plans?zipcode=%00",
        "/portal/homes/%00/edit",
        "/portal/homes/ws_home_0/edit",
    ):
        assert north.client.get(path).status_code in (200, 400, 404), path
    for body in (b"\xff\xfe", b"a" * 10, b"name=%00"):
        answer = north.client.post(
            NEW,
            content=body,
            headers={
                "x-csrf-token": north.csrf,
                "content-type": "application/x-www-form-urlencoded",
            },
        )
        assert answer.status_code == 400, body
