"""The linear programme of a battery behind a meter, over one window of known prices.

In each step the battery charges from surplus (which is then not exported) or from the grid, and
discharges to the load (which is then not imported) or to the grid:

    soc_t = soc_(t-1) + e_c (surplus + grid)_t - (load + sold)_t / e_d
    least  sum  p_x surplus + p_m grid - p_m load - p_x sold

A real battery does one thing at a time, and its surplus and load come first. The programme does
so by itself, at the true optimum, but for steps that both import and export, negative prices, and
export that pays more than import costs. Where its answer is one that no battery can do, those
steps are held to the direction and order that `storage_policy` takes in them, and it is solved
again: the amounts are then the best for these directions.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.devices.storage_policy import policy
from kwhen.engine.devices.storage_problem import (
    GRID,
    LOAD,
    SOLD,
    SURPLUS,
    WEAR_USD_PER_KWH,
    StorageProblem,
)
from kwhen.errors import UsageError

Floats = NDArray[np.float64]

FLOW_KWH = 1e-7  # smaller flows are the solver's noise


def solve(problem: StorageProblem) -> tuple[Floats, Floats] | None:
    """Charge and discharge of each step (N,), or None where the solver found nothing. [kWh]"""
    programme = _programme(problem)
    lower_kwh, upper_kwh = np.zeros_like(problem.flow_max_kwh), problem.flow_max_kwh
    flow_kwh = _solved(problem, programme, lower_kwh, upper_kwh)  # (4, N)
    if flow_kwh is not None and not _is_possible(problem, flow_kwh):
        flow_kwh = _solved(problem, programme, *_held(problem, policy(problem)))
    return None if flow_kwh is None else _one_way(problem, flow_kwh)


def _one_way(problem: StorageProblem, flow_kwh: Floats) -> tuple[Floats, Floats]:
    """Charge or discharge with the same state of charge as flows (4, N) of both. (N,), (N,)"""
    into, out_of = problem.charge_efficiency_frac, problem.discharge_efficiency_frac
    stored_kwh = into * (flow_kwh[SURPLUS] + flow_kwh[GRID])
    stored_kwh = stored_kwh - (flow_kwh[LOAD] + flow_kwh[SOLD]) / out_of  # (N,)
    room_kwh = problem.flow_max_kwh
    charge = np.minimum(stored_kwh / into, room_kwh[SURPLUS] + room_kwh[GRID])
    discharge = np.minimum(-stored_kwh * out_of, room_kwh[LOAD] + room_kwh[SOLD])
    charge = np.minimum(charge, problem.charge_max_kwh)
    discharge = np.minimum(discharge, problem.discharge_max_kwh)
    return _without_noise(charge), _without_noise(discharge)


def _without_noise(kwh: Floats) -> Floats:
    return np.where(kwh < FLOW_KWH, 0.0, kwh)


def _is_possible(problem: StorageProblem, flow_kwh: Floats) -> bool:
    """Whether flows (4, N) go one way in each step, surplus and load first."""
    charge, discharge = _one_way(problem, flow_kwh)
    real = np.empty_like(flow_kwh)  # (4, N)
    real[SURPLUS] = np.minimum(charge, problem.flow_max_kwh[SURPLUS])
    real[LOAD] = np.minimum(discharge, problem.flow_max_kwh[LOAD])
    real[GRID], real[SOLD] = charge - real[SURPLUS], discharge - real[LOAD]
    return bool((np.abs(real - flow_kwh) <= 10 * FLOW_KWH).all())


def _held(problem: StorageProblem, possible_kwh: Floats) -> tuple[Floats, Floats]:
    """Bounds (4, N) that hold the steps at risk to the direction and order of possible flows."""
    lower, upper = np.zeros_like(possible_kwh), problem.flow_max_kwh.copy()
    for first, second in ((SURPLUS, GRID), (LOAD, SOLD)):
        is_used = possible_kwh[first] + possible_kwh[second] > 0
        is_second = possible_kwh[second] > 0
        upper[first, problem.is_at_risk & ~is_used] = 0.0
        upper[second, problem.is_at_risk & ~is_second] = 0.0
        full = problem.is_at_risk & is_second
        lower[first, full] = problem.flow_max_kwh[first, full]
    return lower, upper


def _programme(problem: StorageProblem) -> tuple[Any, Floats, Floats]:
    """Rows (3N, 5N), least and most: state of charge, charge and discharge of each step."""
    sparse = _scipy_sparse()
    count = problem.flow_max_kwh.shape[1]
    one, none = sparse.identity(count, format="csr"), sparse.csr_matrix((count, count))
    into, out_of = problem.charge_efficiency_frac, problem.discharge_efficiency_frac
    change = one - sparse.diags([np.ones(count - 1)], [-1], shape=(count, count))
    rows = [
        [-into * one, -into * one, one / out_of, one / out_of, change],
        [one, one, none, none, none],
        [none, none, one, one, none],
    ]
    start = np.zeros(count)
    start[0] = problem.soc_start_kwh
    most = np.repeat([problem.charge_max_kwh, problem.discharge_max_kwh], count)
    least = np.concatenate([start, np.zeros(2 * count)])
    return sparse.bmat(rows, format="csc"), least, np.concatenate([start, most])


def _solved(
    problem: StorageProblem,
    programme: tuple[Any, Floats, Floats],
    lower_kwh: Floats,
    upper_kwh: Floats,
) -> Floats | None:
    """The cheapest flows (4, N) between bounds (4, N), None where the solver found none."""
    optimize = _scipy_optimize()
    count = lower_kwh.shape[1]
    soc_low = np.full(count, problem.soc_min_kwh)
    soc_low[-1] = problem.soc_end_min_kwh
    cost = problem.usd_per_kwh.copy()
    cost[LOAD:] += WEAR_USD_PER_KWH
    found = optimize.milp(
        np.concatenate([cost.ravel(), np.zeros(count)]),
        constraints=optimize.LinearConstraint(*programme),
        bounds=optimize.Bounds(
            np.concatenate([lower_kwh.ravel(), soc_low]),
            np.concatenate([upper_kwh.ravel(), np.full(count, problem.soc_max_kwh)]),
        ),
    )
    if found.x is None:
        return None
    flows: Floats = np.asarray(found.x[: 4 * count], dtype=np.float64).reshape(4, count)
    return np.maximum(flows, 0.0)


def _scipy_optimize() -> Any:
    try:
        from scipy import optimize
    except ImportError as error:
        raise _no_solver() from error
    return optimize


def _scipy_sparse() -> Any:
    try:
        from scipy import sparse
    except ImportError as error:
        raise _no_solver() from error
    return sparse


def _no_solver() -> UsageError:
    return UsageError(
        "dispatching a battery needs the solver of scipy, which is not installed; "
        "install it with `pip install 'kwhen[devices]'`"
    )
