"""How the last refresh of each source went, in a file beside the series."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from kwhen.catalog.http import replace_file

FILE = ".refresh.json"
MOST_KEPT_COUNT = 1_000
LONGEST_NOTE_COUNT = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class LastTry:
    """The last refresh of a point or source; `note` says why it failed."""

    name: str
    at_s: float
    is_good: bool
    note: str = ""

    @property
    def at(self) -> datetime:
        """When it was."""
        return datetime.fromtimestamp(self.at_s, UTC)

    @property
    def group(self) -> str:
        """The source that the point is one of."""
        return self.name.partition("/")[0]


def note_tries(folder: Path, tries: Iterable[LastTry]) -> None:
    """Remember tries in the place of those of the same names.

    A source that fails as a whole stands for its points, and a point that comes for its source.
    """
    kept = dict(last_tries(folder))
    new = list(tries)
    if not new:
        return
    for one in new:
        kept.pop(one.group, None)
    kept |= {one.name: one for one in new}
    newest = sorted(kept.values(), key=lambda one: -one.at_s)[:MOST_KEPT_COUNT]
    folder.mkdir(parents=True, exist_ok=True)
    told = [{**asdict(one), "note": one.note[:LONGEST_NOTE_COUNT]} for one in newest]
    replace_file(folder / FILE, json.dumps(told).encode())


def last_tries(folder: Path) -> Mapping[str, LastTry]:
    """What is remembered, by name; nothing where the file is damaged."""
    try:
        told = json.loads((folder / FILE).read_bytes())
        return {one["name"]: LastTry(**one) for one in told}
    except (OSError, ValueError, TypeError, KeyError):
        return {}
