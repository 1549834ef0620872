"""What `kwhen doctor` finds, state by state."""

import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine, text

from kwhen.catalog.import_store import FOLDER
from kwhen.catalog.live.series import Kind, Point, Series
from kwhen.catalog.live.store import SeriesStore
from kwhen.service import doctor
from tests.cli.conftest import Kwhen
from tests.service.running import running


@pytest.fixture(autouse=True)
def any_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWHEN_PORT", "0")


def check(kwhen: Kwhen, what: str, *more: str) -> dict[str, Any]:
    document = kwhen("doctor", "--json", *more).document
    found = next(item for item in document["checks"] if item["what"] == what)
    return {**found, "can_serve": document["can_serve"]}


def test_a_fresh_machine_can_serve(kwhen: Kwhen, tmp_path: Path) -> None:
    said = kwhen("doctor")
    assert said.code == 0 and said.widest <= 80
    assert said.out.strip().endswith("The service can start.")
    assert "not configured" in said.out and " bad " not in said.out
    assert not (tmp_path / "data").exists()  # it only looked


def test_settings_are_told_with_where_they_come_from(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = ["workers = 3", 'secret = "' + "s" * 40 + '"', 'markets = ["CAISO"]', 'colour = "red"']
    (tmp_path / "kwhen.toml").write_text("\n".join(lines))
    monkeypatch.setenv("KWHEN_PALMETTO_KEY", "p" * 40)
    monkeypatch.setenv("KWHEN_PROT", "1")
    monkeypatch.setenv("KWHEN_LOG_LEVEL", "")  # blank: not set
    said = kwhen("doctor", "--json", "--data", "elsewhere")
    told = {item["name"]: (item["value"], item["origin"]) for item in said.document["settings"]}
    assert told["KWHEN_WORKERS"] == ("3", "kwhen.toml")
    assert told["KWHEN_SECRET"] == ("(hidden)", "kwhen.toml")
    assert told["KWHEN_MARKETS"] == ("CAISO", "kwhen.toml")
    assert told["KWHEN_PALMETTO_KEY"] == ("(hidden)", "environment")
    assert told["KWHEN_DATA"] == ("elsewhere", "option")
    assert told["KWHEN_LOG_LEVEL"] == ("info", "default")
    assert "s" * 40 not in said.out and "p" * 40 not in said.out
    for name in ("KWHEN_PROT", "KWHEN_COLOUR"):
        assert "has no effect" in check(kwhen, name)["words"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("KWHEN_PORT", "many"), ("KWHEN_SECRET", "short"), ("KWHEN_CONFIG", "nowhere.toml")],
)
def test_a_wrong_setting_is_found(
    name: str, value: str, kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwhen("db", "upgrade")
    monkeypatch.setenv(name, value)
    said = kwhen("doctor")
    assert said.code == 1 and name in said.out and "cannot start" in said.out
    assert not said.err


def test_the_database_and_its_secret(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "first start makes its tables" in check(kwhen, "database")["words"]
    kwhen("db", "upgrade")
    assert "the secret is its own" in check(kwhen, "database")["words"]
    (tmp_path / "data" / "secret").unlink()
    assert check(kwhen, "database")["can_serve"] is False
    monkeypatch.setenv("KWHEN_SECRET", "x" * 32)
    assert "another secret" in check(kwhen, "database")["words"]


def test_tables_that_are_out_of_date(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kwhen("db", "upgrade")
    engine = create_engine(f"sqlite:///{tmp_path / 'data' / 'kwhen.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    engine.dispose()
    assert check(kwhen, "database")["state"] == "note"
    monkeypatch.setenv("KWHEN_AUTO_UPGRADE", "false")
    found = check(kwhen, "database")
    assert found["state"] == "bad" and "kwhen db upgrade" in found["words"]


def test_a_port_that_is_taken(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        monkeypatch.setenv("KWHEN_PORT", str(held.getsockname()[1]))
        monkeypatch.setattr(doctor, "ANSWER_S", 0.05)  # nobody answers here
        found = check(kwhen, "port")
    assert found["state"] == "bad" and "taken by another program" in found["words"]


def test_a_port_where_kwhen_answers(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(tmp_path) as service:
        monkeypatch.setenv("KWHEN_PORT", str(service.address[1]))
        assert check(kwhen, "port")["words"].startswith("kwhen answers at")
        assert kwhen("doctor").code == 0


def test_live_data_with_its_age(
    kwhen: Kwhen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KWHEN_MARKETS", "CAISO,NYISO")
    monkeypatch.setenv("KWHEN_LIVE", str(tmp_path / "live"))
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000_000.0)
    (tmp_path / "live").mkdir()
    series = Series(
        kind=Kind.DAY_AHEAD_PRICE,
        point=Point(group="CAISO", name="DLAP_PGAE-APND"),
        step_s=3600,
        start_epoch_s=np.array([720_000], dtype=np.int64),
        values=np.array([0.05]),
        source="caiso-oasis",
        market="DAM",
        fetched_s=1_000_000.0 - 7200.0,
    )
    SeriesStore(tmp_path / "live").merge(series)
    found = check(kwhen, "CAISO")
    assert (found["state"], found["words"]) == (
        "good", "configured, the newest was fetched 2 hours ago",
    )  # fmt: skip
    assert check(kwhen, "NYISO")["state"] == "note"
    monkeypatch.setattr(doctor.time, "time", lambda: 1_000_000.0 + 5 * 86_400)
    found = check(kwhen, "CAISO")
    assert (found["state"], "5 days ago" in found["words"]) == ("note", True)
    (tmp_path / "live" / "x.npz").write_bytes(b"damaged")
    assert check(kwhen, "live data")["state"] == "note"


def test_a_wrong_setting_of_live_data(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWHEN_MARKETS", "MOON")
    assert "no market 'MOON'" in check(kwhen, "live data")["words"]


def test_a_damaged_import(kwhen: Kwhen, tmp_path: Path) -> None:
    folder = tmp_path / "catalog" / FOLDER
    folder.mkdir(parents=True)
    (folder / "x.jsonl.gz").write_bytes(b"damaged")
    found = check(kwhen, "plans")
    assert found["state"] == "bad" and "x.jsonl" in found["words"]


def test_a_folder_that_is_none(kwhen: Kwhen, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    found = check(kwhen, "data", "--data", "file/data")
    assert found["state"] == "bad" and "is no folder" in found["words"]


def test_a_disk_that_is_nearly_full(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 60)
    found = check(kwhen, "data")
    assert found["state"] == "note" and found["can_serve"]
