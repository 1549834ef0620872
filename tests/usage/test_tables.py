"""Layout by layout: what only the CSV exports and the Parquet table can get wrong."""

import builtins
import io
from datetime import date, datetime

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet as files

from kwhen.errors import SourceError, UsageError
from kwhen.usage import read_usage
from kwhen.usage.stamps import clock_s, day_s, moment_s
from tests.usage.writers import PACIFIC, ZONE, home, parquet, pge, plain, sce, sce_wide, sdge

DAY = home(date(2024, 5, 6), 1, export=True)
ONE_WAY = home(date(2024, 5, 6), 1)


def expect(content: bytes, words: str, error: type[Exception] = UsageError) -> None:
    with pytest.raises(error, match=words):
        read_usage(content, zone=PACIFIC)


def table(**columns: object) -> bytes:
    sink = io.BytesIO()
    files.write_table(pyarrow.table(columns), sink)
    return sink.getvalue()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31T13:45", (1706708700, True)),
        ("2024-01-31 13:45:00", (1706708700, True)),
        ("1/31/2024 1:45 PM", (1706708700, True)),
        ("01/31/24 01:45PM", (1706708700, True)),
        ("2024-01-31T13:45:00.000Z", (1706708700, False)),
        ("2024-01-31T05:45-0800", (1706708700, False)),
        ("2024-01-31T19:15:00+05:30", (1706708700, False)),
        ("12/31/1969 12:00 AM", (-86400, True)),
    ],
)
def test_moments(text: str, expected: tuple[int, bool]) -> None:
    assert moment_s(text) == expected


NO_MOMENTS = ["", "now", "2024-01-31", "2024-02-30T00:00", "2024-01-31T24:00", "13/1/2024 0:00"]
NO_MOMENTS += ["2024-01-31T00:60", "2024-01-31T13:00 PM", "2024-01-31T0:00 AM", "2024-01-31T1"]
NO_MOMENTS += ["T", "T1:1", "x 00:00", "2024-01-31T00:00:60", "2024-01-31T00:00:00.5", "٢:٠٠"]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_no_moments(text: str) -> None:
    assert moment_s(text) is None


def test_noon_and_midnight() -> None:
    assert clock_s("12:00 AM") == (0, None)
    assert clock_s("12:15 pm") == (12 * 3600 + 900, None)
    assert day_s("1970-01-02") == 86400


def test_plain_columns_in_any_order_and_case() -> None:
    rows = [line.split(",") for line in plain(DAY).decode().splitlines()]
    rows[0] = ["Start", "IMPORT_kWh", " export_kwh "]
    content = "\n".join(f"{out},x,{use},{start}" for start, use, out in rows).encode()
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh.tolist() == DAY.import_kwh.tolist()
    assert usage.export_kwh is not None
    assert usage.export_kwh.tolist() == (DAY.export_wh / 1000).tolist()


@pytest.mark.parametrize(
    "header",
    ["start,export_kwh", "start,import_kwh,net_kwh", "start,import_kwh,import_kwh"],
)
def test_plain_columns_that_contradict(header: str) -> None:
    expect(f"{header}\n2024-01-01T00:00,1,1".encode(), "allowed beside start are")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("", "no import readings"),
        ("2024-05-06T00:00,1", "covers 0 minutes"),
        ("2024-05-06T00:00,1\n2024-05-06T00:10,1", "covers 10 minutes"),
        ("2024-05-06T00:00,1\n2024-05-07T00:00,1", "covers 1440 minutes"),
        ("2024-05-06T00:07,1\n2024-05-06T00:22,1", "quarter hour"),
        ("2024-05-06T00:00,1\nyesterday,1", "line 3: start is 'yesterday'"),
        ("2024-05-06T00:00,1\n2024-05-06T00:15Z,1", "line 3: some starts have a UTC offset"),
    ],
)
def test_plain_rows_that_are_refused(rows: str, words: str) -> None:
    expect(f"start,import_kwh\n{rows}".encode(), words)


def test_pge_of_gas_is_refused() -> None:
    content = pge(ONE_WAY).replace(b"Electric usage", b"Natural gas usage")
    expect(content, "TYPE is 'Natural gas usage'; allowed is Electric usage")
    expect(pge(ONE_WAY).replace(b"(kWh)", b"(therms)"), "column 'usage .therms.'; allowed is kWh")
    expect(pge(ONE_WAY, layout="units").replace(b",kWh,", b",therms,"), "UNITS is 'therms'")


def test_pge_rows_of_gas_are_left_out() -> None:
    content = pge(ONE_WAY) + b"\r\nNatural gas usage,2024-05-06,00:00,23:59,1,$2,"
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh == pytest.approx(ONE_WAY.import_kwh)
    assert usage.notes == ("1 rows that are not electric usage were left out",)


def test_pge_dates_and_ends_as_a_spreadsheet_saves_them() -> None:
    content = pge(ONE_WAY).replace(b"2024-05-06", b"5/6/24").replace(b",00:", b",0:")
    assert read_usage(content, zone=PACIFIC).import_kwh == pytest.approx(ONE_WAY.import_kwh)


def test_pge_bad_times_are_refused() -> None:
    expect(pge(ONE_WAY).replace(b",03:15,", b",03:75,"), r"line 20: .*is no date and times")


def test_sce_units_and_rows_are_checked() -> None:
    expect(sce(DAY).replace(b"Real energy in kilowatt-hours", b"therms"), "allowed is kilowatt-h")
    expect(sce(DAY).replace(b"03:15:00", b"03:65:00"), r"line \d+: .*is no time period")
    expect(sce(DAY) + b'\n"Total","3"', r"line \d+: 'Total' to '' is no time period")
    expect(sce_wide(DAY).replace(b"03:15AM", b"03:65AM"), r"line \d+: .*is no time period")


def test_sce_estimates_are_named() -> None:
    content = sce(DAY).replace(b'","1.', b'","1.', 1)
    lines = content.decode().splitlines()
    lines[10] = lines[10].removesuffix('""') + '"Estimated"'
    usage = read_usage("\n".join(lines).encode(), zone=PACIFIC)
    assert [gap.reason for gap in usage.gaps] == ["estimated"]


def test_sce_hours_across_clock_changes_keep_their_length() -> None:
    facts = home(date(2024, 3, 9), 3, step_s=3600)
    usage = read_usage(sce(facts), zone=PACIFIC)
    assert len(usage.import_kwh) == (24 + 23 + 24) * 4


def test_sdge_meters_are_told_apart() -> None:
    other = home(date(2024, 5, 6), 1, step_s=3600)
    content = sdge(DAY, meter="0001") + sdge(other, meter="0002", head=False)
    expect(content, "holds the meters 0001, 0002; name the one wanted with meter=")
    usage = read_usage(content, zone=PACIFIC, meter="0002")
    assert usage.import_kwh.sum() == pytest.approx(other.import_kwh.sum())
    with pytest.raises(UsageError, match="holds the meters 0001, 0002"):
        read_usage(content, zone=PACIFIC, meter="3")


def test_sdge_blank_generation_is_zero_where_net_agrees() -> None:
    content = sdge(DAY).replace(b',"0.0000","', b',"","')
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh == pytest.approx(DAY.import_kwh)
    assert usage.export_kwh == pytest.approx(DAY.export_wh / 1000)


def test_sdge_net_stands_in_where_it_is_all_there_is() -> None:
    lines = sdge(DAY).decode().splitlines()
    cut = [",".join([*line.split(",")[:4], '""', '""', line.split(",")[6]]) for line in lines[4:]]
    usage = read_usage("\n".join([*lines[:4], *cut]).encode(), zone=PACIFIC)
    assert usage.import_kwh == pytest.approx(DAY.import_kwh)
    assert usage.export_kwh == pytest.approx(DAY.export_wh / 1000)


def test_sdge_of_gas_and_bad_times_are_refused() -> None:
    expect(sdge(DAY).replace(b"UOM,kWh", b"UOM,Therms"), "UOM is 'Therms'; allowed is kWh")
    expect(sdge(DAY).replace(b'"3:15 AM"', b'"3:75 AM"'), "is no interval")
    expect(sdge(DAY).replace(b'"15"', b'"15m"'), "is no interval")


def test_parquet_types_are_checked() -> None:
    start = [datetime(2024, 5, 6, tzinfo=ZONE)]
    expect(table(start=start, import_kwh=["1"]), "import_kwh is of type string")
    expect(table(start=[1], import_kwh=[1.0]), "start is of type int64")
    expect(table(start=[None, *start], import_kwh=[1.0, 1.0]), "start has empty cells")
    expect(table(when=start, import_kwh=[1.0]), "needed are start,import_kwh")
    expect(table(start=start), "allowed beside start are")
    expect(table(start=start, import_kwh=[float("nan")]), "row 1: import_kwh is nan")
    expect(table(start=["soon"], import_kwh=[1.0]), "row 1: start is 'soon'")


def test_parquet_empty_cells_are_missing() -> None:
    whole = files.read_table(io.BytesIO(parquet(ONE_WAY))).to_pydict()
    whole["import_kwh"][5] = None
    usage = read_usage(table(**whole), zone=PACIFIC, fill="zero")
    assert np.flatnonzero(usage.import_kwh == 0).tolist() == [5]
    assert len(usage.gaps) == 1


def test_parquet_without_pyarrow(monkeypatch: pytest.MonkeyPatch) -> None:
    content = parquet(ONE_WAY)
    imported = builtins.__import__

    def absent(name: str, *args: object) -> object:
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return imported(name, *args)

    monkeypatch.setattr(builtins, "__import__", absent)
    expect(content, "Parquet needs pyarrow", SourceError)
