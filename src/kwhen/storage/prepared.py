"""Statements of every request: put into words once a database, run by its driver.

SQLAlchemy's own way around a statement takes ten times as long as SQLite takes for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.sql.selectable import TextualSelect

Read = Callable[[Any], Any]


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

    def __init__(self, statement: Select[Any] | TextualSelect) -> None:
        self._statement = statement
        self._columns = tuple(statement.selected_columns)
        self._names = tuple(column.name for column in self._columns)
        self._worded: dict[str, _Worded] = {}  # by the database's name
        self._readers: dict[str, tuple[tuple[str, Read], ...]] = {}  # of columns that need one

    def first(self, connection: Connection, given: Mapping[str, Any]) -> dict[str, Any] | None:
        """The first row by the names of its columns, None where there is none."""
        dialect = connection.dialect
        worded = self._worded.get(dialect.name) or self._word(dialect)
        driver: Any = connection.connection.driver_connection
        cursor = driver.execute(worded.words, worded.values(given))
        rows = cursor.fetchall()  # all of them: the statement has to end
        if not rows:
            return None
        row = dict(zip(self._names, rows[0], strict=True))
        readers = self._readers.get(dialect.name)
        if readers is None:
            readers = self._read_with(dialect, [told[1] for told in cursor.description])
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
