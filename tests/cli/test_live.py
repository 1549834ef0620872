"""`kwhen markets` and `kwhen carbon` against a server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Kwhen
from tests.live.server import LiveServer, Reply
from tests.live.test_refresh import oasis
from tests.live.test_signals import Signal

DAYS = ("--from", "2026-03-08", "--to", "2026-03-09")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[LiveServer]:
    found = LiveServer()
    for name in ("CAISO", "NYISO", "WATTTIME", "SGIP"):
        monkeypatch.setenv(f"KWHEN_{name}_URL", found.url)
    monkeypatch.setattr("kwhen.cli.live.time.sleep", lambda seconds: None)
    yield found
    found.close()


def widest_beside(folder: Path, out: str) -> int:
    """Characters of the longest line but those of a folder, which is as long as it is."""
    return max(len(line) for line in out.splitlines() if str(folder) not in line)


def test_prices_are_fetched_kept_and_shown(kwhen: Kwhen, server: LiveServer, tmp_path: Path):
    server.routes["/SingleZip"] = oasis
    said = kwhen("markets", "refresh", "--iso", "caiso", *DAYS)
    assert said.code == 0, said.err
    assert "CAISO/DLAP_PGAE-APND" in said.out and "2026-03-08 08:00" in said.out
    assert "NYISO, ERCOT" in said.out and "KWHEN_MARKETS" in said.out
    assert widest_beside(tmp_path, said.out) <= 80
    held = kwhen("markets", "show", "--json").document
    assert held["folder"] == str(tmp_path / "catalog" / "live")
    first = held["held"][0]
    assert first["point"] == "CAISO/DLAP_PGAE-APND" and first["step_count"] == 23
    assert (first["start"], first["end"]) == ("2026-03-08T08:00:00Z", "2026-03-09T07:00:00Z")
    assert first["sources"] == ["caiso-oasis-prc-lmp DAM"] and first["unit"] == "usd_per_kwh"
    shown = kwhen("markets", "show")
    assert "DLAP_SCE-APND" in shown.out and widest_beside(tmp_path, shown.out) <= 80
    assert kwhen("carbon", "show").out.startswith("Nothing is held.")


def test_a_failure_is_told_with_exit_code_2(
    kwhen: Kwhen, server: LiveServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KWHEN_MARKETS", "CAISO,NYISO")
    monkeypatch.setenv("KWHEN_POINTS", "CAISO/DLAP_PGAE-APND")
    server.routes["/SingleZip"] = oasis
    said = kwhen("markets", "refresh", *DAYS)
    assert said.code == 2 and "status 404" in " ".join(said.out.split())
    assert "DLAP_PGAE-APND" in said.out
    document = kwhen("markets", "refresh", *DAYS, "--json").document
    assert document["is_good"] is False
    assert {row["outcome"] for row in document["rows"]} == {"refreshed", "failed", "off"}


def test_emissions(kwhen: Kwhen, server: LiveServer, monkeypatch: pytest.MonkeyPatch):
    Signal(server)
    monkeypatch.setenv("KWHEN_WATTTIME_USER", "me")
    monkeypatch.setenv("KWHEN_WATTTIME_PASSWORD", "secret+word")
    said = kwhen("carbon", "refresh", "--from", "2026-09-01", "--to", "2026-09-02")
    assert said.code == 0, said.err
    assert "carbon forecast" in said.out and "288" in said.out
    assert "SGIP: set KWHEN_SGIP_USER and KWHEN_SGIP_PASSWORD" in said.out
    assert "secret" not in said.out + said.err
    held = kwhen("carbon", "show", "--json").document["held"]
    assert [(row["kind"], row["unit"]) for row in held] == [
        ("carbon", "lb_per_mwh"),
        ("carbon_forecast", "lb_per_mwh"),
    ]
    assert "carbon forecast" in kwhen("carbon", "show").out


def test_a_damaged_file_is_shown(kwhen: Kwhen, server: LiveServer, tmp_path: Path):
    server.routes["/SingleZip"] = oasis
    kwhen("markets", "refresh", "--iso", "CAISO", *DAYS)
    file = next((tmp_path / "catalog" / "live").glob("*SCE*.npz"))
    file.write_bytes(b"x")
    said = kwhen("markets", "show")
    assert said.code == 0 and "Damaged" in said.out and "remove" in said.out
    assert "DLAP_PGAE-APND" in said.out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("markets", "refresh", "--iso", "XYZ"), "no market 'XYZ'"),
        (
            ("markets", "refresh", "--from", "2026-03-09", "--to", "2026-03-09"),
            "no day lies between",
        ),
        (("carbon", "refresh", "--from", "1.3.2026"), "'1.3.2026' is not a date"),
    ],
)
def test_what_is_refused_is_one_sentence(kwhen: Kwhen, words, sentence):
    said = kwhen(*words)
    assert said.code == 2 and sentence in said.err and said.err.count("\n") == 1


def test_a_wrong_setting_is_one_sentence(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KWHEN_CAISO_URL", "nowhere")
    said = kwhen("markets", "show")
    assert said.code == 2 and "KWHEN_CAISO_URL: 'nowhere' is no http address" in said.err


def test_the_network_being_away_is_told(
    kwhen: Kwhen, server: LiveServer, monkeypatch: pytest.MonkeyPatch
):
    server.routes["/SingleZip"] = [Reply(b"", 503)]
    said = kwhen("markets", "refresh", "--iso", "CAISO", *DAYS)
    assert said.code == 2 and "status 503 in 6 attempts" in " ".join(said.out.split())
