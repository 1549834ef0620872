"""ERCOT's day-ahead settlement point prices (NP4-190-CD): public files, or the public API.

Files: a list of documents (report 12331, about the last 30 days, each posted on the day before
delivery) and a zip with a CSV for each. API: needs a free account and subscription key; pages of
rows whose columns it names. Labels are hour-ending ("01:00" to "24:00") in local time; DSTFlag is
Y (true) in the second pass of the hour that autumn repeats, and only there.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from kwhen.catalog.http import Request, Web, read_json
from kwhen.catalog.live import packed
from kwhen.catalog.live.ask import asked, max_age_s
from kwhen.catalog.live.instants import (
    local_day,
    local_epoch_s,
    midnight_s,
    read_hour,
    read_iso_s,
    read_us_day,
    spans,
)
from kwhen.catalog.live.login import Login
from kwhen.catalog.live.series import HOUR_S, Collector, Kind, Readings, Series, series_of
from kwhen.errors import SourceError

GROUP = "ERCOT"
FILES_URL = "https://www.ercot.com"
API_URL = "https://api.ercot.com/api/public-reports"
TOKEN_URL = "https://ercotb2c.b2clogin.com/ercotb2c.onmicrosoft.com/B2C_1_PUBAPI-ROPC-FLOW/oauth2/v2.0/token"
CLIENT_ID = "fec253ea-0d06-4272-a5e6-b478baeecd70"  # ERCOT's own, the same for every user
SOURCE = "ERCOT NP4-190-CD"
SOURCE_ID = "ercot-np4-190-cd"
MARKET = "DAM"
POINTS = (
    "LZ_AEN", "LZ_CPS", "LZ_HOUSTON", "LZ_LCRA", "LZ_NORTH", "LZ_RAYBN", "LZ_SOUTH", "LZ_WEST",
)  # fmt: skip
ZONE = ZoneInfo("America/Chicago")
_REPORT = 12331
_TOKEN_S = 3600.0
_PAGE_ROWS = 10_000
_MOST_PAGES = 100
_DAYS_A_QUERY = 30
_NEEDED = ("DeliveryDate", "HourEnding", "SettlementPoint", "SettlementPointPrice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the public API."""

    user: str
    password: str = field(repr=False)
    subscription_key: str = field(repr=False)
    api_url: str = API_URL
    token_url: str = TOKEN_URL


def fetch(
    web: Web, points: Sequence[str], first: date, end: date, *, files_url: str = FILES_URL
) -> Iterator[tuple[Series, ...]]:
    """Day-ahead prices of settlement points from the public files, day by day. [$/kWh]

    A day that is not posted yet is left out.

    Raises
    ------
    SourceError
        The server refuses or does not answer, a file is not what it should be, or a day is
        older than the list.
    """
    base = files_url.rstrip("/")
    listing = Request(
        url=f"{base}/misapp/servlets/IceDocListJsonWS", params={"reportTypeId": _REPORT}
    )
    documents, _ = asked(web, listing, read_list, max_age_s=max_age_s(web, web.clock()))
    older: list[date] = []
    for day, after in spans(first, end, 1):
        if day not in documents:
            older += [day] if documents and day < min(documents) else []
            continue
        request = Request(
            url=f"{base}/misdownload/servlets/mirDownload",
            params={"doclookupId": documents[day]},
        )
        age_s = max_age_s(web, midnight_s(after, ZONE))
        found, fetched_s = asked(web, request, read, max_age_s=age_s)
        yield _series(found, points, fetched_s)
    if older:
        raise SourceError(
            f"{base}: lists files from {min(documents)} on; for {older[0]} to {older[-1]} set an "
            "account of the public API (KWHEN_ERCOT_USER and its fellows)"
        )


def fetch_api(
    web: Web, account: Account, points: Sequence[str], first: date, end: date
) -> Iterator[tuple[Series, ...]]:
    """Day-ahead prices of settlement points from the public API, month by month. [$/kWh]

    Raises
    ------
    SourceError
        The account is refused, the server does not answer, or says something else.
    """
    login = Login(web, _token_request(account), name="id_token", life_s=_TOKEN_S)
    for point in points:
        for began, stop in spans(first, end, _DAYS_A_QUERY):
            age_s = max_age_s(web, midnight_s(stop, ZONE))
            for number in range(1, _MOST_PAGES + 1):
                request = _page_request(account, point, (began, stop), number)
                page, fetched_s = asked(web, request, read_page, max_age_s=age_s, ask=login.ask)
                yield _series(page.readings, points, fetched_s)
                if number >= page.page_count:
                    break


def _token_request(account: Account) -> Request:
    return Request(
        url=account.token_url,
        form={
            "grant_type": "password",
            "username": account.user,
            "password": account.password,
            "scope": f"openid {CLIENT_ID} offline_access",
            "client_id": CLIENT_ID,
            "response_type": "id_token",
        },
    )


def _page_request(account: Account, point: str, days: tuple[date, date], number: int) -> Request:
    return Request(
        url=f"{account.api_url.rstrip('/')}/np4-190-cd/dam_stlmnt_pnt_prices",
        params={
            "deliveryDateFrom": days[0].isoformat(),
            "deliveryDateTo": (days[1] - timedelta(days=1)).isoformat(),
            "settlementPoint": point,
            "size": _PAGE_ROWS,
            "page": number,
        },
        headers={"Ocp-Apim-Subscription-Key": account.subscription_key},
    )


def _series(found: Readings, points: Sequence[str], fetched_s: float) -> tuple[Series, ...]:
    return series_of(
        {point: found[point] for point in points if point in found},
        GROUP,
        kind=Kind.DAY_AHEAD_PRICE,
        step_s=HOUR_S,
        source=SOURCE_ID,
        market=MARKET,
        fetched_s=fetched_s,
    )


def read_list(content: bytes) -> Mapping[date, str]:
    """The document of each day of delivery out of the list of documents; the latest counts.

    Raises
    ------
    SourceError
        It is no such list.
    """
    answer = read_json(content, SOURCE)
    try:
        entries = [entry["Document"] for entry in answer["ListDocsByRptTypeRes"]["DocumentList"]]
        files = [
            (read_iso_s(entry["PublishDate"], SOURCE), str(entry["DocID"]))
            for entry in entries
            if "csv" in str(entry.get("FriendlyName") or entry["ConstructedName"]).lower()
        ]
    except (KeyError, TypeError, AttributeError):
        raise SourceError(f"{SOURCE}: the answer is no list of documents") from None
    return {local_day(at_s, ZONE) + timedelta(days=1): id for at_s, id in sorted(files)}


def read(content: bytes) -> Readings:
    """Prices by settlement point and begin of hour out of a CSV, or a zip of some. [$/kWh]

    Raises
    ------
    SourceError
        It is neither, or an hour does not exist.
    """
    found = Collector(SOURCE)
    files = packed.unzipped(content, SOURCE) if packed.is_zip(content) else [("", content)]
    for _, text in files:
        for row in packed.rows(text, _NEEDED, SOURCE):
            is_second = _flag(row.get("DSTFlag", "N"))
            day = read_us_day(row["DeliveryDate"], SOURCE)
            start_s = _start_s(day, row["HourEnding"], is_second)
            found.add(row["SettlementPoint"], start_s, row["SettlementPointPrice"], 1 / 1000)
    return found.readings


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the public API."""

    readings: Readings
    page_count: int


def read_page(content: bytes) -> Page:
    """Prices out of one page of the public API, by the names that it gives its columns. [$/kWh]

    Raises
    ------
    SourceError
        A column is missing, or an hour does not exist.
    """
    answer = read_json(content, SOURCE)
    found = Collector(SOURCE)
    try:
        names = [str(column["name"]).lower() for column in answer["fields"]]
        cells = [dict(zip(names, row, strict=True)) for row in answer["data"]]
        for row in cells:
            day = date.fromisoformat(str(row["deliverydate"])[:10])
            start_s = _start_s(day, str(row["hourending"]), _flag(row.get("dstflag", False)))
            price = row["settlementpointprice"]
            found.add(str(row["settlementpoint"]), start_s, price, 1 / 1000)
        count = int((answer.get("_meta") or {}).get("totalPages") or 1)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SourceError(f"{SOURCE}: a page without its columns ({error!r})") from None
    return Page(readings=found.readings, page_count=count)


def _flag(said: Any) -> bool:
    if said in (True, "Y"):
        return True
    if said in (False, "N", ""):
        return False
    raise SourceError(f"{SOURCE}: DSTFlag is {str(said)[:20]!r}, neither Y nor N")


def _start_s(day: date, hour_ending: str, is_second: bool) -> int:
    """The begin of the hour that ends at a label."""
    label, _, rest = hour_ending.partition(":")
    hour = read_hour(label, 24)
    if not hour or rest not in ("", "00"):
        raise SourceError(f"{SOURCE}: hour ending {hour_ending[:20]!r}; it is 01:00 to 24:00")
    local = datetime(day.year, day.month, day.day, hour - 1, fold=int(is_second))
    return local_epoch_s(local, ZONE, SOURCE)
