"""Utilities and plans that were found, as answers: names alone, or everything that is known."""

from functools import lru_cache

from kwhen.catalog.sources import sources
from kwhen.catalog.tariff_words import charge_words
from kwhen.engine.tariff import DemandCharge, EnergyCharge, FixedCharge, MinimumCharge, Tariff
from kwhen.engine.words import Missing
from kwhen.operations.utilities import PlanFound, UtilityFound
from kwhen.wire.gaps import GapAnswer, SourceAnswer
from kwhen.wire.plan_structure import OtherChargeAnswer, StructureAnswer
from kwhen.wire.utilities import RatePlanAnswer, RatePlanDetails, UtilityAnswer, VersionAnswer

NAMES_KEPT_COUNT = 4_096
DETAILS_KEPT_COUNT = 512
_TOLD_APART = EnergyCharge | FixedCharge | MinimumCharge | DemandCharge


def utility_answer(found: UtilityFound, *, is_full: bool) -> UtilityAnswer:
    """A utility as it is answered; `is_full` tells everything of its plans."""
    return UtilityAnswer(
        utility_id=found.utility_id,
        utility_name=found.name,
        rate_plans=tuple(
            plan_details(plan) if is_full else plan_answer(plan) for plan in found.plans
        ),
    )


@lru_cache(maxsize=NAMES_KEPT_COUNT)
def plan_answer(found: PlanFound) -> RatePlanAnswer:
    """A plan by its names and ids."""
    return RatePlanAnswer(
        id=found.plan.id,
        rate_id=found.plan.rate_id,
        rate_plan_name=found.plan.name,
        supported_type=found.supported_type,
        solar_billing_program=found.solar_billing_program,
        export_compensation_refs=found.export_compensation_refs or None,
    )


@lru_cache(maxsize=DETAILS_KEPT_COUNT)
def plan_details(found: PlanFound) -> RatePlanDetails:
    """Everything that is known of the version of a plan that a day has."""
    plan, version = found.plan, found.version
    return RatePlanDetails(
        **dict(plan_answer(found)),
        key=plan.key,
        family=plan.family,
        state=plan.state,
        territory=plan.territory,
        heating=plan.heating,
        service=plan.service,
        timezone=version.timezone,
        currency=version.currency,
        offered=plan.offered,
        closed=plan.closed or None,
        eligibility=version.eligibility,
        low_income_programs=tuple(programme.name for programme in version.programmes),
        effective=version.effective,
        until=version.until,
        in_force=found.is_in_force,
        versions=tuple(VersionAnswer(effective=v.effective, until=v.until) for v in plan.versions),
        structure=StructureAnswer.of(version, found.day.year, _other_charges(found)),
        missing=tuple(map(GapAnswer.of, gaps(found))),
        sources=tuple(map(source_answer, _source_ids(version))),
    )


def gaps(found: PlanFound) -> tuple[Missing, ...]:
    """What the version lacks, and what the way to it left open."""
    of_newest = found.plan.versions[-1].missing
    of_search = tuple(gap for gap in found.plan.missing if gap not in of_newest)
    if found.is_in_force:
        return found.version.missing + of_search
    note = f"the version of {found.version.effective} stands in for a day without a version"
    return (*found.version.missing, *of_search, Missing(name="version", note=note))


def source_answer(id: str) -> SourceAnswer:
    """A source by its id; of one that is not in the register the id alone."""
    known = sources().get(id)
    if known is None:
        return SourceAnswer(id=id)
    return SourceAnswer(
        id=id,
        title=known.title,
        publisher=known.publisher,
        edition=known.edition,
        url=known.url,
        retrieved=known.retrieved,
    )


def _source_ids(version: Tariff) -> tuple[str, ...]:
    """The sources of the version, then those that its parts name beside them."""
    named = list(version.sources)
    for charge in version.charges:
        parts = charge.components if isinstance(charge, EnergyCharge) else (charge,)
        named += [part.source for part in parts]
    named += [rule.source for rule in version.export_rules]
    return tuple(dict.fromkeys(id for id in named if id))


def _other_charges(found: PlanFound) -> list[OtherChargeAnswer]:
    """The charges that are told in words, at the prices of the day."""
    day = max(found.day, found.version.effective)
    answers = []
    for charge in found.version.charges:
        if isinstance(charge, _TOLD_APART):
            continue
        basis, amount = charge_words(charge, day)
        kind = type(charge).__name__.removesuffix("Charge").lower()
        answers.append(OtherChargeAnswer(name=charge.name, kind=kind, basis=basis, amount=amount))
    return answers
