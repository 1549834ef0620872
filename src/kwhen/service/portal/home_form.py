"""A home, made, changed and removed by a form."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from kwhen.catalog.plans import RatePlan
from kwhen.errors import Conflict, FieldError, InvalidFields, UsageError
from kwhen.operations import homes
from kwhen.operations.credentials import list_channel_partners
from kwhen.operations.utilities import find_utilities
from kwhen.operations.work import Work
from kwhen.records import Environment, HomeFacts, HomeRecord, Scope
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal import once
from kwhen.service.portal.forms import Form, TheForm, errors_by_field
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.wire.home_texts import FIELDS, METERING, changed, created, texts_of
from kwhen.wire.kinds import read_moment
from kwhen.wire.times import moment
from kwhen.wire.utilities import UtilityQuery

router = portal_router()
Writer = Annotated[PortalCaller, signed_in(Scope.HOMES_READ, Scope.HOMES_WRITE)]
Word = Annotated[str, Query(max_length=64)]
BOXES = ("enabled", "energyMarketBiddingEnabled", "modalHome")
USUAL = texts_of(HomeFacts(name=None)) | {"isNonNetMetered": "yes"}
STALE_STATUS = 409
HEATING = {"B": "basic", "H": "electric heating"}
DONE = {"saved": "The changes are saved."}


@dataclass(frozen=True, slots=True)
class PlanGroup:
    """The plans of a utility, as choices."""

    name: str
    plans: tuple[tuple[str, str], ...]  # id and words


@router.get("/homes/new")
def new(caller: Writer, work: ReadWork, zipcode: Word = "") -> Response:
    """An empty form."""
    return _form(work, caller, None, USUAL | {"zipcode": zipcode})


@router.post("/homes/new")
def create(caller: Writer, work: WriteWork, form: TheForm) -> Response:
    """Make a home of what the form says."""
    texts = _texts(form)
    made = once.made_before(work, form, "home")
    if made is None:
        try:
            made = homes.create_home(work, created(texts).changes()).id
        except InvalidFields as error:
            return _form(work, caller, None, texts, error=error)
        once.note_made(work, form, "home", made)
    return go_to(f"/portal/homes/{made}")


@router.get("/homes/plans")
def plans(caller: Writer, work: ReadWork, zipcode: Word = "", ratePlanId: Word = "") -> Response:
    """The choice of plans of a ZIP, for the form of a home."""
    texts = {"zipcode": zipcode.strip(), "ratePlanId": ratePlanId}
    return render(
        "_home_plans.html",
        caller,
        **_choices(work, texts),
        texts=texts,
        errors=errors_by_field(None),
    )


@router.get("/homes/{home_id}/edit")
def edit(home_id: str, caller: Writer, work: ReadWork, done: Word = "") -> Response:
    """The form of a home as it is."""
    home = homes.get_home(work, home_id)
    return _form(work, caller, home, texts_of(home.facts), done=DONE.get(done, ""))


@router.post("/homes/{home_id}/edit")
def update(home_id: str, caller: Writer, work: WriteWork, form: TheForm) -> Response:
    """Change what the form changed; one that was made of an older home is told so."""
    home, texts = homes.get_home(work, home_id), _texts(form)
    stored = texts_of(home.facts)
    try:
        changes = changed(stored, texts).changes()
        homes.update_home(work, home_id, changes, _version(form))
    except Conflict:
        return _form(work, caller, home, texts, stored=stored)
    except InvalidFields as error:
        return _form(work, caller, home, texts, error=error)
    return go_to(f"/portal/homes/{home_id}/edit?done=saved")


@router.get("/homes/{home_id}/remove")
def ask_remove(home_id: str, caller: Writer, work: ReadWork) -> Response:
    """Whether the home is really to go."""
    home = homes.get_home(work, home_id)
    return render("home_remove.html", caller, home=home, can_remove=_can_remove(work))


@router.post("/homes/{home_id}/remove")
def remove(home_id: str, caller: Writer, work: WriteWork) -> Response:
    """Remove a home of the sandbox."""
    homes.remove_home(work, home_id)
    return go_to("/portal/homes?done=removed")


def _form(
    work: Work,
    caller: PortalCaller,
    home: HomeRecord | None,
    texts: Mapping[str, str],
    *,
    error: InvalidFields | None = None,
    stored: Mapping[str, str] | None = None,
    done: str = "",
) -> Response:
    """The form with texts in it; `stored` is what the home became meanwhile."""
    status = 400 if error else 200 if stored is None else STALE_STATUS
    return render(
        "home_form.html",
        caller,
        status=status,
        home=home,
        version=moment(home.updated_at) if home else "",
        once=once.fresh(),
        texts=USUAL | dict(texts),
        errors=errors_by_field(error),
        differing=_differing(stored, texts) if stored is not None else [],
        is_stale=stored is not None,
        partners=list_channel_partners(work),
        can_remove=_can_remove(work),
        done=done,
        **_choices(work, texts),
    )


def _texts(form: Form) -> dict[str, str]:
    """The texts of a form, whose boxes say yes or no."""
    texts = {field.name: form.text(field.name) for field in FIELDS if field.name in form.fields}
    texts |= {name: "yes" if form.is_checked(name) else "no" for name in BOXES}
    solar = [field.name for field in FIELDS if field.in_solar and texts.get(field.name)]
    return texts | ({METERING: ""} if solar == [METERING] else {})  # its choice is never blank


def _version(form: Form) -> datetime:
    """The version of the home that the form was made of.

    Raises
    ------
    InvalidFields
    """
    try:
        return read_moment(form.text("version"))
    except UsageError as error:
        raise InvalidFields((FieldError("", "load the page again, then send it"),)) from error


def _differing(stored: Mapping[str, str], texts: Mapping[str, str]) -> list[list[str]]:
    """What is stored and what the form says, where they are not the same."""
    return [
        [name, stored[name] or "–", text or "–"]
        for name, text in texts.items()
        if text != stored[name]
    ]


def _can_remove(work: Work) -> bool:
    return work.tenant.environment is Environment.SANDBOX


def _choices(work: Work, texts: Mapping[str, str]) -> dict[str, Any]:
    """The plans of the ZIP, and the home's own one where it is not among them."""
    groups = _groups(work, texts.get("zipcode", ""))
    held = texts.get("ratePlanId", "")
    is_listed = any(id == held for group in groups for id, _ in group.plans)
    other = "" if is_listed or not held else homes.plan_names(work, [held]).get(held, held)
    return {"groups": groups, "other_plan": other}


def _groups(work: Work, zipcode: str) -> Sequence[PlanGroup]:
    try:
        query = UtilityQuery(zipcode=homes.restored_zipcode(zipcode))
    except (InvalidFields, ValueError):
        return ()
    found = find_utilities(query, stock=work.stock, now=work.now)
    return [
        PlanGroup(utility.name, tuple((one.plan.id, _words(one.plan)) for one in utility.plans))
        for utility in found
        if utility.plans
    ]


def _words(plan: RatePlan) -> str:
    told = [plan.name]
    if plan.territory:
        told.append(f"baseline territory {plan.territory}")
    if plan.heating:
        told.append(HEATING.get(plan.heating, plan.heating))
    return ", ".join(told) + ("" if plan.offered else " (closed)")
