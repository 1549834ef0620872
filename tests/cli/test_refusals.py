"""What goes wrong is one sentence on standard error, and the exit code says which kind."""

import subprocess
import sys
from pathlib import Path

import pytest
import typer

from kwhen.cli import billing, run
from tests.cli.conftest import Kwhen

PLAN = ("--plan", "14328/E-TOU-C/T-B")
DEMO = ("--usage", "demo")
DAYS = ("--from", "2026-04-01", "--to", "2026-04-02")

REFUSED = [
    (("bill", "--plan", "14328/E-TOO-C", *DEMO), "no plan '14328/E-TOO-C'"),
    (("bill", "--plan", "14328/E-TOU-C", *DEMO), "is a family of plans"),
    (("bill", *PLAN, *DEMO, "--territory", "X"), "territory"),
    (("bill", *PLAN, "--usage", "nowhere.csv"), "there is no file nowhere.csv"),
    (("bill", *PLAN, "--usage", "."), ". is a folder"),
    (("bill", *PLAN, "--usage", "garbage"), "garbage: "),
    (("bill", *PLAN, "--usage", "empty.csv"), "empty"),
    (("bill", *PLAN, "--usage", "holes.csv"), "missing"),
    (("bill", *PLAN, *DEMO, "--from", "2025-03-01", "--to", "2025-02-01"), "no day lies between"),
    (("bill", *PLAN, *DEMO, "--from", "2025-03-01", "--to", "2025-03-01"), "no day lies between"),
    (("bill", *PLAN, *DEMO, "--from", "2024-03-01"), "the usage covers 2025-01-01 to 2025-12-31"),
    (("bill", *PLAN, *DEMO, "--from", "1.3.2025"), "'1.3.2025' is not a date"),
    (("bill", *PLAN, *DEMO, "--export-rule", "NEM9"), "no export rule 'NEM9'; known: NBT"),
    (("bill", *PLAN, "--usage", "april.csv", "--export-rule", "NEM9"), "no export rule 'NEM9'"),
    (("bill", *PLAN, *DEMO, "--low-income", "FREE"), "no low-income programme 'FREE'"),
    (("bill", *PLAN, *DEMO, "--fill", "guess"), "'guess' is none of error, zero, mean"),
    (("bill", "--plan", "14328/E-TOU-D", *DEMO, "--strict"), "leave --strict out"),
    (("bill", *PLAN), "missing option '--usage'"),
    (("bill", *PLAN, *DEMO, "--wrong"), "no such option: --wrong"),
    (("compare", "--zip", "00000", *DEMO), "ZIP 00000 is not among"),
    (("compare", "--zip", "abc", *DEMO), "'abc' is not a ZIP code"),
    (("compare", "--zip", "94107", "--usage", "nowhere.csv"), "there is no file"),
    (("plans",), "--zip"),
    (("plans", "--zip", "99999999999"), "is not a ZIP code"),
    (("plans", "--utility-id", "99999999"), "no utility has the EIA id 99999999"),
    (("plan", "show", "nothing"), "no plan 'nothing'"),
    (("plan", "show"), "missing argument 'KEY'"),
    (("prices", *PLAN, "--from", "2026-04-02", "--to", "2026-04-01"), "no day lies between"),
    (("prices", *PLAN, *DAYS, "--step", "7"), "step_minutes is 7"),
    (("prices", *PLAN, *DAYS, "--expected-kwh", "-1"), "expected_kwh"),
    (("prices", *PLAN, *DAYS, "--expected-kwh", "much"), "--expected-kwh"),
    (("prices", *PLAN, "--from", "2001-01-01", "--to", "2001-01-02", "--strict"), "--strict"),
    (("catalog", "sources", "nothing"), "no source 'nothing'"),
    (("catalog", "import", "nowhere.json.gz"), "there is no file nowhere.json.gz"),
    (("catalog", "import", "."), ". is a folder"),
    (("catalog", "import", "garbage"), "garbage: "),
    (("catalog", "import", "api"), "KWHEN_URDB_KEY"),
    (("nonsense",), "no such command 'nonsense'"),
]


@pytest.fixture
def files(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "holes.csv").write_text(
        "start,import_kwh\n2026-04-01T00:00,1\n2026-04-01T01:00,1\n2026-04-01T23:00,1\n"
    )
    hours = [f"2026-04-{d:02d}T{h:02d}:00,0.5\n" for d in range(1, 31) for h in range(24)]
    (tmp_path / "april.csv").write_text("start,import_kwh\n" + "".join(hours))


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(w) for w, _ in REFUSED])
def test_a_refusal_is_one_sentence(
    words: tuple[str, ...], sentence: str, kwhen: Kwhen, files: None
) -> None:
    said = kwhen(*words)
    assert said.code == 2
    assert not said.out
    assert said.err.startswith("kwhen: ") and said.err.count("\n") == 1
    assert sentence in said.err
    assert "Traceback" not in said.err


def test_gaps_can_be_filled(kwhen: Kwhen, files: None) -> None:
    said = kwhen("bill", *PLAN, "--usage", "holes.csv", "--fill", "zero")
    assert said.code == 0, said.err
    assert "gap 2026-04-01" in said.out and "filled with zero" in said.out


def test_an_unreadable_file(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "home.csv")

    monkeypatch.setattr(billing, "metered", unreadable)
    said = kwhen("bill", *PLAN, *DEMO)
    assert (said.code, said.err) == (2, "kwhen: home.csv: Permission denied\n")


def test_the_unforeseen_says_how_to_see_it(kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("by\nzero")

    monkeypatch.setattr(billing, "metered", broken)
    said = kwhen("bill", *PLAN, *DEMO)
    assert said.code == 1 and "KWHEN_DEBUG=1" in said.err and said.err.count("\n") == 1
    monkeypatch.setenv("KWHEN_DEBUG", "1")
    assert "Traceback" in kwhen("bill", *PLAN, *DEMO).err


@pytest.mark.parametrize("stop", [KeyboardInterrupt, typer.Abort])
def test_ctrl_c(stop: type[BaseException], kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise stop

    monkeypatch.setattr(billing, "metered", stopped)
    said = kwhen("bill", *PLAN, *DEMO)
    assert (said.code, said.err) == (130, "")


def test_without_the_extra_it_says_how_to_get_it(
    kwhen: Kwhen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwhen.cli.find_spec", lambda name: None)
    said = kwhen("plans")
    assert said.code == 2
    assert said.err == (
        "kwhen: the command line needs typer and rich; install its extra with: "
        "pip install 'kwhen[cli]'\n"
    )


def test_a_reader_that_goes_away_is_no_error() -> None:
    script = Path(sys.executable).with_name("kwhen")
    command = f"'{script}' catalog sources | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False
    )
    assert done.returncode in (0, run.READER_GONE)
    assert done.stdout.count("\n") == 1 and not done.stderr


def test_the_installed_script() -> None:
    script = Path(sys.executable).with_name("kwhen")
    done = subprocess.run(
        [script, "bill", *PLAN, *DEMO], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Total" in done.stdout and "\x1b" not in done.stdout and not done.stderr
    failed = subprocess.run([script, "plans"], capture_output=True, text=True, check=False)
    assert failed.returncode == 2 and failed.stderr.startswith("kwhen: ")
