"""A bill for JSON: stable keys, units in their names, every `end` exclusive."""

from kwhen.catalog.plans import RatePlan
from kwhen.cli.kinds import gap_documents
from kwhen.cli.meter import Metered, as_document
from kwhen.cli.page import Document
from kwhen.engine.result import Bill, Line
from kwhen.engine.words import Credit


def bill_document(plan: RatePlan, home: Metered, bill: Bill) -> Document:
    """The whole bill."""
    return {
        "plan": plan.key,
        "plan_id": plan.id,
        "plan_name": plan.name,
        "utility": plan.utility,
        "usage": as_document(home),
        "total_usd": bill.total_usd,
        "exact_usd": bill.exact_usd,
        "export_credit_usd": round(bill.credit_usd, 2),
        "export_rule": bill.export_rule,
        "is_complete": bill.is_complete,
        "versions": list(dict.fromkeys(bill.versions)),
        "cycles": _cycles(home, bill),
        "lines": [_line(line) for line in bill.lines],
        "carried_credits": [_credit(credit) for credit in bill.carried_credits],
        "missing": gap_documents(bill.missing),
    }


def _cycles(home: Metered, bill: Bill) -> list[Document]:
    found = []
    for (start, end), total_usd in zip(bill.cycles, bill.by_month, strict=True):
        import_kwh, export_kwh = home.between(start, end)
        found.append(
            {
                "start": start,
                "end": end,
                "import_kwh": round(import_kwh, 6),
                "export_kwh": round(export_kwh, 6),
                "total_usd": total_usd,
            }
        )
    return found


def _line(line: Line) -> Document:
    return {
        "charge": line.charge,
        "class": line.klass.value if line.klass else None,
        "period": line.period or None,
        "tier": line.tier or None,
        "quantity": line.quantity,
        "unit": line.unit,
        "usd_per_unit": line.price,
        "amount_usd": line.amount_usd,
        "exact_usd": line.exact_usd,
        "start": line.start,
        "end": line.end,
        "source": line.source or None,
        "parts": [
            {
                "name": part.name,
                "class": part.klass.value,
                "usd_per_kwh": part.usd_per_kwh,
                "exact_usd": part.exact_usd,
                "source": part.source or None,
            }
            for part in line.parts
        ],
    }


def _credit(credit: Credit) -> Document:
    return {
        "bank": credit.bank,
        "unit": credit.unit,
        "amount": credit.amount,
        "period": credit.period or None,
        "earned": credit.earned,
    }
