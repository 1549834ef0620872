"""Rows of the bulk CSV file as items of the API."""

import json
import re
from collections.abc import Mapping
from typing import Any

from kwhen.errors import TariffError

_STRUCTURE = re.compile(r"([a-z]+structure)/period(\d{1,3})/tier(\d{1,3})(rate|adj|sell|max|unit)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_COLUMN = re.compile(r"(flatdemandmonth|lookbackmonth)s?[_/]?([a-z]{3}|\d{1,2})")
_LISTS = (
    "energyweekdayschedule",
    "energyweekendschedule",
    "demandweekdayschedule",
    "demandweekendschedule",
    "coincidentrateschedule",
    "demandratchetpercentage",
    "fueladjustmentsmonthly",
    "energyattrs",
    "demandattrs",
    "fixedattrs",
)

Tiers = dict[int, dict[int, dict[str, str]]]  # period → tier → field → cell


def csv_row_to_item(row: Mapping[str, str | None]) -> dict[str, Any]:
    """One row of usurdb.csv as an item that `read_urdb` takes; blank cells are left out.

    Raises
    ------
    TariffError
        A cell that should hold a list does not, or a structure skips a period or a tier.
    """
    item: dict[str, Any] = {}
    structures: dict[str, Tiers] = {}
    months: dict[str, dict[int, str]] = {}
    for column, cell in row.items():
        if not isinstance(column, str) or not isinstance(cell, str) or not cell.strip():
            continue
        name = column.strip().lower()
        if found := _STRUCTURE.fullmatch(name):
            periods = structures.setdefault(found[1], {})
            periods.setdefault(int(found[2]), {}).setdefault(int(found[3]), {})[found[4]] = cell
        elif found := _MONTH_COLUMN.fullmatch(name):
            months.setdefault(f"{found[1]}s", {})[_month(found[2], name)] = cell
        else:
            item[name] = _list(cell, name) if name in _LISTS else cell
    for name, periods in structures.items():
        if ladders := _ladders(periods, name):
            item[name] = ladders
    item |= {name: _year(cells, name) for name, cells in months.items()}
    return item


def _month(word: str, column: str) -> int:
    """Index of a month from its column: jan … dec, or 0 … 11."""
    index = _MONTHS.index(word) if word in _MONTHS else int(word) if word.isdigit() else -1
    if not 0 <= index < 12:
        raise TariffError(f"{column}: is no column of a month")
    return index


def _year(cells: dict[int, str], name: str) -> list[float]:
    """Twelve numbers; a blank month is 0, as the file writes it."""
    try:
        return [_flag(cells.get(month, "0")) for month in range(12)]
    except ValueError:
        raise TariffError(f"{name}: takes a number or true and false for each month") from None


def _flag(cell: str) -> float:
    known = {"true": 1.0, "false": 0.0}.get(cell.strip().lower())
    return float(cell) if known is None else known


def _list(cell: str, name: str) -> Any:
    """A cell that holds a list in JSON."""
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        if name.endswith("attrs"):
            return cell
        raise TariffError(f"{name}: {cell[:40]!r} is not a list in JSON") from None


def _ladders(periods: Tiers, name: str) -> list[list[dict[str, str]]]:
    """Periods and tiers in order. A tier of which only the unit is filled is no tier."""
    kept = {
        period: {tier: cells for tier, cells in tiers.items() if set(cells) - {"unit"}}
        for period, tiers in periods.items()
    }
    kept = {period: tiers for period, tiers in kept.items() if tiers}
    _check_run(list(kept), name)
    for period, tiers in kept.items():
        _check_run(list(tiers), f"{name}[{period}]")
    return [[kept[p][t] for t in range(len(kept[p]))] for p in range(len(kept))]


def _check_run(numbers: list[int], path: str) -> None:
    if sorted(numbers) != list(range(len(numbers))):
        raise TariffError(f"{path}: has the entries {sorted(numbers)}; they must run from 0")
