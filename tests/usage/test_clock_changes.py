"""Wall-clock files on the days of 23 and 25 hours."""

from datetime import date, datetime

import numpy as np
import pytest

from kwhen.errors import UsageError
from kwhen.usage import read_usage
from kwhen.usage.clock import clock_changes, find_zone
from tests.usage.writers import AUTUMN, PACIFIC, SPRING, ZONE, home, pge, plain

HEAD = "start,import_kwh"


def wall_day(day: date, minutes: int, values: dict[str, str]) -> bytes:
    """A wall-clock day with one row each step, 0.1 kWh unless told by clock time."""
    clocks = [f"{at // 60:02d}:{at % 60:02d}" for at in range(0, 1440, minutes)]
    rows = [f"{day} {clock},{values.get(clock, '0.1')}" for clock in clocks]
    return "\n".join([HEAD, *rows]).encode()


def test_96_rows_in_autumn_hold_the_sum_of_the_repeated_hour() -> None:
    content = wall_day(AUTUMN, 15, {"01:00": "0.8", "01:45": "0.4"})
    usage = read_usage(content, zone=PACIFIC)
    assert len(usage.import_kwh) == 100
    assert usage.import_kwh[4:12].tolist() == [0.4, 0.05, 0.05, 0.2, 0.4, 0.05, 0.05, 0.2]
    assert usage.import_kwh.sum() == pytest.approx(94 * 0.1 + 1.2)
    assert any("split evenly over the two real hours" in note for note in usage.notes)
    assert usage.gaps == ()


def test_24_rows_in_autumn_hold_the_sum_of_the_repeated_hour() -> None:
    usage = read_usage(wall_day(AUTUMN, 60, {"01:00": "0.8"}), zone=PACIFIC)
    assert usage.import_kwh[4:12].tolist() == [0.1] * 8
    assert usage.import_kwh.sum() == pytest.approx(23 * 0.1 + 0.8)


def test_the_repeated_hour_row_by_row() -> None:
    """01:00, 01:00, 01:15, 01:15 …: the first of each is the earlier."""
    rows = [f"{AUTUMN} 00:{m:02d},0.1" for m in (0, 15, 30, 45)]
    for m in (0, 15, 30, 45):
        rows += [f"{AUTUMN} 01:{m:02d},1", f"{AUTUMN} 01:{m:02d},2"]
    rows += [f"{AUTUMN} {h:02d}:{m:02d},0.1" for h in range(2, 24) for m in (0, 15, 30, 45)]
    usage = read_usage("\n".join([HEAD, *rows]).encode(), zone=PACIFIC)
    assert usage.import_kwh[4:12].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert usage.notes == ()


def test_a_gap_inside_the_repeated_hour_stays_where_it_is() -> None:
    facts = home(AUTUMN, 1)
    lines = plain(facts).decode().splitlines()
    del lines[1 + 4 + 5]  # 01:15 of the second pass
    usage = read_usage("\n".join(lines).encode(), zone=PACIFIC, fill="zero")
    assert np.flatnonzero(usage.import_kwh != facts.import_kwh).tolist() == [9]
    (gap,) = usage.gaps
    assert gap.start == datetime(2024, 11, 3, 1, 15, tzinfo=ZONE, fold=1)
    assert gap.start.fold == 1


def test_a_third_row_in_the_repeated_hour_is_refused() -> None:
    rows = [line for line in wall_day(AUTUMN, 60, {}).decode().splitlines()]
    at = rows.index(f"{AUTUMN} 01:00,0.1")
    rows[at:at] = [f"{AUTUMN} 01:00,0.3", f"{AUTUMN} 01:00,0.2"]
    with pytest.raises(UsageError, match=r"line 5: 0\.1 kWh for a time that line 4"):
        read_usage("\n".join(rows).encode(), zone=PACIFIC)


def test_zero_rows_in_the_skipped_hour_are_dropped() -> None:
    zeros = {f"02:{m:02d}": "0" for m in (0, 15, 30, 45)}
    usage = read_usage(wall_day(SPRING, 15, zeros), zone=PACIFIC)
    assert len(usage.import_kwh) == 92
    assert usage.import_kwh.tolist() == [0.1] * 92
    assert any("clock skips on 2024-03-10" in note for note in usage.notes)


def test_blank_rows_in_the_skipped_hour_are_dropped() -> None:
    blanks = {f"02:{m:02d}": "" for m in (0, 15, 30, 45)}
    assert len(read_usage(wall_day(SPRING, 15, blanks), zone=PACIFIC).import_kwh) == 92


def test_energy_in_the_skipped_hour_is_an_error_that_names_the_row() -> None:
    content = wall_day(SPRING, 15, {"02:00": "0", "02:15": "0", "02:30": "0.7", "02:45": "0"})
    with pytest.raises(UsageError, match=r"line 12: 2024-03-10 02:30 does not exist.*0\.7 kWh"):
        read_usage(content, zone=PACIFIC)


def test_the_same_rows_are_a_whole_day_where_no_clock_changes() -> None:
    usage = read_usage(wall_day(SPRING, 15, {}), zone="America/Phoenix")
    assert len(usage.import_kwh) == 96


def test_pge_hours_in_autumn_given_once() -> None:
    facts = home(AUTUMN, 1, step_s=3600)
    lines = pge(facts).decode().splitlines()
    once = [line for number, line in enumerate(lines) if number != 6 + 2]
    usage = read_usage("\n".join(once).encode(), zone=PACIFIC)
    assert usage.import_kwh[4:12] == pytest.approx(facts.import_kwh[1] / 8)
    assert len(usage.import_kwh) == 100


def test_the_changes_of_a_year() -> None:
    first_s, last_s = (int(datetime(year, 1, 1).timestamp()) for year in (2024, 2025))
    spring, autumn = clock_changes(find_zone(PACIFIC), first_s, last_s)
    assert spring.at_s == datetime(2024, 3, 10, 10, tzinfo=find_zone("UTC")).timestamp()
    assert autumn.at_s == datetime(2024, 11, 3, 9, tzinfo=find_zone("UTC")).timestamp()
    assert (spring.before_s, spring.after_s) == (-8 * 3600, -7 * 3600)


@pytest.mark.parametrize("name", ["", "America", "Pacific/Nowhere", "../etc/passwd", "a\0b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="give an IANA name"):
        read_usage(plain(home(SPRING, 1)), zone=name)


def test_a_zone_whose_midnight_is_skipped() -> None:
    """In Lebanon the clock springs forward at midnight: that day begins at 01:00."""
    day = date(2024, 3, 31)
    rows = [f"{day} {h:02d}:{m:02d},0.1" for h in range(1, 24) for m in (0, 15, 30, 45)]
    usage = read_usage("\n".join([HEAD, *rows]).encode(), zone="Asia/Beirut")
    assert len(usage.import_kwh) == 92
