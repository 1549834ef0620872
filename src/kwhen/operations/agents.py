"""Sandboxes that programs open by themselves, without a key."""

from datetime import timedelta

from kwhen.errors import (
    FieldError,
    Forbidden,
    InsufficientScope,
    InvalidFields,
    ProductionDenied,
    UnknownId,
)
from kwhen.operations.credentials import Issued, create_key, new_organisation
from kwhen.operations.deployment import Deployment
from kwhen.operations.gate import take_sandbox
from kwhen.operations.work import Work
from kwhen.records import (
    Credential,
    CredentialKind,
    Environment,
    Scope,
    Tenant,
    UnknownScope,
    read_scopes,
)
from kwhen.storage import credentials, organisations
from kwhen.wire.agent_credentials import AgentCredentialRequest, request_json

USUAL_TTL = timedelta(hours=24)
NOT_FOR_AGENTS = frozenset({Scope.KEYS_ADMIN})


def open_sandbox(
    deployment: Deployment, sent: AgentCredentialRequest, request_id: str, address: str
) -> Issued:
    """A new, empty sandbox organisation with a key that does not live long.

    Raises
    ------
    Forbidden : the operator switched this off
    ProductionDenied : production was asked for
    RateLimited : the address opened too many
    InvalidFields
    """
    if not deployment.settings.agent_credentials:
        raise Forbidden("Sandboxes are opened by the operator of this deployment only.")
    if sent.requested_environment not in (None, Environment.SANDBOX.value):
        raise ProductionDenied("Programs get a sandbox only; leave requested_environment out.")
    if not sent.organization_name.strip():
        raise InvalidFields.one("organization_name", "is blank")
    scopes = _scopes(sent.requested_scopes)
    take_sandbox(deployment, address)
    organisation = new_organisation(deployment, sent.organization_name, production_allowed=False)
    tenant = Tenant(organisation.id, Environment.SANDBOX)
    ttl = timedelta(seconds=sent.requested_ttl_seconds) if sent.requested_ttl_seconds else USUAL_TTL
    with deployment.writing(tenant) as work:  # without its key nobody could use it
        organisations.add_organisation(work.session, organisation)
        return create_key(
            work,
            name=sent.user_name,
            scopes=scopes,
            expires_at=work.now + ttl,
            kind=CredentialKind.AGENT,
            request={**request_json(sent), "credential_request_id": request_id},
        )


def _scopes(words: list[str]) -> frozenset[Scope]:
    wrong: list[FieldError] = []
    found: set[Scope] = set()
    for number, word in enumerate(words):
        try:
            found |= read_scopes([word])
        except UnknownScope as error:
            wrong.append(FieldError(f"requested_scopes[{number}]", str(error)))
    if wrong:
        raise InvalidFields(wrong)
    given = frozenset(found - NOT_FOR_AGENTS)
    if not given:
        raise InvalidFields.one(
            "requested_scopes",
            f"programs get no {' or '.join(sorted(NOT_FOR_AGENTS))}; ask for what they may do, "
            "such as homes and calculate",
        )
    return given


def end_agent_credential(work: Work, caller: Credential, credential_id: str) -> Credential:
    """End a credential that was given to a program.

    Raises
    ------
    InsufficientScope
        A session asks, which has less to say than its key.
    UnknownId
        It is not one of the tenant's, or not such a credential.
    """
    if caller.kind is CredentialKind.SESSION:
        raise InsufficientScope("A session token cannot end a credential; use a key.")
    found = credentials.find_credential(work.session, work.tenant, credential_id)
    if found.kind is not CredentialKind.AGENT:
        raise UnknownId(f"there is no agent credential {credential_id[:64]!r}")
    return credentials.revoke(work.session, work.tenant, credential_id, work.now)
