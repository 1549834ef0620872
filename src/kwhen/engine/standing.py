"""What every home on a plan pays alike, fixed and lump charges, added up once for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.cycles import Cycles
from kwhen.engine.rows import CLASS_COUNT, CLASS_INDEX, Block, to_cents

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """The lines that no home changes, and their sums."""

    lines: tuple[tuple[Block, Floats], ...]  # with their amounts as printed
    exact_usd: Floats  # (1, C) by cycle
    cents_usd: Floats  # (1, C) by cycle, of the amounts as printed
    class_usd: Floats  # (V, C, K) by version, cycle and class, exact


def standing(
    blocks: Sequence[tuple[int, Block]], cycles: Cycles, versions_count: int, is_exact: bool
) -> Standing:
    """Add up blocks that have one row a cycle, each with the number of its version."""
    printed = [block.exact_usd if is_exact else to_cents(block.exact_usd) for _, block in blocks]
    exact, cents = np.zeros((1, cycles.count)), np.zeros((1, cycles.count))
    by_class = np.zeros((versions_count, cycles.count, CLASS_COUNT))
    for (version, block), amount in zip(blocks, printed, strict=True):
        assert block.klass is not None
        exact += block.cycle_usd(block.exact_usd)
        cents += block.cycle_usd(amount)
        by_class[version, :, CLASS_INDEX[block.klass]] += block.cycle_usd(block.exact_usd)[0]
    return Standing(
        lines=tuple((block, amount) for (_, block), amount in zip(blocks, printed, strict=True)),
        exact_usd=exact,
        cents_usd=cents,
        class_usd=by_class,
    )
