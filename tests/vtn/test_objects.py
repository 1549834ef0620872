"""Objects of a tenant: made, read, listed, changed and removed, in both editions."""

from typing import Any

import pytest

from tests.vtn.echo import Subscriber, echoing
from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld, fresh, interval, period

MINE = ("id", "createdDateTime", "modificationDateTime", "objectType")


@pytest.fixture(scope="module")
def subscriber() -> Any:
    with echoing() as found:
        yield found


def body_of(vtn: VtnWorld, kind: str, version: str, subscriber: Subscriber) -> dict[str, Any]:
    """A whole body of a kind, with explicit nulls and a field that nobody knows."""
    targets: Any = ["g1", "g2"] if version == NEW else [{"type": "GROUP", "values": ["g1", "g2"]}]
    points = [{"type": "CURVE", "values": [{"x": 1.0, "y": 2.5}, 3, "four", True]}]
    more = {"targets": targets, "unknown": {"a": [1]}}
    match kind:
        case "programs":
            dated = {
                "intervalPeriod": period(),
                "programDescriptions": [{"URL": "https://a.example"}],
            }
            meta: dict[str, Any] = {"programLongName": "Long", "bindingEvents": True}
            if version == NEW:
                meta = {"attributes": [{"type": "PROGRAM_LONG_NAME", "values": ["Long"]}]}
            descriptor = {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": "PRICE",
                          "units": "KWH", "currency": "USD"}  # fmt: skip
            return {"programName": fresh("p"), "payloadDescriptors": [descriptor], **dated, **meta,
                    **more}  # fmt: skip
        case "events":
            report = {"payloadType": "USAGE", "readingType": None, "targets": targets, "repeat": 2}
            return {
                "programID": vtn.program()["id"],
                "eventName": None,
                "priority": 0,
                "reportDescriptors": [report],
                "intervalPeriod": {**period(), "randomizeStart": "PT0S"},
                "intervals": [interval(3, 0.5, intervalPeriod=period(duration="PT15M"))],
                **more,
            }
        case "reports":
            event = vtn.event()
            resource = {"resourceName": "r", "intervals": [{"id": 0, "payloads": points}]}
            named = {} if version == NEW else {"programID": event["programID"]}
            return {"eventID": event["id"], "clientName": "c", "resources": [resource], **named,
                    "reportName": "n", "unknown": 1}  # fmt: skip
        case "subscriptions":
            operation = {"objects": ["EVENT", "PROGRAM"], "operations": ["CREATE", "DELETE"],
                         "callbackUrl": subscriber.url, "bearerToken": "secret word"}  # fmt: skip
            return {"clientName": "c", "programID": vtn.program()["id"],
                    "objectOperations": [operation], **more}  # fmt: skip
        case "vens":
            kinds = (
                {"objectType": "BL_VEN_REQUEST", "clientID": "client-1"} if version == NEW else {}
            )
            return {"venName": fresh("v"), "attributes": points, **kinds, **more}
        case _:
            kinds = {"objectType": "BL_RESOURCE_REQUEST", "clientID": "client-1"}
            named = {"venID": vtn.ven(vtn.oauth(VEN))["id"], **kinds} if version == NEW else {}
            return {"resourceName": fresh("r"), "attributes": points, **named, **more}


def path_of(vtn: VtnWorld, kind: str, version: str) -> str:
    if kind == "resources" and version == OLD:
        return f"/vens/{vtn.ven(vtn.oauth(VEN))['id']}/resources"
    return f"/{kind}"


def without_nulls(body: Any) -> Any:
    if isinstance(body, list):
        return [without_nulls(one) for one in body]
    if isinstance(body, dict):
        return {k: without_nulls(v) for k, v in body.items() if v is not None and k != "unknown"}
    return body


NAMES = {
    "programs": "programName",
    "events": "eventName",
    "reports": "reportName",
    "subscriptions": "clientName",
    "vens": "venName",
    "resources": "resourceName",
}
KINDS = tuple(NAMES)


@pytest.mark.parametrize("version", [NEW, OLD])
@pytest.mark.parametrize("kind", KINDS)
def test_the_five_verbs(vtn: VtnWorld, kind: str, version: str, subscriber: Subscriber) -> None:
    body, path = body_of(vtn, kind, version, subscriber), path_of(vtn, kind, version)
    who = VEN if kind == "reports" else BL
    made = vtn.post(path, body, who=who, version=version)
    assert made["objectType"] == kind[:-1].upper()
    told = without_nulls(body)
    answered = {name: made[name] for name in told if name not in MINE}
    assert answered == {name: value for name, value in told.items() if name not in MINE}
    one = f"{path}/{made['id']}"
    assert vtn.get(one, who=who, version=version) == made
    assert made in vtn.every(path, who=who, version=version)
    name = NAMES[kind]
    changed = vtn.put(one, {**body, name: fresh("new"), "id": "mine"}, who=who, version=version)
    assert changed["id"] == made["id"] and changed["createdDateTime"] == made["createdDateTime"]
    assert changed["modificationDateTime"] > made["modificationDateTime"]
    assert vtn.get(one, who=who, version=version) == changed
    assert vtn.delete(one, who=who, version=version) == changed
    for answer in (vtn.get, vtn.delete):
        problem = answer(one, 404, who=who, version=version)
        assert problem["status"] == 404 and made["id"] in problem["detail"]
    vtn.put(one, body, 404, who=who, version=version)


@pytest.mark.parametrize("version", [NEW, OLD])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("body", [None, [], "x", {}, {"targets": 3}])
def test_what_is_no_object_is_refused(
    vtn: VtnWorld, kind: str, version: str, body: Any, subscriber: Subscriber
) -> None:
    path = path_of(vtn, kind, version)
    who = VEN if kind == "reports" else BL
    problem = vtn.post(path, body, 400, who=who, version=version)
    assert problem["title"] == "Bad Request" and problem["detail"]


@pytest.mark.parametrize(
    "changes",
    [
        {"intervalPeriod": {"start": "yesterday"}},
        {"intervalPeriod": {"start": "2026-13-01T00:00:00Z"}},
        {"intervalPeriod": {"duration": "PT0.5H"}},
        {"intervalPeriod": {"duration": "P"}},
        {"intervals": [{"id": 2**31, "payloads": []}]},
        {"intervals": [{"id": 0, "payloads": [{"type": "", "values": []}]}]},
        {"intervals": [{"id": 0, "payloads": [{"type": "P", "values": [{"x": 1}]}]}]},
        {"intervals": [{"id": 0, "payloads": [{"type": "P", "values": [None]}]}]},
        {"targets": [""]},
        {"targets": ["t" * 129]},
        {"priority": -1},
        {"programID": "no such/id"},
    ],
    ids=str,
)
def test_fields_are_what_the_standard_says(vtn: VtnWorld, changes: dict[str, Any]) -> None:
    body = {"programID": vtn.program()["id"], **changes}
    assert next(iter(changes)) in vtn.post("/events", body, 400)["detail"]


@pytest.mark.parametrize(
    "start", ["0001-01-01", "0001-01-01T00:00:00", "2030-01-01T00:00:00.5+02:00"]
)
def test_a_start_may_be_now_or_without_a_zone(vtn: VtnWorld, start: str) -> None:
    event = vtn.event(intervalPeriod={"start": start, "duration": "P9999Y"})
    told = event["intervalPeriod"]["start"]
    assert told.startswith(start[:10]) and told[-1] in "Z0"


def test_names_are_taken_once(vtn: VtnWorld) -> None:
    program, ven = vtn.program(), vtn.ven(vtn.oauth(VEN))
    name = {"programName": program["programName"]}
    assert vtn.post("/programs", name, 409)["status"] == 409
    vtn.post("/vens", {"venName": ven["venName"]}, 409)
    other = vtn.program()
    vtn.put(f"/programs/{other['id']}", name, 409)
    vtn.put(f"/programs/{program['id']}", name)  # its own
    vens = [ven, vtn.ven(vtn.oauth(VEN))]
    for held in vens:  # a name of a resource is of its ven
        vtn.post("/resources", {"venID": held["id"], "resourceName": "battery"})
    vtn.post("/resources", {"venID": ven["id"], "resourceName": "battery"}, 409)


def test_what_an_object_refers_to_is_there(vtn: VtnWorld, subscriber: Subscriber) -> None:
    assert "programID" in vtn.post("/events", {"programID": "nothing"}, 409)["detail"]
    report = {"eventID": "nothing", "clientName": "c", "resources": []}
    assert "eventID" in vtn.post("/reports", report, 409, who=VEN)["detail"]
    vtn.post("/resources", {"venID": "nothing", "resourceName": "r"}, 404)
    event = vtn.event()
    report |= {"eventID": event["id"], "programID": vtn.program()["id"]}
    assert "programID" in vtn.post("/reports", report, 409, who=VEN, version=OLD)["detail"]
    wish = body_of(vtn, "subscriptions", NEW, subscriber) | {"programID": "nothing"}
    assert "programID" in vtn.post("/subscriptions", wish, 409)["detail"]


def test_a_program_goes_with_its_events_and_a_ven_with_its_resources(vtn: VtnWorld) -> None:
    event = vtn.event()
    ven = vtn.ven(vtn.oauth(VEN))
    resource = vtn.post("/resources", {"venID": ven["id"], "resourceName": "r"})
    vtn.delete(f"/programs/{event['programID']}")
    vtn.delete(f"/vens/{ven['id']}")
    vtn.get(f"/events/{event['id']}", 404)
    vtn.get(f"/resources/{resource['id']}", 404)


def test_lists_are_paged_in_the_order_of_making(vtn: VtnWorld) -> None:
    program = vtn.program()
    made = [vtn.event(program, eventName=f"{n}")["id"] for n in range(7)]
    vtn.put(f"/events/{made[0]}", {"programID": program["id"], "eventName": "changed"})

    def ids(**told: Any) -> list[str]:
        return [one["id"] for one in vtn.get("/events", programID=program["id"], **told)]

    assert ids() == made
    assert [ids(skip=skip, limit=3) for skip in (0, 3, 6, 9)] == [made[:3], made[3:6], made[6:], []]
    assert ids(limit=0) == []
    for told in ({"limit": 51}, {"limit": -1}, {"skip": -1}, {"skip": "x"}):
        vtn.get("/events", 400, **told)


def test_the_page_of_the_tenants_own_goes_over_into_everybodys(vtn: VtnWorld) -> None:
    vtn.program()
    every = vtn.every("/programs")
    own = [one for one in every if not one["id"].startswith("tariff-")]
    assert every[: len(own)] == own and len(every) == len({one["id"] for one in every})
    at = len(own) - 1
    assert vtn.get("/programs", skip=at, limit=3) == every[at : at + 3]
    assert [one for one in every if one not in own] == vtn.every("/programs", who=None)


def test_filters(vtn: VtnWorld, subscriber: Subscriber) -> None:
    one, two = vtn.program(targets=["a", "b"]), vtn.program(targets=["b"])
    told = [found["id"] for found in vtn.get("/programs", targets=["a", "b"])]
    assert one["id"] in told and two["id"] not in told  # all of them, under 3.1.0
    told = [
        found["id"]
        for found in vtn.get("/programs", version=OLD, targetType="GROUP", targetValues=["a", "b"])
    ]
    assert one["id"] in told and two["id"] in told
    for query in (
        {"programName": one["programName"]},
        {"targetType": "PROGRAM_NAME", "targetValues": [one["programName"]]},
    ):
        assert [found["id"] for found in vtn.get("/programs", **query)] == [one["id"]]
    event = vtn.event(one)
    assert vtn.get("/events", programName=one["programName"]) == [event]
    ven = vtn.ven(vtn.oauth(VEN))
    assert vtn.get("/vens", venName=ven["venName"]) == [ven]
    assert vtn.get("/vens", targetType="VEN_NAME", targetValues=[ven["venName"]]) == [ven]
    resource = vtn.post("/resources", {"venID": ven["id"], "resourceName": fresh("r")})
    assert vtn.get("/resources", venID=ven["id"]) == [resource]
    assert vtn.get("/resources", resourceName=resource["resourceName"]) == [resource]
    body = body_of(vtn, "reports", NEW, subscriber) | {"clientName": fresh("c")}
    report = vtn.post("/reports", body, who=VEN)
    assert vtn.get("/reports", eventID=body["eventID"]) == [report]
    assert vtn.get("/reports", clientName=body["clientName"]) == [report]
    wish = body_of(vtn, "subscriptions", NEW, subscriber) | {"clientName": fresh("c")}
    made = vtn.post("/subscriptions", wish)
    assert vtn.get("/subscriptions", clientName=wish["clientName"], objects=["EVENT"]) == [made]
    assert vtn.get("/subscriptions", clientName=wish["clientName"], objects=["VEN"]) == []
    vtn.get("/subscriptions", 400, objects=["HOUSE"])


@pytest.mark.parametrize(
    ("path", "name"),
    [("/programs", "targets"), ("/programs", "targetValues"), ("/programs", "programName"),
     ("/events", "programID"), ("/events", "targets"), ("/reports", "clientName"),
     ("/reports", "eventID"), ("/vens", "venName"), ("/resources", "venID")],
)  # fmt: skip
def test_a_word_that_no_database_holds_is_refused(vtn: VtnWorld, path: str, name: str) -> None:
    query = {name: "a\0b", "targetType": "GROUP"}
    assert name in vtn.get(path, 400, **query)["detail"]


def test_active_leaves_out_what_is_over(vtn: VtnWorld) -> None:
    program = vtn.program()
    past = {"start": "2020-01-01T00:00:00Z", "duration": "PT1H"}
    vtn.event(program, eventName="over", intervalPeriod=past)
    kept = [
        vtn.event(program, eventName="loops", intervalPeriod=past, duration="P9999Y"),
        vtn.event(program, eventName="endless", intervalPeriod={**past, "duration": "P9999Y"}),
        vtn.event(program, eventName="open", intervalPeriod={"start": past["start"]}),
        vtn.event(
            program, eventName="now", intervalPeriod={"start": "0001-01-01", "duration": "PT1H"}
        ),
        vtn.event(program, eventName="later"),
    ]
    told = vtn.get("/events", programID=program["id"], active="true")
    assert [one["eventName"] for one in told] == [one["eventName"] for one in kept]
    assert len(vtn.get("/events", programID=program["id"], active="false")) == 6


def test_a_problem_for_every_way_to_go_wrong(vtn: VtnWorld) -> None:
    for version in (NEW, OLD):
        root = f"/openadr3/{version}"
        headers = vtn.headers(BL)
        answers = [
            (vtn.client.get(f"{root}/nothing"), 404),
            (vtn.client.patch(f"{root}/programs"), 405),
            (vtn.client.post(f"{root}/programs", content=b"{", headers=headers), 400),
            (vtn.client.post(f"{root}/programs", content=b"a=b",
                             headers={**headers, "content-type": "text/plain"}), 415),
            (vtn.client.post(f"{root}/programs", content=b" " * 3_000_000, headers=headers), 413),
            (vtn.client.get(f"{root}/programs/%00", headers=headers), 404),
            (vtn.client.get(f"{root}/notifiers/mqtt/topics/programs", headers=headers), 404),
        ]  # fmt: skip
        for answer, status in answers:
            assert answer.status_code == status, answer.text
            assert answer.headers["content-type"] == "application/json"
            told = answer.json()
            assert set(told) == {"title", "status", "detail"} and told["status"] == status
    assert vtn.get("/notifiers", who=VEN) == {"WEBHOOK": True}
