"""Statements of every request: put into words once a database, run by its driver.

SQLAlchemy's own way around a statement takes ten times as long as SQLite takes for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select, TextClause
from sqlalchemy.sql.selectable import TextualSelect

Read = Callable[[Any], Any]


class Direct(NamedTuple):
    """A driver's own connection, in a transaction."""

    driver: Any
    dialect: Dialect


def direct(connection: Connection) -> Direct:
    """The driver's connection below one of SQLAlchemy's."""
    return Direct(connection.connection.driver_connection, connection.dialect)


@dataclass(frozen=True, slots=True)
class _Worded:
    """A statement as a driver takes it."""

    words: str
    order: Sequence[str] | None  # of the values, where the driver takes them without names

    def values(self, given: Mapping[str, Any]) -> Any:
        """What the driver takes."""
        return given if self.order is None else [given[name] for name in self.order]


class Prepared:
    """A statement whose values are texts and numbers, which drivers take as they are."""

    def __init__(self, statement: Select[Any] | TextClause | TextualSelect) -> None:
        self._statement = statement
        self._columns = tuple(getattr(statement, "selected_columns", ()))
        self._names = tuple(column.name for column in self._columns)
        self._worded: dict[str, _Worded] = {}  # by the database's name
        self._readers: dict[str, tuple[tuple[str, Read], ...]] = {}  # of columns that need one

    def run(self, where: Direct, given: Mapping[str, Any]) -> Any:
        """Do it. Returns the driver's cursor."""
        worded = self._worded.get(where.dialect.name) or self._word(where.dialect)
        return where.driver.execute(worded.words, worded.values(given))

    def row(self, where: Direct, given: Mapping[str, Any]) -> tuple[Any, ...] | None:
        """The first row as the driver gives it, None where there is none."""
        cursor = self.run(where, given)
        rows: list[tuple[Any, ...]] = cursor.fetchall()  # all of them: the statement has to end
        if self._columns and where.dialect.name not in self._readers:
            self._read_with(where.dialect, [told[1] for told in cursor.description])
        return rows[0] if rows else None

    def named(self, row: tuple[Any, ...], dialect_name: str) -> dict[str, Any]:
        """A row by the names of its columns, read as their types say."""
        found = dict(zip(self._names, row, strict=True))
        for name, read in self._readers[dialect_name]:
            found[name] = read(found[name])
        return found

    def first(self, where: Direct, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by the names of its columns, None where there is none."""
        row = self.row(where, given)
        return None if row is None else self.named(row, where.dialect.name)

    def _word(self, dialect: Dialect) -> _Worded:
        compiled = self._statement.compile(dialect=dialect)
        order = compiled.positiontup if compiled.positional else None
        worded = self._worded[dialect.name] = _Worded(str(compiled), order)
        return worded

    def _read_with(self, dialect: Dialect, driver_types: Sequence[Any]) -> None:
        """Remember how SQLAlchemy reads the columns that are not taken as the driver gives them."""
        found = [
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, driver_type))
            for column, driver_type in zip(self._columns, driver_types, strict=True)
        ]
        self._readers[dialect.name] = tuple((n, read) for n, read in found if read is not None)
