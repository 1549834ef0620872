"""A rebuild of a shipped file gives the same bytes, whenever it is built."""

import gzip
import time
import zipfile

import numpy as np

from kwhen.catalog.places import place
from kwhen.catalog.shipped import read_bytes
from tools.build_places import coded, planes, plausible
from tools.packing import write_gzip, write_npz, write_zip


def test_the_same_content_is_the_same_bytes(tmp_path, monkeypatch):
    arrays = {"a": np.arange(5, dtype="<i4"), "b": np.array(["x", "y"])}
    written = []
    for clock in (1.0e9, 1.7e9):
        monkeypatch.setattr(time, "time", lambda clock=clock: clock)
        write_npz(tmp_path / "a.npz", arrays)
        write_gzip(tmp_path / "a.gz", "text")
        write_zip(tmp_path / "a.zip", {"a.csv": b"start"})
        written.append([(tmp_path / name).read_bytes() for name in ("a.npz", "a.gz", "a.zip")])
    assert written[0] == written[1]


def test_what_is_packed_comes_back(tmp_path):
    write_npz(tmp_path / "a.npz", {"a": np.arange(5, dtype="<i4")})
    with np.load(tmp_path / "a.npz", allow_pickle=False) as packed:
        assert packed["a"].tolist() == [0, 1, 2, 3, 4]
    write_gzip(tmp_path / "a.gz", "Añasco")
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()).decode() == "Añasco"
    write_zip(tmp_path / "a.zip", {"a.csv": b"start"})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("a.csv") == b"start"


def test_the_shipped_table_holds_no_time_of_writing(tmp_path):
    (tmp_path / "zipcodes.npz").write_bytes(read_bytes("places/zipcodes.npz"))
    with zipfile.ZipFile(tmp_path / "zipcodes.npz") as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_words_are_coded_in_order_of_appearance():
    codes, words = coded(["CA", "NY", "CA", ""])
    assert codes.tolist() == [0, 1, 0, 2]
    assert words.tobytes() == b"CA\nNY\n"


def test_degrees_keep_three_decimals_and_their_sign():
    packed = planes(["37.7621", "-122.3971", "0.0000"])
    assert np.ascontiguousarray(packed.T).view("<i4").ravel().tolist() == [37762, -122397, 0]
    assert place("94107").lon == -122.397


def test_rows_of_eia_861_that_are_no_homes_are_left_out_and_told(capsys):
    rows = [
        {"name": "Adjustment 2019", "state": "TX", "kwh_per_customer_yr": "46713.0"},
        {"name": "Town of Frederick - (CO)", "state": "CO", "kwh_per_customer_yr": "425.0"},
        {"name": "Idaho Power Co", "state": "ID", "kwh_per_customer_yr": "11000.0"},
    ]
    assert plausible(rows) == rows[2:]
    assert capsys.readouterr().out.count("left out") == 2
