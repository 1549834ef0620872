"""Plans in the portal: the figures of the API, with what is not known, and nobody else's homes."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from html import unescape
from urllib.parse import quote

import numpy as np
import pytest

import kwhen
from kwhen.catalog.kinds import supported_type
from kwhen.catalog.plans import plan_keys, rate_plan
from kwhen.engine.words import Customer
from kwhen.operations.homes import create_home
from kwhen.operations.price_maps import price_maps
from kwhen.operations.usage_history import put_usage
from kwhen.service.portal.heat import COLOURS_COUNT, heat_of
from kwhen.service.portal.plan_words import KINDS, kind_words, months_words
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, words_of
from tests.service.world import plan_id

PLANS = "/portal/plans"
E_ELEC = "14328/E-ELEC"
PAGES = ["14328/E-TOU-C/T-B", "4226/SC1-RATE-III", "4110/BES", "11804/R-4", "55937/RS-TOD"]
CELL = re.compile(r'<td class="heat-(\d)" tabindex="-1" data-v="(-?[\d.]+)">')


@pytest.fixture(scope="module")
def metered(orgs: Parties) -> Iterator[str]:
    """A home in 94107 with a history of two years."""
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        home = create_home(work, {"name": XSS, "zipcode": "94107", "rate_plan_id": plan_id(E_ELEC)})
        work.session.flush()
        put_usage(work, home.id, date(2024, 1, 1), np.full((731, 96), 0.25))
    yield home.id


def test_plans_of_a_zip_are_those_of_the_api(north: Person, orgs: Parties) -> None:
    headers = {"x-ws-api-key": orgs.key("north", SANDBOX).secret}
    told = north.client.post("/v1/utility/get", json={"zipcode": "94107"}, headers=headers).json()
    page = north.get(f"{PLANS}?zip=94107")
    assert all(one["utilityName"] in words_of(page) for one in told)
    listed = set(re.findall(r'href="/portal/plans/([0-9a-f]{24})\?zip=94107"', page))
    assert listed == {plan["id"] for one in told for plan in one["ratePlans"]}


def test_plans_of_a_utility(north: Person) -> None:
    page = north.get(f"{PLANS}?utility=4226")
    assert plan_id("4226/SC1-RATE-III") in page and plan_id(E_ELEC) not in page


def test_a_prefix_stands_for_its_zips_and_cannot_be_compared(north: Person) -> None:
    page = north.get(f"{PLANS}?zip=941")
    assert plan_id(E_ELEC) in page and 'id="compare"' not in page


@pytest.mark.parametrize("sent", ["nowhere", "1", "99999", XSS, "9" * 250])
def test_a_zip_that_nobody_has_is_told_beside_its_field(north: Person, sent: str) -> None:
    page = north.get(f"{PLANS}?zip={quote(sent)}", 400)
    assert 'id="f-zip-error"' in page and has_no_markup_of(page)


def test_zips_of_ones_own_homes_are_offered(north: Person, south: Person, metered: str) -> None:
    link = 'href="/portal/plans?zip=94107"'
    assert link in north.get(PLANS) and link not in south.get(PLANS)


@pytest.mark.parametrize("key", PAGES)
def test_the_page_of_a_plan_has_every_figure_of_the_api(
    north: Person, orgs: Parties, key: str
) -> None:
    plan = rate_plan(key)
    headers = {"x-ws-api-key": orgs.key("north", SANDBOX).secret}
    sent = {"utilityId": str(plan.utility_id), "detailLevel": "full"}
    (utility,) = north.client.post("/v1/utility/get", json=sent, headers=headers).json()
    (told,) = (one for one in utility["ratePlans"] if one["id"] == plan.id)
    html = north.get(f"{PLANS}/{plan.id}")
    page, structure = words_of(html), told["structure"]
    for charge in structure["energyCharges"]:
        for period in charge["periods"]:
            for tier in period["tiers"]:
                assert f"{tier['usdPerKwh']:.5f}" in page
    for charge in structure["fixedCharges"] + structure["minimumCharges"]:
        assert charge["name"] in page and f"${charge['amountUsd']:g}"[:6] in page.replace(",", "")
    for charge in structure["otherCharges"]:
        assert charge["name"] in page and charge["amount"] in page
    for gap in told["missing"]:
        assert gap.get("note", "") in page
    for source in told["sources"]:
        assert (source.get("title") or source["id"]) in page
        assert source.get("url", "") in unescape(html)
    assert all(version["effective"] in page for version in told["versions"])


@pytest.mark.parametrize("rule", ["NBT26", "NBT23", "NEM2"])
def test_pictures_show_the_marginal_prices(north: Person, rule: str) -> None:
    plan = rate_plan(E_ELEC)
    html = north.get(f"{PLANS}/{plan.id}?on=2026-07-01&rule={rule}")
    maps = price_maps(plan.on(date(2026, 7, 1)), Customer(export_rule=rule), 2026)
    wanted = []
    for found in (maps.imports, maps.exports):
        tables = [found.weekday_usd_per_kwh, found.weekend_usd_per_kwh]
        wanted += tables[: 1 if found.is_same_all_week else 2]
    shown = [float(cents) for _, cents in CELL.findall(html)]
    np.testing.assert_allclose(shown, 100 * np.concatenate(wanted).ravel(), atol=0.0051)


def test_an_older_version_is_shown_when_asked_for(north: Person) -> None:
    plan = rate_plan(E_ELEC)
    first = plan.versions[0]
    page = words_of(north.get(f"{PLANS}/{plan.id}?on={first.effective}"))
    assert f"{first.effective} to {first.until} shown" in page
    early = first.effective - timedelta(days=400)
    page = words_of(north.get(f"{PLANS}/{plan.id}?on={early}"))
    assert f"No version is held for {early}: the nearest is shown." in page


@pytest.mark.parametrize("sent", ["0" * 24, "nowhere", "../../x", "14328%2FNOTHING"])
def test_a_plan_that_nobody_has_is_not_found(north: Person, sent: str) -> None:
    north.get(f"{PLANS}/{sent}", 404)


def test_what_is_asked_wrongly_is_told(north: Person) -> None:
    page = north.get(f"{PLANS}/{plan_id(E_ELEC)}?rule={quote(XSS)}", 400)
    assert "has no export rule" in page and has_no_markup_of(page)
    north.get(f"{PLANS}/{plan_id(E_ELEC)}?on=yesterday", 400)


@pytest.mark.parametrize(
    ("query", "sent"),
    [
        ("", {"useDefaultUsage": True, "home": {"zipcode": "94107"}}),
        ("&kwh=9000", {"useDefaultUsage": True, "home": {"zipcode": "94107", "annualKwh": 9000}}),
        (
            "&solar=5",
            {
                "useDefaultUsage": True,
                "home": {"zipcode": "94107", "solarCapacityKw": 5, "isNonNetMetered": True},
            },
        ),
    ],
)
def test_a_comparison_is_that_of_the_api(
    north: Person, orgs: Parties, query: str, sent: dict[str, object]
) -> None:
    headers = {"x-ws-api-key": orgs.key("north", SANDBOX).secret}
    year = orgs.deployment.clock().year
    window = {"startDate": f"{year}-01-01", "endDate": f"{year + 1}-01-01"}
    answer = north.client.post("/v1/compare/rateplans", json=window | sent, headers=headers).json()
    page = words_of(north.get(f"{PLANS}/compared?zip=94107{query}"))
    totals = re.findall(r" (−?\$[\d,]+\.\d\d) (?!to |by )", page.replace("+$", "+"))
    assert totals == [_dollars(one["billTotal"]) for one in answer["ranked"]]
    assert len(totals) > 3


def _dollars(usd: float) -> str:
    return f"{'−' if usd < 0 else ''}${abs(usd):,.2f}"


def test_a_comparison_by_a_homes_own_history(north: Person, metered: str) -> None:
    offered = north.get(f"{PLANS}?zip=94107")
    assert f'value="{metered}"' in offered and has_no_markup_of(offered)
    part = north.get(f"{PLANS}/compared?zip=94107&home={metered}", headers={"hx-request": "true"})
    assert "2025-01-01 to 2026-01-01" in words_of(part) and "<html" not in part


def test_others_homes_are_not_compared(north: Person, south: Person, metered: str) -> None:
    south.get(f"{PLANS}/compared?zip=94107&home={metered}", 404)
    assert metered not in south.get(f"{PLANS}?zip=94107")


@pytest.mark.parametrize(
    "query",
    ["zip=0", "zip=94107&kwh=many", "zip=94107&kwh=-1", "zip=94107&solar=1e99", f"zip={XSS}"],
)
def test_a_comparison_that_cannot_be_made_says_why(north: Person, query: str) -> None:
    page = north.get(f"{PLANS}/compared?{quote(query, safe='=&')}", 400)
    assert 'role="alert"' in page and has_no_markup_of(page)


def test_who_may_only_see_homes_sees_no_plans(reader: Person) -> None:
    reader.get(PLANS, 403)


def test_every_kind_of_plan_has_words() -> None:
    for key in plan_keys():
        assert kind_words(supported_type(rate_plan(key).versions[-1]))
    assert kind_words("TOU_DEMAND") == f"{KINDS['TOU']}, demand"


def test_months_as_people_say_them() -> None:
    assert months_words(range(1, 13)) == ""
    assert months_words([6, 7, 8, 9]) == "Jun–Sep"
    assert months_words([10, 11, 12, 1, 2]) == "Oct–Feb"
    assert months_words([1, 3, 4, 12]) == "Mar–Apr, Dec–Jan"


@pytest.mark.parametrize("key", plan_keys()[::9])
def test_darker_is_dearer(key: str) -> None:
    """Colours rise with the price, the legend has each of them, and every cell lies within its."""
    version = kwhen.rate_plan(key).versions[-1]
    try:
        maps = price_maps(version, Customer(), version.effective.year)
    except kwhen.KwhenError:
        pytest.skip("its prices follow a market")
    for found in (maps.imports, maps.exports):
        heat = heat_of(found)
        assert [one.colour for one in heat.shades] == sorted({one.colour for one in heat.shades})
        assert heat.shades[-1].colour < COLOURS_COUNT
        bounds = {one.colour: (one.low_cents, one.high_cents) for one in heat.shades}
        for _, rows in heat.tables:
            for cell in (cell for _, cells in rows for cell in cells):
                low, high = bounds[cell.colour]
                assert round(low, 2) <= float(cell.cents) <= round(high, 2)
                assert abs(float(cell.short) - float(cell.cents)) <= 0.51
