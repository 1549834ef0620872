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


def in_order_of_time(
    energy_kwh: Floats, label: NDArray[np.int64], shape: tuple[int, int], ceiling_kwh: Floats
) -> Floats:
    """Tiers filled chronologically: each step pays for the piece of every tier that it covers.

    energy_kwh : (H, n) steps of one version. label : (n,) segment * P + period.
    shape : (S, P). ceiling_kwh : (S, T). [kWh] → (H, S, P, T)
    """
    segments, periods = shape
    tiers = ceiling_kwh.shape[-1]
    found = np.zeros((len(energy_kwh), segments, periods, tiers))
    for segment in range(segments):
        inside = np.flatnonzero(label // periods == segment)
        running = np.cumsum(energy_kwh[:, inside], axis=1)
        for tier in range(tiers):
            floor = ceiling_kwh[segment, tier - 1] if tier else 0.0
            filled = np.clip(running, floor, ceiling_kwh[segment, tier]) - floor
            piece = np.diff(filled, axis=1, prepend=0.0)
            for period in range(periods):
                mine = label[inside] % periods == period
                found[:, segment, period, tier] = piece[:, mine].sum(axis=1)
    return found
