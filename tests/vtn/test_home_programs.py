"""Programs of homes: targeted, their events stored, kept current and told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kwhen.delivery.vtn import deliver_due_notifications
from kwhen.operations import homes
from kwhen.operations.vtn import home_programs
from kwhen.operations.vtn.keep import keep_current
from kwhen.wire.times import moment
from tests.deployments import Clock
from tests.service.world import KEY, plan_id
from tests.vtn.echo import echoing
from tests.vtn.world import VEN, VtnWorld, fresh

NOW = datetime(2026, 7, 28, 19, tzinfo=UTC)
MIDNIGHT = datetime(2026, 7, 28, 7, tzinfo=UTC)


def a_home(vtn: VtnWorld, **facts: Any) -> str:
    told = {"name": "h", "zipcode": "95313", "rate_plan_id": plan_id(), **facts}
    with vtn.deployment.writing(vtn.orgs.tenant()) as work:
        return homes.create_home(work, told).id


def for_home(home_id: str, **told: Any) -> dict[str, Any]:
    return {
        "programName": fresh("home"),
        "attributes": [{"type": "HOME_ID", "values": [home_id]}],
        **told,
    }


def test_a_home_gets_its_price_signal_as_events(vtn: VtnWorld) -> None:
    home_id = a_home(vtn)
    own, stranger = vtn.new_client(VEN), vtn.new_client(VEN)
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        there.ven(own, home_id)
        program = there.post("/programs", for_home(home_id))
        assert program["targets"] == [home_id]
        found = there.get("/events", programID=program["id"], who=own)
        window = {"startTime": moment(MIDNIGHT), "endTime": moment(MIDNIGHT + timedelta(days=1))}
        signal = there.client.post(
            f"/v1/homes/{home_id}/price_signal", json=window, headers={KEY: there.orgs.key().secret}
        ).json()
        for who in (stranger, None):
            there.get(f"/programs/{program['id']}", 404, who=who)
            there.get(f"/events/{found[0]['id']}", 404, who=who)
    days = [one["eventName"][-10:] for one in found]
    assert days == ["2026-07-28", "2026-07-29"]
    prices = [one["payloads"][0]["values"][0] for one in found[0]["intervals"]]
    assert prices == signal["prices"] and len(prices) == 96
    assert found[0]["targets"] == [home_id]
    assert found[0]["intervalPeriod"] == {"start": moment(MIDNIGHT), "duration": "PT15M"}


def test_its_events_are_kept_current_and_told(vtn: VtnWorld) -> None:
    home_id, clock = a_home(vtn), Clock(NOW)
    with echoing() as subscriber, vtn.elsewhere(clock=clock) as there:
        own = there.new_client(VEN)
        there.ven(own, home_id)
        program = there.post("/programs", for_home(home_id))
        operation = {"objects": ["EVENT"], "operations": ["CREATE", "UPDATE", "DELETE"],
                     "callbackUrl": subscriber.url}  # fmt: skip
        wish = {"clientName": "c", "programID": program["id"], "objectOperations": [operation]}
        there.post("/subscriptions", wish, who=own)

        def heard() -> list[tuple[str, str]]:
            keep_current(there.deployment)
            before = len(subscriber.notifications)
            deliver_due_notifications(there.deployment)
            told = subscriber.notifications[before:]
            return [(one["operation"], one["object"]["eventName"][-10:]) for one in told]

        assert heard() == []  # nothing has changed
        clock.move(days=1)
        assert heard() == [("CREATE", "2026-07-30"), ("DELETE", "2026-07-28")]
        first = there.get("/events", programID=program["id"], who=own)[0]
        with there.deployment.writing(there.orgs.tenant()) as work:
            homes.update_home(work, home_id, {"rate_plan_id": plan_id("14328/E-1/T-B")})
        assert heard() == [("UPDATE", "2026-07-29"), ("UPDATE", "2026-07-30")]
        changed = there.get("/events", programID=program["id"], who=own)[0]
        assert changed["id"] == first["id"]
        assert changed["modificationDateTime"] > first["modificationDateTime"]
        there.delete(f"/programs/{program['id']}")
        assert [operation for operation, _ in heard()] == ["DELETE", "DELETE"]


def test_what_is_as_it_was_is_not_made_again(
    vtn: VtnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of programs are looked at every minute; a look is no computation."""
    home_id, clock, seen = a_home(vtn), Clock(NOW), dict[str, Any]()
    kept: list[str] = []
    real = home_programs.keep_events

    def counted(work: Any, program: Any) -> None:
        kept.append(program.id)
        real(work, program)

    monkeypatch.setattr(home_programs, "keep_events", counted)
    with vtn.elsewhere(clock=clock) as there:
        program = there.post("/programs", for_home(home_id))["id"]

        def is_kept() -> bool:
            kept.clear()
            keep_current(there.deployment, seen)
            return program in kept

        assert [is_kept(), is_kept()] == [True, False]
        with there.deployment.writing(there.orgs.tenant()) as work:
            homes.update_home(work, home_id, {"rate_plan_id": plan_id("14328/E-1/T-B")})
        assert [is_kept(), is_kept()] == [True, False]
        clock.move(hours=1)
        assert [is_kept(), is_kept()] == [True, False]
        there.put(f"/programs/{program}", for_home(home_id))
        assert [is_kept(), is_kept()] == [True, False]


def test_a_home_without_a_plan_holds_up_no_other(vtn: VtnWorld) -> None:
    clock = Clock(NOW)
    with vtn.elsewhere(clock=clock) as there:
        bad, good = a_home(there), a_home(there)
        made = [there.post("/programs", for_home(home_id)) for home_id in (bad, good)]
        with there.deployment.writing(there.orgs.tenant()) as work:
            homes.update_home(work, bad, {"rate_plan_id": None})
        clock.move(days=1)
        keep_current(there.deployment)
        days = [
            [one["eventName"][-10:] for one in there.get("/events", programID=program["id"])]
            for program in made
        ]
    assert days == [["2026-07-28", "2026-07-29"], ["2026-07-29", "2026-07-30"]]


@pytest.mark.parametrize("values", [["ws_home_nothing"], [], ["a", "b"], [7], [""]])
def test_the_home_must_be_the_tenants(vtn: VtnWorld, values: list[Any]) -> None:
    body = {"programName": fresh("p"), "attributes": [{"type": "HOME_ID", "values": values}]}
    assert "HOME_ID" in vtn.post("/programs", body, 400)["detail"]


def test_a_home_of_another_tenant_is_not_there(vtn: VtnWorld) -> None:
    home_id = a_home(vtn)
    vtn.post("/programs", for_home(home_id), 400, who=("bl", "south"))


def test_a_home_without_a_plan_has_no_program(vtn: VtnWorld) -> None:
    home_id = a_home(vtn, rate_plan_id=None)
    assert "plan" in vtn.post("/programs", for_home(home_id), 400)["detail"]


def test_a_program_that_is_of_no_home_any_more_loses_its_events(vtn: VtnWorld) -> None:
    program = vtn.post("/programs", for_home(a_home(vtn), targets=["group"]))
    assert program["targets"] == ["group"]
    assert len(vtn.get("/events", programID=program["id"])) == 2
    vtn.put(f"/programs/{program['id']}", {"programName": program["programName"]})
    assert vtn.get("/events", programID=program["id"]) == []
