"""What kind of plan a plan is, in words and for JSON, and the gaps it names."""

from kwhen.catalog.plans import RatePlan
from kwhen.catalog.rate_id import structure
from kwhen.cli.page import Document, words
from kwhen.engine.tariff import DemandCharge, Service, Tariff
from kwhen.engine.words import Missing

_KINDS = {
    "F": ("FLAT", "flat"),
    "I": ("TIERED", "tiered"),
    "T": ("TOU", "TOU"),
    "B": ("TOU_TIERED", "TOU, tiered"),
    "D": ("DYNAMIC", "hourly price"),
}
SUPPLY_GAP = "supply"


def kind(tariff: Tariff) -> str:
    """The kind in one capital word, such as TOU_TIERED or FLAT_DEMAND."""
    demand = "_DEMAND" if _has_demand(tariff) else ""
    return _KINDS[structure(tariff.charges)][0] + demand


def kind_words(tariff: Tariff) -> str:
    """The kind as a person says it."""
    demand = ", demand" if _has_demand(tariff) else ""
    return _KINDS[structure(tariff.charges)][1] + demand


def _has_demand(tariff: Tariff) -> bool:
    return any(isinstance(charge, DemandCharge) for charge in tariff.charges)


def lacks_supply(plan: RatePlan) -> bool:
    """Whether the plan's prices leave the energy itself out, so that it is no full bill."""
    named = any(gap.name == SUPPLY_GAP for gap in plan.missing)
    return named or plan.service is not Service.BUNDLED


def gap_words(gap: Missing) -> str:
    """A gap as a sentence."""
    since = f" (since {gap.since})" if gap.since else ""
    return f"{words(gap.name)}: {gap.note}{since}" if gap.note else f"{words(gap.name)}{since}"


def gap_documents(gaps: tuple[Missing, ...]) -> list[Document]:
    """Gaps for JSON."""
    return [{"name": gap.name, "note": gap.note, "since": gap.since} for gap in gaps]


def plan_document(plan: RatePlan, tariff: Tariff) -> Document:
    """What names a plan, for JSON. `until` is exclusive, null while no later version is known."""
    return {
        "id": plan.id,
        "key": plan.key,
        "family": plan.family,
        "rate_id": plan.rate_id,
        "name": plan.name,
        "utility_id": plan.utility_id,
        "utility": plan.utility,
        "state": plan.state,
        "kind": kind(tariff),
        "service": plan.service.value,
        "territory": plan.territory,
        "heating": plan.heating,
        "offered": plan.offered,
        "effective": tariff.effective,
        "until": tariff.until,
        "missing": gap_documents(plan.missing),
    }
