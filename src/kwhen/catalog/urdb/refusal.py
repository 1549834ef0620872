"""An item that was not taken, with the reason: data of a report, not an exception."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 200  # characters of a name that a report keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One row or item, by what it calls itself, and why it was not taken."""

    label: str
    name: str
    utility: str
    reason: str


def refusal(item: Mapping[str, Any], reason: str) -> Refusal:
    """A refusal with the names that an item gives, in either spelling."""
    label = item.get("label") or item.get("_id")
    if isinstance(label, Mapping):
        label = label.get("$oid")
    return Refusal(
        label=_said(label),
        name=_said(item.get("name") or item.get("rateName")),
        utility=_said(item.get("utility") or item.get("utilityName")),
        reason=reason,
    )


def _said(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
