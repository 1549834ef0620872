"""A battery's choices step by step, where a linear programme would do what no battery can.

Dynamic programming backwards over levels of stored energy: in each step the battery rests, stores
its surplus, charges fully, serves its load or discharges fully, whichever is worth most with what
the stored energy is worth afterwards (between two levels: by proportion). Forwards from the start
these choices give flows that a battery can do, with surplus and load always first.
"""

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.devices.storage_problem import (
    GRID,
    LOAD,
    SOLD,
    SURPLUS,
    WEAR_USD_PER_KWH,
    StorageProblem,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL_COUNT = 81
BLOCK_STEPS = 512
SAME_KWH = 1e-12


def policy(problem: StorageProblem) -> Floats:
    """Flows (4, N) of surplus, grid, load and sold that a battery can do. [kWh]"""
    worth = _worth(problem)  # (N + 1, V)
    need_kwh = _need(problem)  # (N + 1,)
    level_kwh, flows = problem.soc_start_kwh, np.zeros_like(problem.flow_max_kwh)
    for step in range(flows.shape[1]):
        one = slice(step, step + 1)
        options, stored = _options(problem, one, np.array([level_kwh]))
        cost, stored_kwh = _cost_usd(problem, one, options)[:, 0, 0], stored[:, 0, 0]  # (5,)
        gain = _between(problem, worth[step + 1], stored_kwh) - cost
        gain[stored_kwh < need_kwh[step + 1] - SAME_KWH] = -np.inf
        best = int(np.argmax(gain))
        flows[:, step], level_kwh = options[:, best, 0, 0], float(stored_kwh[best])
    return flows


def _options(problem: StorageProblem, steps: slice, level_kwh: Floats) -> tuple[Floats, Floats]:
    """Flows (4, 5, B, V) of the five choices in B steps at levels (V,), and what is stored then.

    Rest; charge from surplus, or all there is; discharge to the load, or all there is. Stored
    energy is (5, B, V).
    """
    into, out_of = problem.charge_efficiency_frac, problem.discharge_efficiency_frac
    room = problem.flow_max_kwh[:, steps, None]  # (4, B, 1)
    charge, discharge = _most(problem, steps)  # (B,)
    free_kwh = (problem.soc_max_kwh - level_kwh) / into  # (V,)
    held_kwh = (level_kwh - problem.soc_min_kwh) * out_of
    flows = np.zeros((4, 5, room.shape[1], len(level_kwh)))
    flows[SURPLUS, 1:3] = np.minimum(room[SURPLUS], free_kwh)
    flows[GRID, 2] = np.minimum(charge[:, None], free_kwh) - flows[SURPLUS, 2]
    flows[LOAD, 3:5] = np.minimum(room[LOAD], held_kwh)
    flows[SOLD, 4] = np.minimum(discharge[:, None], held_kwh) - flows[LOAD, 4]
    change = into * (flows[SURPLUS] + flows[GRID]) - (flows[LOAD] + flows[SOLD]) / out_of
    return flows, level_kwh + change


def _most(problem: StorageProblem, steps: slice) -> tuple[Floats, Floats]:
    """All that may be charged and discharged in each of B steps. (B,), (B,)"""
    room = problem.flow_max_kwh[:, steps]
    charge = np.minimum(room[SURPLUS] + room[GRID], problem.charge_max_kwh)
    return charge, np.minimum(room[LOAD] + room[SOLD], problem.discharge_max_kwh)


def _cost_usd(problem: StorageProblem, steps: slice, flow_kwh: Floats) -> Floats:
    """Cost of flows (4, 5, B, V) in B steps, wear in. (5, B, V)"""
    price = problem.usd_per_kwh[:, None, steps, None]  # (4, 1, B, 1)
    charging = price[SURPLUS] * flow_kwh[SURPLUS] + price[GRID] * flow_kwh[GRID]
    wear_and_load = (price[LOAD] + WEAR_USD_PER_KWH) * flow_kwh[LOAD]
    total: Floats = charging + wear_and_load + (price[SOLD] + WEAR_USD_PER_KWH) * flow_kwh[SOLD]
    return total


def _worth(problem: StorageProblem) -> Floats:
    """What each level of stored energy is worth before each step and at the end. (N + 1, V)"""
    count = problem.flow_max_kwh.shape[1]
    level_kwh = np.linspace(problem.soc_min_kwh, problem.soc_max_kwh, LEVEL_COUNT)
    dearest = float(np.abs(problem.usd_per_kwh).max()) / problem.charge_efficiency_frac
    worth = np.zeros((count + 1, LEVEL_COUNT))
    worth[count] = -2 * dearest * np.maximum(problem.soc_end_min_kwh - level_kwh, 0.0)
    for end in range(count, 0, -BLOCK_STEPS):  # a block of steps at once, to bound the memory
        steps = slice(max(end - BLOCK_STEPS, 0), end)
        flows, stored_kwh = _options(problem, steps, level_kwh)
        cost_usd = _cost_usd(problem, steps, flows)
        below, share = _place(problem, stored_kwh)
        for step in range(end - 1, steps.start - 1, -1):
            at = step - steps.start
            ahead = _mixed(worth[step + 1], below[:, at], share[:, at])  # (5, V)
            worth[step] = (ahead - cost_usd[:, at]).max(axis=0)
    return worth


def _place(problem: StorageProblem, stored_kwh: Floats) -> tuple[Ints, Floats]:
    """The level at or below stored energy, and the share of the way to the next one."""
    span_kwh = problem.soc_max_kwh - problem.soc_min_kwh
    if not span_kwh:
        return np.zeros(stored_kwh.shape, dtype=np.int64), np.zeros_like(stored_kwh)
    place = (stored_kwh - problem.soc_min_kwh) / span_kwh * (LEVEL_COUNT - 1)
    below = np.clip(place.astype(np.int64), 0, LEVEL_COUNT - 2)
    return below, place - below


def _mixed(worth_usd: Floats, below_index: Ints, share_frac: Floats) -> Floats:
    low = worth_usd[below_index]
    mixed: Floats = low + (worth_usd[below_index + 1] - low) * share_frac
    return mixed


def _between(problem: StorageProblem, worth_usd: Floats, stored_kwh: Floats) -> Floats:
    """Worth of stored energy between the levels, by proportion."""
    return _mixed(worth_usd, *_place(problem, stored_kwh))


def _need(problem: StorageProblem) -> Floats:
    """Least stored energy before each step that can still reach the end's. (N + 1,)"""
    gained = problem.charge_efficiency_frac * _most(problem, slice(None))[0]
    need = problem.soc_end_min_kwh - np.concatenate([np.cumsum(gained[::-1])[::-1], [0.0]])
    return np.maximum(need, problem.soc_min_kwh)
