"""The arrays of one home as the devices take them, checked."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from kwhen.engine.grid import Grid
from kwhen.errors import UsageError

Floats = NDArray[np.float64]


def home_energy(import_kwh: ArrayLike, export_kwh: ArrayLike) -> tuple[Floats, Floats]:
    """Import and export of one home as float64, finite and ≥ 0. (N,), (N,)"""
    imported = np.asarray(import_kwh, dtype=np.float64)
    exported = np.asarray(export_kwh, dtype=np.float64)
    for name, kwh in (("import_kwh", imported), ("export_kwh", exported)):
        if kwh.ndim != 1 or not kwh.size or not np.isfinite(kwh).all() or kwh.min() < 0:
            raise UsageError(f"{name} has the shape {kwh.shape}; it takes finite values (N,) ≥ 0")
    if imported.shape != exported.shape:
        raise UsageError(
            f"import_kwh has {imported.size} values and export_kwh {exported.size}; "
            "they must be equally long"
        )
    return imported, exported


def prices_of(name: str, usd_per_kwh: ArrayLike, count: int) -> Floats:
    """A finite price for each of `count` steps. (N,)"""
    found = np.asarray(usd_per_kwh, dtype=np.float64)
    if found.shape != (count,) or not np.isfinite(found).all():
        raise UsageError(
            f"{name} has the shape {found.shape}; it takes {count} finite values, one a step"
        )
    return found


def check_grid(grid: Grid, count: int) -> None:
    """Raise where a grid does not have one step for each value."""
    if grid.count != count:
        raise UsageError(f"the grid has {grid.count} steps and the arrays {count} values")


def hours_of_steps(grid: Grid) -> Floats:
    """Real hours that each step holds: twice its length where an hour repeats in it. (N,)"""
    hours = np.full(grid.count, grid.step_hours)
    return hours if grid.is_doubled is None else hours * (1.0 + grid.is_doubled)
