"""Files as they arrive: encodings, line ends, zips, paths, and what is no usage file at all."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from kwhen.errors import SourceError, UsageError
from kwhen.usage import espi_feed, read_usage, sources, table
from tests.usage.writers import PACIFIC, WRITERS, home, pge, plain

DAY = home(date(2024, 5, 6), 1)
PLAIN = plain(DAY)


def zipped(**files: bytes) -> bytes:
    """A zip of files; a double underscore in a name stands for the dot."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return sink.getvalue()


def expect(content: bytes | str | Path, words: str, error: type[Exception] = SourceError) -> None:
    with pytest.raises(error, match=words):
        read_usage(content, zone=PACIFIC)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends(encoding: str, end: str) -> None:
    content = end.join(PLAIN.decode().splitlines()).encode(encoding)
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()
    assert usage.notes == ()


def test_latin_1_is_read_and_said() -> None:
    content = pge(DAY).decode("utf-8-sig").replace("A PERSON", "JOSÉ").encode("latin-1")
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()
    assert usage.notes == ("the file is not UTF-8 and was read as Latin-1",)


@pytest.mark.parametrize("name", WRITERS)
def test_a_zip_with_one_file(name: str) -> None:
    suffix = {"Green": "xml", "Parqu": "parquet"}.get(name[:5], "csv")
    content = zipped(**{f"usage__{suffix}": WRITERS[name](DAY), "read__me": b"x"})
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh == pytest.approx(DAY.import_kwh)
    assert f"read usage.{suffix} from the zip" in usage.notes


def test_gas_and_bills_in_the_zip_are_passed_over() -> None:
    content = zipped(pge_electric__csv=pge(DAY), pge_gas__csv=b"x", pge_billing__csv=b"y")
    assert read_usage(content, zone=PACIFIC).format == "PG&E CSV"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "file is empty"),
        (b" \r\n\t", "file is empty"),
        (b"<!DOCTYPE html><html><body>Log in</body></html>", "a web page"),
        (b"\xef\xbb\xbf\n<HTML><p>", "a web page"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a binary file|no usage format"),
        (b"a,b\0c", "a binary file"),
        (b"\xff\xfea", "neither UTF-8 nor UTF-16"),
        (b'{"usage": []}', "no usage format"),
        (b"start,kwh\n2024-01-01,1", "no usage format"),
        (
            b"TYPE,START DATE,END DATE,USAGE (kWh)\nElectric billing,2024-01-01,2024-02-01,3",
            "no us",
        ),
        (b'"' + b"x" * 200_000, "not readable as CSV"),
        (zipped(a__csv=PLAIN, b__csv=PLAIN), r"2 usage files \(a.csv, b.csv\)"),
        (zipped(a__pdf=b"x"), "0 usage files"),
        (zipped(a__csv=b""), "is empty or itself a zip"),
        (zipped(a__csv=zipped(b__csv=PLAIN)), "is empty or itself a zip"),
        (zipped(**{"[Content_Types].xml": b"x"}), "an Excel workbook"),
        (zipped(a__csv=PLAIN)[:-30], "damaged"),
        (zipped(a__csv=PLAIN * 9).replace(b"csv", b"cs\xff", 1), "damaged|opened"),
        (b"PK\x03\x04", "damaged"),
        (b"PAR1", "damaged Parquet"),
        (b"PAR1" + b"\xff" * 100 + b"PAR1", "damaged Parquet"),
    ],
)
def test_what_is_no_usage_file(content: bytes, words: str) -> None:
    expect(content, words)


def test_a_locked_zip_is_refused() -> None:
    content = bytearray(zipped(a__csv=PLAIN))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    expect(bytes(content), "cannot be opened")


def test_a_damaged_member_is_refused() -> None:
    content = bytearray(zipped(a__csv=PLAIN))
    content[60:80] = b"\xff" * 20
    expect(bytes(content), "damaged")


def test_sizes_are_bounded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bomb = zipped(a__csv=b" " * 5_000_000)
    monkeypatch.setattr(sources, "MOST_BYTES", 100_000)
    expect(b"x" * 100_001, "100,001 bytes; allowed are 100,000")
    expect(bomb, "allowed are 100,000")
    path = tmp_path / "big.csv"
    path.write_bytes(b"x" * 100_001)
    expect(path, "allowed are 100,000")


def test_counts_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_ROWS", 50)
    expect(PLAIN, "more than 50 rows")
    feed = WRITERS["Green Button"](DAY)
    monkeypatch.setattr(espi_feed, "MOST_ROWS", 50)
    expect(feed, "more than 50 readings")
    monkeypatch.setattr(espi_feed, "_MOST_ELEMENTS", 100)
    expect(feed, "more than 100 elements")


def test_paths(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_bytes(PLAIN)
    for source in (path, str(path)):
        assert read_usage(source, zone=PACIFIC).import_kwh.tolist() == DAY.import_kwh.tolist()
    expect(tmp_path, "cannot read")
    expect(tmp_path / "none.csv", "cannot read")
    expect("a\0b", "cannot read")
    expect("x" * 5000, "cannot read")


def test_a_meter_where_there_is_one() -> None:
    with pytest.raises(UsageError, match="a plain CSV holds one meter"):
        read_usage(PLAIN, zone=PACIFIC, meter="1")
