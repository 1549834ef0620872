"""An impact for programs, and the two scenarios that a page or a document tells of."""

from dataclasses import dataclass

from kwhen.api.homes import Home
from kwhen.api.impacts import Comparison, Impact
from kwhen.catalog.plans import RatePlan
from kwhen.cli.bill_document import bill_document
from kwhen.cli.homes import home_document
from kwhen.cli.kinds import gap_documents
from kwhen.cli.meter import Metered, as_document
from kwhen.cli.page import Document
from kwhen.cli.scenario import Floats
from kwhen.operations.scenarios import Scenario


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Story:
    """A home's impact, and that of a second scenario where there is one."""

    home: Home
    plan: RatePlan
    base: Metered
    before: Impact
    other: Scenario | None
    after: Impact | None
    comparison: Comparison | None


def impact_document(story: Story) -> Document:
    """Everything, with the lines of the bill; every `end` is exclusive."""
    found = {
        "home": home_document(story.home, story.plan),
        "usage": as_document(story.base),
        **_impact(story.before),
        "bill": {
            name: part
            for name, part in bill_document(story.plan, story.base, story.before.bill).items()
            if name in ("export_rule", "versions", "is_complete", "cycles", "lines")
        },
        "carbon": _carbon(story.before),
        "missing": gap_documents(story.before.missing),
    }
    if story.other is None or story.after is None or story.comparison is None:
        return {**found, "scenario": None, "comparison": None}
    other, change = story.other, story.comparison
    return {
        **found,
        "scenario": {
            "name": other.name,
            "import_kwh": _total(other.import_kwh),
            "export_kwh": _total(other.export_kwh),
            **_impact(story.after),
            "notes": list(other.notes),
        },
        "comparison": {
            "bill_saving_usd": change.bill_saving_usd,
            "bill_saving_usd_by_month": list(change.bill_saving_usd_by_month),
            "grid_services_gain_usd": change.grid_services_gain_usd,
            "co2e_saving_lb": change.co2e_saving_lb,
            "cost_usd": change.cost_usd,
            "payback_years": change.payback_years,
        },
    }


def _total(kwh: Floats) -> float:
    return round(float(kwh.sum()), 6)


def _impact(found: Impact) -> Document:
    services = found.grid_services
    return {
        "start": found.start,
        "end": found.end,
        "bill_usd": found.bill_usd,
        "bill_usd_by_month": list(found.bill.by_month),
        "export_credit_usd": found.export_credit_usd,
        "grid_services_usd": found.grid_services_usd,
        "grid_services": []
        if services is None
        else [
            {
                "programme": paid.programme,
                "usd": paid.usd,
                "energy_usd": paid.energy_usd,
                "capacity_usd": paid.capacity_usd,
                "reduced_kwh": paid.reduced_kwh,
                "event_hours": paid.event_hours,
            }
            for paid in services.programmes
        ],
        "co2e_lb": found.co2e_lb,
        "co2e_lb_by_month": None
        if found.co2e_lb_by_month is None
        else list(found.co2e_lb_by_month),
    }


def _carbon(found: Impact) -> Document | None:
    if found.carbon is None:
        return None
    return {
        "model": found.carbon.model,
        "region": found.carbon.region,
        "source": found.carbon.source,
        "vintage": found.carbon.vintage,
        "is_fallback": found.carbon.is_fallback,
    }
