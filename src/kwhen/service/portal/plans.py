"""Plans: those of a ZIP or a utility, compared for a home's usage, and each with its prices."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from kwhen.engine.grid import zone_of
from kwhen.engine.grouping import grouped
from kwhen.engine.words import Customer
from kwhen.errors import (
    ChoiceError,
    InvalidFields,
    KwhenError,
    NotFound,
    UnknownId,
)
from kwhen.operations import homes
from kwhen.operations.plan_answers import plan_details
from kwhen.operations.price_maps import PriceMaps, price_maps
from kwhen.operations.utilities import (
    PlanFound,
    UtilityFound,
    find_utilities,
    plan_found,
    utilities_with_plans,
)
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.door import ReadWork
from kwhen.service.portal import plan_words
from kwhen.service.portal.comparing import COMPARED_SCOPES, Wish, comparison_of, home_choices
from kwhen.service.portal.forms import NOT_CALCULABLE, errors_by_field
from kwhen.service.portal.heat import heat_of
from kwhen.service.portal.pages import render
from kwhen.service.portal.problems import is_htmx
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.wire.utilities import UtilityQuery

router = portal_router()
Reader = Annotated[PortalCaller, signed_in(Scope.UTILITY_READ)]
Comparer = Annotated[PortalCaller, signed_in(*COMPARED_SCOPES)]
Word = Annotated[str, Query(max_length=255)]

MOST_HOMES_COUNT = 500  # whose ZIPs are offered


@dataclass(frozen=True, slots=True)
class Family:
    """A plan, or the variants of one by baseline territory and heating code."""

    first: PlanFound
    variants: tuple[PlanFound, ...]


@router.get("/plans")
def index(
    request: Request,
    caller: Reader,
    work: ReadWork,
    zip: Word = "",
    utility: Annotated[str, Query(max_length=16)] = "",
) -> Response:
    """The plans of a place or a utility; without either, where to look."""
    zip, utility = zip.strip(), utility.strip()
    found, errors = _search(work, zip, utility)
    where = homes.place_of(zip) if any(one.plans for one in found) else None
    can_compare = where is not None and all(caller.can(scope) for scope in COMPARED_SCOPES)
    return render(
        "plans.html",
        caller,
        status=400 if errors else 200,
        zip=zip,
        utility=utility,
        utilities=utilities_with_plans(work.stock),
        found=[(one, _families(one)) for one in found],
        shortcuts=_zip_codes(work) if caller.can(Scope.HOMES_READ) else [],
        errors=errors,
        wish=Wish.of(request.query_params),
        usages=home_choices(work, zip) if can_compare else [],
        can_compare=can_compare,
        query=request.url.query,
        kind_words=plan_words.kind_words,
        short_name=short_name,
    )


@router.get("/plans/compared")
def compared(request: Request, caller: Comparer, work: ReadWork) -> Response:
    """Every plan of a ZIP for one usage, best first: a part of a page, or a page."""
    wish = Wish.of(request.query_params)
    found, errors = None, dict[str, str]()
    try:
        found = comparison_of(work, wish)
    except NOT_CALCULABLE as error:
        errors = errors_by_field(error)
    return render(
        "plans_compared.html",
        caller,
        status=200 if found or is_htmx(request) else 400,
        layout="_part.html" if is_htmx(request) else "base.html",
        found=found,
        errors=errors,
        wish=wish,
        kind_words=plan_words.kind_words,
        short_name=short_name,
    )


@router.get("/plans/{plan_id}")
def show(
    plan_id: str,
    caller: Reader,
    work: ReadWork,
    on: date | None = None,
    rule: Word = "",
    zip: Word = "",
) -> Response:
    """Everything that is known of a plan on a day."""
    found = _plan(work, plan_id, on)
    details = plan_details(found)
    maps, unpriced = _maps(found, rule)
    return render(
        "plan.html",
        caller,
        plan=found.plan,
        details=details,
        day=found.day,
        asked=on,
        zip=zip.strip(),
        imports=maps and heat_of(maps.imports),
        exports=heat_of(maps.exports) if maps and maps.export_rule else None,
        year=maps and maps.imports.year,
        rule=maps and maps.export_rule,
        rules=plan_words.rule_choices(details.structure.export_rules),
        unpriced=unpriced,
        highest=plan_words.highest_usd_per_kwh(details.structure),
        words=plan_words,
        short_name=short_name,
    )


def short_name(name: str) -> tuple[str, str]:
    """The code of a plan and what is said of it: "E-ELEC", "for electric homes"."""
    code, colon, rest = name.partition(": ")
    return (code, rest[:1].upper() + rest[1:]) if colon else (name, "")


def _search(work: Work, zipcode: str, utility: str) -> tuple[list[UtilityFound], dict[str, str]]:
    if not zipcode and not utility:
        return [], {}
    sent: dict[str, Any] = {"zipcode": zipcode or None, "utility_id": utility or None}
    try:
        query = UtilityQuery(**sent)
        found = find_utilities(query, stock=work.stock, now=work.now)
    except (ValueError, InvalidFields):
        return [], {"zip" if zipcode else "utility": _wrong(zipcode)}
    if zipcode and not found and not utility:
        return [], {"zip": f"No utility is known for ZIP code {zipcode}."}
    return found, {}


def _wrong(zipcode: str) -> str:
    return "Write five digits, such as 94107." if zipcode else "Choose a utility of the list."


def _families(found: UtilityFound) -> list[Family]:
    by_family = grouped(found.plans, lambda one: one.plan.family)
    return [Family(own[0], tuple(own)) for own in by_family.values()]


def _zip_codes(work: Work) -> list[tuple[str, int]]:
    """The ZIPs of the caller's homes, those with most homes first."""
    listed = homes.list_homes(work, homes.Page(size_count=MOST_HOMES_COUNT))
    by_zip = grouped([h for h in listed if h.facts.zipcode], lambda home: str(home.facts.zipcode))
    counted = [(zipcode, len(own)) for zipcode, own in by_zip.items()]
    return sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:12]


def _plan(work: Work, plan_id: str, on: date | None) -> PlanFound:
    try:
        plan = work.stock.find_plan(plan_id)
    except NotFound as error:
        raise UnknownId("No plan goes by that id.") from error
    day = on or work.now.astimezone(zone_of(plan.versions[-1].timezone)).date()
    return plan_found(plan, day)


def _maps(found: PlanFound, rule: str) -> tuple[PriceMaps | None, str]:
    """The prices by month and hour; where there are none, why."""
    version, day = found.version, found.day
    year = day.year if version.covers(day) else version.effective.year
    try:
        return price_maps(version, Customer(export_rule=rule or None), year), ""
    except ChoiceError:
        raise  # a rule that the plan does not have
    except KwhenError as error:
        return None, str(error)
