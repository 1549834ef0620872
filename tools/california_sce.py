"""SCE's residential plans: by component from the sheets of 2026-01, in totals from 2026-06."""

import re
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.california_climate import SCE_2026, USUAL_MONTHS
from tools.california_pge import LOCAL_TAXES, energy_tax
from tools.urdb_item import item, prices_by_period

UTILITY_ID = 17609
JANUARY, JUNE = date(2026, 1, 1), date(2026, 6, 1)
# Columns of the delivery tables of both schedules, and what each pays for.
COLUMNS = {
    "transmission": "delivery",
    "distribution": "delivery",
    "new_system_generation": "delivery",
    "nuclear_decommissioning": "non_bypassable",
    "public_purpose_programs": "non_bypassable",
    "conservation_incentive_adjustment": "delivery",
    "wildfire_fund_charge": "non_bypassable",
    "dwr_credit": "delivery",
    "puc_reimbursement_fee": "other",
}
ON_TOP = {"fixed_recovery_charge": "delivery", "mcam": "delivery"}
STARTS = {"summer": "06-01", "winter": "10-01"}
BASELINE_CREDIT = 0.10108
NUMBER = r"(\(?\d+\.\d+\)?)(?: \([RIN]\))?"

GAPS = {
    "territory": {
        "name": "baseline_territory",
        "note": "the allowance of Region 5 alone is held (basic heating); homes of other "
        "regions have other allowances",
    },
    "credit": {
        "name": "baseline_credit_rate",
        "note": "the credit of the 2026-01 sheet, 0.10108; Schedule D's step of 2026-06 is 0.10099",
    },
    "rates": {
        "name": "rates_since_2026_06",
        "note": "the rates were revised on 2026-06-01; these are of 2026-01",
        "since": JUNE,
    },
    "wildfire": {
        "name": "wildfire_fund_exemption",
        "note": "the wildfire fund charge, which CARE homes do not pay, is inside the total",
    },
}
PLANS = {
    "TOU-D-4-9PM": ("4-9 P M", "time of use, peak 4-9 p.m.", (16, 21), "sce-tou-d-4-9pm"),
    "TOU-D-5-8PM": ("5-8 P M", "time of use, peak 5-8 p.m.", (17, 20), None),
    "TOU-D-PRIME": ("P R IM E", "time of use for homes with an electric vehicle, battery or "
                    "heat pump, peak 4-9 p.m.", (16, 21), "sce-tou-d-prime"),
}  # fmt: skip
PERIODS = (
    "summer on-peak", "summer mid-peak", "summer off-peak",
    "winter mid-peak", "winter off-peak", "winter super-off-peak",
)  # fmt: skip
# Month, weekend and hour at which each of the periods is found in a URDB schedule.
PLACES = [
    (7, False, 18), (7, True, 18), (7, False, 3),
    (1, False, 18), (1, False, 3), (1, False, 12),
]  # fmt: skip


def decimals(line: str) -> list[Decimal]:
    """The prices of one line of a sheet; brackets are minus signs."""
    found = re.findall(NUMBER, line)
    return [Decimal(f"-{text[1:-1]}" if text.startswith("(") else text) for text in found]


def sections(text: str, option: str) -> list[str]:
    """The rate tables of one option of Schedule TOU-D: its totals, then its parts."""
    pieces = re.split(r"(?=Opt io n .* / )", text)
    own = [p for p in pieces if "Energy Charge" in p and p.startswith(f"Opt io n {option} ")]
    if len(own) != 2:
        raise ValueError(f"option {option}: {len(own)} rate tables instead of 2")
    return own


def energy_rows(section: str) -> list[list[Decimal]]:
    """The prices of the six periods, in the order of the sheet."""
    head = section.split("Fixed Recovery")[0]
    rows = [decimals(line) for line in head.splitlines() if re.search(r"[Pp]eak.* 0\.\d{5}", line)]
    if len(rows) != len(PERIODS):
        raise ValueError(f"{len(rows)} energy rows instead of {len(PERIODS)}")
    return rows


def on_top(text: str) -> dict[str, float]:
    """Fixed recovery charge and MCAM, which the sheets print below the table."""
    found = {}
    for name, label in (("fixed_recovery_charge", "Fixed Recovery Charge"), ("mcam", "M CAM")):
        line = next(line for line in text.splitlines() if line.startswith(label))
        found[name] = float(decimals(line)[0])
    return found


def components(
    totals: list[list[Decimal]], parts: list[list[Decimal]], extra: dict[str, float]
) -> list[dict[str, Any]]:
    """Components by row; refused unless the parts sum to the sheet's delivery total."""
    for (total, *_), row in zip(totals, parts, strict=True):
        if sum(row[:-1], Decimal(0)) != row[-1] or row[-1] != total:
            raise ValueError(f"the parts {row[:-1]} do not sum to the printed {total}")
    rows = [{"name": "generation", "klass": "supply", "usd_per_kwh": [float(r[1]) for r in totals]}]
    for number, (name, klass) in enumerate(COLUMNS.items()):
        column = [float(row[number]) for row in parts]
        if any(column):
            rows.append({"name": name, "klass": klass, "usd_per_kwh": _same(column)})
    rows += [{"name": n, "klass": ON_TOP[n], "usd_per_kwh": usd} for n, usd in extra.items()]
    return rows


def _same(column: list[float]) -> Any:
    return column[0] if len(set(column)) == 1 else column


def totals(rows: list[list[Decimal]], extra: dict[str, float]) -> list[float]:
    """Delivery and generation as printed, with what comes on top."""
    more = sum((Decimal(str(usd)) for usd in extra.values()), Decimal(0))
    return [float(row[0] + row[1] + more) for row in rows]


def energy(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """The energy charge of a time-of-use option."""
    return {
        "kind": "energy",
        "name": "Energy",
        "schedule": "tou",
        "periods": list(PERIODS),
        "components": parts,
    }


def credit() -> dict[str, Any]:
    """The baseline credit, up to the allocation whatever the period."""
    row = {"name": "baseline_credit", "klass": "delivery"}
    return {
        "kind": "energy",
        "name": "Baseline credit",
        "schedule": "seasons",
        "ceilings_baseline": [1.0],
        "periods": ["summer", "winter"],
        "components": [{**row, "usd_per_kwh": [[-BASELINE_CREDIT, 0.0]] * 2}],
    }


def services(usd: float, name: str = "Base services charge", **more: Any) -> dict[str, Any]:
    """A daily charge of the meter."""
    return {"kind": "fixed", "name": name, "amount_usd": usd, "per": "day", **more}


def programmes(source: str, *, has_parts: bool) -> list[dict[str, Any]]:
    """CARE and FERA, Special Conditions 8 and 9.

    CARE pays the services charge without surcharge (0.064) and CARE part (0.208), 32.5 % less,
    minus 0.155; FERA without surcharge, 18 % less, minus 0.201.
    """
    exempt = ["fixed_recovery_charge", *(["wildfire_fund_charge"] if has_parts else [])]
    lifted = {
        "kind": "percentage",
        "name": "CARE exemption",
        "share_frac": -1.0,
        "of": ["delivery", "non_bypassable"],
        "except_components": sorted(
            {*COLUMNS, *ON_TOP, "generation", "baseline_credit"} - set(exempt)
        ),
        "klass": "credit",
    }
    less = {"kind": "percentage", "klass": "credit"}
    classes = ["supply", "delivery", "non_bypassable", "other", "fixed"]
    fees = [*exempt, "puc_reimbursement_fee"]
    care = [
        services(0.522),
        lifted,
        {**less, "name": "CARE discount", "share_frac": -0.325, "of": classes,
         "except_components": sorted(fees)},
        services(-0.155, "CARE base services discount", klass="credit"),
    ]  # fmt: skip
    fera = [
        services(0.73),
        {**less, "name": "FERA discount", "share_frac": -0.18, "of": classes},
        services(-0.201, "FERA base services credit", klass="credit"),
    ]
    replaces = ["Base services charge"]
    return [
        {"name": "CARE", "source": source, "replaces": replaces, "charges": care,
         "missing": [] if has_parts else [GAPS["wildfire"]]},
        {"name": "FERA", "source": source, "replaces": replaces, "charges": fera},
    ]  # fmt: skip


def tou_schedule(start: int, end: int) -> list[dict[str, str]]:
    """Special Condition 1: holidays are as weekends."""
    summer = "off-peak 0-{0}, {2} {0}-{1}, off-peak {1}-24"
    winter = f"off-peak 0-8, super-off-peak 8-{start}, mid-peak {start}-{end}, off-peak {end}-24"
    return [
        {
            "season": "summer",
            "starts": STARTS["summer"],
            "weekday": summer.format(start, end, "on-peak"),
            "weekend": summer.format(start, end, "mid-peak"),
        },
        {"season": "winter", "starts": STARTS["winter"], "weekday": winter},
    ]


def seasons() -> list[dict[str, str]]:
    """Whole days by season."""
    return [{"season": s, "starts": start, "weekday": s} for s, start in STARTS.items()]


def baselines(raw: Path) -> dict[str, Any]:
    """Region 5, basic heating: the ceilings of the first tier of Schedule D."""
    structure = item(raw, "sce-domestic-d")["energyratestructure"]
    winter, summer = (ladder[0]["max"] for ladder in structure)
    table = {"B": {"5": [summer, winter]}}
    return {"2026": {"source": "ratebook", "seasons": ["summer", "winter"], "kwh_per_day": table}}


def header(raw: Path, code: str, name: str, *, has_baseline: bool) -> dict[str, Any]:
    """What all of SCE's plan files share."""
    gaps = [USUAL_MONTHS, LOCAL_TAXES]
    return {
        "format": 1,
        "family": f"{UTILITY_ID}/{code}",
        "name": f"{code}: {name}",
        "utility_id": UTILITY_ID,
        "utility": "Southern California Edison Co",
        "state": "CA",
        "timezone": "America/Los_Angeles",
        "missing": [*gaps, GAPS["territory"]] if has_baseline else gaps,
        "baselines": baselines(raw) if has_baseline else None,
    }


def tou_document(raw: Path, code: str) -> dict[str, Any]:
    """The plan file of one option of Schedule TOU-D."""
    option, name, hours, june = PLANS[code]
    has_baseline = code != "TOU-D-PRIME"
    sheets = raw / "rates/tariff-sheets/ELECTRIC_SCHEDULES_TOU-D.txt"
    total, parts = sections(sheets.read_text(encoding="utf-8"), option)
    extra = on_top(total)
    january = components(energy_rows(total), energy_rows(parts), extra)
    first = _version(raw, january, "sce-tou-d-sheets-2026-01", has_baseline, has_parts=True)
    first["charges"][0]["total_usd_per_kwh"] = totals(energy_rows(total), extra)
    versions = [
        {
            **first,
            "effective": JANUARY,
            "until": JUNE if june else None,
            "missing": [] if june else [GAPS["rates"]],
        }
    ]
    if june:
        prices = prices_by_period(item(raw, june), PLACES)
        both = [{"name": "energy", "klass": "other", "usd_per_kwh": prices}]
        both += [{"name": n, "klass": ON_TOP[n], "usd_per_kwh": usd} for n, usd in extra.items()]
        _check_on_top(raw, june, extra)
        versions.append(
            {
                **_version(raw, both, "ratebook", has_baseline, has_parts=False),
                "effective": JUNE,
                "missing": [GAPS["credit"]] if has_baseline else [],
            }
        )
    schedules = {"tou": tou_schedule(*hours)}
    if has_baseline:
        schedules["seasons"] = seasons()
    return {
        **header(raw, code, name, has_baseline=has_baseline),
        "schedules": schedules,
        "versions": versions,
    }


def _check_on_top(raw: Path, slug: str, extra: dict[str, float]) -> None:
    adjustments = {ladder[0]["adj"] for ladder in item(raw, slug)["energyratestructure"]}
    if adjustments != {round(sum(extra.values()), 5)}:
        raise ValueError(f"{slug}: adjustments {adjustments} are not the sheet's {extra}")


def _version(
    raw: Path, parts: list[dict[str, Any]], source: str, has_baseline: bool, *, has_parts: bool
) -> dict[str, Any]:
    charges = [energy(parts), *([credit()] if has_baseline else []), services(0.794)]
    sources = dict.fromkeys([source, "sce-tou-d-sheets-2026-01"])
    return {
        "effective": None,
        "until": None,
        "sources": list(sources),
        "baseline": "2026" if has_baseline else None,
        "holidays": "sce-8",
        "missing": [],
        "charges": [*charges, energy_tax(raw, "2026-01-01"), SCE_2026],
        "programmes": programmes("sce-tou-d-sheets-2026-01", has_parts=has_parts),
    }


def domestic_document(raw: Path) -> dict[str, Any]:
    """The plan file of Schedule D: two tiers by the baseline allocation."""
    text = (raw / "rates/tariff-sheets/ELECTRIC_SCHEDULES_D.txt").read_text(encoding="utf-8")
    printed = _domestic_rows(text, count=3)
    extra = on_top(text)
    rows = components(printed, _domestic_rows(text, count=10), extra)
    for row in rows:
        row["usd_per_kwh"] = _by_tier(row["usd_per_kwh"])
    ladder = item(raw, "sce-domestic-d")["energyratestructure"][0]
    tiers = [[ladder[0]["rate"], ladder[1]["rate"]]] * 2
    june = [{"name": "energy", "klass": "other", "usd_per_kwh": tiers}]
    june += [{"name": n, "klass": ON_TOP[n], "usd_per_kwh": usd} for n, usd in extra.items()]
    first = _domestic_version(raw, rows, "sce-d-sheets-2026-01", has_parts=True)
    first["charges"][0]["total_usd_per_kwh"] = [totals(printed, extra)] * 2
    second = _domestic_version(raw, june, "ratebook", has_parts=False)
    return {
        **header(raw, "D", "domestic service in tiers", has_baseline=True),
        "schedules": {"seasons": seasons()},
        "versions": [
            {**first, "effective": JANUARY, "until": JUNE},
            {**second, "effective": JUNE},
        ],
    }


def _domestic_rows(text: str, count: int) -> list[list[Decimal]]:
    """Summer below and over baseline; winter must be the same."""
    lines = [line for line in text.splitlines() if re.match(r" ?(Summer|Winter) [\d(]", line)]
    rows = [row for row in map(decimals, lines) if len(row) == count]
    if len(rows) != 4 or rows[0] != rows[1] or rows[2] != rows[3]:
        raise ValueError(f"Schedule D: unexpected rows {rows}")
    return [rows[0], rows[2]]


def _by_tier(value: Any) -> Any:
    """Prices of two tiers, the same in both seasons."""
    return [value, value] if isinstance(value, list) else value


def _domestic_version(
    raw: Path, parts: list[dict[str, Any]], source: str, *, has_parts: bool
) -> dict[str, Any]:
    main = {
        "kind": "energy",
        "name": "Energy",
        "schedule": "seasons",
        "ceilings_baseline": [1.0],
        "periods": ["summer", "winter"],
        "components": parts,
    }
    return {
        "effective": None,
        "until": None,
        "sources": list(dict.fromkeys([source, "sce-d-sheets-2026-01"])),
        "baseline": "2026",
        "missing": [],
        "charges": [main, services(0.794), energy_tax(raw, "2026-01-01"), SCE_2026],
        "programmes": programmes("sce-d-sheets-2026-01", has_parts=has_parts),
    }


COMMENT = """SCE {code}. Built by tools/build_plans_california.py.

From 2026-01-01 by component, from the utility's sheets: the build checks that the delivery
components sum to the printed delivery total; generation, the fixed recovery charge and MCAM
come on top. From 2026-06-01 in totals, from rates checked against the sheets (cbetz/ratebook),
with the fixed recovery charge and MCAM of the sheets on top.
Baseline allocations are held for Region 5 with basic heating alone: only that territory is
offered, and it names the gap. Export prices are not held."""


def documents(raw: Path) -> dict[str, tuple[dict[str, Any], str]]:
    """Content and comment of every file of SCE."""
    found = {"sce-d": (domestic_document(raw), COMMENT.format(code="Schedule D"))}
    for code in PLANS:
        found[f"sce-{code.lower()}"] = (tou_document(raw, code), COMMENT.format(code=code))
    return found
