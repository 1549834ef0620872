"""Reading single fields of a URDB item: a value of the right type, or an error with its path."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from kwhen.engine.words import Missing
from kwhen.errors import TariffError

Item = Mapping[str, Any]
Gaps = list[Missing]

LONGEST_NOTE = 500  # characters of prose that a gap carries
_NUMBER = re.compile(r"[-+]?(\d{1,40}\.?\d{0,40}|\.\d{1,40})([eE][-+]?\d{1,3})?", re.ASCII)

# Names of the bulk JSON file that are more than the API's in other letters; both in lower case.
_API_NAME = {
    "_id": "label",
    "utilityname": "utility",
    "ratename": "name",
    "effectivedate": "startdate",
    "sourcereference": "source",
    "supercedes": "supersedes",
    "energyratestrux": "energyratestructure",
    "energyweekdaysched": "energyweekdayschedule",
    "energyweekendsched": "energyweekendschedule",
    "energykeyvals": "energyattrs",
    "demandratestrux": "demandratestructure",
    "demandrateunits": "demandrateunit",
    "demandweekdaysched": "demandweekdayschedule",
    "demandweekendsched": "demandweekendschedule",
    "demandratchetpct": "demandratchetpercentage",
    "demandreactivepowerchg": "demandreactivepowercharge",
    "demandkeyvals": "demandattrs",
    "flatdemandstrux": "flatdemandstructure",
    "flatdemandunits": "flatdemandunit",
    "coincidentratestrux": "coincidentratestructure",
    "coincidentrateunits": "coincidentrateunit",
    "coincidentsched": "coincidentrateschedule",
    "fueladjustments": "fueladjustmentsmonthly",
    "fixedkeyvals": "fixedattrs",
    "basiccomments": "basicinformationcomments",
}


def api_names(item: object) -> dict[str, Any]:
    """An item under the names of the API's answer, whichever file it comes from; blanks left out.

    Raises
    ------
    TariffError
        It is no mapping of names.
    """
    if not isinstance(item, Mapping):
        raise TariffError(f"a URDB item is an object of named fields, got {_kind(item)}")
    named: dict[str, Any] = {}
    for key, value in item.items():
        if not isinstance(key, str):
            raise TariffError(f"a URDB item has text names, got {_kind(key)}")
        if _is_blank(value):
            continue
        folded = key.lower()
        name = _API_NAME.get(folded, folded)
        if name not in named or name == folded:
            named[name] = value
    return named


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, (str, list, tuple, Mapping)) and not value)


def number(value: object, path: str) -> float:
    """A finite number; text such as CSV cells hold is read."""
    if isinstance(value, np.number):
        value = value.item()
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TariffError(f"{path}: got {_kind(value)}, a number is needed")
    if not abs(value) < 1e300:
        raise TariffError(f"{path}: got {_kind(value)}, a finite number is needed")
    return float(value)


def optional_number(item: Item, key: str, path: str | None = None) -> float | None:
    """A finite number, None where the field is absent or blank."""
    value = item.get(key)
    return None if _is_blank(value) else number(value, path or key)


def whole(value: object, path: str) -> int:
    """A whole number; 1.0 is one."""
    found = number(value, path)
    if found != int(found):
        raise TariffError(f"{path}: got {found}, a whole number is needed")
    return int(found)


def text(item: Item, key: str) -> str:
    """Text on one line, empty where the field is absent."""
    value = item.get(key)
    if value is None:
        return ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = _kind(value)
    if not isinstance(value, str):
        raise TariffError(f"{key}: got {_kind(value)}, text is needed")
    return " ".join(value.encode("utf-8", "replace").decode("utf-8").split())


def listed(value: object, path: str, length: int | None = None) -> list[Any]:
    """A list, of a given length if one is asked for."""
    if not isinstance(value, (list, tuple)):
        raise TariffError(f"{path}: got {_kind(value)}, a list is needed")
    if length is not None and len(value) != length:
        raise TariffError(f"{path}: has {len(value)} entries, it takes {length}")
    return list(value)


def month_hours(item: Item, key: str, *, periods: int) -> list[list[int]]:
    """A 12 x 24 table of period indices. Without one, a single period is in force always."""
    if key not in item and periods == 1:
        return [[0] * 24 for _ in range(12)]
    if key not in item:
        raise TariffError(f"{key}: missing, and there are {periods} periods to choose from")
    table = []
    for month, row in enumerate(listed(item[key], key, 12)):
        hours = listed(row, f"{key}[{month}]", 24)
        table.append(
            [
                period_index(value, f"{key}[{month}][{hour}]", periods)
                for hour, value in enumerate(hours)
            ]
        )
    return table


def period_index(value: object, path: str, periods: int) -> int:
    """A zero-based period index that has a ladder."""
    index = whole(value, path)
    if not 0 <= index < periods:
        raise TariffError(f"{path}: names period {index}, only 0 to {periods - 1} have a rate")
    return index


def prose_gap(item: Item, key: str, name: str, gaps: Gaps) -> None:
    """Prose where riders, taxes and holidays hide: kept as a named gap."""
    value = item.get(key)
    found = text(item, key) if isinstance(value, (str, type(None))) else _flat(value)
    if found:
        gaps.append(Missing(name=name, note=found[:LONGEST_NOTE]))


def _flat(value: object) -> str:
    """Attributes, a list of {name: value}, as one line."""
    if not isinstance(value, list):
        return _kind(value)
    pairs = [pair for entry in value[:50] if isinstance(entry, Mapping) for pair in entry.items()]
    return "; ".join(f"{_short(key)}: {_short(part)}" for key, part in pairs)


def _short(value: object) -> str:
    return " ".join(value.split())[:100] if isinstance(value, str) else _kind(value)


def _kind(value: object) -> str:
    """A value for an error message, cut short."""
    if isinstance(value, (str, int, float, bool, type(None))):
        shown = (
            repr(value) if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"
        )
        return shown if len(shown) <= 60 else f"{shown[:57]}..."
    return f"a {type(value).__name__}"
