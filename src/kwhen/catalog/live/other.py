"""Day-ahead prices of other markets through `gridstatus`, an optional extra.

`gridstatus.<Market>().get_lmp(…)` gives a pandas frame with "Interval Start" (with its offset),
"Interval End", "Location" and "LMP" ($/MWh), one row a location and hour, whatever the market.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib import import_module
from typing import Any

from kwhen.catalog.live.series import HOUR_S, Collector, Kind, Readings, Series, series_of
from kwhen.errors import SourceError

SOURCE = "gridstatus"
MARKET = "DAY_AHEAD_HOURLY"
CLASSES = {"ISONE": "ISONE", "PJM": "PJM", "MISO": "MISO", "SPP": "SPP"}
_COLUMNS = ("Interval Start", "Interval End", "Location", "LMP")


def fetch(
    group: str,
    locations: Sequence[str],
    first: date,
    end: date,
    *,
    clock: Callable[[], float],
) -> Iterator[tuple[Series, ...]]:
    """Day-ahead prices of locations on the days [first, end) of a market. [$/kWh]

    Raises
    ------
    SourceError
        The extra is not installed, or the market's site does not answer as expected.
    """
    name = CLASSES.get(group)
    if name is None:
        raise SourceError(f"no market {group!r} through gridstatus; known: {', '.join(CLASSES)}")
    try:
        library = import_module("gridstatus")
    except ImportError:
        raise SourceError(
            f"prices of {group} need gridstatus; install it with: pip install 'kwhen[markets]'"
        ) from None
    try:
        frame = getattr(library, name)().get_lmp(
            date=first.isoformat(), end=end.isoformat(), market=MARKET, locations=list(locations)
        )
    except Exception as error:  # what it raises is what its many libraries raise
        said = " ".join(str(error).split())[:200]
        raise SourceError(f"gridstatus, {group}: {type(error).__name__}: {said}") from error
    found = read_frame(frame)
    yield series_of(
        {place: found[place] for place in locations if place in found},
        group,
        kind=Kind.DAY_AHEAD_PRICE,
        step_s=HOUR_S,
        source=SOURCE,
        market=MARKET,
        fetched_s=clock(),
    )


def read_frame(frame: Any) -> Readings:
    """Prices by location and begin of hour out of a frame of `get_lmp`. [$/kWh]

    Raises
    ------
    SourceError
        A column is missing, a time has no offset, or an interval is no hour.
    """
    if missing := [name for name in _COLUMNS if name not in getattr(frame, "columns", ())]:
        raise SourceError(f"{SOURCE}: no column {', '.join(missing)}")
    found = Collector(SOURCE)
    for began, ended, place, price in zip(
        *(frame[name].tolist() for name in _COLUMNS), strict=True
    ):
        if getattr(began, "tzinfo", None) is None or getattr(ended, "tzinfo", None) is None:
            raise SourceError(f"{SOURCE}: {began} has no offset")
        if ended.timestamp() - began.timestamp() != HOUR_S:
            raise SourceError(f"{SOURCE}: {began} to {ended} is not one hour")
        found.add(str(place), int(began.timestamp()), price, 1 / 1000)
    return found.readings
