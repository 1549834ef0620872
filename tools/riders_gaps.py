"""Named gaps of the plans by month: what the collection leaves out, and where a series ends."""

import re
from datetime import date
from typing import Any

from kwhen.engine.words import Missing

_NOTES = {
    "exclude_trueup": "a reconciliation that the source leaves out",
    "exclude_percentage": "a percentage of the bill that the source leaves out",
    "exclude_tax": "a tax that the source leaves out",
    "exclude_negligible": "left out by the source as negligible",
    "exclude_redundant": "a floor that seldom binds; not held",
    "exclude_eligibility": "left out by the source as for some homes only",
}
# A zone's double of a charge that is held, and charges that have ended.
_HELD_OR_ENDED = {"exclude_zonal", "exclude_expired"}
_SPELLING = {
    "minimum": "minimum_charge",
    "costumer_benefit_contribution": "customer_benefit_contribution",
}
_SIGN_KNOWN = "2025-05"
_ASSESSMENT = "competitive_transition_assessment_cta"


def excluded_gaps(excluded: dict[str, Any], zone: str) -> list[Missing]:
    """One gap a charge; numbered doubles are one, other zones' charges none."""
    found: dict[str, str] = {}
    for name, entry in excluded.items():
        decision = entry["decision"]
        is_own = not re.search(r"_zone_[a-z]$", name) or name.endswith(zone)
        if decision not in _HELD_OR_ENDED and is_own:
            found.setdefault(re.sub(r"_\d+$", "", name), _NOTES[decision])
    return [Missing(name=_SPELLING.get(name, name), note=note) for name, note in found.items()]


def months_gaps(document: dict[str, Any], month: str) -> list[Missing]:
    """Gaps of one month: charges whose series ends before it, and a sign that is in doubt."""
    found = []
    for section in ("already_in_drr", "add_to_drr", "add_to_srr"):
        for name, charge in document[section]["charges"].items():
            series = charge.get("monthly_rates", {})
            last = max((key for key in series if key[:2] == "20"), default=month)
            if last < month:
                following = f"{last[:5]}{int(last[5:]) + 1:02d}-01"
                note = f"the figures end with {last}"
                found.append(Missing(name=name, note=note, since=date.fromisoformat(following)))
    if month < _SIGN_KNOWN and _ASSESSMENT in document["add_to_drr"]["charges"]:
        note = "0.00038 $/kWh before 2025-05: a charge in Rates 1 and 5, a credit in Rate 7"
        found.append(Missing(name="competitive_transition_assessment_sign", note=note))
    return found
