"""The average residential customer: of the utility in that state, else of the state."""

import pytest

from kwhen.catalog.mean_use import mean_kwh_per_year
from kwhen.errors import CoverageError

# EIA-861, 2019: utility data, residential sector.
PGE_KWH, EVERGY_KS_KWH, EVERGY_MO_KWH, TEXAS_KWH, CALIFORNIA_KWH = 5678, 12216, 10067, 13504, 6385


def test_a_utility_answers_for_its_own_customers():
    use = mean_kwh_per_year(14328, "CA")
    assert (use.kwh_per_year, use.customers, use.is_fallback) == (PGE_KWH, 4_845_482, False)
    assert use.source == "eia-861-2019"


def test_a_utility_of_two_states_has_a_mean_in_each():
    assert mean_kwh_per_year(10000, "KS").kwh_per_year == EVERGY_KS_KWH
    assert mean_kwh_per_year(10000, "MO").kwh_per_year == EVERGY_MO_KWH


@pytest.mark.parametrize("eia_id", [1068, 44372, 1173, None])
def test_delivery_companies_and_unknown_ones_take_the_mean_of_the_state(eia_id):
    use = mean_kwh_per_year(eia_id, " tx ")
    assert (use.kwh_per_year, use.is_fallback) == (TEXAS_KWH, True)


def test_a_utility_asked_about_in_another_state_takes_that_states_mean():
    assert mean_kwh_per_year(10000, "CA").kwh_per_year == CALIFORNIA_KWH


def test_implausible_rows_of_the_source_are_not_used():
    # Town of Frederick, CO, reports 425 kWh a customer: an error of the source.
    assert mean_kwh_per_year(6752, "CO").is_fallback


@pytest.mark.parametrize("state", ["PR", "GU", "", "California"])
def test_a_state_without_figures_is_told(state):
    with pytest.raises(CoverageError, match=r"it covers the 50 states and DC"):
        mean_kwh_per_year(14328, state)
