"""The plans of a ZIP, compared for one home's usage."""

from datetime import date

from pydantic import Field

from kwhen.engine.words import SupportedType
from kwhen.wire.gaps import GapAnswer
from kwhen.wire.model import Answered


class ComparedPlan(Answered):
    """A plan that takes part in a comparison."""

    rate_plan_id: str = Field(examples=["e2fffca662e52a9f4991d9d4"])
    key: str = Field(examples=["14328/E-TOU-C/T-B"])
    rate_id: str = Field(
        validation_alias="rateID",
        serialization_alias="rateID",
        description="For reading only.",
        examples=["USA-CA-14328-14328-R-BNYYYN-???N??-TB-03012026-????-????????-????????-ETOUC"],
    )
    rate_plan_name: str = Field(examples=["E-TOU-C: time of use, peak 4-9 p.m. every day"])
    utility_id: str = Field(examples=["14328"])
    utility_name: str = Field(examples=["Pacific Gas & Electric Co"])
    supported_type: SupportedType = Field(examples=["TOU_TIERED"])


class PlanBillAnswer(ComparedPlan):
    """What the usage costs on a plan; of a family with territories, on its middle variant."""

    is_current: bool = Field(description="Whether the home is on it.")
    bill_total: float = Field(
        description="Net of what exporting earns, in the plan's currency.", examples=[1843.27]
    )
    export_compensation_credit: float | None = Field(
        default=None,
        description="What exporting saves on the bill; absent: nothing was exported, or no rule "
        "that pays for it is known.",
        examples=[212.4],
    )
    more_than_best: float | None = Field(
        default=None, description="Cost over the best plan; absent: not ranked.", examples=[37.11]
    )
    more_than_current: float | None = Field(
        default=None,
        description="Cost over the home's own plan, below zero where it saves; absent: the home's "
        "plan is not known, was not billed, or leaves supply out where this one does not.",
        examples=[-120.5],
    )
    lowest_total: float = Field(description="Of the cheapest variant that can apply.")
    highest_total: float = Field(description="Of the dearest variant that can apply.")
    variants_count: int = Field(
        description="Variants by baseline territory and heating code that can apply; more than "
        "one where the home's territory is not known.",
        examples=[1],
    )
    export_rule: str | None = Field(
        default=None, description="How exports are paid for.", examples=["NBT26"]
    )
    versions: tuple[date, ...] = Field(
        description="First days of the versions used.", examples=[["2026-03-01"]]
    )
    is_nearest_version: bool = Field(
        description="Whether a version stands in for days that it was not in force."
    )
    missing: tuple[GapAnswer, ...] = Field(description="What the total lacks.")


class PlanNotBilled(ComparedPlan):
    """A plan that the home cannot be billed on."""

    is_current: bool = Field(description="Whether the home is on it.")
    reason: str = Field(examples=["no variant for T-any; known: P-B P-H"])


class PlanComparisonAnswer(Answered):
    """Every plan of a ZIP for one usage; each is in one of the three lists."""

    zipcode: str = Field(examples=["94107"])
    start_date: date
    end_date: date = Field(description="Exclusive.")
    prices_on: date | None = Field(
        default=None,
        description="Every day is billed at the prices of this date, since some plan has none "
        "for the days of the usage; absent: each day has its own.",
    )
    current_rate_plan_id: str | None = Field(
        default=None, description="The plan that the home is on, where it is known."
    )
    ranked: tuple[PlanBillAnswer, ...] = Field(description="Full bills, best first.")
    without_supply: tuple[PlanBillAnswer, ...] = Field(
        description="Plans whose prices leave the energy itself out: no full bill, not ranked."
    )
    not_billed: tuple[PlanNotBilled, ...]
