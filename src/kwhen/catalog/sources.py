"""The sources register: who published each figure, in which edition, under which licence."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from kwhen.catalog.shipped import read_text
from kwhen.errors import NotFound, SourceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publication that shipped figures were taken from.

    `url` is None where no stable address is known, `retrieved` where no day was written down.
    `note` tells what was derived from it and what is weak in it.
    """

    id: str
    title: str
    publisher: str
    edition: str
    url: str | None = None
    licence: str
    retrieved: date | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for name in ("id", "title", "publisher", "edition", "licence"):
            text: object = getattr(self, name)
            if not isinstance(text, str) or not text.strip():
                raise SourceError(f"source {self.id!r}: {name} must be a text, got {text!r}")
        if self.retrieved is not None and type(self.retrieved) is not date:
            raise SourceError(f"source {self.id!r}: retrieved must be a date such as 2026-07-01")


# The second is written by a build; what the third names is asked live and never ships.
_FILES = ("sources.toml", "sources-urdb.toml", "sources-live.toml")
_FIELDS = frozenset(field.name for field in fields(Source)) - {"id"}


def read_sources(text: str) -> Mapping[str, Source]:
    """A register from its TOML: one `[sources.<id>]` table each.

    Raises
    ------
    SourceError
        It is not TOML, or an entry lacks a field or has one that is not known.
    """
    try:
        entries: dict[str, dict[str, Any]] = tomllib.loads(text)["sources"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise SourceError(f"the sources register cannot be read: {error}") from error
    register = {}
    for id, entry in entries.items():
        if unknown := sorted(set(entry) - _FIELDS):
            raise SourceError(
                f"source {id!r}: unknown {', '.join(unknown)}; allowed are "
                f"{', '.join(sorted(_FIELDS))}"
            )
        try:
            register[id] = Source(id=id, **entry)
        except TypeError as error:
            raise SourceError(f"source {id!r}: {error}") from error
    return MappingProxyType(register)


@cache
def sources() -> Mapping[str, Source]:
    """Every source of the shipped figures and of live ones, by id."""
    register: dict[str, Source] = {}
    for file in _FILES:
        part = read_sources(read_text(file))
        if twice := sorted(set(part) & set(register)):
            raise SourceError(f"{file}: sources that are registered already: {', '.join(twice)}")
        register.update(part)
    return MappingProxyType(register)


def source(id: str) -> Source:
    """One source by its id.

    Raises
    ------
    NotFound
        The register has no such id.
    """
    try:
        return sources()[id]
    except KeyError:
        raise NotFound(
            f"no source {id!r} in the register; `kwhen catalog sources` lists all "
            f"{len(sources())}. A new figure needs its entry in catalog/data/sources.toml first"
        ) from None
