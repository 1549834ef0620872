"""Lines of a bill as arrays: a block holds B rows of T tiers for H homes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.cycles import Cycles
from kwhen.engine.words import ChargeClass

Floats = NDArray[np.float64]

CENTS_PER_USD = 100.0
HALF_CENT = 0.5 + 1e-7  # a half that binary fractions left a hair short still rounds up

CLASSES = tuple(ChargeClass)
CLASS_COUNT = len(CLASSES)
CLASS_INDEX = {klass: number for number, klass in enumerate(CLASSES)}


def to_cents(amount_usd: Floats) -> Floats:
    """Round to whole cents, halves away from zero. [USD]"""
    size = np.floor(np.abs(amount_usd) * CENTS_PER_USD + HALF_CENT)
    return np.asarray(np.copysign(size / CENTS_PER_USD, amount_usd))


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Block:
    """The lines of some charges. Arrays may have a first axis of 1, the same for every home."""

    row: Callable[[int], Row]
    quantity: Floats  # (H | 1, B, T)
    usd_per_unit: Floats  # broadcasts with quantity; USD per unit
    exact_usd: Floats  # (H | 1, B, T)
    to_cycle: Floats | None = None  # (B, C) 1 where a row is of a cycle; None: one row a cycle
    klass: ChargeClass | None = None  # of every row; None: they differ

    def cycle_usd(self, amount_usd: Floats) -> Floats:
        """Amounts (H, B, T) summed by cycle. (H, C) [USD]"""
        by_row = amount_usd[..., 0] if amount_usd.shape[-1] == 1 else amount_usd.sum(axis=-1)
        return by_row if self.to_cycle is None else np.asarray(by_row @ self.to_cycle)


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
