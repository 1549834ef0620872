"""The price signal of a home: plan, carbon, market and solar put together."""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from kwhen.api.bills import average_kwh_per_day, prices
from kwhen.api.facts import (
    CarbonFacts,
    MarketFacts,
    carbon_facts,
    carbon_gaps,
    follows_the_market,
    market_facts,
)
from kwhen.api.homes import Home
from kwhen.catalog.baseline import exporting_share_frac
from kwhen.catalog.live.store import SeriesStore
from kwhen.catalog.places import place
from kwhen.catalog.plans import rate_plan
from kwhen.engine.blocks import Block, price_blocks
from kwhen.engine.grid import Calendar, Grid, covering, instant, whole_days
from kwhen.engine.history import at_steps, exporting_frac, mean_daily_kwh
from kwhen.engine.kept import kept
from kwhen.engine.marginal import Prices
from kwhen.engine.signal import (
    Component,
    Ingredients,
    SignalArrays,
    SignalSettings,
    Trust,
    signal_arrays,
)
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Missing
from kwhen.errors import ChoiceError

Floats = NDArray[np.float64]

EVERY_COMPONENT = frozenset(Component)
DEFAULT_SETTINGS = SignalSettings()
DEFAULT_TRUST = Trust()
WINDOWS_KEPT_MIB = 4
OWN_DAYS_COUNT = 28  # of a calendar month, before a home's own history says when it exports


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceNote:
    """Where a component's figures come from."""

    component: str
    source: str
    vintage: str = ""
    is_fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Signal:
    """Prices of every step of a window, with what they are made of. Arrays are (N,)."""

    start: datetime  # UTC
    end: datetime  # UTC; a last partial step ends here
    step_minutes: int
    arrays: SignalArrays
    co2e_lb_per_mwh: Floats | None  # at the meter
    exporting_frac: Floats | None  # chance that the home exports, where that enters the price
    settings: SignalSettings
    sources: tuple[SourceNote, ...]
    missing: tuple[Missing, ...]
    versions: tuple[date, ...]
    is_nearest: bool  # some day had no version of the plan in force
    export_rule: str | None
    plan: str
    tariff: Prices  # the plan's rates, which know what they pay for

    @property
    def import_usd_per_kwh(self) -> Floats:
        """Marginal import rate of the plan: what the bill will say."""
        return self.arrays.import_usd_per_kwh

    @property
    def export_usd_per_kwh(self) -> Floats:
        """Marginal export rate of the plan; 0 where it pays nothing."""
        return self.arrays.export_usd_per_kwh

    @property
    def price(self) -> Floats:
        """Expected marginal price with every component chosen. [USD/kWh]"""
        return self.arrays.price_usd_per_kwh

    @property
    def export_price(self) -> Floats:
        """Full value of exporting. [USD/kWh]"""
        return self.arrays.export_price_usd_per_kwh

    @property
    def confidence(self) -> Floats:
        """How well the price is known, 0 to 1, from how each component is."""
        return self.arrays.confidence_frac

    @property
    def blocks(self) -> Sequence[Block]:
        """Stretches of equal price, import and export."""
        found = self.arrays
        return price_blocks(
            self.start,
            self.end,
            self.step_minutes,
            found.price_usd_per_kwh,
            found.import_usd_per_kwh,
            found.export_usd_per_kwh,
            found.confidence_frac,
        )


def price_signal(
    home: Home,
    start: date | datetime,
    end: date | datetime,
    *,
    components: Iterable[Component | str] = EVERY_COMPONENT,
    nearest: bool = False,
    step_minutes: int = 15,
    settings: SignalSettings = DEFAULT_SETTINGS,
    trust: Trust = DEFAULT_TRUST,
    carbon_model: str | None = None,
    live: SeriesStore | None = None,
) -> Signal:
    """Price signal of a home, one value a step counted from `start`. [USD/kWh]

    Parameters
    ----------
    home : plan, ZIP, solar, carbon intensity, market participation, own history
    start, end : local dates of the plan or aware datetimes, half-open
    components : what enters `price`: "tariff", "wholesale", "carbon", "solar"
    nearest : price days that no version covers with the closest version
    settings, trust : the coefficients of the signal and of its confidence
    carbon_model : one of `kwhen.catalog.carbon.carbon_models()`; None: the default
    live : market prices and emissions that were fetched; None: the shipped tables

    Raises
    ------
    UsageError, CoverageError, ChoiceError, NotFound : as the messages say
    """
    chosen = _components(components)
    zone = home.versions[-1].timezone
    tariff = _tariff_prices(home, start, end, step_minutes, nearest)
    grid = covering(start, end, step_minutes, zone)
    carbon = carbon_facts(home, grid, carbon_model, live)
    market, market_gaps = _market(home, grid, chosen, live)
    exporting, solar_trust_frac, solar_gaps = _exporting(home, grid, trust)
    given = Ingredients(
        import_usd_per_kwh=tariff.import_usd_per_kwh,
        export_usd_per_kwh=tariff.export_usd_per_kwh * (home.solar is not None),
        tariff_trust_frac=_tariff_trust_frac(tariff, trust),
        co2e_lb_per_mwh=carbon.lb_per_mwh_at_meter if carbon else None,
        carbon_usd_per_tonne=settings.carbon_price_usd_per_tonne(home.carbon_intensity),
        carbon_trust_frac=_carbon_trust_frac(carbon, trust),
        market_usd_per_kwh=market.market_usd_per_kwh if market else None,
        strike_usd_per_kwh=market.strike_usd_per_kwh if market else None,
        market_trust_frac=_market_trust_frac(market, trust),
        exporting_frac=exporting,
        solar_trust_frac=solar_trust_frac,
    )
    gaps = (*tariff.missing, *carbon_gaps(carbon), *market_gaps, *solar_gaps)
    return Signal(
        start=instant(start, zone),
        end=instant(end, zone),
        step_minutes=step_minutes,
        arrays=signal_arrays(given, chosen, settings),
        co2e_lb_per_mwh=given.co2e_lb_per_mwh,
        exporting_frac=exporting,
        settings=settings,
        sources=_notes(home, carbon, market),
        missing=tuple(dict.fromkeys(gaps)),
        versions=tariff.versions,
        is_nearest=tariff.is_nearest,
        export_rule=tariff.export_rule,
        plan=tariff.plan,
        tariff=tariff,
    )


def _components(components: Iterable[Component | str]) -> frozenset[Component]:
    try:
        return frozenset(Component(getattr(name, "value", name)) for name in components)
    except ValueError as error:
        known = ", ".join(repr(component.value) for component in Component)
        raise ChoiceError(f"{error}; components are {known}") from error


def _tariff_prices(
    home: Home, start: date | datetime, end: date | datetime, step_minutes: int, nearest: bool
) -> Prices:
    plan = rate_plan(home.plan) if isinstance(home.plan, str) else home.plan
    return prices(
        plan,
        start,
        end,
        step_minutes=step_minutes,
        expected_kwh=_expected_kwh(home, start, end),
        customer=home.billed_customer(),
        nearest=nearest,
    )


def _expected_kwh(home: Home, start: date | datetime, end: date | datetime) -> Floats | None:
    """Expected use of each calendar month touched: the home's own mean day of it. (M,) [kWh]

    A month of which its history has no day ends in the plan's first tier, its baseline, or is the
    average customer's. None where there is no such day at all: then that holds for every month.
    """
    if home.history is None:
        return None
    zone = home.versions[-1].timezone
    window = covering(start, end, 60, zone)
    first, last = (window.date_of(day) for day in (0, window.days_count - 1))
    past = home.history
    mean = mean_daily_kwh(_history_grid(home, zone), past.import_kwh, past.read_steps())
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    by_day = mean[[m % 12 for m in months]]
    if np.isnan(by_day).all():
        return None
    usual = average_kwh_per_day(home.versions[0]) or 0.0
    days = np.array([monthrange(m // 12, m % 12 + 1)[1] for m in months])
    return np.asarray(np.where(np.isnan(by_day), usual, by_day) * days)


def _history_grid(home: Home, zone: str) -> Grid:
    assert home.history is not None
    past = home.history
    count = len(past.import_kwh)
    return whole_days(past.start.date(), count, past.step_minutes, zone, Calendar.CIVIL)


def _tariff_trust_frac(tariff: Prices, trust: Trust) -> float:
    known = trust.nearest_frac if tariff.is_nearest else trust.in_force_frac
    return known * trust.gap_factor_frac if tariff.missing else known


def _market(
    home: Home, grid: Grid, chosen: frozenset[Component], live: SeriesStore | None
) -> tuple[MarketFacts | None, tuple[Missing, ...]]:
    """The market's prices where they enter the signal."""
    wanted = Component.WHOLESALE in chosen and home.market_participation
    if not wanted or follows_the_market(home):
        return None, ()
    return market_facts(home, grid, live)


def _carbon_trust_frac(carbon: CarbonFacts | None, trust: Trust) -> float:
    live_frac = float(carbon.is_live.mean()) if carbon is not None else 0.0
    return live_frac * trust.live_carbon_frac + (1 - live_frac) * trust.embedded_carbon_frac


def _market_trust_frac(market: MarketFacts | None, trust: Trust) -> float:
    if market is None or not market.is_live.any():
        return trust.wholesale_climatology_frac
    live_frac = float(market.is_live.mean())
    return live_frac * trust.day_ahead_frac + (1 - live_frac) * trust.wholesale_climatology_frac


def _exporting(
    home: Home, grid: Grid, trust: Trust
) -> tuple[Floats | None, float, tuple[Missing, ...]]:
    """Chance that the home exports in each step (N,), how well it is known, and the gaps.

    None for homes without solar and for net-metered ones: the price of both is of import.
    """
    if home.solar is None or home.is_net_metered:
        return None, 0.0, ()
    own = None
    if home.history is not None and home.history.export_kwh is not None:
        past = _history_grid(home, home.versions[-1].timezone)
        exported, is_read = home.history.export_kwh, home.history.read_steps()
        own = at_steps(grid, exporting_frac(past, exported, is_read, OWN_DAYS_COUNT))
    if own is not None and np.isfinite(own).all():
        return own, trust.own_solar_history_frac, ()
    if home.zipcode is None:
        note = "no ZIP that the tables know is given, so it is not known when the home exports"
        return None, 0.0, (Missing(name="solar_share", note=note),)
    shapes = _shipped_share(home.zipcode, home.utility_id, home.solar, home.annual_kwh, grid)
    if own is None:
        return shapes, trust.solar_shapes_frac, ()
    return np.where(np.isfinite(own), own, shapes), trust.solar_shapes_frac, ()


@kept(WINDOWS_KEPT_MIB)
def _shipped_share(
    zipcode: str, utility_id: int, solar: SolarSystem, annual_kwh: float | None, grid: Grid
) -> Floats:
    """Chance of exporting at each step by the shapes of load and sun. (N,)"""
    return at_steps(grid, exporting_share_frac(place(zipcode), utility_id, solar, annual_kwh))


def _notes(
    home: Home, carbon: CarbonFacts | None, market: MarketFacts | None
) -> tuple[SourceNote, ...]:
    tariff = home.versions[-1]
    sources = (tariff.variants[0] if tariff.variants else tariff).sources
    notes = [SourceNote(component="tariff", source=", ".join(sources))]
    if carbon is not None:
        notes.append(
            SourceNote(
                component="carbon",
                source=carbon.source,
                vintage=carbon.vintage,
                is_fallback=carbon.is_fallback,
            )
        )
    if market is not None:
        notes.append(
            SourceNote(
                component="wholesale",
                source=market.source,
                vintage=market.vintage,
                is_fallback=not bool(market.is_live.any()),
            )
        )
    return tuple(notes)


def price_signals(
    homes: Sequence[Home],
    start: date | datetime,
    end: date | datetime,
    *,
    components: Iterable[Component | str] = EVERY_COMPONENT,
    nearest: bool = False,
    step_minutes: int = 15,
    settings: SignalSettings = DEFAULT_SETTINGS,
    trust: Trust = DEFAULT_TRUST,
    carbon_model: str | None = None,
    live: SeriesStore | None = None,
) -> list[Signal]:
    """Price signals of many homes, in their order; arguments and errors as of `price_signal`.

    Homes that are alike (plan, place, customer, solar, settings) share one computation.
    """
    chosen = _components(components)
    made: dict[Home, Signal] = {}
    found = []
    for home in homes:
        signal = made.get(home) if home.history is None else None
        if signal is None:
            signal = price_signal(
                home,
                start,
                end,
                components=chosen,
                nearest=nearest,
                step_minutes=step_minutes,
                settings=settings,
                trust=trust,
                carbon_model=carbon_model,
                live=live,
            )
            if home.history is None:
                made[home] = signal
        found.append(signal)
    return found
