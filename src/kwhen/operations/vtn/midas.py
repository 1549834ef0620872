"""A read facade in the shape of California's MIDAS, version 2, over the tariff programs.

Each rate plan has a RIN of the form USCA-DDEE-RRRR-LLLL. These are this service's own, not those
that the Energy Commission has given: DD and EE are the first letters of the utility's short name,
the rest is taken from the id of the plan.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.program_names import brand_of
from kwhen.engine.blocks import block_starts
from kwhen.engine.grid import instant, zone_of
from kwhen.errors import InvalidFields, NotFound
from kwhen.operations.vtn.tariffs import (
    STEP_MINUTES,
    TariffProgram,
    quarter_values,
    state_of,
    tariff_programs,
)
from kwhen.operations.work import Work
from kwhen.wire.price_signal import rounded
from kwhen.wire.times import moment

Floats = NDArray[np.float64]

BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
TAIL_COUNT = 8
ELECTRICITY = "Electricity Rates"
ALL, RATES, EMISSIONS, ALERTS = range(4)
IMPORT_UNIT, EXPORT_UNIT = "$/kWh", "export $/kWh"
SECOND = timedelta(seconds=1)
REALTIME_DAYS_COUNT, ALL_DAYS_COUNT, MOST_DAYS_COUNT = 3, 90, 184
LOOKUPS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "Country": (("US", "United States"),),
    "Daytype": (
        ("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"),
        ("5", "Friday"), ("6", "Saturday"), ("7", "Sunday"), ("8", "Holiday"),
    ),
    "Enduse": (("All", "All"),),
    "Ratetype": (("TOU", "Time of use"),),
    "Sector": (("Residential", "Residential"),),
    "Unit": ((IMPORT_UNIT, "Dollars per kWh"), (EXPORT_UNIT, "Dollars per exported kWh")),
}  # fmt: skip


class UnknownRin(NotFound):
    """No plan goes by a RIN."""


def rin_of(program: TariffProgram) -> str:
    """The rate identification number of a plan."""
    brand = "".join(letter for letter in brand_of(program.plan.utility_id) if letter.isalnum())
    rest, tail = int(program.plan.id, 16), ""
    for _ in range(TAIL_COUNT):
        rest, digit = divmod(rest, len(BASE36))
        tail = BASE36[digit] + tail
    return f"US{program.plan.state or '00'}-{brand[:2] * 2}-{tail[:4]}-{tail[4:]}"


def find_rin(work: Work, rin: str) -> TariffProgram:
    """The program of a RIN.

    Raises
    ------
    UnknownRin
    """
    found = _by_rin(tuple(tariff_programs(work.stock))).get(rin.strip().upper())
    if found is None:
        raise UnknownRin("RIN not found")
    return found


@lru_cache(maxsize=2)
def _by_rin(programs: tuple[TariffProgram, ...]) -> dict[str, TariffProgram]:
    return {rin_of(program): program for program in programs if not program.is_hourly}


def rins(work: Work, signal_type: int) -> dict[str, Any]:
    """The RINs of a type of signals: 0 all, 1 rates; of emissions and alerts there are none."""
    every = _by_rin(tuple(tariff_programs(work.stock)))
    return {
        "Rates": [
            {
                "RateID": rin,
                "SignalType": ELECTRICITY,
                "Description": _words(program),
                "LastUpdated": moment(program.as_object().modified_at),
            }
            for rin, program in every.items()
            if signal_type in (ALL, RATES)
        ]
    }


def lookup(work: Work, table: str) -> dict[str, Any]:
    """A table of codes.

    Raises
    ------
    NotFound
    """
    name = table.strip().capitalize()
    rows = LOOKUPS.get(name)
    if name in ("Energy", "Distribution"):
        plans = [program.plan for program in tariff_programs(work.stock)]
        rows = tuple(sorted({(brand_of(p.utility_id)[:2], p.utility) for p in plans}))
    if rows is None:
        known = ", ".join([*LOOKUPS, "Distribution", "Energy"])
        raise NotFound(f"LookupTable is one of {known}")
    data = [{"UploadCode": code, "Description": words} for code, words in rows]
    return {"table_name": name, "data": data}


def realtime(work: Work, program: TariffProgram) -> dict[str, Any]:
    """The rate from today's local midnight on, for three days."""
    today = program.days(work.now)[0]
    return rate_info(work, program, today, today + timedelta(days=REALTIME_DAYS_COUNT))


def all_data(work: Work, program: TariffProgram) -> dict[str, Any]:
    """The rate of ninety days that end with the same day."""
    end = program.days(work.now)[0] + timedelta(days=REALTIME_DAYS_COUNT)
    return rate_info(work, program, end - timedelta(days=ALL_DAYS_COUNT), end)


def history(work: Work, program: TariffProgram, first: date, last: date) -> dict[str, Any]:
    """The rate of past days, the last one included.

    Raises
    ------
    InvalidFields
    """
    if not first <= last < first + timedelta(days=MOST_DAYS_COUNT):
        raise InvalidFields.one("enddate", f"lies within {MOST_DAYS_COUNT} days from startdate")
    return rate_info(work, program, first, last + timedelta(days=1))


def rate_info(work: Work, program: TariffProgram, first: date, end: date) -> dict[str, Any]:
    """A rate over local days, one value for each stretch of equal prices, times in UTC."""
    imported, exported, _ = quarter_values(program.plan, first, end, work.live, state_of(work.live))
    start = instant(first, program.zone)
    return {
        "RateID": rin_of(program),
        "SystemTime_UTC": moment(work.now),
        "RateName": program.plan.name,
        "RateType": "TOU",
        "Sector": "Residential",
        "API_Url": None,
        "RatePlan_Url": None,
        "EndUse": "All",
        "AltRateName1": program.name,
        "AltRateName2": program.plan.key,
        "SignupCloseDate": None,
        "SignalType": ELECTRICITY,
        "Description": _words(program),
        "ValueInformation": [
            *_values("Import price", IMPORT_UNIT, imported, start, program.zone),
            *_values("Export price", EXPORT_UNIT, exported, start, program.zone),
        ],
    }


def _values(
    name: str, unit: str, usd_per_kwh: Floats, start: datetime, zone: str
) -> list[dict[str, Any]]:
    told = rounded(usd_per_kwh)
    first = block_starts(told).tolist()
    step = timedelta(minutes=STEP_MINUTES)
    found = []
    for index, after in zip(first, [*first[1:], len(told)], strict=True):
        begins, ends = start + index * step, start + after * step - SECOND
        found.append(
            {
                "ValueName": name,
                "DateStart": begins.astimezone(UTC).date().isoformat(),
                "DateEnd": ends.astimezone(UTC).date().isoformat(),
                "DayStart": f"{begins.astimezone(zone_of(zone)):%A}",
                "DayEnd": f"{ends.astimezone(zone_of(zone)):%A}",
                "TimeStart": f"{begins.astimezone(UTC):%H:%M:%S}",
                "TimeEnd": f"{ends.astimezone(UTC):%H:%M:%S}",
                "Unit": unit,
                "Value": float(told[index]),
            }
        )
    return found


def _words(program: TariffProgram) -> str:
    return f"{program.plan.utility}: {program.plan.name}"
