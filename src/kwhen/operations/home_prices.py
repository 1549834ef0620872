"""A home's price of today and tomorrow, taken apart; what it used beside what that cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.api.signals import Signal
from kwhen.engine.grid import instant, zone_of
from kwhen.engine.words import ChargeClass
from kwhen.operations.home_values import home_value
from kwhen.operations.price_signals import Window, signal_for_value
from kwhen.operations.work import Work
from kwhen.records import HomeRecord

Floats = NDArray[np.float64]

DAYS_SHOWN = 2  # today and tomorrow
DAYS_USED = 7  # the last ones of the home's history
NEAR_FRAC = 0.15  # of the span between cheapest and dearest: so near counts as the same
LEAST_SPAN_USD_PER_KWH = 0.005  # below it no hour is worth waiting for
WHOLESALE, CARBON = "wholesale", "carbon"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A time in which the price is near its lowest or highest, half-open."""

    start: datetime
    end: datetime
    mean_usd_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HomePrices:
    """The signal of two local days, its import price by what it pays for. Arrays are (N,)."""

    signal: Signal
    zone: str
    now: datetime
    starts: tuple[datetime, ...]  # of each step, in the home's time zone
    parts: Mapping[str, Floats]  # classes of the plan, then wholesale and carbon [USD/kWh]
    periods: Sequence[str]  # time-of-use period of each step, "" where there is none

    @property
    def now_step(self) -> int:
        """Which step is running."""
        passed_s = (self.now - self.signal.start).total_seconds()
        return int(passed_s // (self.signal.step_minutes * 60))

    def cheapest(self) -> Stretch | None:
        """When it is cheapest from now on; None where the price hardly changes."""
        return self._stretch(self.signal.price)

    def dearest(self) -> Stretch | None:
        """When it is dearest from now on."""
        return self._stretch(-self.signal.price)

    def _stretch(self, cost: Floats) -> Stretch | None:
        """The longest run of steps whose cost is near the least, the first of equal ones."""
        first = self.now_step
        ahead = cost[first:]
        span = float(np.ptp(ahead))
        if span < LEAST_SPAN_USD_PER_KWH:
            return None
        near = np.concatenate(([0], ahead <= ahead.min() + NEAR_FRAC * span, [0]))
        edges = np.flatnonzero(np.diff(near.astype(int))).reshape(-1, 2)
        low, high = edges[int(np.argmax(edges[:, 1] - edges[:, 0]))] + first
        return Stretch(
            start=self.starts[low],
            end=self.ends[high - 1],
            mean_usd_per_kwh=float(self.signal.price[low:high].mean()),
        )

    @property
    def ends(self) -> tuple[datetime, ...]:
        """End of each step."""
        last = self.signal.end.astimezone(self.starts[0].tzinfo)
        return (*self.starts[1:], last)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PricedUse:
    """The last days of a home's history beside the plan's rates of them. Arrays are (N,)."""

    signal: Signal
    starts: tuple[datetime, ...]
    import_kwh: Floats
    export_kwh: Floats | None

    @property
    def used_kwh(self) -> float:
        """Energy imported."""
        return float(self.import_kwh.sum())

    @property
    def paid_usd_per_kwh(self) -> float | None:
        """Mean rate, weighted by what was imported; None where nothing was."""
        if not self.used_kwh:
            return None
        return float(self.import_kwh @ self.signal.import_usd_per_kwh / self.used_kwh)

    @property
    def usual_usd_per_kwh(self) -> float:
        """Mean rate of all hours alike."""
        return float(self.signal.import_usd_per_kwh.mean())


def zone_of_home(home: HomeRecord, value: Home) -> str:
    """The time zone in which a home lives: its own, else its plan's."""
    return home.facts.timezone or value.versions[-1].timezone


def two_days(work: Work, zone: str) -> Window:
    """Today and tomorrow, from midnight to midnight there."""
    today = work.now.astimezone(zone_of(zone)).date()
    return _days(today, today + timedelta(days=DAYS_SHOWN), zone)


def home_prices(work: Work, home: HomeRecord) -> HomePrices:
    """The price of today and tomorrow of one home.

    Raises
    ------
    InvalidFields, CoverageError, ChoiceError
    """
    value = home_value(work, home)
    zone = zone_of_home(home, value)
    signal = signal_for_value(work, value, two_days(work, zone))
    return HomePrices(
        signal=signal,
        zone=zone,
        now=work.now,
        starts=starts_of(signal, zone),
        parts=parts_of(signal),
        periods=signal.tariff.parts.period_names(),
    )


def parts_of(signal: Signal) -> dict[str, Floats]:
    """What the import price is made of, by name; the parts sum to it. (N,) [USD/kWh]"""
    by_class = signal.tariff.parts.import_by_class()
    found = {klass.value: by_class[klass] for klass in ChargeClass if klass in by_class}
    found[WHOLESALE] = signal.arrays.wholesale_usd_per_kwh
    found[CARBON] = signal.arrays.carbon_usd_per_kwh
    return {name: usd for name, usd in found.items() if np.any(usd)}


def priced_use(work: Work, home: HomeRecord) -> PricedUse | None:
    """The last week that is held of a home's own meter; None where nothing is.

    Raises
    ------
    InvalidFields, CoverageError, ChoiceError
    """
    value = home_value(work, home)
    past = value.history
    if past is None:
        return None
    zone = value.versions[-1].timezone
    end = past.start.astimezone(UTC) + timedelta(minutes=past.step_minutes * len(past.import_kwh))
    last = (end - timedelta(minutes=past.step_minutes)).astimezone(zone_of(zone)).date()
    first = max(past.start.date(), last - timedelta(days=DAYS_USED - 1))
    window = _days(first, last + timedelta(days=1), zone)
    signal = signal_for_value(work, value, window)
    count = len(signal.price)
    return PricedUse(
        signal=signal,
        starts=starts_of(signal, zone),
        import_kwh=past.import_kwh[-count:],
        export_kwh=None if past.export_kwh is None else past.export_kwh[-count:],
    )


def starts_of(signal: Signal, zone: str) -> tuple[datetime, ...]:
    """When each step of a signal starts, in a time zone."""
    place: ZoneInfo = zone_of(zone)
    step = timedelta(minutes=signal.step_minutes)
    return tuple(
        (signal.start + number * step).astimezone(place) for number in range(len(signal.price))
    )


def _days(first: date, end: date, zone: str) -> Window:
    return Window(start=instant(first, zone), end=instant(end, zone))
