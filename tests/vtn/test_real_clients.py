"""Clients that others wrote, each in an environment of its own (`make vtn-clients`)."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from kwhen.catalog.program_names import usual_zipcode
from kwhen.delivery.vtn import deliver_due_notifications
from kwhen.engine.grid import instant
from kwhen.wire.times import moment
from tests.deployments import Clock
from tests.reading import ROOT
from tests.service.world import KEY, plan_id
from tests.vtn.world import NEW, OLD, VEN, VtnWorld, fresh

pytestmark = pytest.mark.proof

ENVIRONMENTS = ROOT / ".venv-clients"
SCRIPTS = Path(__file__).parent / "clients"
PLAN, PROGRAM, ZONE = "14328/E-ELEC", "PGE-E-ELEC", "America/Los_Angeles"
DAYS = {date(2026, 7, 28): 96, date(2026, 11, 1): 100, date(2027, 3, 14): 92}
GRAMS_PER_LB_AND_MWH = 453.59237 / 1000


@dataclass(frozen=True, kw_only=True)
class RealClient:
    """A client, the edition that it speaks, and its script."""

    name: str
    script: str
    version: str
    verbs: tuple[str, ...]

    def __str__(self) -> str:
        return self.name

    @property
    def python(self) -> Path:
        """The interpreter of its environment; the test is skipped where there is none."""
        found = ENVIRONMENTS / self.name / "bin" / "python"
        if not (ENVIRONMENTS / self.name / "ready").is_file():
            pytest.skip(f"{self.name} is not installed: run `make vtn-clients`, which says why not")
        return found


NEW_VERBS, OLD_VERBS = ("CREATE", "UPDATE", "DELETE"), ("POST", "PUT", "DELETE")
CLIENTS = (
    RealClient(name="python-oa3-client", script="oa3.py", version=NEW, verbs=NEW_VERBS),
    RealClient(name="toadr3", script="toadr.py", version=OLD, verbs=OLD_VERBS),
    RealClient(name="openadr3-client", script="strict.py", version=NEW, verbs=NEW_VERBS),
)


@contextmanager
def running(client: RealClient, wanted: dict[str, Any]) -> Iterator[subprocess.Popen[str]]:
    """The client's script while it runs; what it complains about goes to the test's output."""
    process = subprocess.Popen(
        [str(client.python), str(SCRIPTS / client.script), json.dumps(wanted)],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The next thing that a script says."""
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the client ended with {process.wait()}"
    found: dict[str, Any] = json.loads(line)
    return found


def signal_of(vtn: VtnWorld, day: date) -> dict[str, Any]:
    """The price signal of a home on the plan, in its usual place, for a local day."""
    key = {KEY: vtn.orgs.key().secret}
    home = {"name": "home", "ratePlanId": plan_id(PLAN), "zipcode": usual_zipcode(14328, "CA")}
    made = vtn.client.post("/v1/homes/create", json=home, headers=key)
    assert made.status_code == 200, made.text
    window = {
        "startTime": moment(instant(day, ZONE)),
        "endTime": moment(instant(day + timedelta(days=1), ZONE)),
        "components": ["tariff"],
    }
    path = f"/v1/homes/{made.json()['id']}/price_signal"
    found: dict[str, Any] = vtn.client.post(path, json=window, headers=key).json()
    return found


@pytest.mark.parametrize("client", CLIENTS, ids=str)
@pytest.mark.parametrize(("day", "count"), DAYS.items(), ids=str)
def test_a_full_day_gives_the_prices_of_the_price_signal(
    vtn: VtnWorld, client: RealClient, day: date, count: int
) -> None:
    client.python  # noqa: B018  skips before anything is made
    noon = instant(day, ZONE) + timedelta(hours=12)
    with vtn.elsewhere(clock=Clock(noon.astimezone(UTC))) as there:
        wanted = wanted_of(there, client)
        with running(client, wanted) as process:
            found = said(process)
        assert PROGRAM in found["names"] and f"{PROGRAM}-HOURLY" in found["names"]
        assert len(found["names"]) == len(set(found["names"]))
        intervals = found["days"][f"{PROGRAM} {day}"]
        signal = signal_of(there, day)
    assert len(intervals) == count == len(signal["prices"])
    assert [one["PRICE"] for one in intervals] == signal["prices"] == signal["imports"]
    starts = [datetime.fromisoformat(one["start"]).astimezone(UTC) for one in intervals]
    assert starts == [instant(day, ZONE) + timedelta(minutes=15 * n) for n in range(count)]
    assert {one["seconds"] for one in intervals} == {900}
    assert all(one["EXPORT_PRICE"] > 0 and one["GHG"] > 0 for one in intervals)


@pytest.mark.parametrize("client", CLIENTS, ids=str)
def test_a_subscriber_hears_of_every_change(vtn: VtnWorld, client: RealClient) -> None:
    client.python  # noqa: B018
    wanted = wanted_of(vtn, client)
    with running(client, wanted) as process:
        first = said(process)
        assert first.get("ven_id") == first.get("again", first.get("ven_id"))
        assert said(process)["subscription"]
        event = vtn.event({"id": wanted["own_program_id"]}, eventName="first")
        told = {"programID": event["programID"], "eventName": "second", "intervals": []}
        vtn.put(f"/events/{event['id']}", told)
        vtn.delete(f"/events/{event['id']}")
        assert deliver_due_notifications(vtn.deployment) == 3
        found = said(process)
    assert tuple(found["operations"]) == client.verbs
    assert found["names"] == ["first", "second", "second"]
    assert found["deleted"] == 200


def wanted_of(vtn: VtnWorld, client: RealClient) -> dict[str, Any]:
    """What a script is told."""
    issued = vtn.new_client(VEN)
    return {
        "url": f"{str(vtn.client.base_url).rstrip('/')}/openadr3/{client.version}",
        "client_id": issued.credential.id,
        "client_secret": issued.secret,
        "program": PROGRAM,
        "own_program_id": vtn.program()["id"],
        "ven": fresh("ven"),
    }
