"""WattTime v3: marginal emissions by region, measured and forecast, every five minutes.

`/login` gives a token for 30 minutes; `/v3/historical` at most 32 days a query; `/v3/forecast`
72 hours ahead; `/v3/signal-index` how clean this moment is, as a percentile; a region of its own
for a place from `/v3/region-from-loc`. Values of `co2_moer` are lb CO2 per MWh at the generator.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from kwhen.catalog.http import Request, Web, read_json
from kwhen.catalog.live.ask import OLD_S, asked, max_age_s
from kwhen.catalog.live.instants import midnight_s, read_iso_s, spans, utc_text
from kwhen.catalog.live.login import Login
from kwhen.catalog.live.series import (
    FIVE_MINUTES_S,
    Collector,
    Kind,
    Readings,
    Series,
    number,
    series_of,
)
from kwhen.errors import SourceError

GROUP = "WATTTIME"
BASE_URL = "https://api.watttime.org"
SOURCE = "WattTime v3"
SOURCE_ID = "watttime-v3"
SIGNAL = "co2_moer"
UNIT = "lbs_co2_per_mwh"
_TOKEN_S = 1800.0
_DAYS_A_QUERY = 30
_TIME = "%Y-%m-%dT%H:%M+00:00"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A user of WattTime. Without a subscription only CAISO_NORTH has values."""

    user: str
    password: str = field(repr=False)
    base_url: str = BASE_URL

    def login(self, web: Web) -> Login:
        """The way to ask as this user."""
        basic = (self.user, self.password)
        return Login(web, self.request("/login", basic), name="token", life_s=_TOKEN_S)

    def request(
        self, path: str, basic: tuple[str, str] | None = None, **params: str | int | float
    ) -> Request:
        """A question about a path of the API."""
        return Request(url=self.base_url.rstrip("/") + path, params=params, basic=basic)


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """Values of one region."""

    readings: Readings
    step_s: int


def fetch(
    web: Web, account: Account, login: Login, region: str, first: date, end: date
) -> Iterator[tuple[Series, ...]]:
    """Measured marginal emissions of a region on UTC days [first, end), month by month. [lb/MWh]

    Raises
    ------
    SourceError
        The user is refused, or the server does not answer or says something else.
    """
    for piece in spans(first, end, _DAYS_A_QUERY):
        began_s, end_s = (midnight_s(day, _UTC) for day in piece)
        request = account.request(
            "/v3/historical",
            region=region,
            signal_type=SIGNAL,
            start=utc_text(began_s, _TIME),
            end=utc_text(end_s - FIVE_MINUTES_S, _TIME),
        )
        age_s = max_age_s(web, end_s)
        found, fetched_s = asked(web, request, read, max_age_s=age_s, ask=login.ask)
        yield _series(found, Kind.CARBON, fetched_s)


def fetch_forecast(
    web: Web, account: Account, login: Login, region: str, *, horizon_hours: int = 48
) -> tuple[Series, ...]:
    """Forecast marginal emissions of a region from now on. [lb/MWh]

    Raises
    ------
    SourceError : as of `fetch`
    """
    request = account.request(
        "/v3/forecast", region=region, signal_type=SIGNAL, horizon_hours=horizon_hours
    )
    found, fetched_s = asked(web, request, read, max_age_s=FIVE_MINUTES_S, ask=login.ask)
    return _series(found, Kind.CARBON_FORECAST, fetched_s)


def fetch_index(web: Web, account: Account, login: Login, region: str) -> tuple[int, float]:
    """The moment and how its emissions rank in the region: 0 the cleanest, 100 the dirtiest.

    Raises
    ------
    SourceError : as of `fetch`
    """
    request = account.request("/v3/signal-index", region=region, signal_type=SIGNAL)
    found, _ = asked(web, request, read_index, max_age_s=FIVE_MINUTES_S, ask=login.ask)
    return found


def fetch_region(web: Web, account: Account, login: Login, lat_deg: float, lon_deg: float) -> str:
    """The region in which a place lies.

    Raises
    ------
    SourceError : as of `fetch`
    """
    request = account.request(
        "/v3/region-from-loc", latitude=lat_deg, longitude=lon_deg, signal_type=SIGNAL
    )
    found, _ = asked(web, request, read_region, max_age_s=OLD_S, ask=login.ask)
    return found


def _series(found: Points, kind: Kind, fetched_s: float) -> tuple[Series, ...]:
    return series_of(
        found.readings,
        GROUP,
        kind=kind,
        step_s=found.step_s,
        source=SOURCE_ID,
        market=SIGNAL,
        fetched_s=fetched_s,
    )


def read(content: bytes) -> Points:
    """Values of a region out of `/v3/historical` or `/v3/forecast`. [lb/MWh]

    Raises
    ------
    SourceError
        It is neither, or in another unit.
    """
    meta, rows = _parts(content)
    if meta.get("units") != UNIT:
        raise SourceError(f"{SOURCE}: values in {str(meta.get('units'))[:40]!r}, {UNIT} is due")
    region, step = meta.get("region"), meta.get("data_point_period_seconds", FIVE_MINUTES_S)
    if not isinstance(region, str) or not region or type(step) is not int or step <= 0:
        raise SourceError(f"{SOURCE}: the answer names no region, or no step")
    found = Collector(SOURCE)
    for at_s, value in rows:
        found.add(region, at_s, value, 1.0)
    return Points(readings=found.readings, step_s=step)


def read_index(content: bytes) -> tuple[int, float]:
    """The moment and its percentile out of `/v3/signal-index`.

    Raises
    ------
    SourceError
        It is not that.
    """
    meta, rows = _parts(content)
    if meta.get("units") != "percentile" or not rows:
        raise SourceError(f"{SOURCE}: the answer holds no percentile")
    at_s, said = rows[-1]
    percentile = number(said, SOURCE)
    if not 0 <= percentile <= 100:
        raise SourceError(f"{SOURCE}: a percentile of {percentile:g}")
    return at_s, percentile


def read_region(content: bytes) -> str:
    """The region out of `/v3/region-from-loc`.

    Raises
    ------
    SourceError
        It names none.
    """
    answer = read_json(content, SOURCE)
    region = answer.get("region") if isinstance(answer, dict) else None
    if not isinstance(region, str) or not region:
        raise SourceError(f"{SOURCE}: the answer names no region")
    return region


def _parts(content: bytes) -> tuple[dict[str, Any], list[tuple[int, Any]]]:
    """What is said of the values, and instant and value of each."""
    answer = read_json(content, SOURCE)
    try:
        rows = [(read_iso_s(row["point_time"], SOURCE), row["value"]) for row in answer["data"]]
        meta = answer["meta"]
    except (KeyError, TypeError, IndexError):
        raise SourceError(f"{SOURCE}: the answer has no data of point_time and value") from None
    if not isinstance(meta, dict):
        raise SourceError(f"{SOURCE}: the answer has no meta")
    return meta, rows
