"""When a price is low or high: the stretch of steps around its extreme."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.blocks import PRICE_DECIMALS

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEAR_FRAC = 0.1  # of the range from lowest to highest, that counts as at the extreme


def cheapest_stretch(price_usd_per_kwh: Floats, near_frac: float = NEAR_FRAC) -> slice | None:
    """The longest run of steps that are near the lowest price and hold it. None for a flat price.

    Near is within `near_frac` of the range from the lowest price to the highest one.

    Examples
    --------
    >>> cheapest_stretch(np.array([0.5, 0.1, 0.12, 0.3, 0.1]))
    slice(1, 3, None)
    """
    prices = np.round(price_usd_per_kwh, PRICE_DECIMALS)  # (N,)
    low, high = prices.min(), prices.max()
    if low == high:
        return None
    return _longest(prices <= low + near_frac * (high - low), prices == low)


def dearest_stretch(price_usd_per_kwh: Floats, near_frac: float = NEAR_FRAC) -> slice | None:
    """The longest run of steps that are near the highest price and hold it; likewise."""
    return cheapest_stretch(-price_usd_per_kwh, near_frac)


def _longest(is_near: Bools, is_extreme: Bools) -> slice:
    """Of the runs of near steps that hold an extreme one, the longest; the first of equal ones."""
    edges = np.flatnonzero(np.diff(is_near.astype(np.int8), prepend=0, append=0))
    runs = [slice(int(start), int(end)) for start, end in edges.reshape(-1, 2)]
    return max((run for run in runs if is_extreme[run].any()), key=lambda run: run.stop - run.start)
