"""Who may ask, and how often."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kwhen.errors import (
    ExpiredCredential,
    InsufficientScope,
    InvalidCredential,
    KwhenError,
    MissingCredential,
    ProductionDenied,
    RateLimited,
    RevokedCredential,
    UnknownId,
)
from kwhen.operations.credentials import (
    SESSION_SCOPES,
    create_key,
    create_session,
    list_keys,
    revoke_key,
)
from kwhen.operations.gate import Passed, pass_by_address, pass_with_key, take_sandbox
from kwhen.operations.keyring import new_secret
from kwhen.records import EVERY_SCOPE, Credential, CredentialKind, Scope
from kwhen.storage import credentials
from tests.deployments import PLENTY_COUNT, PRODUCTION, SANDBOX, Clock, Parties, other

READ = Scope.HOMES_READ


def ask(
    orgs: Parties, secret: str | None, scope: Scope | None = READ, *, is_session: bool = False
) -> Passed:
    return pass_with_key(orgs.deployment, secret, scope, is_session=is_session)


def refused(passed: Passed, kind: type[KwhenError]) -> KwhenError:
    """The error of a request that was stopped without being counted."""
    assert type(passed.error) is kind and passed.credential is None and passed.allowance is None
    return passed.error


def stored(orgs: Parties, credential: Credential) -> Credential:
    with orgs.deployment.reading(credential.tenant) as work:
        return credentials.find_credential(work.session, work.tenant, credential.id)


def strict(orgs: Parties, limit_count: int) -> Parties:
    """The same, with fewer requests a minute."""
    limits = {
        "rate_limit_per_minute": limit_count,
        "open_rate_limit_per_minute": limit_count,
        "agent_credentials_per_hour": limit_count,
    }
    return replace(orgs, deployment=other(orgs.deployment, **limits))


def test_a_key_passes(orgs: Parties, clock: Clock) -> None:
    issued = orgs.new_key()
    passed = ask(orgs, issued.secret)
    assert passed.error is None
    assert passed.credential == issued.credential
    assert passed.allowance is not None
    assert passed.allowance.remaining_count == PLENTY_COUNT - 1
    assert stored(orgs, issued.credential).last_used_at == clock()


def test_no_key(orgs: Parties) -> None:
    error = refused(ask(orgs, None), MissingCredential)
    assert str(error) == "Missing x-ws-api-key header."


@pytest.mark.parametrize("secret", ["", "x", "wsk_live_x", "wsk_live_" + "0" * 38, "ü" * 47, "\0"])
def test_what_is_no_key(orgs: Parties, secret: str) -> None:
    refused(ask(orgs, secret), InvalidCredential)


def test_a_key_that_nobody_has(orgs: Parties) -> None:
    for kind in CredentialKind:
        unknown = new_secret(kind)
        error = refused(ask(orgs, unknown), InvalidCredential)
        assert unknown not in str(error)


def test_an_expired_key(orgs: Parties, clock: Clock) -> None:
    issued = orgs.new_key(expires_at=clock() + timedelta(minutes=1))
    assert ask(orgs, issued.secret).error is None
    clock.move(seconds=59.999)
    assert ask(orgs, issued.secret).error is None
    clock.move(seconds=0.001)
    refused(ask(orgs, issued.secret), ExpiredCredential)


def test_a_revoked_key_and_its_sessions(orgs: Parties) -> None:
    issued, another = orgs.new_key(), orgs.new_key()
    with orgs.deployment.writing(orgs.tenant()) as work:
        session = create_session(work, issued.credential, "user_1")
        revoked = revoke_key(work, issued.credential.id)
        assert revoke_key(work, issued.credential.id) == revoked  # again changes nothing
    refused(ask(orgs, issued.secret), RevokedCredential)
    refused(ask(orgs, session.secret, is_session=True), RevokedCredential)
    assert ask(orgs, another.secret).error is None


def test_a_lacking_scope_counts(orgs: Parties) -> None:
    issued = orgs.new_key(scopes=EVERY_SCOPE - {READ})
    passed = ask(orgs, issued.secret)
    assert isinstance(passed.error, InsufficientScope) and READ in str(passed.error)
    assert passed.allowance is not None
    assert passed.allowance.remaining_count == PLENTY_COUNT - 1
    assert stored(orgs, issued.credential).last_used_at is not None
    assert ask(orgs, issued.secret, None).error is None


def test_sessions_and_keys_do_not_stand_for_each_other(orgs: Parties) -> None:
    issued = orgs.new_key()
    with orgs.deployment.writing(orgs.tenant()) as work:
        session = create_session(work, issued.credential, "user_1")
    assert ask(orgs, session.secret, is_session=True).error is None
    assert "Bearer" in str(refused(ask(orgs, session.secret), InvalidCredential))
    assert "x-ws-api-key" in str(
        refused(ask(orgs, issued.secret, is_session=True), InvalidCredential)
    )


def test_a_session_is_less_than_its_key(orgs: Parties, clock: Clock) -> None:
    ttl = timedelta(seconds=orgs.deployment.settings.session_ttl_s)
    narrow = frozenset({READ, Scope.KEYS_ADMIN})
    parent = orgs.new_key(scopes=narrow, expires_at=clock() + ttl / 2).credential
    another = orgs.key().credential
    with orgs.deployment.writing(orgs.tenant()) as work:
        session = create_session(work, parent, "user_1").credential
        full = create_session(work, another, None).credential
    assert (session.scopes, full.scopes) == ({READ}, SESSION_SCOPES)
    assert (session.expires_at, full.expires_at) == (parent.expires_at, clock() + ttl)
    assert session.tenant == parent.tenant and session.user_id == "user_1"
    with orgs.deployment.reading(orgs.tenant()) as work:
        assert session.id not in {key.id for key in list_keys(work)}


def test_one_too_many(orgs: Parties, clock: Clock) -> None:
    few, issued = strict(orgs, 3), orgs.new_key()
    assert [ask(few, issued.secret).error for _ in range(3)] == [None] * 3
    passed = ask(few, issued.secret)
    assert isinstance(passed.error, RateLimited)
    assert passed.error.retry_after_s == pytest.approx(20, abs=1e-3)
    assert passed.allowance is not None and not passed.allowance.is_allowed
    assert passed.credential is not None  # so that the log says whose it was
    clock.move(seconds=20.1)
    assert ask(few, issued.secret).error is None
    assert isinstance(ask(few, issued.secret).error, RateLimited)
    assert ask(orgs, orgs.new_key().secret).error is None


def test_last_used_is_written_once_a_minute(orgs: Parties, clock: Clock) -> None:
    issued = orgs.new_key()
    first = clock()
    for seconds in (0, 30, 29.9):
        clock.move(seconds=seconds)
        ask(orgs, issued.secret)
        assert stored(orgs, issued.credential).last_used_at == first
    clock.move(seconds=0.1)
    ask(orgs, issued.secret)
    assert stored(orgs, issued.credential).last_used_at == clock() == first + timedelta(minutes=1)


def test_addresses_have_buckets_of_their_own(orgs: Parties) -> None:
    few = strict(orgs, 1)
    for address in ("203.0.113.1", "2001:db8::1"):
        assert pass_by_address(few.deployment, address).error is None
        passed = pass_by_address(few.deployment, address)
        assert isinstance(passed.error, RateLimited) and passed.allowance is not None


def test_sandboxes_are_counted_by_the_hour(orgs: Parties, clock: Clock) -> None:
    few = strict(orgs, 2)
    for _ in range(2):
        take_sandbox(few.deployment, "203.0.113.9")
    with pytest.raises(RateLimited, match="2 sandboxes") as told:
        take_sandbox(few.deployment, "203.0.113.9")
    assert told.value.retry_after_s == pytest.approx(1800, abs=1e-3)
    clock.move(minutes=31)
    take_sandbox(few.deployment, "203.0.113.9")


def test_no_limit(orgs: Parties) -> None:
    free, issued = strict(orgs, 0), orgs.new_key()
    passed = ask(free, issued.secret)
    assert passed.error is None and passed.allowance is None
    assert pass_by_address(free.deployment, "203.0.113.5").allowance is None
    take_sandbox(free.deployment, "203.0.113.5")


def test_an_organisation_without_production_gets_no_key_of_it(orgs: Parties) -> None:
    assert orgs.new_key("shed", SANDBOX).credential.kind is CredentialKind.TEST
    with pytest.raises(ProductionDenied, match="shed"):
        orgs.new_key("shed", PRODUCTION)


def test_keys_are_a_tenants_own(orgs: Parties) -> None:
    theirs = orgs.new_key("south").credential
    with orgs.deployment.writing(orgs.tenant("north")) as work:
        assert theirs.id not in {key.id for key in list_keys(work)}
        with pytest.raises(UnknownId):
            revoke_key(work, theirs.id)
    assert stored(orgs, theirs).revoked_at is None


def test_a_key_is_not_made_for_the_past(orgs: Parties, clock: Clock) -> None:
    with orgs.deployment.writing(orgs.tenant()) as work, pytest.raises(KwhenError, match="passed"):
        create_key(work, name="x", expires_at=clock())
