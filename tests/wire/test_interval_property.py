"""The fast reader and the exact one accept the same bodies, with the same values and errors."""

import json

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from kwhen.errors import InvalidFields
from kwhen.wire import intervals
from kwhen.wire.intervals import IntervalBody, read_intervals
from tests.wire.bodies import CELLS_COUNT, body, grid

pytest.importorskip("simdjson")

PATHS = ("usage", "export", "base.usage")
SPACES = st.sampled_from(["", "", "", " ", "\n", "\t", "\r\n  "])

GOOD_CELLS = st.one_of(
    st.floats(0.0, 1_000.0).map(repr),
    st.integers(0, 1_000).map(str),
    st.floats(0.0, 5.0).map("{:.4f}".format),
    st.floats(0.0, 1_000.0).map("{:.25e}".format),
    st.floats(0.0, 1e-300).map(repr),
    st.text("0123456789", min_size=1, max_size=800).map("0.{}".format),
    st.tuples(st.integers(1, 10**40), st.integers(60, 400)).map("{0[0]}E-{0[1]}".format),
    st.integers(-(10**30), 10**30).map("0e{}".format),
    st.sampled_from(["0", "0.0", "1000", "1e3", "1E+3", "1e-400", "5e-324", "2.5E-324"]),
)
ODD_CELLS = st.one_of(
    st.sampled_from(
        "-0 -0.0 -0e0 -0E-5 -1e-400 -5e-324 1e400 -1e400 1e999999999999 1000.0000000000001 "
        "9007199254740993 9223372036854775807 9223372036854775808 18446744073709551615 "
        "18446744073709551616 NaN Infinity -Infinity nan inf null true false [] {} [1] [1,2] "
        "[[]] 01 00 1. .5 +1 1e 1e+ 0x1 - -- 1-1 1,1 1_0 ١".split()
    ),
    st.just('"1"'),
    st.just(""),
    st.just("9" * 400),
    st.just("1" * 5_000),
    st.just("[" * 60 + "]" * 60),
    st.just('{"a":1,"a":2}'),
    st.floats().map(repr),
    st.integers().map(str),
)


@st.composite
def grids(draw: st.DrawFn, odd: bool) -> str:
    """An array of days, as text; with a fault or two when `odd`."""
    filler = draw(GOOD_CELLS)
    rows = [[filler] * CELLS_COUNT for _ in range(draw(st.integers(0 if odd else 1, 3)))]
    day, cell = st.integers(0, len(rows) - 1), st.integers(0, CELLS_COUNT - 1)
    for _ in range(draw(st.integers(0, 6)) if rows else 0):
        rows[draw(day)][draw(cell)] = draw(GOOD_CELLS)
    for _ in range(draw(st.integers(0, 2)) if odd and rows else 0):
        rows[draw(day)][draw(cell)] = draw(ODD_CELLS)
    if odd and rows and draw(st.booleans()):
        row = rows[draw(day)]
        row[:] = draw(st.sampled_from([row[1:], row + row[:1], row[:1], [], [*row, "[]"]]))
    space = draw(SPACES)
    texts = [f"[{','.join(f'{space}{text}{space}' for text in row)}]" for row in rows]
    if odd and rows and draw(st.booleans()):
        texts[draw(day)] = draw(st.sampled_from(["null", "1", '"x"', "{}", "[[]]", texts[0]]))
    outer = draw(SPACES)
    return f"[{','.join(f'{outer}{text}{outer}' for text in texts)}]"


def spelled(key: str, escaped: bool) -> str:
    """A key as a JSON text, its first letter escaped when asked."""
    return f'"\\u{ord(key[0]):04x}{key[1:]}"' if escaped else json.dumps(key)


SMALL_TEXTS = st.sampled_from([
    "null", "0", "-0", "1.5", "[]", "[[1]]", "[[1,2],[3]]", "{}", '""', '"[[1]]"', '"-0"', '"a,b"',
    '"\\": [[1]]"', '"\\ud83d\\ude00"', '"é"', '{"a":{"b":[1,{}]}}', '"2025-01-01"',
])  # fmt: skip
ODD_TEXTS = st.sampled_from([
    "NaN", "Infinity", "-Infinity", "1e400", "9" * 301, '"\\ud800"', '"\\u0000"', '"NaN"',
    '{"a":1,"a":1}', "[" * 31 + "]" * 31, "[" * 33 + "]" * 33, '"\\x"', "tru", "'x'", "1-1",
])  # fmt: skip
OTHER_KEYS = st.sampled_from(["startDate", "name", "base", "x", "", "usage ", "é", "base.usage"])


@st.composite
def members(draw: st.DrawFn) -> str:
    """One member of an object, as text, perhaps with a fault."""
    odd = draw(st.booleans())
    kind = draw(st.sampled_from(["array", "array", "inner", "other"]))
    if kind == "array":
        key, text = draw(st.sampled_from(["usage", "export"])), draw(grids(odd))
    elif kind == "inner":
        inner = draw(st.sampled_from(["usage", "label"]))
        key, text = "base", f"{{{json.dumps(inner)}:{draw(grids(odd))}}}"
    else:
        key = draw(OTHER_KEYS | st.sampled_from(["usage", "export"]) if odd else OTHER_KEYS)
        text = draw(ODD_TEXTS if odd else SMALL_TEXTS)
    before, between, after = draw(SPACES), draw(SPACES), draw(SPACES)
    name = spelled(key, escaped=bool(key) and draw(st.integers(0, 5)) == 0)
    return f"{before}{name}{between}:{after}{text}{before}"


SCRAPS = st.sampled_from([
    b"[", b"]", b"{", b"}", b",", b":", b'"', b"\\", b"-", b"0", b".", b"e", b"NaN", b" ", b"\n",
    b"\xef\xbb\xbf", b"\xff", b"\x00", b"\xc3", b'"usage":', b"null", b"[[1]]", b"],[", b"-0",
])  # fmt: skip


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    """Bodies with faults in members, in cells and in single bytes, or with none."""
    content = f"{{{','.join(draw(st.lists(members(), max_size=4)))}}}".encode()
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(content)))
        cut = draw(st.sampled_from([0, 0, 1, 5, 200]))
        content = content[:at] + draw(SCRAPS | st.just(b"")) + content[at + cut :]
    return content


def outcome(read: IntervalBody) -> tuple[object, ...]:
    """What was read, comparable to the last bit and sign."""
    arrays = {path: (array.shape, array.tobytes()) for path, array in read.arrays_kwh.items()}
    return repr(read.rest), arrays, read.problems


def result(content: bytes, *, exact: bool) -> tuple[object, ...]:
    """The outcome of one of the two roads, or its errors."""
    try:
        read = intervals._read_exactly if exact else read_intervals
        return outcome(read(content, PATHS))
    except InvalidFields as error:
        return error.fields


@settings(max_examples=300)
@given(bodies())
def test_both_roads_end_alike(content: bytes) -> None:
    exact = result(content, exact=True)
    assert result(content, exact=False) == exact
    fast = intervals._read_fast(content, PATHS)
    event("fast" if fast else "exact")
    if fast is not None:
        assert outcome(fast) == exact
        assert fast.problems == ()


@settings(max_examples=150)
@given(grids(odd=False), grids(odd=False), SMALL_TEXTS, st.sampled_from(["usage", "base"]))
def test_good_bodies_take_the_fast_road(usage: str, export: str, text: str, first: str) -> None:
    inner = usage if first == "usage" else f'{{"usage":{usage}}}'
    content = f'{{"x":{text},{json.dumps(first)}:{inner},"export":{export}}}'.encode()
    exact = result(content, exact=True)
    assert result(content, exact=False) == exact
    fast = intervals._read_fast(content, PATHS)
    if text.startswith("[[") or text.startswith('"\\": [['):  # looks like an array that is due
        assert fast is None
    else:
        assert fast is not None
        assert outcome(fast) == exact


@settings(max_examples=200)
@given(ODD_CELLS, st.integers(0, 2), st.integers(0, CELLS_COUNT - 1), GOOD_CELLS)
def test_one_odd_cell_ends_alike(text: str, day: int, cell: int, filler: str) -> None:
    content = body(usage=grid(3, {(day, cell): text}, filler), export=grid(1))
    exact = result(content, exact=True)
    assert result(content, exact=False) == exact


@settings(max_examples=200)
@given(st.binary() | bodies())
def test_any_bytes_end_in_a_value_or_in_named_errors(content: bytes) -> None:
    try:
        read = read_intervals(content, PATHS)
    except InvalidFields as error:
        assert 1 <= len(error.fields) <= 100
    else:
        assert len(read.problems) <= 100
        assert set(read.arrays_kwh) <= set(PATHS)
