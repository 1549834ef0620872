"""`kwhen usage default`: a file that `--usage` and `read_usage` take."""

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

import kwhen as library
from tests.cli.conftest import ANSI, STYLE, Kwhen

DEFAULT = ("usage", "default", "--zip", "94107", "--year", "2025")
MAY = ("usage", "default", "--zip", "94107", "--from", "2025-05-01", "--to", "2025-06-01")


def test_it_is_read_again(kwhen: Kwhen, tmp_path: Path) -> None:
    said = kwhen(*DEFAULT, "--solar-kw", "4", "--out", "usage.csv", "--json")
    assert said.code == 0, said.err
    made = said.document
    found = library.read_usage(tmp_path / "usage.csv", zone="America/Los_Angeles")
    assert (found.start.date(), found.end.date()) == (date(2025, 1, 1), date(2026, 1, 1))
    assert len(found.import_kwh) == 365 * 96 and not found.gaps
    assert found.export_kwh is not None
    assert found.import_kwh.sum() == pytest.approx(made["total_import_kwh"], abs=0.1)
    assert found.export_kwh.sum() == pytest.approx(made["total_export_kwh"], abs=0.1)
    assert made["total_import_kwh"] - made["total_export_kwh"] == pytest.approx(
        made["total_load_kwh"] - made["total_pv_kwh"], abs=0.01
    )
    billed = kwhen("bill", "--plan", "14328/E-ELEC", "--usage", "usage.csv", "--json")
    assert billed.document["usage"]["import_kwh"] == pytest.approx(found.import_kwh.sum())


def test_the_file_is_the_output_and_the_summary_goes_beside(kwhen: Kwhen) -> None:
    said = kwhen(*MAY)
    assert said.code == 0
    rows = list(csv.DictReader(io.StringIO(said.out)))
    assert list(rows[0]) == ["start", "import_kwh", "export_kwh"]
    assert len(rows) == 31 * 96 and {row["export_kwh"] for row in rows} == {"0.0"}
    assert rows[0]["start"] == "2025-05-01T00:00:00-07:00"
    assert "2025-05-01 to 2025-05-31  94107 San Francisco, CA" in said.err
    assert not ANSI.search(said.err)
    assert max(map(len, said.err.splitlines())) <= 80


def test_with_a_file_the_summary_is_the_output(
    kwhen: Kwhen, on_terminal: Callable[..., str], tmp_path: Path
) -> None:
    said = kwhen(*DEFAULT, "--out", "usage.csv")
    assert said.out.splitlines()[-1] and not said.err
    assert "Written to usage.csv" in said.out and "Total" in said.out
    assert len((tmp_path / "usage.csv").read_text().splitlines()) == 1 + 365 * 96
    drawn = STYLE.sub("", on_terminal(*DEFAULT, "--solar-kw", "4", "--out", "usage.csv"))
    assert "█" in drawn and max(map(len, drawn.splitlines())) <= 80
    head = next(line for line in drawn.splitlines() if line.startswith("Month"))
    assert head.split() == ["Month", "Used", "kWh", "Solar", "Imported", "Exported"]


def test_a_clock_change_is_written_as_it_is(kwhen: Kwhen) -> None:
    words = ("usage", "default", "--zip", "94107", "--from", "2025-11-02", "--to", "2025-11-03")
    starts = [row.split(",")[0] for row in kwhen(*words).out.splitlines()[1:]]
    assert len(starts) == len(set(starts)) == 100
    assert starts[4:9:4] == ["2025-11-02T01:00:00-07:00", "2025-11-02T01:00:00-08:00"]


def test_its_own_energy_of_a_year(kwhen: Kwhen) -> None:
    own = kwhen(*DEFAULT, "--annual-kwh", "9000", "--json").document
    assert own["annual_kwh"] == 9000 and not own["is_fallback"]
    assert sum(own["import_kwh"]) == pytest.approx(own["total_load_kwh"], abs=0.1)
    assert own["total_load_kwh"] == pytest.approx(9000, rel=0.01)
    assert own["total_pv_kwh"] is None and len(own["export_kwh"]) == 365 * 96


def test_the_year_is_the_last_whole_one(kwhen: Kwhen) -> None:
    made = kwhen("usage", "default", "--zip", "98101", "--out", "usage.csv", "--json").document
    assert made["start"][4:] == made["end"][4:] == "-01-01"
    assert date.fromisoformat(made["end"]) <= date.today()
    assert "import_kwh" not in made and made["file"] == "usage.csv"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--from", "2025-05-01"), "--from and --to go together"),
        (("--year", "2025", "--from", "2025-05-01", "--to", "2025-06-01"), "either --year, or"),
        (("--from", "2025-06-01", "--to", "2025-05-01"), "no day lies between them"),
        (("--year", "1066"), "greater than or equal to 1990"),
        (("--annual-kwh", "-5"), "annual_kwh is -5"),
        (("--tilt", "30"), "give --solar-kw as well"),
        (("--zip", "00000"), "ZIP 00000"),
        (("--utility-id", "99999999"), "99999999"),
        (("--out", "."), "directory"),
        (("--out", "no/such/folder.csv"), "No such file"),
    ],
)
def test_what_is_refused(words: tuple[str, ...], sentence: str, kwhen: Kwhen) -> None:
    said = kwhen("usage", "default", "--zip", "94107", *words)
    assert said.code == 2, said.out[:200]
    assert sentence.lower() in said.err.lower() and len(said.err.splitlines()) == 1
    assert not said.out
