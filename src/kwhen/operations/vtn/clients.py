"""OAuth clients of the OpenADR server, and their access tokens."""

import hmac
from collections.abc import Iterable
from datetime import timedelta

from kwhen.errors import KwhenError, UnknownId
from kwhen.operations.credentials import Issued
from kwhen.operations.deployment import Deployment
from kwhen.operations.keyring import is_well_formed, new_id, new_secret, shown_prefix
from kwhen.operations.work import Work
from kwhen.records import Credential, CredentialKind, VtnRole, VtnScope, VtnVersion
from kwhen.storage import credentials

READ = frozenset({VtnScope.READ_TARGETS, VtnScope.READ_VEN_OBJECTS})
SCOPES_OF = {
    VtnRole.BL: frozenset(VtnScope) - {VtnScope.WRITE_REPORTS},
    VtnRole.VEN: READ | {VtnScope.WRITE_REPORTS, VtnScope.WRITE_SUBSCRIPTIONS, VtnScope.WRITE_VENS},
}
# What other servers and older editions call the same.
OTHER_WORDS = {
    "read_bl": VtnScope.READ_ALL,
    "write_vens_bl": VtnScope.WRITE_VENS,
    "write_vens_ven": VtnScope.WRITE_VENS,
    "write_subscriptions_bl": VtnScope.WRITE_SUBSCRIPTIONS,
    "write_subscriptions_ven": VtnScope.WRITE_SUBSCRIPTIONS,
}
MADE_BY_BL = frozenset({VtnScope.READ_ALL, VtnScope.WRITE_PROGRAMS, VtnScope.WRITE_EVENTS})


class OAuthError(KwhenError):
    """A request for a token that is refused, in the words of RFC 6749."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def create_client(work: Work, name: str, role: VtnRole) -> Issued:
    """Give a tenant a new OAuth client; its id is that of the credential."""
    secret = new_secret(CredentialKind.VTN)
    credential = Credential(
        id=new_id("vtn_client"),
        tenant=work.tenant,
        kind=CredentialKind.VTN,
        name=name,
        prefix=shown_prefix(secret),
        scopes=SCOPES_OF[role],
        created_at=work.now,
    )
    hashed = work.deployment.keyring.hash_of(secret)
    credentials.add_credential(work.session, work.tenant, credential, hashed)
    return Issued(credential=credential, secret=secret)


def list_clients(work: Work) -> list[Credential]:
    """The OAuth clients of a tenant, oldest first."""
    found = credentials.credentials(work.session, work.tenant)
    return [credential for credential in found if credential.kind is CredentialKind.VTN]


def find_client(work: Work, client_id: str) -> Credential:
    """An OAuth client of the tenant.

    Raises
    ------
    UnknownId
    """
    found = credentials.find_credential(work.session, work.tenant, client_id)
    if found.kind is not CredentialKind.VTN:
        raise UnknownId(f"{client_id} is no OAuth client; `kwhen vtn client list` shows them")
    return found


def revoke_client(work: Work, client_id: str) -> Credential:
    """End a client and its tokens at once.

    Raises
    ------
    UnknownId
    """
    find_client(work, client_id)
    return credentials.revoke(work.session, work.tenant, client_id, work.now)


def role_of(credential: Credential) -> VtnRole:
    """Which side of OpenADR a client or token is on."""
    return VtnRole.VEN if MADE_BY_BL.isdisjoint(credential.scopes) else VtnRole.BL


def issue_token(
    deployment: Deployment,
    version: VtnVersion,
    client_id: str | None,
    secret: str | None,
    scope: str | None,
) -> tuple[Issued, str]:
    """A token for a client that proves itself, and its scopes in the client's own words.

    Raises
    ------
    OAuthError
    """
    client = _proved(deployment, client_id, secret)
    words = scope.split() if scope else sorted(client.scopes)
    scopes = frozenset().union(*(_meant(version, client, word) for word in words))
    now = deployment.clock()
    token = new_secret(CredentialKind.VTN_TOKEN)
    credential = Credential(
        id=new_id("vtn_token"),
        tenant=client.tenant,
        kind=CredentialKind.VTN_TOKEN,
        name=f"token of {client.name}"[:255],
        prefix=shown_prefix(token),
        scopes=scopes,
        created_at=now,
        expires_at=now + timedelta(seconds=deployment.settings.vtn_token_ttl_s),
        parent_id=client.id,
    )
    with deployment.writing(client.tenant) as work:
        hashed = deployment.keyring.hash_of(token)
        credentials.add_credential(work.session, work.tenant, credential, hashed)
    return Issued(credential=credential, secret=token), " ".join(dict.fromkeys(words))


def _proved(deployment: Deployment, client_id: str | None, secret: str | None) -> Credential:
    if not client_id or not secret:
        raise OAuthError(
            "invalid_client", "Send client_id and client_secret, by HTTP Basic or in the form.", 401
        )
    unknown = OAuthError("invalid_client", "The client is not known, or its secret is wrong.", 401)
    if not is_well_formed(secret):
        raise unknown
    hashed = deployment.keyring.hash_of(secret)
    with deployment.database.gate() as gate:
        found = credentials.find_by_hash(gate, hashed)
        if found is None or not hmac.compare_digest(found[1], hashed):
            raise unknown
        client = found[0]
        is_it = hmac.compare_digest(client.id.encode(), client_id.encode())
        if not is_it or client.kind is not CredentialKind.VTN or client.revoked_at is not None:
            raise unknown
        credentials.touch(gate, client.id, deployment.clock())
    return client


def _meant(version: VtnVersion, client: Credential, word: str) -> frozenset[VtnScope]:
    """The scopes that a word asks for.

    Raises
    ------
    OAuthError : the client may not have them
    """
    named = OTHER_WORDS.get(word) or next((scope for scope in VtnScope if scope == word), None)
    wanted: Iterable[VtnScope] = () if named is None else (named,)
    is_ven = role_of(client) is VtnRole.VEN
    if version is VtnVersion.V3_0_1 and named is VtnScope.READ_ALL and is_ven:
        wanted = READ  # under 3.0.1 everybody reads by read_all
    if not wanted or not frozenset(wanted) <= client.scopes:
        known = " ".join(sorted(client.scopes))
        raise OAuthError("invalid_scope", f"{word[:80]!r} is not for this client; it has {known}")
    return frozenset(wanted)
