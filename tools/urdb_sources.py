"""Entries of the sources register for single rates of URDB, each with its day of checking."""

import re
from datetime import date
from pathlib import Path
from typing import Any

from tools.plan_writer import write_document

RATE_PAGE = "https://apps.openei.org/IURDB/rate/view/{label}"
COMMENT = """The sources register, second part: rates in the form of URDB, one entry for each.

Written by tools/build_plans_urdb.py. `retrieved` is the day on which the figures were checked
against the utility's sheet, or read from URDB; absent where neither is known."""


def entry(slug: str, rate: dict[str, Any], spec: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Id and fields of the source of one rate."""
    id = "urdb-" + re.sub(r"[^a-z0-9]+", "-", slug.lower()).strip("-")
    told = rate.get("_ratebook", {})
    verified = told.get("last_verified")
    link = re.match(r"https://[^\s|(]+", rate.get("source", ""))
    return id, {
        "title": str(rate["name"]),
        "publisher": str(rate["utility"]),
        "edition": _edition(rate, verified),
        "url": link[0] if link and verified else RATE_PAGE.format(label=rate["label"]),
        "licence": "CC0-1.0 (the record); public filing: facts only",
        "retrieved": date.fromisoformat(verified) if verified else _captured(rate),
        "note": _note(told, spec),
    }


def _edition(rate: dict[str, Any], verified: str | None) -> str:
    updated = rate.get("_ratebook", {}).get("urdb_latest_update")
    text = f"URDB item {rate['label']}"
    text += f" of {updated}" if updated else ""
    return f"{text}; checked against the rate sheet on {verified}" if verified else text


def _captured(rate: dict[str, Any]) -> date | None:
    found = re.search(r"api\.openei\.org on (\d{4}-\d{2}-\d{2})", rate.get("_comment", ""))
    return date.fromisoformat(found[1]) if found else None


def _note(told: dict[str, Any], spec: dict[str, Any]) -> str:
    if not told:
        return "As the URDB API answered."
    checked = "Checked" if told["last_verified"] else "Not checked against the rate sheet"
    text = f"{checked}; confidence of the reading: {told['confidence']}. As held in cbetz/ratebook."
    return text + (" September's weekends corrected." if "weekend_rows" in spec else "")


def write_register(path: Path, entries: dict[str, dict[str, Any]]) -> None:
    """The second part of the register."""
    write_document(path, {"sources": dict(sorted(entries.items()))}, COMMENT)
