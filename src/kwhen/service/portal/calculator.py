"""The calculator: a base and up to three cases, by the operations of `/v1/calculate/compare`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import Response

from kwhen.catalog.places import Place
from kwhen.engine.choice import export_rule
from kwhen.engine.compensation import Netting
from kwhen.engine.words import Customer
from kwhen.errors import (
    FieldError,
    InvalidFields,
    NotFound,
    UnknownId,
)
from kwhen.operations import homes
from kwhen.operations.impacts import Asked
from kwhen.operations.kept_files import file_kwh, find_usage_file, keep_usage_file
from kwhen.operations.scenario_comparison import ScenarioAsked, compare_cases
from kwhen.operations.usage_history import last_year
from kwhen.operations.utilities import PlanFound, find_utilities, plan_found
from kwhen.operations.work import Work
from kwhen.records import HomeRecord, Scope
from kwhen.service.door import ReadWork, WriteWork, public_address
from kwhen.service.portal.case_inputs import CASES, FILE, HOME, Case, Inputs, Window
from kwhen.service.portal.case_results import Result, result_of
from kwhen.service.portal.forms import NOT_CALCULABLE, Form, errors_by_field, takes_form
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.plan_words import gap_title
from kwhen.service.portal.plans import short_name
from kwhen.service.portal.problems import is_htmx
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.service.routes.compare import devices_of
from kwhen.service.routes.impact import inline_of
from kwhen.storage.usage_files import UsageFile
from kwhen.wire.compare import ScenarioSent
from kwhen.wire.utilities import UtilityQuery

router = portal_router()
Reader = Annotated[
    PortalCaller, signed_in(Scope.UTILITY_READ, Scope.BILL_IMPACT_READ, Scope.HOMES_READ)
]

ROOT = "/portal/calculator"
LARGEST_FILE_BYTES = 32 * 1024 * 1024  # ten years of quarter hours as CSV, or one as indented XML
MOST_HOMES_COUNT = 200
FILLS = ("error", "zero", "mean")
FileForm = Annotated[Form, Depends(takes_form(LARGEST_FILE_BYTES))]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What stands behind the inputs: the place, the home, the file, the plans to choose from."""

    place: Place | None = None
    home: HomeRecord | None = None
    file: UsageFile | None = None
    plans: tuple[tuple[str, str], ...] = ()
    rule: str | None = None  # that is open to new homes on the base plan
    is_net_metered: bool = False


@router.get("/calculator")
def form(request: Request, caller: Reader, work: ReadWork) -> Response:
    """The form with what the address says; results follow by themselves."""
    inputs = Inputs.of(request.query_params)
    setting, errors = _setting(work, inputs)
    if inputs.is_asked and not errors:
        try:
            inputs.cases(_window(work, inputs, setting)[0])
        except InvalidFields as error:
            errors = errors_by_field(error)
    return _form(work, caller, inputs, setting, errors, is_asked=inputs.is_asked and not errors)


@router.post("/calculator/usage")
def drop(caller: Reader, work: WriteWork, form: FileForm) -> Response:
    """Read and keep a meter's file, then go on with it."""
    inputs = Inputs.of(form.values())
    sent, fill = form.file("upload"), form.text("fill")
    try:
        file = keep_usage_file(
            work,
            sent.content if sent else b"",
            name=sent.name if sent else "",
            zipcode=inputs["zip"] or None,
            fill=fill if fill in FILLS else "error",  # type: ignore[arg-type]
        )
    except InvalidFields as error:
        errors = errors_by_field(error)
        told = {"zip": errors.get("zipcode", ""), "upload": errors.get("file", "")}
        setting, _ = _setting(work, inputs)
        return _form(work, caller, inputs, setting, told, status=400)
    return go_to(f"{ROOT}?{inputs.query(source=FILE, file=file.id, zip=file.zipcode)}")


@router.get("/calculator/result")
def result(request: Request, caller: Reader, work: ReadWork) -> Response:
    """What the cases come to: a part of a page, or a page."""
    inputs = Inputs.of(request.query_params)
    found, errors, bodies = None, dict[str, str](), list[Mapping[str, Any]]()
    try:
        setting, errors = _setting(work, inputs)
        if not errors:
            found, bodies = _calculated(work, inputs, setting)
    except NOT_CALCULABLE as error:
        errors = errors_by_field(error)
    return render(
        "calculator_result.html",
        caller,
        status=200 if found or is_htmx(request) else 400,
        layout="_part.html" if is_htmx(request) else "base.html",
        result=found,
        errors=errors,
        bodies=bodies,
        inputs=inputs,
        link=f"{public_address(request)}{ROOT}?{inputs.query()}",
        gap_title=gap_title,
    )


def _form(
    work: Work,
    caller: PortalCaller,
    inputs: Inputs,
    setting: Setting,
    errors: Mapping[str, str],
    *,
    status: int | None = None,
    is_asked: bool = False,
) -> Response:
    page = homes.Page(size_count=MOST_HOMES_COUNT)
    listed = [(home.id, home.facts.name or home.id) for home in homes.list_homes(work, page)]
    return render(
        "calculator.html",
        caller,
        status=status or (400 if errors else 200),
        inputs=inputs,
        setting=setting,
        errors={name: told for name, told in errors.items() if told},
        homes=listed,
        cases=CASES,
        is_asked=is_asked,
        query=inputs.query(),
    )


def _setting(work: Work, inputs: Inputs) -> tuple[Setting, dict[str, str]]:
    """What the inputs name, and what of it is not there."""
    errors: dict[str, str] = {}
    made = Setting()
    if inputs["source"] == HOME and inputs["home"]:
        made = replace(made, home=homes.get_home(work, inputs["home"]))
    if inputs["file"]:
        try:
            made = replace(made, file=find_usage_file(work, inputs["file"]))
        except UnknownId:
            errors["upload"] = "This file is not kept any more (30 days at most); drop it again."
    zipcode = made.home.facts.zipcode if made.home else inputs["zip"]
    made = replace(made, place=homes.place_of(zipcode or None))
    if zipcode and made.place is None:
        errors["zip"] = f"{zipcode} is not a ZIP code that is known; write five digits."
    if made.home and not made.home.facts.rate_plan_id and not inputs["plan"]:
        errors["home"] = "The home has no rate plan; choose one below."
    if inputs["source"] == FILE and inputs["plan"] and made.file is None:
        errors.setdefault("upload", "Drop the file of your meter's readings.")
    return _with_plans(work, inputs, made, errors), errors


def _with_plans(work: Work, inputs: Inputs, made: Setting, errors: dict[str, str]) -> Setting:
    if made.place is None:
        return made
    query = UtilityQuery(zipcode=made.place.zipcode)
    found = find_utilities(query, stock=work.stock, now=work.now)
    plans = [plan for utility in found for plan in utility.plans]
    choices = {one.plan.id: _plan_words(one) for one in plans}
    own = made.home.facts.rate_plan_id if made.home else None
    for id in (inputs["plan"], own):  # one of elsewhere is kept
        if id and id not in choices:
            try:
                choices[id] = _plan_words(plan_found(work.stock.find_plan(id), work.now.date()))
            except NotFound:
                errors["plan"] = "No plan goes by that id; choose one of the list."
    base = inputs["plan"] or own
    if base is None or base not in choices:
        return replace(made, plans=tuple(choices.items()))
    version = work.stock.find_plan(base).on(work.now.date(), nearest=True)
    rule = export_rule(version, Customer(), work.now.date())
    return replace(
        made,
        plans=tuple(choices.items()),
        rule=rule.name if rule else None,
        is_net_metered=rule is not None and rule.netting is Netting.PERIODS,
    )


def _plan_words(found: PlanFound) -> str:
    code, said = short_name(found.plan.name)
    where = f" {found.plan.territory}-{found.plan.heating}" if found.plan.territory else ""
    closed = "" if found.plan.offered else " (closed)"
    return f"{code}{where}{closed}{': ' if said else ''}{said}"


def _calculated(
    work: Work, inputs: Inputs, setting: Setting
) -> tuple[Result, list[Mapping[str, Any]]]:
    if not inputs.is_asked:
        raise InvalidFields.one("plan", "choose a place and a plan first")
    window, first, end = _window(work, inputs, setting)
    cases = inputs.cases(window)
    sent = cases[0].sent
    home = inline_of(sent.home) if sent.home is not None else sent.home_id
    assert home is not None
    energy = _asked(setting, inputs, first, end, sent.base)
    base = ScenarioAsked(
        asked=energy, rate_plan_id=sent.base.rate_plan_id, devices=devices_of(sent.base)
    )
    try:
        found = compare_cases(
            work,
            home,
            base,
            [(_scenario(case, first, end), case.sent.upfront_cost) for case in cases],
        )
    except InvalidFields as error:
        raise InvalidFields([_on_form(inputs, told) for told in error.fields]) from error
    named = [(case.name, one) for case, one in zip(cases, found, strict=True)]
    words = found[0].base_scenario
    result = result_of(named, words, setting.file.notes if setting.file else ())
    if not cases[0].number:
        result = replace(result, columns=result.columns[:1])
    return result, [case.body for case in cases]


def _on_form(inputs: Inputs, told: FieldError) -> FieldError:
    """An error of an operation beside the field that it is about."""
    head, _, rest = told.field.partition(".")
    number = int(head[4:]) if head.startswith("case") else 0
    path = f"optimised.{rest}" if number else told.field
    return FieldError(inputs.place_of(path, number), told.message)


def _scenario(case: Case, first: date, end: date) -> ScenarioAsked:
    return ScenarioAsked(
        asked=Asked(start=first, end=end),
        rate_plan_id=case.sent.optimised.rate_plan_id,
        devices=devices_of(case.sent.optimised),
        field=f"case{case.number}",
    )


def _asked(setting: Setting, inputs: Inputs, first: date, end: date, base: ScenarioSent) -> Asked:
    asked = Asked(
        start=first,
        end=end,
        use_default=bool(base.use_default_usage),
        use_stored=bool(base.use_stored_usage),
    )
    if inputs["source"] != FILE or setting.file is None:
        return asked
    own, usage_kwh, export_kwh = setting.file, *file_kwh(setting.file)
    part = slice((first - own.first_day).days, (end - own.first_day).days)
    exported = None if export_kwh is None else export_kwh[part]
    return replace(asked, usage_kwh=usage_kwh[part], export_kwh=exported)


def _window(work: Work, inputs: Inputs, setting: Setting) -> tuple[Window, date, date]:
    """The days to bill: this year of the usual use, else the last twelve months that are held."""
    first, end = date(work.now.year, 1, 1), date(work.now.year + 1, 1, 1)
    usage = {"useDefaultUsage": True}
    if inputs["source"] == HOME and setting.home and setting.home.usage_revision:
        first, end = last_year(work, setting.home.id)
        usage = {"useStoredUsage": True}
    elif inputs["source"] == FILE and setting.file is not None:
        first = setting.file.first_day
        end = first + timedelta(days=setting.file.days_count)
        usage = {}
    first, end = last_twelve_months(first, end)
    window = Window(
        start=first.isoformat(),
        end=end.isoformat(),
        usage=usage,
        is_net_metered=_is_net_metered(inputs, setting),
    )
    return window, first, end


def _is_net_metered(inputs: Inputs, setting: Setting) -> bool:
    chosen = {"metering": True, "billing": False}
    return chosen.get(inputs["export"], setting.is_net_metered)


def last_twelve_months(first: date, end: date) -> tuple[date, date]:
    """The last twelve whole months of [first, end); of less than that, all of it."""
    last = end.replace(day=1)
    start = last.replace(year=last.year - 1)
    return (start, last) if start >= first else (first, end)
