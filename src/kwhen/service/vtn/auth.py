"""Tokens: OAuth 2 client credentials (RFC 6749), by HTTP Basic or in the form."""

import base64
import binascii
from typing import Annotated
from urllib.parse import parse_qsl, unquote_plus

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from kwhen.errors import InvalidFields
from kwhen.operations.vtn.clients import OAuthError, issue_token
from kwhen.records import VtnVersion
from kwhen.service.door import TheDeployment, public_address
from kwhen.service.requests import BoundedRequest
from kwhen.service.vtn.problems import ROOT, TOKEN_PATH
from kwhen.service.vtn.route import FORM_TYPE, answer, version_of

NOT_STORED = {"Cache-Control": "no-store"}


async def _form(request: Request) -> dict[str, str]:
    """The fields of a form; one that comes twice is refused."""
    assert isinstance(request, BoundedRequest)
    request.media_types = (FORM_TYPE,)
    try:
        text = (await request.body()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=20, errors="strict")
    except ValueError as error:
        raise InvalidFields.one("", f"the form cannot be read: {error}") from error
    if len(dict(pairs)) < len(pairs):
        raise InvalidFields.one("", "a field of the form is given more than once")
    return dict(pairs)


async def _version(request: Request) -> VtnVersion:
    return version_of(request)


async def _basic(request: Request) -> tuple[str, str] | None:
    """The id and secret of an Authorization header."""
    kind, _, sent = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(sent.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return unquote_plus(name), unquote_plus(secret)


async def _server(request: Request) -> str:
    """The address of the token endpoint, as clients see it."""
    return f"{public_address(request)}{ROOT}{version_of(request)}{TOKEN_PATH}"


Form = Annotated[dict[str, str], Depends(_form)]
Basic = Annotated[tuple[str, str] | None, Depends(_basic)]
Version = Annotated[VtnVersion, Depends(_version)]
TokenUrl = Annotated[str, Depends(_server)]


def token(deployment: TheDeployment, version: Version, form: Form, basic: Basic) -> Response:
    """An access token for a client."""
    if form.get("grant_type") is None:
        raise OAuthError("invalid_request", "Send grant_type=client_credentials.")
    if form["grant_type"] != "client_credentials":
        raise OAuthError("unsupported_grant_type", "The one grant is client_credentials.")
    client_id, secret = basic or (form.get("client_id"), form.get("client_secret"))
    issued, scope = issue_token(deployment, version, client_id, secret, form.get("scope"))
    response = answer(
        {
            "access_token": issued.secret,
            "token_type": "Bearer",
            "expires_in": deployment.settings.vtn_token_ttl_s,
            "scope": scope,
        }
    )
    response.headers.update(NOT_STORED)
    return response


def server(url: TokenUrl) -> Response:
    """Where tokens are given."""
    return answer({"tokenURL": url})


def add_auth(router: APIRouter, version: VtnVersion) -> None:
    """The routes of tokens."""
    router.post(TOKEN_PATH)(token)
    if version is VtnVersion.V3_1_0:
        router.get("/auth/server")(server)
