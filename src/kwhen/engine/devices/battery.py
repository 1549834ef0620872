"""A battery behind the meter, dispatched on known prices: changed import and export."""

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.cycles import calendar_months
from kwhen.engine.devices.arrays import home_energy, prices_of
from kwhen.engine.devices.storage_lp import solve
from kwhen.engine.devices.storage_problem import StorageProblem
from kwhen.engine.grid import Grid, check_step
from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GAIN_USD = 1e-9  # what binary fractions can make of no gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery. Power is measured at the home's wiring, capacity inside the battery."""

    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency_frac: float = 0.95  # of what the wiring gives, what is stored
    discharge_efficiency_frac: float = 0.95  # of what is taken out, what the wiring gets
    initial_soc_frac: float = 0.0
    min_soc_frac: float = 0.0
    max_soc_frac: float = 1.0
    may_export: bool = True
    may_charge_from_grid: bool = True

    def __post_init__(self) -> None:
        for name in ("capacity_kwh", "charge_kw", "discharge_kw"):
            amount: float = getattr(self, name)
            if not (np.isfinite(amount) and amount >= 0):
                raise UsageError(f"{name} of a battery is {amount}; it must be finite and ≥ 0")
        for name in ("charge_efficiency_frac", "discharge_efficiency_frac"):
            if not 0 < getattr(self, name) <= 1:
                raise UsageError(f"{name} is {getattr(self, name)}; it is above 0 and at most 1")
        low, start, high = self.min_soc_frac, self.initial_soc_frac, self.max_soc_frac
        if not 0 <= low <= start <= high <= 1:
            raise UsageError(
                f"the states of charge are min {low}, initial {start}, max {high}; they must "
                "rise in this order between 0 and 1"
            )


class Outcome(Enum):
    """What became of a window."""

    DISPATCHED = "dispatched"
    NO_GAIN = "no gain"  # the battery rests: nothing it could do pays
    UNSOLVED = "unsolved"  # the battery rests: the solver found no answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """One window that was planned with perfect foresight, [first_step, end_step)."""

    first_step: int
    end_step: int
    outcome: Outcome
    saved_usd: float  # at the prices given


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dispatch:
    """What a battery does, and the home's import and export with it."""

    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    charge_kwh: Floats  # (N,) into the battery, at the wiring
    discharge_kwh: Floats  # (N,) out of it, at the wiring
    soc_kwh: Floats  # (N,) at the end of each step
    charged_kwh: float  # total of charge_kwh
    discharged_kwh: float
    cycles_count: float  # energy taken out of the battery ÷ capacity
    saved_usd: float  # at the prices given, ≥ 0; a bill may differ by tiers, minimums and credits
    windows: tuple[Window, ...]

    @property
    def is_solved(self) -> bool:
        """Whether the solver found an answer for every window."""
        return all(window.outcome is not Outcome.UNSOLVED for window in self.windows)


def month_steps(grid: Grid) -> Ints:
    """First step of each calendar month of a grid, and N at the end. (C + 1,)"""
    return np.asarray(grid.day_steps()[calendar_months(grid).first_day], dtype=np.int64)


def dispatch_battery(
    battery: Battery,
    import_kwh: ArrayLike,
    export_kwh: ArrayLike,
    import_usd_per_kwh: ArrayLike,
    export_usd_per_kwh: ArrayLike,
    *,
    step_minutes: int = 15,
    window_steps: ArrayLike | None = None,
) -> Dispatch:
    """The cheapest use of a battery, window by window with perfect foresight.

    The state of charge is carried from window to window, and each ends at or above the initial
    one. No window costs more than without the battery: where the solver fails or nothing is
    gained, the battery rests, told in `windows`. It never charges and discharges in one step.

    Parameters
    ----------
    import_kwh, export_kwh : (N,) energy of each step without the battery, finite and ≥ 0. [kWh]
    import_usd_per_kwh, export_usd_per_kwh : (N,) what one more kWh costs and earns. [USD/kWh]
    window_steps : (C + 1,) first step of each window and N at the end, as `month_steps` gives
        them; None: one window

    Raises
    ------
    UsageError
        An array is of the wrong shape or value, or the solver is not installed.
    """
    check_step(step_minutes)
    imported, exported = home_energy(import_kwh, export_kwh)
    buy = prices_of("import_usd_per_kwh", import_usd_per_kwh, len(imported))
    sell = prices_of("export_usd_per_kwh", export_usd_per_kwh, len(imported))
    edges = _edges(window_steps, len(imported))
    charge, discharge = np.zeros_like(imported), np.zeros_like(imported)
    soc_kwh = np.full_like(imported, battery.initial_soc_frac * battery.capacity_kwh)
    level_kwh, windows = battery.initial_soc_frac * battery.capacity_kwh, []
    for first, end in pairwise(edges.tolist()):
        part = slice(first, end)
        home = _Home(
            import_kwh=imported[part],
            export_kwh=exported[part],
            buy_usd_per_kwh=buy[part],
            sell_usd_per_kwh=sell[part],
        )
        outcome, saved, plan = _window(battery, home, step_minutes / 60, level_kwh)
        charge[part], discharge[part], soc_kwh[part] = plan
        level_kwh = float(soc_kwh[end - 1])
        windows.append(Window(first_step=first, end_step=end, outcome=outcome, saved_usd=saved))
    return _dispatch(battery, imported, exported, (charge, discharge, soc_kwh), tuple(windows))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Home:
    """One window of a home and its prices."""

    import_kwh: Floats  # (N,)
    export_kwh: Floats  # (N,)
    buy_usd_per_kwh: Floats  # (N,)
    sell_usd_per_kwh: Floats  # (N,)

    def saved_usd(self, charge_kwh: Floats, discharge_kwh: Floats) -> float:
        """What the battery's flows save at the prices."""
        imported, exported = behind_meter(
            self.import_kwh, self.export_kwh, charge_kwh, discharge_kwh
        )
        less = self.buy_usd_per_kwh * (self.import_kwh - imported)
        return float((less + self.sell_usd_per_kwh * (exported - self.export_kwh)).sum())


Plan = tuple[Floats, Floats, Floats]  # charge, discharge, state of charge at the end of each step


def behind_meter(
    import_kwh: Floats, export_kwh: Floats, charge_kwh: Floats, discharge_kwh: Floats
) -> tuple[Floats, Floats]:
    """Import and export with a battery: surplus is stored first, load is served first."""
    from_surplus = np.minimum(charge_kwh, export_kwh)
    to_load = np.minimum(discharge_kwh, import_kwh)
    imported: Floats = import_kwh - to_load + (charge_kwh - from_surplus)
    exported: Floats = export_kwh - from_surplus + (discharge_kwh - to_load)
    return imported, exported


def _window(
    battery: Battery, home: _Home, step_hours: float, soc_start_kwh: float
) -> tuple[Outcome, float, Plan]:
    """What the battery does in one window, and what that saves. [USD]"""
    resting = np.zeros_like(home.import_kwh)
    rest = (resting, resting, np.full_like(resting, soc_start_kwh))
    if not battery.capacity_kwh or not (battery.charge_kw or battery.discharge_kw):
        return Outcome.NO_GAIN, 0.0, rest
    flows = solve(_problem(battery, home, step_hours, soc_start_kwh))
    if flows is None:
        return Outcome.UNSOLVED, 0.0, rest
    plan = _within_limits(battery, *flows, soc_start_kwh)
    saved = home.saved_usd(plan[0], plan[1])
    if saved <= GAIN_USD:
        return Outcome.NO_GAIN, 0.0, rest
    return Outcome.DISPATCHED, saved, plan


def _problem(
    battery: Battery, home: _Home, step_hours: float, soc_start_kwh: float
) -> StorageProblem:
    charge_max, discharge_max = battery.charge_kw * step_hours, battery.discharge_kw * step_hours
    buy, sell = home.buy_usd_per_kwh, home.sell_usd_per_kwh
    from_grid = battery.may_charge_from_grid & (home.export_kwh < charge_max)
    to_grid = battery.may_export & (home.import_kwh < discharge_max)
    flow_max = np.array(
        [
            np.minimum(home.export_kwh, charge_max),
            np.where(from_grid, charge_max, 0.0),
            np.minimum(home.import_kwh, discharge_max),
            np.where(to_grid, discharge_max, 0.0),
        ]
    )
    initial_kwh = battery.initial_soc_frac * battery.capacity_kwh
    return StorageProblem(
        flow_max_kwh=flow_max,
        usd_per_kwh=np.array([sell, buy, -buy, -sell]),
        charge_max_kwh=charge_max,
        discharge_max_kwh=discharge_max,
        charge_efficiency_frac=battery.charge_efficiency_frac,
        discharge_efficiency_frac=battery.discharge_efficiency_frac,
        soc_min_kwh=battery.min_soc_frac * battery.capacity_kwh,
        soc_max_kwh=battery.max_soc_frac * battery.capacity_kwh,
        soc_start_kwh=soc_start_kwh,
        soc_end_min_kwh=min(initial_kwh, soc_start_kwh),
    )


def _within_limits(
    battery: Battery, charge_kwh: Floats, discharge_kwh: Floats, level_kwh: float
) -> Plan:
    """The flows with the solver's tolerance trimmed: no state of charge leaves its limits."""
    low = battery.min_soc_frac * battery.capacity_kwh
    high = battery.max_soc_frac * battery.capacity_kwh
    into, out_of = battery.charge_efficiency_frac, battery.discharge_efficiency_frac
    charge, discharge = charge_kwh.tolist(), discharge_kwh.tolist()
    soc_kwh = []
    for step, (more, less) in enumerate(zip(charge, discharge, strict=True)):
        charge[step] = min(more, max(high - level_kwh, 0.0) / into)
        discharge[step] = min(less, max(level_kwh - low, 0.0) * out_of)
        level_kwh = level_kwh + into * charge[step] - discharge[step] / out_of
        level_kwh = min(max(level_kwh, low), high)  # the last bit of a binary fraction
        soc_kwh.append(level_kwh)
    return np.array(charge), np.array(discharge), np.array(soc_kwh)


def _dispatch(
    battery: Battery,
    import_kwh: Floats,
    export_kwh: Floats,
    plan: Plan,
    windows: tuple[Window, ...],
) -> Dispatch:
    charge, discharge, soc_kwh = plan
    imported, exported = behind_meter(import_kwh, export_kwh, charge, discharge)
    charged, discharged = float(charge.sum()), float(discharge.sum())
    taken_kwh = discharged / battery.discharge_efficiency_frac
    return Dispatch(
        import_kwh=imported,
        export_kwh=exported,
        charge_kwh=charge,
        discharge_kwh=discharge,
        soc_kwh=soc_kwh,
        charged_kwh=charged,
        discharged_kwh=discharged,
        cycles_count=taken_kwh / battery.capacity_kwh if battery.capacity_kwh else 0.0,
        saved_usd=sum(window.saved_usd for window in windows),
        windows=windows,
    )


def _edges(window_steps: ArrayLike | None, count: int) -> Ints:
    """First step of each window and N at the end. (C + 1,)"""
    if window_steps is None:
        return np.array([0, count])
    edges = np.asarray(window_steps)
    good = edges.ndim == 1 and len(edges) > 1 and np.issubdtype(edges.dtype, np.integer)
    if not good or edges[0] != 0 or edges[-1] != count or (np.diff(edges) <= 0).any():
        raise UsageError(
            f"window_steps is {edges.tolist()}; it takes whole numbers that rise from 0 to {count}"
        )
    return edges.astype(np.int64)
