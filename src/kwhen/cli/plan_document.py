"""A plan's version for JSON."""

from math import isinf

from kwhen.catalog.plans import RatePlan
from kwhen.catalog.sources import sources
from kwhen.catalog.tariff_words import charge_words
from kwhen.cli.kinds import gap_documents, plan_document
from kwhen.cli.page import Document
from kwhen.engine.tariff import Charge, EnergyCharge, Period, Tariff
from kwhen.operations.price_maps import PriceMap


def tariff_document(plan: RatePlan, tariff: Tariff, prices: PriceMap | None) -> Document:
    """Everything about one version of a plan."""
    return {
        **plan_document(plan, tariff),
        "timezone": tariff.timezone,
        "currency": tariff.currency,
        "eligibility": list(tariff.eligibility),
        "versions": [{"effective": v.effective, "until": v.until} for v in plan.versions],
        "energy_charges": [_energy(c) for c in tariff.charges if isinstance(c, EnergyCharge)],
        "other_charges": [
            _other(c, tariff) for c in tariff.charges if not isinstance(c, EnergyCharge)
        ],
        "programmes": [
            {"name": p.name, "charges": [_other(c, tariff) for c in p.charges]}
            for p in tariff.programmes
        ],
        "export_rules": [
            {
                "name": rule.name,
                "vintage": rule.vintage or None,
                "netting": rule.netting.value,
                "open_from": rule.open_from,
                "open_until": rule.open_until,
                "source": rule.source or None,
            }
            for rule in tariff.export_rules
        ],
        "first_tier_usd_per_kwh": _prices(prices),
        "sources": [_source(id) for id in tariff.sources],
        "missing": gap_documents(tariff.missing),
    }


def _energy(charge: EnergyCharge) -> Document:
    return {
        "name": charge.name,
        "ceiling_per": charge.ceiling_per.value,
        "tier_scope": charge.scope.value,
        "components": [
            {"name": part.name, "class": part.klass.value, "source": part.source or None}
            for part in charge.components
        ],
        "periods": [_period(period) for period in charge.periods],
        "schedule": [
            {
                "from_month_day": "{:02d}-{:02d}".format(*part.starts),
                "season": part.season,
                "weekday_period_by_quarter_hour": list(part.weekday),
                "weekend_period_by_quarter_hour": list(part.weekend),
                "holiday_period_by_quarter_hour": list(part.holiday or part.weekend),
            }
            for part in charge.schedule.parts
        ],
    }


def _period(period: Period) -> Document:
    return {
        "name": period.name,
        "tiers": [
            {
                "ceiling_kwh": None if isinf(tier.ceiling_kwh) else tier.ceiling_kwh,
                "usd_per_kwh": round(sum(tier.usd_per_kwh), 8),
                "component_usd_per_kwh": list(tier.usd_per_kwh),
            }
            for tier in period.ladder
        ],
    }


def _other(charge: Charge, tariff: Tariff) -> Document:
    basis, amount = charge_words(charge, tariff.effective)
    return {
        "name": charge.name,
        "kind": type(charge).__name__.removesuffix("Charge").lower(),
        "basis": basis,
        "amount": amount or None,
    }


def _prices(prices: PriceMap | None) -> Document | None:
    if prices is None:
        return None
    return {
        "year": prices.year,
        "weekday_by_month_and_hour": prices.weekday_usd_per_kwh.tolist(),
        "weekend_by_month_and_hour": prices.weekend_usd_per_kwh.tolist(),
    }


def _source(id: str) -> Document:
    found = sources().get(id)
    return {
        "id": id,
        "title": found.title if found else None,
        "edition": found.edition if found else None,
        "url": found.url if found else None,
    }
