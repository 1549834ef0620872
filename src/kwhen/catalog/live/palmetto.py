"""Palmetto's Energy Intelligence: the modelled hourly load of a home, and its PV.

`POST /api/v0/bem/calculate` with a key in the header X-API-Key; answers in the long format are
intervals of {from_datetime, to_datetime, variable, value}, kWh, in local wall-clock time. Known
consumption, when sent, calibrates the model. 422 lists the fields that are wrong.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from kwhen.catalog.http import Request, Web, read_json
from kwhen.catalog.live.ask import OLD_S, asked
from kwhen.catalog.live.instants import local_epoch_s, read_iso_s
from kwhen.catalog.live.series import HOUR_S, Readings, number
from kwhen.errors import SourceError, UsageError

BASE_URL = "https://ei.palmetto.com"
SOURCE = "Palmetto Energy Intelligence"
SOURCE_ID = "palmetto-energy-intelligence"
LOAD = "consumption.electricity"
PV = "production.electricity"


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What the model is told of a home. `annual_kwh` is its own use in the 365 days asked for."""

    lat_deg: float
    lon_deg: float
    timezone: ZoneInfo
    pv_kw: float | None = None
    pv_tilt_deg: float = 20.0
    pv_azimuth_deg: float = 180.0
    annual_kwh: float | None = None

    def __post_init__(self) -> None:
        if not (-90 <= self.lat_deg <= 90 and -180 <= self.lon_deg <= 180):
            raise UsageError(f"{self.lat_deg:g}, {self.lon_deg:g} is no place on Earth")
        for name in ("pv_kw", "annual_kwh"):
            given = getattr(self, name)
            if given is not None and not 0 <= given < float("inf"):
                raise UsageError(f"{name} is {given:g}; it must be 0 or more")


def fetch(
    web: Web, key: str, home: Home, first: date, end: date, *, base_url: str = BASE_URL
) -> tuple[Readings, float]:
    """Hourly load and PV of a home on the local days [first, end), and when it was asked. [kWh]

    Raises
    ------
    SourceError
        The key is refused, a field is wrong, or the answer is not hours in kWh.
    """
    request = Request(
        url=f"{base_url.rstrip('/')}/api/v0/bem/calculate",
        body=_body(home, first, end),
        headers={"X-API-Key": key},
    )
    return asked(web, request, lambda content: read(content, home.timezone), max_age_s=OLD_S)


def _body(home: Home, first: date, end: date) -> Mapping[str, Any]:
    window = {"from_datetime": f"{first}T00:00:00", "to_datetime": f"{end}T00:00:00"}
    body: dict[str, Any] = {
        "location": {"latitude": home.lat_deg, "longitude": home.lon_deg},
        "parameters": {
            **window,
            "group_by": "hour",
            "interval_format": "long",
            "clip_by": "inner",
            "variables": [LOAD] if home.pv_kw is None else [LOAD, PV],
        },
    }
    if home.annual_kwh is not None:
        used_kwh = home.annual_kwh * (end - first).days / 365
        body["consumption"] = {"actuals": [{**window, "variable": LOAD, "value": used_kwh}]}
    if home.pv_kw is not None:
        array = {
            "capacity": home.pv_kw,
            "tilt": home.pv_tilt_deg,
            "azimuth": home.pv_azimuth_deg,
        }
        panels = [{"name": "panel_arrays", "value": [array]}]
        body["production"] = {"attributes": {"baseline": panels}}
    return body


def read(content: bytes, timezone: ZoneInfo) -> Readings:
    """Energy by variable and begin of hour out of an answer. [kWh]

    Raises
    ------
    SourceError
        An interval is not an hour, is negative, or comes twice.
    """
    answer = read_json(content, SOURCE)
    try:
        intervals = answer["data"]["intervals"]
        units = (answer.get("meta") or {}).get("units") or {}
        parts = [_interval(entry, timezone) for entry in intervals]
    except (KeyError, TypeError, AttributeError):
        raise SourceError(f"{SOURCE}: the answer has no data.intervals of the long form") from None
    found: dict[str, dict[int, float]] = {}
    for variable, local, value_kwh in parts:
        if units.get(variable.split(".")[0], "kWh") != "kWh":
            raise SourceError(f"{SOURCE}: {variable} is not in kWh")
        hours = found.setdefault(variable, {})
        at_s = _start_s(local, timezone)
        if at_s in hours:  # the second pass of the hour that autumn repeats
            at_s = _start_s(local.replace(fold=1), timezone)
        if at_s in hours or value_kwh < 0:
            raise SourceError(f"{SOURCE}: {variable} at {local} comes twice, or is negative")
        hours[at_s] = value_kwh
    return found


def _interval(entry: Mapping[str, Any], timezone: ZoneInfo) -> tuple[str, datetime, float]:
    """Variable, begin and energy of one interval, once it is seen to be an hour."""
    try:
        began, ended = (
            datetime.fromisoformat(entry[name]) for name in ("from_datetime", "to_datetime")
        )
        elapsed_s = _elapsed_s(began, ended, timezone)
    except (ValueError, OverflowError):
        raise SourceError(f"{SOURCE}: an interval without two times") from None
    if elapsed_s != HOUR_S:
        raise SourceError(f"{SOURCE}: {began} to {ended} is not one hour")
    return str(entry["variable"]), began, number(entry["value"], SOURCE)


def _elapsed_s(began: datetime, ended: datetime, timezone: ZoneInfo) -> float:
    """Length of an interval, on the wall clock where it has no offset."""
    try:
        wall_s = (ended - began).total_seconds()
    except TypeError:
        raise SourceError(f"{SOURCE}: one time with an offset and one without") from None
    if began.tzinfo is not None or wall_s == HOUR_S:
        return wall_s
    # At the clock's changes an hour can look like none, or like two.
    real_s = ended.replace(tzinfo=timezone).timestamp() - began.replace(tzinfo=timezone).timestamp()
    return HOUR_S if wall_s in (0, 2 * HOUR_S) and real_s in (0, HOUR_S) else wall_s


def _start_s(local: datetime, timezone: ZoneInfo) -> int:
    if local.tzinfo is not None:
        return read_iso_s(local.isoformat(), SOURCE)
    return local_epoch_s(local, timezone, SOURCE)
