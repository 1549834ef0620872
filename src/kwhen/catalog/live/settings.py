"""The settings of the live sources. Without them every source is off, and nothing is asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from kwhen.catalog.live import caiso, ercot, nyiso, other, palmetto, pvwatts, sgip, watttime
from kwhen.catalog.live.series import Point, read_point
from kwhen.errors import SourceError

MARKETS = (caiso.GROUP, nyiso.GROUP, ercot.GROUP, *other.PLACES)


def _setting(name: str, words: str, default: Any, *, is_secret: bool = False) -> Any:
    return field(
        default=default, repr=not is_secret, metadata={"name": f"KWHEN_{name}", "words": words}
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSettings:
    """What is switched on, where to ask and as whom. Secrets are not shown in its `repr`."""

    markets: tuple[str, ...] = _setting(
        "MARKETS", f"markets to ask for prices: {', '.join(MARKETS)}", ()
    )
    points: tuple[Point, ...] = _setting(
        "POINTS", "pricing points as CAISO/DLAP_PGAE-APND, …; else every zone of the market", ()
    )
    caiso_url: str = _setting("CAISO_URL", "another address of OASIS", caiso.BASE_URL)
    nyiso_url: str = _setting("NYISO_URL", "another address of NYISO's files", nyiso.BASE_URL)
    ercot_url: str = _setting("ERCOT_URL", "another address of ERCOT's files", ercot.FILES_URL)
    ercot_api_url: str = _setting(
        "ERCOT_API_URL", "another address of ERCOT's public API", ercot.API_URL
    )
    ercot_token_url: str = _setting(
        "ERCOT_TOKEN_URL", "another address of ERCOT's log-in", ercot.TOKEN_URL
    )
    ercot_user: str = _setting("ERCOT_USER", "user of ERCOT's public API", "")
    ercot_password: str = _setting("ERCOT_PASSWORD", "its password", "", is_secret=True)
    ercot_key: str = _setting("ERCOT_KEY", "its subscription key", "", is_secret=True)
    watttime_url: str = _setting("WATTTIME_URL", "another address of WattTime", watttime.BASE_URL)
    watttime_user: str = _setting("WATTTIME_USER", "user of WattTime", "")
    watttime_password: str = _setting("WATTTIME_PASSWORD", "its password", "", is_secret=True)
    watttime_regions: tuple[str, ...] = _setting(
        "WATTTIME_REGIONS", "regions to ask for, such as CAISO_NORTH", ("CAISO_NORTH",)
    )
    sgip_url: str = _setting("SGIP_URL", "another address of the SGIP signal", sgip.BASE_URL)
    sgip_user: str = _setting("SGIP_USER", "user of the SGIP signal", "")
    sgip_password: str = _setting("SGIP_PASSWORD", "its password", "", is_secret=True)
    sgip_regions: tuple[str, ...] = _setting(
        "SGIP_REGIONS", "regions to ask for, such as SGIP_CAISO_PGE", sgip.REGIONS[:3]
    )
    palmetto_url: str = _setting("PALMETTO_URL", "another address of Palmetto", palmetto.BASE_URL)
    palmetto_key: str = _setting("PALMETTO_KEY", "key of Palmetto", "", is_secret=True)
    pvwatts_url: str = _setting("PVWATTS_URL", "another address of PVWatts", pvwatts.BASE_URL)
    pvwatts_key: str = _setting("PVWATTS_KEY", "key of developer.nlr.gov", "", is_secret=True)
    live_timeout_s: float = _setting("LIVE_TIMEOUT_S", "seconds to wait for an answer", 60.0)
    live: str = _setting("LIVE", "folder of what was fetched; else in the data folder", "")

    def __post_init__(self) -> None:
        if unknown := [name for name in self.markets if name not in MARKETS]:
            raise SourceError(
                f"KWHEN_MARKETS: no market {unknown[0]!r}; known: {', '.join(MARKETS)}"
            )
        for part in fields(self):
            given = getattr(self, part.name)
            if part.name.endswith("_url") and not re.match(r"https?://[^\s/]", given):
                raise SourceError(f"{part.metadata['name']}: {given!r} is no http address")
        if not 0 < self.live_timeout_s <= 3600:
            raise SourceError(f"KWHEN_LIVE_TIMEOUT_S: {self.live_timeout_s:g} is not 1 to 3600 s")

    @property
    def ercot_account(self) -> ercot.Account | None:
        """The account of ERCOT's API, None where it is not whole."""
        if not (self.ercot_user and self.ercot_password and self.ercot_key):
            return None
        return ercot.Account(
            user=self.ercot_user,
            password=self.ercot_password,
            subscription_key=self.ercot_key,
            api_url=self.ercot_api_url,
            token_url=self.ercot_token_url,
        )

    @property
    def watttime_account(self) -> watttime.Account | None:
        """The user of WattTime, None where it is not whole."""
        if not (self.watttime_user and self.watttime_password):
            return None
        return watttime.Account(
            user=self.watttime_user, password=self.watttime_password, base_url=self.watttime_url
        )

    @property
    def sgip_account(self) -> sgip.Account | None:
        """The user of the SGIP signal, None where it is not whole."""
        if not (self.sgip_user and self.sgip_password):
            return None
        return sgip.Account(
            user=self.sgip_user, password=self.sgip_password, base_url=self.sgip_url
        )


def setting_names() -> Mapping[str, str]:
    """Every setting by the name of its environment variable, and what it is for."""
    return {part.metadata["name"]: part.metadata["words"] for part in fields(LiveSettings)}


def read_settings(environment: Mapping[str, str]) -> LiveSettings:
    """The settings of an environment; a variable that is blank is not set.

    Raises
    ------
    SourceError
        A variable is not what it should be.
    """
    given: dict[str, Any] = {}
    for part in fields(LiveSettings):
        text = environment.get(part.metadata["name"], "").strip()
        if text:
            given[part.name] = _value(part.name, part.metadata["name"], text)
    return LiveSettings(**given)


def _value(part: str, name: str, text: str) -> Any:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",") if word.strip()))
    if part == "markets":
        return tuple(word.upper().replace("-", "") for word in words)
    if part == "points":
        return tuple(map(read_point, words))
    if part.endswith("_regions"):
        return words
    if part == "live_timeout_s":
        try:
            return float(text)
        except ValueError:
            raise SourceError(f"{name}: {text!r} is no number of seconds") from None
    return text
