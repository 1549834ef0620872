"""A home's interval history from a file of its meter."""

from dataclasses import dataclass
from datetime import UTC, date, timedelta

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.grid import offsets_s
from kwhen.errors import InvalidFields, SourceError, UsageError
from kwhen.operations import homes, usage_history
from kwhen.operations.usage_history import STEPS_PER_DAY
from kwhen.operations.work import Work
from kwhen.records import HomeRecord
from kwhen.usage import Usage, read_usage
from kwhen.usage.values import Fill

Floats = NDArray[np.float64]

DAY_S = 86_400
MOST_CELL_KWH = 1_000.0  # as much as a body may hold
FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What was stored of a file: the local days [first, end)."""

    first: date
    end: date
    import_kwh: float
    export_kwh: float | None
    format: str
    notes: tuple[str, ...]
    gaps: tuple[str, ...]

    @property
    def days_count(self) -> int:
        """How many days were stored."""
        return (self.end - self.first).days


def put_file(work: Work, home_id: str, content: bytes, fill: Fill = "error") -> StoredFile:
    """Store the days of a meter's file as a home's history; each replaces what was held of it.

    Raises
    ------
    UnknownId
    InvalidFields
        The home has no time zone, or the file cannot be read or is not of one home.
    """
    zone = zone_of_home(homes.get_home(work, home_id))
    if not content:
        raise InvalidFields.one(FILE, "is empty; choose the file that the utility exported")
    try:
        usage = read_usage(content, zone=zone, fill=fill)
    except (SourceError, UsageError) as error:
        raise InvalidFields.one(FILE, str(error)) from error
    first, usage_kwh = wall_days(usage.import_kwh, usage, zone)
    exported = usage.export_kwh
    export_kwh = None if exported is None else wall_days(exported, usage, zone)[1]
    for energy_kwh in (usage_kwh, export_kwh):
        if energy_kwh is not None and energy_kwh.max() > MOST_CELL_KWH:
            raise InvalidFields.one(
                FILE, f"has {energy_kwh.max():,.0f} kWh in a quarter hour; no home has that much"
            )
    usage_history.put_usage(work, home_id, first, usage_kwh, export_kwh)
    return StoredFile(
        first=first,
        end=first + timedelta(days=len(usage_kwh)),
        import_kwh=float(usage_kwh.sum()),
        export_kwh=None if export_kwh is None else float(export_kwh.sum()),
        format=usage.format,
        notes=usage.notes,
        gaps=tuple(map(str, usage.gaps)),
    )


def zone_of_home(home: HomeRecord) -> str:
    """The time zone of a home.

    Raises
    ------
    InvalidFields
    """
    where = homes.place_of(home.facts.zipcode)
    zone = home.facts.timezone or (where.timezone if where else None)
    if zone is None:
        raise InvalidFields.one("zipcode", "the home has no time zone; set its zipcode first")
    return zone


def wall_days(energy_kwh: Floats, usage: Usage, zone: str) -> tuple[date, Floats]:
    """Energy on real quarter hours as wall-clock days, (D, 96) from a first local date. [kWh]

    The hour that spring leaves out is 0, the hour that autumn has twice holds both.
    """
    start_s = int(usage.start.astimezone(UTC).timestamp())
    epoch_s = start_s + np.arange(len(energy_kwh), dtype=np.int64) * usage.step_minutes * 60
    local_s = epoch_s + offsets_s(epoch_s, zone)  # (N,)
    slot = local_s // (DAY_S // STEPS_PER_DAY)
    slot -= local_s[0] // DAY_S * STEPS_PER_DAY
    days_count = int(slot[-1]) // STEPS_PER_DAY + 1
    wall_kwh = np.zeros(days_count * STEPS_PER_DAY)
    np.add.at(wall_kwh, slot, energy_kwh)
    return usage.start.date(), wall_kwh.reshape(-1, STEPS_PER_DAY)
