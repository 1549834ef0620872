"""Interval arrays in Parquet: columns `usage` and `export`, flat or with a list of 96 in each row.

Needs pyarrow, which is an extra.
"""

from typing import TYPE_CHECKING

import numpy as np

from kwhen.errors import FieldError, InvalidFields
from kwhen.wire.interval_rules import (
    CELLS_COUNT,
    MOST_DAYS,
    Floats,
    cell_error,
    checked,
    day_count_error,
    raise_all,
    row_length_error,
)
from kwhen.wire.parquet_sizes import declared_sizes

if TYPE_CHECKING:
    import pyarrow

COLUMNS = ("usage", "export")
MOST_BYTES = 64 << 20  # of all pages, uncompressed
MOST_VALUES = 20 * MOST_DAYS * CELLS_COUNT  # in pages, dictionaries and footer; other columns too
MOST_PARTS = 10_000


def read_parquet_part(data: bytes, name: str) -> dict[str, Floats]:
    """The (D, 96) arrays of the columns `usage` and, where it is there, `export`. [kWh]

    Raises
    ------
    InvalidFields
        pyarrow is not installed; the file is damaged, too large, or has other columns or types;
        or cells are not allowed.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise InvalidFields.one(
            name, "Parquet needs the extra kwhen[parquet] on the server; send .npy or JSON"
        ) from error
    try:
        _check_size(data, name)
        file = parquet.ParquetFile(pyarrow.BufferReader(data), pre_buffer=False)
        columns = _columns(file.schema_arrow, name)
        table = file.read(columns=columns, use_threads=False)
        table.validate(full=True)
        return {column: _energy_kwh(table.column(column), column) for column in columns}
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InvalidFields.one(name, "is no Parquet file, or damaged; write it again") from error


def _check_size(data: bytes, name: str) -> None:
    """Refuse what would need too much memory, before anything of it is decoded."""
    values_count = uncompressed_bytes = 0
    for number, size in enumerate(declared_sizes(data)):
        values_count += size.values_count
        uncompressed_bytes += size.uncompressed_bytes
        if values_count > MOST_VALUES or uncompressed_bytes > MOST_BYTES or number > MOST_PARTS:
            raise InvalidFields.one(
                name,
                f"is too large; allowed are {MOST_DAYS:,} days in {MOST_BYTES >> 20} MiB "
                f"uncompressed and {MOST_PARTS:,} row groups and pages",
            )


def _columns(schema: "pyarrow.Schema", name: str) -> list[str]:
    """The columns to read, whose types are numbers or lists of numbers."""
    columns = [column for column in schema.names if column in COLUMNS]
    if "usage" not in columns or len(set(columns)) < len(columns):
        shown = ", ".join(schema.names)[:100]
        raise InvalidFields.one(name, f"has the columns {shown}; needed are usage[, export], once")
    raise_all(_type_error(column, schema.field(column).type) for column in columns)
    return columns


def _type_error(column: str, kind: "pyarrow.DataType") -> FieldError | None:
    from pyarrow import types

    number = kind.value_type if _is_list(kind) else kind
    fits = not types.is_fixed_size_list(kind) or kind.list_size == CELLS_COUNT
    if fits and (types.is_floating(number) or types.is_integer(number)):
        return None
    allowed = f"allowed are numbers and lists of {CELLS_COUNT} numbers"
    return FieldError(column, f"is of the type {str(kind)[:60]}; {allowed}")


def _is_list(kind: "pyarrow.DataType") -> bool:
    from pyarrow import types

    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list)
    return any(is_kind(kind) for is_kind in lists)


def _energy_kwh(column: "pyarrow.ChunkedArray", name: str) -> Floats:
    """A column as days of 96 values."""
    values = column.combine_chunks()
    if _is_list(column.type):
        values = _unfolded(values, name)
    elif len(values) % CELLS_COUNT:
        message = f"has {len(values):,} values; allowed are multiples of {CELLS_COUNT}"
        raise InvalidFields.one(name, message)
    raise_all([day_count_error(name, len(values) // CELLS_COUNT)])
    empty = np.flatnonzero(values.is_null())
    raise_all(
        FieldError(f"{name}[{place // CELLS_COUNT}][{place % CELLS_COUNT}]", cell_error(None))
        for place in empty.tolist()
    )
    return checked(values.to_numpy().reshape(-1, CELLS_COUNT), name)


def _unfolded(rows: "pyarrow.Array", name: str) -> "pyarrow.Array":
    """The values of rows that are lists of 96."""
    from pyarrow import compute

    raise_all([day_count_error(name, len(rows))])
    lengths = compute.list_value_length(rows).to_pylist()
    raise_all(
        row_length_error(f"{name}[{day}]", length or 0)  # a row without a list counts as empty
        for day, length in enumerate(lengths)
    )
    return rows.flatten()
