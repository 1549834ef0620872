"""An impact as it is answered, and everything that explains it."""

from typing import Any

import numpy as np

from kwhen.api.impacts import Impact
from kwhen.engine.result import Bill, Line
from kwhen.engine.words import ChargeClass, Credit
from kwhen.haste import take_time
from kwhen.operations.impacts import Found, totals_kwh
from kwhen.operations.scenario_comparison import Compared
from kwhen.wire.gaps import GapAnswer

CENTS, KWH_DECIMALS, PRICE_DECIMALS = 2, 6, 7
QUARTERS_PER_HOUR = 4


def impact_json(found: Found, *, debug: bool, is_older: bool = False) -> dict[str, Any]:
    """The answer; fields that the context does not know are absent."""
    total_usd = round(float(found.bill.total_usd), CENTS) + 0.0
    answer: dict[str, Any] = {"billTotal": total_usd}
    if is_older:
        answer["totalBill"] = total_usd
    credit_usd = found.export_credit_usd
    if credit_usd is not None:
        answer["exportCompensationCredit"] = round(credit_usd, CENTS) + 0.0
    if found.impact is not None:
        answer |= _grid(found.impact)
    answer["startDate"] = found.energy.first.isoformat()
    answer["endDate"] = found.energy.end.isoformat()
    if debug:
        take_time()
        answer["debugInfo"] = debug_json(found)
    return answer


def compared_json(found: Compared, *, debug: bool) -> dict[str, Any]:
    """Two scenarios and the difference."""
    change = found.comparison
    return {
        "base": impact_json(found.base, debug=debug),
        "optimised": impact_json(found.optimised, debug=debug),
        "difference": {
            "billSaving": change.bill_saving_usd,
            "billSavingByMonth": list(change.bill_saving_usd_by_month),
            "gridServicesGain": _cents(change.grid_services_gain_usd),
            "CO2eSaving": _cents(change.co2e_saving_lb),
            "upfrontCost": change.cost_usd,
            "paybackYears": _cents(change.payback_years),
        },
        "baseScenario": found.base_scenario,
        "scenario": found.scenario,
        "notes": list(found.notes),
    }


def _cents(amount: float | None) -> float | None:
    return None if amount is None else round(amount, CENTS) + 0.0


def _grid(made: Impact) -> dict[str, float]:
    told: dict[str, float] = {}
    if made.grid_services_usd is not None:
        told["gridServicesRev"] = round(made.grid_services_usd, CENTS) + 0.0
    if made.co2e_lb is not None:
        told["CO2e"] = round(made.co2e_lb, CENTS) + 0.0
    return told


def debug_json(found: Found) -> dict[str, Any]:
    """Every line, subtotal and source behind an answer."""
    bill, made = found.bill, found.impact
    return {
        "ratePlanId": found.plan.id,
        "ratePlan": found.plan.key,
        "versions": [day.isoformat() for day in bill.versions],
        "lineItems": [line_json(line) for line in bill.lines],
        "monthlySubtotals": [
            {
                "startDate": first.isoformat(),
                "endDate": end.isoformat(),
                "billTotal": round(float(total_usd), CENTS),
                **({} if co2e_lb is None else {"CO2e": round(co2e_lb, CENTS)}),
            }
            for (first, end), total_usd, co2e_lb in zip(
                bill.cycles, bill.by_month, _co2e_by_month(made, len(bill.by_month)), strict=True
            )
        ],
        "determinants": _determinants(found),
        "usage": _usage(found),
        "exportRule": _export(found),
        "carriedCredit": [credit_json(credit) for credit in bill.carried_credits],
        "carbon": _carbon(made),
        "gridServices": _services(made),
        "basis": []
        if made is None
        else [
            {"figure": b.figure, "method": b.method, "sources": list(b.sources)} for b in made.basis
        ],
        "missing": [GapAnswer.of(gap).model_dump(mode="json") for gap in found.missing],
        "notes": list(found.energy.notes),
    }


def line_json(line: Line) -> dict[str, Any]:
    """One line of a bill."""
    return {
        "charge": line.charge,
        "class": line.klass.value if line.klass else None,
        "period": line.period,
        "tier": line.tier,
        "startDate": line.start.isoformat(),
        "endDate": line.end.isoformat(),
        "quantity": round(float(line.quantity), KWH_DECIMALS),
        "unit": line.unit,
        "price": round(float(line.price), PRICE_DECIMALS),
        "amount": round(float(line.amount_usd), CENTS),
        "source": line.source,
        "components": [
            {
                "name": part.name,
                "class": part.klass.value,
                "price": round(part.usd_per_kwh, PRICE_DECIMALS),
                "amount": round(float(part.exact_usd), PRICE_DECIMALS),
                "source": part.source,
            }
            for part in line.parts
        ],
    }


def credit_json(credit: Credit) -> dict[str, Any]:
    """A balance that is carried on."""
    return {
        "bank": credit.bank,
        "unit": credit.unit,
        "amount": round(float(credit.amount), KWH_DECIMALS),
        "period": credit.period,
        "earned": None if credit.earned is None else credit.earned.isoformat(),
    }


def _co2e_by_month(made: Impact | None, count: int) -> tuple[float | None, ...]:
    known = made.co2e_lb_by_month if made is not None else None
    return known if known is not None else (None,) * count


def _determinants(found: Found) -> dict[str, Any]:
    kwh = totals_kwh(found)
    return {
        "importKwh": round(kwh["import"], KWH_DECIMALS),
        "exportKwh": round(kwh["export"], KWH_DECIMALS),
        "days": len(found.energy.usage_kwh),
        "peakKw": round(float(np.max(found.energy.usage_kwh)) * QUARTERS_PER_HOUR, KWH_DECIMALS),
    }


def _usage(found: Found) -> dict[str, Any]:
    profile = found.energy.profile
    if profile is None:
        return {"origin": found.energy.origin}
    return {
        "origin": found.energy.origin,
        "annualKwh": round(profile.annual_kwh, KWH_DECIMALS),
        "sources": [
            {
                "component": note.component,
                "source": note.source,
                "vintage": note.vintage,
                "isFallback": note.is_fallback,
            }
            for note in profile.notes
        ],
    }


def _export(found: Found) -> dict[str, Any]:
    """The export rule's working: the bill with and without export, and the credits between."""
    credit_usd = found.export_credit_usd
    bill: Bill = found.bill
    if credit_usd is None:
        return {"rule": bill.export_rule}
    return {
        "rule": bill.export_rule,
        "billTotal": round(float(bill.total_usd), CENTS),
        "billTotalWithoutExport": round(float(bill.total_usd) + credit_usd, CENTS),
        "credit": round(credit_usd, CENTS),
        "creditLines": [line_json(line) for line in bill.lines if line.klass is ChargeClass.CREDIT],
    }


def _carbon(made: Impact | None) -> dict[str, Any] | None:
    carbon = made.carbon if made is not None else None
    if carbon is None:
        return None
    return {
        "model": carbon.model,
        "region": carbon.region,
        "source": carbon.source,
        "vintage": carbon.vintage,
        "isFallback": carbon.is_fallback,
    }


def _services(made: Impact | None) -> list[dict[str, Any]]:
    services = made.grid_services if made is not None else None
    if services is None:
        return []
    return [
        {
            "programme": paid.programme,
            "revenue": round(paid.usd, CENTS),
            "energyRevenue": round(paid.energy_usd, CENTS),
            "capacityRevenue": round(paid.capacity_usd, CENTS),
            "reducedKwh": round(paid.reduced_kwh, KWH_DECIMALS),
            "eventHours": paid.event_hours,
        }
        for paid in services.programmes
    ]
