"""Runs of equal price: neighbours that a reader of the signal cannot tell apart become one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PRICE_DECIMALS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A stretch of equal prices, half-open."""

    start: datetime
    end: datetime
    price_usd_per_kwh: float
    import_usd_per_kwh: float
    export_usd_per_kwh: float
    confidence_frac: float  # time-weighted mean


def block_starts(*prices_usd_per_kwh: Floats) -> NDArray[np.int64]:
    """First step of each run of equal values, rounded as they are printed. (B,)"""
    change = np.zeros(len(prices_usd_per_kwh[0]), dtype=bool)
    change[0] = True
    for prices in prices_usd_per_kwh:
        change[1:] |= np.diff(np.round(prices, PRICE_DECIMALS)) != 0
    return np.flatnonzero(change)


def price_blocks(
    start: datetime,
    end: datetime,
    step_minutes: int,
    price_usd_per_kwh: Floats,
    import_usd_per_kwh: Floats,
    export_usd_per_kwh: Floats,
    confidence_frac: Floats,
) -> Sequence[Block]:
    """Merge equal neighbours of a signal; a last partial step ends at `end`."""
    starts = block_starts(price_usd_per_kwh, import_usd_per_kwh, export_usd_per_kwh)
    step = timedelta(minutes=step_minutes)
    edges = [start + index * step for index in starts.tolist()] + [end]
    length_s = np.full(len(price_usd_per_kwh), step_minutes * 60.0)
    length_s[-1] = (end - start - (len(length_s) - 1) * step).total_seconds()
    weight = np.add.reduceat(length_s, starts)
    confidence = np.add.reduceat(confidence_frac * length_s, starts) / weight
    prices = (price_usd_per_kwh, import_usd_per_kwh, export_usd_per_kwh)
    told = [np.round(array[starts], PRICE_DECIMALS).tolist() for array in prices]
    return [
        Block(
            start=start,
            end=stop,
            price_usd_per_kwh=price,
            import_usd_per_kwh=imported,
            export_usd_per_kwh=exported,
            confidence_frac=sure,
        )
        for start, stop, price, imported, exported, sure in zip(
            edges, edges[1:], *told, np.round(confidence, 2).tolist(), strict=False
        )
    ]
