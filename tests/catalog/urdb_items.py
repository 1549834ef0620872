"""URDB items written for tests, and the forms of the bulk files."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ALWAYS = [[0] * 24 for _ in range(12)]
EVENING = [[1 if 16 <= hour < 21 else 0 for hour in range(24)] for _ in range(12)]
SUMMER = [[1 if 5 <= month <= 8 else 0] * 24 for month in range(12)]


def flat_item(**changes: Any) -> dict[str, Any]:
    """A flat household rate of Alabama Power; a change to None takes the field out."""
    item = {
        "label": "64f000000000000000000001",
        "utility": "Alabama Power Co",
        "eiaid": 195,
        "name": "Family Dwelling",
        "sector": "Residential",
        "servicetype": "Bundled",
        "startdate": 1767225600,  # 2026-01-01
        "energyratestructure": [[{"rate": 0.15, "unit": "kWh"}]],
        "energyweekdayschedule": ALWAYS,
        "energyweekendschedule": ALWAYS,
        "fixedchargefirstmeter": 16.0,
        "fixedchargeunits": "$/month",
    }
    item |= changes
    return {key: value for key, value in item.items() if value is not None}


def tou_item(structure: list[list[dict[str, Any]]], **changes: Any) -> dict[str, Any]:
    """Two periods, the second from 16:00 to 21:00 on every day."""
    return flat_item(
        energyratestructure=structure,
        energyweekdayschedule=EVENING,
        energyweekendschedule=EVENING,
        **changes,
    )


def tiered(*ceilings: float | None, **fields: Any) -> list[dict[str, Any]]:
    """A ladder with these `max`, its rates 0.1, 0.2, …; None leaves `max` out."""
    return [
        {"rate": round(0.1 * number, 1), "unit": "kWh", **fields}
        | ({} if ceiling is None else {"max": ceiling})
        for number, ceiling in enumerate(ceilings, start=1)
    ]


def bulk_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """The same item as the bulk JSON file spells it."""
    names = {
        "label": "_id", "utility": "utilityName", "eiaid": "eiaId", "name": "rateName",
        "servicetype": "serviceType", "startdate": "effectiveDate", "enddate": "endDate",
        "energyweekdayschedule": "energyWeekdaySched",
        "energyweekendschedule": "energyWeekendSched",
        "energyratestructure": "energyRateStrux",
        "fixedchargefirstmeter": "fixedChargeFirstMeter",
        "fixedchargeunits": "fixedChargeUnits",
    }  # fmt: skip
    found = {names.get(key, key): value for key, value in item.items()}
    found["_id"] = {"$oid": found["_id"]}
    found["effectiveDate"] = {"$date": found["effectiveDate"] * 1000}
    found["energyRateStrux"] = [{"energyRateTiers": tiers} for tiers in found["energyRateStrux"]]
    return found


def csv_row(item: Mapping[str, Any]) -> dict[str, str]:
    """The same item as a row of the bulk CSV file."""
    row: dict[str, str] = {}
    for key, value in item.items():
        if key.endswith("structure"):
            for p, tiers in enumerate(value):
                for t, tier in enumerate(tiers):
                    row |= {f"{key}/period{p}/tier{t}{name}": str(x) for name, x in tier.items()}
        else:
            row[key] = json.dumps(value) if isinstance(value, list) else str(value)
    return row


def write_csv_gz(path: Path, rows: Iterable[Mapping[str, str]]) -> Path:
    rows = list(rows)
    header = sorted({column for row in rows for column in row} | {"label"})
    with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_json_gz(path: Path, items: Iterable[Any]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        json.dump(list(items), file)
    return path
