"""Any bytes end in a Usage or in a deliberate error, and soon."""

import io
import time
import zipfile
from datetime import date

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kwhen.errors import KwhenError
from kwhen.usage import Fill, read_usage
from tests.usage.writers import AUTUMN, PACIFIC, SPRING, WRITERS, home

READ_S = 5.0
DAYS = [home(day, 1, step_s=3600, export=True) for day in (SPRING, AUTUMN, date(2024, 5, 6))]
SEEDS = {name: [write(facts) for facts in DAYS] for name, write in WRITERS.items()}
HEADS = [
    b"",
    b"PK\x03\x04",
    b"PAR1",
    b"<feed>",
    b"\xff\xfe",
    b"start,import_kwh\n",
    b"\xef\xbb\xbf",
]
PIECES = [b"\n", b",", b'"', b"-", b"9", b"0", b"nan", b"<", b">", b"\0", b"\xa0", b"inf", b"1e308"]
PIECES += [b"2024-11-03 01:00", b"2024-03-10 02:30", b"9999-12-31", b"0001-01-01", b"PAR1", b"/"]


def check(content: bytes, fill: Fill = "zero") -> None:
    """Read, and hold the answer or the error to its promises."""
    began = time.process_time()
    try:
        usage = read_usage(content, zone=PACIFIC, fill=fill)
    except KwhenError as error:
        assert 10 < len(str(error)) < 2000
    else:
        assert np.isfinite(usage.import_kwh).all()
        assert usage.import_kwh.min() >= 0
        assert (usage.start.hour, usage.end.hour) == (0, 0)
    assert time.process_time() - began < READ_S


@given(st.sampled_from(HEADS), st.binary(max_size=300), st.sampled_from(["error", "zero", "mean"]))
@example(b"PK\x03\x04", b"\0" * 18, "zero")
def test_any_bytes(head: bytes, content: bytes, fill: Fill) -> None:
    check(head + content, fill)


@pytest.mark.parametrize("name", WRITERS)
@settings(max_examples=60)
@given(data=st.data())
def test_any_damage_to_a_good_file(name: str, data: st.DataObject) -> None:
    content = data.draw(st.sampled_from(SEEDS[name]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 40))
        piece = data.draw(st.one_of(st.sampled_from(PIECES), st.binary(max_size=8)))
        content = content[:at] + piece + content[at + cut :]
    check(content, data.draw(st.sampled_from(["error", "zero", "mean"])))


@settings(max_examples=60)
@given(st.data())
def test_any_damage_to_a_zip(data: st.DataObject) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("usage.csv", SEEDS["plain CSV"][0])
    content = bytearray(sink.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    check(bytes(content))


CELLS = st.one_of(
    st.sampled_from(["", "1", "-1", "nan", "2024-11-03 01:00", "2024-03-10T02:30", "24:00", "kWh"]),
    st.sampled_from(["Electric usage", "5/6/2024", "00:00", "00:14", "12:00 AM", "15", "1e308"]),
    st.sampled_from(
        ["2024-05-06 00:00:00 to 2024-05-07 00:00:00", "2024-05-06T00:00Z", "0" * 5000]
    ),
    st.floats().map(repr),
    st.text(max_size=6),
)
HEADERS = [
    "start,import_kwh,export_kwh",
    "start,net_kwh",
    "TYPE,DATE,START TIME,END TIME,USAGE (kWh),COST,NOTES",
    "DATE,START TIME,END TIME,IMPORT (kWh),EXPORT (kWh)",
    "Energy Delivered time period,Usage(Real energy in kilowatt-hours),Reading quality",
    "Energy Consumption time Period Start,Energy Consumption time Period End,Delivered,Received",
    "Meter Number,Date,Start Time,Duration,Consumption,Generation,Net",
]


@given(st.sampled_from(HEADERS), st.lists(st.lists(CELLS, max_size=8), max_size=6))
def test_any_rows_under_a_known_header(header: str, rows: list[list[str]]) -> None:
    text = "\n".join([header, *(",".join(f'"{cell}"' for cell in row) for row in rows)])
    check(text.encode("utf-8", "surrogatepass"))


NAMES = ["entry", "content", "IntervalBlock", "IntervalReading", "timePeriod", "start", "duration"]
NAMES += ["value", "ReadingType", "uom", "powerOfTenMultiplier", "MeterReading", "UsagePoint"]
NAMES += ["LocalTimeParameters", "tzOffset", "link", "title", "ServiceCategory", "kind"]
LEAVES = st.one_of(
    st.sampled_from(["", "72", "1", "-3", "900", "1714978800"]), st.integers().map(str)
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(st.tuples(st.sampled_from(NAMES), inner), max_size=5).map(
        lambda pairs: "".join(f"<{name}>{text}</{name}>" for name, text in pairs)
    ),
    max_leaves=30,
)


@given(TREES)
def test_any_tree_of_known_names(tree: str) -> None:
    check(f"<feed>{tree}</feed>".encode())
