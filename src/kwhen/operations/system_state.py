"""How a deployment is doing, as its tenants may see it: facts, sources, queue, tables.

Nothing here is a secret, a path of the machine, or of another tenant.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from kwhen.catalog.carbon import carbon_models
from kwhen.catalog.live import sgip, watttime
from kwhen.catalog.live.held import live_store
from kwhen.catalog.live.log import LastTry, last_tries
from kwhen.catalog.live.series import Kind
from kwhen.catalog.live.settings import MARKETS, LiveSettings
from kwhen.catalog.live.store import Coverage
from kwhen.catalog.plans import plan_keys
from kwhen.catalog.sources import Source, sources
from kwhen.catalog.wholesale import pricing_points
from kwhen.errors import KwhenError
from kwhen.operations.deployment import Deployment
from kwhen.operations.vtn.overview import owed_counts
from kwhen.operations.work import Work
from kwhen.records import DeliveryState
from kwhen.storage import deliveries, migrate, webhooks, workers

ALIVE = timedelta(seconds=15)  # a worker tells every two seconds that it lives
_QUERY = re.compile(r"(?<=\S)\?\S+")
_PATH = re.compile(r"(?<![\w:/.])/[\w.~-]+(/[\w.~-]+)+")
PALMETTO, PVWATTS = "PALMETTO", "PVWATTS"
PRICES = frozenset({Kind.DAY_AHEAD_PRICE, Kind.REAL_TIME_PRICE})
CARBON = frozenset({Kind.CARBON, Kind.CARBON_FORECAST})


@dataclass(frozen=True, slots=True, kw_only=True)
class FactState:
    """A kind of facts: the editions that ship, and whether those answer for want of live ones.

    `is_fallback` is None where there is no live source of them.
    """

    name: str
    words: str
    sources: tuple[Source, ...]
    is_fallback: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectorState:
    """A live source: whether it is on, what is held of it, and what went wrong last."""

    name: str
    gives: str
    is_configured: bool
    is_asked: bool = False  # when it is needed, and nothing of it is held
    points_count: int = 0
    fetched_at: datetime | None = None
    reaches: datetime | None = None
    failed: tuple[LastTry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """What waits of the tenant's, and the workers that do it; they work for all tenants."""

    runs_count: int
    waiting_count: int
    failed_count: int
    notifications_count: int
    workers_count: int
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemState:
    """Everything that the page of the system tells."""

    facts: tuple[FactState, ...]
    connectors: tuple[ConnectorState, ...]
    damaged_count: int  # files of live series that cannot be read
    queue: QueueState
    engine: str
    revision: str | None
    newest: str


def system_state(work: Work) -> SystemState:
    """How the deployment is doing now."""
    deployment = work.deployment
    store = live_store(deployment.live_settings, deployment.stock)
    held, damaged = store.list()
    return SystemState(
        facts=tuple(_facts(deployment, held, work.now)),
        connectors=tuple(
            _connectors(deployment.live_settings, held, last_tries(store.folder).values())
        ),
        damaged_count=len(damaged),
        queue=_queue(work),
        engine="SQLite" if deployment.database.is_sqlite else "PostgreSQL",
        revision=migrate.current(deployment.database),
        newest=migrate.newest(),
    )


def _queue(work: Work) -> QueueState:
    counts = deliveries.state_counts(work.session, work.tenant)
    seen = workers.every_worker(work.session)
    return QueueState(
        runs_count=webhooks.underway_count(work.session, work.tenant),
        waiting_count=counts.get(DeliveryState.PENDING, 0),
        failed_count=counts.get(DeliveryState.FAILED, 0),
        notifications_count=sum(owed_counts(work).values()),
        workers_count=sum(work.now - at <= ALIVE for at in seen),
        last_seen_at=seen[0] if seen else None,
    )


def _facts(deployment: Deployment, held: list[Coverage], now: datetime) -> Iterable[FactState]:
    prices, carbon = _reaching(held, PRICES, now), _reaching(held, CARBON, now)
    settings = deployment.live_settings
    yield _plans(deployment)
    yield _fact("Export prices", "Net billing, by vintage and hour", "pge-nbt-export-prices")
    model = carbon_models()[0]
    yield _fact(
        "Marginal carbon", _live(f"{model.title}", carbon), model.source, is_fallback=not carbon
    )
    points = pricing_points()
    yield _fact(
        "Wholesale prices",
        _live(f"Means by month and hour at {len(points)} points", prices),
        *dict.fromkeys(point.source for point in points),
        is_fallback=not prices,
    )
    yield _fact("Average usage", "kWh a year by utility and state", "eia-861-2019")
    yield _fact(
        "Load shapes", "By climate zone, hourly", "load-shape-tmy3",
        is_fallback=not settings.palmetto_key,
    )  # fmt: skip
    yield _fact(
        "Solar yields", "By climate zone, hourly", "pv-yield-tmy3",
        is_fallback=not settings.pvwatts_key,
    )  # fmt: skip
    yield _fact("Places", "ZIP to utility, time zone, grid", "zipcodes", "epa-power-profiler")


def _plans(deployment: Deployment) -> FactState:
    words = f"{len(plan_keys()):,} plans ship"
    try:
        words += f", {len(deployment.stock.imported()):,} were imported"
    except KwhenError:
        words += "; the imported ones are damaged, `kwhen catalog verify` tells which"
    return _fact("Plans", words, "urdb", "ratebook", "tariffkit", "switchbox-rates")


def _fact(name: str, words: str, *ids: str, is_fallback: bool | None = None) -> FactState:
    known = sources()
    told = tuple(known[id] for id in ids if id in known)
    return FactState(name=name, words=words, sources=told, is_fallback=is_fallback)


def _live(words: str, count: int) -> str:
    return f"{words}; live for {count} points" if count else words


def _reaching(held: list[Coverage], kinds: frozenset[Kind], now: datetime) -> int:
    """How many points have live figures of the kinds up to now."""
    now_s = now.timestamp()
    return len({one.point for one in held if one.kind in kinds and one.end_s >= now_s})


def _connectors(
    settings: LiveSettings, held: list[Coverage], tries: Iterable[LastTry]
) -> Iterable[ConnectorState]:
    failed: dict[str, list[LastTry]] = {}
    for one in tries:
        if not one.is_good:
            failed.setdefault(one.group, []).append(replace(one, note=_public(one.note)))
    switched: Mapping[str, tuple[str, bool]] = {
        **{name: ("day-ahead prices", name in settings.markets) for name in MARKETS},
        watttime.GROUP: ("marginal carbon", settings.watttime_account is not None),
        sgip.GROUP: ("marginal carbon", settings.sgip_account is not None),
    }
    for name, (gives, is_on) in switched.items():
        own = [one for one in held if one.point.group == name]
        yield ConnectorState(
            name=name,
            gives=gives,
            is_configured=is_on,
            points_count=len({one.point for one in own}),
            fetched_at=_moment(max((one.fetched_s for one in own), default=None)),
            reaches=_moment(max((one.end_s for one in own), default=None)),
            failed=tuple(failed.get(name, ())),
        )
    asked = ((PALMETTO, "loads of homes", settings.palmetto_key),
             (PVWATTS, "yields of solar", settings.pvwatts_key))  # fmt: skip
    for name, gives, key in asked:
        yield ConnectorState(name=name, gives=gives, is_configured=bool(key), is_asked=True)


def _public(note: str) -> str:
    """An error without paths of the machine, and without what follows a ? in an address."""
    return _PATH.sub("…", _QUERY.sub("", note))


def _moment(epoch_s: float | None) -> datetime | None:
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)
