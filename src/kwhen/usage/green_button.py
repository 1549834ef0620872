"""Green Button: which readings of a feed are the home's electricity, and in which direction.

Codes are those of NAESB REQ.21 (ESPI): commodity 1 is electricity, uom 72 is Wh,
accumulation behaviour 4 is energy per interval, flow 1 is delivered to the home, 19 received
from it, 4 their difference; times are UTC seconds.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from kwhen.errors import SourceError, UsageError
from kwhen.usage.channel import Channel, Flow, Ints
from kwhen.usage.clock import standard_offset_s
from kwhen.usage.espi_feed import Entry, read_feed
from kwhen.usage.table import read_energy_kwh

_FLOWS: Final = {"1": Flow.IMPORT, "19": Flow.EXPORT, "4": Flow.NET, "0": Flow.NET, "": Flow.NET}
_DELTA: Final = ("", "4")
_WH: Final = "72"
# QualityOfReading: estimated (8, 9), questionable (10), projected (12).
_DOUBTFUL: Final = ("8", "9", "10", "12")
_SECONDS: Final = re.compile(r"-?[0-9]{1,11}")
_LONGEST_S: Final = 3600  # daily and monthly readings beside the intervals are passed over


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Meter:
    """The readings of one MeterReading, with the point and the ReadingType that explain them."""

    point: str
    service: str  # ServiceCategory kind: 0 is electricity
    kind: dict[str, str]  # fields of the ReadingType
    blocks: tuple[Entry, ...]

    @property
    def label(self) -> str:
        """How an error names this meter."""
        count = sum(len(entry.block.start) for entry in self.blocks)
        flow = self.kind.get("flowDirection", "?")[:4]
        return f"{self.point[-80:] or 'unnamed point'} (flow {flow}, {count} readings)"

    @property
    def is_electric(self) -> bool:
        """Whether the commodity is electricity, or unsaid at a point that is electric."""
        commodity = self.kind.get("commodity", "0")
        return commodity == "1" or (commodity == "0" and self.service in ("", "0"))

    @property
    def is_energy(self) -> bool:
        """Whether each value is the energy of its own interval, in Wh."""
        behaviour = self.kind.get("accumulationBehaviour", "")
        return self.kind.get("uom") == _WH and behaviour in _DELTA


def read_green_button(
    content: bytes, *, zone: ZoneInfo, meter: str | None = None
) -> tuple[list[Channel], tuple[str, ...]]:
    """The electricity channels of a Green Button file, and notes on what was passed over.

    `meter` is a piece of the name of the usage point wanted, for a file that holds several.

    Raises
    ------
    SourceError
        The file is not a Green Button feed, or its parts do not fit together.
    UsageError
        It holds no electricity, several meters, or readings that are not energy per interval.
    """
    entries = read_feed(content)
    meters = _meters(entries)
    electric = [found for found in meters if found.is_electric]
    if not electric:
        raise UsageError("the Green Button file has no electricity (commodity 1); give that file")
    energy = [found for found in electric if found.is_energy]
    if not energy:
        uom = electric[0].kind.get("uom", "none")[:9]
        behaviour = electric[0].kind.get("accumulationBehaviour", "none")[:9]
        raise UsageError(
            f"the Green Button readings have uom {uom} and accumulation behaviour {behaviour}; "
            "allowed are uom 72 (Wh) and 4 (energy of each interval). Export interval usage"
        )
    wanted = [found for found in energy if meter is None or meter in found.point]
    notes = [] if len(wanted) == len(meters) else ["readings of other meters or units passed over"]
    pairs = [(found, _channel(found)) for found in wanted]
    short = [pair for pair in pairs if np.median(pair[1].duration_s) <= _LONGEST_S]
    if short and len(short) < len(pairs):
        notes.append("daily or monthly readings beside the intervals were passed over")
    channels = _choose(short or pairs, energy, notes)
    return channels, (*notes, *_clock_notes(entries, zone, int(channels[0].start_s[0])))


def _meters(entries: Sequence[Entry]) -> list[Meter]:
    """The blocks of the feed, gathered by the MeterReading that they belong to."""
    readings = [entry for entry in entries if entry.resource == "MeterReading"]
    blocks: dict[int, list[Entry]] = {}
    parents: dict[int, Entry | None] = {}
    recent: Entry | None = None
    for entry in entries:
        recent = entry if entry.resource == "MeterReading" else recent
        if entry.block.start:
            parent = _linked(entry, readings, "/IntervalBlock") or recent
            blocks.setdefault(id(parent), []).append(entry)
            parents[id(parent)] = parent
    return [_meter(parents[key], tuple(found), entries) for key, found in blocks.items()]


def _meter(reading: Entry | None, blocks: tuple[Entry, ...], entries: Sequence[Entry]) -> Meter:
    """The meter of one MeterReading; without links, the only type and point of the file."""
    kinds = [entry for entry in entries if entry.resource == "ReadingType"]
    points = [entry for entry in entries if entry.resource == "UsagePoint"]
    related = set(reading.related) if reading else set()
    matched = [kind for kind in kinds if kind.own in related and kind.own]
    if not matched and len(kinds) == 1:
        matched = kinds
    if len(matched) != 1:
        raise SourceError(
            f"{len(kinds)} ReadingTypes and no link that tells which one explains the readings; "
            "needed is one. Ask the utility for a complete feed"
        )
    point = _linked(reading, points, "/MeterReading") if reading else None
    point = points[0] if point is None and len(points) == 1 else point
    return Meter(
        point=f"{point.title} {point.own}".strip() if point else "",
        service=point.fields.get("kind", "") if point else "",
        kind=matched[0].fields,
        blocks=blocks,
    )


def _linked(child: Entry, parents: Sequence[Entry], collection: str) -> Entry | None:
    """The parent that a child's links name, in any of the ways that feeds use."""
    above = child.up.removesuffix(collection)
    links = {link for link in (child.own, child.up) if link}
    for parent in parents:
        if (parent.own and parent.own == above) or links.intersection(parent.related):
            return parent
    return None


def _channel(meter: Meter) -> Channel:
    """The readings of a meter in kWh."""
    parts = [entry.block for entry in meter.blocks]
    line = [number for part in parts for number in part.line]
    value = [text for part in parts for text in part.value]
    length = meter.kind.get("intervalLength", "")
    duration = [text or length for part in parts for text in part.duration]
    with np.errstate(over="ignore"):  # what overflows is refused with its line, later
        energy_kwh = read_energy_kwh(value, line, "value") * _multiplier(meter.kind) / 1000
    return Channel(
        flow=_FLOWS.get(meter.kind.get("flowDirection", ""), Flow.NET),
        start_s=_seconds([text for part in parts for text in part.start], line, "start"),
        duration_s=_seconds(duration, line, "duration"),
        energy_kwh=energy_kwh,
        line=np.array(line, np.int64),
        is_estimated=np.isin([text for part in parts for text in part.quality], _DOUBTFUL),
        is_wall=False,
    )


def _multiplier(kind: dict[str, str]) -> float:
    """Ten to the ReadingType's powerOfTenMultiplier."""
    text = kind.get("powerOfTenMultiplier", "0")
    if not re.fullmatch(r"-?(?:[0-9]|1[0-2])", text):
        raise SourceError(f"powerOfTenMultiplier is {text[:20]!r}; allowed are -12 to 12")
    return math.pow(10.0, int(text))


def _seconds(texts: Sequence[str], lines: Sequence[int], name: str) -> Ints:
    """Whole seconds from the texts of an element."""
    for text, line in zip(texts, lines, strict=True):
        if not _SECONDS.fullmatch(text):
            raise UsageError(
                f"line {line}: {name} of a reading is {text[:40]!r}; allowed are whole seconds"
            )
    return np.array([int(text) for text in texts], np.int64)


def _choose(
    pairs: Sequence[tuple[Meter, Channel]], energy: Sequence[Meter], notes: list[str]
) -> list[Channel]:
    """One import (or net) and at most one export channel of one usage point."""
    flows = [channel.flow for _, channel in pairs]
    if Flow.NET in flows and Flow.IMPORT in flows:
        pairs = [pair for pair in pairs if pair[1].flow is not Flow.NET]
        notes.append("net readings beside delivered ones were passed over")
    elif Flow.NET in flows and Flow.EXPORT in flows:
        pairs = [pair for pair in pairs if pair[1].flow is not Flow.EXPORT]
        notes.append("received readings beside net ones were passed over")
    flows = [channel.flow for _, channel in pairs]
    points = {meter.point for meter, _ in pairs}
    if not pairs or len(points) > 1 or len(set(flows)) < len(flows):
        listed = "; ".join(found.label for found in energy[:10])
        raise UsageError(
            f"the Green Button file holds {len(energy)} electricity meters: {listed}; needed is "
            "one. Name it with meter=, or export one meter"
        )
    channels = [channel for _, channel in pairs]
    if flows == [Flow.IMPORT] and (channels[0].energy_kwh < 0).any():
        notes.append("delivered readings below zero were taken as export")
        channels = [replace(channels[0], flow=Flow.NET)]
    return channels


def _clock_notes(entries: Sequence[Entry], zone: ZoneInfo, at_s: int) -> list[str]:
    """A note if the file's own standard offset is not the zone's; readings stay at their UTC."""
    texts = [e.fields.get("tzOffset", "") for e in entries if e.resource == "LocalTimeParameters"]
    given_s = {int(text) for text in texts if _SECONDS.fullmatch(text)}
    zone_s = standard_offset_s(zone, at_s)
    return [
        f"the file's local time is {offset_s / 3600:+g} h from UTC, that of {zone} is "
        f"{zone_s / 3600:+g} h; check the zone"
        for offset_s in sorted(given_s - {zone_s})
    ]
