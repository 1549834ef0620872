"""A home's arrays, checked and reduced to what a bill needs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.compensation import Netting
from kwhen.engine.compiled import Compiled
from kwhen.errors import UsageError

Floats = NDArray[np.float64]

HOMES_AT_ONCE_COUNT = 16  # a year of this many homes still fits the processor's cache


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Metered:
    """Energy of H homes over N steps, and its sums over the runs of a compiled plan."""

    import_kwh: Floats  # (H, N) as billed: after hourly netting where the rule has it
    export_kwh: Floats | None  # (H, N)
    run_import_kwh: Floats  # (H, R)
    run_export_kwh: Floats | None  # (H, R)
    deposit_usd: Floats  # (H, C, X) export x each price of the rule

    @property
    def homes_count(self) -> int:
        """Number of homes H."""
        return len(self.import_kwh)


def checked(name: str, values: ArrayLike, steps_count: int | None = None) -> Floats:
    """An array as (H, N) float64 of finite energies of at least zero. [kWh]

    Raises UsageError that names the first bad element and what was expected.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is not an array of numbers: {error}") from error
    if array.ndim not in (1, 2) or array.size == 0:
        raise UsageError(f"{name} has the shape {array.shape}; give (N,) for one home or (H, N)")
    if steps_count is not None and array.shape[-1] != steps_count:
        raise UsageError(
            f"{name} has {array.shape[-1]} values a home; import_kwh has {steps_count}: "
            "both must cover the same steps"
        )
    if not (array.min() >= 0 and array.max() < np.inf):
        _raise_first_bad(name, array)
    return np.atleast_2d(array)


def _raise_first_bad(name: str, array: Floats) -> None:
    place = np.argwhere(~(np.isfinite(array) & (array >= 0)))[0]
    where = "".join(f"[{index}]" for index in place)
    raise UsageError(
        f"{name}{where} is {array[tuple(place)]}; every value must be a finite number of kWh, "
        "0 or more (fill gaps, and give net export in export_kwh)"
    )


def metered(plan: Compiled, import_kwh: Floats, export_kwh: Floats | None) -> Metered:
    """Reduce (H, N) arrays to runs and export worth, a few homes at a time."""
    rule = plan.rule
    if rule and rule.netting is Netting.HOURLY and export_kwh is not None:
        import_kwh, export_kwh = _hourly_net(plan, import_kwh, export_kwh)
    if export_kwh is not None and not rule:
        export_kwh = None  # earns nothing and nets nothing
    homes = len(import_kwh)
    run_import = np.empty((homes, len(plan.run_start)))
    run_export = None if export_kwh is None else np.empty_like(run_import)
    deposit = np.zeros((homes, plan.cycles.count, plan.export_usd_per_kwh.shape[1]))
    for first in range(0, homes, HOMES_AT_ONCE_COUNT):
        some = slice(first, first + HOMES_AT_ONCE_COUNT)
        run_import[some] = np.add.reduceat(import_kwh[some], plan.run_start, axis=1)
        if export_kwh is not None and run_export is not None:
            run_export[some] = np.add.reduceat(export_kwh[some], plan.run_start, axis=1)
            deposit[some] = _deposits(plan, export_kwh[some])
    return Metered(
        import_kwh=import_kwh,
        export_kwh=export_kwh,
        run_import_kwh=run_import,
        run_export_kwh=run_export,
        deposit_usd=deposit,
    )


def _deposits(plan: Compiled, export_kwh: Floats) -> Floats:
    """Worth of the export by cycle and price. (H, C, X) [USD]"""
    edges = plan.cycle_steps
    found = np.empty((len(export_kwh), len(edges) - 1, plan.export_usd_per_kwh.shape[1]))
    for cycle in range(len(edges) - 1):
        steps = slice(edges[cycle], edges[cycle + 1])
        found[:, cycle] = export_kwh[:, steps] @ plan.export_usd_per_kwh[steps]
    return found


def _hourly_net(plan: Compiled, import_kwh: Floats, export_kwh: Floats) -> tuple[Floats, Floats]:
    """Import and export after netting each clock hour; the rest stays in the hour's steps."""
    per_hour = 60 // plan.grid.step_minutes
    shape = (len(import_kwh), -1, per_hour)
    net = (import_kwh - export_kwh).reshape(shape).sum(axis=2)
    even = np.repeat(net / per_hour, per_hour, axis=1)
    return np.maximum(even, 0.0), np.maximum(-even, 0.0)


def demand_kw(plan: Compiled, import_kwh: Floats) -> Floats:
    """Average power of each step; a value that holds two real hours counts half. (H, N) [kW]"""
    power = import_kwh / plan.grid.step_hours
    if plan.grid.is_doubled is not None:
        power = np.where(plan.grid.is_doubled, power / 2, power)
    return np.asarray(power)
