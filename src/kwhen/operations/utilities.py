"""Utilities of a ZIP, a place or an id, and the rate plans that a home there can be on."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from kwhen.catalog.kinds import supported_type
from kwhen.catalog.places import (
    Place,
    place,
    usual_id,
    utility,
    zipcodes_near,
    zipcodes_of_prefix,
)
from kwhen.catalog.plans import NO_CUSTOMER, RatePlan, families
from kwhen.catalog.stock import Stock
from kwhen.engine.choice import export_rule
from kwhen.engine.grid import zone_of
from kwhen.engine.tariff import Tariff
from kwhen.engine.words import SupportedType
from kwhen.errors import InvalidFields, NotFound
from kwhen.wire.utilities import USUAL_PAGE, UtilityQuery

NEAREST_MILES = 50.0  # a home farther from the centre of any ZIP is in none: sea, or abroad
PREFIX_DIGITS = 3
PLANS_KEPT_COUNT = 4_096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlanFound:
    """A rate plan, and the version of it that the day asked about has."""

    plan: RatePlan
    version: Tariff
    day: date  # local
    supported_type: SupportedType
    solar_billing_program: str | None  # the export rule open to new homes on the day
    export_compensation_refs: tuple[str, ...]  # names and vintages of the version's export rules

    @property
    def is_in_force(self) -> bool:
        """Whether the version is in force on the day, or only the nearest to it."""
        return self.version.covers(self.day)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class UtilityFound:
    """A utility with its plans: those that are offered first, closed ones after them."""

    utility_id: str  # EIA id
    name: str
    plans: tuple[PlanFound, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Served:
    """A utility where it serves: one ZIP of each state; none where only its id is asked for."""

    eia_id: int
    zipcodes: tuple[str, ...] = ()


def find_utilities(query: UtilityQuery, *, stock: Stock, now: datetime) -> list[UtilityFound]:
    """The utilities that a query asks for; those with plans first, then by rank.

    A ZIP of three digits or a radius has many ZIPs: their utilities rank by the number of ZIPs
    in which they are the predominant one, then by the number that list them. A ZIP or id that
    is not known gives an empty list. Without a date, versions are those of `now`.

    Raises
    ------
    InvalidFields
        None of zipcode, lat and long, or utilityId is given, or one of lat and long alone.
    """
    _check(query)
    served = _served(query)
    at = now if query.effective_on_date is None else _instant(query.effective_on_date)
    found = [made for one in served if (made := _utility(one, stock, at, query)) is not None]
    found.sort(key=lambda one: not one.plans)
    return _page(found, query)


def utility_name(eia_id: int, *, otherwise: str) -> str:
    """The name that a utility mostly goes by; of one that the tables do not know, another."""
    try:
        return utility(eia_id).names[0]
    except NotFound:
        return otherwise


def utilities_with_plans(stock: Stock) -> list[tuple[str, str]]:
    """The EIA id and the name of every utility that plans are held of, by name."""
    named = {plan.utility_id: plan.utility for plan in stock.imported()}
    held = {int(family.partition("/")[0]) for family in families()} | named.keys()
    found = [(str(id), utility_name(id, otherwise=named.get(id, ""))) for id in held]
    return sorted(found, key=lambda one: one[1].casefold())


def _check(query: UtilityQuery) -> None:
    if query.zipcode is not None:
        return
    given = {"lat": query.lat is not None, "long": query.long is not None}
    if all(given.values()):
        return
    if any(given.values()):
        lacking = next(name for name, is_given in given.items() if not is_given)
        raise InvalidFields.one(lacking, "lat and long go together; give both, or a zipcode")
    if query.utility_id is None:
        raise InvalidFields.one("zipcode", "give a zipcode, lat and long, or a utilityId")


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _served(query: UtilityQuery) -> list[_Served]:
    """The utilities by rank, before their plans are known."""
    asked = usual_id(int(query.utility_id)) if query.utility_id is not None else None
    zipcodes = _zipcodes(query)
    if zipcodes is None:
        return [_Served(eia_id=asked)] if asked is not None else []
    ranked = _ranked([place(zipcode) for zipcode in zipcodes])
    return [one for one in ranked if asked in (None, one.eia_id)]


def _zipcodes(query: UtilityQuery) -> Sequence[str] | None:
    """The known ZIPs that are asked for; None where an id alone is."""
    if query.zipcode is not None:
        return _known(query.zipcode)
    if query.lat is None or query.long is None:
        return None
    lat_deg, lon_deg = float(query.lat), float(query.long)
    within = zipcodes_near(lat_deg, lon_deg, query.radius) if query.radius is not None else ()
    if within:
        return within
    near = zipcodes_near(lat_deg, lon_deg, NEAREST_MILES)
    nearest = next((zipcode for zipcode in near if place(zipcode).utilities), None)
    return [] if nearest is None else [nearest]


def _known(sent: str) -> Sequence[str]:
    """The ZIP as the tables have it, or those of a prefix; nothing where they have none."""
    digits = sent.replace("-", " ").split()[0]
    if len(digits) == PREFIX_DIGITS:
        return zipcodes_of_prefix(digits)
    try:
        return [place(digits.lstrip("0").zfill(5)).zipcode]
    except NotFound:
        return []


def _ranked(places: Iterable[Place]) -> list[_Served]:
    """The utilities of some ZIPs, those that are predominant in most of them first."""
    firsts: Counter[int] = Counter()
    listed: Counter[int] = Counter()
    best: dict[int, int] = {}
    zipcodes: dict[int, dict[str, str]] = {}
    for where in places:
        for listing in where.utilities:
            id = usual_id(listing.eia_id)
            firsts[id] += listing.rank == 1
            listed[id] += 1
            best[id] = min(best.get(id, listing.rank), listing.rank)
            zipcodes.setdefault(id, {}).setdefault(where.state, where.zipcode)
    order = sorted(listed, key=lambda id: (-firsts[id], -listed[id], best[id], id))
    return [_Served(eia_id=id, zipcodes=tuple(zipcodes[id].values())) for id in order]


def _utility(
    served: _Served, stock: Stock, at: datetime, query: UtilityQuery
) -> UtilityFound | None:
    """A utility with its plans; None where nobody knows its id."""
    plans = _plans(served, stock)
    name = utility_name(served.eia_id, otherwise=plans[0].utility if plans else "")
    if not name:
        return None
    found = [plan_found(plan, _local_day(plan, at)) for plan in plans]
    found.sort(key=lambda one: not one.plan.offered)
    if query.is_solar_prioritized_order:
        found.sort(key=lambda one: one.solar_billing_program is None)
    return UtilityFound(utility_id=str(served.eia_id), name=name, plans=tuple(found))


def _plans(served: _Served, stock: Stock) -> list[RatePlan]:
    """Every plan of the utility in the states that are asked about, closed ones as well."""
    if not served.zipcodes:
        try:
            return stock.find_plans(utility_id=served.eia_id, offered_only=False)
        except NotFound:
            return []
    found = {  # by id: an import that names no state is found in each
        plan.id: plan
        for zipcode in served.zipcodes
        for plan in stock.find_plans(zipcode, served.eia_id, offered_only=False)
    }
    return list(found.values())


def _local_day(plan: RatePlan, at: datetime) -> date:
    return at.astimezone(zone_of(plan.versions[-1].timezone)).date()


@lru_cache(maxsize=PLANS_KEPT_COUNT)
def plan_found(plan: RatePlan, day: date) -> PlanFound:
    """A plan on a local day; kept, since all homes of a place ask for the same."""
    version = plan.on(day, nearest=True)
    rule = export_rule(version, NO_CUSTOMER, day)
    names = [name for rule in version.export_rules for name in (rule.name, rule.vintage) if name]
    return PlanFound(
        plan=plan,
        version=version,
        day=day,
        supported_type=supported_type(version),
        solar_billing_program=rule.name if rule else None,
        export_compensation_refs=tuple(dict.fromkeys(names)),
    )


def _page(found: list[UtilityFound], query: UtilityQuery) -> list[UtilityFound]:
    if query.page_size is None and query.page_number is None:
        return found
    size_count = query.page_size or USUAL_PAGE
    first = ((query.page_number or 1) - 1) * size_count
    return found[first : first + size_count]
