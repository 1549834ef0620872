"""SDG&E's residential plans: by component from the tables of 2026-04, in totals from 2026-06."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.california_climate import SDGE_2024_25, UNKNOWN
from tools.california_pge import LOCAL_TAXES, energy_tax
from tools.california_sce import decimals
from tools.urdb_item import item, prices_by_period

UTILITY_ID = 16609
APRIL, MAY, JUNE = date(2026, 4, 1), date(2026, 5, 1), date(2026, 6, 1)
# Columns of the total rates tables; the sum of the first eight is printed as UDC.
COLUMNS = {
    "transmission": "delivery",
    "distribution": "delivery",
    "public_purpose_programs": "non_bypassable",
    "nuclear_decommissioning": "non_bypassable",
    "competition_transition_charges": "non_bypassable",
    "local_generation": "delivery",
    "reliability_services": "delivery",
    "total_rate_adjustment": "delivery",
}
WILDFIRE, SUPPLY = "wildfire_fund_charge", "generation"
SHARE_OF_DR = 1.3  # Schedule DR's first tier is 130 % of the baseline allowance
PERIODS = tuple(f"{s} {p}" for s in ("summer", "winter") for p in
                ("on-peak", "off-peak", "super-off-peak"))  # fmt: skip
# Month, weekend and hour at which each of the periods is found in a URDB schedule.
PLACES = [(m, False, h) for m in (7, 1) for h in (18, 8, 3)]
FERA_SERVICES, SERVICES = 0.39688, 0.79343

GAPS = {
    "territory": {
        "name": "baseline_territory",
        "note": "the allowance of the Coastal region alone is held (basic heating); homes of "
        "other regions have other allowances",
    },
    "rates": {
        "name": "rates_since_2026_06",
        "note": "the rates were revised on 2026-06-01; these are of 2026-04",
        "since": JUNE,
    },
    "old": {
        "name": "rates_since_2025",
        "note": "changes between 2024-09-30 and the base services charge of 2025-10 are not held",
        "since": date(2025, 1, 1),
    },
    "holidays": {
        "name": "holiday_observance",
        "note": "the eight holidays are known, the rule for those on a weekend is not",
    },
}
COMMENT = """SDG&E {code}. Built by tools/build_plans_california.py.

The version of 2026-04 is by component from the utility's total rates table: the build checks
that the parts sum to the printed totals. Versions from 2026-06 are totals checked against the
tables (cbetz/ratebook). Until 2026-04-30, 10-14 h on weekdays is super off-peak in March and
April alone, from 2026-05-01 all year.
Baseline allowances are held for the Coastal region with basic heating alone: only that
territory is offered, and it names the gap. CARE has schedules of its own; they and export
prices are not held."""


def documents(raw: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Content and comment of every file of SDG&E."""
    return {
        "sdge-dr": (_dr(raw), COMMENT.format(code="Schedule DR")),
        "sdge-tou-dr-1": (_tou_dr_1(raw), COMMENT.format(code="Schedule TOU-DR-1")),
        "sdge-ev-tou-5": (_ev_tou_5(raw), COMMENT.format(code="Schedule EV-TOU-5")),
    }


def _header(raw: Path, code: str, name: str, *, has_baseline: bool) -> dict[str, Any]:
    gaps = [LOCAL_TAXES]
    return {
        "format": 1,
        "family": f"{UTILITY_ID}/{code}",
        "name": f"{code}: {name}",
        "utility_id": UTILITY_ID,
        "utility": "San Diego Gas & Electric Co",
        "state": "CA",
        "timezone": "America/Los_Angeles",
        "missing": [*gaps, GAPS["territory"]] if has_baseline else gaps,
        "baselines": _baselines(raw) if has_baseline else None,
    }


def _baselines(raw: Path) -> dict[str, Any]:
    """Coastal, basic heating: TOU-DR-1's ceilings are the allowance, DR's 130 % of it."""
    ladders = item(raw, "sdge-tou-dr-1")["energyratestructure"]
    allowance = [ladders[0][0]["max"], ladders[3][0]["max"]]
    tops = [ladder[0]["max"] for ladder in item(raw, "sdge-dr")["energyratestructure"]]
    if tops != [round(SHARE_OF_DR * kwh, 6) for kwh in allowance]:
        raise ValueError(f"DR's ceilings {tops} are not 130 % of {allowance}")
    table = {"B": {"COASTAL": allowance}}
    return {"2024": {"source": "ratebook", "seasons": ["summer", "winter"], "kwh_per_day": table}}


def _seasons() -> list[dict[str, str]]:
    return [
        {"season": "summer", "starts": "06-01", "weekday": "summer"},
        {"season": "winter", "starts": "11-01", "weekday": "winter"},
    ]


def _tou(midday_starts: list[str] | None) -> list[dict[str, str]]:
    """The year's parts; with `midday_starts`, weekday midday is super off-peak from March on.

    None: midday is super off-peak all year.
    """
    low = "super-off-peak"
    end = "off-peak 14-16, on-peak 16-21, off-peak 21-24"
    midday = f"{low} 0-6, off-peak 6-10, {low} 10-14, {end}"
    plain = f"{low} 0-6, off-peak 6-16, on-peak 16-21, off-peak 21-24"
    weekend = f"{low} 0-14, {end}"
    if midday_starts is None:
        rows = [("summer", "06-01", midday), ("winter", "11-01", midday)]
    else:
        start, stop = midday_starts
        rows = [
            ("winter", start, midday),
            ("winter", stop, plain),
            ("summer", "06-01", plain),
            ("winter", "11-01", plain),
        ]
    return [
        {"season": season, "starts": day, "weekday": weekday, "weekend": weekend}
        for season, day, weekday in rows
    ]


def _components(rows: list[list[Decimal]]) -> list[dict[str, Any]]:
    """Components by row; refused unless they sum to the printed UDC and total."""
    for row in rows:
        *parts, udc, wildfire, supply, total = row
        if len(parts) != len(COLUMNS) or sum(parts, Decimal(0)) != udc:
            raise ValueError(f"the parts {parts} do not sum to the printed {udc}")
        if udc + wildfire + supply != total:
            raise ValueError(f"{udc}, {wildfire}, {supply} do not sum to the printed {total}")
    names = {**COLUMNS, "udc": "", WILDFIRE: "non_bypassable", SUPPLY: "supply"}
    found = []
    for number, (name, klass) in enumerate(names.items()):
        column = [float(row[number]) for row in rows]
        if klass and any(column):
            usd = column[0] if len(set(column)) == 1 else column
            found.append({"name": name, "klass": klass, "usd_per_kwh": usd})
    return found


def _sheet(raw: Path, name: str, labels: tuple[str, ...]) -> list[list[Decimal]]:
    text = (raw / "rates/tariff-sheets" / name).read_text(encoding="utf-8")
    head = text.split("Other Charges")[0]
    rows = [decimals(line) for line in head.splitlines() if line.startswith(labels)]
    return [row for row in rows if len(row) == len(COLUMNS) + 4]


def _services() -> dict[str, Any]:
    return {
        "kind": "fixed",
        "name": "Base services charge",
        "amount_usd": SERVICES,
        "per": "day",
    }


def _programmes(source: str) -> list[dict[str, Any]]:
    """FERA: a lower services charge, and 18 % off the rest."""
    return [
        {
            "name": "FERA",
            "source": source,
            "replaces": ["Base services charge"],
            "charges": [
                {**_services(), "amount_usd": FERA_SERVICES},
                {
                    "kind": "percentage",
                    "name": "FERA discount",
                    "share_frac": -0.18,
                    "of": ["supply", "delivery", "non_bypassable", "other"],
                    "klass": "credit",
                },
            ],
        }
    ]


def _tiers(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "energy",
        "name": "Energy",
        "schedule": "seasons",
        "ceilings_baseline": [SHARE_OF_DR],
        "periods": ["summer", "winter"],
        "components": parts,
    }


def _dr(raw: Path) -> dict[str, Any]:
    rows = _sheet(raw, "4-1-26_Schedule_DR_Total_Rates_Table.txt", ("Up to", "Above"))
    if len(rows) != 4 or rows[:2] != rows[2:]:
        raise ValueError("Schedule DR: summer and winter differ, or rows are missing")
    parts = _components(rows[:2])
    for part in parts:
        if isinstance(part["usd_per_kwh"], list):
            part["usd_per_kwh"] = [part["usd_per_kwh"]] * 2
    old = item(raw, "sdge-dr")
    prices = [[tier["rate"] for tier in ladder] for ladder in old["energyratestructure"]]
    before = [{"name": "energy", "klass": "other", "usd_per_kwh": prices}]
    minimum = {
        "kind": "minimum",
        "name": "Minimum bill",
        "amount_usd": old["mincharge"],
        "per": "day",
    }
    new = _tiers(parts) | {"total_usd_per_kwh": [[float(row[-1]) for row in rows[:2]]] * 2}
    return {
        **_header(raw, "DR", "residential service in tiers", has_baseline=True),
        "schedules": {"seasons": _seasons()},
        "versions": [
            {
                "effective": date(2024, 9, 30),
                "until": date(2025, 10, 1),
                "sources": ["ratebook"],
                "baseline": "2024",
                "missing": [GAPS["old"]],
                "charges": [_tiers(before), minimum, energy_tax(raw, "2025-01-01"), SDGE_2024_25],
            },
            {
                "effective": APRIL,
                "sources": ["sdge-dr-2026-04", "ratebook"],
                "baseline": "2024",
                "missing": [GAPS["rates"], UNKNOWN],
                "charges": [new, _services(), energy_tax(raw, "2026-01-01")],
                "programmes": _programmes("sdge-dr-2026-04"),
            },
        ],
    }


def _tou_energy(parts: list[dict[str, Any]], schedule: str) -> dict[str, Any]:
    return {
        "kind": "energy",
        "name": "Energy",
        "schedule": schedule,
        "periods": list(PERIODS),
        "components": parts,
    }


def _totals(raw: Path, slug: str) -> list[dict[str, Any]]:
    prices = prices_by_period(item(raw, slug), PLACES)
    return [{"name": "energy", "klass": "other", "usd_per_kwh": prices}]


def _tou_dr_1(raw: Path) -> dict[str, Any]:
    rate = item(raw, "sdge-tou-dr-1")
    (usd,) = {ladder[0]["adj"] for ladder in rate["energyratestructure"]}
    credit = {
        "kind": "energy",
        "name": "Baseline adjustment credit",
        "schedule": "seasons",
        "ceilings_baseline": [1.0],
        "periods": ["summer", "winter"],
        "components": [
            {"name": "baseline_credit", "klass": "delivery", "usd_per_kwh": [[usd, 0.0]] * 2}
        ],
    }
    energy = _tou_energy(_totals(raw, "sdge-tou-dr-1"), "tou")
    return {
        **_header(raw, "TOU-DR-1", "time of use, peak 4-9 p.m.", has_baseline=True),
        "schedules": {"tou": _tou(None), "seasons": _seasons()},
        "versions": [
            {
                "effective": JUNE,
                "sources": ["ratebook"],
                "baseline": "2024",
                "holidays": "weekday-8",
                "missing": [GAPS["holidays"], UNKNOWN],
                "charges": [energy, credit, _services(), energy_tax(raw, "2026-01-01")],
                "programmes": _programmes("sdge-dr-2026-04"),
            }
        ],
    }


def _ev_tou_5(raw: Path) -> dict[str, Any]:
    labels = ("On-Peak", "Off-Peak", "Super Off-Peak")
    rows = _sheet(raw, "4-1-26_Schedule_EV-TOU-5_Total_Rates_Table.txt", labels)
    if len(rows) != len(PERIODS):
        raise ValueError(f"EV-TOU-5: {len(rows)} rows instead of {len(PERIODS)}")
    april = _components(rows)
    totals = [float(row[-1]) for row in rows]
    steps = [
        (APRIL, MAY, april, "tou until 2026-04", "sdge-ev-tou-5-2026-04"),
        (MAY, JUNE, april, "tou", "sdge-ev-tou-5-2026-04"),
        (JUNE, None, _totals(raw, "sdge-ev-tou-5"), "tou", "ratebook"),
    ]
    name = "time of use for homes with an electric vehicle, peak 4-9 p.m."
    return {
        **_header(raw, "EV-TOU-5", name, has_baseline=False),
        "eligibility": ["an electric vehicle"],
        "schedules": {"tou until 2026-04": _tou(["03-01", "05-01"]), "tou": _tou(None)},
        "versions": [
            {
                "effective": start,
                "until": until,
                "sources": list(dict.fromkeys([source, "ratebook"])),
                "holidays": "weekday-8",
                "missing": [GAPS["holidays"], UNKNOWN],
                "charges": [
                    _tou_energy(parts, schedule)
                    | ({"total_usd_per_kwh": totals} if parts is april else {}),
                    _services(),
                    energy_tax(raw, "2026-01-01"),
                ],
                "programmes": _programmes("sdge-ev-tou-5-2026-04"),
            }
            for start, until, parts, schedule, source in steps
        ],
    }
