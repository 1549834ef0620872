"""Strict reading of the tables of a data file: every field is asked for by name and kind.

A field that nobody asked for is an error, so a misspelt name never passes as an absent one.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, TypeVar

from kwhen.errors import SourceError

E = TypeVar("E", bound=Enum)
T = TypeVar("T")


class Fields:
    """One table of a data file; `where` names the file and the table for error messages."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        if not isinstance(table, Mapping):
            raise SourceError(f"{where}: expected a table, got {table!r}")
        self._table = table
        self._asked: set[str] = set()
        self.where = where

    def __contains__(self, name: str) -> bool:
        return name in self._table

    def names(self) -> list[str]:
        """The names of all fields, for tables whose keys are data; they count as asked for."""
        self._asked.update(self._table)
        return list(self._table)

    def raw(self, name: str) -> Any:
        """A required field as it stands."""
        self._asked.add(name)
        if name not in self._table:
            raise SourceError(f"{self.where}: the field {name!r} is missing")
        return self._table[name]

    def close(self) -> None:
        """Refuse what was not asked for."""
        unknown = sorted(set(self._table) - self._asked)
        if unknown:
            raise SourceError(
                f"{self.where}: unknown field {unknown[0]!r}; it takes {sorted(self._asked)}"
            )

    def wrong(self, name: str, wanted: str) -> SourceError:
        """The error for a field of the wrong kind."""
        return SourceError(
            f"{self.where}: {name!r} is {self._table.get(name)!r}; it takes {wanted}"
        )

    def text(self, name: str) -> str:
        """A required text."""
        value = self.raw(name)
        if not isinstance(value, str):
            raise self.wrong(name, "text")
        return value

    def text_or(self, name: str, default: str) -> str:
        """A text, or the default."""
        return self.optional(name, self.text, default)

    def optional(self, name: str, read: Callable[[str], T], default: T) -> T:
        """What `read` makes of a field, or the default where the field is absent."""
        self._asked.add(name)
        return read(name) if name in self._table else default

    def number(self, name: str) -> float:
        """A required number, as a float."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong(name, "a number")
        return float(value)

    def integer(self, name: str) -> int:
        """A required whole number."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self.wrong(name, "a whole number")
        return value

    def boolean_or(self, name: str, default: bool) -> bool:
        """True or false, or the default."""
        value = self.optional(name, self.raw, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def day(self, name: str) -> date:
        """A required date."""
        value = self.raw(name)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.wrong(name, "a date such as 2026-03-01")
        return value

    def day_or_none(self, name: str) -> date | None:
        """A date, or None where the field is absent."""
        return self.day(name) if self.optional(name, self.raw, None) is not None else None

    def enum(self, name: str, kind: type[E]) -> E:
        """A required word of a closed vocabulary."""
        return self._word(name, self.raw(name), kind)

    def enum_or(self, name: str, default: E) -> E:
        """A word of a closed vocabulary, or the default."""
        if self.optional(name, self.raw, None) is None:
            return default
        return self.enum(name, type(default))

    def words(self, name: str, kind: type[E]) -> frozenset[E]:
        """A required list of words of a closed vocabulary."""
        return frozenset(self._word(name, word, kind) for word in self.array(name))

    def _word(self, name: str, word: Any, kind: type[E]) -> E:
        try:
            return kind(word)
        except ValueError:
            raise self.wrong(name, f"one of {[member.value for member in kind]}") from None

    def array(self, name: str) -> list[Any]:
        """A list, empty where the field is absent."""
        value: Any = self.optional(name, self.raw, [])
        if not isinstance(value, list):
            raise self.wrong(name, "a list")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty where the field is absent."""
        values = self.array(name)
        if not all(isinstance(value, str) for value in values):
            raise self.wrong(name, "a list of texts")
        return tuple(values)

    def table(self, name: str) -> "Fields":
        """A table inside, empty where the field is absent."""
        return Fields(self.optional(name, self.raw, {}), f"{self.where}, {name}")

    def tables(self, name: str) -> list["Fields"]:
        """A list of tables inside; each is named by its own `name` or its place."""
        found = []
        for number, item in enumerate(self.array(name), 1):
            label = item.get("name", number) if isinstance(item, Mapping) else number
            found.append(Fields(item, f"{self.where}, {name} {label}"))
        return found
