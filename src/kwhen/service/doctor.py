"""What a service would meet if it started now: its settings, database, disk, facts and port."""

import os
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPConnection
from pathlib import Path

from pydantic import SecretStr

from kwhen.catalog.live.held import live_store
from kwhen.catalog.live.settings import MARKETS, LiveSettings, setting_names
from kwhen.catalog.live.settings import read_settings as read_live_settings
from kwhen.catalog.plans import plan_keys
from kwhen.catalog.stock import SETTING as CATALOG
from kwhen.catalog.stock import stock_of
from kwhen.config import CONFIG, PREFIX, config_file, environment, origin_of, variable
from kwhen.errors import KwhenError
from kwhen.operations.database_state import database_state
from kwhen.service.listener import open_listener
from kwhen.service.portal.assets import ScriptsMissing, bundle
from kwhen.settings import Settings

GIB_BYTES = 1024**3
LEAST_FREE_BYTES = 256 * 1024**2
HIDDEN = "(hidden)"
HOUR_S, DAY_S = 3600.0, 86_400.0
ANSWER_S = 2.0
STALE_S = 2 * DAY_S  # day-ahead prices come once a day
MORE_NAMES = {CONFIG, CATALOG, "KWHEN_DEBUG", "KWHEN_URDB_KEY"}  # read elsewhere


class State(StrEnum):
    """What a finding means."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"  # the service cannot start


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    state: State
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldSetting:
    """A setting, and where its value comes from: option, environment, a file or the default."""

    name: str
    value: str
    origin: str


def told_settings(settings: Settings, given: Collection[str] = ()) -> list[ToldSetting]:
    """Every setting of the service, and those of live data that are set."""
    found = [
        ToldSetting(name=variable(name), value=_shown(value), origin=origin)
        for name, value in settings
        if (origin := origin_of(name, given))
    ]
    words = environment()
    for name in (*setting_names(), CATALOG):
        if words.get(name):
            value = HIDDEN if name.endswith(("_KEY", "_PASSWORD")) else words[name]
            origin = origin_of(name.removeprefix(PREFIX).lower())
            found.append(ToldSetting(name=name, value=value, origin=origin))
    return found


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return HIDDEN
    return "(none)" if value in (None, "") else str(value)


def examine(settings: Settings) -> Iterator[Finding]:
    """Look at everything; nothing is changed."""
    yield _file()
    yield from _unknown_names()
    yield _database(settings)
    yield _disk(settings.data.expanduser())
    yield from _facts()
    yield _portal()
    yield _limits(settings)
    yield _port(settings)


def _file() -> Finding:
    file = config_file()
    words = f"{file}" if file else f"none; {CONFIG} or kwhen.toml in the working folder"
    return Finding(what="settings file", state=State.GOOD, words=words)


def _unknown_names() -> Iterator[Finding]:
    known = {variable(name) for name in Settings.model_fields}
    known |= {*setting_names(), *MORE_NAMES}
    for name in sorted(set(environment()) - known):
        if name.startswith(PREFIX):
            words = "is no setting, and has no effect; docs/settings.md lists all"
            yield Finding(what=name, state=State.NOTE, words=words)


def _database(settings: Settings) -> Finding:
    try:
        found = database_state(settings)
    except (KwhenError, OSError) as error:
        return Finding(what="database", state=State.BAD, words=str(error))
    state, words = State.GOOD, f"{found.url}, revision {found.revision}"
    if found.is_ours is False:
        state = State.BAD
        words = f"{found.url} was set up with another secret; give that one as KWHEN_SECRET"
    elif found.revision is None:
        words = f"{found.url} is empty; the first start makes its tables"
    elif not found.is_up_to_date:
        state = State.NOTE if settings.auto_upgrade else State.BAD
        words += f", this kwhen works with {found.newest}: `kwhen db upgrade`"
    else:
        words += ", the secret is its own" if found.is_ours else ", no secret was used yet"
    return Finding(what="database", state=state, words=words)


def _disk(folder: Path) -> Finding:
    there = next(part for part in (folder, *folder.parents) if part.exists())
    free_bytes = shutil.disk_usage(there).free
    words = f"{free_bytes / GIB_BYTES:.1f} GiB are free in {folder}"
    if not there.is_dir() or not os.access(there, os.W_OK):
        words = f"{there} is no folder that can be written to; see KWHEN_DATA"
        return Finding(what="data", state=State.BAD, words=words)
    is_enough = free_bytes >= LEAST_FREE_BYTES
    return Finding(what="data", state=State.GOOD if is_enough else State.NOTE, words=words)


def _portal() -> Finding:
    try:
        found = bundle()
    except ScriptsMissing as error:
        return Finding(what="portal", state=State.BAD, words=str(error))
    return Finding(what="portal", state=State.GOOD, words=f"{len(found.files)} files for its pages")


def _facts() -> Iterator[Finding]:
    words = environment()
    stock = stock_of(words)
    shipped = f"{len(plan_keys())} ship with kwhen"
    try:
        imported = f"{len(stock.imported())} were imported into {stock.folder}"
        yield Finding(what="plans", state=State.GOOD, words=f"{shipped}, {imported}")
    except (KwhenError, OSError) as error:
        yield Finding(what="plans", state=State.BAD, words=f"{shipped}; {error}")
    try:
        settings = read_live_settings(words)
    except KwhenError as error:
        yield Finding(what="live data", state=State.BAD, words=str(error))
        return
    fetched_s: dict[str, float] = {}
    held, damaged = live_store(settings, stock).list()
    for series in held:
        group = series.point.group
        fetched_s[group] = max(series.fetched_s, fetched_s.get(group, 0.0))
    yield from _live(settings, fetched_s, time.time())
    for damage in damaged:
        yield Finding(what="live data", state=State.NOTE, words=str(damage))


def _live(settings: LiveSettings, fetched_s: dict[str, float], now_s: float) -> Iterator[Finding]:
    configured = {
        **{name: name in settings.markets for name in MARKETS},
        "WATTTIME": settings.watttime_account is not None,
        "SGIP": settings.sgip_account is not None,
    }
    for name, is_on in configured.items():
        at_s = fetched_s.get(name)
        age_s = None if at_s is None else now_s - at_s
        is_stale = is_on and (age_s is None or age_s > STALE_S)
        held = "nothing is held" if age_s is None else f"the newest was fetched {_ago(age_s)}"
        yield Finding(
            what=name,
            state=State.NOTE if is_stale else State.GOOD,
            words=f"{'configured' if is_on else 'not configured'}, {held}",
        )
    for name, key in (("PALMETTO", settings.palmetto_key), ("PVWATTS", settings.pvwatts_key)):
        words = "configured, asked when it is needed" if key else "not configured"
        yield Finding(what=name, state=State.GOOD, words=words)


def _ago(age_s: float) -> str:
    if age_s < 2 * DAY_S:
        return f"{age_s / HOUR_S:.0f} hours ago"
    return f"{age_s / DAY_S:.0f} days ago"


def _limits(settings: Settings) -> Finding:
    counts = (
        (settings.rate_limit_per_minute, "a minute for a key"),
        (settings.open_rate_limit_per_minute, "a minute for an address without one"),
        (settings.agent_credentials_per_hour, "sandboxes an hour for an address"),
    )
    words = ", ".join(f"{count or 'any number'} {what}" for count, what in counts)
    return Finding(what="rate limits", state=State.GOOD, words=words)


def _port(settings: Settings) -> Finding:
    where = f"{settings.host}, port {settings.port}"
    try:
        open_listener(settings.host, settings.port).close()
    except KwhenError as error:
        if settings.port and _is_kwhen(settings.host, settings.port):
            return Finding(what="port", state=State.GOOD, words=f"kwhen answers at {where}")
        return Finding(what="port", state=State.BAD, words=str(error))
    return Finding(what="port", state=State.GOOD, words=f"{where} is free")


def _is_kwhen(host: str, port: int) -> bool:
    connection = HTTPConnection(host, port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/healthz")
        return (connection.getresponse().getheader("x-request-id") or "").startswith("req_")
    except OSError:
        return False
    finally:
        connection.close()
