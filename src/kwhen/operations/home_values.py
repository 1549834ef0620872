"""From a stored home to the value that the maths takes."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.catalog.plans import RatePlan
from kwhen.engine.grid import Calendar, instant, whole_days, zone_of
from kwhen.engine.kept import kept
from kwhen.engine.signal import CarbonIntensity
from kwhen.engine.solar import ArrayType, ModuleType, SolarSystem
from kwhen.engine.words import Customer
from kwhen.errors import InvalidFields, NotFound
from kwhen.operations.homes import place_of
from kwhen.operations.work import Work
from kwhen.records import HomeFacts, HomeRecord, SolarInfo
from kwhen.storage import usage_days
from kwhen.storage.usage_days import UsageDay
from kwhen.usage import Usage
from kwhen.usage.values import Gap

Floats = NDArray[np.float64]

STEP_MINUTES = 15
STEPS_PER_DAY = 96
HISTORY_DAYS_COUNT = 730  # of a home's past that count for what it is expected to use
PERCENT = 100.0
SOLAR_KEPT_COUNT = 512
HISTORIES_KEPT_MIB = 8  # two years are about 4 MB


def home_value(work: Work, home: HomeRecord) -> Home:
    """The home as the maths sees it, with its own history where one is held.

    Raises
    ------
    InvalidFields
        It has no rate plan, or one that is not there any more.
    """
    return value_of_facts(home.facts, plan_of(work, home.facts), history=history_of(work, home))


def plan_of(work: Work, facts: HomeFacts) -> RatePlan:
    """The rate plan of a home.

    Raises
    ------
    InvalidFields
    """
    if facts.rate_plan_id is None:
        raise InvalidFields.one(
            "ratePlanId",
            "the home has no rate plan; choose one with /v1/utility/get and set it with "
            "/v1/homes/{id}/update",
        )
    try:
        return work.stock.find_plan(facts.rate_plan_id)
    except NotFound as error:
        raise InvalidFields.one("ratePlanId", str(error)) from error


def value_of_facts(facts: HomeFacts, plan: RatePlan, history: Usage | None = None) -> Home:
    """Facts on a plan; a ZIP that the tables do not know counts as none."""
    return Home(
        plan=plan,
        zipcode=facts.zipcode if place_of(facts.zipcode) is not None else None,
        customer=Customer(export_rule=facts.export_rule),
        solar=None if facts.solar is None else solar_system(facts.solar),
        carbon_intensity=CarbonIntensity[facts.carbon_signal_intensity],
        market_participation=facts.energy_market_bidding_enabled,
        history=history,
    )


@lru_cache(maxsize=SOLAR_KEPT_COUNT)
def solar_system(solar: SolarInfo) -> SolarSystem:
    """The array of a home; what is not told is PVWatts' usual value."""
    given: dict[str, Any] = {
        "module_type": solar.module_type and ModuleType(solar.module_type),
        "array_type": solar.array_type and ArrayType(solar.array_type),
        "tilt_deg": solar.tilt_deg,
        "azimuth_deg": solar.azimuth_deg,
        "losses_frac": _frac(solar.losses_percent),
        "inverter_efficiency_frac": _frac(solar.inverter_efficiency_percent),
        "dc_ac_ratio": solar.dc_ac_ratio,
        "interconnection_date": solar.interconnection_date,
    }
    return SolarSystem(
        system_size_kw=solar.system_size_kw,
        is_non_net_metered=solar.is_non_net_metered,
        **{name: value for name, value in given.items() if value is not None},
    )


def _frac(percent: float | None) -> float | None:
    return None if percent is None else percent / PERCENT


def history_of(work: Work, home: HomeRecord) -> Usage | None:
    """The days of a home's own meter, of the newest two years that it has."""
    if home.usage_revision == 0:
        return None
    days = usage_days.get_days(work.session, work.tenant, home.id)
    zone = plan_of(work, home.facts).versions[-1].timezone
    return _history(tuple(newest_days(days, work.now.date())), zone) if days else None


def newest_days(days: Sequence[UsageDay], today: date) -> Sequence[UsageDay]:
    """Of rising days those of the last two years; days to come count where there are no others."""
    past = [day for day in days if day.day <= today + timedelta(days=1)] or days
    first = past[-1].day - timedelta(days=HISTORY_DAYS_COUNT - 1)
    return [day for day in past if day.day >= first]


@kept(HISTORIES_KEPT_MIB)
def _history(days: tuple[UsageDay, ...], zone: str) -> Usage:
    """Days in their order as one stretch of time, with nothing in the gaps between them."""
    first, last = days[0].day, days[-1].day
    held = {day.day: day for day in days}
    dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    none = UsageDay(day=first, import_kwh=bytes(STEPS_PER_DAY * 8), export_kwh=None)
    every = [held.get(day, none) for day in dates]
    exported = None
    if any(day.export_kwh is not None for day in days):
        exported = civil_kwh(
            _joined([day.export_kwh or none.import_kwh for day in every]), first, zone
        )
    return Usage(
        start=_midnight(first, zone),
        step_minutes=STEP_MINUTES,
        import_kwh=civil_kwh(_joined([day.import_kwh for day in every]), first, zone),
        export_kwh=exported,
        gaps=tuple(
            Gap(
                start=_midnight(before.day + timedelta(days=1), zone),
                end=_midnight(after.day, zone),
                reason="missing",
            )
            for before, after in pairwise(days)
            if after.day - before.day > timedelta(days=1)
        ),
        notes=(),
        format="stored",
    )


def _midnight(day: date, zone: str) -> datetime:
    return instant(day, zone).astimezone(zone_of(zone))


def _joined(days: Sequence[bytes]) -> Floats:
    return np.frombuffer(b"".join(days), dtype="<f8")


def civil_kwh(wall_kwh: Floats, first: date, zone: str) -> Floats:
    """Wall-clock days as real steps: spring's missing hour goes, autumn's is split in two. (N,)"""
    days_count = len(wall_kwh) // STEPS_PER_DAY
    start_s = instant(first, zone).timestamp()
    end_s = instant(first + timedelta(days=days_count), zone).timestamp()
    count = round((end_s - start_s) / (60 * STEP_MINUTES))
    grid = whole_days(first, count, STEP_MINUTES, zone, Calendar.CIVIL)
    slot = grid.day_index * STEPS_PER_DAY + grid.quarter
    share = np.bincount(slot, minlength=len(wall_kwh))[slot]
    return np.asarray(wall_kwh[slot] / share)
