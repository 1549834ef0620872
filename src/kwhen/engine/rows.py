"""Lines of a bill as arrays: a block holds B rows of T tiers for H homes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.cycles import Cycles
from kwhen.engine.words import ChargeClass

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CENTS_PER_USD = 100.0
HALF_CENT = 0.5 + 1e-7  # a half that binary fractions left a hair short still rounds up

CLASSES = tuple(ChargeClass)
CLASS_COUNT = len(CLASSES)
CLASS_INDEX = {klass: number for number, klass in enumerate(CLASSES)}


def to_cents(amount_usd: Floats) -> Floats:
    """Round to whole cents, halves away from zero. [USD]"""
    size = np.abs(amount_usd)
    size *= CENTS_PER_USD
    size += HALF_CENT
    np.floor(size, out=size)
    size /= CENTS_PER_USD
    return np.copysign(size, amount_usd, out=size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Row:
    """What is printed beside the numbers of a line."""

    charge: str
    klass: ChargeClass | None  # None: its parts are of several classes
    unit: str
    source: str
    first_day: int
    days_count: int
    cycle: int
    period: str = ""
    tiers_count: int = 1
    parts: tuple[tuple[str, ChargeClass, str], ...] = ()  # name, class, source
    part_usd_per_kwh: Floats | None = None  # (T, parts)


class Block(NamedTuple):
    """The lines of some charges. Arrays may have a first axis of 1, the same for every home."""

    row: Callable[[int], Row]
    quantity: Floats  # (H | 1, B, T)
    usd_per_unit: Floats  # broadcasts with quantity; USD per unit
    exact_usd: Floats  # (H | 1, B, T)
    to_cycle: Floats | None = None  # (B * T, C) of `cycle_matrix`; None: one row a cycle, T = 1
    klass: ChargeClass | None = None  # of every row; None: they differ

    def cycle_usd(self, amount_usd: Floats) -> Floats:
        """Amounts (H, B, T) summed by cycle. (H, C) [USD]"""
        if self.to_cycle is None:
            return amount_usd[..., 0]
        return np.asarray(amount_usd.reshape(len(amount_usd), -1) @ self.to_cycle)


def cycle_matrix(cycle: Ints, cycles_count: int, tiers_count: int) -> Floats:
    """1 where a row and tier is of a cycle. cycle : (B,) of each row. → (B * T, C)"""
    return np.eye(cycles_count)[np.repeat(cycle, tiers_count)]


def cycle_block(
    cycles: Cycles,
    *,
    charge: str,
    klass: ChargeClass,
    unit: str,
    source: str,
    quantity: Floats,
    usd_per_unit: Floats | float,
    exact_usd: Floats,
) -> Block:
    """A block with one row a cycle, from arrays (H | 1, C)."""

    def row(number: int) -> Row:
        return Row(
            charge=charge,
            klass=klass,
            unit=unit,
            source=source,
            first_day=int(cycles.first_day[number]),
            days_count=int(cycles.days_count[number]),
            cycle=number,
        )

    return Block(
        row=row,
        quantity=quantity[..., None],
        usd_per_unit=np.asarray(usd_per_unit)[..., None],
        exact_usd=exact_usd[..., None],
        klass=klass,
    )


@cache
def class_mask(classes: frozenset[ChargeClass]) -> Floats:
    """1 for the classes named, 0 for the others. (K,)"""
    mask = np.array([1.0 if klass in classes else 0.0 for klass in CLASSES])
    mask.setflags(write=False)
    return mask
