"""What the grid does at a home: marginal carbon and the market's price, live where it is held."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.catalog.carbon import CarbonSeries, grid_loss_frac, marginal_carbon, region_of
from kwhen.catalog.live.series import Kind, Point
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.places import place
from kwhen.catalog.wholesale import (
    PricingPoint,
    WholesaleSeries,
    climatology,
    no_wholesale_reason,
    pricing_point,
)
from kwhen.engine.grid import Grid, month_hour
from kwhen.engine.signal import at_meter
from kwhen.engine.tariff import IndexedEnergyCharge
from kwhen.engine.words import Missing

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DEFAULT_CARBON_MODEL = "egrid-cambium"
STRIKE_PERCENTILE = 90.0
LEAST_LIVE_DAYS_COUNT = 20  # of a month, before its own prices set its strike
HOUR_S = 3_600
DAY_S = 86_400
WINDOWS_KEPT_COUNT = 512

CarbonFacts = CarbonSeries


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MarketFacts:
    """The market at a home's meter, losses in. Arrays are (N,), NaN where nothing is known."""

    market_usd_per_kwh: Floats
    strike_usd_per_kwh: Floats
    is_live: NDArray[np.bool_]
    point: str
    market: str  # "day-ahead" or "real-time"
    source: str
    vintage: str
    missing: tuple[Missing, ...] = ()


def carbon_facts(home: Home, grid: Grid, model: str | None = None) -> CarbonFacts | None:
    """Marginal carbon at the meter of a home; None without a ZIP. [lb/MWh]"""
    if home.zipcode is None:
        return None
    return _carbon_at(home.zipcode, home.utility_id, grid, model or DEFAULT_CARBON_MODEL)


@lru_cache(maxsize=WINDOWS_KEPT_COUNT)
def _carbon_at(zipcode: str, utility_id: int, grid: Grid, model: str) -> CarbonFacts:
    where = place(zipcode)
    region = region_of(where, model, utility_id)
    return marginal_carbon(region, grid.epoch_s, model=model, zone=where.timezone)


def carbon_gaps(carbon: CarbonFacts | None) -> tuple[Missing, ...]:
    """What is not known of a home's carbon."""
    if carbon is None:
        return (Missing(name="carbon", note="no ZIP is given, so no grid region is known"),)
    return carbon.missing


def follows_the_market(home: Home) -> bool:
    """Whether the plan's own energy price is the market's: then it is in the tariff already."""
    return any(
        isinstance(charge, IndexedEnergyCharge)
        for version in home.versions
        for charge in version.charges
    )


def market_facts(
    home: Home, grid: Grid, live: SeriesStore | None
) -> tuple[MarketFacts | None, tuple[Missing, ...]]:
    """Market price and strike at the meter of a home, and why there are none."""
    if home.zipcode is None:
        return None, (Missing(name="wholesale", note="no ZIP is given, so no market is known"),)
    if live is None:
        return _shipped_market(home.zipcode, home.utility_id, grid)
    return _market_at(home.zipcode, home.utility_id, grid, live)


@lru_cache(maxsize=WINDOWS_KEPT_COUNT)
def _shipped_market(
    zipcode: str, utility_id: int, grid: Grid
) -> tuple[MarketFacts | None, tuple[Missing, ...]]:
    return _market_at(zipcode, utility_id, grid, None)


def _market_at(
    zipcode: str, utility_id: int, grid: Grid, live: SeriesStore | None
) -> tuple[MarketFacts | None, tuple[Missing, ...]]:
    where = place(zipcode)
    point = pricing_point(where, utility_id)
    if point is None:
        return None, (no_wholesale_reason(where, utility_id),)
    series = climatology(point, grid.epoch_s)
    loss = grid_loss_frac(region_of(where, DEFAULT_CARBON_MODEL))
    facts = _with_live(series, point, grid.epoch_s, live)
    facts = replace(
        facts,
        market_usd_per_kwh=at_meter(facts.market_usd_per_kwh, loss),
        strike_usd_per_kwh=at_meter(facts.strike_usd_per_kwh, loss),
    )
    return facts, facts.missing


def _with_live(
    series: WholesaleSeries, point: PricingPoint, epoch_s: Ints, store: SeriesStore | None
) -> MarketFacts:
    """The climatology, with live prices wherever some are held."""
    prices, strike = series.lmp_usd_per_kwh, series.strike_lmp_usd_per_kwh
    is_live = np.zeros(len(epoch_s), dtype=bool)
    market: str = series.market
    source = series.source
    if store is not None:
        kind, held = _held(store, point, epoch_s)
        is_live = np.isfinite(held)
        if is_live.any():
            prices = np.where(is_live, held, prices)
            strike = _live_strike(store, kind, point, epoch_s, strike, is_live)
            market = kind.value.removesuffix("_price").replace("_", "-")
            source = store.told(kind, _live_point(point), epoch_s).origins[0].source
    return MarketFacts(
        market_usd_per_kwh=prices,
        strike_usd_per_kwh=strike,
        is_live=is_live,
        point=point.id,
        market=market,
        source=source,
        vintage=series.vintage,
        missing=() if is_live.all() else series.missing,
    )


def _live_point(point: PricingPoint) -> Point:
    return Point(group=point.iso, name=point.name)


def _held(store: SeriesStore, point: PricingPoint, epoch_s: Ints) -> tuple[Kind, Floats]:
    """Day-ahead prices where they are held, else real-time ones."""
    for kind in (Kind.DAY_AHEAD_PRICE, Kind.REAL_TIME_PRICE):
        values = store.read(kind, _live_point(point), epoch_s)
        if np.isfinite(values).any():
            return kind, values
    return Kind.DAY_AHEAD_PRICE, np.full(len(epoch_s), np.nan)


def _live_strike(
    store: SeriesStore,
    kind: Kind,
    point: PricingPoint,
    epoch_s: Ints,
    strike_usd_per_kwh: Floats,
    is_live: NDArray[np.bool_],
) -> Floats:
    """The month's own 90th percentile where enough of its days are held."""
    month, _ = month_hour(epoch_s, point.zone)
    found = strike_usd_per_kwh.copy()
    for first_s in np.unique(_month_starts_s(epoch_s[is_live])):
        hours = np.arange(first_s, first_s + 31 * DAY_S, HOUR_S, dtype=np.int64)
        mine, _ = month_hour(hours, point.zone)
        values = store.read(kind, _live_point(point), hours)
        inside = mine == np.bincount(mine).argmax()
        known = values[inside & np.isfinite(values)]
        if len(known) >= LEAST_LIVE_DAYS_COUNT * 24:
            here = is_live & (month == mine[inside][0])
            found[here] = np.percentile(known, STRIKE_PERCENTILE)
    return found


def _month_starts_s(epoch_s: Ints) -> Ints:
    months = epoch_s.astype("datetime64[s]").astype("datetime64[M]")
    return months.astype("datetime64[s]").astype(np.int64)
