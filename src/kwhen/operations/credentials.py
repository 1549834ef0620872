"""Organisations and their credentials: made, listed, ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from kwhen.errors import InsufficientScope, InvalidFields, ProductionDenied, UnknownId
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import new_id, new_secret, shown_prefix
from kwhen.operations.work import Work
from kwhen.records import (
    EVERY_SCOPE,
    KEY_KINDS,
    ChannelPartner,
    Credential,
    CredentialKind,
    Environment,
    Organisation,
    Scope,
    Tenant,
)
from kwhen.storage import credentials, organisations

KIND_OF = {
    Environment.SANDBOX: CredentialKind.TEST,
    Environment.PRODUCTION: CredentialKind.LIVE,
}
LONGEST_NAME_COUNT = 255
SESSION_SCOPES = EVERY_SCOPE - {Scope.KEYS_ADMIN, Scope.WEBHOOK_WRITE, Scope.ONBOARDING_WRITE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A new credential with its secret, which is shown this once."""

    credential: Credential
    secret: str

    def __repr__(self) -> str:
        return f"Issued(credential={self.credential!r}, secret=…)"


def create_organisation(
    deployment: Deployment, name: str, *, production_allowed: bool = True
) -> Organisation:
    """Open an organisation.

    Raises
    ------
    InvalidFields
        The name is blank or over 255 characters.
    """
    organisation = new_organisation(deployment, name, production_allowed=production_allowed)
    with deployment.database.writing() as session:
        organisations.add_organisation(session, organisation)
    return organisation


def new_organisation(
    deployment: Deployment, name: str, *, production_allowed: bool
) -> Organisation:
    """An organisation that is not stored yet.

    Raises
    ------
    InvalidFields
        The name is blank or over 255 characters.
    """
    return Organisation(
        id=new_id("org"),
        name=checked_name(name),
        created_at=deployment.clock(),
        production_allowed=production_allowed,
    )


def checked_name(name: str) -> str:
    """A name of a thing, without spaces around it.

    Raises
    ------
    InvalidFields : it is blank or over 255 characters
    """
    if not 1 <= len(name.strip()) <= LONGEST_NAME_COUNT:
        raise InvalidFields.one("name", f"give 1 to {LONGEST_NAME_COUNT} characters")
    return name.strip()


def every_organisation(deployment: Deployment) -> list[Organisation]:
    """The organisations of a deployment, oldest first."""
    with deployment.database.reading() as session:
        return organisations.every_organisation(session)


def create_key(
    work: Work,
    *,
    name: str,
    scopes: Iterable[Scope] = EVERY_SCOPE,
    expires_at: datetime | None = None,
    kind: CredentialKind | None = None,
    request: Mapping[str, Any] | None = None,
) -> Issued:
    """Give a tenant a new key; its kind follows from the environment.

    Raises
    ------
    ProductionDenied : the organisation has a sandbox only
    InvalidFields : the name is blank or too long, or the key would be expired already
    UnknownId : there is no such organisation
    """
    organisation = organisations.find_organisation(work.session, work.tenant.org_id)
    is_production = work.tenant.environment is Environment.PRODUCTION
    if is_production and not organisation.production_allowed:
        raise ProductionDenied(f"{organisation.name} has a sandbox only, no production.")
    if expires_at is not None and expires_at <= work.now:
        raise InvalidFields.one("expires", f"{expires_at.isoformat()} has passed already")
    secret = new_secret(kind or KIND_OF[work.tenant.environment])
    credential = Credential(
        id=new_id("ws_agent_cred" if kind is CredentialKind.AGENT else "ws_cred"),
        tenant=work.tenant,
        kind=kind or KIND_OF[work.tenant.environment],
        name=checked_name(name),
        prefix=shown_prefix(secret),
        scopes=frozenset(scopes),
        created_at=work.now,
        expires_at=expires_at,
    )
    hashed = work.deployment.keyring.hash_of(secret)
    credentials.add_credential(work.session, work.tenant, credential, hashed, request)
    return Issued(credential=credential, secret=secret)


def create_session(work: Work, parent: Credential, user_id: str | None) -> Issued:
    """A short-lived token for a frontend, with no more scopes than the key that asks for it."""
    secret = new_secret(CredentialKind.SESSION)
    ends_at = work.now + timedelta(seconds=work.deployment.settings.session_ttl_s)
    if parent.expires_at is not None:
        ends_at = min(ends_at, parent.expires_at)
    credential = replace(
        parent,
        id=new_id("ws_cred"),
        kind=CredentialKind.SESSION,
        name=f"session of {parent.name}"[:LONGEST_NAME_COUNT],
        prefix=shown_prefix(secret),
        scopes=parent.scopes & SESSION_SCOPES,
        created_at=work.now,
        expires_at=ends_at,
        last_used_at=None,
        user_id=user_id,
        parent_id=parent.id,
    )
    hashed = work.deployment.keyring.hash_of(secret)
    credentials.add_credential(work.session, work.tenant, credential, hashed)
    return Issued(credential=credential, secret=secret)


def grant_key(
    work: Work,
    granter: Credential,
    *,
    name: str,
    scopes: Iterable[Scope],
    expires_at: datetime | None = None,
) -> Issued:
    """A new key that somebody gives with a credential of their own.

    Raises
    ------
    InsufficientScope : the granter may not give keys, or lacks one of the scopes
    ProductionDenied, InvalidFields, UnknownId
    """
    if Scope.KEYS_ADMIN not in granter.scopes:
        raise InsufficientScope(f"To make a key needs the scope {Scope.KEYS_ADMIN}.")
    wanted = frozenset(scopes)
    if not wanted:
        raise InvalidFields.one("scopes", "choose at least one; a key without scopes does nothing")
    lacking = sorted(wanted - granter.scopes)
    if lacking:
        raise InsufficientScope(f"You cannot give what you lack: {', '.join(lacking)}.")
    return create_key(work, name=name, scopes=wanted, expires_at=expires_at)


def list_keys(work: Work) -> list[Credential]:
    """The keys of a tenant, oldest first, without the sessions minted from them."""
    found = credentials.credentials(work.session, work.tenant)
    return [credential for credential in found if credential.kind in KEY_KINDS]


def find_key(work: Work, credential_id: str) -> Credential:
    """A key of the tenant.

    Raises
    ------
    UnknownId
    """
    found = credentials.find_credential(work.session, work.tenant, credential_id)
    if found.kind not in KEY_KINDS:
        raise UnknownId(f"{credential_id[:64]!r} is no key; `kwhen keys list` shows them")
    return found


def revoke_key(work: Work, credential_id: str) -> Credential:
    """End a key and its sessions at once.

    Raises
    ------
    UnknownId : the tenant has no such key; clients of the OpenADR server are ended elsewhere
    """
    find_key(work, credential_id)
    return credentials.revoke(work.session, work.tenant, credential_id, work.now)


def create_channel_partner(work: Work, name: str) -> ChannelPartner:
    """Make a channel partner whose id homes can name.

    Raises
    ------
    InvalidFields : the name is blank or too long
    """
    partner = ChannelPartner(id=new_id("ws_partner"), name=checked_name(name))
    organisations.add_channel_partner(work.session, work.tenant, partner)
    return partner


def list_channel_partners(work: Work) -> list[ChannelPartner]:
    """The channel partners of a tenant, by name."""
    return organisations.channel_partners(work.session, work.tenant)


def tenants_of(organisation: Organisation) -> tuple[Tenant, ...]:
    """The environments that an organisation has."""
    allowed = tuple(Environment) if organisation.production_allowed else (Environment.SANDBOX,)
    return tuple(Tenant(organisation.id, environment) for environment in allowed)
