"""Bodies with interval arrays: what is read, and the path of what is not."""

import importlib.util
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from kwhen.errors import FieldError, InvalidFields
from kwhen.wire import intervals
from kwhen.wire.interval_rules import MOST_DAYS
from kwhen.wire.intervals import IntervalBody, read_intervals
from tests.wire.bodies import body, grid, written


@pytest.fixture(params=["fast", "exact"], autouse=True)
def reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test of this file runs with simdjson and without."""
    if request.param == "exact":
        monkeypatch.setattr(intervals, "simdjson", None)
    else:
        pytest.importorskip("simdjson")
    return request.param


def the_problem(content: bytes, *paths: str) -> tuple[str, str]:
    """The only problem of a body: its path and message."""
    read = read_intervals(content, paths) if paths else read_intervals(content)
    (problem,) = read.problems
    assert problem.field.split("[")[0] not in read.arrays_kwh
    return problem.field, problem.message


def refused(content: bytes) -> list[str]:
    """The paths of the errors of a body that is refused as a whole."""
    with pytest.raises(InvalidFields) as caught:
        read_intervals(content)
    return [error.field for error in caught.value.fields]


def test_a_year_of_usage_and_export_is_read() -> None:
    rng = np.random.default_rng(7)
    usage = rng.gamma(2.0, 0.2, (365, 96)).round(3)
    export = rng.gamma(1.0, 0.2, (365, 96)).round(4)
    rest = {"startDate": "2025-01-01", "endDate": "2026-01-01", "home": {"zipcode": "94107"}}
    content = json.dumps({"usage": usage.tolist(), **rest, "export": export.tolist()}).encode()
    read = read_intervals(content)
    assert read.problems == ()
    assert read.rest == rest
    assert list(read.arrays_kwh) == ["usage", "export"]
    np.testing.assert_array_equal(read.arrays_kwh["usage"], usage)
    np.testing.assert_array_equal(read.arrays_kwh["export"], export)


def test_the_fast_road_is_taken_for_what_clients_send(reader: str) -> None:
    usage = np.linspace(0.0, 1_000.0, 3 * 96).reshape(3, 96).tolist()
    sent = {"name": "Ann's home, -0 [x] {y}", "base": {"usage": usage}, "usage": usage, "tags": [1]}
    for separators, indent in [((",", ":"), None), ((", ", ": "), None), (None, 2)]:
        content = json.dumps(sent, separators=separators, indent=indent).encode()
        fast = intervals._read_fast(content, ("usage", "base.usage"))
        assert (fast is None) == (reader == "exact")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0.0),
        ("0.0", 0.0),
        ("1000", 1000.0),
        ("1000.0", 1000.0),
        ("1e3", 1000.0),
        ("1E+3", 1000.0),
        ("5e-05", 5e-05),
        ("1e-400", 0.0),
        ("0e999999999999999999999", 0.0),
        ("0.1000000000000000055511151231257827", 0.1),
        ("0." + "3" * 2_000, 1 / 3),
        ("123456789012345678901234567890e-29", 1.2345678901234568),
    ],
)
def test_a_number_is_the_nearest_double(text: str, value: float) -> None:
    read = read_intervals(body(usage=grid(cells={(3, 17): text})))
    assert read.problems == ()
    assert read.arrays_kwh["usage"][3, 17] == value


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("NaN", "finite number, got NaN"),
        ("Infinity", "finite number, got Infinity"),
        ("-Infinity", "finite number, got -Infinity"),
        ("1e400", "beyond the range of a double"),
        ("-1e400", "beyond the range of a double"),
        ("1" + "0" * 5_000, "an integer of 5001 digits"),
        ("1000.0000000000001", "at most 1,000 kWh, got 1000"),
        ("1001", "at most 1,000 kWh, got 1001"),
        ("18446744073709551616", "at most 1,000 kWh, got 1.84467e+19"),
        ("-1", "0 or more, got -1"),
        ("-0.001", "0 or more, got -0.001"),
        ("-5e-324", "0 or more, got -4.94066e-324"),
        ("-0", "without a minus sign"),
        ("-0.0", "without a minus sign"),
        ("-0e0", "without a minus sign"),
        ("-1e-400", "without a minus sign"),
        ("true", "a number of kWh, got true"),
        ("false", "a number of kWh, got false"),
        ("null", "a number of kWh, got null"),
        ('"0.25"', "a number of kWh, got a string"),
        ("[]", "a number of kWh, got an array"),
        ("[0.25]", "a number of kWh, got an array"),
        ("{}", "a number of kWh, got an object"),
    ],
)
def test_a_bad_cell_is_named(text: str, words: str) -> None:
    field, message = the_problem(body(usage=grid(cells={(3, 17): text})))
    assert field == "usage[3][17]"
    assert words in message
    field, message = the_problem(body(usage=grid(), export=grid(cells={(0, 95): text})))
    assert field == "export[0][95]"
    assert words in message


def test_nested_cells_that_leave_the_count_of_numbers_are_found() -> None:
    cells = {(1, 4): "[]", (2, 5): "[0.1,0.2]"}
    read = read_intervals(body(usage=grid(cells=cells)))
    assert [problem.field for problem in read.problems] == ["usage[1][4]", "usage[2][5]"]


@pytest.mark.parametrize("length", [0, 1, 95, 97, 192])
def test_a_day_of_another_length_is_named(length: int) -> None:
    rows = [["0.25"] * 96] * 3 + [["0.25"] * length]
    field, message = the_problem(body(usage=written(rows)))
    assert field == "usage[3]"
    assert message == f"has {length} values; a day must have 96"


def test_days_of_95_and_97_values_do_not_make_up_for_each_other() -> None:
    rows = [["0.25"] * 95, ["0.25"] * 97]
    read = read_intervals(body(usage=written(rows)))
    assert [problem.field for problem in read.problems] == ["usage[0]", "usage[1]"]


@pytest.mark.parametrize("row", ["null", "0.25", '"x"', "{}", "true"])
def test_a_day_that_is_no_array_is_named(row: str) -> None:
    whole = grid(days=1)[1:-1]
    field, message = the_problem(body(usage=f"[{whole},{row}]"))
    assert field == "usage[1]"
    assert "must be an array of 96 numbers" in message


@pytest.mark.parametrize("value", ["0.25", "true", '"[[1]]"', "{}", '{"usage": [[1]]}'])
def test_what_is_no_array_is_named(value: str) -> None:
    field, message = the_problem(body(usage=value))
    assert field == "usage"
    assert "must be an array of days" in message


@pytest.mark.parametrize(("days", "good"), [(0, 0), (1, 1), (MOST_DAYS, 1), (MOST_DAYS + 1, 0)])
def test_the_number_of_days_has_limits(days: int, good: int) -> None:
    content = body(usage=grid(days))
    if good:
        assert read_intervals(content).arrays_kwh["usage"].shape == (days, 96)
    else:
        field, message = the_problem(content)
        assert field == "usage"
        assert f"has {days:,} days" in message


def test_flat_numbers_and_too_many_days_are_one_error() -> None:
    assert the_problem(body(usage=f"[{','.join(['0.5'] * 20_000)}]"))[0] == "usage"
    assert read_intervals(body(usage="[1,2]")).problems[0].field == "usage[0]"


def test_absent_and_null_are_the_same() -> None:
    for content in (b"{}", b'{"usage": null, "export": null}', b'{"base": null}', b'{"base": 5}'):
        read = read_intervals(content, ("usage", "export", "base.usage"))
        assert read.problems == ()
        assert dict(read.arrays_kwh) == {}
        assert "usage" not in read.rest
    assert read.rest == {"base": 5}


def test_dotted_paths_reach_inside() -> None:
    nested = body(usage=grid(2), export=grid(2), label='"before"').decode()
    content = body(base=nested, optimized=nested, startDate='"2025-01-01"')
    paths = ("base.usage", "base.export", "optimized.usage", "optimized.export")
    read = read_intervals(content, paths)
    assert list(read.arrays_kwh) == list(paths)
    inner = {"label": "before"}
    assert read.rest == {"base": inner, "optimized": inner, "startDate": "2025-01-01"}
    bad = body(base=body(usage=grid(cells={(1, 2): "null"})).decode())
    assert the_problem(bad, "base.usage")[0] == "base.usage[1][2]"


def test_arrays_elsewhere_stay_in_the_rest() -> None:
    content = body(usage=grid(1), data="[[1,2],[3]]", tags='["[[", "]]"]', text='"\\": [[1]]"')
    read = read_intervals(content)
    assert list(read.arrays_kwh) == ["usage"]
    assert read.rest == {"data": [[1, 2], [3]], "tags": ["[[", "]]"], "text": '": [[1]]'}


def test_an_array_inside_a_text_is_a_text() -> None:
    """The text has what would be a good array; another field says Infinity."""
    trap = json.dumps(f'": {grid(1)}')
    assert refused(body(note=trap, usage="null", x="Infinity")) == ["x"]
    read = read_intervals(body(note=trap, usage="null"))
    assert read.rest == {"note": f'": {grid(1)}'}
    assert dict(read.arrays_kwh) == {}


@pytest.mark.parametrize("first", [grid(1), "null", "5"])
@pytest.mark.parametrize("key", ['"usage"', '"\\u0075sage"'])
def test_a_repeated_array_is_named(first: str, key: str) -> None:
    content = f'{{"usage": {first}, {key}: {grid(1)}}}'.encode()
    assert the_problem(content) == ("usage", "is given more than once; send it once")


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ('"a": 1, "a": 2', "a"),
        ('"home": {"zipcode": "1", "zipcode": "1"}', "home.zipcode"),
        ('"limit": NaN', "limit"),
        ('"limit": Infinity', "limit"),
        ('"limit": [1e400]', "limit[0]"),
        ('"name": "\\ud800"', "name"),
        ('"name": "\\u0000"', "name"),
        (f'"deep": {"[" * 40}{"]" * 40}', "deep" + "[0]" * 31),
    ],
)
def test_the_rest_is_read_as_strictly(fields: str, path: str) -> None:
    good, bad = grid(2), grid(2, {(1, 2): "-1"})
    assert refused(f'{{"usage": {good}, {fields}}}'.encode()) == [path]
    assert refused(f'{{{fields}, "usage": {good}}}'.encode()) == [path]
    assert refused(f'{{{fields}, "usage": {bad}}}'.encode()) == [path, "usage[1][2]"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"\xef\xbb\xbf" + body(usage=grid(1)),
        body(usage=grid(1))[:-1],
        body(usage=grid(1))[:200],
        body(usage=grid(1)) + b"]",
        body(usage=grid(1)) + b"\x00",
        body(usage=grid(1, {(0, 0): "01"})),
        body(usage=grid(1, {(0, 0): "1."})),
        body(usage=grid(1, {(0, 0): "+1"})),
        body(usage=grid(1, {(0, 0): "0x1"})),
        body(usage=grid(1, {(0, 0): ""})),
        body(usage=grid(1) + "5"),
        body(usage="-" + grid(1)),
        body(usage="1" + grid(1)),
        body(usage=grid(1), name='"\xff"').replace("\xff".encode(), b"\xff"),
        b'{"usage":' + b"[" * 1_000_000,
        b'{"a":' * 100_000,
        b"[1]",
        b'"usage"',
        b"NaN",
    ],
    ids=range(21),
)
def test_what_is_no_json_object_is_refused_as_a_whole(content: bytes) -> None:
    assert refused(content) == [""]


def test_a_deep_cell_is_a_bad_cell() -> None:
    cell = "[" * 200 + "0.25" + "]" * 200
    field, message = the_problem(body(usage=grid(cells={(2, 0): cell})))
    assert (field, "an array" in message) == ("usage[2][0]", True)


def test_all_problems_are_told_up_to_a_hundred() -> None:
    cells = {(0, 3): "null", (2, 95): "-1"}
    read = read_intervals(body(usage=grid(cells=cells), export=grid(cells={(1, 1): '"x"'}), a="1"))
    paths = ["usage[0][3]", "usage[2][95]", "export[1][1]"]
    assert [problem.field for problem in read.problems] == paths
    assert read.rest == {"a": 1}
    many = read_intervals(body(usage=grid(filler="null"), export=grid(filler="true")))
    assert len(many.problems) == 100
    assert many.problems[-1].field == "usage[1][3]"


def test_one_good_array_is_kept_beside_a_bad_one() -> None:
    read = read_intervals(body(usage=grid(cells={(0, 0): "-1"}), export=grid()))
    assert list(read.arrays_kwh) == ["export"]
    assert isinstance(read, IntervalBody)
    assert read.problems == (FieldError("usage[0][0]", "must be 0 or more, got -1"),)


def test_a_later_body_leaves_the_arrays_of_an_earlier_one() -> None:
    first = read_intervals(body(usage=grid(filler="0.1"), export=grid(filler="0.2")))
    read_intervals(body(usage=grid(filler="7"), export=grid(filler="8")))
    read_intervals(body(usage=grid(cells={(0, 0): "null"})))
    assert first.arrays_kwh["usage"].max() == 0.1
    assert first.arrays_kwh["export"].min() == 0.2


def test_threads_do_not_share_a_parser() -> None:
    contents = [body(usage=grid(30, filler=f"0.{n}"), export=grid(9, filler="1")) for n in range(9)]
    with ThreadPoolExecutor(4) as pool:
        for _ in range(5):
            reads = list(pool.map(read_intervals, contents))
            found = [float(read.arrays_kwh["usage"].mean()) for read in reads]
            assert found == pytest.approx([n / 10 for n in range(9)])


def test_the_module_loads_without_simdjson(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "simdjson", None)
    spec = importlib.util.find_spec("kwhen.wire.intervals")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, spec.name, module)
    spec.loader.exec_module(module)
    assert module.simdjson is None
    assert module.read_intervals(body(usage=grid(1))).arrays_kwh["usage"].shape == (1, 96)
