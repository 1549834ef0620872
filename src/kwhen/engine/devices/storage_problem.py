"""What a battery may do in one window, and what each of its four flows is worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

WEAR_USD_PER_KWH = 1e-6  # breaks ties: a battery does not cycle for nothing
SURPLUS, GRID, LOAD, SOLD = range(4)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StorageProblem:
    """One window of N steps."""

    flow_max_kwh: Floats  # (4, N) of surplus, grid, load, sold
    usd_per_kwh: Floats  # (4, N) cost of each flow; what earns is negative
    charge_max_kwh: float  # of a step
    discharge_max_kwh: float
    charge_efficiency_frac: float
    discharge_efficiency_frac: float
    soc_min_kwh: float
    soc_max_kwh: float
    soc_start_kwh: float
    soc_end_min_kwh: float

    @property
    def is_at_risk(self) -> Bools:
        """Steps in which a linear programme may do what no battery can. (N,)

        Both import and export, a negative price, or export that pays more than import costs.
        """
        sell, buy = self.usd_per_kwh[SURPLUS], self.usd_per_kwh[GRID]
        both = (self.flow_max_kwh[SURPLUS] > 0) & (self.flow_max_kwh[LOAD] > 0)
        return np.asarray(both | (buy < 0) | (sell < 0) | (sell > buy))
