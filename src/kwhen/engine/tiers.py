"""Energy shared out over the tiers of a ladder, for many homes at once."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def tier_kwh(energy_kwh: Floats, ceiling_kwh: Floats) -> Floats:
    """The part of a total, at least zero, that lies in each tier.

    energy_kwh : (...,) totals. ceiling_kwh : (..., T) upper edges, last inf. [kWh] → (..., T)
    """
    parts = np.minimum(energy_kwh[..., None], ceiling_kwh)
    parts[..., 1:] -= parts[..., :-1].copy()
    return parts


def pooled_share_frac(total_kwh: Floats, ceiling_kwh: Floats) -> Floats:
    """Share of each tier in a pooled total; all in the first tier when the total is zero.

    total_kwh : (S,). ceiling_kwh : (S, T). → (S, T)
    """
    size = np.abs(total_kwh)
    parts = tier_kwh(size, ceiling_kwh)
    parts[..., 0] += size == 0
    return np.asarray(parts / np.where(size == 0, 1.0, size)[..., None])
