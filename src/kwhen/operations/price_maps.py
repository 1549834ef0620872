"""What a kWh of a plan costs and earns by month and hour of the day, as tables of 12 by 24."""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.api import bills
from kwhen.engine.grid import Grid, covering, instant
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Customer, Missing

Floats = NDArray[np.float64]

MONTHS_COUNT, HOURS_COUNT, SATURDAY = 12, 24, 5
DECIMALS = 5  # as tariff sheets print prices
MAPS_KEPT_COUNT = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceMap:
    """A price by month and local hour, (12, 24): of each the most frequent one. [USD/kWh]"""

    year: int
    weekday_usd_per_kwh: Floats
    weekend_usd_per_kwh: Floats

    @property
    def is_same_all_week(self) -> bool:
        """Whether weekends cost what weekdays cost."""
        return bool(np.array_equal(self.weekday_usd_per_kwh, self.weekend_usd_per_kwh))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PriceMaps:
    """What a kWh in the first tier costs, and what exporting one earns by a rule."""

    imports: PriceMap
    exports: PriceMap
    export_rule: str | None  # None: nothing is known to be paid
    missing: tuple[Missing, ...]


@lru_cache(maxsize=MAPS_KEPT_COUNT)
def price_maps(tariff: Tariff, customer: Customer, year: int) -> PriceMaps:
    """The marginal prices of a year in the first tier, for a customer with an export rule.

    Raises
    ------
    KwhenError : the plan's prices depend on what is not known, such as a market price
    """
    first, end = date(year, 1, 1), date(year + 1, 1, 1)
    found = bills.prices(
        tariff, first, end, step_minutes=60, tier_mode="tier:1", customer=customer, nearest=True
    )
    zone = tariff.timezone
    grid = covering(instant(first, zone), instant(end, zone), 60, zone)
    return PriceMaps(
        imports=_map(year, grid, found.import_usd_per_kwh),
        exports=_map(year, grid, found.export_usd_per_kwh),
        export_rule=found.export_rule,
        missing=found.missing,
    )


def _map(year: int, grid: Grid, usd_per_kwh: Floats) -> PriceMap:
    """The most frequent price of each month, hour and kind of day; the lower one of two."""
    prices, number = np.unique(np.round(usd_per_kwh, DECIMALS) + 0.0, return_inverse=True)
    is_weekend = grid.weekday[grid.day_index] >= SATURDAY
    place = is_weekend * MONTHS_COUNT + grid.month[grid.day_index] - 1
    place = place * HOURS_COUNT + grid.quarter // 4  # (N,)
    shape = (2 * MONTHS_COUNT * HOURS_COUNT, len(prices))
    counts = np.bincount(place * len(prices) + number, minlength=shape[0] * shape[1])
    table = prices[counts.reshape(shape).argmax(axis=1)].reshape(2, MONTHS_COUNT, HOURS_COUNT)
    table.setflags(write=False)
    return PriceMap(year=year, weekday_usd_per_kwh=table[0], weekend_usd_per_kwh=table[1])
