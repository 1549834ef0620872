"""Energy shared out over the tiers of a ladder, for many homes at once."""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.words import TierScope

Floats = NDArray[np.float64]


def tier_kwh(energy_kwh: Floats, ceiling_kwh: Floats) -> Floats:
    """The part of a running total that lies in each tier; a negative total counts downwards.

    energy_kwh : (..., ) totals. ceiling_kwh : (..., T) upper edges, last inf. [kWh] → (..., T)
    """
    size = np.abs(energy_kwh)[..., None]
    top = np.minimum(size, ceiling_kwh)
    parts = np.diff(top, axis=-1, prepend=0.0)
    return np.asarray(np.copysign(parts, energy_kwh[..., None]))


def shared_out(energy_kwh: Floats, ceiling_kwh: Floats, scope: TierScope) -> Floats:
    """Energy by segment, period and tier.

    Pooled over the cycle, the total meets one ladder and each period takes its share of every
    tier; by period, each total meets its own ladder.

    energy_kwh : (H, S, P) metered or net. ceiling_kwh : (H | 1, S, P, T). [kWh] → (H, S, P, T)
    """
    if ceiling_kwh.shape[-1] == 1:
        return energy_kwh[..., None]
    if scope is TierScope.PERIOD:
        return tier_kwh(energy_kwh, ceiling_kwh)
    used = np.argmax(np.any(energy_kwh != 0, axis=0), axis=1)  # (S,) a period in use
    ladder = ceiling_kwh[:, np.arange(len(used)), used]  # (H | 1, S, T)
    return energy_kwh[..., None] * pooled_share_frac(energy_kwh.sum(axis=2), ladder)[:, :, None]


def pooled_share_frac(total_kwh: Floats, ceiling_kwh: Floats) -> Floats:
    """Share of each tier in a pooled total; all in the first tier when the total is zero.

    total_kwh : (H, S). ceiling_kwh : (H | 1, S, T). → (H, S, T)
    """
    parts = np.abs(tier_kwh(total_kwh, ceiling_kwh))
    size = np.abs(total_kwh)[..., None]
    first = np.zeros(parts.shape[-1])
    first[0] = 1.0
    return np.where(size > 0, parts / np.where(size > 0, size, 1.0), first)


def in_order_of_time(
    energy_kwh: Floats,
    label: NDArray[np.int64],
    shape: tuple[int, int],
    ceiling_kwh: Floats,
) -> Floats:
    """Tiers filled chronologically: each step pays for the piece of every tier that it covers.

    energy_kwh : (H, n) steps of one version. label : (n,) segment * P + period.
    shape : (S, P). ceiling_kwh : (H | 1, S, T) of a period in use. [kWh] → (H, S, P, T)
    """
    segments, periods = shape
    homes, tiers = len(energy_kwh), ceiling_kwh.shape[-1]
    found = np.zeros((homes, segments, periods, tiers))
    for segment in range(segments):
        inside = np.flatnonzero(label // periods == segment)
        running = np.cumsum(energy_kwh[:, inside], axis=1)
        for tier in range(tiers):
            top = ceiling_kwh[:, segment, tier, None]
            floor = ceiling_kwh[:, segment, tier - 1, None] if tier else 0.0
            filled = np.clip(running, floor, top) - floor
            piece = np.diff(filled, axis=1, prepend=0.0)
            for period in range(periods):
                mine = label[inside] % periods == period
                found[:, segment, period, tier] = piece[:, mine].sum(axis=1)
    return found
