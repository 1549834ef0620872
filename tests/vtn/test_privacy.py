"""What a VEN sees: what is targeted at it or at nobody, and what is its own."""

from typing import Any

import pytest

from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld, fresh, interval


@pytest.mark.parametrize("version", [NEW, OLD])
def test_a_targeted_program_is_seen_by_whom_it_is_granted_to(vtn: VtnWorld, version: str) -> None:
    granted, stranger = vtn.new_client(VEN), vtn.new_client(VEN)
    ven = vtn.ven(granted)
    program = vtn.program(targets=["home-7", "home-8"])
    event = vtn.event(program)
    paths = (f"/programs/{program['id']}", f"/events/{event['id']}")

    def seen(who: Any) -> bool:
        statuses = {vtn.ask("GET", path, who=who, version=version).status_code for path in paths}
        named = {"programName": program["programName"]}
        listed = vtn.get("/programs", who=who, version=version, **named)
        events = vtn.get("/events", who=who, version=version, programID=program["id"])
        assert statuses == ({200} if listed else {404}) and len(listed) == len(events)
        return bool(listed)

    assert seen(BL) and not any(map(seen, (granted, stranger, None)))
    told = {"objectType": "BL_VEN_REQUEST", "venName": ven["venName"], "targets": ["home-8"]}
    vtn.put(f"/vens/{ven['id']}", told)
    assert seen(granted) and not any(map(seen, (stranger, None)))
    vtn.put(f"/vens/{ven['id']}", {**told, "targets": None})
    assert not seen(granted)


def test_a_resource_carries_grants_too(vtn: VtnWorld) -> None:
    own = vtn.new_client(VEN)
    ven = vtn.ven(own)
    program = vtn.program(targets=["battery"])
    vtn.get(f"/programs/{program['id']}", 404, who=own)
    body = {"venID": ven["id"], "resourceName": "r", "targets": ["battery"]}
    resource = vtn.post("/resources", body)
    assert resource["clientID"] == own.credential.id
    vtn.get(f"/programs/{program['id']}", who=own)


def test_a_ven_grants_itself_nothing(vtn: VtnWorld) -> None:
    own = vtn.new_client(VEN)
    program = vtn.program(targets=["secret"])
    body = {"objectType": "BL_VEN_REQUEST", "clientID": "somebody", "venName": fresh("v"),
            "targets": ["secret"]}  # fmt: skip
    ven = vtn.post("/vens", body, who=own)
    assert ven["clientID"] == own.credential.id and "targets" not in ven
    vtn.put(f"/vens/{ven['id']}", body, who=own)
    old = {"venName": fresh("v"), "targets": [{"type": "GROUP", "values": ["secret"]}]}
    vtn.post("/vens", old, who=own, version=OLD)
    vtn.post(
        "/resources", {"venID": ven["id"], "resourceName": "r", "targets": ["secret"]}, who=own
    )
    vtn.get(f"/programs/{program['id']}", 404, who=own)


def test_what_business_logic_granted_stays_when_a_ven_updates_itself(vtn: VtnWorld) -> None:
    own = vtn.new_client(VEN)
    ven = vtn.ven(own, "home-9")
    changed = vtn.put(f"/vens/{ven['id']}", {"venName": "mine", "targets": ["x"]}, who=own)
    assert changed["venName"] == "mine" and changed["targets"] == ["home-9"]


def test_a_targeted_event_of_an_open_program(vtn: VtnWorld) -> None:
    granted, stranger = vtn.new_client(VEN), vtn.new_client(VEN)
    vtn.ven(granted, "west")
    program = vtn.program()
    for_all, for_west = vtn.event(program), vtn.event(program, targets=["west", "north"])

    def ids(who: Any) -> list[str]:
        return [one["id"] for one in vtn.get("/events", programID=program["id"], who=who)]

    assert ids(granted) == ids(BL) == [for_all["id"], for_west["id"]]
    assert ids(stranger) == [for_all["id"]]


def test_reports_vens_and_resources_are_their_clients_own(vtn: VtnWorld) -> None:
    one, two = vtn.new_client(VEN), vtn.new_client(VEN)
    ven = vtn.ven(one)
    resource = vtn.post("/resources", {"venID": ven["id"], "resourceName": "r"}, who=one)
    resources = [{"resourceName": "r", "intervals": [interval()]}]
    body = {"eventID": vtn.event()["id"], "clientName": "c", "resources": resources}
    report = vtn.post("/reports", body, who=one)
    for path, made in (("/vens", ven), ("/resources", resource), ("/reports", report)):
        assert vtn.get(path, who=one) == [made] and vtn.get(path, who=two) == []
        assert made in vtn.every(path)
        vtn.get(f"{path}/{made['id']}", 404, who=two)
        vtn.delete(f"{path}/{made['id']}", 404, who=two)
    vtn.post("/resources", {"venID": ven["id"], "resourceName": "s"}, 404, who=two)
    vtn.get(f"/vens/{ven['id']}/resources", 404, who=two, version=OLD)
    assert [r["id"] for r in vtn.get(f"/vens/{ven['id']}", version=OLD)["resources"]] == [
        resource["id"]
    ]
    other = vtn.ven(one)
    vtn.get(f"/vens/{other['id']}/resources/{resource['id']}", 404, version=OLD)
    vtn.delete(f"/vens/{other['id']}/resources/{resource['id']}", 404, version=OLD)


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/programs"), ("PUT", "/programs/x"), ("DELETE", "/programs/x"), ("POST", "/events"),
     ("PUT", "/events/x"), ("DELETE", "/events/x")],
)  # fmt: skip
def test_a_ven_writes_no_programs_and_events(vtn: VtnWorld, method: str, path: str) -> None:
    assert vtn.ask(method, path, {}, who=VEN).status_code == 403


def test_business_logic_writes_no_reports(vtn: VtnWorld) -> None:
    assert vtn.ask("POST", "/reports", {}, who=BL).status_code == 403
