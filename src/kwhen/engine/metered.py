"""A home's arrays, checked and reduced to what a bill needs."""

from math import inf, isfinite
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.compensation import Netting
from kwhen.engine.compiled import Compiled
from kwhen.engine.hours import hour_sums
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

HOMES_AT_ONCE_COUNT = 8  # few enough to stay in the processor's cache between passes


class Metered(NamedTuple):
    """Energy of H homes over N steps, and its sums over the runs of a compiled plan."""

    meter_kwh: Floats  # (H, N) import as metered, for demand
    meter_export_kwh: Floats | None  # (H, N) export as metered
    import_kwh: Floats  # (H, N) as billed: after hourly netting where the rule has it
    export_kwh: Floats | None  # (H, N) None where it earns and nets nothing
    run_import_kwh: Floats  # (H, R)
    run_net_kwh: Floats | None  # (H, R) import less export, where there is any
    deposit_usd: Floats  # (H, C, X) export x each price of the rule
    hours_kwh: tuple[Floats, Floats] | None  # (1, N ÷ S) import and export as metered by hours

    @property
    def homes_count(self) -> int:
        """Number of homes H."""
        return len(self.import_kwh)


def shaped(name: str, values: ArrayLike, like_kwh: Floats | None = None) -> Floats:
    """An array as (H, N) float64. [kWh] Raises UsageError for another shape or no numbers."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise UsageError(f"{name} is not an array of numbers: {error}") from error
    if array.ndim not in (1, 2) or array.size == 0:
        raise UsageError(f"{name} has the shape {array.shape}; give (N,) for one home or (H, N)")
    rows = array if array.ndim == 2 else array[None]
    if like_kwh is not None and rows.shape != like_kwh.shape:
        raise UsageError(
            f"{name} has the shape {rows.shape}, import_kwh {like_kwh.shape}: "
            "both must have one row a home and cover the same steps"
        )
    return rows


def metered(
    plan: Compiled, import_kwh: Floats, export_kwh: Floats | None, is_single: bool
) -> Metered:
    """Check (H, N) arrays and reduce them to runs and export worth, a few homes at a time.

    Raises UsageError that names the first bad element.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # told by _refuse_bad
        hours_kwh = _by_hour(plan, import_kwh, export_kwh)
        runs_kwh, deposit = _reduced(plan, import_kwh, export_kwh, hours_kwh, is_single)
    meter_kwh, meter_export_kwh, rule = import_kwh, export_kwh, plan.rule
    if rule is None:  # without a rule export earns nothing and nets nothing
        export_kwh = None
    elif rule.netting is Netting.HOURLY and export_kwh is not None:
        import_kwh, export_kwh = _hourly_net(plan, import_kwh, export_kwh)
        runs_kwh, deposit = _reduced(plan, import_kwh, export_kwh, None, is_single)
    return Metered(
        meter_kwh=meter_kwh,
        meter_export_kwh=meter_export_kwh,
        import_kwh=import_kwh,
        export_kwh=export_kwh,
        run_import_kwh=runs_kwh[0],
        run_net_kwh=None if export_kwh is None else runs_kwh[0] - runs_kwh[1],
        deposit_usd=deposit,
        hours_kwh=hours_kwh,
    )


def _by_hour(
    plan: Compiled, import_kwh: Floats, export_kwh: Floats | None
) -> tuple[Floats, Floats] | None:
    """Energy of one home by hours, where the worth of its export asks for them. (1, N ÷ S) [kWh]"""
    if export_kwh is None or len(export_kwh) > 1 or plan.hour_of_run is None:
        return None
    steps_count = plan.price_steps_count
    return hour_sums(import_kwh, steps_count), hour_sums(export_kwh, steps_count)


def without_export(plan: Compiled, home: Metered) -> Metered | None:
    """The same homes if they exported nothing; None where that makes no difference.

    Their import is not read again, unless each hour's export was netted from it.
    """
    rule = plan.rule
    if rule is None or home.export_kwh is None:
        return None
    if rule.netting is Netting.HOURLY:
        return metered(plan, home.meter_kwh, np.zeros_like(home.meter_kwh), is_single=False)
    return home._replace(
        meter_export_kwh=None,
        export_kwh=None,
        run_net_kwh=home.run_import_kwh,
        deposit_usd=np.zeros_like(home.deposit_usd),
        hours_kwh=None,
    )


def _reduced(
    plan: Compiled,
    import_kwh: Floats,
    export_kwh: Floats | None,
    hours_kwh: tuple[Floats, Floats] | None,
    is_single: bool,
) -> tuple[Floats, Floats]:
    """Sums over runs (1 | 2, H, R) of import and export, and the worth of export (H, C, X)."""
    homes = len(import_kwh)
    channels = [import_kwh] if export_kwh is None else [import_kwh, export_kwh]
    starts, addends = plan.sheet.run_start, channels
    if hours_kwh is not None and plan.hour_of_run is not None:
        starts, addends = plan.hour_of_run, [*hours_kwh]
    runs_kwh = np.empty((len(channels), homes, len(starts)))
    deposit = np.zeros((homes, plan.cycles.count, plan.export_usd_per_kwh.shape[1]))
    for first in range(0, homes, HOMES_AT_ONCE_COUNT):
        some = slice(first, first + HOMES_AT_ONCE_COUNT)
        rows = 0 if homes == 1 else some  # one row without its axis is half the time to numpy
        lowest_kwh = inf
        for number, channel in enumerate(channels):
            np.add.reduceat(addends[number][rows], starts, axis=-1, out=runs_kwh[number, rows])
            lowest_kwh = min(lowest_kwh, np.minimum.reduce(channel[rows], axis=None))
        # A sum is finite only if all it adds up is, so the sums stand in for the elements.
        if not (lowest_kwh >= 0 and isfinite(np.add.reduce(runs_kwh[:, some], axis=None))):
            for name, energy in zip(("import_kwh", "export_kwh"), channels, strict=False):
                _refuse_bad(name, energy[some], first, is_single)
        if export_kwh is not None and deposit.size:
            deposit[some] = _deposits(plan, addends[1][some], runs_kwh[1, some])
    return runs_kwh, deposit


def _refuse_bad(name: str, energy_kwh: Floats, first_home: int, is_single: bool) -> None:
    """Raise for the first element that is negative, NaN or infinite, or for a sum that is."""
    bad = np.argwhere(~(np.isfinite(energy_kwh) & (energy_kwh >= 0)))
    if len(bad):
        home, step = bad[0]
        where = f"[{step}]" if is_single else f"[{first_home + home}][{step}]"
        raise UsageError(
            f"{name}{where} is {energy_kwh[home, step]}; every value must be a finite number of "
            "kWh, 0 or more (fill gaps, and give net export in export_kwh)"
        )
    if not np.isfinite(energy_kwh.sum()):
        raise UsageError(f"{name} holds values whose sum overflows; give energies in kWh")


def _deposits(plan: Compiled, export_kwh: Floats, run_export_kwh: Floats) -> Floats:
    """Worth of the export by cycle and price. (H, C, X) [USD]

    export_kwh : (H, N), or (H, N ÷ S) of steps that always have one price
    """
    prices = plan.export_usd_per_kwh
    if plan.run_prices:
        worth = run_export_kwh[..., None] * prices  # (H, R, X)
        return np.add.reduceat(worth, plan.sheet.cycle_run, axis=1)
    shared, edges = plan.price_steps_count, (plan.cycle_steps // plan.price_steps_count).tolist()
    if export_kwh.shape[1] == plan.grid.count and shared > 1:
        export_kwh = hour_sums(export_kwh, shared)
    found = np.empty((len(export_kwh), len(edges) - 1, prices.shape[1]))
    for cycle in range(len(edges) - 1):
        steps = slice(edges[cycle], edges[cycle + 1])
        found[:, cycle] = export_kwh[:, steps].dot(prices[steps])
    return found


def _hourly_net(plan: Compiled, import_kwh: Floats, export_kwh: Floats) -> tuple[Floats, Floats]:
    """Import and export after netting each clock hour; the rest stays in the hour's steps."""
    per_hour = 60 // plan.grid.step_minutes
    net = (import_kwh - export_kwh).reshape(len(import_kwh), -1, per_hour).sum(axis=2)
    even = np.repeat(net / per_hour, per_hour, axis=1)
    return np.maximum(even, 0.0), np.maximum(-even, 0.0)


def demand_kw(plan: Compiled, import_kwh: Floats) -> Floats:
    """Average power of each step; a value that holds two real hours counts half. (H, N) [kW]"""
    power = import_kwh / plan.grid.step_hours
    if plan.grid.is_doubled is not None:
        power = np.where(plan.grid.is_doubled, power / 2, power)
    return np.asarray(power)
