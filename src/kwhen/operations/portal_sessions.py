"""Sessions of the portal: minted from a key, or opened by a signed link that names one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from kwhen.errors import ExpiredCredential, InvalidCredential, RevokedCredential, UnknownId
from kwhen.operations.credentials import LONGEST_NAME_COUNT, Issued
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import new_id, new_secret, shown_prefix
from kwhen.operations.work import Work
from kwhen.records import KEY_KINDS, Credential, CredentialKind, Environment, Tenant
from kwhen.storage import credentials

SESSION_LIFE = timedelta(hours=12)
LINK_LIFE = timedelta(hours=24)


def create_portal_session(work: Work, parent: Credential) -> Issued:
    """A session of a person, with the scopes of the key; it ends with the key at the latest."""
    secret = new_secret(CredentialKind.PORTAL)
    ends_at = work.now + SESSION_LIFE
    if parent.expires_at is not None:
        ends_at = min(ends_at, parent.expires_at)
    credential = replace(
        parent,
        id=new_id("ws_cred"),
        kind=CredentialKind.PORTAL,
        name=f"portal of {parent.name}"[:LONGEST_NAME_COUNT],
        prefix=shown_prefix(secret),
        created_at=work.now,
        expires_at=ends_at,
        last_used_at=None,
        parent_id=parent.id,
    )
    hashed = work.deployment.keyring.hash_of(secret)
    credentials.add_credential(work.session, work.tenant, credential, hashed)
    return Issued(credential=credential, secret=secret)


def end_portal_session(work: Work, credential: Credential) -> None:
    """Sign out."""
    credentials.revoke(work.session, work.tenant, credential.id, work.now)


def sign_link(deployment: Deployment, key: Credential, life: timedelta | None = LINK_LIFE) -> str:
    """A token that signs its holder in as a key; None: for as long as the key is good."""
    until = None if life is None else (deployment.clock() + life).timestamp()
    named = [key.id, key.tenant.org_id, key.tenant.environment.value, until]
    return _signer(deployment).dumps(named)


def key_of_link(deployment: Deployment, token: str) -> Credential:
    """The key that a link names, which is still good.

    Raises
    ------
    CredentialError
    """
    key_id, tenant, until = _read(deployment, token)
    now = deployment.clock()
    if until is not None and until <= now:
        raise ExpiredCredential("The link is too old; make a new one with `kwhen portal link`.")
    with deployment.reading(tenant) as work:
        try:
            key = credentials.find_credential(work.session, tenant, key_id)
        except UnknownId as error:
            raise InvalidCredential("The key of the link is not known here.") from error
    if key.revoked_at is not None:
        raise RevokedCredential("The key of the link was revoked.")
    if key.expires_at is not None and key.expires_at <= now:
        raise ExpiredCredential("The key of the link has expired.")
    if key.kind not in KEY_KINDS:
        raise InvalidCredential("The link does not name a key.")
    return key


def _read(deployment: Deployment, token: str) -> tuple[str, Tenant, datetime | None]:
    try:
        named: Any = _signer(deployment).loads(token)
        key_id, org_id, environment, until = named
    except (BadSignature, TypeError, ValueError) as error:
        raise InvalidCredential("The link is not one of ours, or was cut off.") from error
    ends_at = None if until is None else datetime.fromtimestamp(until, UTC)
    return key_id, Tenant(org_id, Environment(environment)), ends_at


def _signer(deployment: Deployment) -> URLSafeSerializer:
    return URLSafeSerializer(deployment.keyring.key_for("portal links"), salt="link")
