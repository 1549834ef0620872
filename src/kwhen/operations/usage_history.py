"""A home's own interval history: local wall-clock days of 96 values."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import FieldError, InvalidFields
from kwhen.operations.work import Work
from kwhen.storage import usage_days
from kwhen.storage.usage_days import HeldDays, UsageDay

Floats = NDArray[np.float64]

STEPS_PER_DAY = 96
YEAR_DAYS_COUNT = 365


def put_usage(
    work: Work,
    home_id: str,
    first: date,
    usage_kwh: Floats,
    export_kwh: Floats | None = None,
) -> int:
    """Replace days of a home's history, (D, 96) from `first` on; says how many. [kWh]

    Raises
    ------
    UnknownId
    InvalidFields : export has other days than usage
    """
    if export_kwh is not None and export_kwh.shape != usage_kwh.shape:
        raise InvalidFields.one(
            "export", f"has {len(export_kwh)} days, usage {len(usage_kwh)}; give the same days"
        )
    rows = [
        UsageDay(
            day=first + timedelta(days=number),
            import_kwh=day_kwh.astype("<f8").tobytes(),
            export_kwh=None if export_kwh is None else export_kwh[number].astype("<f8").tobytes(),
        )
        for number, day_kwh in enumerate(usage_kwh)
    ]
    usage_days.put_days(work.session, work.tenant, home_id, rows)
    return len(rows)


def held_days(work: Work, home_id: str) -> HeldDays:
    """How much of a home's history is held.

    Raises
    ------
    UnknownId
    """
    return usage_days.held_days(work.session, work.tenant, home_id)


def get_usage(
    work: Work, home_id: str, first: date | None, end: date | None
) -> tuple[list[date], Floats, Floats | None]:
    """The days held in [first, end), rising, with their import and export. (D, 96) [kWh]

    Export is None where no day of them has any.

    Raises
    ------
    UnknownId
    """
    days = usage_days.get_days(work.session, work.tenant, home_id, first, end)
    exported = None
    if any(day.export_kwh is not None for day in days):
        none = bytes(STEPS_PER_DAY * 8)
        exported = _rows([day.export_kwh or none for day in days])
    return [day.day for day in days], _rows([day.import_kwh for day in days]), exported


def stored_kwh(work: Work, home_id: str, first: date, end: date) -> tuple[Floats, Floats | None]:
    """The history of every day of [first, end). (D, 96) [kWh]

    Raises
    ------
    InvalidFields
        Some days are not held.
    """
    days, usage_kwh, export_kwh = get_usage(work, home_id, first, end)
    held = set(days)
    count = (end - first).days
    absent = [day for n in range(count) if (day := first + timedelta(days=n)) not in held]
    if absent:
        raise InvalidFields(
            (
                FieldError(
                    "useStoredUsage",
                    f"{len(absent)} of {count} days are not held, the first is {absent[0]}; "
                    "send usage, or put them with /v1/homes/{id}/usage/put",
                ),
            )
        )
    return usage_kwh, export_kwh


def last_year(work: Work, home_id: str) -> tuple[date, date]:
    """The last 365 days of the newest unbroken run of a home's history, or all of it.

    Raises
    ------
    UnknownId
    InvalidFields : no day is held
    """
    held = usage_days.get_day_dates(work.session, work.tenant, home_id)
    if not held:
        raise InvalidFields.one("home", "has no history of its own; import a file of its meter")
    end = held[-1] + timedelta(days=1)
    first = held[-1]
    known = set(held)
    while first - timedelta(days=1) in known and (end - first).days < YEAR_DAYS_COUNT:
        first -= timedelta(days=1)
    return first, end


def _rows(days: list[bytes]) -> Floats:
    return np.frombuffer(b"".join(days), dtype="<f8").reshape(-1, STEPS_PER_DAY)
