"""What is missing, doubtful, twice there or out of bounds."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.errors import UsageError
from kwhen.usage import Fill, Gap, Usage, read_usage
from tests.usage.writers import (
    PACIFIC,
    ZONE,
    feed,
    home,
    meter,
    pge,
    plain,
    point,
    reading,
    reading_type,
)

MONDAY = date(2024, 5, 6)


def without(content: bytes, *lines: int) -> bytes:
    """A file without some of its lines, numbered from 1."""
    kept = [line for number, line in enumerate(content.splitlines(), 1) if number not in lines]
    return b"\n".join(kept)


def day_rows(*cells: str) -> bytes:
    """A plain day of quarter hours whose first rows hold these cells."""
    values = [*cells, *["0.5"] * (96 - len(cells))]
    rows = [f"{MONDAY}T{n // 4:02d}:{n % 4 * 15:02d},{cell}" for n, cell in enumerate(values)]
    return "\n".join(["start,import_kwh", *rows]).encode()


def test_gaps_are_refused_and_listed() -> None:
    lines = [3, 4, 6, 8, 10, 12, 14]
    with pytest.raises(UsageError) as refused:
        read_usage(without(plain(home(MONDAY, 1)), *lines), zone=PACIFIC)
    text = str(refused.value)
    assert text.startswith("6 ranges of intervals are missing: 2024-05-06 00:15 PDT to 2024-05-06")
    assert text.count("(missing)") == 5
    assert "and 1 more" in text
    assert "fill='zero'" in text


def test_gaps_filled_with_zero_stay_known() -> None:
    facts = home(MONDAY, 1)
    usage = read_usage(without(plain(facts), 3, 4, 50), zone=PACIFIC, fill="zero")
    assert np.flatnonzero(usage.import_kwh == 0).tolist() == [1, 2, 48]
    start = datetime(2024, 5, 6, tzinfo=ZONE)
    minutes = [(gap.start - start, gap.end - start, gap.reason) for gap in usage.gaps]
    quarter = timedelta(minutes=15)
    assert minutes == [(quarter, quarter * 3, "missing"), (quarter * 48, quarter * 49, "missing")]
    assert any("filled with zero" in note for note in usage.notes)


def test_gaps_filled_with_the_mean_of_weekday_and_quarter_hour() -> None:
    facts = home(MONDAY, 21)
    usage = read_usage(without(plain(facts), 2 + 40), zone=PACIFIC, fill="mean")
    week = 7 * 96
    expected_kwh = (facts.import_kwh[40 + week] + facts.import_kwh[40 + 2 * week]) / 2
    assert usage.import_kwh[40] == pytest.approx(expected_kwh)
    assert len(usage.gaps) == 1


def test_the_mean_falls_back_to_other_days() -> None:
    facts = home(MONDAY, 2)
    usage = read_usage(without(plain(facts), 2 + 40), zone=PACIFIC, fill="mean")
    assert usage.import_kwh[40] == pytest.approx(facts.import_kwh[40 + 96])
    alone = read_usage(without(plain(home(MONDAY, 1)), 2 + 40), zone=PACIFIC, fill="mean")
    others_kwh = np.delete(home(MONDAY, 1).import_kwh, 40)
    assert alone.import_kwh[40] == pytest.approx(others_kwh.mean())


@given(st.sets(st.integers(3, 96 * 3), max_size=60), st.sampled_from(["zero", "mean"]))
def test_any_gaps_are_told_and_the_rest_is_untouched(lines: set[int], fill: Fill) -> None:
    facts = home(MONDAY, 3)
    usage = read_usage(without(plain(facts), *lines), zone=PACIFIC, fill=fill)
    gone = np.zeros(288, dtype=bool)
    for gap in usage.gaps:
        assert gap.reason == "missing"
        first, last = ((at - usage.start) // timedelta(minutes=15) for at in (gap.start, gap.end))
        gone[first:last] = True
    assert np.flatnonzero(gone).tolist() == sorted(line - 2 for line in lines)
    assert np.allclose(usage.import_kwh[~gone], facts.import_kwh[~gone])


def test_missing_export_is_told_apart() -> None:
    rows = plain(home(MONDAY, 1, export=True)).decode().splitlines()
    rows[5] = rows[5].rpartition(",")[0] + ","
    usage = read_usage("\n".join(rows).encode(), zone=PACIFIC, fill="zero")
    assert [gap.reason for gap in usage.gaps] == ["missing export"]


def test_partial_days_are_trimmed_and_named() -> None:
    facts = home(MONDAY, 4)
    content = without(plain(facts), *range(2, 12), *range(380, 386))
    usage = read_usage(content, zone=PACIFIC)
    assert usage.start == datetime(2024, 5, 7, tzinfo=ZONE)
    assert np.allclose(usage.import_kwh, facts.import_kwh[96:288])
    assert [(gap.start.day, gap.end.day, gap.reason) for gap in usage.gaps] == [
        (6, 7, "partial day"),
        (9, 10, "partial day"),
    ]
    assert any("trimmed" in note for note in usage.notes)


def test_less_than_a_day_is_refused() -> None:
    with pytest.raises(UsageError, match="needed is one whole local day"):
        read_usage(without(plain(home(MONDAY, 1)), 97), zone=PACIFIC)


def test_blank_cells_are_missing() -> None:
    usage = read_usage(day_rows("0.5", "", ""), zone=PACIFIC, fill="zero")
    assert usage.import_kwh[:4].tolist() == [0.5, 0, 0, 0.5]
    assert len(usage.gaps) == 1


def test_a_quarter_without_all_its_five_minutes_is_missing() -> None:
    facts = home(MONDAY, 1, step_s=300)
    usage = read_usage(without(plain(facts), 3), zone=PACIFIC, fill="zero")
    assert usage.import_kwh[0] == 0
    assert usage.import_kwh[1] == pytest.approx(facts.import_kwh[3:6].sum())


def test_same_duplicates_are_dropped() -> None:
    facts = home(MONDAY, 2)
    content = plain(facts)
    again = b"\n".join([content, *content.splitlines()[1:50]])
    usage = read_usage(again, zone=PACIFIC)
    assert np.allclose(usage.import_kwh, facts.import_kwh)
    assert "49 duplicate readings with the same value were dropped" in usage.notes


def test_differing_duplicates_are_refused_by_line() -> None:
    content = plain(home(MONDAY, 1)) + b"\n2024-05-06 00:15,8.88"
    with pytest.raises(UsageError, match=r"line 98: 8\.88 kWh for a time that line 3 gives"):
        read_usage(content, zone=PACIFIC)


def test_overlapping_readings_are_refused() -> None:
    content = pge(home(MONDAY, 1))
    content += b"\r\nElectric usage,2024-05-06,03:05,03:19,0.1,$0.10,"
    with pytest.raises(UsageError, match="begin on a quarter hour"):
        read_usage(content, zone=PACIFIC)
    hourly = pge(home(MONDAY, 1)).replace(b",02:00,02:14,", b",02:00,02:59,")
    with pytest.raises(UsageError, match="readings may not overlap"):
        read_usage(hourly, zone=PACIFIC)


@pytest.mark.parametrize("cell", ["NaN", "inf", "-inf", "abc", "1_0", "1,5", "0x1", "1e999", "--"])
def test_text_is_refused_by_line(cell: str) -> None:
    with pytest.raises(UsageError, match=r"line 4: import_kwh is .*allowed is a finite number"):
        read_usage(day_rows("0.5", "0.5", f'"{cell}"'), zone=PACIFIC)


@pytest.mark.parametrize("cell", ["-0.1", "100001", "1e300"])
def test_energy_out_of_bounds_is_refused_by_line(cell: str) -> None:
    with pytest.raises(UsageError, match=r"line 4: import is .*allowed are 0 to 100000"):
        read_usage(day_rows("0.5", "0.5", cell), zone=PACIFIC)


def test_a_net_column_is_cut_at_zero() -> None:
    content = day_rows("0.5", "-0.25").replace(b"import_kwh", b"net_kwh")
    usage = read_usage(content, zone=PACIFIC)
    assert usage.import_kwh[:3].tolist() == [0.5, 0, 0.5]
    assert usage.export_kwh is not None
    assert usage.export_kwh[:3].tolist() == [0, 0.25, 0]


@pytest.mark.parametrize(
    ("first", "last"), [("1989-12-31", "1990-01-03"), ("2001-01-01", "2012-01-01")]
)
def test_dates_out_of_bounds_are_refused(first: str, last: str) -> None:
    content = f"start,import_kwh\n{first}T00:00Z,1\n{first}T01:00Z,1\n{last}T00:00Z,1\n".encode()
    with pytest.raises(UsageError, match=r"1990 to 2099|ten years"):
        read_usage(content, zone=PACIFIC, fill="zero")


def test_estimates_are_kept_and_named() -> None:
    note = "* This data was estimated"
    usage = read_usage(pge(home(MONDAY, 1), notes={8: note, 9: note, 20: note}), zone=PACIFIC)
    assert [(gap.start.hour, gap.start.minute, gap.reason) for gap in usage.gaps] == [
        (2, 0, "estimated"),
        (5, 0, "estimated"),
    ]


def test_estimates_of_green_button() -> None:
    starts_s = home(MONDAY, 1).start_s.tolist()
    block = "".join(
        reading(at_s, 900, 500, 8 if n in (3, 4) else 17) for n, at_s in enumerate(starts_s)
    )
    usage = read_usage(feed(reading_type(1), point(1, meter(1, 1, 1, block))), zone=PACIFIC)
    (gap,) = usage.gaps
    assert (gap.reason, gap.end - gap.start) == ("estimated", timedelta(minutes=30))


def test_an_unknown_fill_is_refused() -> None:
    with pytest.raises(UsageError, match="fill is 'guess'; allowed are error, zero, mean"):
        read_usage(day_rows(), zone=PACIFIC, fill="guess")


def test_usage_checks_itself_and_is_read_only() -> None:
    usage = read_usage(day_rows(), zone=PACIFIC)
    with pytest.raises(ValueError, match="read-only"):
        usage.import_kwh[0] = 1
    parts = {"step_minutes": 15, "export_kwh": None, "gaps": (), "notes": (), "format": "x"}
    aware = usage.start
    ones = np.ones(96)
    for start, wrong_kwh in [(aware, -ones), (aware, ones * np.nan), (datetime(2024, 1, 1), ones)]:
        with pytest.raises(UsageError):
            Usage(start=start, import_kwh=wrong_kwh, **parts)
    with pytest.raises(UsageError, match="export_kwh must be"):
        Usage(start=aware, import_kwh=ones, **parts | {"export_kwh": np.ones(95)})
    gap = Gap(start=aware, end=usage.end, reason="missing")
    assert str(gap) == "2024-05-06 00:00 PDT to 2024-05-07 00:00 PDT (missing)"
