"""Keys that are given by keys: never more than the giver has, never another tenant's."""

from datetime import timedelta

import pytest

from kwhen.errors import InsufficientScope, InvalidFields, ProductionDenied, UnknownId
from kwhen.operations.credentials import find_key, grant_key, list_keys, revoke_key
from kwhen.operations.vtn.clients import create_client
from kwhen.records import EVERY_SCOPE, Scope, VtnRole
from tests.deployments import SANDBOX, Parties

ADMIN = frozenset({Scope.KEYS_ADMIN, Scope.HOMES_READ})


def test_a_key_gives_what_it_has(orgs: Parties) -> None:
    giver = orgs.key("north", SANDBOX, ADMIN).credential
    with orgs.deployment.writing(giver.tenant) as work:
        ends_at = work.now + timedelta(days=30)
        made = grant_key(work, giver, name="new", scopes=[Scope.HOMES_READ], expires_at=ends_at)
        assert made.credential in list_keys(work)
    assert made.credential.scopes == {Scope.HOMES_READ}
    assert made.credential.tenant == giver.tenant and made.credential.expires_at == ends_at


def test_nobody_gives_what_they_lack(orgs: Parties) -> None:
    giver = orgs.key("north", SANDBOX, ADMIN).credential
    plain = orgs.key("north", SANDBOX, EVERY_SCOPE - {Scope.KEYS_ADMIN}).credential
    with orgs.deployment.writing(giver.tenant) as work:
        before = list_keys(work)
        with pytest.raises(InsufficientScope, match="homes:write"):
            grant_key(work, giver, name="x", scopes=[Scope.HOMES_READ, Scope.HOMES_WRITE])
        with pytest.raises(InsufficientScope, match="keys:admin"):
            grant_key(work, plain, name="x", scopes=[Scope.HOMES_READ])
        with pytest.raises(InvalidFields, match="at least one"):
            grant_key(work, giver, name="x", scopes=[])
        assert list_keys(work) == before


def test_a_sandbox_stays_one(orgs: Parties) -> None:
    giver = orgs.key("shed", SANDBOX).credential
    with (
        orgs.deployment.writing(orgs.tenant("shed")) as work,
        pytest.raises(ProductionDenied),
    ):
        grant_key(work, giver, name="x", scopes=[Scope.HOMES_READ])


def test_only_keys_of_the_tenant_are_revoked_as_keys(orgs: Parties) -> None:
    own, theirs = orgs.new_key("north", SANDBOX), orgs.new_key("south", SANDBOX)
    with orgs.deployment.writing(orgs.tenant("north", SANDBOX)) as work:
        client = create_client(work, "client", VtnRole.VEN)
        for id in (theirs.credential.id, client.credential.id, "ws_cred_0"):
            with pytest.raises(UnknownId):
                revoke_key(work, id)
            with pytest.raises(UnknownId):
                find_key(work, id)
        assert revoke_key(work, own.credential.id).revoked_at == work.now
