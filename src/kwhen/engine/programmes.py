"""Programmes that pay homes for grid services, as plain values: who, when and how much.

Nothing here computes; `engine.revenue` does.
"""

from dataclasses import dataclass
from datetime import date

from kwhen.engine.words import Missing
from kwhen.errors import TariffError

HOURS_PER_DAY = 24
EVENT_HOURS_PER_MONTH = 20.0
LEAP_YEAR = 2024  # has every date of any year


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyPay:
    """A price for each kWh below the baseline in an event."""

    usd_per_kwh: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPay:
    """The market's price above the strike, for each kWh below the baseline in an event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonPay:
    """A price for the mean kW below the baseline in the events of a season."""

    usd_per_kw_season: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyPay:
    """A price of capacity for each day, for the mean kW below the baseline in the events."""

    usd_per_mw_day: float


Pay = EnergyPay | MarketPay | SeasonPay | DailyPay


@dataclass(frozen=True, slots=True, kw_only=True)
class GridProgramme:
    """One programme as published: territory, season, hours, and what it pays."""

    id: str
    name: str
    states: tuple[str, ...]
    utility_ids: tuple[int, ...]  # EIA ids
    season_from: tuple[int, int]  # (month, day), included
    season_to: tuple[int, int]  # (month, day), included; before `season_from`: over the new year
    hours: tuple[int, ...]  # local hours in which events are called
    weekdays_only: bool
    pay: Pay
    share_frac: float = 1.0  # of the pay, what reaches the home
    season_event_hours: float | None = None  # the most that is called in a season
    event_hours_per_month: float = EVENT_HOURS_PER_MONTH
    effective: date | None = None  # None: the source does not say
    until: date | None = None  # exclusive
    group: str = ""  # a home is paid by one programme of a group
    sources: tuple[str, ...]  # ids of the catalog's source register
    found: date  # day on which the figures were read
    missing: tuple[Missing, ...] = ()

    def __post_init__(self) -> None:
        if not self.hours or any(hour not in range(HOURS_PER_DAY) for hour in self.hours):
            raise TariffError(f"{self.id}: hours are {self.hours}; they are local hours, 0 to 23")
        if not 0 <= self.share_frac <= 1:
            raise TariffError(f"{self.id}: share_frac is {self.share_frac}; it is from 0 to 1")
        if not 0 < self.event_hours_per_month:
            raise TariffError(f"{self.id}: event_hours_per_month must be above 0")
        if self.effective and self.until and self.effective >= self.until:
            raise TariffError(f"{self.id}: it ends on {self.until}, not after {self.effective}")
        for month, day in (self.season_from, self.season_to):
            try:
                date(LEAP_YEAR, month, day)
            except ValueError as error:
                raise TariffError(f"{self.id}: the season has no date {month}/{day}") from error

    def is_in_force(self, on: date) -> bool:
        """Whether a date lies between the first and the last day that are known."""
        began = self.effective is None or self.effective <= on
        return began and (self.until is None or on < self.until)

    def is_in_season(self, on: date) -> bool:
        """Whether a date lies in the season of any year."""
        day = (on.month, on.day)
        if self.season_from <= self.season_to:
            return self.season_from <= day <= self.season_to
        return day >= self.season_from or day <= self.season_to

    def season_days(self, on: date) -> int:
        """Days of the season that holds a date."""
        wraps = self.season_from > self.season_to
        first_year = on.year - (wraps and (on.month, on.day) <= self.season_to)
        first = _date(first_year, self.season_from)
        last = _date(first_year + wraps, self.season_to)
        return (last - first).days + 1

    def season_months(self) -> int:
        """Calendar months that the season touches."""
        span = (self.season_to[0] - self.season_from[0]) % 12
        is_round = span == 0 and self.season_from > self.season_to
        return 12 if is_round else span + 1


def _date(year: int, month_day: tuple[int, int]) -> date:
    """A date of a year; 29 February is the 28th where there is none."""
    month, day = month_day
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, day - 1)
