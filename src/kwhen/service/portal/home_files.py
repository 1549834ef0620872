"""Files about homes: a CSV of many homes, and what a home's meter has measured."""

from typing import Annotated, get_args

from fastapi import Depends
from starlette.responses import Response

from kwhen.errors import InvalidFields
from kwhen.operations import homes
from kwhen.operations.home_import import MOST_BYTES, MOST_ROWS_COUNT, import_homes, template
from kwhen.operations.usage_files import StoredFile, put_file
from kwhen.operations.usage_history import held_days
from kwhen.operations.work import Work
from kwhen.records import Scope
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal import once
from kwhen.service.portal.forms import Form, errors_by_field, takes_form
from kwhen.service.portal.pages import HEADERS, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.usage.values import Fill
from kwhen.wire.home_texts import FIELDS

router = portal_router()
Writer = Annotated[PortalCaller, signed_in(Scope.HOMES_READ, Scope.HOMES_WRITE)]
FRAME_BYTES = 64 * 1024  # of a form around its file
LARGEST_METER_BYTES = 32 * 1024 * 1024
HomesForm = Annotated[Form, Depends(takes_form(MOST_BYTES + FRAME_BYTES))]
MeterForm = Annotated[Form, Depends(takes_form(LARGEST_METER_BYTES + FRAME_BYTES))]
FILE, CHECK = "file", "check"
FILLS = (
    ("error", "Refuse the file and list them"),
    ("mean", "Fill in the mean of the same weekday and time"),
    ("zero", "Fill in zero"),
)
MADE_BEFORE = "That form has made its homes already. Choose the file again to import it anew."


@router.get("/homes/import")
def ask_import(caller: Writer, work: ReadWork) -> Response:
    """What the file is to look like."""
    return _import_page(work, caller)


@router.get("/homes/import/template.csv")
def import_template(caller: Writer) -> Response:
    """A file to fill in."""
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="homes.csv"'}
    return Response(template(), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/homes/import")
def run_import(caller: Writer, work: WriteWork, form: HomesForm) -> Response:
    """Make the homes of a file, or say what would become of it; row by row."""
    is_trial = form.text("do") == CHECK
    if not is_trial and once.made_before(work, form, "import") is not None:
        return _import_page(work, caller, notice=MADE_BEFORE)
    sent = form.file(FILE)
    try:
        if sent is None:
            raise InvalidFields.one(FILE, "choose a CSV file")
        report = import_homes(work, sent.content, is_trial=is_trial)
    except InvalidFields as error:
        return _import_page(work, caller, error=error)
    if not is_trial:
        once.note_made(work, form, "import", str(report.accepted_count))
    return render("home_import_report.html", caller, report=report, file=sent.name)


@router.get("/homes/{home_id}/usage")
def usage_page(home_id: str, caller: Writer, work: ReadWork) -> Response:
    """What is held of a home's history, and where to add to it."""
    return _usage_page(work, caller, home_id)


@router.post("/homes/{home_id}/usage")
def put_usage(home_id: str, caller: Writer, work: WriteWork, form: MeterForm) -> Response:
    """Store the days of a meter's file."""
    sent, fill = form.file(FILE), _fill(form.text("fill"))
    try:
        if sent is None:
            raise InvalidFields.one(FILE, "choose the file that the utility exported")
        stored = put_file(work, home_id, sent.content, fill)
    except InvalidFields as error:
        return _usage_page(work, caller, home_id, error=error, fill=fill)
    return _usage_page(work, caller, home_id, stored=stored)


def _fill(text: str) -> Fill:
    return next((known for known in get_args(Fill) if known == text), "error")


def _import_page(
    work: Work, caller: PortalCaller, *, error: InvalidFields | None = None, notice: str = ""
) -> Response:
    return render(
        "home_import.html",
        caller,
        status=400 if error else 200,
        fields=FIELDS,
        most_rows=MOST_ROWS_COUNT,
        most_mib=MOST_BYTES // 1024**2,
        environment=work.tenant.environment,
        errors=errors_by_field(error),
        notice=notice,
        once=once.fresh(),
    )


def _usage_page(
    work: Work,
    caller: PortalCaller,
    home_id: str,
    *,
    error: InvalidFields | None = None,
    stored: StoredFile | None = None,
    fill: Fill = "error",
) -> Response:
    return render(
        "home_usage.html",
        caller,
        status=400 if error else 200,
        home=homes.get_home(work, home_id),
        held=held_days(work, home_id),
        errors=errors_by_field(error),
        stored=stored,
        fill=fill,
        fills=FILLS,
    )
