"""Build the complete plans by month of ten utilities, each charge a component of its class.

    python -m tools.build_plans_riders RAW

RAW is the folder that holds `rates/`. A month's figures are a version; equal neighbours are one.
Nothing of RAW is copied as it is, and nothing is added to a rate that URDB has.
"""

import sys
import tomllib
from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from kwhen.catalog.holiday_sets import holiday_sets
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import Missing
from tools import plan_index
from tools.plain_yaml import read
from tools.plan_writer import write_family
from tools.riders_charges import charges_of, is_zero
from tools.riders_gaps import excluded_gaps, months_gaps

DATA = Path(__file__).parents[1] / "src/kwhen/catalog/data"
ZONE = "America/New_York"
LOCAL_TAXES = Missing(
    name="local_taxes", note="state and local taxes and franchise fees are not held"
)
COMMENT = """{utility}, {name}

Built by tools/build_plans_riders.py from figures by month, as collected by
switchbox-data/rate-design-platform (MIT): base delivery and its riders are the charge "Delivery",
supply with what belongs to it is "Supply". Gaps are the charges that the collection leaves out.
{told}"""


def main(raw: Path) -> None:
    specs = tomllib.loads((Path(__file__).parent / "riders_plans.toml").read_text(encoding="utf-8"))
    files = sorted((raw / "rates/riders-2025").glob("*.yaml"))
    slugs = {file.stem.removesuffix("_monthly_rates_2025"): file for file in files}
    if set(slugs) != set(specs):
        raise ValueError(f"files and entries differ: {sorted(set(slugs) ^ set(specs))}")
    for slug, file in slugs.items():
        write_plan(read(file.read_text(encoding="utf-8")), specs[slug])
    plan_index.build(DATA / "plans")


def write_plan(document: dict[str, Any], spec: dict[str, Any]) -> None:
    told = [f"Left out: {name}, {why}." for name, why in spec.get("leave_out", {}).items()]
    told += [f"Zero in every month: {name}." for name in zero_charges(document)]
    write_family(
        DATA / f"plans/{spec['file']}.toml",
        merged(versions(document, spec)),
        comment=COMMENT.format(utility=spec["utility"], name=spec["name"], told="\n".join(told)),
        price_zone=spec.get("zone"),
        missing=shared_gaps(document, spec),
        holidays=spec.get("holidays"),
    )


def zero_charges(document: dict[str, Any]) -> list[str]:
    """Names of the charges that are zero all the time; they are no lines of a bill."""
    sections = ("already_in_drr", "add_to_drr", "add_to_srr")
    rows = [row for section in sections for row in document[section]["charges"].items()]
    return [name for name, charge in rows if is_zero(charge)]


def shared_gaps(document: dict[str, Any], spec: dict[str, Any]) -> tuple[Missing, ...]:
    """The gaps of every version."""
    found = excluded_gaps(document["excluded"], spec.get("zone_suffix", ""))
    found.append(LOCAL_TAXES)
    if "holidays" in spec:
        note = "whether a weekend's holiday is kept on a weekday is not said; here it is not"
        found.append(Missing(name="holiday_observance", note=note))
    elif any("tou_periods" in document[part] for part in ("already_in_drr", "add_to_drr")):
        note = "which holidays count as weekend is not said"
        found.append(Missing(name="holidays", note=note))
    return tuple(found)


def versions(document: dict[str, Any], spec: dict[str, Any]) -> list[Tariff]:
    """One version a month."""
    first, last = (document[name] for name in ("start_month", "end_month"))
    month, found = first, []
    while month <= last:
        following = after(month)
        found.append(
            Tariff(
                plan=spec["family"],
                name=spec["name"],
                utility_id=int(spec["family"].split("/")[0]),
                utility=spec["utility"],
                state=spec["file"].split("/")[0],
                effective=first_day(month),
                until=first_day(following) if month == last else None,
                timezone=ZONE,
                charges=charges_of(document, month, set(spec.get("leave_out", ()))),
                holidays=holiday_sets()[spec["holidays"]] if "holidays" in spec else None,
                eligibility=tuple(spec.get("eligibility", ())),
                sources=("switchbox-rates", *spec.get("sources", ())),
                missing=(*shared_gaps(document, spec), *months_gaps(document, month)),
            )
        )
        month = following
    return found


def after(month: str) -> str:
    """The month after one such as 2025-12."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def merged(every: list[Tariff]) -> list[Tariff]:
    """Neighbours with the same charges and gaps as one version; none but the last has an end."""
    kept = every[:1]
    for earlier, later in pairwise(every):
        if (earlier.charges, earlier.missing) != (later.charges, later.missing):
            kept.append(later)
    kept[-1] = replace(kept[-1], until=every[-1].until)
    return [
        replace(version, until=following.effective) for version, following in pairwise(kept)
    ] + kept[-1:]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
