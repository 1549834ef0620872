"""Prices by month and hour as cells of a picture: a colour for each, and what they stand for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from kwhen.operations.price_maps import PriceMap

Floats = NDArray[np.float64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
COLOURS_COUNT = 10  # of the styles: heat-0 is cheap
CENTS = 100
HEATS_KEPT_COUNT = 128
ALONE = 0.4  # of the scale: a lone price is neither cheap nor dear
CROWDED = 0.25  # of the scale: below it three in four prices would look alike


@dataclass(frozen=True, slots=True)
class Cell:
    """The price of an hour in a month in cents, exact and in short, and its colour."""

    colour: int
    cents: str
    short: str


@dataclass(frozen=True, slots=True)
class Shade:
    """What a colour stands for. [cents]"""

    colour: int
    low_cents: float
    high_cents: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Heat:
    """A picture for each kind of day, on one scale."""

    tables: tuple[tuple[str, tuple[tuple[str, tuple[Cell, ...]], ...]], ...]  # days, months, hours
    shades: tuple[Shade, ...]  # rising
    low_cents: float
    high_cents: float

    @property
    def is_flat(self) -> bool:
        """Whether every hour has the same price."""
        return len(self.shades) == 1


@lru_cache(maxsize=HEATS_KEPT_COUNT)
def heat_of(found: PriceMap) -> Heat:
    """The picture of a year's prices; one table where weekends are as weekdays."""
    both = np.stack([found.weekday_usd_per_kwh, found.weekend_usd_per_kwh])  # (2, 12, 24)
    shades = tuple(_shades(np.unique(both) * CENTS))
    days = [("Weekdays", both[0]), ("Weekends and holidays", both[1])]
    if found.is_same_all_week:
        days = [("Every day", both[0])]
    return Heat(
        tables=tuple((words, _rows(table * CENTS, shades)) for words, table in days),
        shades=shades,
        low_cents=shades[0].low_cents,
        high_cents=shades[-1].high_cents,
    )


def _shades(prices_cents: Floats) -> Iterator[Shade]:
    """What each colour stands for: even steps of price, or where a few are far above the rest,
    as many prices each.
    """
    low, high = prices_cents[0], prices_cents[-1]
    share = (prices_cents - low) / (high - low) if high > low else np.full(1, ALONE)
    if np.quantile(share, 0.75) < CROWDED:
        share = np.arange(len(prices_cents)) / (len(prices_cents) - 1)
    colours = np.rint(share * (COLOURS_COUNT - 1)).astype(int)
    for colour in np.unique(colours):
        own = prices_cents[colours == colour]
        yield Shade(int(colour), float(own[0]), float(own[-1]))


def _rows(cents: Floats, shades: Sequence[Shade]) -> tuple[tuple[str, tuple[Cell, ...]], ...]:
    edges = np.array([shade.low_cents for shade in shades])
    numbers = np.searchsorted(edges, cents, side="right") - 1  # (12, 24)
    return tuple(
        (
            month,
            tuple(
                Cell(shades[number].colour, f"{value:.2f}", f"{round(value) + 0:.0f}")
                for number, value in zip(own.tolist(), prices.tolist(), strict=True)
            ),
        )
        for month, own, prices in zip(MONTHS, numbers, cents, strict=True)
    )
