"""What the average residential customer uses in a year, by utility and by state."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from kwhen.catalog.places import usual_id
from kwhen.catalog.shipped import read_text
from kwhen.errors import CoverageError

_SOURCE = "eia-861-2019"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanUse:
    """kWh a year of the average residential customer.

    `is_fallback`: the utility reports none there, so it is the mean of its state.
    `customers` is how many the mean is of; `source` an id of the sources register.
    """

    kwh_per_year: float
    customers: int
    source: str
    is_fallback: bool


@cache
def _means() -> Mapping[tuple[int | None, str], tuple[int, float]]:
    """(EIA id, state) → customers and kWh a year; without an id the whole state's."""
    means: dict[tuple[int | None, str], tuple[int, float]] = {}
    for line in read_text("places/mean_use.tsv.gz").splitlines()[2:]:
        number, state, customers, kwh_per_year = line.split("\t")
        key = (int(number) if number else None, state)
        means[key] = (int(customers), float(kwh_per_year))
    return MappingProxyType(means)


def mean_kwh_per_year(utility_id: int | None, state: str) -> MeanUse:
    """Yearly use of the average customer of a utility in a state, else of the state. [kWh]

    Raises
    ------
    CoverageError
        EIA-861 reports neither, as in the territories.
    """
    state = state.strip().upper()
    for eia_id in (None if utility_id is None else usual_id(utility_id), None):
        if (found := _means().get((eia_id, state))) is not None:
            return MeanUse(
                kwh_per_year=found[1],
                customers=found[0],
                source=_SOURCE,
                is_fallback=eia_id is None,
            )
    raise CoverageError(
        f"EIA-861 (2019) has no residential use for the state {state!r}; it covers the 50 states "
        "and DC, by their two letters. Give the home's own kWh a year"
    )
