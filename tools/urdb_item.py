"""Prices out of one raw URDB item, by the hour at which a period is found."""

import json
from pathlib import Path
from typing import Any


def item(raw: Path, slug: str, folder: str = "rates/urdb-v8") -> dict[str, Any]:
    """One raw rate in the form of URDB."""
    content = json.loads((raw / f"{folder}/{slug}.json").read_text(encoding="utf-8"))
    found: dict[str, Any] = content["items"][0] if "items" in content else content
    return found


def period_at(rate: dict[str, Any], month: int, is_weekend: bool, hour: int) -> int:
    """Number of the period in force at an hour of a month (1 to 12)."""
    kind = "weekend" if is_weekend else "weekday"
    return int(rate[f"energy{kind}schedule"][month - 1][hour])


def prices_by_period(rate: dict[str, Any], places: list[tuple[int, bool, int]]) -> list[float]:
    """Price of the last tier of the period found at each place, without its adjustment."""
    return [float(rate["energyratestructure"][period_at(rate, *at)][-1]["rate"]) for at in places]
