"""CAISO's OASIS: day-ahead prices of nodes, as CSV inside a zip.

Interface Specification for OASIS, `SingleZip`, report PRC_LMP. An hour has a row for each
component (LMP, MCE, MCC, MCL, MGHG); the price is the one of type LMP. Labels (OPR_HR, 1 to 25)
are hour-ending, INTERVALSTARTTIME_GMT is the hour's begin. Asked faster than once in five
seconds the server answers 429, at times with a page of status 200 instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from zoneinfo import ZoneInfo

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from kwhen.catalog.http import Answer, Request, Web
from kwhen.catalog.live import packed
from kwhen.catalog.live.ask import asked, max_age_s
from kwhen.catalog.live.instants import (
    local_day,
    midnight_s,
    read_hour,
    read_iso_s,
    spans,
    utc_text,
)
from kwhen.catalog.live.series import (
    HOUR_S,
    Collector,
    Kind,
    Readings,
    Series,
    series_of,
)
from kwhen.errors import SourceError

GROUP = "CAISO"
BASE_URL = "https://oasis.caiso.com/oasisapi"
SOURCE = "CAISO OASIS PRC_LMP"
SOURCE_ID = "caiso-oasis-prc-lmp"
MARKET = "DAM"
NODES = ("DLAP_PGAE-APND", "DLAP_SCE-APND", "DLAP_SDGE-APND", "DLAP_VEA-APND")
ZONE = ZoneInfo("America/Los_Angeles")
PAUSE_S = 6.0
_DAYS_A_QUERY = 30  # it allows 31, which the autumn's 25th hour could break
_NODES_A_QUERY = 10
_THROTTLED, _THROTTLED_AGAIN = b"Acceptable Use Policy", 3
_NO_DATA = "1000"
_TIME = "%Y%m%dT%H:%M-0000"
_NEEDED = ("INTERVALSTARTTIME_GMT", "INTERVALENDTIME_GMT", "OPR_DT", "OPR_HR", "NODE", "LMP_TYPE")
_PRICES = ("MW", "VALUE", "PRC")  # what the column of the price has been called


def fetch(
    web: Web, nodes: Sequence[str], first: date, end: date, *, base_url: str = BASE_URL
) -> Iterator[tuple[Series, ...]]:
    """Day-ahead prices of nodes on the local days [first, end), month by month. [$/kWh]

    Raises
    ------
    SourceError
        The server refuses or does not answer, or the answer is not what it promises.
    """
    last_s: float | None = None
    for start in range(0, len(nodes), _NODES_A_QUERY):
        some = nodes[start : start + _NODES_A_QUERY]
        for piece in spans(first, end, _DAYS_A_QUERY):
            began_s, end_s = (midnight_s(day, ZONE) for day in piece)
            request = _request(base_url, some, began_s, end_s)
            age_s = max_age_s(web, end_s)
            if last_s is not None and web.cached(request, age_s) is None:
                web.sleep(PAUSE_S)
            found, last_s = asked(web, request, read, max_age_s=age_s, ask=partial(_ask, web))
            yield series_of(
                {name: found[name] for name in some if name in found},
                GROUP,
                kind=Kind.DAY_AHEAD_PRICE,
                step_s=HOUR_S,
                source=SOURCE_ID,
                market=MARKET,
                fetched_s=last_s,
            )


def _ask(web: Web, request: Request) -> Answer:
    """An answer; a page that asks to come back later, sent with status 200, is waited out."""
    answer = web.ask(request)
    for _ in range(_THROTTLED_AGAIN):
        if answer.status != 200 or _THROTTLED not in answer.content[:2000]:
            break
        web.sleep(PAUSE_S)
        answer = web.ask(request)
    return answer


def _request(base_url: str, nodes: Sequence[str], began_s: int, end_s: int) -> Request:
    return Request(
        url=f"{base_url.rstrip('/')}/SingleZip",
        params={
            "queryname": "PRC_LMP",
            "market_run_id": MARKET,
            "startdatetime": utc_text(began_s, _TIME),
            "enddatetime": utc_text(end_s, _TIME),
            "version": 1,
            "resultformat": 6,
            "node": ",".join(nodes),
        },
    )


def read(content: bytes) -> Readings:
    """Prices by node and begin of hour out of the zip of one query. [$/kWh]

    No data for the dates asked (error 1000 of OASIS) is no node at all.

    Raises
    ------
    SourceError
        It is no zip, holds an error, or a row contradicts itself.
    """
    found = Collector(SOURCE)
    for name, text in packed.unzipped(content, SOURCE):
        if name.lower().endswith(".xml"):
            _check_error(text)
        elif name.lower().endswith(".csv"):
            for row in packed.rows(text, _NEEDED, SOURCE):
                if row["LMP_TYPE"] == "LMP":
                    found.add(row["NODE"], _start_s(row), _price(row), 1 / 1000)
    return found.readings


def _price(row: Mapping[str, str]) -> str:
    for name in _PRICES:
        if name in row:
            return row[name]
    raise SourceError(f"{SOURCE}: no column {', '.join(_PRICES)}")


def _start_s(row: Mapping[str, str]) -> int:
    """The begin of an hour, once its labels agree with each other."""
    start_s = read_iso_s(row["INTERVALSTARTTIME_GMT"], SOURCE)
    end_s = read_iso_s(row["INTERVALENDTIME_GMT"], SOURCE)
    label = f"hour {row['OPR_HR'][:10]} of {row['OPR_DT'][:20]}"
    if end_s - start_s != HOUR_S or start_s % HOUR_S:
        raise SourceError(f"{SOURCE}: {label} is not one hour long")
    if not read_hour(row["OPR_HR"], 25):
        raise SourceError(f"{SOURCE}: {label}: hours are 1 to 25")
    if row["OPR_DT"] != local_day(start_s, ZONE).isoformat():
        raise SourceError(f"{SOURCE}: {label} begins on {local_day(start_s, ZONE)}")
    return start_s


def _check_error(text: bytes) -> None:
    """Refuse what the error file of OASIS says, but for "no data"."""
    try:
        tree = fromstring(text)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise SourceError(f"{SOURCE}: an XML file that cannot be read ({error})") from None
    said = {part.tag.rpartition("}")[2]: (part.text or "").strip() for part in tree.iter()}
    if said.get("ERR_CODE") != _NO_DATA:
        code, words = said.get("ERR_CODE", "none"), said.get("ERR_DESC", "XML where CSV is due")
        raise SourceError(f"{SOURCE}: error {code}: {words[:200]}")
