"""The page of a home: what it shows, its downloads, and what it says where there is no price."""

import csv
import io
import json
import re
from typing import Any

import pytest

from kwhen.operations import homes
from tests.deployments import SANDBOX, Parties
from tests.portal.people import XSS, Person, has_no_markup_of, words_of
from tests.service.world import KEY, plan_id

CENTS = 100
DATA = re.compile(r'data-chart="(\w+)".*?<script type="application/json">(.*?)</script>', re.DOTALL)
ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)


def make(orgs: Parties, party: str = "north", **facts: Any) -> str:
    told = {"name": "Maple", "zipcode": "95313", "rate_plan_id": plan_id()} | facts
    with orgs.deployment.writing(orgs.tenant(party, SANDBOX)) as work:
        return homes.create_home(work, told).id


def charts(html: str) -> dict[str, Any]:
    return {kind: json.loads(text) for kind, text in DATA.findall(html)}


def test_the_portal_starts_with_the_first_home(south: Person, orgs: Parties) -> None:
    assert "No home yet" in words_of(south.get("/portal"))
    first = make(orgs, "south")
    make(orgs, "south")
    answer = south.client.get("/portal")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/portal/homes/{first}")


def test_the_chart_has_the_prices_of_the_api(north: Person, orgs: Parties) -> None:
    home = make(orgs, solar_system_size_kw=5.0, is_non_net_metered=True)
    chart = charts(north.get(f"/portal/homes/{home}"))["price"]
    answer = json.loads(north.get(f"/portal/homes/{home}/prices.json"))
    lines = {line["key"]: line["cents"] for line in chart["lines"]}
    for key, name in (("price", "prices"), ("import", "imports"), ("export", "exports")):
        assert lines[key] == pytest.approx([usd * CENTS for usd in answer[name]], abs=1e-3)
    whole = [
        sum(step)
        for step in zip(
            *(answer["components"][n] for n in ("tariff", "wholesale", "carbon")), strict=True
        )
    ]
    stacked = [sum(step) for step in zip(*(part["cents"] for part in chart["parts"]), strict=True)]
    assert stacked == pytest.approx([usd * CENTS for usd in whole], abs=5e-3)
    assert len(chart["starts"]) == len(answer["prices"]) in (188, 192, 196)
    assert chart["starts"][0] <= chart["now"] < chart["end"]
    assert {band["words"] for band in chart["bands"]} >= {"winter peak"} or {
        band["words"] for band in chart["bands"]
    } >= {"summer peak"}


def test_the_table_has_a_row_for_every_quarter_hour(north: Person, orgs: Parties) -> None:
    html = north.get(f"/portal/homes/{make(orgs)}")
    chart = charts(html)["price"]
    table = html[html.index("Every quarter hour, ¢/kWh") :]
    rows = ROW.findall(table[: table.index("</table>")])
    assert len(rows) == 1 + len(chart["starts"])
    first = re.findall(r"<td[^>]*>(.*?)</td>", rows[1])
    price = next(line for line in chart["lines"] if line["key"] == "price")
    assert float(first[2]) == pytest.approx(price["cents"][0], abs=0.005)


def test_what_it_stands_on_and_what_is_not_known_are_told(north: Person, orgs: Parties) -> None:
    words = words_of(north.get(f"/portal/homes/{make(orgs)}"))
    for told in ("Price now", "How sure", "What these prices stand on", "Carbon", "Local taxes"):
        assert told in words


def test_json_is_what_the_api_answers(north: Person, orgs: Parties, client: Any) -> None:
    home = make(orgs)
    answer = json.loads(north.get(f"/portal/homes/{home}/prices.json"))
    body = {
        "startTime": answer["startTime"],
        "endTime": answer["endTime"],
        "include": ["components", "exportPrices", "sources"],
    }
    headers = {KEY: orgs.key("north", SANDBOX).secret}
    same = client.post(f"/v1/homes/{home}/price_signal", json=body, headers=headers)
    assert same.json() == answer
    event = json.loads(north.get(f"/portal/homes/{home}/prices.openadr.json"))
    del body["include"]
    told = client.post(f"/v1/homes/{home}/price_signal/open_adr", json=body, headers=headers).json()
    for made in (event, told):
        del made["createdDateTime"], made["modificationDateTime"]
    assert event == told


def test_csv_is_for_spreadsheets(north: Person, orgs: Parties) -> None:
    home = make(orgs)
    answer = north.client.get(f"/portal/homes/{home}/prices.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="prices-{home}')
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    prices = json.loads(north.get(f"/portal/homes/{home}/prices.json"))["prices"]
    assert [float(row["price_usd_per_kwh"]) for row in rows] == prices
    assert [row["start"] for row in rows[1:]] == [row["end"] for row in rows[:-1]]


def test_a_home_without_a_plan_says_what_to_set(
    north: Person, reader: Person, orgs: Parties
) -> None:
    home = make(orgs, rate_plan_id=None)
    html = north.get(f"/portal/homes/{home}")
    assert "No rate plan yet" in words_of(html) and f"/portal/homes/{home}/edit" in html
    assert "data-chart" not in html
    assert f"/portal/homes/{home}/edit" not in reader.get(f"/portal/homes/{home}")
    assert "has no rate plan" in words_of(north.get(f"/portal/homes/{home}/prices.csv", 400))


def test_planted_markup_is_text(north: Person, orgs: Parties) -> None:
    home = make(orgs, name=XSS[:255], street_address=XSS)
    make(orgs, name=XSS[:255])
    html = north.get(f"/portal/homes/{home}")
    assert has_no_markup_of(html) and "&lt;script&gt;" in html
