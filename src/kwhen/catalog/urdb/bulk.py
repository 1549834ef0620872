"""The bulk files usurdb.csv.gz and usurdb.json.gz as streams: one item in memory at a time."""

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from kwhen.catalog.urdb.refusal import Refusal, refusal
from kwhen.catalog.urdb.rows import csv_row_to_item
from kwhen.errors import SourceError, TariffError

Progress = Callable[[int, int], None]  # (bytes read, bytes in all)

_CHUNK_CHARS = 1 << 18
_LONGEST_ITEM_CHARS = 1 << 25  # a rate has some ten thousand; beyond this the file is broken
_CSV_CELL_CHARS = 1 << 20
_OPENING = re.compile(r"\s*(?:\{\s*\"items\"\s*:\s*)?\[")
_GAP = re.compile(r"[\s,]*")


def read_bulk(path: Path, progress: Progress | None = None) -> Iterator[dict[str, Any] | Refusal]:
    """Every item of a bulk file in the order of the file, or the reason why a row is none.

    Parameters
    ----------
    path
        A file that ends in .csv, .json, .csv.gz or .json.gz.
    progress
        Called with the bytes of the file read so far and its size.

    Raises
    ------
    SourceError
        The file is missing, of another kind, cut short, or not what its name says.
    """
    kind = "".join(path.suffixes[-2:]).removesuffix(".gz").rsplit(".", 1)[-1].lower()
    reader = {"csv": _csv_items, "json": _json_items}.get(kind)
    if reader is None:
        raise SourceError(f"{path}: takes usurdb.csv or usurdb.json, with or without .gz")
    try:
        with path.open("rb") as raw:
            size = path.stat().st_size
            with _text(raw, path) as text:
                for item in reader(text):
                    if progress is not None:
                        progress(raw.tell(), size)
                    yield item
            if progress is not None:
                progress(size, size)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path}: cannot be read to its end: {error}") from error
    except _Broken as error:
        raise SourceError(f"{path}: {error}; download it again") from error


class _Broken(Exception):
    """What is wrong with the content of a file."""


def _text(raw: IO[bytes], path: Path) -> io.TextIOWrapper:
    """The content as text; a byte that is not UTF-8 becomes a replacement mark."""
    content = gzip.GzipFile(fileobj=raw) if path.suffix == ".gz" else raw
    return io.TextIOWrapper(
        cast(IO[bytes], content), encoding="utf-8-sig", errors="replace", newline=""
    )


def _csv_items(text: io.TextIOWrapper) -> Iterator[dict[str, Any] | Refusal]:
    """Rows as items. The limit of a cell is the csv module's own, put back at the end."""
    limit = csv.field_size_limit(_CSV_CELL_CHARS)
    try:
        rows = csv.reader(text)
        header = next(rows, [])
        if "label" not in header:
            raise _Broken("its first row has no column `label`")
        while True:
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                yield refusal({}, f"line {rows.line_num}: {error}")
                continue
            if row:
                yield _csv_item(header, row, rows.line_num)
    finally:
        csv.field_size_limit(limit)


def _csv_item(header: list[str], row: list[str], line: int) -> dict[str, Any] | Refusal:
    named = dict(zip(header, row, strict=False))
    if len(row) != len(header):
        return refusal(named, f"line {line}: has {len(row)} cells, the first row {len(header)}")
    try:
        return csv_row_to_item(named)
    except TariffError as error:
        return refusal(named, str(error))


def _json_items(text: io.TextIOWrapper) -> Iterator[dict[str, Any] | Refusal]:
    """Elements of one array, also where it stands in an object as `items`."""
    decoder, buffer, is_open, wanted = json.JSONDecoder(), "", False, 1
    while True:
        chunk = _read(text, wanted)
        buffer += chunk
        if not is_open and (opening := _OPENING.match(buffer)):
            is_open, buffer = True, buffer[opening.end() :]
        if not is_open and (not chunk or len(buffer) > _CHUNK_CHARS):
            raise _Broken("it does not start as an array of items")
        at = 0
        while is_open:
            at = cast(re.Match[str], _GAP.match(buffer, at)).end()
            if buffer.startswith("]", at):
                return
            try:
                found, at = decoder.raw_decode(buffer, at)
            except RecursionError:
                raise _Broken("an item is nested too deeply") from None
            except ValueError:
                break  # the item goes on in the next chunk, or is broken
            yield found if isinstance(found, dict) else refusal({}, "the entry is no object")
        buffer = buffer[at:]
        if not chunk:
            raise _Broken("it ends inside an item or lacks the closing bracket")
        if len(buffer) > _LONGEST_ITEM_CHARS:
            raise _Broken("an item does not end")
        wanted = 1 + len(buffer) // _CHUNK_CHARS  # an item is tried again when twice as long


def _read(text: io.TextIOWrapper, chunks: int) -> str:
    return text.read(_CHUNK_CHARS * chunks)
