"""The California Climate Credit: a payment per household, by utility and publication."""

from typing import Any

NAME = "California Climate Credit"
APRIL, OCTOBER = 4, 10
MONTHS_SOURCE = "cpuc-climate-credit"  # says that it is usually paid in April and October

UNKNOWN = {
    "name": "climate_credit",
    "note": "California Climate Credit: the amount and months of these dates are not held",
}
USUAL_MONTHS = {
    "name": "climate_credit_months",
    "note": "the sheet says twice a year; April and October are taken, the usual months",
}


def credit(source: str, **months_usd: float) -> dict[str, Any]:
    """The charge of a version: what is paid in April and in October. [USD]"""
    months = {"april": APRIL, "october": OCTOBER}
    dates = [[months[name], 1, -usd] for name, usd in months_usd.items()]
    return {"kind": "lump", "name": NAME, "dates": dates, "source": source}


# CPUC's schedule of 2025, as newspapers and PG&E's own release repeat it.
PGE_2025 = credit("climate-credit-2025", april=58.23, october=58.23)
# Schedule D, sheet 2, footnote 4: 36.00 $ per household, semi-annually.
SCE_2026 = credit("sce-d-sheets-2026-01", april=36.00, october=36.00)
# Its DR version runs from October 2024 to September 2025: one payment of each year's schedule.
SDGE_2024_25 = credit("climate-credit-2025", october=78.22, april=81.38)
