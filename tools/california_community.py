"""MCE's cards, and what PG&E charges a home whose supply it no longer is."""

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tools import california_pge
from tools.plan_writer import write_document

SOURCES = {"2023-01-01": "mce-rates-2023-01", "2026-04-01": "mce-rates-2026-04"}
MCE_COMMENT = """MCE's residential generation prices by PG&E schedule and period, by card.

The cost relief credit runs on all generation kWh until its own end. Exports earn the utility's
generation credit and a bonus on it, as a statement of July 2026 confirms."""
DEPARTING_COMMENT = """What PG&E charges a home supplied by another, by the year its supply began.

PCIA (power charge indifference adjustment) and franchise fee surcharge (Schedule E-FFS) are
the same in all residential schedules, which the build checks. [USD/kWh]"""


def build(raw: Path, data: Path) -> None:
    """Write the supplier's file and the utility's."""
    write_document(data / "community/mce.toml", _provider(raw), MCE_COMMENT)
    write_document(data / "community/pge-departing.toml", _departing(raw), DEPARTING_COMMENT)


def _provider(raw: Path) -> dict[str, Any]:
    files = sorted((raw / "rates/pge-components/cca/mce").glob("*.toml"))
    cards = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    return {
        "name": "MCE",
        "departing": "community/pge-departing.toml",
        "export_bonus_frac": cards[-1]["export"]["solar_bonus_fraction"],
        "export_source": "mce-solar-billing-plan",
        "missing": [
            {
                "name": "supplier_low_income_bonus",
                "note": "MCE's export bonus for CARE and FERA homes is not applied",
            }
        ],
        "cards": [_card(card) for card in cards],
    }


def _card(card: dict[str, Any]) -> dict[str, Any]:
    relief = card.get("cost_relief_credit")
    return {
        "effective": california_pge.date_of(card),
        "source": SOURCES[card["effective"]],
        "options": card["options"],
        "cost_relief": relief
        and {
            "usd_per_kwh": relief["rate"],
            "until": date.fromisoformat(relief["through"]) + timedelta(days=1),
        },
        "generation_usd_per_kwh": {
            f"14328/{california_pge.SCHEDULES[slug][0]}": {
                f"{season} {period.replace('_', '-')}": price
                for season, prices in seasons.items()
                for period, price in prices.items()
            }
            for slug, seasons in card["generation"].items()
        },
    }


def _departing(raw: Path) -> dict[str, Any]:
    tables: dict[str, dict[str, Any]] = {}
    for slug in california_pge.SCHEDULES:
        for vintage in california_pge.load(raw, slug):
            held = tables.setdefault(vintage["effective"], {"cca": vintage["cca"], "of": vintage})
            if held["cca"] != vintage["cca"]:
                raise ValueError(f"{slug} {vintage['effective']}: PCIA differs from {held['of']}")
    return {
        "editions": [
            {
                "effective": california_pge.date_of(held["of"]),
                "source": california_pge.source_id(held["of"]),
                "pcia_usd_per_kwh": _floats(held["cca"]["pcia_vintages"]),
                "franchise_fee_usd_per_kwh": _floats(held["cca"]["franchise_fee_vintages"]),
            }
            for _, held in sorted(tables.items())
        ]
    }


def _floats(prices: dict[str, Any]) -> dict[str, float]:
    return {year: float(price) for year, price in prices.items()}
