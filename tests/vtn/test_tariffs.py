"""Tariff programs: one for each plan, with the prices of today and tomorrow, for everybody."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from kwhen.catalog.plans import plan_keys, rate_plan
from kwhen.catalog.program_names import program_name, usual_zipcode
from kwhen.delivery.vtn import deliver_due_notifications
from kwhen.engine.grid import instant
from kwhen.operations.vtn import tariffs
from kwhen.operations.vtn.keep import keep_current
from kwhen.wire.times import moment
from tests.deployments import Clock
from tests.service.world import KEY, plan_id
from tests.vtn.echo import echoing
from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 7, 28, 19, tzinfo=UTC)  # noon of the 28th in California
UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def program(vtn: VtnWorld, name: str = "PGE-E-ELEC", **told: Any) -> dict[str, Any]:
    (found,) = vtn.get("/programs", programName=name, who=None, **told)
    assert isinstance(found, dict)
    return found


def events(vtn: VtnWorld, name: str = "PGE-E-ELEC", **told: Any) -> list[dict[str, Any]]:
    found = vtn.get("/events", programID=program(vtn, name)["id"], who=None, **told)
    assert isinstance(found, list)
    return found


def values(event: dict[str, Any], kind: str = "PRICE") -> list[float]:
    return [
        payload["values"][0]
        for one in event["intervals"]
        for payload in one["payloads"]
        if payload["type"] == kind
    ]


def test_every_plan_has_a_program_and_an_hourly_sibling(vtn: VtnWorld) -> None:
    found = [one for one in vtn.every("/programs", who=None)]
    names = [one["programName"] for one in found]
    plans = [program_name(rate_plan(key)) for key in plan_keys()]
    assert names == [word for name in plans for word in (name, f"{name}-HOURLY")]
    assert len(set(names)) == len(names) == len({one["id"] for one in found})
    assert {"PGE-E-ELEC", "SCE-TOU-D-PRIME", "CONED-SC1", "PORTLAND-SCHEDULE-7"} <= set(names)


def test_a_program_says_whose_it_is(vtn: VtnWorld) -> None:
    new, old = program(vtn), program(vtn, version=OLD)
    told = {one["type"]: one["values"][0] for one in new["attributes"]}
    assert told["RETAILER_NAME"] == "PGE" and told["RETAILER_LONG_NAME"].startswith("Pacific Gas")
    assert (told["COUNTRY"], told["PRINCIPAL_SUBDIVISION"]) == ("US", "CA")
    assert told["PROGRAM_TYPE"] == "PRICING_TARIFF" and told["BINDING_EVENTS"] is False
    assert told["RATE_PLAN_ID"] == plan_id("14328/E-ELEC")
    assert (old["country"], old["principalSubdivision"], old["bindingEvents"]) == (
        "US",
        "CA",
        False,
    )
    assert old["retailerName"] == "PGE" and "attributes" not in old
    kinds = [(one["payloadType"], one["units"]) for one in new["payloadDescriptors"]]
    assert kinds == [("PRICE", "KWH"), ("EXPORT_PRICE", "KWH"), ("GHG", "GHG")]


@pytest.mark.parametrize(
    ("now", "day", "count"),
    [
        (NOW, date(2026, 7, 28), 96),
        (datetime(2026, 11, 1, 6, 59, tzinfo=UTC), date(2026, 11, 1), 100),  # still October there
        (datetime(2026, 11, 1, 7, 0, tzinfo=UTC), date(2026, 11, 1), 100),
        (datetime(2027, 3, 13, 20, tzinfo=UTC), date(2027, 3, 14), 92),
    ],
)
@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_day_has_every_quarter_hour(
    vtn: VtnWorld, version: str, now: datetime, day: date, count: int
) -> None:
    with vtn.elsewhere(clock=Clock(now)) as there:
        found = events(there, version=version)
    local = [f"PGE-E-ELEC {now.astimezone(tariffs.zone_of(ZONE)).date() + timedelta(days=n)}"
             for n in (0, 1)]  # fmt: skip
    assert [one["eventName"] for one in found] == local
    (event,) = [one for one in found if one["eventName"].endswith(str(day))]
    assert event["id"].endswith(f"-{day}") and len(event["intervals"]) == count
    start = instant(day, ZONE)
    assert event["intervalPeriod"] == {"start": moment(start), "duration": "PT15M"}
    for number, one in enumerate(event["intervals"]):
        began = moment(start + timedelta(minutes=15 * number))
        assert one["id"] == number
        assert one["intervalPeriod"] == {"start": began, "duration": "PT15M"}
        assert [p["type"] for p in one["payloads"]] == ["PRICE", "EXPORT_PRICE", "GHG"]
        assert all(len(p["values"]) == 1 for p in one["payloads"])
        assert UTC_TEXT.fullmatch(one["intervalPeriod"]["start"])


@pytest.mark.parametrize(
    ("key", "name"), [("14328/E-ELEC", "PGE-E-ELEC"), ("4226/SC1-RATE-III", "CONED-SC1-RATE-III"),
                      ("13781/A02", "XCEL-MN-A02")]
)  # fmt: skip
def test_the_prices_are_those_of_the_price_signal(vtn: VtnWorld, key: str, name: str) -> None:
    plan = rate_plan(key)
    home = {
        "name": "h",
        "ratePlanId": plan.id,
        "zipcode": usual_zipcode(plan.utility_id, plan.state),
    }
    headers = {KEY: vtn.orgs.key().secret}
    made = vtn.client.post("/v1/homes/create", json=home, headers=headers).json()
    day, zone = date(2026, 7, 29), plan.versions[-1].timezone
    window = {
        "startTime": moment(instant(day, zone)),
        "endTime": moment(instant(day + timedelta(days=1), zone)),
    }
    path = f"/v1/homes/{made['id']}/price_signal"
    signal = vtn.client.post(path, json=window, headers=headers).json()
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        event = events(there, name)[1]
        hourly = events(there, f"{name}-HOURLY")[1]
    assert event["eventName"] == f"{name} {day}"
    assert values(event) == signal["imports"]
    adr = vtn.client.post(f"{path}/open_adr", json=window, headers=headers).json()
    assert values(adr, "GHG")[0] == values(event, "GHG")[0]
    assert [one["id"] for one in hourly["intervals"]] == list(range(24))
    mean = [sum(signal["imports"][n : n + 4]) / 4 for n in range(0, 96, 4)]
    assert values(hourly) == pytest.approx(mean, abs=1e-5)


@pytest.mark.parametrize(
    ("now", "ids"),
    [
        (datetime(2026, 11, 1, 12, tzinfo=UTC), [0, 1, 24, *range(2, 24)]),
        (datetime(2027, 3, 14, 12, tzinfo=UTC), [0, 1, *range(3, 24)]),
    ],
)
def test_hours_have_the_id_of_the_local_hour(vtn: VtnWorld, now: datetime, ids: list[int]) -> None:
    with vtn.elsewhere(clock=Clock(now)) as there:
        event = events(there, "PGE-E-ELEC-HOURLY")[0]
    assert [one["id"] for one in event["intervals"]] == ids
    assert {one["intervalPeriod"]["duration"] for one in event["intervals"]} == {"PT1H"}


def test_every_plan_can_be_priced(vtn: VtnWorld) -> None:
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        found = there.every("/events", who=None)
    assert len(found) == 4 * len(plan_keys()) == len({one["id"] for one in found})


def test_an_event_changes_only_when_its_prices_do(
    vtn: VtnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NOW + timedelta(days=2))
    with vtn.elsewhere(clock=clock) as there:
        before = events(there)[1]
        clock.move(hours=3)
        assert events(there)[1] == before
        tariffs._made.cache_clear()  # as after a start
        assert events(there)[1] == before
        true = tariffs.quarter_values

        def dearer(*given: Any) -> Any:
            imported, exported, co2e = true(*given)
            return imported + 0.01, exported, co2e

        monkeypatch.setattr(tariffs, "quarter_values", dearer)
        tariffs._made.cache_clear()
        after = events(there)[1]
    monkeypatch.undo()
    tariffs._made.cache_clear()
    assert (after["id"], after["createdDateTime"]) == (before["id"], before["createdDateTime"])
    assert after["modificationDateTime"] == moment(clock.now) > before["modificationDateTime"]
    assert values(after) == pytest.approx([price + 0.01 for price in values(before)])


def test_days_of_what_is_read_are_ready_before_they_are_asked_for(
    vtn: VtnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NOW + timedelta(days=40))
    with vtn.elsewhere(clock=clock) as there:
        events(there)  # somebody reads it
        clock.move(days=1)
        keep_current(there.deployment)
        clock.move(minutes=7)

        def never(*given: Any) -> Any:
            raise AssertionError("a read computes")

        monkeypatch.setattr(tariffs, "quarter_values", never)
        today, tomorrow = events(there)
    assert today["createdDateTime"] == moment(NOW + timedelta(days=40))
    assert tomorrow["createdDateTime"] == moment(NOW + timedelta(days=41))


def test_subscribers_hear_of_new_days_and_of_changes(
    vtn: VtnWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(NOW + timedelta(days=20))
    with echoing() as subscriber, vtn.elsewhere(clock=clock) as there:
        who = there.new_client(VEN)
        operation = {"objects": ["EVENT"], "operations": ["CREATE", "UPDATE"],
                     "callbackUrl": subscriber.url}  # fmt: skip
        wish = {
            "clientName": "c",
            "programID": program(there)["id"],
            "objectOperations": [operation],
        }
        there.post("/subscriptions", wish, who=who)

        def heard() -> list[tuple[str, str]]:
            keep_current(there.deployment)
            keep_current(there.deployment)
            before = len(subscriber.notifications)
            deliver_due_notifications(there.deployment)
            told = subscriber.notifications[before:]
            return [(one["operation"], one["object"]["eventName"][-10:]) for one in told]

        assert heard() == [("CREATE", "2026-08-17"), ("CREATE", "2026-08-18")]
        assert subscriber.notifications[0]["object"] == events(there)[0]
        clock.move(days=1)
        assert heard() == [("CREATE", "2026-08-19")]
        true = tariffs.quarter_values
        monkeypatch.setattr(
            tariffs, "quarter_values", lambda *g: (true(*g)[0] + 0.5, *true(*g)[1:])
        )
        tariffs._made.cache_clear()
        assert heard() == [("UPDATE", "2026-08-18"), ("UPDATE", "2026-08-19")]
        monkeypatch.undo()
        tariffs._made.cache_clear()


def test_nobody_changes_what_is_everybodys(vtn: VtnWorld) -> None:
    found = program(vtn)
    event = events(vtn)[0]
    for path, body in ((f"/programs/{found['id']}", {"programName": "x"}),
                       (f"/events/{event['id']}", {"programID": found["id"]})):  # fmt: skip
        vtn.put(path, body, 403)
        vtn.delete(path, 403)
    vtn.post("/events", {"programID": found["id"]}, 403)
    vtn.post("/programs", {"programName": "PGE-E-ELEC"}, 409)
    assert vtn.get(f"/programs/{found['id']}", who=None) == found
    assert vtn.get(f"/events/{event['id']}", who=None) == event


@pytest.mark.parametrize(
    "event_id", ["tariff-x", f"tariff-{'0' * 24}-2026-07-28", f"tariff-{plan_id('14328/E-ELEC')}-"
                 "1999-01-01", f"tariff-{plan_id('14328/E-ELEC')}-2026-07-32"]
)  # fmt: skip
def test_other_days_and_plans_are_not_found(vtn: VtnWorld, event_id: str) -> None:
    vtn.get(f"/events/{event_id}", 404, who=None)


def test_a_report_on_a_tariff_event(vtn: VtnWorld) -> None:
    event = events(vtn)[0]
    body = {"eventID": event["id"], "clientName": "c", "resources": []}
    made = vtn.post("/reports", body, who=VEN)
    assert vtn.get(f"/reports/{made['id']}", version=OLD)["programID"] == event["programID"]


def test_the_time_that_is_asked_for(vtn: VtnWorld) -> None:
    with vtn.elsewhere(clock=Clock(NOW)) as there:
        every = events(there)
        # The 28th lasts until seven in the morning of the 29th, in UTC.
        assert events(there, dateStart="2026-07-29T06:59:00Z") == every
        assert events(there, dateStart="2026-07-29T07:00:00Z") == every[1:]
        assert events(there, dateEnd="2026-07-29T07:00:00Z") == every[:1]
        assert events(there, dateStart="nonsense", dateEnd="") == every
        assert events(there, active="true") == every


def test_bare_urls(vtn: VtnWorld) -> None:
    found = vtn.client.get("/price/PGE-E-ELEC/OpenADR3")
    assert found.status_code == 200 and found.json() == events(vtn)
    assert vtn.client.get("/price/NOTHING/OpenADR3").status_code == 404
    hourly = vtn.client.get("/price/PGE-E-ELEC-HOURLY/OpenADR3?dateEnd=2000-01-01T00:00:00Z")
    assert hourly.json() == []


def test_imported_plans_are_programs_too(vtn: VtnWorld) -> None:
    """They follow those that ship; a plan of an unknown place has no emissions."""
    plan = rate_plan("14328/E-ELEC")
    alien = replace(plan, key="99999/X", id="f" * 24, utility_id=99999, state="ZZ")
    made = tariffs.TariffProgram(alien)
    assert made.name == "EIA99999-X" and usual_zipcode(99999, "ZZ") is None
    with vtn.deployment.reading(vtn.orgs.tenant()) as work:
        event = tariffs.event_object(work, made, made.days(work.now)[0])
    kinds = {p["type"] for one in event.content["intervals"] for p in one["payloads"]}
    assert kinds == {"PRICE", "EXPORT_PRICE"}


def test_whoever_asks_sees_the_same(vtn: VtnWorld) -> None:
    path = f"/events/{events(vtn)[0]['id']}"
    assert vtn.get(path, who=BL) == vtn.get(path, who=VEN, version=OLD) == vtn.get(path, who=None)


def test_long_answers_are_packed_for_those_who_can_unpack(vtn: VtnWorld) -> None:
    url = f"/openadr3/{NEW}/events?programName=PGE-E-ELEC"
    packed, gz, plain = (
        vtn.client.get(url, headers={"accept-encoding": words})
        for words in ("br, gzip", "gzip;q=0.5", "gzip;q=0, identity")
    )
    assert packed.headers["content-encoding"] == gz.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == gz.json() == plain.json()
    assert int(packed.headers["content-length"]) * 5 < int(plain.headers["content-length"])
