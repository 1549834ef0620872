"""NYISO's day-ahead zone prices: a CSV a day, and a zip of them a month.

Market data P-2A, "Day-Ahead Market LBMP - Zonal". Times are local and tell the hour's begin; on
the day that autumn repeats an hour, 01:00 comes twice for every zone, daylight time first.
Daily files stay for about ten days; a month's zip holds all days of the month so far.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from kwhen.catalog.http import Request, Web
from kwhen.catalog.live import packed
from kwhen.catalog.live.ask import asked, check_status, max_age_s
from kwhen.catalog.live.instants import (
    local_day,
    local_epoch_s,
    midnight_s,
    read_hour,
    read_us_day,
    spans,
)
from kwhen.catalog.live.series import HOUR_S, Collector, Kind, Readings, Series, series_of
from kwhen.errors import SourceError

GROUP = "NYISO"
BASE_URL = "https://mis.nyiso.com/public/csv"
SOURCE = "NYISO P-2A"
SOURCE_ID = "nyiso-p-2a"
MARKET = "DAM"
ZONES = (
    "CAPITL", "CENTRL", "DUNWOD", "GENESE", "HUD VL", "LONGIL", "MHK VL", "MILLWD", "N.Y.C.",
    "NORTH", "WEST",
)  # fmt: skip
ZONE = ZoneInfo("America/New_York")
_DAILY_DAYS = 8
_NEEDED = ("Time Stamp", "Name")


def fetch(
    web: Web, zones: Sequence[str], first: date, end: date, *, base_url: str = BASE_URL
) -> Iterator[tuple[Series, ...]]:
    """Day-ahead prices of zones on the local days [first, end), file by file. [$/kWh]

    A day that is not published yet is left out.

    Raises
    ------
    SourceError
        The server refuses or does not answer, or a file is not what it should be.
    """
    for url, days in _files(base_url, first, end, local_day(web.clock(), ZONE)):
        began_s = midnight_s(days[0], ZONE)
        end_s = midnight_s(days[-1] + timedelta(days=1), ZONE)
        request = Request(url=url)
        if url.endswith(".zip"):
            found, fetched_s = asked(web, request, read, max_age_s=max_age_s(web, end_s))
        else:
            found, fetched_s = _daily(web, request, end_s)
        yield series_of(
            {
                zone: {at: price for at, price in found[zone].items() if began_s <= at < end_s}
                for zone in zones
                if zone in found
            },
            GROUP,
            kind=Kind.DAY_AHEAD_PRICE,
            step_s=HOUR_S,
            source=SOURCE_ID,
            market=MARKET,
            fetched_s=fetched_s,
        )


def _files(base_url: str, first: date, end: date, today: date) -> Iterator[tuple[str, list[date]]]:
    """Addresses and the days wanted of each: months of what is old, days of what is recent."""
    folder = f"{base_url.rstrip('/')}/damlbmp"
    recent = max(first, min(today - timedelta(days=_DAILY_DAYS), end))
    old = [day for day, _ in spans(first, recent, 1)]
    for month, days in groupby(old, key=lambda day: day.replace(day=1)):
        yield f"{folder}/{month:%Y%m%d}damlbmp_zone_csv.zip", list(days)
    for day, _ in spans(recent, end, 1):
        yield f"{folder}/{day:%Y%m%d}damlbmp_zone.csv", [day]


def _daily(web: Web, request: Request, end_s: float) -> tuple[Readings, float]:
    """The file of one day; none yet is no zone at all."""
    age_s = max_age_s(web, end_s)
    if web.cached(request, age_s) is not None:
        return asked(web, request, read, max_age_s=age_s)
    answer = web.ask(request)
    if answer.status == 404:
        return {}, answer.fetched_s
    check_status(answer, request)
    found = read(answer.content)
    web.keep(request, answer)
    return found, answer.fetched_s


def read(content: bytes) -> Readings:
    """Prices by zone and begin of hour out of one day's CSV, or a zip of several. [$/kWh]

    Raises
    ------
    SourceError
        It is neither, an hour does not exist, or comes more often than the clock shows it.
    """
    found = Collector(SOURCE)
    files = packed.unzipped(content, SOURCE) if packed.is_zip(content) else [("", content)]
    for _, text in files:
        _read_day(text, found)
    return found.readings


def _read_day(text: bytes, found: Collector) -> None:
    seen: set[tuple[str, datetime]] = set()
    for row in packed.rows(text, _NEEDED, SOURCE):
        price = next((said for name, said in row.items() if name.startswith("LBMP")), None)
        if price is None:
            raise SourceError(f"{SOURCE}: no column LBMP ($/MWHr)")
        local = _local(row["Time Stamp"])
        key = (row["Name"], local)
        fold = int(key in seen)
        seen.add(key)
        if fold:
            local = local.replace(fold=1)
        found.add(row["Name"], local_epoch_s(local, ZONE, SOURCE), price, 1 / 1000)


def _local(text: str) -> datetime:
    day_text, _, clock = text.partition(" ")
    day = read_us_day(day_text, SOURCE)
    label, *rest = clock.split(":")
    hour = read_hour(label, 23)
    if hour is None or rest not in (["00"], ["00", "00"]):
        raise SourceError(f"{SOURCE}: {text[:40]!r} is no hour such as 11/03/2024 01:00")
    return datetime(day.year, day.month, day.day, hour)
