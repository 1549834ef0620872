"""The bulk files as streams: quoted newlines, broken rows, files cut short, little memory."""

import gzip
import json
import tempfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.catalog.urdb import bulk, read_urdb
from kwhen.catalog.urdb.bulk import read_bulk
from kwhen.catalog.urdb.refusal import Refusal
from kwhen.errors import SourceError
from tests.catalog.urdb_items import bulk_item, csv_row, flat_item, write_csv_gz, write_json_gz


def numbered(count: int) -> list[dict]:
    return [flat_item(label=f"{n:024x}", name=f"Rate {n}") for n in range(count)]


def test_csv_cells_with_quoted_newlines_are_one_cell(tmp_path):
    prose = 'Line one\r\n"quoted", with commas\r\nline three'
    rows = [csv_row(item) | {"energycomments": prose} for item in numbered(3)]
    items = list(read_bulk(write_csv_gz(tmp_path / "usurdb.csv.gz", rows)))
    assert [item["energycomments"] for item in items] == [prose] * 3
    assert [read_urdb(item).name for item in items] == ["Rate 0", "Rate 1", "Rate 2"]


@pytest.mark.parametrize("chunk", [1, 7, 1 << 18])
def test_json_items_across_chunks(tmp_path, monkeypatch, chunk):
    monkeypatch.setattr(bulk, "_CHUNK_CHARS", chunk)
    path = write_json_gz(tmp_path / "usurdb.json.gz", [bulk_item(item) for item in numbered(3)])
    assert [read_urdb(item).name for item in read_bulk(path)] == ["Rate 0", "Rate 1", "Rate 2"]


@pytest.mark.parametrize("text", ['{"items": [{"a": 1}]}', '\ufeff [ {"a": 1} ] ', '[{"a": 1},]'])
def test_json_forms_of_an_array(tmp_path, text):
    (tmp_path / "answer.json").write_text(text, encoding="utf-8")
    assert list(read_bulk(tmp_path / "answer.json")) == [{"a": 1}]


def test_rows_that_are_no_items_are_refused_and_the_rest_read(tmp_path):
    good, bad = csv_row(numbered(1)[0]), csv_row(flat_item(name="Bad", label="b"))
    bad["energyweekdayschedule"] = "[[0,"
    path = write_csv_gz(tmp_path / "usurdb.csv.gz", [bad, good])
    first, second = read_bulk(path)
    assert isinstance(first, Refusal)
    assert (first.label, first.name, first.utility) == ("b", "Bad", "Alabama Power Co")
    assert first.reason.startswith("energyweekdayschedule: ")
    assert second["name"] == "Rate 0"


def test_a_row_of_another_length_is_refused_with_its_line(tmp_path):
    (tmp_path / "x.csv").write_text("label,name\na,A\nb,B,extra\n\nc\n", encoding="utf-8")
    found = list(read_bulk(tmp_path / "x.csv"))
    assert found[0] == {"label": "a", "name": "A"}
    assert [row.reason for row in found[1:]] == [
        "line 3: has 3 cells, the first row 2",
        "line 5: has 1 cells, the first row 2",
    ]


def test_a_cell_beyond_the_limit_is_refused_and_the_rest_read(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "_CSV_CELL_CHARS", 50)
    (tmp_path / "x.csv").write_text(f"label,name\na,{'A' * 60}\nb,B\n", encoding="utf-8")
    refused, read = read_bulk(tmp_path / "x.csv")
    assert "field larger than field limit" in refused.reason
    assert read == {"label": "b", "name": "B"}


def test_entries_that_are_no_objects_are_refused(tmp_path):
    found = list(read_bulk(write_json_gz(tmp_path / "x.json.gz", [1, None, [{}], {"a": 1}])))
    assert [isinstance(entry, Refusal) for entry in found] == [True, True, True, False]


@pytest.mark.parametrize("name", ["usurdb.csv.gz", "usurdb.json.gz"])
def test_a_file_cut_short_is_an_error(tmp_path, name):
    whole = tmp_path / name
    items = numbered(40)
    if name.endswith(".csv.gz"):
        write_csv_gz(whole, [csv_row(item) for item in items])
    else:
        write_json_gz(whole, items)
    whole.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(SourceError, match="cannot be read to its end"):
        list(read_bulk(whole))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.json", b'[{"a": 1}, {"b"', "ends inside an item"),
        ("a.json", b'[{"a": 1}', "lacks the closing bracket"),
        ("a.json", b'{"error": "no"}', "does not start as an array"),
        ("a.json", b"", "does not start as an array"),
        ("a.json", b'[{"a": ' + b"[" * 200_000, "nested too deeply|ends inside"),
        ("a.json.gz", b"not packed", "cannot be read to its end"),
        ("a.csv", b"name\nx\n", "no column `label`"),
        ("a.csv", b"", "no column `label`"),
        ("a.txt", b"", "takes usurdb.csv or usurdb.json"),
    ],
)
def test_files_that_are_not_what_they_say(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=said):
        list(read_bulk(tmp_path / name))


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(SourceError, match=r"usurdb\.csv\.gz: cannot be read"):
        list(read_bulk(tmp_path / "usurdb.csv.gz"))


def test_an_item_without_end_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "_CHUNK_CHARS", 64)
    monkeypatch.setattr(bulk, "_LONGEST_ITEM_CHARS", 1000)
    (tmp_path / "a.json").write_text('[{"a": "' + "x" * 5000, encoding="utf-8")
    with pytest.raises(SourceError, match="an item does not end"):
        list(read_bulk(tmp_path / "a.json"))


@pytest.mark.parametrize("name", ["usurdb.csv.gz", "usurdb.json.gz"])
def test_progress_runs_up_to_the_size_of_the_file(tmp_path, name):
    path = tmp_path / name
    items = numbered(5)
    write_csv_gz(path, map(csv_row, items)) if "csv" in name else write_json_gz(path, items)
    told: list[tuple[int, int]] = []
    assert len(list(read_bulk(path, lambda done, total: told.append((done, total))))) == 5
    size = path.stat().st_size
    assert told == sorted(told)
    assert told[-1] == (size, size)


@pytest.mark.parametrize("name", ["usurdb.csv.gz", "usurdb.json.gz"])
def test_a_long_file_is_never_in_memory(tmp_path, name):
    path, prose = tmp_path / name, "riders apply " * 2000
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=1) as file:
        if "csv" in name:
            file.write("label,energycomments\n" + f'a,"{prose}"\n' * 1500)
        else:
            line = json.dumps({"label": "a", "energycomments": prose})
            file.write("[" + ",".join([line] * 1500) + "]")
    tracemalloc.start()
    count = sum(1 for _ in read_bulk(path))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1500
    assert peak_bytes < 8e6  # the text is 39 MB


@given(
    st.binary(max_size=300)
    | st.text(alphabet='[]{}",:\\ \n\r\x00alb19é', max_size=120).map(str.encode)
    | st.text(alphabet='",\n\r\x00ab', max_size=80).map(
        lambda rest: b"label,name\n" + rest.encode()
    ),
    st.sampled_from(["x.csv", "x.json", "x.csv.gz", "x.json.gz"]),
    st.booleans(),
)
def test_any_bytes_end_in_items_refusals_or_an_error(content, name, is_packed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(gzip.compress(content) if is_packed else content)
        try:
            found = list(read_bulk(path))
        except SourceError as error:
            assert str(path) in str(error)
        else:
            assert all(isinstance(entry, dict | Refusal) for entry in found)
