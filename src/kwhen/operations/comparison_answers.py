"""A comparison of plans, as it is answered."""

from datetime import date
from typing import Any

from kwhen.catalog.kinds import supported_type
from kwhen.catalog.places import usual_id
from kwhen.catalog.plans import RatePlan
from kwhen.operations.rate_comparison import ComparedHome, Failure, PlanComparison, PlanResult
from kwhen.operations.utilities import utility_name
from kwhen.wire.gaps import GapAnswer
from kwhen.wire.rate_comparison import PlanBillAnswer, PlanComparisonAnswer, PlanNotBilled

CENTS = 2


def comparison_answer(
    found: PlanComparison, home: ComparedHome, first: date, end: date
) -> PlanComparisonAnswer:
    """The comparison for one home and the local dates [first, end)."""
    return PlanComparisonAnswer(
        zipcode=home.zipcode,
        start_date=first,
        end_date=end,
        prices_on=found.prices_on,
        current_rate_plan_id=found.current_plan.id if found.current_plan else None,
        ranked=tuple(_billed(found, one) for one in found.ranked),
        without_supply=tuple(_billed(found, one) for one in found.apart),
        not_billed=tuple(_not_billed(found, one) for one in found.failures),
    )


def _billed(found: PlanComparison, one: PlanResult) -> PlanBillAnswer:
    bill = one.bill
    return PlanBillAnswer(
        **_named(found, one.plan),
        bill_total=_cents(one.total_usd),
        export_compensation_credit=_cents(bill.credit_usd) if bill.export_rule else None,
        more_than_best=found.to_best_usd(one),
        more_than_current=found.to_current_usd(one),
        lowest_total=_cents(one.low_usd),
        highest_total=_cents(one.high_usd),
        variants_count=one.variants_count,
        export_rule=bill.export_rule,
        versions=tuple(dict.fromkeys(bill.versions)),
        is_nearest_version=one.is_nearest or one.is_priced_apart,
        missing=tuple(map(GapAnswer.of, found.gaps(one))),
    )


def _not_billed(found: PlanComparison, one: Failure) -> PlanNotBilled:
    return PlanNotBilled(**_named(found, one.plan), reason=one.reason)


def _named(found: PlanComparison, plan: RatePlan) -> dict[str, Any]:
    """The names and ids of a plan, and whether the home is on it."""
    current = found.current_plan
    return {
        "rate_plan_id": plan.id,
        "key": plan.key,
        "rate_id": plan.rate_id,
        "rate_plan_name": plan.name,
        "utility_id": str(usual_id(plan.utility_id)),
        "utility_name": utility_name(plan.utility_id, otherwise=plan.utility),
        "supported_type": supported_type(plan.versions[-1]),
        "is_current": current is not None and current.family == plan.family,
    }


def _cents(amount_usd: float) -> float:
    return round(float(amount_usd), CENTS) + 0.0
