"""Imports: every item accounted for, whole or not at all, and read back as they went in."""

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kwhen.catalog.import_store import sole_import
from kwhen.catalog.imports import import_urdb, load_imported
from kwhen.catalog.urdb import read_urdb
from kwhen.errors import SourceError, TariffError
from tests.catalog.urdb_items import (
    bulk_item,
    csv_row,
    flat_item,
    tiered,
    tou_item,
    write_csv_gz,
    write_json_gz,
)

ITEMS = [
    flat_item(label="01", name="Flat"),
    tou_item([tiered(300, None), tiered(300, None)], label="02", name="Evening"),
    flat_item(label="03", name="Refused", energyratestructure=[[{"unit": "kWh"}]]),
    flat_item(label="04", name="Not believed", fixedchargefirstmeter=9e6),
    flat_item(label="05", name="Shop", sector="Commercial"),
    flat_item(label="06", name="Elsewhere", utility="Ohio Power Co", eiaid=14006),
    flat_item(label="07", name="flat!", fixedchargefirstmeter=17.0),
    flat_item(label="08", name="Flat", startdate="2027-01-01"),
]


def names(store: Path) -> list[str]:
    return sorted(tariff.name for tariff in load_imported(store))


def snapshot(store: Path) -> dict[str, bytes]:
    """Every file of a store, but for the lock and what is unfinished."""
    return {
        str(path.relative_to(store)): path.read_bytes()
        for path in store.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.parts)
    }


def test_every_item_is_accounted_for(tmp_path):
    report = import_urdb(ITEMS, tmp_path, utility_id=195)
    assert (report.read, report.accepted) == (8, 3)
    assert dict(report.filtered) == {"sector": 1, "utility": 1, "duplicate": 1}
    assert [(entry.label, entry.name, entry.utility) for entry in report.refused] == [
        ("03", "Refused", "Alabama Power Co"),
        ("04", "Not believed", "Alabama Power Co"),
    ]
    assert report.refused[0].reason.startswith("energyratestructure[0][0].rate: missing")
    assert "a month is beyond" in report.refused[1].reason
    assert report.read == report.accepted + len(report.refused) + sum(report.filtered.values())


def test_the_report_lies_beside(tmp_path):
    report = import_urdb(ITEMS, tmp_path)
    written = json.loads((tmp_path / "imported" / "report.json").read_text())
    assert (written["read"], written["accepted"]) == (report.read, report.accepted)
    assert written["refused"][0]["name"] == "Refused"
    assert [path.name for path in (tmp_path / "imported").iterdir() if path.name[0] != "."] in (
        ["report.json", "items-residential.jsonl.gz"],
        ["items-residential.jsonl.gz", "report.json"],
    )


def test_of_two_active_rates_of_one_name_the_last_revised_stays(tmp_path):
    first, last = flat_item(label="a1"), flat_item(label="a2", fixedchargefirstmeter=17.0)
    older = flat_item(label="a9", latest_update="2014-01-01")
    newer = [item | {"latest_update": "2026-01-01"} for item in (last, first)]
    report = import_urdb([*newer, older], tmp_path)
    (tariff,) = load_imported(tmp_path)
    assert tariff.charges == read_urdb(last).charges
    assert [(entry.label, entry.reason) for entry in report.duplicates] == [
        ("a1", "same plan and start as a2"),
        ("a9", "same plan and start as a2"),
    ]


def test_versions_of_one_plan_follow_each_other(tmp_path):
    start = {"startdate": "2026-01-01"}
    items = [
        flat_item(label="1", name="FLAT", startdate="2028-01-01"),
        flat_item(label="2", name="Flat", startdate="2027-01-01", enddate="2027-06-30"),
        flat_item(label="3", name="Flat", **start),  # never got an end date
    ]
    import_urdb(items, tmp_path)
    assert [(t.plan, t.effective.year, str(t.until)) for t in load_imported(tmp_path)] == [
        ("195/FLAT", 2026, "2027-01-01"),
        ("195/FLAT", 2027, "2027-07-01"),
        ("195/FLAT", 2028, "None"),
    ]


@pytest.mark.parametrize("kind", ["csv.gz", "json.gz"])
def test_bulk_files_and_items_give_the_same_tariffs(tmp_path, kind):
    path = tmp_path / f"usurdb.{kind}"
    good = [ITEMS[0], ITEMS[1]]
    if kind == "csv.gz":
        write_csv_gz(path, map(csv_row, good))
    else:
        write_json_gz(path, map(bulk_item, good))
    told: list[int] = []
    report = import_urdb(path, tmp_path, progress=lambda done, total: told.append(done))
    assert (report.name, report.accepted) == ("usurdb-residential", 2)
    assert told
    expected = {item["name"]: read_urdb(item) for item in good}
    for tariff in load_imported(tmp_path):
        assert tariff.charges == expected[tariff.name].charges
        assert tariff.plan == expected[tariff.name].plan


def test_a_state_is_taken_by_itself_and_must_exist(tmp_path):
    report = import_urdb(ITEMS, tmp_path, state="oh")
    assert (report.accepted, report.name) == (1, "items-oh-residential")
    assert report.filtered["state"] == 5
    with pytest.raises(TariffError, match="state: 'ZZ'"):
        import_urdb(ITEMS, tmp_path, state="ZZ")


def test_the_key_of_a_plan_ends_in_the_state_where_a_utility_has_several(tmp_path):
    split = [
        flat_item(label=state, utility=f"Duke Energy Carolinas, LLC ({state})", eiaid=5416)
        for state in ("North Carolina", "South Carolina")
    ]
    report = import_urdb(split, tmp_path)
    assert (report.accepted, report.duplicates) == (2, ())
    assert sorted(tariff.plan for tariff in load_imported(tmp_path)) == [
        "5416/Family-Dwelling-NC",
        "5416/Family-Dwelling-SC",
    ]


def test_a_newer_import_comes_first_where_two_overlap(tmp_path):
    old, new = flat_item(fixedchargefirstmeter=1.0), flat_item(fixedchargefirstmeter=2.0)
    import_urdb([old], tmp_path, name="zzz")
    import_urdb([new, ITEMS[1]], tmp_path, name="aaa")
    tariffs = {tariff.name: tariff for tariff in load_imported(tmp_path)}
    assert set(tariffs) == {"Family Dwelling", "Evening"}
    assert tariffs["Family Dwelling"].charges == read_urdb(new).charges


def test_no_import_no_plans(tmp_path):
    assert list(load_imported(tmp_path)) == []


def test_a_source_that_fails_in_the_middle_changes_nothing(tmp_path):
    import_urdb(ITEMS, tmp_path / "store", name="usurdb")
    before = snapshot(tmp_path / "store")
    path = write_json_gz(tmp_path / "usurdb.json.gz", [ITEMS[0]] * 500)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        import_urdb(path, tmp_path / "store", name="usurdb")
    assert snapshot(tmp_path / "store") == before
    assert not list((tmp_path / "store" / "imported").glob(".importing-*"))


KILLED = """
import os, signal, sys
from pathlib import Path
from kwhen.catalog import import_store
from kwhen.catalog.imports import import_urdb
from tests.catalog.urdb_items import flat_item

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def items():
    yield flat_item(name="New")
    if sys.argv[2] == "in the middle":
        die()

import_store.before_publishing = die
import_urdb(items(), Path(sys.argv[1]), name="same")
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is of POSIX")
@pytest.mark.parametrize("moment", ["in the middle", "before the rename"])
def test_an_import_killed_at_any_moment_changes_nothing(tmp_path, moment):
    import_urdb(ITEMS, tmp_path, name="same")
    before, root = snapshot(tmp_path), Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), moment],
        cwd=root,
        env=os.environ | {"PYTHONPATH": f"{root}{os.pathsep}{root / 'src'}"},
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL
    assert list((tmp_path / "imported").glob(".importing-*"))
    assert snapshot(tmp_path) == before
    assert names(tmp_path) == ["Elsewhere", "Evening", "Flat", "flat!"]
    import_urdb([flat_item(name="New")], tmp_path, name="same")
    assert names(tmp_path) == ["New"]
    assert not list((tmp_path / "imported").glob(".importing-*"))


def test_two_imports_do_not_run_at_once(tmp_path):
    with (
        sole_import(tmp_path / "imported"),
        pytest.raises(SourceError, match=r"another import into .* is running"),
    ):
        import_urdb(ITEMS, tmp_path)


def test_a_damaged_file_is_found_out_and_mended_by_importing_again(tmp_path):
    import_urdb(ITEMS, tmp_path, name="x")
    path = tmp_path / "imported" / "x.jsonl.gz"
    whole = path.read_bytes()
    lines = gzip.decompress(whole).splitlines(keepends=True)
    for damaged in (
        whole[:-30],
        whole[:40],
        b"",
        b"no gzip",
        gzip.compress(b"".join(lines[:-1])),
        gzip.compress(b"".join([*lines[:-1], lines[-1].replace(b"0.15", b"0.16")])),
        gzip.compress(lines[0].replace(b'"format": 1', b'"format": 9') + b"".join(lines[1:])),
    ):
        path.write_bytes(damaged)
        with pytest.raises(SourceError, match=r"x\.jsonl\.gz: .*import it again"):
            list(load_imported(tmp_path))
    import_urdb(ITEMS, tmp_path, name="x")
    assert names(tmp_path) == ["Elsewhere", "Evening", "Flat", "flat!"]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "imported").write_text("a file in the way")
    with pytest.raises(SourceError, match="the import into"):
        import_urdb(ITEMS, tmp_path)


def test_an_item_that_json_cannot_hold_is_refused(tmp_path):
    odd = flat_item(energyattrs=[{"a": {1, 2}}])
    report = import_urdb([odd, "text", ITEMS[1]], tmp_path)  # type: ignore[list-item]
    assert (report.accepted, len(report.refused)) == (1, 2)
