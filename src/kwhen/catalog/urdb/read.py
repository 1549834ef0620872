"""One URDB item → a tariff. What cannot be billed is refused by the name of its field."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from kwhen.catalog.urdb.amounts import fixed_charges, minimum_charges
from kwhen.catalog.urdb.dates import read_date, read_start
from kwhen.catalog.urdb.demand import demand_charges
from kwhen.catalog.urdb.energy import SOURCE, EnergyTables, energy_charge, fuel_charge, read_tables
from kwhen.catalog.urdb.export import export_rules
from kwhen.catalog.urdb.fields import Gaps, Item, api_names, prose_gap, text, whole
from kwhen.catalog.urdb.whereabouts import read_service, read_state, read_timezone
from kwhen.engine.tariff import Charge, Service, Tariff
from kwhen.engine.words import ChargeClass, Missing
from kwhen.errors import TariffError

UNKNOWN_START = date(1970, 1, 1)  # stands for a date that the item does not give
_LONGEST_SLUG = 80
_MARKS = str.maketrans({"<": " under ", ">": " over ", "+": " plus ", "&": " and ", "%": " pct "})
_NO_END_YEAR = 9000  # later ends are stand-ins for none
_PROSE = {
    "energycomments": "energy_comments",
    "demandcomments": "demand_comments",
    "basicinformationcomments": "basic_comments",
    "energyattrs": "energy_attributes",
    "demandattrs": "demand_attributes",
    "fixedattrs": "fixed_attributes",
}
# A bundled price does not say how much of it is supply.
_CLASS = {
    Service.BUNDLED: ChargeClass.OTHER,
    Service.DELIVERY: ChargeClass.DELIVERY,
    Service.SUPPLY: ChargeClass.SUPPLY,
}


def read_urdb(item: Mapping[str, Any], *, timezone: str | None = None) -> Tariff:
    """The tariff of one item of a URDB v8 answer, or of the bulk JSON file.

    Parameters
    ----------
    item
        Field names in the API's or the bulk file's spelling. Two keys that URDB does not have
        are read as well: `tier_scope` (`cycle` or `period`) and `state` (two letters).
    timezone
        IANA name of the utility's clock. Without it: the zone that most of the item's state
        keeps, else New York's with the gap `timezone`.

    Raises
    ------
    TariffError
        A field is malformed, or cannot be billed; the message starts with its path, such as
        `energyratestructure[2][1].max`.

    Notes
    -----
    What the item lacks or says only in prose is in `Tariff.missing`, and for exports in the
    `missing` of its export rule. A bundled price is of class `other`.
    """
    named, gaps = api_names(item), Gaps()
    utility_id = _utility_id(named, gaps)
    service = read_service(named, utility_id, gaps)
    state = read_state(named, utility_id, gaps)
    tables = read_tables(named)
    charges = _charges(named, tables, _CLASS[service], gaps)
    name = text(named, "name") or "unnamed rate"
    rules = export_rules(named, tables, gaps)
    effective, until = _in_force(named, gaps)
    zone = read_timezone(state, timezone, gaps)
    _prose(named, tables, gaps)
    return Tariff(
        plan=f"{utility_id}/{slug(name)}",
        name=name,
        utility_id=utility_id,
        utility=text(named, "utility") or "unknown utility",
        state=state,
        effective=effective,
        until=until,
        timezone=zone,
        charges=charges,
        export_rules=rules,
        service=service,
        sources=(SOURCE,),
        missing=tuple(gaps),
    )


def slug(name: str) -> str:
    """A name as part of a plan's key: ASCII letters, digits and single hyphens, case kept.

    Marks that tell two rates apart become words; a long name keeps its start and a checksum.
    """
    plain = unicodedata.normalize("NFKD", name.translate(_MARKS))
    ascii_only = plain.encode("ascii", "ignore").decode("ascii")
    found = re.sub(r"[^A-Za-z0-9]+", "-", ascii_only).strip("-")
    if len(found) > _LONGEST_SLUG:
        digest = hashlib.sha256(found.encode()).hexdigest()[:6]
        found = f"{found[: _LONGEST_SLUG - 7].strip('-')}-{digest}"
    return found or "unnamed"


def _utility_id(item: Item, gaps: Gaps) -> int:
    """EIA id, 0 where the item has none; bulk rows write 14328.0."""
    if "eiaid" not in item:
        gaps.append(Missing(name="utility_id", note="the item has no eiaid"))
        return 0
    found = whole(item["eiaid"], "eiaid")
    if not 0 <= found < 10**7:
        raise TariffError(f"eiaid: {found} is no EIA id; they have one to six digits")
    return found


def _charges(
    item: Item, tables: EnergyTables, klass: ChargeClass, gaps: Gaps
) -> tuple[Charge, ...]:
    fuel = fuel_charge(item, klass)
    return (
        energy_charge(item, tables, klass, gaps),
        *(() if fuel is None else (fuel,)),
        *fixed_charges(item, gaps),
        *demand_charges(item, gaps),
        *minimum_charges(item, gaps),
    )


def _in_force(item: Item, gaps: Gaps) -> tuple[date, date | None]:
    """First date in force, and the first one no longer; URDB's end date is the last in force."""
    start, end = read_start(item, "startdate"), read_date(item, "enddate")
    if start is None:
        gaps.append(Missing(name="effective", note="the item does not say since when it holds"))
    if end is not None and end.year >= _NO_END_YEAR:
        end = None
    return start or UNKNOWN_START, None if end is None else end + timedelta(days=1)


def _prose(item: Item, tables: EnergyTables, gaps: Gaps) -> None:
    """Gaps for what the item says in words only, holidays among them."""
    for key, name in _PROSE.items():
        prose_gap(item, key, name, gaps)
    extra = item.get("_ratebook")
    policy = text(extra, "holiday_policy") if isinstance(extra, dict) else ""
    if tables.structure.weekday != tables.structure.weekend and policy != "as_weekday":
        gaps.append(Missing(name="holidays", note="which holidays count as weekend is not said"))
