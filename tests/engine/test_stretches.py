"""When it is cheapest and dearest: runs of steps around the extreme."""

import numpy as np
import pytest

from kwhen.engine.stretches import cheapest_stretch, dearest_stretch

DAY = np.array([0.3] * 16 + [0.5] * 5 + [0.3] * 3)  # off-peak, peak, off-peak


def test_a_day_of_two_prices() -> None:
    assert cheapest_stretch(DAY) == slice(0, 16)
    assert dearest_stretch(DAY) == slice(16, 21)


def test_a_flat_price_has_neither() -> None:
    flat = np.full(96, 0.31) + np.linspace(0, 1e-7, 96)  # equal as it is printed
    assert cheapest_stretch(flat) is None
    assert dearest_stretch(flat) is None


@pytest.mark.parametrize(
    ("near_frac", "steps"), [(0.0, slice(2, 3)), (0.1, slice(1, 4)), (1.0, slice(0, 5))]
)
def test_neighbours_near_the_lowest_belong_to_it(near_frac: float, steps: slice) -> None:
    prices = np.array([0.5, 0.12, 0.1, 0.13, 0.3])
    assert cheapest_stretch(prices, near_frac) == steps


def test_a_longer_run_that_is_only_near_does_not_count() -> None:
    assert cheapest_stretch(np.array([0.12, 0.12, 0.12, 0.5, 0.1])) == slice(4, 5)


def test_the_first_of_equal_runs() -> None:
    assert cheapest_stretch(np.array([0.1, 0.5, 0.1])) == slice(0, 1)


def test_prices_below_nothing() -> None:
    prices = np.array([0.05, -0.02, -0.02, 0.1])
    assert cheapest_stretch(prices) == slice(1, 3)
    assert dearest_stretch(prices) == slice(3, 4)


def test_the_dearest_is_the_cheapest_of_the_mirror() -> None:
    prices = np.random.default_rng(7).random(96)
    assert dearest_stretch(prices) == cheapest_stretch(1.0 - prices)
