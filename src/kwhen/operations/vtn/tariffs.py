"""Tariff programs: one for each rate plan, and its hourly sibling. They are everybody's.

Their events are computed from the catalog for today and tomorrow, local to the plan, and kept as
bytes. Import and export price are those of the version in force, for a home in the usual place of
the plan (`kwhen.catalog.program_names`), whose grid's marginal emissions they carry.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import orjson
import zstandard
from numpy.typing import NDArray

from kwhen.api.bills import prices
from kwhen.api.homes import Home
from kwhen.api.signals import price_signal
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.plans import RatePlan, plan_keys, rate_plan
from kwhen.catalog.program_names import brand_of, program_name, usual_zipcode
from kwhen.catalog.stock import Stock
from kwhen.engine.grid import instant, zone_of
from kwhen.engine.signal import Component
from kwhen.errors import NotFound, UnknownId
from kwhen.operations.work import Work
from kwhen.records import VtnKind, VtnObject
from kwhen.storage import vtn_tariffs
from kwhen.storage.vtn_tariffs import TariffDay
from kwhen.wire.openadr import price_descriptors, price_event
from kwhen.wire.times import moment

Floats = NDArray[np.float64]

PREFIX = "tariff-"
HOURLY_SUFFIX = "-HOURLY"
_PROGRAM_ID = re.compile(r"tariff-([0-9a-f]{24})(-hourly)?")
_EVENT_ID = re.compile(r"(tariff-[0-9a-f]{24}(?:-hourly)?)-(\d{4}-\d{2}-\d{2})", re.ASCII)
STEP_MINUTES, HOUR_MINUTES, STEPS_PER_HOUR = 15, 60, 4
DAYS_TOLD_COUNT = 2  # today and tomorrow
DAYS_KEPT_COUNT = 8192  # of events, some 3 kB each: those of every plan and its hourly sibling
QUARTERS_KEPT_COUNT = 4096
LEVEL = 3
REPEATED_HOUR_ID = 24  # of the hour that a day in autumn has twice


@dataclass(frozen=True, slots=True)
class TariffProgram:
    """A rate plan as a program."""

    plan: RatePlan
    is_hourly: bool = False

    @property
    def id(self) -> str:
        """The id of the program."""
        return f"{PREFIX}{self.plan.id}{'-hourly' if self.is_hourly else ''}"

    @property
    def name(self) -> str:
        """Its name, such as PGE-E-ELEC or PGE-E-ELEC-HOURLY."""
        return program_name(self.plan) + (HOURLY_SUFFIX if self.is_hourly else "")

    @property
    def zone(self) -> str:
        """The time zone of its days."""
        return self.plan.versions[-1].timezone

    def days(self, now: datetime) -> list[date]:
        """The local days that are told."""
        today = now.astimezone(zone_of(self.zone)).date()
        return [today + timedelta(days=ahead) for ahead in range(DAYS_TOLD_COUNT)]

    def as_object(self) -> VtnObject:
        """The program; it is as old as the plan's first version that is known."""
        first, last = self.plan.versions[0], self.plan.versions[-1]
        return VtnObject(
            id=self.id,
            kind=VtnKind.PROGRAM,
            content={
                "programName": self.name,
                "payloadDescriptors": price_descriptors(),
                "attributes": _attributes(self.plan),
            },
            created_at=datetime.combine(first.effective, time(), UTC),
            modified_at=datetime.combine(last.effective, time(), UTC),
        )


def tariff_programs(stock: Stock) -> Sequence[TariffProgram]:
    """Every tariff program, in the order of the plans' keys; imported plans come last."""
    plans = [*map(rate_plan, plan_keys())]
    held = {plan.key for plan in plans}
    plans += [plan for plan in stock.imported() if plan.key not in held]
    return _programs(tuple(plans))


@lru_cache(maxsize=2)
def _programs(plans: tuple[RatePlan, ...]) -> tuple[TariffProgram, ...]:
    return tuple(TariffProgram(plan, is_hourly) for plan in plans for is_hourly in (False, True))


@lru_cache(maxsize=2)
def _by_name(programs: tuple[TariffProgram, ...]) -> dict[str, TariffProgram]:
    return {program.name: program for program in reversed(programs)}


def tariff_named(stock: Stock, name: str) -> TariffProgram | None:
    """The tariff program of a name, if there is one."""
    return _by_name(tuple(tariff_programs(stock))).get(name)


def find_tariff(stock: Stock, program_id: str) -> TariffProgram | None:
    """The tariff program of an id, if there is one."""
    found = _PROGRAM_ID.fullmatch(program_id)
    if found is None:
        return None
    try:
        return TariffProgram(stock.find_plan(found[1]), found[2] is not None)
    except NotFound:
        return None


def find_tariff_day(stock: Stock, event_id: str, now: datetime) -> tuple[TariffProgram, date]:
    """The program and day of an event's id.

    Raises
    ------
    UnknownId
    """
    found = _EVENT_ID.fullmatch(event_id)
    program = find_tariff(stock, found[1]) if found else None
    days = [] if program is None else program.days(now)
    told = [day for day in days if found is not None and day.isoformat() == found[2]]
    if program is None or not told:
        raise UnknownId(f"there is no event {event_id[:64]!r}")
    return program, told[0]


def daystate_of(work: Work, program: TariffProgram, day: date) -> TariffDay:
    """What is told of a day, remembered when it is new or other than before."""
    made = _made(program, day, work.live, state_of(work.live))
    known = vtn_tariffs.every_told_day(work.session, program.id, day)
    if known is not None and known.content_hash == made.content_hash:
        return known
    # The work may be one that only reads: this is a short transaction of its own.
    with work.deployment.database.writing() as session:
        return vtn_tariffs.stamp_every_day(session, program.id, day, made.content_hash, work.now)


def event_bytes(work: Work, program: TariffProgram, day: date) -> bytes:
    """The event of a day as it is answered, the same in both editions."""
    state = daystate_of(work, program, day)
    made = _made(program, day, work.live, state_of(work.live))
    times = {
        "id": f"{program.id}-{day.isoformat()}",
        "createdDateTime": moment(state.created_at),
        "modificationDateTime": moment(state.modified_at),
    }
    return orjson.dumps(times)[:-1] + b"," + made.rest[1:]


def event_object(work: Work, program: TariffProgram, day: date) -> VtnObject:
    """The event of a day as an object."""
    state = daystate_of(work, program, day)
    content: dict[str, Any] = orjson.loads(_made(program, day, work.live, state_of(work.live)).rest)
    for name in ("objectType", "programID"):
        del content[name]
    return VtnObject(
        id=f"{program.id}-{day.isoformat()}",
        kind=VtnKind.EVENT,
        program_id=program.id,
        content=content,
        created_at=state.created_at,
        modified_at=state.modified_at,
        ends_at=instant(day + timedelta(days=1), program.zone),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """An event without its id and times, packed, and the hash of its day's quarter hours."""

    packed: bytes
    content_hash: str

    @property
    def rest(self) -> bytes:
        """The event without its id and times."""
        return zstandard.ZstdDecompressor().decompress(self.packed)


def state_of(live: SeriesStore | None) -> int | None:
    """What tells one state of the live figures from another."""
    return None if live is None else live.folder.stat().st_mtime_ns


@lru_cache(maxsize=DAYS_KEPT_COUNT)
def _made(program: TariffProgram, day: date, live: SeriesStore | None, state: int | None) -> _Made:
    """`state` of the live figures is part of the key alone."""
    quarters = quarter_values(program.plan, day, day + timedelta(days=1), live, state)
    imported, exported, co2e = quarters
    known = [part for part in quarters if part is not None]
    hashed = hashlib.sha256(b"".join(np.round(part, 9).tobytes() for part in known))
    step = STEP_MINUTES
    if program.is_hourly:
        step = HOUR_MINUTES
        imported, exported = _by_hour(imported), _by_hour(exported)
        co2e = None if co2e is None else _by_hour(co2e)
    event = price_event(
        id="",
        program_id=program.id,
        name=f"{program.name} {day.isoformat()}",
        created=datetime(2000, 1, 1, tzinfo=UTC),
        modified=datetime(2000, 1, 1, tzinfo=UTC),
        start=instant(day, program.zone),
        end=instant(day + timedelta(days=1), program.zone),
        step_minutes=step,
        price_usd_per_kwh=imported,
        export_price_usd_per_kwh=exported,
        co2e_lb_per_mwh=co2e,
        merge=False,
        interval_duration=True,
    )
    for name in ("id", "createdDateTime", "modificationDateTime"):
        del event[name]
    if program.is_hourly:
        _name_hours(event["intervals"], instant(day, program.zone), program.zone)
    packed = zstandard.ZstdCompressor(level=LEVEL).compress(orjson.dumps(event))
    return _Made(packed, hashed.hexdigest())


@lru_cache(maxsize=QUARTERS_KEPT_COUNT)
def quarter_values(
    plan: RatePlan, first: date, end: date, live: SeriesStore | None, state: int | None
) -> tuple[Floats, Floats, Floats | None]:
    """Import and export price, and marginal emissions, of every quarter hour of local days.

    `state` of the live figures is part of the key alone.
    """
    home = Home(
        plan=plan, zipcode=usual_zipcode(plan.utility_id, plan.state), market_participation=False
    )
    signal = price_signal(home, first, end, components=(Component.TARIFF,), nearest=True, live=live)
    exported = prices(plan, first, end, nearest=True).export_usd_per_kwh
    return signal.import_usd_per_kwh, exported, signal.co2e_lb_per_mwh


def _by_hour(values: Floats) -> Floats:
    return np.asarray(values.reshape(-1, STEPS_PER_HOUR).mean(axis=1))


def _name_hours(intervals: list[dict[str, Any]], start: datetime, zone: str) -> None:
    """The id of an hourly interval is its local hour; autumn's repeated one is 24."""
    seen: set[int] = set()
    for number, interval in enumerate(intervals):
        hour = (start + timedelta(hours=number)).astimezone(zone_of(zone)).hour
        interval["id"] = REPEATED_HOUR_ID if hour in seen else hour
        seen.add(hour)


def _attributes(plan: RatePlan) -> list[dict[str, Any]]:
    told: list[tuple[str, Any]] = [
        ("PROGRAM_LONG_NAME", plan.name[:128]),
        ("RETAILER_NAME", brand_of(plan.utility_id)),
        ("RETAILER_LONG_NAME", plan.utility[:128]),
        ("PROGRAM_TYPE", "PRICING_TARIFF"),
        ("COUNTRY", "US"),
        ("PRINCIPAL_SUBDIVISION", plan.state),
        ("BINDING_EVENTS", False),
        ("RATE_PLAN_ID", plan.id),
    ]
    return [{"type": kind, "values": [value]} for kind, value in told if value != ""]
