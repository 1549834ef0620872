"""Day-ahead prices of other markets through `gridstatus`, an optional extra.

Its classes give a pandas frame with "Interval Start" (with its offset), "Interval End", a column
of the place and "LMP" ($/MWh), one row a place and hour. PJM's places are the numbers of pnodes,
and it wants a key in PJM_API_KEY, which gridstatus reads itself.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from importlib import import_module
from typing import Any

from kwhen.catalog.live.series import HOUR_S, Collector, Kind, Readings, Series, series_of
from kwhen.errors import SourceError

SOURCE = "gridstatus"
SOURCE_ID = "gridstatus"
MARKET = "DAY_AHEAD_HOURLY"
PLACES = {  # market, which is the name of its class as well → column of the place
    "ISONE": "Location",
    "PJM": "Location Id",
    "MISO": "Location",
    "SPP": "Location",
}


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
    found = read_frame(_frame(group, locations, first, end), PLACES[group])
    yield series_of(
        {place: found[place] for place in locations if place in found},
        group,
        kind=Kind.DAY_AHEAD_PRICE,
        step_s=HOUR_S,
        source=SOURCE_ID,
        market=MARKET,
        fetched_s=clock(),
    )


def _frame(group: str, locations: Sequence[str], first: date, end: date) -> Any:
    if group not in PLACES:
        raise SourceError(f"no market {group!r} through gridstatus; known: {', '.join(PLACES)}")
    try:
        library = import_module("gridstatus")
    except ImportError:
        raise SourceError(
            f"prices of {group} need gridstatus; install it with: pip install 'kwhen[markets]'"
        ) from None
    days = {"date": first.isoformat(), "end": end.isoformat()}
    try:
        market = getattr(library, group)()
        if group != "PJM":
            return market.get_lmp_day_ahead_hourly(**days)
        with warnings.catch_warnings():  # the way that gives some of 10,000 nodes is an old one
            warnings.simplefilter("ignore", DeprecationWarning)
            return market.get_lmp(**days, market=MARKET, locations=list(locations))
    except Exception as error:  # what it raises is what its many libraries raise
        said = " ".join(str(error).split())[:200]
        raise SourceError(f"gridstatus, {group}: {type(error).__name__}: {said}") from error


def read_frame(frame: Any, place_column: str = "Location") -> Readings:
    """Prices by place and begin of hour out of a frame of day-ahead prices. [$/kWh]

    Raises
    ------
    SourceError
        A column is missing, a time has no offset, or an interval is no hour.
    """
    columns = ("Interval Start", "Interval End", place_column, "LMP")
    if missing := [name for name in columns if name not in getattr(frame, "columns", ())]:
        raise SourceError(f"{SOURCE}: no column {', '.join(missing)}")
    found = Collector(SOURCE)
    for began, ended, place, price in zip(*(frame[name].tolist() for name in columns), strict=True):
        if getattr(began, "tzinfo", None) is None or getattr(ended, "tzinfo", None) is None:
            raise SourceError(f"{SOURCE}: {began} has no offset")
        if ended.timestamp() - began.timestamp() != HOUR_S:
            raise SourceError(f"{SOURCE}: {began} to {ended} is not one hour")
        found.add(str(place), int(began.timestamp()), price, 1 / 1000)
    return found.readings
