"""Programmes for grid services by place and utility, from `data/programmes.toml`."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from kwhen.catalog.fields import Fields
from kwhen.catalog.places import Place, usual_id
from kwhen.catalog.shipped import read_text
from kwhen.engine.programmes import (
    EVENT_HOURS_PER_MONTH,
    DailyPay,
    EnergyPay,
    GridProgramme,
    MarketPay,
    Pay,
    SeasonPay,
)
from kwhen.engine.words import Missing

_FILE = "programmes.toml"


class KnownProgrammes(NamedTuple):
    """The programmes that may pay a home, and those that are not counted, each with the reason."""

    programmes: tuple[GridProgramme, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeGap:
    """A programme that exists and is not paid: its figures are not certain, or fit no event."""

    name: str
    note: str
    states: tuple[str, ...]
    utility_ids: tuple[int, ...]  # none: every utility of the states
    iso: str | None = None
    effective: date | None = None
    until: date | None = None
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeFile:
    """All that the file says."""

    programmes: tuple[GridProgramme, ...]
    gaps: tuple[ProgrammeGap, ...]


def programmes_for(
    place: Place, utility_id: int | None, on: date, last: date | None = None
) -> KnownProgrammes:
    """Programmes of a utility at a place in force on a day, or at a time from it to a last day.

    Of programmes that exclude each other the first in force on a day is given and the others are
    told; what is kept out for a part of the time is given for the rest. Where there is none,
    `missing` says that none is known. Without a utility the predominant one counts.
    """
    if utility_id is None and place.utilities:
        utility_id = place.utilities[0].eia_id
    number = None if utility_id is None else usual_id(utility_id)
    known = [
        programme
        for programme in all_programmes().programmes
        if place.state in programme.states and number in programme.utility_ids
    ]
    gaps = [gap for gap in all_programmes().gaps if _is_at(gap, place, number)]
    starts = _stretches([*known, *gaps], on, last or on)
    paid: dict[str, list[date]] = {}
    missing: dict[str, Missing] = {}
    for start in starts:
        chosen, excluded = _one_of_each_group([p for p in known if p.is_in_force(start)])
        for programme in chosen:
            paid.setdefault(programme.id, []).append(start)
        missing |= {gap.name: gap for gap in excluded}
    missing |= {
        gap.name: Missing(name=gap.name, note=gap.note)
        for gap in gaps
        if any(_is_in_force(gap, start) for start in starts)
    }
    found = [part for p in known for part in _paid_parts(p, starts, paid.get(p.id, []))]
    told = tuple(missing.values())
    return KnownProgrammes(tuple(found), told if found else (_none(place, number, on), *told))


def _none(place: Place, number: int | None, on: date) -> Missing:
    where = f"utility {number} in {place.state}" if number else f"ZIP {place.zipcode}"
    note = f"no programme that pays for grid services is known for {where} on {on}"
    return Missing(name="grid_services", note=note)


def _stretches(
    entries: Sequence[GridProgramme | ProgrammeGap], first: date, last: date
) -> list[date]:
    """First days of the stretches of a time in which the same entries are in force."""
    edges = {day for entry in entries for day in (entry.effective, entry.until) if day is not None}
    return [first, *sorted(day for day in edges if first < day <= last)]


def _paid_parts(
    programme: GridProgramme, starts: Sequence[date], paid: Sequence[date]
) -> list[GridProgramme]:
    """A programme, cut to the stretches in which it is paid where others keep it out of some."""
    if list(paid) == [start for start in starts if programme.is_in_force(start)]:
        return [programme] if paid else []
    parts: list[GridProgramme] = []
    for start, end in pairwise([*starts, None]):
        if start not in paid:
            continue
        if parts and parts[-1].until == start:
            parts[-1] = replace(parts[-1], until=end)
        else:
            parts.append(replace(programme, effective=start, until=end))
    return parts


def _one_of_each_group(
    known: Sequence[GridProgramme],
) -> tuple[list[GridProgramme], list[Missing]]:
    """The programmes of the first name of each group, and the others as gaps."""
    first: dict[str, str] = {}
    for programme in known:
        first.setdefault(programme.group or programme.id, programme.name)
    paid = [p for p in known if first[p.group or p.id] == p.name]
    excluded = {
        p.id: Missing(name=p.id, note=f"not paid beside {first[p.group]!r}")
        for p in known
        if p not in paid
    }
    return paid, list(excluded.values())


def _is_at(gap: ProgrammeGap, place: Place, number: int | None) -> bool:
    return (
        place.state in gap.states
        and (not gap.utility_ids or number in gap.utility_ids)
        and (gap.iso is None or gap.iso == place.iso)
    )


def _is_in_force(gap: ProgrammeGap, on: date) -> bool:
    began = gap.effective is None or gap.effective <= on
    return began and (gap.until is None or on < gap.until)


@cache
def all_programmes() -> ProgrammeFile:
    """Every programme and gap of the file."""
    return read_programmes(read_text(_FILE), _FILE)


def read_programmes(text: str, where: str) -> ProgrammeFile:
    """Programmes and gaps from TOML.

    Raises
    ------
    SourceError, TariffError
        A field is missing, unknown or of the wrong kind, or a programme contradicts itself.
    """
    fields = Fields(tomllib.loads(text), where)
    found = ProgrammeFile(
        programmes=tuple(_programme(table) for table in fields.tables("programme")),
        gaps=tuple(_gap(table) for table in fields.tables("gap")),
    )
    fields.close()
    return found


def _programme(fields: Fields) -> GridProgramme:
    programme = GridProgramme(
        id=fields.text("id"),
        name=fields.text("name"),
        states=fields.texts("states"),
        utility_ids=_integers(fields, "utility_ids"),
        season_from=_month_day(fields, "season_from"),
        season_to=_month_day(fields, "season_to"),
        hours=tuple(range(fields.integer("from_hour"), fields.integer("to_hour"))),
        weekdays_only=fields.boolean_or("weekdays_only", False),
        pay=_pay(fields),
        share_frac=fields.optional("share_frac", fields.number, 1.0),
        season_event_hours=_number_or_none(fields, "season_event_hours"),
        event_hours_per_month=fields.optional(
            "event_hours_per_month", fields.number, EVENT_HOURS_PER_MONTH
        ),
        effective=fields.day_or_none("effective"),
        until=fields.day_or_none("until"),
        group=fields.text_or("group", ""),
        sources=fields.texts("sources"),
        found=fields.day("found"),
        missing=tuple(_missing(table) for table in fields.tables("missing")),
    )
    fields.close()
    return programme


def _pay(fields: Fields) -> Pay:
    match fields.text("pays"):
        case "energy":
            return EnergyPay(usd_per_kwh=fields.number("usd_per_kwh"))
        case "market":
            return MarketPay()
        case "season":
            return SeasonPay(usd_per_kw_season=fields.number("usd_per_kw_season"))
        case "daily":
            return DailyPay(usd_per_mw_day=fields.number("usd_per_mw_day"))
        case _:
            raise fields.wrong("pays", "'energy', 'market', 'season' or 'daily'")


def _gap(fields: Fields) -> ProgrammeGap:
    gap = ProgrammeGap(
        name=fields.text("name"),
        note=fields.text("note"),
        states=fields.texts("states"),
        utility_ids=_integers(fields, "utility_ids"),
        iso=fields.text_or("iso", "") or None,
        effective=fields.day_or_none("effective"),
        until=fields.day_or_none("until"),
        sources=fields.texts("sources"),
    )
    fields.close()
    return gap


def _missing(fields: Fields) -> Missing:
    missing = Missing(name=fields.text("name"), note=fields.text("note"))
    fields.close()
    return missing


def _number_or_none(fields: Fields, name: str) -> float | None:
    return fields.number(name) if name in fields else None


def _integers(fields: Fields, name: str) -> tuple[int, ...]:
    values = fields.array(name)
    if not all(type(value) is int for value in values):
        raise fields.wrong(name, "a list of whole numbers")
    return tuple(values)


def _month_day(fields: Fields, name: str) -> tuple[int, int]:
    values = _integers(fields, name)
    if len(values) != 2:
        raise fields.wrong(name, "a month and a day, such as [6, 1]")
    return values[0], values[1]
