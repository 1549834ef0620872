"""The documented examples, sent and answered as the contract writes them."""

import re
from typing import Any
from urllib.parse import quote

import pytest

from kwhen.catalog.plans import rate_plan
from tests.deployments import PRODUCTION, SANDBOX
from tests.service.envelope import problem
from tests.service.world import World, plan_id

HOME_ID = re.compile(r"ws_home_[0-9a-f]{32}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# The documented answer, in its order; `modalHome` is required by the schema.
HOME_FIELDS = [
    "id", "createdAt", "updatedAt", "name", "userId", "UtilityId", "ratePlanId",
    "unstructuredAddress", "timezone", "country", "city", "zipcode", "streetAddress", "meterId",
    "meterIdSource", "energyMarketBiddingEnabled", "enabled", "carbonSignalIntensity",
    "channelPartnerId", "modalHome",
]  # fmt: skip
OF_OUR_OWN = ["clientId", "exportRule", "solarInfo"]
CREATE = {
    "name": "My Test Home",
    "zipcode": "95313",
    "utilityId": "14328",
    "solarSystemSizeKw": 5,
    "isNonNetMetered": False,
}
WINDOW = {"startTime": "2025-02-25T16:13:37.902Z", "endTime": "2025-02-26T16:13:37.902Z"}
QUOTE = {
    "usage": [[0.3125] * 96] * 31,
    "export": [[0] * 96] * 31,
    "startDate": "2026-07-01",
    "endDate": "2026-08-01",
    "debug": True,
}
BREAKS = ["2025-02-26T01:13:37.902Z", "2025-02-26T04:13:37.902Z"]
WINTER_STEP = 0.03861  # peak above off-peak of E-TOU-D


def created(world: World, **told: Any) -> dict[str, Any]:
    answer = world.post("/v1/homes/create", CREATE | {"ratePlanId": plan_id()} | told)
    assert answer.status_code == 200, answer.text
    home: dict[str, Any] = answer.json()
    return home


def test_create(world: World) -> None:
    home = created(world)
    assert list(home) == HOME_FIELDS + OF_OUR_OWN
    assert HOME_ID.fullmatch(home["id"])
    assert MOMENT.fullmatch(home["createdAt"]) and home["updatedAt"] == home["createdAt"]
    solar = home.pop("solarInfo")
    assert (solar["systemSizeKw"], solar["isNonNetMetered"]) == (5.0, False)
    assert {name: home[name] for name in HOME_FIELDS[3:]} == {
        "name": "My Test Home",
        "userId": None,
        "UtilityId": "14328",
        "ratePlanId": plan_id(),
        "unstructuredAddress": None,
        "timezone": "America/Los_Angeles",
        "country": "US",
        "city": home["city"],
        "zipcode": "95313",
        "streetAddress": None,
        "meterId": None,
        "meterIdSource": None,
        "energyMarketBiddingEnabled": True,
        "enabled": True,
        "carbonSignalIntensity": "MEDIUM",
        "channelPartnerId": None,
        "modalHome": False,
    }
    assert home["city"]


def test_only_a_name_is_required(world: World) -> None:
    home = world.post("/v1/homes/create", {"name": "x"}).json()
    assert home["enabled"] is True and home["UtilityId"] is None and home["solarInfo"] is None


def test_update(world: World) -> None:
    home = created(world)
    body = {"name": "Updated home name", "solarSystemSizeKw": 6.4, "isNonNetMetered": True}
    changed = world.post(f"/v1/homes/{home['id']}/update", body).json()
    assert changed["solarInfo"] == home["solarInfo"] | {
        "systemSizeKw": 6.4,
        "isNonNetMetered": True,
    }
    assert changed["updatedAt"] > home["updatedAt"]
    same = {"name", "updatedAt", "solarInfo"}
    assert {k: v for k, v in changed.items() if k not in same} == {
        k: v for k, v in home.items() if k not in same
    }
    assert world.post(f"/v1/homes/{home['id']}/get").json() == changed


def test_remove(world: World) -> None:
    home = world.post("/v1/homes/create", {"name": "x"}, environment=SANDBOX).json()
    path = f"/v1/homes/{home['id']}"
    assert world.post(f"{path}/remove", environment=SANDBOX).json() == home
    assert problem(world.post(f"{path}/get", environment=SANDBOX), 404, "NOT_FOUND")
    assert problem(world.post(f"{path}/remove", environment=SANDBOX), 404, "NOT_FOUND")


def test_a_home_of_production_is_not_removed(world: World) -> None:
    home = created(world)
    told = problem(world.post(f"/v1/homes/{home['id']}/remove"), 403, "FORBIDDEN")
    assert "enabled" in told["message"]
    assert world.post(f"/v1/homes/{home['id']}/get").json() == home


def test_solar(world: World) -> None:
    home = world.post("/v1/homes/create", {"name": "x"}).json()
    body = {"homeId": home["id"], "solarSystemSizeKw": 4, "isNonNetMetered": True}
    assert world.post("/v1/homes/solar/create", body).json() == {"homeId": home["id"]}
    solar = world.post(f"/v1/homes/{home['id']}/get").json()["solarInfo"]
    assert (solar["systemSizeKw"], solar["isNonNetMetered"]) == (4.0, True)


def test_list(world: World) -> None:
    made = [created(world, name=f"Home {n}", userId="of the list") for n in range(3)]
    listed = world.post("/v1/homes/list").json()
    assert [home for home in listed if home["userId"] == "of the list"] == made
    body = {"userId": "of the list", "pageSize": 2}
    assert world.post("/v1/homes/list", body).json() == made[:2]
    assert world.post("/v1/homes/list", body | {"pageNumber": 2}).json() == made[2:]
    assert world.post("/v1/homes/list", body | {"pageNumber": 3}).json() == []
    assert world.post("/v1/homes/list", body | {"after": made[0]["id"]}).json() == made[1:]
    assert world.post("/v1/homes/list", {"userId": "nobody"}).json() == []
    told = problem(world.post("/v1/homes/list", {"pageNumber": 2}), 400, "VALIDATION_FAILED")
    assert told["field_errors"][0]["field"] == "pageSize"


def test_an_invalid_field(world: World) -> None:
    answer = world.post("/v1/homes/create", {"name": "x", "zipcode": "nowhere"})
    told = problem(answer, 400, "VALIDATION_FAILED")
    assert list(told) == ["request_id", "error_code", "message", "recovery_action", "field_errors"]
    assert told["message"] == "Request validation failed."
    (field,) = told["field_errors"]
    assert field["field"] == "zipcode"


def test_a_missing_key(world: World) -> None:
    told = problem(world.client.post("/v1/homes/list"), 401, "AUTH_MISSING_API_KEY")
    assert list(told) == ["request_id", "error_code", "message", "recovery_action"]
    assert told["message"] == "Missing x-ws-api-key header."


def test_price_signal(world: World) -> None:
    """A home on E-TOU-D: three blocks, broken at the seconds of `startTime`, not of the clock."""
    home = created(world, solarSystemSizeKw=None, isNonNetMetered=None)
    body = WINDOW | {"components": ["tariff"]}
    answer = world.post(f"/v1/homes/{home['id']}/price_signal", body).json()
    assert answer["homeId"] == home["id"]
    assert (answer["startTime"], answer["endTime"]) == (WINDOW["startTime"], WINDOW["endTime"])
    first, second, third = answer["data"]
    assert list(first) == ["startTime", "endTime", "price", "import", "export", "confidence"]
    edges = [WINDOW["startTime"], *BREAKS, WINDOW["endTime"]]
    assert [block["startTime"] for block in answer["data"]] == edges[:-1]
    assert [block["endTime"] for block in answer["data"]] == edges[1:]
    assert first["price"] == third["price"]
    assert second["price"] - first["price"] == pytest.approx(WINTER_STEP, abs=1e-9)
    assert all(block["price"] == block["import"] for block in answer["data"])
    assert all(block["export"] == 0 and 0 < block["confidence"] <= 1 for block in answer["data"])
    for name in ("prices", "imports", "exports", "import", "export"):
        assert len(answer[name]) == 96
    assert answer["prices"] == answer["imports"] == answer["import"]
    assert answer["exports"] == answer["export"] == [0] * 96
    assert (
        answer["imports"]
        == [first["import"]] * 36 + [second["import"]] * 12 + [third["import"]] * 48
    )


def test_price_signal_with_every_component(world: World) -> None:
    """Carbon and market change the price in every hour; what the bill will say changes twice."""
    home = created(world)
    answer = world.post(f"/v1/homes/{home['id']}/price_signal", WINDOW).json()
    imports = answer["imports"]
    runs = [value for n, value in enumerate(imports) if n == 0 or imports[n - 1] != value]
    assert len(runs) == 3 and runs[0] == runs[2] and len(set(answer["prices"])) > 3
    assert len(answer["data"]) > 3
    for before, after in zip(answer["data"], answer["data"][1:], strict=False):
        assert before["endTime"] == after["startTime"]
        values = ("price", "import", "export")
        assert [before[name] for name in values] != [after[name] for name in values]


def test_a_window_that_is_not_told_is_a_day_from_the_quarter_hour(world: World) -> None:
    home = created(world)
    answer = world.post(f"/v1/homes/{home['id']}/price_signal").json()
    assert re.fullmatch(r".*:(00|15|30|45):00\.000Z", answer["startTime"])
    assert len(answer["prices"]) == 96


def test_open_adr(world: World) -> None:
    home = created(world)
    path = f"/v1/homes/{home['id']}/price_signal/open_adr"
    event = world.post(path, WINDOW).json()
    assert event["programID"] == "wattshift-open-adr"
    assert event["eventName"] == "Price Event 2025-02-25"
    assert event["intervalPeriod"] == {"start": WINDOW["startTime"], "duration": "PT24H"}
    assert [interval["id"] for interval in event["intervals"]] == list(
        range(len(event["intervals"]))
    )
    payloads = [[load["type"] for load in one["payloads"]] for one in event["intervals"]]
    assert all(types == ["PRICE", "EXPORT_PRICE", "GHG"] for types in payloads)
    assert world.post(path, WINDOW).json()["id"] == event["id"]
    read = world.client.get(path, headers=world.headers()).json()
    assert read["programID"] == event["programID"] and read["id"] != event["id"]


def test_open_adr_of_a_window_in_the_query(world: World) -> None:
    path = f"/v1/homes/{created(world)['id']}/price_signal/open_adr"
    posted = world.post(path, WINDOW).json()
    read = world.client.get(path, params=WINDOW, headers=world.headers()).json()
    for event in (posted, read):
        del event["createdDateTime"], event["modificationDateTime"]
    assert read == posted
    for told, field in (
        ({"startTime": WINDOW["startTime"]}, "endTime"),
        (WINDOW | {"endTime": "tomorrow"}, "endTime"),
        (WINDOW | {"startTime": WINDOW["endTime"]}, "endTime"),
    ):
        answer = world.client.get(path, params=told, headers=world.headers())
        wrong = problem(answer, 400, "VALIDATION_FAILED")["field_errors"]
        assert [one["field"] for one in wrong] == [field]


def test_a_price_of_no_component_is_refused(world: World) -> None:
    path = f"/v1/homes/{created(world)['id']}/price_signal"
    for one in (path, f"{path}/open_adr"):
        told = problem(world.post(one, {"components": []}), 400, "VALIDATION_FAILED")
        assert told["field_errors"][0]["field"] == "components"


def test_a_home_without_a_plan_is_told_what_to_set(world: World) -> None:
    home = world.post("/v1/homes/create", {"name": "x", "zipcode": "94107"}).json()
    answer = world.post(f"/v1/homes/{home['id']}/price_signal", WINDOW)
    told = problem(answer, 400, "VALIDATION_FAILED")
    assert told["field_errors"][0]["field"] == "ratePlanId"
    assert "/v1/utility/get" in told["field_errors"][0]["message"]


def test_utility(world: World) -> None:
    body = {"zipcode": "94107", "detailLevel": "minimal"}
    answer = world.post("/v1/utility/get", body).json()
    assert [one["utilityId"] for one in answer] == ["14328", "16612"]
    assert plan_id() in {plan["id"] for plan in answer[0]["ratePlans"]}


def test_impact(world: World) -> None:
    """32 days, with the fields of the documented answer."""
    home = created(world)
    days = [[0.3125] * 96] * 32
    body = {"usage": days, "startDate": "2025-01-07", "endDate": "2025-02-08"}
    answer = world.post(f"/v1/homes/{home['id']}/calculate/impact", body).json()
    assert answer.keys() - {"exportCompensationCredit"} == {
        "billTotal", "gridServicesRev", "CO2e", "startDate", "endDate",
    }  # fmt: skip
    assert (answer["startDate"], answer["endDate"]) == ("2025-01-07", "2025-02-08")
    older = world.post(f"/v1/homes/{home['id']}/bill/period", body).json()
    assert older == answer | {"totalBill": answer["billTotal"]}
    short = world.post(f"/v1/homes/{home['id']}/calculate/impact", body | {"endDate": "2025-02-07"})
    told = problem(short, 400, "VALIDATION_FAILED")
    assert told["field_errors"][0]["field"] == "usage"


def test_devices_of_both_scenarios(world: World) -> None:
    """Each scenario has the devices that it names, so charging at two times can be compared."""
    vehicle = {"kwhPerDay": 9, "opens": "17:00", "closes": "21:00"}
    body = {
        "home": {"ratePlanId": plan_id("14328/E-ELEC"), "zipcode": "94107"},
        "startDate": "2026-07-01",
        "endDate": "2026-08-01",
        "base": {"useDefaultUsage": True, "vehicle": vehicle},
        "optimised": {"vehicle": vehicle | {"opens": "00:00", "closes": "06:00"}},
        "debug": True,
    }
    answer = world.post("/v1/calculate/compare", body).json()
    assert answer["baseScenario"] == "a vehicle of 9 kWh a day from 17:00"
    assert answer["scenario"] == "a vehicle of 9 kWh a day from 00:00"
    used_kwh = {
        name: answer[name]["debugInfo"]["determinants"]["importKwh"]
        for name in ("base", "optimised")
    }
    assert used_kwh["base"] == pytest.approx(used_kwh["optimised"], abs=1e-3)
    assert answer["difference"]["billSaving"] > 0
    alone = world.post(
        "/v1/calculate/compare",
        body | {"base": {"useDefaultUsage": True}, "optimised": {"vehicle": vehicle}},
    ).json()
    assert alone["baseScenario"] == ""
    assert alone["optimised"]["billTotal"] == answer["base"]["billTotal"]


def test_quote(world: World) -> None:
    path = f"/v1/homes/bill/period/rateplan/{plan_id()}"
    answer = world.post(path, QUOTE).json()
    assert answer["billTotal"] > 0 and answer["debugInfo"]
    assert not answer.keys() & {"gridServicesRev", "CO2e"}
    day = {"startDate": "2026-07-02", "usage": QUOTE["usage"][1:], "export": QUOTE["export"][1:]}
    cut = world.post(path, QUOTE | day)
    assert problem(cut, 400, "VALIDATION_FAILED")


def test_a_rate_id_is_answered_with_the_id_to_send(world: World) -> None:
    plan = rate_plan("14328/E-TOU-D")
    listed = world.post("/v1/utility/get", {"utilityId": "14328"}).json()[0]["ratePlans"]
    (held,) = (one for one in listed if one["id"] == plan.id)
    for answer in (
        world.post("/v1/homes/create", {"name": "x", "ratePlanId": held["rateID"]}),
        world.post(f"/v1/homes/bill/period/rateplan/{quote(held['rateID'])}", QUOTE),
    ):
        told = problem(answer, 400, "VALIDATION_FAILED")
        assert plan.id in str(told)


def test_a_rate_id_of_nothing_and_one_cut_off_at_its_question_mark_are_no_unknown_ids(
    world: World,
) -> None:
    documented = "USA-CA-14328-14328-R-TNNNNN-N????E-B4-01012025-????-????????-????????-BES"
    for name in (quote(documented), documented):
        told = problem(
            world.post(f"/v1/homes/bill/period/rateplan/{name}", QUOTE), 400, "VALIDATION_FAILED"
        )
        assert "rateID" in str(told)


def test_agent_credentials(world: World) -> None:
    body = {
        "organization_name": "Sunny",
        "user_name": "Ada",
        "assignment": "Build a dashboard of prices.",
        "requested_scopes": ["homes", "utility:read"],
    }
    issued = world.client.post("/v1/agent-credentials", json=body).json()
    assert issued["outcome"] == "issued" and issued["credential"].startswith("wsk_agent_")
    assert issued["scopes"] == ["homes:read", "homes:write", "utility:read"]
    refused = world.client.post(
        "/v1/agent-credentials", json=body | {"requested_scopes": ["keys:admin"]}
    )
    assert "keys:admin" in str(problem(refused, 400, "VALIDATION_FAILED"))
    assert (issued["environment"], issued["production_access"]) == ("sandbox", False)
    key = {"x-ws-api-key": issued["credential"]}
    assert world.client.post("/v1/homes/list", headers=key).json() == []
    revoked = world.client.post(issued["revocation_path"], headers=key).json()
    assert revoked["outcome"] == "revoked"
    answer = world.client.post("/v1/homes/list", headers=key)
    assert problem(answer, 401, "AUTH_REVOKED_CREDENTIAL")


def test_feedback(world: World) -> None:
    answer = world.client.post("/v1/feedback", json={"feedback_type": "bug", "summary": "x"})
    assert answer.status_code == 201
    told = answer.json()
    assert told["feedback_id"].startswith("ws_feedback_") and told["received"] is True
    assert told["follow_up"] == {"requested": False, "contact_method": None}
    for nothing in ({}, {"message": ""}):
        answer = world.client.post("/v1/feedback", json=nothing)
        assert problem(answer, 400, "VALIDATION_FAILED")


def test_session(world: World) -> None:
    made = world.post("/v1/onboarding/session-token/generate", {"userId": "user_1"}).json()
    assert made["sessionToken"].startswith("wsk_session_")
    headers = {"authorization": f"Bearer {made['sessionToken']}"}
    assert world.client.post("/v1/homes/list", headers=headers).status_code == 200
    minting = world.client.post("/v1/onboarding/session-token/generate", headers=headers)
    assert problem(minting, 403, "AUTH_INSUFFICIENT_SCOPE")


def test_every_answer_has_an_id_of_its_own(world: World) -> None:
    answers = [
        world.client.get("/healthz"),
        world.client.get("/nowhere"),
        world.client.post("/v1/homes/list"),
        world.post("/v1/homes/list", environment=PRODUCTION),
        world.client.delete("/v1/homes/list"),
    ]
    ids = {answer.headers["x-request-id"] for answer in answers}
    assert len(ids) == len(answers) and all(re.fullmatch(r"req_[0-9a-f]{32}", one) for one in ids)
