"""Build the plans of the rates that are held in the form of URDB, all but California's big three.

    python -m tools.build_plans_urdb RAW

RAW is the folder that holds `rates/`. Codes, names of periods and what the items leave out are in
`urdb_plans.toml`; nothing of RAW is copied as it is.
"""

import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from kwhen.catalog.holiday_sets import holiday_sets
from kwhen.catalog.urdb.read import read_urdb
from kwhen.engine.tariff import Service, Tariff
from kwhen.engine.words import Missing
from tools import plan_index
from tools.plan_writer import write_family
from tools.urdb_item import item as raw_item
from tools.urdb_reshape import own_source, renamed
from tools.urdb_sources import entry, write_register

DATA = Path(__file__).parents[1] / "src/kwhen/catalog/data"
ELSEWHERE = ("pge-e", "sce-", "sdge-")  # slugs that build_plans_california takes
VERBATIM = "rates/urdb-v8-raw"
LOCAL_TAXES = Missing(
    name="local_taxes", note="state and local taxes and franchise fees are not held"
)
COMMENT = """{utility}, {name}

Built by tools/build_plans_urdb.py from one rate in the form of URDB; its "rate" and "adj" are the
components "energy" and "adjustment".
{checked}"""


def main(raw: Path) -> None:
    specs = tomllib.loads((Path(__file__).parent / "urdb_plans.toml").read_text(encoding="utf-8"))
    check_complete(raw, specs)
    entries = {}
    for slug, spec in sorted(specs.items()):
        rate = read_raw(raw, slug, spec)
        id, fields = entry(str(spec.get("file", slug)), rate, spec)
        entries[id] = fields
        write_plan(slug, spec, rate, id)
    write_register(DATA / "sources-urdb.toml", entries)
    plan_index.build(DATA / "plans")


def check_complete(raw: Path, specs: dict[str, Any]) -> None:
    """Every raw rate is either listed or built elsewhere."""
    slugs = {file.stem for file in (raw / "rates/urdb-v8").glob("*.json")}
    left = {slug for slug in slugs if not slug.startswith(ELSEWHERE)} - set(specs)
    if left:
        raise ValueError(f"rates without an entry in urdb_plans.toml: {sorted(left)}")


def read_raw(raw: Path, slug: str, spec: dict[str, Any]) -> dict[str, Any]:
    """One raw rate with the corrections of its entry."""
    folder = VERBATIM if "file" in spec else "rates/urdb-v8"
    rate = raw_item(raw, slug, folder)
    for month, like in spec.get("weekend_rows", {}).items():
        rate["energyweekendschedule"][int(month) - 1] = rate["energyweekendschedule"][like - 1]
    if "state" in spec:
        rate["state"] = spec["state"]
    return rate


def write_plan(slug: str, spec: dict[str, Any], rate: dict[str, Any], source: str) -> None:
    tariff = shaped(rate, spec, source)
    verified = rate.get("_ratebook", {}).get("last_verified")
    write_family(
        DATA / f"plans/{tariff.state}/{spec.get('file', slug)}.toml",
        [tariff],
        comment=COMMENT.format(
            utility=tariff.utility,
            name=tariff.name,
            checked=f"Checked against the rate sheet on {verified}."
            if verified
            else "Not checked against the rate sheet.",
        ),
        offered="closed" not in spec,
        closed=spec.get("closed", ""),
        price_zone=spec.get("zone"),
        missing=tariff.missing,
        holidays=spec.get("holidays"),
        export_rules=spec.get("export_rules", ()),
    )


def shaped(rate: dict[str, Any], spec: dict[str, Any], source: str) -> Tariff:
    """The tariff as it was read, with the names and the gaps of its entry."""
    tariff = read_urdb(rate, timezone=spec.get("timezone"))
    service = Service(spec.get("service", tariff.service.value))
    raw_source = "urdb" if "file" in spec else "ratebook"
    return replace(
        tariff,
        plan=f"{tariff.utility_id}/{spec['code']}",
        name=spec["name"],
        utility=spec.get("utility", tariff.utility),
        until=spec.get("until", tariff.until),
        service=service,
        charges=tuple(
            own_source(renamed(charge, spec, service), source) for charge in tariff.charges
        ),
        holidays=holiday_sets()[spec["holidays"]] if "holidays" in spec else None,
        eligibility=tuple(spec.get("eligibility", ())),
        sources=(source, raw_source, *spec.get("sources", ())),
        missing=gaps(tariff, rate, spec, service),
    )


def gaps(
    tariff: Tariff, rate: dict[str, Any], spec: dict[str, Any], service: Service
) -> tuple[Missing, ...]:
    """What the plan lacks: the reader's gaps that still hold, the entry's, and local taxes."""
    found = [gap for gap in tariff.missing if gap.name != "holidays" or "holidays" not in spec]
    if service is Service.DELIVERY and tariff.service is not Service.DELIVERY:
        found.append(Missing(name="supply", note="the rate is delivery only"))
    if "holidays" in spec and "holiday_observance" not in rate["_ratebook"]:
        note = "whether a weekend's holiday is kept on a weekday is not said; here it is not"
        found.append(Missing(name="holiday_observance", note=note))
    found += [Missing(**gap) for gap in spec.get("gaps", ())]
    return (*found, LOCAL_TAXES)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
