"""`kwhen serve` and `kwhen demo`: from an empty folder to an answer, and again after a restart."""

import json
import re
import shlex
import signal
import socket
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from kwhen.cli import operating
from tests.cli.conftest import Kwhen
from tests.reading import ROOT
from tests.service.running import DEADLINE_S, SCRIPT, environment, launched, running
from tests.service.server import client_of


@pytest.fixture
def demo(kwhen: Kwhen) -> dict[str, Any]:
    return dict(kwhen("demo", "--json").document)


def test_from_nothing_to_an_answer(kwhen: Kwhen, tmp_path: Path) -> None:
    kwhen("orgs", "create", "Example Solar")
    made = kwhen("keys", "create", "--json").document
    headers = {"x-ws-api-key": made["secret"]}
    with running(tmp_path) as service:
        assert service.post("/v1/homes/list", {}, **headers).json() == []
        assert kwhen("keys", "revoke", made["id"]).code == 0
        refused = service.post("/v1/homes/list", {}, **headers)
    assert refused.json()["error_code"] == "AUTH_REVOKED_CREDENTIAL"


def test_the_service_as_the_readme_shows_it(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    begin, begin_serving, call = [
        part.split("\n", 1)[1].split("```")[0] for part in readme.split("```sh")[1:]
    ]
    *first, serve = [
        shlex.split(line, comments=True) for line in (begin + begin_serving).splitlines()
    ]
    said = ""
    for command in first:
        done = subprocess.run(
            [SCRIPT, *command[1:]],
            env=environment(KWHEN_DATA=tmp_path / "data"),
            capture_output=True,
            text=True,
            check=True,
            timeout=DEADLINE_S,
        )
        said += done.stdout
    (key,) = re.findall(r"wsk_\w+", said)
    assert serve[:2] == ["kwhen", "serve"]
    with running(tmp_path, *serve[2:]) as service:
        words = shlex.split(call.replace("$KWHEN_API_KEY", key).replace("\\\n", " "))
        url = words[3].replace("http://127.0.0.1:8080", service.url)
        assert (*words[:3], *words[4:9:2]) == ("curl", "-X", "POST", "-H", "-H", "-d")
        headers = dict(word.split(": ") for word in words[5:8:2])
        answer = httpx.post(url, headers=headers, content=words[9], timeout=DEADLINE_S)
    assert headers["content-type"] == "application/json"  # curl would call it a form
    assert answer.json()[0]["utilityId"] == "14328"


def test_the_start_line_as_json(tmp_path: Path) -> None:
    with launched(tmp_path, "serve", "--port", "0", "--json") as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while lines[-1] not in ("}\n", ""):
            lines.append(process.stdout.readline())
        assert json.loads("".join(lines))["workers"] == 1
        process.send_signal(signal.SIGINT)  # as Ctrl-C does
        assert process.wait(DEADLINE_S) == 0


def test_the_demo_is_made_once(
    kwhen: Kwhen, demo: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "data" / "demo-key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert file.read_text().strip() == demo["key"]
    again = kwhen("demo").out
    assert demo["key"] in again
    # An address is never broken: a terminal would not know where it ends.
    assert all(len(line) <= 140 for line in again.splitlines() if "/portal/" not in line)
    assert kwhen("demo", "--json").document == demo
    (key,) = kwhen("keys", "list", "--json").document["keys"]
    kwhen("keys", "revoke", key["id"])
    fresh = kwhen("demo", "--json").document
    assert fresh["key"] != demo["key"] and fresh["homes"] == demo["homes"]


def test_the_demo_serves_its_own_call_and_survives_a_restart(tmp_path: Path) -> None:
    def once() -> tuple[str, Any]:
        with launched(tmp_path, "demo", "--serve", KWHEN_PORT=0) as process:
            assert process.stdout is not None
            said = ""
            while "x-ws-api-key" not in said:
                line = process.stdout.readline()
                assert line, said
                said += line
            call = shlex.split(said[said.index("curl") :].replace("\\\n", " "))
            assert (*call[:3], call[4]) == ("curl", "-X", "POST", "-H")
            headers = dict([call[5].split(": ")])
            answer = httpx.post(call[3], headers=headers, timeout=DEADLINE_S)
            process.terminate()
            assert process.wait(DEADLINE_S) == 0
        return re.findall(r"wsk_\w+", said)[0], answer.json()

    key, signal_of_home = once()
    assert len(signal_of_home["prices"]) in (96, 97)
    again_key, again = once()
    assert (again_key, again["homeId"]) == (key, signal_of_home["homeId"])


def test_every_home_of_the_demo_answers(demo: dict[str, Any]) -> None:
    headers = {"x-ws-api-key": demo["key"]}
    states = set()
    year = datetime.now(UTC).year
    last_year = {"startDate": f"{year - 1}-01-01", "endDate": f"{year}-01-01"}
    with operating.opened(None, None) as deployment, client_of(deployment) as client:
        for home in demo["homes"]:
            path = f"/v1/homes/{home['id']}"
            held = client.post(f"{path}/get", json={}, headers=headers).json()
            states.add(held["zipcode"][:3])
            assert "usage made from the shipped shapes" in held["name"]
            signal_of_home = client.post(f"{path}/price_signal", json={}, headers=headers)
            assert signal_of_home.status_code == 200, signal_of_home.text
            body = {**last_year, "useStoredUsage": True}
            impact = client.post(f"{path}/calculate/impact", json=body, headers=headers)
            assert impact.status_code == 200, impact.text
            assert 200 < impact.json()["billTotal"] < 6000
    assert len(states) == 6


def test_a_port_that_is_taken_is_said_before_anything_else(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        done = subprocess.run(
            [SCRIPT, "demo", "--serve"],
            env=environment(KWHEN_DATA=tmp_path / "data", KWHEN_PORT=held.getsockname()[1]),
            capture_output=True,
            text=True,
            check=False,
            timeout=DEADLINE_S,
        )
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.startswith("kwhen: port") and "taken by another program" in done.stderr


@pytest.mark.parametrize(
    ("variables", "options", "words"),
    [
        ({}, ("--workers", "0"), "KWHEN_WORKERS: "),
        ({"KWHEN_PORT": "many"}, (), "KWHEN_PORT: "),
        ({"KWHEN_SECRET": "short"}, (), "KWHEN_SECRET has 5 characters"),
        ({}, ("--database", "mysql://x/y"), "kwhen runs on sqlite and postgresql"),
        ({"KWHEN_CONFIG": "nowhere.toml"}, (), "there is no file nowhere.toml"),
    ],
)
def test_settings_that_cannot_be_served_are_one_sentence(
    variables: dict[str, str],
    options: tuple[str, ...],
    words: str,
    kwhen: Kwhen,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    said = kwhen("serve", *options)
    assert said.code == 2 and not said.out
    assert said.err.startswith("kwhen: ") and said.err.count("\n") == 1 and words in said.err
