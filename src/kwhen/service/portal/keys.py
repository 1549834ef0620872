"""Keys: listed, made with their secret shown once, revoked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from kwhen.errors import InsufficientScope, InvalidFields, ProductionDenied, UsageError
from kwhen.operations.credentials import Issued, find_key, grant_key, list_keys, revoke_key
from kwhen.operations.work import Work
from kwhen.records import Credential, Scope, UnknownScope, read_scopes
from kwhen.service.door import ReadWork, WriteWork
from kwhen.service.portal import once
from kwhen.service.portal.forms import Form, TheForm, errors_by_field
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import PortalCaller
from kwhen.wire.kinds import read_day, read_moment

router = portal_router()
Admin = Annotated[PortalCaller, signed_in(Scope.KEYS_ADMIN)]
Word = Annotated[str, Query(max_length=64)]
EXPIRIES = (
    ("90", "in 90 days"),
    ("30", "in 30 days"),
    ("365", "in a year"),
    ("never", "never"),
    ("date", "on a date"),
)
DAYS = {word: timedelta(days=int(word)) for word, _ in EXPIRIES if word.isdigit()}
ON_A_DATE, NEVER = "date", "never"
WORDS: Mapping[Scope, str] = {
    Scope.UTILITY_READ: "Utilities and rate plans",
    Scope.HOMES_READ: "See homes and their usage",
    Scope.HOMES_WRITE: "Make, change and remove homes",
    Scope.PRICE_SIGNAL_READ: "Price signals",
    Scope.BILL_IMPACT_READ: "Bills and impacts",
    Scope.BATTERY_ESTIMATE: "Savings of batteries",
    Scope.FEEDBACK_WRITE: "Send feedback, and read what was sent",
    Scope.WEBHOOK_WRITE: "Webhooks and their log",
    Scope.DEVICES_READ: "See devices",
    Scope.DEVICES_WRITE: "Change devices",
    Scope.OPENADR_READ: "OpenADR programs",
    Scope.ONBOARDING_WRITE: "Onboarding of customers",
    Scope.KEYS_ADMIN: "Make and revoke keys",
}
DONE = {
    "made": "That form has made its key already; its secret was shown then. Make another one here.",
    "revoked": "The key is revoked; whoever uses it is refused from now on.",
}


@router.get("/keys")
def index(caller: Admin, work: ReadWork, done: Word = "") -> Response:
    """Every key of the environment."""
    return render(
        "keys.html",
        caller,
        scopes_count=len(Scope),
        keys=[(key, state_of(key, work.now)) for key in reversed(list_keys(work))],
        now=work.now,
        done=DONE.get(done, ""),
    )


@router.get("/keys/new")
def new(caller: Admin) -> Response:
    """An empty form."""
    return _form(caller, {"expires": "90"}, chosen=())


@router.post("/keys/new")
def create(caller: Admin, work: WriteWork, form: TheForm) -> Response:
    """Make a key; the answer is the only page that ever shows its secret."""
    if once.made_before(work, form, "key") is not None:
        return go_to("/portal/keys?done=made")
    try:
        issued = _granted(work, caller, form)
    except (InvalidFields, InsufficientScope, ProductionDenied, UnknownScope) as error:
        return _form(caller, form.values(), form.texts("scopes"), error)
    once.note_made(work, form, "key", issued.credential.id)
    return render("key_made.html", caller, key=issued.credential, secret=issued.secret)


@router.get("/keys/{key_id}/revoke")
def ask_revoke(key_id: str, caller: Admin, work: ReadWork) -> Response:
    """Whether the key is really to end; that of this session most of all."""
    key = find_key(work, key_id)
    return render(
        "key_revoke.html",
        caller,
        key=key,
        state=state_of(key, work.now),
        is_own=key.id == caller.credential.parent_id,
        is_last_admin=_is_last_admin(work, key),
        now=work.now,
    )


@router.post("/keys/{key_id}/revoke")
def revoke(key_id: str, caller: Admin, work: WriteWork, form: TheForm) -> Response:
    """End a key. That of this session needs a tick more, since it ends the session."""
    key = find_key(work, key_id)
    is_own = key.id == caller.credential.parent_id
    if is_own and not form.is_checked("sure"):
        return go_to(f"/portal/keys/{key.id}/revoke")
    revoke_key(work, key.id)
    return go_to("/portal/sign-in?ended=1" if is_own else "/portal/keys?done=revoked")


def state_of(key: Credential, now: datetime) -> tuple[str, str]:
    """How a key is doing, in a word and a tone."""
    if key.revoked_at is not None:
        return "revoked", "bad"
    if key.expires_at is not None and key.expires_at <= now:
        return "expired", "warn"
    return "good", "good"


def _is_last_admin(work: Work, key: Credential) -> bool:
    """Whether nobody could give keys in the portal without this one."""
    admins = {
        one.id
        for one in list_keys(work)
        if Scope.KEYS_ADMIN in one.scopes and state_of(one, work.now)[0] == "good"
    }
    return admins == {key.id}


def _granted(work: Work, caller: PortalCaller, form: Form) -> Issued:
    return grant_key(
        work,
        caller.credential,
        name=form.text("name"),
        scopes=read_scopes(form.texts("scopes")),
        expires_at=_expiry(form, work.now),
    )


def _expiry(form: Form, now: datetime) -> datetime | None:
    """When the form wants a key to end.

    Raises
    ------
    InvalidFields
    """
    wish = form.text("expires")
    if wish == NEVER:
        return None
    if wish in DAYS:
        return now + DAYS[wish]
    if wish != ON_A_DATE:
        raise InvalidFields.one("expires", "choose when the key ends")
    try:
        day = read_day(form.text("expires_on"))
        ends_at = read_moment(f"{day.isoformat()}T00:00:00Z")
    except UsageError as error:
        raise InvalidFields.one("expires_on", f"give the day on which it ends: {error}") from error
    if ends_at <= now:
        raise InvalidFields.one("expires_on", "has passed already; give a later day")
    return ends_at


def _form(
    caller: PortalCaller,
    values: Mapping[str, str],
    chosen: tuple[str, ...] | list[str],
    error: Exception | None = None,
) -> Response:
    errors = errors_by_field(error if isinstance(error, InvalidFields) else None)
    if error is not None and not errors:
        errors["scopes"] = str(error)
    held = caller.credential.scopes
    return render(
        "key_form.html",
        caller,
        status=400 if error else 200,
        values={"name": "", "expires": "90", "expires_on": ""} | dict(values),
        errors=errors,
        scopes=[(scope, words, scope in held, scope in chosen) for scope, words in WORDS.items()],
        expiries=EXPIRIES,
        once=once.fresh(),
    )
