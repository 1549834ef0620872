"""The semantic `rateID` of a plan: 13 segments, for reading only.

Country, state, distribution utility, energy provider, sector, structure flags, equipment flags,
climate, first day, vintage year, close of enrolment, last day, name. Unknown is padded with `?`.
"""

import re
from datetime import date, timedelta

from kwhen.engine.tariff import (
    Charge,
    DemandCharge,
    EnergyCharge,
    EventCharge,
    IndexedEnergyCharge,
    Tariff,
)

_UNKNOWN_DATE = "????????"
_MARKS_MEDICAL, _MARKS_INCOME = {"MEDICAL"}, {"CARE", "FERA"}


def rate_id(versions: tuple[Tariff, ...]) -> str:
    """The rateID of a plan, from its versions (rising); dates are those of the newest one."""
    newest = versions[-1]
    utility = str(newest.utility_id)
    climate = f"{newest.territory}{newest.heating}" if newest.territory else "??"
    name = newest.plan.split("/")[1]
    segments = (
        "USA",
        newest.state,
        utility,
        utility,
        "R",
        _structure_flags(newest),
        _equipment_flags(newest),
        _plain(climate),
        _day(newest.effective),
        "????",
        _UNKNOWN_DATE,
        _day(newest.until - timedelta(days=1)) if newest.until else _UNKNOWN_DATE,
        _plain(name).upper(),
    )
    return "-".join(segments)


def structure(charges: tuple[Charge, ...]) -> str:
    """T by time of use, I in tiers, B both, F flat, D by an hourly index."""
    if any(isinstance(charge, IndexedEnergyCharge) for charge in charges):
        return "D"
    energy = [charge for charge in charges if isinstance(charge, EnergyCharge)]
    by_time = any(_varies_in_a_day(charge) for charge in energy)
    in_tiers = any(len(period.ladder) > 1 for charge in energy for period in charge.periods)
    return {(True, True): "B", (True, False): "T", (False, True): "I"}.get((by_time, in_tiers), "F")


def _varies_in_a_day(charge: EnergyCharge) -> bool:
    return any(len(set(part.weekday) | set(part.weekend)) > 1 for part in charge.schedule.parts)


def _structure_flags(tariff: Tariff) -> str:
    programmes = {programme.name for programme in tariff.programmes}
    flags = (
        any(isinstance(charge, DemandCharge) for charge in tariff.charges),
        bool(tariff.export_rules),
        bool(programmes & _MARKS_MEDICAL),
        bool(programmes & _MARKS_INCOME),
        any(isinstance(charge, EventCharge) for charge in tariff.charges),
    )
    return structure(tariff.charges) + "".join("Y" if flag else "N" for flag in flags)


def _equipment_flags(tariff: Tariff) -> str:
    """Solar, full-electric, water heating, space heating, EV, storage: only heating is known."""
    heating = {"H": "Y", "B": "N"}.get(tariff.heating or "", "?")
    return f"???{heating}??"


def _day(day: date) -> str:
    return f"{day:%m%d%Y}"


def _plain(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9?]", "", text)
