"""Signing in by a key or a link, and signing out."""

from typing import Annotated

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import CredentialError, KwhenError
from kwhen.operations.gate import pass_with_key, take_sign_in
from kwhen.operations.portal_sessions import (
    create_portal_session,
    end_portal_session,
    key_of_link,
)
from kwhen.records import Credential
from kwhen.service.door import Address, TheDeployment, WriteWork, deployment_of
from kwhen.service.portal.forms import TheForm
from kwhen.service.portal.pages import go_to, render
from kwhen.service.portal.problems import SIGN_IN
from kwhen.service.portal.route import portal_router, signed_in
from kwhen.service.portal.session import ROOT, PortalCaller, drop_cookie, local_path, put_cookie

router = portal_router()
Next = Annotated[str, Query(max_length=2000)]
UNKNOWN_STATUS = 401


@router.get("/sign-in")
def sign_in_page(next: Next = ROOT, ended: bool = False) -> Response:
    """Where a person pastes a key."""
    told = "Your session has ended. Sign in again." if ended else ""
    return render("sign_in.html", None, next=local_path(next), notice=told, error="")


@router.post("/sign-in")
def sign_in(
    request: Request, deployment: TheDeployment, address: Address, form: TheForm
) -> Response:
    """Start a session with a key."""
    take_sign_in(deployment, address)
    wanted = local_path(form.text("next"))
    passed = pass_with_key(deployment, form.text("key") or None, None, is_session=False)
    if passed.error is not None or passed.credential is None:
        error = _words(passed.error)
        return render(
            "sign_in.html", None, status=UNKNOWN_STATUS, next=wanted, notice="", error=error
        )
    return _started(request, passed.credential, wanted)


@router.get("/enter")
def enter(
    request: Request, deployment: TheDeployment, token: Annotated[str, Query(max_length=1000)] = ""
) -> Response:
    """Start a session with a link; the token leaves the address."""
    try:
        key = key_of_link(deployment, token)
    except CredentialError as error:
        return render(
            "sign_in.html", None, status=UNKNOWN_STATUS, next=ROOT, notice=str(error), error=""
        )
    response = _started(request, key, ROOT)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, caller: Annotated[PortalCaller, signed_in()], work: WriteWork
) -> Response:
    """End the session."""
    end_portal_session(work, caller.credential)
    response = go_to(SIGN_IN)
    drop_cookie(request, response)
    return response


def _started(request: Request, key: Credential, wanted: str) -> Response:
    with deployment_of(request).writing(key.tenant) as work:
        issued = create_portal_session(work, key)
    response = go_to(wanted)
    put_cookie(request, response, issued.secret)
    return response


def _words(error: KwhenError | None) -> str:
    known = str(error or "")
    return "Paste an API key." if known.startswith("Missing") else known
