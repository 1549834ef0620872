"""What the grid does at a home: marginal carbon and the market's price, live where it is held."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.catalog.carbon import grid_loss_frac, marginal_carbon, region_of
from kwhen.catalog.live.series import Kind, Point, read_point
from kwhen.catalog.live.store import Mark, SeriesStore
from kwhen.catalog.places import place
from kwhen.catalog.wholesale import (
    PricingPoint,
    WholesaleSeries,
    climatology,
    no_wholesale_reason,
    pricing_point,
)
from kwhen.engine.grid import Grid, offsets_s
from kwhen.engine.hours import hourly_lb_per_mwh, steps_of_hour
from kwhen.engine.kept import kept
from kwhen.engine.signal import at_meter
from kwhen.engine.tariff import IndexedEnergyCharge
from kwhen.engine.words import Missing
from kwhen.errors import CoverageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

Marks = tuple[Mark | None, ...]  # of the files of live series

DEFAULT_CARBON_MODEL = "egrid-cambium"
SGIP_MODEL = "sgip"
STRIKE_PERCENTILE = 90.0
LEAST_LIVE_DAYS_COUNT = 20  # of a month, before its own prices set its strike
LIVE_PRICES = (Kind.DAY_AHEAD_PRICE, Kind.REAL_TIME_PRICE)  # the first that is held counts
HOUR_S = 3_600
DAY_S = 86_400
WINDOWS_KEPT_MIB = 4  # a day at 15 minutes is about 5 kB, a year 2 MB
PLACES_KEPT_COUNT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CarbonFacts:
    """Marginal carbon at a home's meter, losses in. (N,) [lb/MWh]"""

    lb_per_mwh_at_meter: Floats
    hour_lb_per_mwh: Floats | None  # (N ÷ S,) where it stays the same in every clock hour
    is_live: Bools  # (N,)
    region: str  # of the model, or the point of a live signal
    model: str
    source: str
    vintage: str
    is_fallback: bool  # live figures were asked for and some are not held, or no region is known
    missing: tuple[Missing, ...]


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


def carbon_facts(
    home: Home, grid: Grid, model: str | None = None, live: SeriesStore | None = None
) -> CarbonFacts | None:
    """Marginal carbon at the meter of a home; None without a ZIP. [lb/MWh]

    Live figures count where some are held and no model is named; the table fills the rest.
    """
    if home.zipcode is None:
        return None
    table = _carbon_at(home.zipcode, home.utility_id, grid, model or DEFAULT_CARBON_MODEL)
    point = live_carbon_point(home) if live is not None and model is None else None
    if live is None or point is None:
        return table
    marks = tuple(live.mark(kind, point) for kind in (Kind.CARBON, Kind.CARBON_FORECAST))
    return _with_live_carbon(table, home.zipcode, grid, live, point, marks)


@kept(WINDOWS_KEPT_MIB)
def _carbon_at(zipcode: str, utility_id: int, grid: Grid, model: str) -> CarbonFacts:
    where = place(zipcode)
    region = region_of(where, model, utility_id)
    series = marginal_carbon(region, grid.epoch_s, model=model, zone=where.timezone)
    return CarbonFacts(
        lb_per_mwh_at_meter=series.lb_per_mwh_at_meter,
        hour_lb_per_mwh=hourly_lb_per_mwh(series.lb_per_mwh_at_meter, steps_of_hour(grid)),
        is_live=np.zeros(grid.count, dtype=bool),
        region=region,
        model=model,
        source=series.source,
        vintage=series.vintage,
        is_fallback=series.is_fallback,
        missing=series.missing,
    )


def live_carbon_point(home: Home) -> Point | None:
    """Whose live signal tells a home's carbon: its own choice, else its utility's SGIP region."""
    if home.carbon_point is not None:
        return read_point(home.carbon_point)
    return _sgip_point(home.zipcode, home.utility_id) if home.zipcode is not None else None


@lru_cache(maxsize=PLACES_KEPT_COUNT)
def _sgip_point(zipcode: str, utility_id: int) -> Point | None:
    try:
        return Point(group="SGIP", name=region_of(place(zipcode), SGIP_MODEL, utility_id))
    except CoverageError:
        return None


@kept(WINDOWS_KEPT_MIB)
def _with_live_carbon(
    table: CarbonFacts, zipcode: str, grid: Grid, live: SeriesStore, point: Point, marks: Marks
) -> CarbonFacts:
    """The table, with measured or forecast rates wherever some are held; `marks` tell of which."""
    measured = live.told(Kind.CARBON, point, grid.epoch_s)
    forecast = live.told(Kind.CARBON_FORECAST, point, grid.epoch_s)
    held = np.where(np.isfinite(measured.values), measured.values, forecast.values)
    is_live = np.isfinite(held)
    if not is_live.any():
        return replace(table, is_fallback=True)
    loss = grid_loss_frac(region_of(place(zipcode), DEFAULT_CARBON_MODEL))
    rate = np.where(is_live, at_meter(held, loss), table.lb_per_mwh_at_meter)
    return replace(
        table,
        lb_per_mwh_at_meter=rate,
        hour_lb_per_mwh=hourly_lb_per_mwh(rate, steps_of_hour(grid)),
        is_live=is_live,
        region=str(point),
        model="live",
        source=(measured.origins + forecast.origins)[0].source,
        vintage="live",
        is_fallback=not bool(is_live.all()),
    )


def carbon_gaps(carbon: CarbonFacts | None) -> tuple[Missing, ...]:
    """What is not known of a home's carbon."""
    if carbon is None:
        return (
            Missing(
                name="carbon",
                note="no ZIP that the tables know is given, so no grid region is known",
            ),
        )
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
        return None, (
            Missing(
                name="wholesale", note="no ZIP that the tables know is given, so no market is known"
            ),
        )
    marks = market_marks(home.zipcode, home.utility_id, live)
    return market_at(home.zipcode, home.utility_id, grid, live, marks)


def market_marks(zipcode: str, utility_id: int, live: SeriesStore | None) -> Marks:
    """What tells one state of a place's live prices from another."""
    point = _market_point(zipcode, utility_id) if live is not None else None
    if live is None or point is None:
        return ()
    return tuple(live.mark(kind, _live_point(point)) for kind in LIVE_PRICES)


@lru_cache(maxsize=PLACES_KEPT_COUNT)
def _market_point(zipcode: str, utility_id: int) -> PricingPoint | None:
    return pricing_point(place(zipcode), utility_id)


@kept(WINDOWS_KEPT_MIB)
def market_at(
    zipcode: str, utility_id: int, grid: Grid, live: SeriesStore | None, marks: Marks
) -> tuple[MarketFacts | None, tuple[Missing, ...]]:
    """Market price and strike at the meters of a place; `marks` are `market_marks`."""
    where = place(zipcode)
    point = _market_point(zipcode, utility_id)
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
    for kind in LIVE_PRICES:
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
    month_of_step = _local_month(epoch_s, point.zone)
    found = strike_usd_per_kwh.copy()
    for month in np.unique(month_of_step[is_live]):
        first_s = int(month.astype("datetime64[s]").astype(np.int64))
        hours = np.arange(first_s - DAY_S, first_s + 33 * DAY_S, HOUR_S, dtype=np.int64)
        hours = hours[_local_month(hours, point.zone) == month]
        values = store.read(kind, _live_point(point), hours)
        known = values[np.isfinite(values)]
        if len(known) >= LEAST_LIVE_DAYS_COUNT * 24:
            found[is_live & (month_of_step == month)] = np.percentile(known, STRIKE_PERCENTILE)
    return found


def _local_month(epoch_s: Ints, zone: str) -> NDArray[np.datetime64]:
    """Calendar month of each moment on the wall clock. (N,)"""
    local_s = epoch_s + offsets_s(epoch_s, zone)
    return local_s.astype("datetime64[s]").astype("datetime64[M]")
