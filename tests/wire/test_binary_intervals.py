"""Interval arrays in .npy and Parquet: what is read, what is refused and where, hostile files."""

import io
import pickle
import sys
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from kwhen.errors import InvalidFields
from kwhen.wire.binary_intervals import read_npy_part
from kwhen.wire.interval_rules import MOST_DAYS
from kwhen.wire.parquet_intervals import MOST_BYTES, read_parquet_part

DAYS_COUNT = 3
ENERGY_KWH = np.random.default_rng(3).gamma(2.0, 0.2, (DAYS_COUNT, 96)).round(2)


def npy(array: np.ndarray, version: tuple[int, int] | None = None) -> bytes:
    """An array as numpy writes it."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version)
    return stream.getvalue()


def declared(header: str, values: bytes = b"") -> bytes:
    """A .npy file with any header."""
    text = header.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + values


def table(columns: dict[str, object], **options: object) -> bytes:
    """A Parquet file of columns."""
    stream = io.BytesIO()
    parquet.write_table(pa.table(columns), stream, **options)
    return stream.getvalue()


def errors(read: Callable[[bytes, str], object], data: bytes) -> list[tuple[str, str]]:
    """Field and message of each error of a file that is refused."""
    with pytest.raises(InvalidFields) as caught:
        read(data, "part")
    return [(error.field, error.message) for error in caught.value.fields]


def the_error(read: Callable[[bytes, str], object], data: bytes) -> tuple[str, str]:
    (error,) = errors(read, data)
    return error


BAD_VALUES = [
    (np.nan, "finite number, got NaN"),
    (np.inf, "beyond the range"),
    (-np.inf, "beyond the range"),
    (1000.0000001, "at most 1,000 kWh"),
    (-0.5, "0 or more, got -0.5"),
    (-0.0, "without a minus sign"),
]


class TestNpy:
    @pytest.mark.parametrize("dtype", ["<f8", ">f8", "<f4", ">f4"])
    @pytest.mark.parametrize("order", ["C", "F"])
    @pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
    def test_numbers_are_read_as_doubles(
        self, dtype: str, order: str, version: tuple[int, int]
    ) -> None:
        stored = np.asarray(ENERGY_KWH.astype(dtype), order=order)
        found = read_npy_part(npy(stored, version), "usage")
        assert (found.dtype, found.flags.c_contiguous) == (np.float64, True)
        np.testing.assert_array_equal(found, stored)

    @pytest.mark.parametrize("dtype", ["|i1", "|u1", "<i2", ">u2", "<i4", "<u4", "<i8", ">u8"])
    def test_integers_are_read(self, dtype: str) -> None:
        stored = np.arange(96).reshape(1, 96).astype(dtype)
        np.testing.assert_array_equal(read_npy_part(npy(stored), "usage"), stored)

    def test_a_flat_array_is_folded(self) -> None:
        found = read_npy_part(npy(ENERGY_KWH.ravel()), "usage")
        np.testing.assert_array_equal(found, ENERGY_KWH)

    @pytest.mark.parametrize(
        ("shape", "words"),
        [
            ((96, 3), "(96, 3); allowed is (days, 96)"),
            ((95,), "(95,); allowed is (days, 96)"),
            ((2, 95), "(2, 95); allowed"),
            ((0,), "has 0 days"),
            ((0, 96), "has 0 days"),
            ((MOST_DAYS + 1, 96), "has 1,101 days"),
            ((), "declares"),
            ((1, 1, 96), "declares"),
        ],
    )
    def test_other_shapes_are_refused(self, shape: tuple[int, ...], words: str) -> None:
        field, message = the_error(read_npy_part, npy(np.zeros(shape)))
        assert field == "part"
        assert words in message

    @pytest.mark.parametrize("dtype", ["?", "<f2", "<c16", "<U4", "|S8", "<M8[s]", "f8,f8"])
    def test_other_types_are_refused(self, dtype: str) -> None:
        field, message = the_error(read_npy_part, npy(np.zeros((1, 96), dtype)))
        assert (field, message.startswith("declares")) == ("part", True)

    @pytest.mark.parametrize(("value", "words"), BAD_VALUES)
    @pytest.mark.parametrize("dtype", ["<f8", ">f4"])
    def test_a_bad_cell_is_named(self, value: float, words: str, dtype: str) -> None:
        array = ENERGY_KWH.astype(dtype)
        array[2, 17] = 1000.1 if value > 1000 and np.isfinite(value) else value  # a float32 too
        field, message = the_error(read_npy_part, npy(array))
        assert field == "part[2][17]"
        assert words in message

    def test_bad_cells_are_told_up_to_a_hundred(self) -> None:
        found = errors(read_npy_part, npy(np.full((2, 96), -1.0)))
        assert (len(found), found[99][0]) == (100, "part[1][3]")

    @pytest.mark.parametrize("data", [b"", b"\x93NUMPY", b"\x93NUMPY\x04\x00xx", b"PK\x03\x04"])
    def test_what_is_no_npy_is_refused(self, data: bytes) -> None:
        assert the_error(read_npy_part, data) == (
            "part",
            "is no .npy file; write it with numpy.save",
        )

    def test_a_pickle_is_not_opened(self) -> None:
        class Trap:
            def __reduce__(self) -> tuple[object, ...]:
                return pytest.fail, ("a pickle was opened",)

        assert the_error(read_npy_part, pickle.dumps(Trap()))[0] == "part"
        objects = npy(np.array([Trap()] * 96, dtype=object).reshape(1, 96))
        assert the_error(read_npy_part, objects)[0] == "part"

    @pytest.mark.parametrize("kept", [20, 100, 130, 1_000, -1])
    def test_a_truncated_file_is_refused(self, kept: int) -> None:
        assert the_error(read_npy_part, npy(ENERGY_KWH)[:kept])[0] == "part"
        assert the_error(read_npy_part, npy(ENERGY_KWH) + b"x")[0] == "part"

    @pytest.mark.parametrize(
        "header",
        [
            "{'descr': '<f8', 'fortran_order': False, 'shape': (999999999, 999999999), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (999999936,), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 96), }",
            "{'descr': '<f8', 'fortran_order': False, 'shape': (96, 96e9), }",
            "{'descr': '<f8', 'fortran_order': False}",
            "{'descr': '<f8', 'fortran_order': maybe, 'shape': (1, 96), }",
            "-" * 60_000,
            "(" * 60_000,
        ],
    )
    def test_what_a_header_declares_is_not_believed(self, header: str) -> None:
        assert the_error(read_npy_part, declared(header))[0] == "part"

    @given(st.binary() | st.binary(min_size=300).map(lambda tail: npy(ENERGY_KWH)[:20] + tail))
    def test_any_bytes_end_in_an_array_or_an_error(self, data: bytes) -> None:
        assert errors(read_npy_part, data)

    @given(st.binary(min_size=96 * 8, max_size=96 * 8))
    def test_any_values_end_in_an_array_or_an_error(self, values: bytes) -> None:
        data = npy(np.zeros((1, 96)))[: -96 * 8] + values
        try:
            found = read_npy_part(data, "part")
        except InvalidFields as error:
            assert all(field.field.startswith("part[0][") for field in error.fields)
        else:
            assert found.tobytes() == values


LISTS = {
    "list": lambda rows: pa.array(list(rows)),
    "large list of float32": lambda rows: pa.array(list(rows), pa.large_list(pa.float32())),
    "fixed list": lambda rows: pa.FixedSizeListArray.from_arrays(rows.ravel(), 96),
    "flat": lambda rows: pa.array(rows.ravel()),
    "flat float32": lambda rows: pa.array(rows.ravel(), pa.float32()),
}


class TestParquet:
    @pytest.mark.parametrize("form", LISTS.values(), ids=LISTS)
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"compression": "zstd"},
            {"compression": "gzip", "data_page_version": "2.0"},
            {"compression": "none", "use_dictionary": False},
            {"row_group_size": 2},
            {"data_page_size": 64, "write_page_index": True, "write_page_checksum": True},
        ],
        ids=str,
    )
    def test_every_form_is_read(self, form: Callable, options: dict[str, object]) -> None:
        stored = form(ENERGY_KWH)
        found = read_parquet_part(table({"usage": stored}, **options), "part")
        precision = np.float32 if "float" in str(stored.type) else np.float64  # Arrow's words
        assert list(found) == ["usage"]
        np.testing.assert_array_equal(found["usage"], ENERGY_KWH.astype(precision))

    def test_export_is_read_and_other_columns_are_not(self) -> None:
        columns = {
            "start": pa.array(range(288), pa.timestamp("s")),
            "export": 2 * ENERGY_KWH.ravel(),
            "usage": ENERGY_KWH.ravel(),
            "note": ["x"] * 288,
        }
        found = read_parquet_part(table(columns), "part")
        np.testing.assert_array_equal(found["usage"], ENERGY_KWH)
        np.testing.assert_array_equal(found["export"], 2 * ENERGY_KWH)

    @pytest.mark.parametrize(("value", "words"), [*BAD_VALUES, (None, "kWh, got null")])
    @pytest.mark.parametrize("is_list", [False, True])
    def test_a_bad_cell_is_named(self, value: float | None, words: str, is_list: bool) -> None:
        rows = ENERGY_KWH.tolist()
        rows[2][17] = value
        export = rows if is_list else [cell for row in rows for cell in row]
        usage = ENERGY_KWH if is_list else ENERGY_KWH.ravel()
        field, message = the_error(
            read_parquet_part, table({"usage": list(usage), "export": export})
        )
        assert field == "export[2][17]"
        assert words in message

    @pytest.mark.parametrize("row", [[0.5] * 95, [0.5] * 97, [], None])
    def test_a_day_of_another_length_is_named(self, row: list[float] | None) -> None:
        rows = ENERGY_KWH.tolist()
        rows[1] = row
        field, message = the_error(read_parquet_part, table({"usage": rows}))
        assert (field, "a day must have 96" in message) == ("usage[1]", True)

    @pytest.mark.parametrize(
        ("columns", "field", "words"),
        [
            ({"import": [1.0] * 96}, "part", "has the columns import; needed are usage"),
            ({"export": [1.0] * 96}, "part", "needed are usage"),
            ({"usage": [1.0] * 95}, "usage", "has 95 values; allowed are multiples of 96"),
            ({"usage": pa.array([], pa.float64())}, "usage", "has 0 days"),
            ({"usage": pa.array([], pa.list_(pa.float64()))}, "usage", "has 0 days"),
            ({"usage": [0.5] * 96 * (MOST_DAYS + 1)}, "usage", "has 1,101 days"),
            ({"usage": [[]] * (MOST_DAYS + 1)}, "usage", "is of the type list<element: null>"),
            ({"usage": ["1"] * 96}, "usage", "is of the type string"),
            ({"usage": [True] * 96}, "usage", "is of the type bool"),
            ({"usage": [[[1.0]] * 96]}, "usage", "is of the type list<"),
            ({"usage": [{"x": 1.0}] * 96}, "usage", "is of the type struct<"),
            ({"usage": [0.5] * 96, "export": ["x"] * 96}, "export", "is of the type string"),
            (
                {"usage": pa.FixedSizeListArray.from_arrays(np.zeros(190), 95)},
                "usage",
                "is of the type fixed_size_list",
            ),
        ],
    )
    def test_other_columns_and_types_are_refused(
        self, columns: dict[str, object], field: str, words: str
    ) -> None:
        found, message = the_error(read_parquet_part, table(columns))
        assert found == field
        assert words in message

    def test_a_repeated_column_is_refused(self) -> None:
        stream = io.BytesIO()
        twice = pa.Table.from_arrays([pa.array([0.5] * 96)] * 3, ["usage", "export", "export"])
        parquet.write_table(twice, stream)
        assert "usage, export, export" in the_error(read_parquet_part, stream.getvalue())[1]

    @pytest.mark.parametrize("kept", [0, 4, 100, -1, -8, -9])
    def test_a_truncated_file_is_refused(self, kept: int) -> None:
        data = table({"usage": ENERGY_KWH.ravel()})[:kept]
        assert the_error(read_parquet_part, data) == (
            "part",
            "is no Parquet file, or damaged; write it again",
        )

    @pytest.mark.parametrize(
        "columns",
        [
            {"usage": np.full(9_000_000, 0.5)},
            {"usage": [0.5] * 96, "note": ["x" * 1_000_000] * 96},
            {"usage": [[0.5] * 9_000_000]},
        ],
        ids=["rows", "bytes", "a list"],
    )
    def test_a_file_that_unfolds_is_refused(self, columns: dict[str, object]) -> None:
        data = table(columns, compression="zstd", use_dictionary=False)
        assert len(data) < 100_000
        assert "is too large" in the_error(read_parquet_part, data)[1]

    def test_a_file_of_too_many_parts_is_refused(self) -> None:
        year = {"usage": np.full(120 * 96, 0.5)}
        in_pages = table(year, data_page_size=1, write_batch_size=1, use_dictionary=False)
        assert "is too large" in the_error(read_parquet_part, in_pages)[1]
        in_groups = table(year, row_group_size=1)
        assert "damaged" in the_error(read_parquet_part, in_groups)[1]  # the footer is too long

    def test_a_file_that_hides_its_size_is_refused(self) -> None:
        """Its footer says 96 values; its pages unfold to 72 MB."""
        count = 9_000_000
        options = {"compression": "zstd", "use_dictionary": False, "row_group_size": count}
        data = told(table({"usage": np.full(count, 0.5)}, **options), count, 96)
        assert parquet.read_metadata(io.BytesIO(data)).num_rows == 96
        before = pa.default_memory_pool().max_memory()
        assert "damaged" in the_error(read_parquet_part, data)[1]
        assert pa.default_memory_pool().max_memory() - before < MOST_BYTES

    def test_values_that_the_footer_does_not_know_are_refused(self) -> None:
        data = table({"usage": np.full(960, 0.5)}, use_dictionary=False)
        assert "damaged" in the_error(read_parquet_part, told(data, 960, 96))[1]

    def test_a_schema_that_goes_too_deep_is_refused(self) -> None:
        kind = pa.float64()
        for _ in range(1_100):
            kind = pa.struct({"a": kind})
        data = table({"usage": [0.5], "deep": pa.nulls(1, kind)})
        assert "damaged" in the_error(read_parquet_part, data)[1]

    def test_without_pyarrow_the_extra_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow", None)
        field, message = the_error(read_parquet_part, b"PAR1")
        assert (field, "kwhen[parquet]" in message) == ("part", True)

    @given(st.binary() | st.binary().map(lambda data: b"PAR1" + data + b"\x10\0\0\0PAR1"))
    def test_any_bytes_end_in_an_error(self, data: bytes) -> None:
        assert the_error(read_parquet_part, data)[0] == "part"

    @settings(max_examples=200)
    @given(st.data())
    def test_any_damage_ends_in_arrays_or_errors(self, draw: st.DataObject) -> None:
        whole = draw.draw(st.sampled_from(SAMPLES))
        data = bytearray(whole)
        for _ in range(draw.draw(st.integers(1, 3))):
            from_end = draw.draw(st.integers(1, len(data)))
            data[-from_end] = draw.draw(st.integers(0, 255))
        try:
            found = read_parquet_part(bytes(data), "part")
        except InvalidFields as error:
            assert error.fields
        else:
            assert all(array.shape[1] == 96 for array in found.values())


SAMPLES = [
    table({"usage": ENERGY_KWH.ravel(), "export": ENERGY_KWH.ravel()}, compression="zstd"),
    table({"usage": list(ENERGY_KWH)}, row_group_size=2, data_page_version="2.0"),
    table({"usage": list(ENERGY_KWH)}, compression="none", use_dictionary=False),
]


def told(data: bytes, true_count: int, false_count: int) -> bytes:
    """A Parquet file whose footer has one count in the place of another."""
    start = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    true = varint(true_count)
    assert data[start:].count(true) >= 2  # of values, of rows
    return data[:start] + data[start:].replace(true, varint(false_count, width=len(true)))


def varint(value: int, width: int = 0) -> bytes:
    """A positive number in Thrift's zigzag form, padded to a width."""
    zigzag, parts = value << 1, []
    while zigzag or not parts or len(parts) < width:
        parts.append(zigzag & 0x7F)
        zigzag >>= 7
    return bytes([part | 0x80 for part in parts[:-1]] + parts[-1:])
