"""The calculator: its figures are those of the API for the bodies that it shows, to the cent."""

import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import numpy as np
import pytest

from kwhen.operations.homes import create_home
from kwhen.operations.usage_history import put_usage
from kwhen.service.portal.calculator import last_twelve_months
from kwhen.service.portal.case_inputs import Inputs
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, words_of
from tests.service.world import plan_id
from tests.usage.writers import green_button, home, plain, sce, sdge

PAGE, RESULT = "/portal/calculator", "/portal/calculator/result"
E_ELEC, TOU_D = "14328/E-ELEC", "14328/E-TOU-D"
BODY = re.compile(r'<pre class="body" tabindex="0"><code>(.*?)</code></pre>', re.DOTALL)
LINKED = re.compile(r'data-copy="([^"]+)"')
Texts = dict[str, str]


@pytest.fixture(scope="module")
def metered(orgs: Parties) -> Iterator[str]:
    """A home in 95313 on E-TOU-D, with a history of a year."""
    use_kwh = np.random.default_rng(3).uniform(0, 0.6, (365, 96))
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        told = {"name": XSS, "zipcode": "95313", "rate_plan_id": plan_id(TOU_D)}
        made = create_home(work, told)
        work.session.flush()
        put_usage(work, made.id, date(2025, 1, 1), use_kwh)
    yield made.id


def asked(**texts: str) -> Texts:
    """The inputs of a home of 94107 on E-ELEC, with others."""
    return {"zip": "94107", "plan": plan_id(E_ELEC), **texts}


def shown(person: Person, texts: Texts) -> tuple[str, list[dict[str, Any]]]:
    """The results as a part of the page, and the bodies that it shows."""
    part = person.get(f"{RESULT}?{urlencode(texts)}", headers={"hx-request": "true"})
    return part, [json.loads(unescape(body)) for body in BODY.findall(part)]


def answers(
    person: Person, orgs: Parties, bodies: list[dict[str, Any]], **energy: Any
) -> list[dict[str, Any]]:
    """What the API says to the bodies that a page shows."""
    headers = {"x-ws-api-key": orgs.key("north", SANDBOX).secret}
    found = []
    for body in bodies:
        sent = {**body, "debug": True, "base": {**body["base"], **energy}}
        answer = person.client.post("/v1/calculate/compare", json=sent, headers=headers)
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
    return found


def cells(part: str, row: str) -> list[str]:
    """The cells of a row of the totals."""
    found = re.search(rf'<th scope="row">{row}.*?</th>(.*?)</tr>', part, re.DOTALL)
    assert found, row
    return [words_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1])]


def usd(amount: float | None) -> str:
    if amount is None:
        return "–"
    return f"{'−' if round(amount, 2) < 0 else ''}${abs(amount):,.2f}"


def check(part: str, told: list[dict[str, Any]]) -> None:
    """Every figure of the page is one of the answers."""
    scenarios = [told[0]["base"], *(one["optimised"] for one in told)]
    changes = [one["difference"] for one in told]
    assert cells(part, "Bill") == [usd(one["billTotal"]) for one in scenarios]
    assert cells(part, "Saved against today") == ["", *(usd(c["billSaving"]) for c in changes)]
    assert cells(part, "Upfront cost") == ["", *(usd(c["upfrontCost"]) for c in changes)]
    paybacks = ["–" if c["paybackYears"] is None else f"{c['paybackYears']:.2f}" for c in changes]
    assert cells(part, "Payback, years") == ["", *paybacks]
    assert cells(part, "Grid services revenue") == [
        usd(one.get("gridServicesRev")) for one in scenarios
    ]
    assert cells(part, "What exporting saves") == [
        usd(one.get("exportCompensationCredit")) for one in scenarios
    ]
    co2e = [f"{one['CO2e']:,.0f}".replace("-", "−") for one in scenarios]
    assert cells(part, "CO<sub>2</sub>e, lb") == co2e
    page = words_of(part)
    for one in scenarios:
        for line in one["debugInfo"]["lineItems"]:
            assert line["charge"] in page and usd(line["amount"]) in page
        for month in one["debugInfo"]["monthlySubtotals"]:
            assert usd(month["billTotal"]) in page
        for gap in one["debugInfo"]["missing"]:
            assert (gap["note"] or "") in page


@pytest.mark.parametrize(
    "texts",
    [
        asked(),
        asked(kwh="9,000", c1_plan=plan_id(TOU_D)),
        asked(solar="4", c1_solar="2", c1_cost="$6,000"),
        asked(c1_solar="5", c1_cost="14000", export="metering", c1_name=XSS),
        asked(c1_shift="30%", c2_shift="20", c2_shift_from="17-20", c2_shift_to="22-6"),
        asked(ev="9", ev_from="18:00", ev_to="22:00", c1_ev_from="00:00", c1_ev_to="06:00"),
        asked(c1_ev="12", c2_plan=plan_id(TOU_D), c2_ev="12", c3_solar="3"),
        {"zip": "10001", "plan": plan_id("4226/SC1-RATE-III"), "c1_solar": "4"},
    ],
    ids=lambda texts: " ".join(name for name in texts if name not in ("zip", "plan")) or "base",
)
def test_figures_are_those_of_the_api(north: Person, orgs: Parties, texts: Texts) -> None:
    part, bodies = shown(north, texts)
    told = answers(north, orgs, bodies)
    assert has_no_markup_of(part)
    if not any(name.startswith("c") for name in texts):
        assert cells(part, "Bill") == [usd(told[0]["base"]["billTotal"])]
    else:
        check(part, told)


def test_a_battery_is_that_of_the_api(north: Person, orgs: Parties, metered: str) -> None:
    """A month of a file, since a year of batteries takes seconds."""
    facts = home(date(2026, 7, 1), 31, export=True)
    texts = dropped(north, plain(facts, offset=True), c1_battery="13.5", c1_cost="9000")
    part, bodies = shown(north, texts)
    assert bodies[0]["optimised"]["battery"] == {"capacityKwh": 13.5, "powerKw": 5.0}
    energy = {
        "usage": facts.import_kwh.reshape(31, 96).tolist(),
        "export": facts.export_kwh.reshape(31, 96).tolist(),
    }
    check(part, answers(north, orgs, bodies, **energy))


def test_a_home_by_its_own_history(north: Person, orgs: Parties, metered: str) -> None:
    texts = {"source": "home", "home": metered, "c1_plan": plan_id(E_ELEC)}
    assert has_no_markup_of(north.get(f"{PAGE}?{urlencode(texts)}"))
    part, bodies = shown(north, texts)
    assert bodies[0]["homeId"] == metered and bodies[0]["base"] == {"useStoredUsage": True}
    check(part, answers(north, orgs, bodies))
    other = texts | {"plan": plan_id(E_ELEC), "c1_plan": plan_id(TOU_D)}
    part, bodies = shown(north, other)
    check(part, answers(north, orgs, bodies))


def dropped(person: Person, content: bytes, name: str = "meter.xml", **more: str) -> Texts:
    """Drop a file; what the address then says."""
    sent = {**asked(), **more}
    answer = person.post(f"{PAGE}/usage", sent, files={"upload": (name, content)})
    assert answer.status_code == 303, answer.text
    query = parse_qs(urlsplit(answer.headers["location"]).query)
    return {key: values[0] for key, values in query.items()}


@pytest.mark.parametrize("written", [green_button, plain, sce, sdge], ids=lambda w: w.__name__)
def test_files_of_meters(north: Person, orgs: Parties, written: Any) -> None:
    facts = home(date(2026, 6, 1), 30)
    texts = dropped(north, written(facts), c1_plan=plan_id(TOU_D))
    page = words_of(north.get(f"{PAGE}?{urlencode(texts)}"))
    assert "30 days from 2026-06-01" in page and "Kept until" in page
    part, bodies = shown(north, texts)
    told = answers(north, orgs, bodies, usage=facts.import_kwh.reshape(30, 96).tolist())
    check(part, told)


def test_a_link_restores_everything(north: Person) -> None:
    texts = dropped(
        north, plain(home(date(2026, 6, 1), 30)), c1_name="Night", c1_ev="9", c2_shift="25"
    )
    part, _ = shown(north, texts)
    link = next(unescape(found) for found in LINKED.findall(part) if PAGE in found)
    query = {key: values[0] for key, values in parse_qs(urlsplit(link).query).items()}
    assert Inputs.of(query) == Inputs.of(texts)
    page = north.get(f"{PAGE}?{urlsplit(link).query}")
    for name in ("c1_name", "c1_ev", "c2_shift"):
        assert f'name="{name}" type="text" value="{texts[name]}"' in page
    assert "/portal/calculator/result?" in page  # and calculates again


def test_nobody_else_finds_a_file_or_a_home(
    north: Person, south: Person, producer: Person, metered: str
) -> None:
    texts = dropped(north, plain(home(date(2026, 6, 1), 30)), name="of-north.csv")
    for stranger in (south, producer):
        page = stranger.get(f"{PAGE}?{urlencode(texts)}", 400)
        assert "of-north.csv" not in page and "drop it again" in page
        assert "drop it again" in shown(stranger, texts)[0]
        stranger.get(f"{RESULT}?{urlencode({'source': 'home', 'home': metered})}", 404)
        stranger.get(f"{PAGE}?{urlencode({'source': 'home', 'home': metered})}", 404)


def test_a_file_that_is_not_kept_must_be_dropped_again(north: Person) -> None:
    texts = asked(source="file", file="ws_usage_" + "0" * 32)
    page = north.get(f"{PAGE}?{urlencode(texts)}", 400)
    assert 'id="f-upload-error"' in page and "drop it again" in page


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing of a meter",
        b"<feed/>",
        b"<!DOCTYPE x [<!ENTITY a 'a'>]><feed>&a;</feed>",
        b"PK\x03\x04" + bytes(100),
        bytes(range(256)) * 40,
        b"PAR1" + bytes(64) + b"PAR1",
        f"start,import_kwh\n{XSS},1\n".encode(),
        b"start,import_kwh\n2026-06-01 00:00,-5\n",
        b"start,import_kwh\n2026-06-01 00:00,1e300\n2026-06-01 00:15,1\n",
    ],
)
def test_garbage_is_told_beside_the_file(north: Person, content: bytes) -> None:
    answer = north.post(f"{PAGE}/usage", asked(c1_name=XSS), files={"upload": (XSS, content)})
    assert answer.status_code == 400
    assert 'id="f-upload-error"' in answer.text and has_no_markup_of(answer.text)
    assert f'value="{plan_id(E_ELEC)}" selected' in answer.text  # what was typed is kept


def test_gaps_are_told_by_their_range(north: Person) -> None:
    facts = home(date(2026, 6, 1), 3)
    lines = plain(facts).decode().splitlines()
    content = "\n".join(lines[:20] + lines[24:]).encode()
    refused = north.post(f"{PAGE}/usage", asked(), files={"upload": ("meter.csv", content)})
    assert refused.status_code == 400 and "2026-06-01 04:45" in refused.text
    texts = dropped(north, content, fill="mean")
    page = words_of(north.get(f"{PAGE}?{urlencode(texts)}"))
    assert "2026-06-01 04:45" in page and "missing" in page


def test_names_of_files_come_back_as_text(north: Person) -> None:
    texts = dropped(north, plain(home(date(2026, 6, 1), 3)), name=XSS)
    page = north.get(f"{PAGE}?{urlencode(texts)}")
    assert has_no_markup_of(page)


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        (asked(kwh="much"), "kwh"),
        (asked(kwh="-5"), "kwh"),
        (asked(solar="1e9"), "solar"),
        (asked(ev="9", ev_from="soon"), "ev_from"),
        (asked(c1_solar="big"), "c1_solar"),
        (asked(c2_battery="0"), "c2_battery"),
        (asked(c1_battery="13.5", c1_power="0"), "c1_power"),
        (asked(c1_shift="30", c1_shift_from="16"), "c1_shift_from"),
        (asked(c1_shift="30", c1_shift_from="16-21", c1_shift_to="20-23"), "c1_shift_from"),
        (asked(c1_shift="130"), "c1_shift"),
        (asked(c3_plan="0" * 24), "c3_plan"),
        (asked(c1_solar="5", c1_cost="-1"), "c1_cost"),
        (asked(c2_ev="9", c2_ev_from="00:00", c2_ev_to="00:05"), "c2_ev"),
        (asked(c1_solar="nan"), "c1_solar"),
        (asked(c1_solar="inf"), "c1_solar"),
    ],
    ids=lambda value: str(value) if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_by_its_field(north: Person, texts: Texts, field: str) -> None:
    part = north.get(f"{RESULT}?{urlencode(texts)}", 400)
    assert f'href="#f-{field}"' in part, words_of(part)
    if texts.get("c3_plan") is None:  # which only the calculation looks up
        page = north.get(f"{PAGE}?{urlencode(texts)}", 400)
        assert f'id="f-{field}-error"' in page and "calculator/result" not in page


def test_places_and_plans_that_nobody_has(north: Person) -> None:
    assert 'id="f-zip-error"' in north.get(f"{PAGE}?zip={quote(XSS)}", 400)
    page = north.get(f"{PAGE}?zip=94107&plan={quote(XSS)}", 400)
    assert 'id="f-plan-error"' in page and has_no_markup_of(page)
    for number in range(1, 4):
        texts = {f"c{number}_{name}": XSS for name in ("name", "solar", "shift_from", "cost")}
        assert has_no_markup_of(north.get(f"{PAGE}?{urlencode(asked(**texts))}", 400))


def test_who_may_only_see_homes_calculates_nothing(reader: Person) -> None:
    reader.get(PAGE, 403)


def test_a_file_without_the_token_of_the_page_is_refused(north: Person) -> None:
    content = plain(home(date(2026, 6, 1), 3))
    answer = north.post(f"{PAGE}/usage", asked(csrf="no"), files={"upload": ("m.csv", content)})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("held", "billed"),
    [
        ((date(2025, 1, 1), date(2026, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1))),
        ((date(2024, 1, 1), date(2026, 1, 1)), (date(2025, 1, 1), date(2026, 1, 1))),
        ((date(2024, 11, 20), date(2026, 1, 15)), (date(2025, 1, 1), date(2026, 1, 1))),
        ((date(2025, 1, 2), date(2026, 1, 1)), (date(2025, 1, 2), date(2026, 1, 1))),
        ((date(2026, 6, 1), date(2026, 7, 1)), (date(2026, 6, 1), date(2026, 7, 1))),
    ],
)
def test_the_last_twelve_months_are_billed(
    held: tuple[date, date], billed: tuple[date, date]
) -> None:
    assert last_twelve_months(*held) == billed
