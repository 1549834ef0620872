"""What a writer of each layout puts in, the reader gives back: years, clock changes, exports."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwhen.usage import Usage, read_usage
from tests.usage.writers import AUTUMN, PACIFIC, SPRING, WRITERS, ZONE, Home, home


def same(usage: Usage, facts: Home) -> bool:
    """Whether usage is that of a home of quarter hours, to float precision."""
    export_kwh = np.zeros_like(facts.import_kwh) if facts.export_kwh is None else facts.export_kwh
    read_kwh = np.zeros_like(usage.import_kwh) if usage.export_kwh is None else usage.export_kwh
    return np.allclose(usage.import_kwh, facts.import_kwh, rtol=0, atol=1e-9) and np.allclose(
        read_kwh, export_kwh, rtol=0, atol=1e-9
    )


@pytest.mark.parametrize("name", WRITERS)
def test_a_year_with_both_clock_changes(name: str) -> None:
    facts = home(date(2024, 1, 1), 366, export=True)
    content = WRITERS[name](facts)
    usage = read_usage(content, zone=PACIFIC)
    assert same(usage, facts)
    assert usage.start == datetime(2024, 1, 1, tzinfo=ZONE)
    assert usage.end == datetime(2025, 1, 1, tzinfo=ZONE)
    assert usage.step_minutes == 15
    assert usage.gaps == ()
    assert name.startswith(usage.format.removesuffix(" CSV"))


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (date(2024, 6, 1), 24)])
@pytest.mark.parametrize("name", WRITERS)
def test_a_single_day(name: str, day: date, hours: int) -> None:
    facts = home(day, 1, export=True)
    usage = read_usage(WRITERS[name](facts), zone=PACIFIC)
    assert len(usage.import_kwh) == hours * 4
    assert same(usage, facts)


@pytest.mark.parametrize("minutes", [5, 30, 60])
@pytest.mark.parametrize("name", WRITERS)
def test_other_steps_keep_their_energy(name: str, minutes: int) -> None:
    facts = home(SPRING - timedelta(1), 3, step_s=minutes * 60)
    usage = read_usage(WRITERS[name](facts), zone=PACIFIC)
    if minutes == 5:
        expected_kwh = facts.import_kwh.reshape(-1, 3).sum(axis=1)
    else:
        expected_kwh = np.repeat(facts.import_kwh, minutes // 15) / (minutes // 15)
    assert np.allclose(usage.import_kwh, expected_kwh)
    assert any("into quarter hours" in note for note in usage.notes)


@given(
    name=st.sampled_from(sorted(WRITERS)),
    first=st.dates(date(2010, 1, 1), date(2030, 1, 1)),
    days=st.integers(1, 4),
    step_s=st.sampled_from([900, 3600]),
    export=st.booleans(),
)
def test_any_days_of_any_layout(
    name: str, first: date, days: int, step_s: int, export: bool
) -> None:
    facts = home(first, days, step_s=step_s, export=export)
    usage = read_usage(WRITERS[name](facts), zone=PACIFIC)
    parts = step_s // 900
    assert np.allclose(usage.import_kwh, np.repeat(facts.import_kwh, parts) / parts)
    assert usage.start.date() == first
    assert usage.end.date() == first + timedelta(days)


@given(st.permutations(range(96)))
def test_rows_in_any_order(order: list[int]) -> None:
    facts = home(date(2024, 5, 1), 1)
    head, *rows = WRITERS["plain CSV"](facts).decode().splitlines()
    shuffled = "\n".join([head, *(rows[index] for index in order)])
    assert same(read_usage(shuffled.encode(), zone=PACIFIC), facts)


def test_newest_first_through_the_repeated_hour() -> None:
    facts = home(AUTUMN, 1)
    head, *rows = WRITERS["plain CSV"](facts).decode().splitlines()
    assert same(read_usage("\n".join([head, *rows[::-1]]).encode(), zone=PACIFIC), facts)


def test_another_zone() -> None:
    facts = home(date(2024, 5, 1), 2)
    usage = read_usage(WRITERS["Green Button"](facts), zone="America/New_York")
    assert usage.start == datetime(2024, 5, 1, 21, tzinfo=ZONE)
    assert len(usage.import_kwh) == 96
    assert [gap.reason for gap in usage.gaps] == ["partial day", "partial day"]
