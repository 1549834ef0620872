"""Who is asking, and whether they may ask now: what every request does first."""

import hmac
from dataclasses import dataclass, replace
from datetime import timedelta

from kwhen.errors import (
    CredentialError,
    ExpiredCredential,
    InsufficientScope,
    InvalidCredential,
    KwhenError,
    MissingCredential,
    RateLimited,
    RevokedCredential,
)
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import is_well_formed
from kwhen.records import KEY_KINDS, Credential, CredentialKind, Scope, VtnScope
from kwhen.storage import credentials, limits
from kwhen.storage.limits import Allowance
from kwhen.storage.prepared import Direct

MINUTE_S, HOUR_S = 60.0, 3600.0
SESSIONS = frozenset({CredentialKind.SESSION})
TOUCHED_AT_MOST_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """What the gate found: the caller, their allowance, and what is wrong, if anything."""

    credential: Credential | None
    allowance: Allowance | None
    error: KwhenError | None = None


def pass_with_key(
    deployment: Deployment, secret: str | None, scope: Scope | None, *, is_session: bool
) -> Passed:
    """Let a request with a key or a session token through, if it may do what it asks.

    Every request of a known credential counts against its rate limit, also one that lacks a
    scope. Errors are told, not raised, so that the count is kept.
    """
    if secret is None:
        return _stopped(MissingCredential("Missing x-ws-api-key header."))
    if not is_well_formed(secret):
        return _stopped(_unknown(is_session))
    with deployment.database.gate() as gate:
        credential = _found(deployment, gate, secret)
        if credential is None:
            return _stopped(_unknown(is_session))
        if credential.kind not in (SESSIONS if is_session else KEY_KINDS):
            return _stopped(_wrong_place(is_session))
        scopes = None if scope is None else frozenset({scope})
        return _pass(deployment, gate, credential, scopes)


def known_key(deployment: Deployment, secret: str | None, scope: Scope) -> Credential | None:
    """Whose key came with a request that needs none; None where it is not good for a scope."""
    if secret is None or not is_well_formed(secret):
        return None
    with deployment.database.gate() as gate:
        found = _found(deployment, gate, secret)
    if found is None or found.kind not in KEY_KINDS or scope not in found.scopes:
        return None
    is_over = found.expires_at is not None and found.expires_at <= deployment.clock()
    return None if is_over or found.revoked_at is not None else found


def pass_with_token(
    deployment: Deployment, token: str | None, scopes: frozenset[VtnScope]
) -> Passed:
    """Let a request to the OpenADR server through, if its access token has one of some scopes."""
    if token is None:
        return _stopped(MissingCredential("Missing Authorization header with a Bearer token."))
    if not is_well_formed(token):
        return _stopped(InvalidCredential("The access token is not known."))
    with deployment.database.gate() as gate:
        credential = _found(deployment, gate, token)
        if credential is None or credential.kind is not CredentialKind.VTN_TOKEN:
            return _stopped(InvalidCredential("The access token is not known."))
        return _pass(deployment, gate, credential, scopes)


def pass_with_portal(deployment: Deployment, token: str | None, scopes: frozenset[Scope]) -> Passed:
    """Let a request of the portal through, if its session has all of some scopes."""
    if token is None:
        return _stopped(MissingCredential("Sign in first."))
    if not is_well_formed(token):
        return _stopped(InvalidCredential("The session is not known."))
    with deployment.database.gate() as gate:
        credential = _found(deployment, gate, token)
        if credential is None or credential.kind is not CredentialKind.PORTAL:
            return _stopped(InvalidCredential("The session is not known."))
        passed = _pass(deployment, gate, credential, None)
    lacking = scopes - credential.scopes
    if passed.error is not None or not lacking:
        return passed
    named = " and ".join(sorted(lacking))
    error = InsufficientScope(f"The key that you signed in with lacks the scope {named}.")
    return replace(passed, error=error)


def _found(deployment: Deployment, gate: Direct, secret: str) -> Credential | None:
    hashed = deployment.keyring.hash_of(secret)
    found = credentials.find_by_hash(gate, hashed)
    return found[0] if found is not None and hmac.compare_digest(found[1], hashed) else None


def _pass(
    deployment: Deployment,
    gate: Direct,
    credential: Credential,
    scopes: frozenset[Scope] | frozenset[VtnScope] | None,
) -> Passed:
    """`scopes`: one of them is needed; None: none is."""
    now = deployment.clock()
    if credential.revoked_at is not None:
        return _stopped(RevokedCredential("The credential was revoked."))
    if credential.expires_at is not None and credential.expires_at <= now:
        return _stopped(ExpiredCredential("The credential has expired."))
    allowance = _taken(
        gate,
        f"key:{_counted(credential)}",
        deployment.settings.rate_limit_per_minute,
        MINUTE_S,
        now.timestamp(),
    )
    if allowance is not None and not allowance.is_allowed:
        error = RateLimited("Too many requests with this credential.", allowance.retry_after_s)
        return Passed(credential=credential, allowance=allowance, error=error)
    used = credential.last_used_at
    if used is None or now - used >= TOUCHED_AT_MOST_EVERY:
        credentials.touch(gate, credential.id, now)
    if scopes is not None and scopes.isdisjoint(credential.scopes):
        named = " or ".join(sorted(scopes))
        lacking = InsufficientScope(f"The credential lacks the scope {named}.")
        return Passed(credential=credential, allowance=allowance, error=lacking)
    return Passed(credential=credential, allowance=allowance)


def _counted(credential: Credential) -> str:
    """Whose allowance a request takes from: all tokens of an OAuth client share one."""
    is_token = credential.kind is CredentialKind.VTN_TOKEN
    return credential.parent_id or credential.id if is_token else credential.id


def pass_by_address(deployment: Deployment, address: str) -> Passed:
    """Let a request without a key through, if its address does not ask too often.

    `address` is that of the peer, or of the client behind a proxy that is trusted.
    """
    limit_count = deployment.settings.open_rate_limit_per_minute
    allowance = _of_address(deployment, f"open:{address}", limit_count, MINUTE_S)
    if allowance is not None and not allowance.is_allowed:
        error = RateLimited("Too many requests from this address.", allowance.retry_after_s)
        return Passed(credential=None, allowance=allowance, error=error)
    return Passed(credential=None, allowance=allowance)


def take_sign_in(deployment: Deployment, address: str) -> None:
    """Count a try of an address to sign in with a key.

    Raises
    ------
    RateLimited
    """
    limit_count = deployment.settings.sign_ins_per_minute
    allowance = _of_address(deployment, f"sign-in:{address}", limit_count, MINUTE_S)
    _refuse(allowance, f"This address tried to sign in {limit_count} times within a minute.")


def take_sandbox(deployment: Deployment, address: str) -> None:
    """Count a sandbox that an address opens by itself.

    Raises
    ------
    RateLimited
    """
    limit_count = deployment.settings.agent_credentials_per_hour
    allowance = _of_address(deployment, f"sandbox:{address}", limit_count, HOUR_S)
    words = f"This address opened {limit_count} sandboxes within an hour, which is the limit."
    _refuse(allowance, words)


def _of_address(
    deployment: Deployment, key: str, limit_count: int, window_s: float
) -> Allowance | None:
    """What an address takes, in a transaction of its own."""
    with deployment.database.gate() as gate:
        return _taken(gate, key, limit_count, window_s, deployment.clock().timestamp())


def _refuse(allowance: Allowance | None, words: str) -> None:
    if allowance is not None and not allowance.is_allowed:
        raise RateLimited(words, allowance.retry_after_s)


def _taken(
    gate: Direct, key: str, limit_count: int, window_s: float, now_s: float
) -> Allowance | None:
    if limit_count == 0:
        return None
    return limits.take(gate, key, limit_count=limit_count, window_s=window_s, now_s=now_s)


def _stopped(error: CredentialError) -> Passed:
    return Passed(credential=None, allowance=None, error=error)


def _unknown(is_session: bool) -> InvalidCredential:
    return InvalidCredential(f"The {'session token' if is_session else 'API key'} is not known.")


def _wrong_place(is_session: bool) -> InvalidCredential:
    if is_session:
        return InvalidCredential("An API key is no session token; send it as x-ws-api-key.")
    return InvalidCredential("A session token is no API key; send it as a Bearer token.")
