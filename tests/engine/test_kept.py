"""Results that are kept by their size, and those that live as long as what they are of."""

import gc
from dataclasses import dataclass
from threading import Thread

import numpy as np
import pytest

from kwhen.engine.kept import ENTRY_BYTES, MIB_BYTES, kept, kept_with, size_bytes

MIB_CELLS = MIB_BYTES // 8


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Own:
    """What has arrays compares by identity."""

    cells: np.ndarray


@dataclass(frozen=True)
class Fact:
    """What compares by content is held by others as well."""

    cells: tuple[float, ...]


def counting(most_mib: int, own=None):
    """A function that is kept, and the arguments it was really called with."""
    asked: list[int] = []

    @kept(most_mib, own=own)
    def made(number: int, size_mib: float = 1.0) -> np.ndarray:
        asked.append(number)
        return np.full(int(size_mib * MIB_CELLS), number)

    return made, asked


def test_a_result_is_made_once() -> None:
    made, asked = counting(4)
    assert made(1) is made(1)
    assert made(number=1) is made(number=1)
    assert asked == [1, 1]  # given by name it is another call, as for lru_cache
    assert made.__name__ == "made"


def test_what_was_unused_for_longest_goes_first() -> None:
    made, asked = counting(4)
    for number in (1, 2, 3):
        made(number)
    made(1)
    made(4)  # too much now: 2, then 3
    assert made.held_bytes <= 4 * MIB_BYTES
    made(1)
    made(4)
    assert asked == [1, 2, 3, 4]
    made(2)
    assert asked == [1, 2, 3, 4, 2]


def test_small_results_are_many() -> None:
    made, asked = counting(1)
    for number in range(500):
        made(number, 0.001)
    for number in range(500):
        made(number, 0.001)
    assert len(asked) == 500


def test_what_is_larger_than_everything_is_not_kept() -> None:
    made, asked = counting(1)
    made(1, 0.5)
    made(2, 2.0)
    made(2, 2.0)
    made(1, 0.5)
    assert asked == [1, 2, 2]


def test_part_of_a_result_may_count() -> None:
    made, asked = counting(1, own=lambda result: result[:0].copy())
    for number in (1, 2, 1, 2):
        made(number, 5.0)
    assert asked == [1, 2]
    assert made.held_bytes == 2 * ENTRY_BYTES


def test_an_error_is_not_kept() -> None:
    @kept(1)
    def refuse(number: int) -> int:
        raise ValueError(number)

    for _ in range(2):
        with pytest.raises(ValueError, match="7"):
            refuse(7)
    assert refuse.held_bytes == 0


def test_clearing_forgets() -> None:
    made, asked = counting(4)
    made(1)
    made.cache_clear()
    assert made.held_bytes == 0
    made(1)
    assert asked == [1, 1]


def test_threads_may_share_it() -> None:
    made, _ = counting(4)
    wrong = []

    def work(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 40, 500).tolist():
            if made(number, 0.2)[0] != number:
                wrong.append(number)

    threads = [Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    held = sum(entry.size_bytes for entry in made._entries.values())
    assert made.held_bytes == held <= 4 * MIB_BYTES


def test_sizes_are_those_of_arrays_and_bytes() -> None:
    cells = np.zeros(1000)
    assert size_bytes(cells) == 8000
    assert size_bytes(cells[:10]) == 8000  # a view keeps the whole
    assert size_bytes(cells, cells[5:]) == 8000
    assert size_bytes((Own(cells), [b"12345"], {"a": np.zeros(2)})) == 8000 + 5 + 16
    assert size_bytes(Fact((1.0, 2.0)), "text", 1, None) == 0


def test_a_result_ends_with_its_owner() -> None:
    asked = []

    @kept_with
    def total(owner: Own) -> Own:
        asked.append(1)
        return Own(owner.cells.sum(keepdims=True))

    first, second = Own(np.ones(3)), Own(np.ones(3))
    assert total(first) is total(first)
    assert total(second) is not total(first)
    assert len(asked) == 2
    before = alive_count()
    del first
    gc.collect()
    assert alive_count() == before - 2


def alive_count() -> int:
    return sum(isinstance(one, Own) for one in gc.get_objects())
