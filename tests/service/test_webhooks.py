"""The webhook routes as they are documented."""

import re
from typing import Any

import pytest

from tests.deployments import PRODUCTION, SANDBOX
from tests.service.envelope import problem
from tests.service.world import World

BASE = "/v1/webhook/price_signal"
DOCUMENTED = {
    "webhookUrl": "https://example.com/wattshift/price-signals",
    "securityKey": "replace-with-your-shared-secret",
    "openAdr": False,
}
TIMES = {"startTime": "2025-02-25T16:13:37.902Z", "endTime": "2025-02-26T16:13:37.902Z"}


def test_set_answers_as_documented(world: World) -> None:
    answer = world.post(f"{BASE}/set", DOCUMENTED, "south").json()
    assert re.fullmatch(r"ws_webhook_[0-9a-f]{32}", answer["id"])
    assert answer["apiOwnerOrgId"] == world.orgs.tenant("south").org_id
    assert {name: answer[name] for name in DOCUMENTED} == DOCUMENTED
    assert (answer["eventType"], answer["lastSentAt"]) == ("PRICE_SIGNAL", None)
    again = world.post(f"{BASE}/set", DOCUMENTED | {"openAdr": True}, "south").json()
    assert (again["id"], again["createdAt"]) == (answer["id"], answer["createdAt"])
    assert again["openAdr"] is True
    assert world.post(f"{BASE}/get", party="south").json() == again
    assert world.post(f"{BASE}/delete", party="south").json() == again
    problem(world.post(f"{BASE}/get", party="south"), 404, "NOT_FOUND")


def test_each_environment_has_its_own(world: World) -> None:
    for environment in (SANDBOX, PRODUCTION):
        url = {"webhookUrl": f"https://{environment}.example.com/"}
        world.post(f"{BASE}/set", DOCUMENTED | url, environment=environment)
    for environment in (SANDBOX, PRODUCTION):
        found = world.post(f"{BASE}/get", environment=environment).json()
        assert found["webhookUrl"] == f"https://{environment}.example.com/"


def test_a_trigger_is_accepted_with_an_empty_body(world: World) -> None:
    world.post(f"{BASE}/set", DOCUMENTED)
    own = {"organizationId": world.orgs.tenant().org_id}
    for body in (TIMES, TIMES | own, {}):
        answer = world.post(f"{BASE}/trigger", body)
        assert (answer.status_code, answer.content) == (200, b"")
    assert world.post(f"{BASE}/trigger").status_code == 200
    newest = world.post(f"{BASE}/runs/list").json()[2]
    assert {name: newest[name] for name in TIMES} == TIMES
    other = {"organizationId": world.orgs.tenant("south").org_id}
    problem(world.post(f"{BASE}/trigger", other), 403, "FORBIDDEN")


def test_a_trigger_under_one_key_makes_one_run(world: World) -> None:
    world.post(f"{BASE}/set", DOCUMENTED)
    before = len(world.post(f"{BASE}/runs/list").json())
    for _ in range(3):
        answer = world.post(f"{BASE}/trigger", {}, headers={"Idempotency-Key": "once"})
        assert (answer.status_code, answer.content) == (200, b"")
    assert len(world.post(f"{BASE}/runs/list").json()) == before + 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"webhookUrl": "http://example.com/"}, "webhookUrl"),
        ({"webhookUrl": "https://169.254.169.254/"}, "webhookUrl"),
        ({"webhookUrl": "nowhere"}, "webhookUrl"),
        ({"securityKey": ""}, "securityKey"),
        ({"securityKey": "a\nb"}, "securityKey"),
        ({"securityKey": None}, "securityKey"),
        ({"openAdr": "yes"}, "openAdr"),
        ({"schedule": {"everyMinutes": 1}}, "schedule.everyMinutes"),
        ({"schedule": {}}, "schedule"),
        ({"schedule": {"dailyAt": "25:00", "timezone": "UTC"}}, "schedule.dailyAt"),
        ({"schedule": {"dailyAt": "0٦:30", "timezone": "UTC"}}, "schedule.dailyAt"),
    ],
)
def test_what_cannot_be_set_is_named(world: World, body: dict[str, Any], field: str) -> None:
    told = problem(world.post(f"{BASE}/set", DOCUMENTED | body), 400, "VALIDATION_FAILED")
    assert [one["field"] for one in told["field_errors"]] == [field]


def test_what_is_not_sent_stays(world: World) -> None:
    plan = {"dailyAt": "06:30", "timezone": "America/Los_Angeles"}
    more = {"gzip": True, "onChange": False, "schedule": plan}
    world.post(f"{BASE}/set", DOCUMENTED | more)
    kept = world.post(f"{BASE}/set", DOCUMENTED).json()
    assert (kept["gzip"], kept["onChange"]) == (True, False)
    assert kept["schedule"] == plan | {"everyMinutes": None}
    assert kept["nextRunAt"] is not None
    gone = world.post(f"{BASE}/set", DOCUMENTED | {"schedule": None}).json()
    assert (gone["schedule"], gone["nextRunAt"]) == (None, None)


def test_the_key_is_sealed_in_the_database(world: World) -> None:
    world.post(f"{BASE}/set", DOCUMENTED)
    with world.deployment.database.engine.begin() as connection:
        held = str(connection.exec_driver_sql("SELECT * FROM webhook").all())
    assert "example.com/wattshift" in held
    assert DOCUMENTED["securityKey"] not in held


def test_deliveries_are_listed_page_by_page(world: World) -> None:
    world.post(f"{BASE}/set", DOCUMENTED)
    made = [world.post(f"{BASE}/test").json()["id"] for _ in range(5)][::-1]
    first = world.post(f"{BASE}/deliveries/list", {"pageSize": 2}).json()
    rest = world.post(f"{BASE}/deliveries/list", {"before": first[-1]["id"]}).json()
    assert [one["id"] for one in (*first, *rest)][:5] == made
    pending = world.post(f"{BASE}/deliveries/list", {"state": "pending"}).json()
    assert {one["state"] for one in pending} == {"pending"}
    body = {"before": "ws_delivery_0"}
    problem(world.post(f"{BASE}/deliveries/list", body), 400, "VALIDATION_FAILED")
