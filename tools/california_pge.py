"""PG&E's residential plans by component, from the readings of its tariff book."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.california_climate import PGE_2025, UNKNOWN

SCHEDULES = {
    "e1": ("E-1", "E-1: residential service in tiers"),
    "etouc": ("E-TOU-C", "E-TOU-C: time of use, peak 4-9 p.m. every day"),
    "etoud": ("E-TOU-D", "E-TOU-D: time of use, peak 5-8 p.m. on weekdays"),
    "eelec": ("E-ELEC", "E-ELEC: time of use for homes with electric technologies"),
    "ev2a": ("EV2-A", "EV2-A: time of use for homes with an electric vehicle"),
}
UTILITY_ID = 14328
HEATING = {"basic": "B", "all_electric": "H"}
SEASONS = ("summer", "winter")
STARTS = ({"season": "summer", "starts": "06-01"}, {"season": "winter", "starts": "10-01"})
SUPPLY = {"generation", "bundled_pcia"}
# The four that net metering may not avoid, by the utility's own sum of 0.0123 $/kWh in 2026-03.
NON_BYPASSABLE = {
    "public_purpose_programs", "nuclear_decommissioning",
    "competition_transition_charges", "wildfire_fund_charge",
}  # fmt: skip
CIA = "conservation_incentive_adjustment"
ENERGY = ["supply", "delivery", "non_bypassable", "other"]
ROUNDING = Decimal("0.00001")  # a printed total is rounded once, its parts each on their own
LOCAL_TAXES = {"name": "local_taxes", "note": "city or county utility users' tax is not held"}
MINIMUM_BILL = {
    "name": "minimum_bill",
    "note": "before the base services charge of 2026-03 the schedule had a minimum bill, not held",
}
COMMENT = """PG&E Schedule {schedule}, by component.

Built by tools/build_plans_california.py from the utility's tariff book as read by
eman/tariffkit (MIT). In every version the components sum to the published total rates of the
sheet, which the build checks; where the sheet's own parts are 0.00001 off, the total wins and
the difference is the component "rounding".
{note}"""
NOTES = {
    "e1": "The tiers are printed at their sums.",
    "etouc": "The sheet prints total usage at the rate over baseline and a baseline credit.",
}


def load(raw: Path, slug: str) -> list[dict[str, Any]]:
    """Every vintage of one schedule, rising; figures as decimals, as they were written."""
    folder = raw / "rates/pge-components/tariff/pge" / slug
    texts = [file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.toml"))]
    return [tomllib.loads(text, parse_float=Decimal) for text in texts]


def source_id(vintage: dict[str, Any]) -> str:
    """Id in the sources register: schedule and advice letter."""
    return f"pge-{vintage['tariff'].lower()}-{vintage['advice_letter']}"


def document(raw: Path, slug: str) -> tuple[dict[str, Any], str]:
    """The plan file of one schedule, and its comment."""
    vintages = load(raw, slug)
    schedule, name = SCHEDULES[slug]
    last = vintages[-1]
    starts = [date_of(vintage) for vintage in vintages]
    content = {
        "format": 1,
        "family": f"{UTILITY_ID}/{schedule}",
        "name": name,
        "utility_id": UTILITY_ID,
        "utility": "Pacific Gas & Electric Co",
        "state": "CA",
        "timezone": "America/Los_Angeles",
        "eligibility": ELIGIBILITY.get(slug),
        "missing": [LOCAL_TAXES],
        "schedules": _schedules(last),
        "baselines": _baselines(vintages) if last["has_baseline"] else None,
        "versions": [
            _version(raw, slug, vintage, until)
            for vintage, until in zip(vintages, [*starts[1:], None], strict=True)
        ],
    }
    return content, COMMENT.format(schedule=schedule, note=NOTES.get(slug, "")).strip()


ELIGIBILITY = {
    "eelec": ["an electric vehicle, battery storage, or a heat pump for water or climate"],
    "ev2a": ["an electric vehicle or battery storage"],
}


def date_of(vintage: dict[str, Any]) -> Any:
    """First day of a vintage."""
    return tomllib.loads(f"d = {vintage['effective']}")["d"]


def _schedules(vintage: dict[str, Any]) -> dict[str, list[dict[str, str]]]:
    """The schedule by time of use, and the plain one of what goes by season alone."""
    found = {}
    if vintage["periods"]["peak"]:
        hours = ["off-peak"] * 24
        for name, ranges in vintage["periods"].items():
            for start, end in ranges if isinstance(ranges, list) else []:
                hours[start:end] = [name.replace("_", "-")] * (end - start)
        row = {"weekday": _ranges(hours)}
        if vintage["periods"].get("peak_weekdays_only"):
            row["weekend"] = "off-peak"
        found["tou"] = [{**start, **row} for start in STARTS]
    if vintage["has_baseline"]:
        found["seasons"] = [{**start, "weekday": start["season"]} for start in STARTS]
    return found


def _ranges(hours: list[str]) -> str:
    pieces, start = [], 0
    for hour in range(1, 25):
        if hour == 24 or hours[hour] != hours[start]:
            pieces.append(f"{hours[start]} {start}-{hour}")
            start = hour
    return ", ".join(pieces)


def _baselines(vintages: list[dict[str, Any]]) -> dict[str, Any]:
    tables = [vintage["baseline"]["quantities"] for vintage in vintages]
    if any(table != tables[0] for table in tables):
        raise ValueError("baseline quantities differ by vintage: give each its own table")
    return {
        "standard": {
            "source": source_id(vintages[-1]),
            "seasons": list(SEASONS),
            "kwh_per_day": {
                HEATING[heating]: {
                    territory: [float(row[season]) for season in SEASONS]
                    for territory, row in sorted(tables[-1][heating].items())
                }
                for heating in HEATING
            },
        }
    }


def _version(raw: Path, slug: str, vintage: dict[str, Any], until: Any) -> dict[str, Any]:
    source = source_id(vintage)
    sources = [source, "tariffkit"]
    if slug in ("e1", "etouc") and vintage["effective"] == "2026-03-01":
        sources.append(f"pge-{SCHEDULES[slug][0].lower()}-sheets-2026-06")
    services = vintage.get("base_services_charge")
    main = energy_charge(slug, vintage)
    charges = [main]
    if slug == "etouc":
        charges.append(_credit(vintage))
    if services:
        charges.append(_services_charge(services["tier_3"]))
    charges.append(energy_tax(raw, vintage["effective"]))
    credited = vintage["effective"].startswith("2025")
    charges += [PGE_2025] if credited else []
    return {
        "effective": date_of(vintage),
        "until": until,
        "sources": sources,
        "baseline": "standard" if vintage["has_baseline"] else None,
        "holidays": "pge-8" if slug == "etoud" else None,
        "export_rules": ["pge-nbt", "pge-nem2"],
        "missing": [*([] if credited else [UNKNOWN]), *([] if services else [MINIMUM_BILL])],
        "charges": charges,
        "programmes": _programmes(raw, slug, vintage, charges),
    }


def _services_charge(usd: Decimal) -> dict[str, Any]:
    return {
        "kind": "fixed",
        "name": "Base services charge",
        "amount_usd": float(usd),
        "per": "day",
    }


def energy_tax(raw: Path, effective: str) -> dict[str, Any]:
    """The state's surcharge on energy used, whose rate is set by calendar year."""
    steps, source = [], ""
    for file in sorted((raw / "rates/pge-components/tax/ca_energy_resources").glob("*.toml")):
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        steps.append([date_of(table), table["rate"]])
        source = f"cdtfa-{table['notice'].lower()}"
    return {
        "kind": "rider",
        "name": "Energy Commission surcharge",
        "klass": "tax",
        "steps": steps,
        "source": source,
    }


def energy_charge(slug: str, vintage: dict[str, Any]) -> dict[str, Any]:
    """The energy charge by component; refused unless its sums are the published totals."""
    cells = [(season, period) for season in SEASONS for period in vintage["energy"][season]]
    components = []
    for name in ("generation", "distribution"):
        prices = [vintage["energy"][season][period][name] for season, period in cells]
        components.append(_component(name, [float(price) for price in prices]))
    for name, price in vintage["adders"].items():
        if slug == "e1" and name == CIA:
            tiers = [float(vintage["baseline"][key]) for key in ("within_rate", "over_rate")]
            components.append(_component(name, [tiers] * len(cells)))
        else:
            components.append(_component(name, float(price)))
    residual = [_residual(vintage, season, period) for season, period in cells]
    if any(residual):
        components.append(_component("rounding", [float(value) for value in residual]))
    names = [f"{season} {period.replace('_', '-')}" for season, period in cells]
    return {
        "kind": "energy",
        "name": "Energy",
        "schedule": "seasons" if slug == "e1" else "tou",
        "ceilings_baseline": [1.0] if slug == "e1" else None,
        "periods": list(SEASONS) if slug == "e1" else names,
        "components": components,
        "total_usd_per_kwh": _totals(slug, vintage, cells),
    }


def _totals(slug: str, vintage: dict[str, Any], cells: list[tuple[str, str]]) -> list[Any]:
    """The published total of each period; E-1 prints one for each tier."""
    totals = [vintage["totals"][season][period] for season, period in cells]
    if slug != "e1":
        return [float(total) for total in totals]
    return [[float(total - vintage["baseline"]["credit"]), float(total)] for total in totals]


def _component(name: str, usd_per_kwh: Any) -> dict[str, Any]:
    klass = "supply" if name in SUPPLY else "delivery"
    if name in NON_BYPASSABLE:
        klass = "non_bypassable"
    return {"name": name, "klass": klass, "usd_per_kwh": usd_per_kwh}


def _residual(vintage: dict[str, Any], season: str, period: str) -> Decimal:
    parts = [*vintage["energy"][season][period].values(), *vintage["adders"].values()]
    residual: Decimal = vintage["totals"][season][period] - sum(parts, Decimal(0))
    if abs(residual) > ROUNDING:
        raise ValueError(
            f"{vintage['tariff']} {vintage['effective']}: the components of {season} {period} "
            f"are {residual} off the published total"
        )
    return residual


def _credit(vintage: dict[str, Any]) -> dict[str, Any]:
    """The baseline credit: the spread of the two adjustments, up to the day's allowance."""
    baseline = vintage["baseline"]
    if baseline["credit"] != baseline["over_rate"] - baseline["within_rate"]:
        raise ValueError(f"{vintage['effective']}: the credit is not the spread of its rates")
    return {
        "kind": "energy",
        "name": "Baseline credit",
        "schedule": "seasons",
        "ceilings_baseline": [1.0],
        "periods": list(SEASONS),
        "components": [_component(CIA, [[float(-baseline["credit"]), 0.0]] * 2)],
    }


def _programmes(
    raw: Path, slug: str, vintage: dict[str, Any], charges: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    care = _program_file(raw, "dcare")
    services = vintage.get("base_services_charge")
    has_tiers = bool(services) and services["tier_1"] != services["tier_3"]
    names = [component["name"] for component in charges[0]["components"]]
    programmes = [
        {
            "name": "CARE",
            "source": "pge-d-care-7469-E",
            "replaces": ["Base services charge"] if has_tiers else [],
            "missing": [CARE_SURCHARGE],
            "charges": [
                *([_services_charge(services["tier_1"])] if has_tiers else []),
                *discount("CARE", care["discount"], care["exempt_components"], names,
                          on_fixed=bool(services) and not has_tiers),
            ],
        },
        {
            "name": "FERA",
            "source": "pge-e-elec-7846-E",
            "replaces": ["Base services charge"] if has_tiers else [],
            "charges": [
                *([_services_charge(services["tier_2"])] if has_tiers else []),
                *discount("FERA", Decimal("0.18"), [], names,
                          on_fixed=bool(services) and not has_tiers),
            ],
        },
    ]  # fmt: skip
    return [*programmes, *_medical(raw, slug, vintage, charges, names)]


CARE_SURCHARGE = {
    "name": "care_surcharge",
    "note": "CARE homes do not pay the part of public purpose programs that funds CARE; "
    "that part is not held",
}


def _program_file(raw: Path, name: str) -> dict[str, Any]:
    folder = raw / "rates/pge-components/tariff/pge/program" / name
    text = sorted(folder.glob("*.toml"))[-1].read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def discount(
    name: str, share: Decimal, exempt: list[str], names: list[str], *, on_fixed: bool
) -> list[dict[str, Any]]:
    """A discount on all energy but some components, and the lifting of those components."""
    rows = []
    if exempt:
        rows.append(
            {
                "kind": "percentage",
                "name": f"{name} exemption",
                "share_frac": -1.0,
                "of": ["delivery", "non_bypassable"],
                "except_components": sorted({*names, CIA} - set(exempt) - SUPPLY),
                "klass": "credit",
            }
        )
    rows.append(
        {
            "kind": "percentage",
            "name": f"{name} discount",
            "share_frac": -float(share),
            "of": [*ENERGY, "fixed"] if on_fixed else ENERGY,
            "except_components": sorted(exempt),
            "klass": "credit",
        }
    )
    return rows


def _medical(
    raw: Path,
    slug: str,
    vintage: dict[str, Any],
    charges: list[dict[str, Any]],
    names: list[str],
) -> list[dict[str, Any]]:
    """Medical baseline: more allowance where the plan has one, else a discount from 2026-03."""
    exempt = ["wildfire_fund_charge"]
    if vintage["has_baseline"]:
        yearly = _program_file(raw, "medicalbaseline")["standard_kwh_per_year"]
        ladder = next(charge for charge in charges if charge.get("ceilings_baseline"))
        larger = {**ladder, "extra_kwh_per_day": round(yearly / 365, 6)}
        lifted = discount("Medical", Decimal(0), exempt, names, on_fixed=False)[0]
        return [
            {
                "name": "MEDICAL",
                "source": "pge-rule-19-6865-E",
                "replaces": [ladder["name"]],
                "charges": [larger, lifted],
            }
        ]
    file = _program_file(raw, "dmedical")
    if vintage["effective"] < file["effective"]:
        return []
    rows = discount("Medical", file["discount"], exempt, names, on_fixed=False)
    return [{"name": "MEDICAL", "source": "pge-d-medical-7846-E", "charges": rows}]
