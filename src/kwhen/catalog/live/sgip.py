"""The SGIP signal: California's marginal emissions by utility, every five minutes.

`/login` gives a token for 30 minutes; `/sgipmoer` tells kg CO2 per kWh, at most 31 days a query,
newest first, as numbers or as texts. Two versions of one moment can come: the higher counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from kwhen.catalog.http import Request, Web, read_json
from kwhen.catalog.live.ask import asked, max_age_s
from kwhen.catalog.live.instants import midnight_s, read_iso_s, spans, utc_text
from kwhen.catalog.live.login import Login
from kwhen.catalog.live.series import (
    FIVE_MINUTES_S,
    LB_PER_KG,
    Kind,
    Readings,
    Series,
    number,
    series_of,
)
from kwhen.errors import SourceError

GROUP = "SGIP"
BASE_URL = "https://sgipsignal.com"
SOURCE = "SGIP signal"
SOURCE_ID = "sgip-signal"
MARKET = "moer"
REGIONS = (
    "SGIP_CAISO_PGE", "SGIP_CAISO_SCE", "SGIP_CAISO_SDGE", "SGIP_LADWP", "SGIP_BANC_SMUD",
    "SGIP_BANC_P2", "SGIP_IID", "SGIP_PACW", "SGIP_NVENERGY", "SGIP_TID", "SGIP_WALC",
)  # fmt: skip
_TOKEN_S = 1800.0
_DAYS_A_QUERY = 30
_TIME = "%Y-%m-%dT%H:%M:%S+0000"
_UTC = ZoneInfo("UTC")
_LB_PER_MWH = LB_PER_KG * 1000  # of one kg per kWh


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of the SGIP signal."""

    user: str
    password: str = field(repr=False)
    base_url: str = BASE_URL

    def login(self, web: Web) -> Login:
        """The way to ask as this user."""
        url = f"{self.base_url.rstrip('/')}/login"
        request = Request(url=url, basic=(self.user, self.password))
        return Login(web, request, name="token", life_s=_TOKEN_S)


def fetch(
    web: Web, account: Account, login: Login, region: str, first: date, end: date
) -> Iterator[tuple[Series, ...]]:
    """Marginal emissions of a region on UTC days [first, end), month by month. [lb/MWh]

    Raises
    ------
    SourceError
        The user is refused, or the server does not answer or says something else.
    """
    for piece in spans(first, end, _DAYS_A_QUERY):
        began_s, end_s = (midnight_s(day, _UTC) for day in piece)
        request = Request(
            url=f"{account.base_url.rstrip('/')}/sgipmoer",
            params={
                "ba": region,
                "starttime": utc_text(began_s, _TIME),
                "endtime": utc_text(end_s - FIVE_MINUTES_S, _TIME),
            },
        )
        age_s = max_age_s(web, end_s)
        found, fetched_s = asked(web, request, read, max_age_s=age_s, ask=login.ask)
        yield series_of(
            found,
            GROUP,
            kind=Kind.CARBON,
            step_s=FIVE_MINUTES_S,
            source=SOURCE_ID,
            market=MARKET,
            fetched_s=fetched_s,
        )


def read(content: bytes) -> Readings:
    """Values by region and instant out of `/sgipmoer`: a list, or one moment alone. [lb/MWh]

    Raises
    ------
    SourceError
        It is neither, or a step is not five minutes long.
    """
    answer = read_json(content, SOURCE)
    rows = [answer] if isinstance(answer, dict) else answer
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SourceError(f"{SOURCE}: the answer is no list of moments")
    newest: dict[tuple[str, int], tuple[tuple[float, ...], float]] = {}
    for row in rows:
        key, version, value = _moment(row)
        if key not in newest or newest[key][0] <= version:
            newest[key] = (version, value)
    found: dict[str, dict[int, float]] = {}
    for (region, at_s), (_, value) in newest.items():
        found.setdefault(region, {})[at_s] = value
    return found


def _moment(row: dict[str, Any]) -> tuple[tuple[str, int], tuple[float, ...], float]:
    try:
        region, at, said = row["ba"], row["point_time"], row["moer"]
    except KeyError as error:
        raise SourceError(f"{SOURCE}: a moment without {error}") from None
    if not isinstance(region, str) or not region:
        raise SourceError(f"{SOURCE}: a moment without a region")
    if number(row.get("freq", FIVE_MINUTES_S), SOURCE) != FIVE_MINUTES_S:
        raise SourceError(f"{SOURCE}: a step of {row['freq']!r} s, {FIVE_MINUTES_S} are due")
    value = number(said, SOURCE) * _LB_PER_MWH
    return (region, read_iso_s(at, SOURCE)), _version(row.get("version", "")), value


def _version(said: object) -> tuple[float, ...]:
    """A version such as "2.0" in its order."""
    return tuple(float(part) for part in str(said).split(".") if part.isdecimal())
