"""A usage file on the command line: which days of it, and what is doubtful about it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import cast

import numpy as np
from numpy.typing import NDArray

from kwhen.cli.page import Document, days, number
from kwhen.errors import SourceError, UsageError
from kwhen.usage import Usage, read_usage
from kwhen.usage.samples import demo_usage
from kwhen.usage.values import Fill

DEMO = "demo"
_DEMO_WORDS = "demo, a synthetic home with 3 kW of solar in San Francisco"
_SHOWN = 5  # gaps that are listed before they are counted

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metered:
    """The energy of the days [first, end) of a file."""

    file: str
    first: date
    end: date
    step_minutes: int
    import_kwh: Floats  # (N,)
    export_kwh: Floats | None  # (N,)
    usage: Usage

    @property
    def has_export(self) -> bool:
        """Whether the home exports anything on these days."""
        return self.export_kwh is not None and bool(self.export_kwh.any())

    def between(self, first: date, end: date) -> tuple[float, float]:
        """Import and export of the local days [first, end). [kWh]"""
        steps = _steps(self.usage, first, end)
        nothing = np.zeros(0)
        export_kwh = self.usage.export_kwh if self.usage.export_kwh is not None else nothing
        return float(self.usage.import_kwh[steps].sum()), float(export_kwh[steps].sum())


def metered(
    file: str,
    zone: str,
    *,
    first: date | None = None,
    end: date | None = None,
    fill: str = "error",
    meter: str | None = None,
) -> Metered:
    """The usage of a file, or of the demo home, cut to [first, end).

    Raises
    ------
    SourceError, UsageError : the file cannot be read, or does not cover the days
    """
    usage = _read(file, zone, fill, meter)
    first, end = first or usage.start.date(), end or usage.end.date()
    _check_window(usage, first, end)
    steps = _steps(usage, first, end)
    return Metered(
        file=file,
        first=first,
        end=end,
        step_minutes=usage.step_minutes,
        import_kwh=usage.import_kwh[steps],
        export_kwh=None if usage.export_kwh is None else usage.export_kwh[steps],
        usage=usage,
    )


@cache
def _read(file: str, zone: str, fill: str, meter: str | None) -> Usage:
    if file == DEMO:
        return demo_usage()
    path = Path(file).expanduser()
    if path.is_dir():
        raise SourceError(f"{file} is a folder; give the path of a usage file, or `{DEMO}`")
    if not path.exists():
        raise SourceError(f"there is no file {file}; give the path of a usage file, or `{DEMO}`")
    try:
        return read_usage(path, zone=zone, fill=cast(Fill, fill), meter=meter)
    except (SourceError, UsageError) as error:
        raise type(error)(f"{file}: {error}") from error


def _check_window(usage: Usage, first: date, end: date) -> None:
    if first >= end:
        raise UsageError(
            f"--from {first} and --to {end}: no day lies between them; --to is the day after the "
            "last one"
        )
    if first < usage.start.date() or end > usage.end.date():
        raise UsageError(
            f"the usage covers {days(usage.start.date(), usage.end.date())}, asked for "
            f"{days(first, end)}; choose --from and --to within it"
        )


def _steps(usage: Usage, first: date, end: date) -> slice:
    """The steps of the local days [first, end)."""
    return slice(_step_at(usage, first), _step_at(usage, end))


def _step_at(usage: Usage, day: date) -> int:
    midnight = datetime.combine(day, datetime.min.time(), usage.start.tzinfo)
    elapsed = midnight.astimezone(UTC) - usage.start.astimezone(UTC)
    return elapsed // timedelta(minutes=usage.step_minutes)


def about(home: Metered) -> str:
    """The file and its energy in one line."""
    import_kwh, export_kwh = home.between(home.first, home.end)
    exported = f", {number(export_kwh)} kWh exported" if home.has_export else ""
    name = _DEMO_WORDS if home.file == DEMO else Path(home.file).name
    return f"{number(import_kwh)} kWh imported{exported} ({name})"


def doubts(home: Metered) -> list[str]:
    """The file's notes and its gaps in these days, in words."""
    if home.file == DEMO:
        return []
    gaps = [g for g in home.usage.gaps if g.start.date() < home.end and g.end.date() >= home.first]
    listed = [f"gap {gap}" for gap in gaps[:_SHOWN]]
    more = [f"and {len(gaps) - _SHOWN} more gaps"] if len(gaps) > _SHOWN else []
    return [*home.usage.notes, *listed, *more]


def as_document(home: Metered) -> Document:
    """The usage for JSON; `end` is exclusive."""
    import_kwh, export_kwh = home.between(home.first, home.end)
    return {
        "file": home.file,
        "format": home.usage.format,
        "start": home.first,
        "end": home.end,
        "step_minutes": home.step_minutes,
        "import_kwh": round(import_kwh, 6),
        "export_kwh": None if home.export_kwh is None else round(export_kwh, 6),
        "notes": list(home.usage.notes),
        "gaps": [
            {"start": gap.start, "end": gap.end, "reason": gap.reason} for gap in home.usage.gaps
        ],
    }
