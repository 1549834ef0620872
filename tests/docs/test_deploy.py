"""Container file, compose file, units and example settings are written to be used."""

import configparser
import re
import shlex
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from kwhen.catalog.live.settings import LiveSettings
from kwhen.config import variable
from kwhen.settings import Settings
from tests.docs.runner import path_of_scripts
from tests.reading import ROOT

DEPLOY = ROOT / "deploy"
UNITS = sorted(DEPLOY.glob("*.service"))
KNOWN = {*Settings.model_fields, *(part.name for part in fields(LiveSettings))}
VARIABLES = {variable(name) for name in KNOWN} | {"KWHEN_CONFIG", "KWHEN_CATALOG"}
ENTRY = "/usr/local/bin/kwhen"


def instructions() -> list[tuple[str, str]]:
    """The instructions of the Dockerfile and their words."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = text.replace("\\\n", " ").splitlines()
    return [(word, rest) for line in lines if line for word, _, rest in [line.partition(" ")]]


def told(word: str) -> list[str]:
    return [rest for found, rest in instructions() if found == word]


def test_the_container_is_small_and_without_rights() -> None:
    bases = told("FROM")
    assert len(bases) == 2, "a stage that builds, a stage that runs"
    for base in bases:
        image = base.split()[0]
        assert re.fullmatch(r"[a-z]+:[\w.-]+", image) and not image.endswith(":latest"), image
    assert told("USER") == ["10001:10001"]
    assert told("HEALTHCHECK") and "/readyz" in told("HEALTHCHECK")[0]
    assert told("ENTRYPOINT") == ['["kwhen"]'] and told("CMD") == ['["serve"]']


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in told("COPY"):
        if line.startswith("--from"):
            continue
        for name in line.split()[:-1]:
            assert (ROOT / name).exists(), name
            assert f"!{name}" in ignored, name


def test_the_versions_of_the_container_are_those_of_the_lock(tmp_path: Path) -> None:
    command = next(line for line in told("RUN") if line.startswith("sed")).split(" > ")[0]
    run = subprocess.run(shlex.split(command), cwd=ROOT, capture_output=True, text=True, check=True)
    pinned = [line for line in run.stdout.splitlines() if line]
    lock = (ROOT / "requirements" / "dev.txt").read_text()
    assert len(pinned) == len(re.findall(r"^[\w.-]+==", lock, re.MULTILINE)) > 50
    assert all(re.fullmatch(r"[\w.-]+==[\w.+!-]+", line) for line in pinned)


def test_the_dockerfile_is_linted() -> None:
    hadolint = shutil.which("hadolint", path=path_of_scripts())
    if hadolint is None:
        pytest.skip("no hadolint here; `make setup` installs it where it is published for")
    run = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return found


def test_the_compose_file_has_what_runs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"service", "worker", "database"}
    assert services["service"]["command"][0] == "serve"
    assert services["worker"]["command"] == ["worker"]
    named = {mount.split(":")[0] for one in services.values() for mount in one["volumes"]}
    assert named == set(compose["volumes"])
    for one in services.values():
        for other in one.get("depends_on", {}):
            assert other in services
    assert services["database"]["healthcheck"]["test"] and services["worker"]["healthcheck"]["test"]
    for name in ("service", "worker"):
        assert services[name]["read_only"] and services[name]["cap_drop"] == ["ALL"]
    assert services["service"]["ports"] == ["127.0.0.1:8080:8080"]
    assert "KWHEN_METRICS_PORT" in services["service"]["environment"]


def test_no_secret_is_in_a_file(compose: dict[str, Any]) -> None:
    lines = (DEPLOY / "kwhen.env.example").read_text().splitlines()
    held = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert held["KWHEN_SECRET"] == held["POSTGRES_PASSWORD"] == ""
    assert "PASSWORD@" in held["KWHEN_DATABASE_URL"]
    assert {name for name in held if name.startswith("KWHEN_")} <= VARIABLES
    given = [name for one in compose["services"].values() for name in one.get("environment", {})]
    assert set(given) <= VARIABLES
    assert not [name for name in given if re.search("SECRET|PASSWORD|KEY|URL", name)]
    assert all(one["env_file"] == "deploy/kwhen.env" for one in compose["services"].values())
    assert "/deploy/kwhen.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_example_settings_are_settings() -> None:
    held = tomllib.loads((DEPLOY / "kwhen.toml").read_text())
    assert set(held) <= KNOWN
    plain = {name: value for name, value in held.items() if name in Settings.model_fields}
    assert Settings(**plain).workers == held["workers"]
    assert not {"secret", "database_url"} & set(held)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_runs_a_command_that_there_is(unit: Path) -> None:
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[method-assign, assignment]
    parser.read_string(unit.read_text())
    service = parser["Service"]
    assert service["User"] == "kwhen" and service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict" and service["CapabilityBoundingSet"] == ""
    entry, command = service["ExecStart"].split()
    assert entry == ENTRY and command in {"serve", "worker"}
    assert set(re.findall(r"\bKWHEN_\w+(?==)", unit.read_text())) <= VARIABLES


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_accepts_a_unit(unit: Path, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here")
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text().replace(ENTRY, "/bin/true"))  # the command is not installed
    run = subprocess.run([analyze, "verify", copy], capture_output=True, text=True)
    assert run.returncode == 0 and not run.stderr, run.stderr
