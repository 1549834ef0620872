"""What kind of plan a plan is, and whether its prices are a full bill."""

from typing import cast

from kwhen.catalog.plans import RatePlan
from kwhen.catalog.rate_id import structure
from kwhen.engine.tariff import DemandCharge, Service, Tariff
from kwhen.engine.words import SupportedType

_KINDS = {
    "F": ("FLAT", "flat"),
    "I": ("TIERED", "tiered"),
    "T": ("TOU", "TOU"),
    "B": ("TOU_TIERED", "TOU, tiered"),
    "D": ("DYNAMIC", "hourly price"),
}
SUPPLY_GAP = "supply"


def supported_type(tariff: Tariff) -> SupportedType:
    """The kind in one capital word, such as TOU_TIERED or FLAT_DEMAND."""
    demand = "_DEMAND" if _has_demand(tariff) else ""
    return cast(SupportedType, _KINDS[structure(tariff.charges)][0] + demand)


def kind_words(tariff: Tariff) -> str:
    """The kind as a person says it."""
    demand = ", demand" if _has_demand(tariff) else ""
    return _KINDS[structure(tariff.charges)][1] + demand


def lacks_supply(plan: RatePlan) -> bool:
    """Whether the plan's prices leave the energy itself out, so that it is no full bill."""
    named = any(gap.name == SUPPLY_GAP for gap in plan.missing)
    return named or plan.service is not Service.BUNDLED


def _has_demand(tariff: Tariff) -> bool:
    return any(isinstance(charge, DemandCharge) for charge in tariff.charges)
