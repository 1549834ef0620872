"""Imports of URDB rates into a user's catalog: read, proven, kept as they came.

An import appears whole or not at all, and its report accounts for every item.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from kwhen.catalog.import_store import (
    FOLDER,
    damage_named,
    newest_first,
    publish,
    read_items,
    sole_import,
)
from kwhen.catalog.urdb.bulk import Progress, read_bulk
from kwhen.catalog.urdb.fields import api_names
from kwhen.catalog.urdb.prove import prove
from kwhen.catalog.urdb.read import read_urdb
from kwhen.catalog.urdb.refusal import Refusal, refusal
from kwhen.catalog.urdb.whereabouts import known_state, states_of
from kwhen.engine.tariff import Tariff
from kwhen.errors import KwhenError, SourceError

Source = str | Path | Iterable[Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of every item: read = accepted + refused + filtered.

    `filtered` counts by reason: `sector`, `utility` and `state` were not asked for, a
    `duplicate` gave way to another item of the same plan and start; `duplicates` names those.
    """

    name: str
    read: int
    accepted: int
    refused: tuple[Refusal, ...]
    filtered: Mapping[str, int]
    duplicates: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """What is taken; None takes all."""

    state: str | None
    utility_id: int | None
    sector: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """A proven item by its place in the spool."""

    line: int
    version: tuple[str, date]  # plan in any case, and start
    revised: str
    said: Refusal


@dataclass(slots=True, kw_only=True)
class _Tally:
    """Counts of a running import."""

    read: int = 0
    kept: list[_Kept] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    filtered: Counter[str] = field(default_factory=Counter)


def import_urdb(
    source: Source,
    store: Path,
    *,
    state: str | None = None,
    utility_id: int | None = None,
    sector: str | None = "Residential",
    name: str | None = None,
    progress: Progress | None = None,
) -> ImportReport:
    """Read, prove and keep the rates of a bulk file or of an iterable of items.

    Parameters
    ----------
    source
        A bulk file (.csv.gz, .json.gz), or items, such as those that `UrdbApi` gives.
    store
        The user's catalog folder. An earlier import of the same name is replaced.
    state, utility_id, sector
        Take only these; None takes all.
    name
        Name of the import; by default made from the source and what is taken.
    progress
        Called with bytes read and bytes in all, for a bulk file.

    Raises
    ------
    SourceError
        The source cannot be read to its end, or the folder not written; nothing is changed.
    TariffError
        There is no such state.
    """
    wanted = _Wanted(
        state=known_state(state) if state else None, utility_id=utility_id, sector=sector
    )
    if isinstance(source, str | Path):
        items: Iterable[Any] = read_bulk(Path(source), progress)
        stem = Path(source).name.split(".")[0]
    else:
        items, stem = source, "items"
    parts = [stem, wanted.state, wanted.utility_id, wanted.sector]
    slug = _slug(name or "-".join(str(part) for part in parts if part))
    folder = Path(store) / FOLDER
    try:
        with sole_import(folder) as work:
            return _import(items, work, slug, wanted)
    except OSError as error:
        raise SourceError(f"the import into {folder} failed: {error}") from error


def load_imported(store: Path) -> Iterator[Tariff]:
    """Every imported version, those of a plan together and rising.

    A version ends where the next one starts, if not before. Of two with the same plan and start
    the newer import's is given. Keys that differ in case alone are one plan, under the newest
    version's key; the key of a plan whose utility serves several states ends in the state.

    Raises
    ------
    SourceError
        A file is damaged, or an item in it cannot be read any more.
    """
    plans: dict[str, dict[date, Tariff]] = {}
    for header in newest_first(Path(store) / FOLDER):
        for item in read_items(header):
            with damage_named(header.path):
                tariff = _keyed(read_urdb(item))
            plans.setdefault(tariff.plan.casefold(), {}).setdefault(tariff.effective, tariff)
    for versions in plans.values():
        yield from _in_turn([versions[start] for start in sorted(versions)])


def _in_turn(versions: list[Tariff]) -> Iterator[Tariff]:
    """Rising versions of one plan, each ending where the next one starts, if not before."""
    plan = versions[-1].plan
    for version, later in pairwise(versions):
        ends = (day for day in (version.until, later.effective) if day is not None)
        yield replace(version, plan=plan, until=min(ends))
    yield versions[-1]


def _keyed(tariff: Tariff) -> Tariff:
    """The same tariff; plans of a utility with several states get theirs into the key."""
    if not tariff.state or len(states_of(tariff.utility_id)) < 2:
        return tariff
    return replace(tariff, plan=f"{tariff.plan}-{tariff.state}")


def _import(
    items: Iterable[Mapping[str, Any] | Refusal], work: Path, name: str, wanted: _Wanted
) -> ImportReport:
    spool = work / "spool.jsonl"
    tally = _taken(items, spool, wanted)
    stays, duplicates = _without_duplicates(tally.kept)
    report = ImportReport(
        name=name,
        read=tally.read,
        accepted=len(stays),
        refused=tuple(tally.refused),
        filtered=dict(tally.filtered + Counter(duplicate=len(duplicates))),
        duplicates=tuple(duplicates),
    )
    publish(work, name, _lines(spool, stays), asdict(report))
    return report


def _lines(spool: Path, stays: set[int]) -> Iterator[str]:
    with spool.open(encoding="utf-8") as lines:
        yield from (line for number, line in enumerate(lines) if number in stays)


def _taken(items: Iterable[Mapping[str, Any] | Refusal], spool: Path, wanted: _Wanted) -> _Tally:
    """Sort every item into kept, refused and filtered; the kept ones go to the spool."""
    tally = _Tally()
    with spool.open("w", encoding="utf-8") as lines:
        for item in items:
            tally.read += 1
            taken = item if isinstance(item, Refusal) else _judged(item, wanted)
            if isinstance(taken, Refusal):
                tally.refused.append(taken)
            elif isinstance(taken, str):
                tally.filtered[taken] += 1
            elif not isinstance(item, Refusal):
                tally.kept.append(_kept(item, taken, len(tally.kept)))
                lines.write(json.dumps(dict(item)) + "\n")
    return tally


def _judged(item: Mapping[str, Any], wanted: _Wanted) -> Tariff | Refusal | str:
    """The tariff, or why it is refused, or the name of the filter that leaves it out."""
    try:
        left_out = _left_out(api_names(item), wanted)
        if left_out:
            return left_out
        tariff = _keyed(read_urdb(item))
        if wanted.state and tariff.state != wanted.state:
            return "state"
        reasons = prove(item, tariff)
        json.dumps(dict(item))
    except (KwhenError, TypeError, ValueError, RecursionError) as error:
        return refusal(item if isinstance(item, Mapping) else {}, str(error))
    return refusal(item, "; ".join(reasons)) if reasons else tariff


def _left_out(named: Mapping[str, Any], wanted: _Wanted) -> str:
    """The filter that an item does not pass, of those that need no reading of the rate."""
    if wanted.sector and str(named.get("sector", "")).lower() != wanted.sector.lower():
        return "sector"
    eiaid = str(named.get("eiaid", ""))
    if wanted.utility_id and not re.fullmatch(rf"0*{wanted.utility_id}(\.0*)?", eiaid):
        return "utility"
    return ""


def _kept(item: Mapping[str, Any], tariff: Tariff, line: int) -> _Kept:
    said, latest = refusal(item, ""), api_names(item).get("latest_update", "")
    # Labels are object ids: they rise with the time of their making.
    return _Kept(
        line=line,
        version=(tariff.plan.casefold(), tariff.effective),
        revised=f"{latest} {said.label}",
        said=said,
    )


def _without_duplicates(kept: list[_Kept]) -> tuple[set[int], list[Refusal]]:
    """Of items with one plan and start the last revised stays; the others are named."""
    newest: dict[tuple[str, date], _Kept] = {}
    for entry in kept:
        known = newest.setdefault(entry.version, entry)
        if entry.revised > known.revised:
            newest[entry.version] = entry
    stays = {entry.line for entry in newest.values()}
    return stays, [
        replace(entry.said, reason=f"same plan and start as {newest[entry.version].said.label}")
        for entry in kept
        if entry.line not in stays
    ]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:80] or "items"
