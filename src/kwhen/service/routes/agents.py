"""Sandboxes for programs: asked for without a key, ended with it."""

from typing import Annotated

from fastapi import Path

from kwhen.operations import agents
from kwhen.operations.keyring import new_id
from kwhen.service.door import (
    Address,
    Caller,
    RequestId,
    TheDeployment,
    WriteWork,
    gated,
    needs,
)
from kwhen.wire.agent_credentials import (
    AgentCredentialAnswer,
    AgentCredentialRequest,
    AgentRevocation,
    AgentRevocationAnswer,
)

router = gated("/v1/agent-credentials", "agent credentials")

AnyCaller = Annotated[Caller, needs(None)]
TheCredential = Annotated[str, Path(description="Id of the credential.")]
NEXT_STEPS = [
    "Keep the credential now: it is not shown again.",
    "Send it as the header x-ws-api-key.",
    "POST /v1/utility/get with a zipcode to find a rate plan, then POST /v1/homes/create.",
]


@router.post(
    "", operation_id="requestAgentSandboxCredential", summary="Open a sandbox without a key."
)
def request_credential(
    deployment: TheDeployment, address: Address, request_id: RequestId, body: AgentCredentialRequest
) -> AgentCredentialAnswer:
    """A new, empty sandbox organisation, and a key that lives 24 hours or as asked."""
    asked_id = new_id("ws_cred_request")
    issued = agents.open_sandbox(deployment, body, asked_id, address)
    credential = issued.credential
    assert credential.expires_at is not None
    return AgentCredentialAnswer(
        outcome="issued",
        credential=issued.secret,
        credential_id=credential.id,
        key_prefix="wsk_agent",
        request_id=request_id,
        credential_request_id=asked_id,
        expires_at=credential.expires_at,
        scopes=sorted(scope.value for scope in credential.scopes),
        environment="sandbox",
        production_access=False,
        revocation_method="POST",
        revocation_path=f"/v1/agent-credentials/{credential.id}/revoke",
        next_steps=NEXT_STEPS,
    )


@router.post("/{id}/revoke", operation_id="revokeAgentSandboxCredential", summary="End such a key.")
def revoke(
    id: TheCredential,
    caller: AnyCaller,
    work: WriteWork,
    request_id: RequestId,
    body: AgentRevocation | None = None,
) -> AgentRevocationAnswer:
    """With the key itself, or another one of its sandbox."""
    ended = agents.end_agent_credential(work, caller.credential, id)
    assert ended.revoked_at is not None
    return AgentRevocationAnswer(
        outcome="revoked",
        credential_id=ended.id,
        request_id=request_id,
        revoked_at=ended.revoked_at,
    )
