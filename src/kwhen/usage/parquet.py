"""A Parquet table with the columns of a plain CSV. Needs pyarrow, which is an extra."""

import io
from typing import TYPE_CHECKING

import numpy as np

from kwhen.errors import SourceError, UsageError
from kwhen.usage.channel import MOST_ROWS, Channel, Floats, Ints
from kwhen.usage.plain import COLUMNS, check_columns, common_step_s, read_starts
from kwhen.usage.sources import MOST_BYTES

if TYPE_CHECKING:
    import pyarrow


def read_parquet(content: bytes) -> tuple[list[Channel], tuple[str, ...]]:
    """The channels of a Parquet table, and no notes.

    `start` is a timestamp (with a zone: UTC instants; without: wall clock) or ISO 8601 text.

    Raises
    ------
    SourceError
        pyarrow is not installed, or the bytes are damaged.
    UsageError
        The columns or their types are not those allowed.
    """
    table = _read_table(content)
    names = [name for name in table.column_names if name in COLUMNS]
    check_columns(names)
    line = np.arange(1, table.num_rows + 1, dtype=np.int64)  # (M,)
    start_s, is_wall = _starts(table.column("start"), line)
    return [
        Channel(
            flow=COLUMNS[name],
            start_s=start_s,
            duration_s=common_step_s(start_s),
            energy_kwh=_energy_kwh(table.column(name), name),
            line=line,
            is_estimated=np.zeros(len(line), np.bool_),
            is_wall=is_wall,
            place="row",
        )
        for name in names
    ], ()


def _read_table(content: bytes) -> "pyarrow.Table":
    """The columns that count, after the file's own statement of its size is checked."""
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as error:
        raise SourceError("Parquet needs pyarrow; install it, or give a CSV") from error
    try:
        file = parquet.ParquetFile(io.BytesIO(content))
        stated = file.metadata
        size = sum(stated.row_group(i).total_byte_size for i in range(stated.num_row_groups))
        if not (0 <= stated.num_rows <= MOST_ROWS and 0 <= size <= MOST_BYTES):
            raise SourceError(
                f"{stated.num_rows:,} rows in {size:,} bytes; allowed are {MOST_ROWS:,} rows in "
                f"{MOST_BYTES:,} bytes"
            )
        present = [name for name in file.schema_arrow.names if name in (*COLUMNS, "start")]
        if "start" not in present or len(set(present)) != len(present):
            raise UsageError(
                f"columns {', '.join(file.schema_arrow.names)[:100]}; needed are "
                "start,import_kwh[,export_kwh]"
            )
        table = file.read(columns=present)
        table.validate(full=True)  # damaged bytes may pass for text until they are read
        return table
    except (pyarrow.ArrowException, OSError, ValueError, NotImplementedError) as error:
        raise SourceError(f"damaged Parquet: {error}; write the file again") from error


def _starts(column: "pyarrow.ChunkedArray", line: Ints) -> tuple[Ints, bool]:
    """Starts in seconds since 1970, and whether they are wall-clock."""
    from pyarrow import types

    if column.null_count:
        raise UsageError("start has empty cells; each row needs a start")
    if types.is_timestamp(column.type):
        moments = column.to_numpy().astype("datetime64[s]")
        return moments.astype(np.int64), column.type.tz is None
    if types.is_string(column.type) or types.is_large_string(column.type):
        return read_starts(column.to_pylist(), line.tolist(), "row")
    raise UsageError(f"start is of type {column.type}; allowed are timestamps or ISO 8601 text")


def _energy_kwh(column: "pyarrow.ChunkedArray", name: str) -> Floats:
    """A numeric column as kWh; an empty cell, which is a missing reading, becomes NaN."""
    from pyarrow import types

    if not (types.is_floating(column.type) or types.is_integer(column.type)):
        raise UsageError(f"{name} is of type {column.type}; allowed are numbers of kWh")
    empty = column.is_null().to_numpy()  # (M,)
    energy_kwh: Floats = column.cast("float64").fill_null(0.0).to_numpy().astype(np.float64)
    if not np.isfinite(energy_kwh).all():
        row = int(np.argmin(np.isfinite(energy_kwh))) + 1
        raise UsageError(
            f"row {row}: {name} is {energy_kwh[row - 1]}; allowed is a finite number of kWh, "
            "or an empty cell for a missing reading"
        )
    return np.where(empty, np.nan, energy_kwh)
