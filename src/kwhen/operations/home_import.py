"""Homes from a CSV file: each row becomes a home, or is refused with what is wrong with it."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kwhen.errors import FieldError, InvalidFields
from kwhen.operations import homes
from kwhen.operations.work import Work
from kwhen.records import HomeRecord
from kwhen.storage import home_search
from kwhen.wire.home_texts import BY_NAME, FIELDS, created

MOST_ROWS_COUNT = 1_000  # a file is one transaction, and others wait for it
MOST_BYTES = 2 * 1024 * 1024
FILE = "file"
SEPARATORS = ",;\t"
CLIENT_ID = "clientId"
_BY_SMALL_NAME = {name.lower(): name for name in BY_NAME}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRow:
    """A row of the file: the home that it became or would become, or why it was refused."""

    number: int  # of its line in the file
    name: str
    home: HomeRecord | None
    errors: tuple[FieldError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of a file; with `is_trial` nothing was kept."""

    rows: tuple[ImportedRow, ...]
    unknown_columns: tuple[str, ...]
    is_trial: bool

    @property
    def accepted_count(self) -> int:
        """Rows that became homes, or would."""
        return sum(row.home is not None for row in self.rows)

    @property
    def refused_count(self) -> int:
        """Rows that did not."""
        return len(self.rows) - self.accepted_count


@dataclass(frozen=True, slots=True)
class _Table:
    """A file, read: its columns by our names, None where one is not known."""

    columns: tuple[str | None, ...]
    unknown: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]


def import_homes(work: Work, content: bytes, *, is_trial: bool = False) -> ImportReport:
    """Make the homes of a file's good rows, all in the transaction of the work.

    A trial checks every row in the same way and makes none.

    Raises
    ------
    InvalidFields
        The file as a whole cannot be read; nothing was made.
    """
    table = _read(content)
    held = _held(work, table)
    rows = tuple(_row(work, table, number, cells, held, is_trial) for number, cells in table.rows)
    return ImportReport(rows=rows, unknown_columns=table.unknown, is_trial=is_trial)


def template() -> str:
    """A file to fill in: every column, and one home as an example."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([field.name for field in FIELDS])
    writer.writerow([field.example for field in FIELDS])
    return out.getvalue()


def _row(
    work: Work, table: _Table, number: int, cells: list[str], held: dict[str, str], is_trial: bool
) -> ImportedRow:
    texts = {name: text for name, text in zip(table.columns, cells, strict=False) if name}
    name = texts.get("name", "").strip()
    try:
        if len(cells) > len(table.columns) and any(cells[len(table.columns) :]):
            raise InvalidFields.one(
                "", f"has {len(cells)} cells, the header {len(table.columns)}; quote commas"
            )
        _check_new(texts, held)
        home = _made(work, texts, is_trial)
    except InvalidFields as error:
        return ImportedRow(number=number, name=name, home=None, errors=error.fields)
    if texts.get(CLIENT_ID, "").strip():
        held[texts[CLIENT_ID].strip()] = f"of line {number}"
    return ImportedRow(number=number, name=name, home=home)


def _made(work: Work, texts: dict[str, str], is_trial: bool) -> HomeRecord:
    changes = created(texts).changes()
    return homes.try_home(work, changes) if is_trial else homes.create_home(work, changes)


def _check_new(texts: dict[str, str], held: dict[str, str]) -> None:
    client_id = texts.get(CLIENT_ID, "").strip()
    if client_id in held:
        raise InvalidFields.one(
            CLIENT_ID, f"{client_id[:64]!r} is that of the home {held[client_id]} already"
        )


def _held(work: Work, table: _Table) -> dict[str, str]:
    """The client's own ids that homes have already, with the homes."""
    if CLIENT_ID not in table.columns:
        return {}
    at = table.columns.index(CLIENT_ID)
    asked = {cells[at].strip() for _, cells in table.rows if len(cells) > at}
    named = sorted(text for text in asked if text and "\0" not in text)
    return home_search.homes_of_client_ids(work.session, work.tenant, named)


def _read(content: bytes) -> _Table:
    """The table of a file.

    Raises
    ------
    InvalidFields
    """
    lines = _lines(_decoded(content))
    try:
        _, header = next(lines)
        rows: list[tuple[int, list[str]]] = []
        for number, cells in lines:
            if len(rows) == MOST_ROWS_COUNT:
                raise InvalidFields.one(
                    FILE, f"has over {MOST_ROWS_COUNT:,} homes; split it into several files"
                )
            rows.append((number, cells))
    except StopIteration:
        raise InvalidFields.one(FILE, "is empty; the first line names the columns") from None
    except csv.Error as error:
        raise InvalidFields.one(FILE, f"is no CSV file: {error}") from error
    columns, unknown = _columns(header)
    if not rows:
        raise InvalidFields.one(FILE, "has a header but no homes below it")
    return _Table(columns=columns, unknown=unknown, rows=tuple(rows))


def _decoded(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        raise InvalidFields.one(FILE, f"is larger than {MOST_BYTES // 1024**2} MiB; split it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidFields.one(
            FILE, "is no UTF-8 text; in a spreadsheet, save it as “CSV UTF-8”"
        ) from None


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with something in them, with the numbers of their last lines."""
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _columns(header: Sequence[str]) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    names = [cell.strip() for cell in header]
    known = tuple(_BY_SMALL_NAME.get(name.lower()) for name in names)
    twice = [name for name, count in Counter(filter(None, known)).items() if count > 1]
    if twice:
        raise InvalidFields.one(FILE, f"has the column {twice[0]} twice")
    if "name" not in known:
        told = ", ".join(names)[:80]
        raise InvalidFields.one(FILE, f"has no column `name`; its first line is {told!r}")
    unknown = [name for name, own in zip(names, known, strict=True) if name and own is None]
    return known, tuple(unknown)
