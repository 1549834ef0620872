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

    def first(self, where: Direct, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by the names of its columns, None where there is none."""
        cursor = self.run(where, given)
        rows = cursor.fetchall()  # all of them: the statement has to end
        if not rows:
            return None
        row = dict(zip(self._names, rows[0], strict=True))
        readers = self._readers.get(where.dialect.name)
        if readers is None:
            readers = self._read_with(where.dialect, [told[1] for told in cursor.description])
        for name, read in readers:
            row[name] = read(row[name])
        return row

    def _word(self, dialect: Dialect) -> _Worded:
        compiled = self._statement.compile(dialect=dialect)
        order = compiled.positiontup if compiled.positional else None
        worded = self._worded[dialect.name] = _Worded(str(compiled), order)
        return worded

    def _read_with(
        self, dialect: Dialect, driver_types: Sequence[Any]
    ) -> tuple[tuple[str, Read], ...]:
        """How SQLAlchemy reads the columns that are not taken as the driver gives them."""
        found = [
            (column.name, column.type.dialect_impl(dialect).result_processor(dialect, driver_type))
            for column, driver_type in zip(self._columns, driver_types, strict=True)
        ]
        readers = tuple((name, read) for name, read in found if read is not None)
        self._readers[dialect.name] = readers
        return readers
