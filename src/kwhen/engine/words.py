"""The closed vocabularies of a tariff, and the name of what is not known."""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any, Literal

# How a plan prices energy; _DEMAND: it charges for power as well.
SupportedType = Literal[
    "FLAT", "TIERED", "TOU", "TOU_TIERED", "DYNAMIC",
    "FLAT_DEMAND", "TIERED_DEMAND", "TOU_DEMAND", "TOU_TIERED_DEMAND", "DYNAMIC_DEMAND",
]  # fmt: skip


class ChargeClass(Enum):
    """What a charge pays for; credits and percentages name the classes that they reach."""

    SUPPLY = "supply"
    DELIVERY = "delivery"
    NON_BYPASSABLE = "non_bypassable"
    OTHER = "other"
    FIXED = "fixed"
    DEMAND = "demand"
    MINIMUM = "minimum"
    TAX = "tax"
    CREDIT = "credit"


ENERGY_CLASSES = frozenset(
    {ChargeClass.SUPPLY, ChargeClass.DELIVERY, ChargeClass.NON_BYPASSABLE, ChargeClass.OTHER}
)


class Per(Enum):
    """The time over which a fixed or minimum amount accrues."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


class TierScope(Enum):
    """Whether a ladder's ceilings count the cycle pooled over its periods, or each period alone."""

    CYCLE = "cycle"
    PERIOD = "period"


class CeilingPer(Enum):
    """What a tier's ceiling in kWh is multiplied by."""

    CYCLE = "cycle"
    DAY = "day"
    KW = "kw"
    KW_DAY = "kw_day"


CEILING_UNITS = {
    CeilingPer.CYCLE: "kWh",
    CeilingPer.DAY: "kWh a day",
    CeilingPer.KW: "kWh per kW",
    CeilingPer.KW_DAY: "kWh per kW a day",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A named gap: something that belongs on the bill and that no figure is held for."""

    name: str
    note: str = ""
    since: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What a plan's price depends on beyond the plan: all optional, None where not known."""

    territory: str | None = None  # baseline territory, such as T
    heating: str | None = None  # heating code, B basic or H all-electric
    low_income: str | None = None  # programme, such as CARE
    export_rule: str | None = None  # such as NEM2, NBT, NONE
    interconnection_date: date | None = None
    solar_kw: float | None = None  # size of its solar, where a scheme charges by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """A balance that outlives the window, or that a home brings along."""

    bank: str
    unit: str  # "USD" or "kWh"
    amount: Any  # a float for one home, (H,) for many
    period: str = ""  # of a kWh balance
    earned: date | None = None  # month in which it was earned, where credits have an age
