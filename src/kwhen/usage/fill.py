"""Missing quarter hours: refused, or filled as the caller chose. Filling is always said."""

from collections.abc import Sequence

import numpy as np

from kwhen.errors import UsageError
from kwhen.usage.channel import Floats, Ints
from kwhen.usage.values import Fill, Gap

_SHOWN = 5  # ranges that an error lists before it counts


def fill_gaps(
    energy_kwh: Floats, slot: Ints, *, fill: Fill, gaps: Sequence[Gap], notes: list[str]
) -> Floats:
    """The series without NaN; `slot` numbers the weekday and quarter hour of each step.

    "mean" takes the mean of the same local weekday and quarter hour; where the file never
    has that one, of the same quarter hour on any day; where it never has that, of all.

    Raises
    ------
    UsageError
        `fill` is "error", or nothing is there to take a mean of.
    """
    missing = np.isnan(energy_kwh)  # (N,)
    if fill == "error":
        raise UsageError(_tell(gaps))
    if not missing.any():
        return energy_kwh
    if fill == "zero":
        notes.append("missing intervals were filled with zero: see gaps")
        return np.where(missing, 0.0, energy_kwh)
    if missing.all():
        raise UsageError("no reading to take a mean of; give more data or fill='zero'")
    notes.append("missing intervals were filled with the mean of their weekday and quarter hour")
    filled_kwh = energy_kwh.copy()  # (N,)
    for key in (slot, slot % 96, slot * 0):
        mean_kwh = _mean_by(key, energy_kwh)[key]  # (N,)
        filled_kwh = np.where(np.isnan(filled_kwh), mean_kwh, filled_kwh)
    return filled_kwh


def _mean_by(key: Ints, energy_kwh: Floats) -> Floats:
    """Mean of the present readings of each key; NaN where a key has none."""
    present = ~np.isnan(energy_kwh)  # (N,)
    count = np.bincount(key[present], minlength=int(key.max()) + 1).astype(np.float64)
    total_kwh = np.bincount(key[present], energy_kwh[present], minlength=len(count))
    mean_kwh = np.full(len(count), np.nan)
    mean_kwh[count > 0] = total_kwh[count > 0] / count[count > 0]
    return mean_kwh


def _tell(gaps: Sequence[Gap]) -> str:
    """The first missing ranges in words, and how many more there are."""
    missing = [gap for gap in gaps if gap.reason.startswith("missing")]
    shown = "; ".join(str(gap) for gap in missing[:_SHOWN])
    more = f"; and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return (
        f"{len(missing)} ranges of intervals are missing: {shown}{more}. "
        "Give complete data, or choose fill='zero' or fill='mean'"
    )
