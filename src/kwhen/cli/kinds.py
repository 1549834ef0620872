"""A plan and the gaps it names, in words and for JSON."""

from kwhen.catalog.kinds import supported_type
from kwhen.catalog.plans import RatePlan
from kwhen.cli.page import Document, words
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Missing


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
        "kind": supported_type(tariff),
        "service": plan.service.value,
        "territory": plan.territory,
        "heating": plan.heating,
        "offered": plan.offered,
        "effective": tariff.effective,
        "until": tariff.until,
        "missing": gap_documents(plan.missing),
    }
