"""Sandboxes that programs open by themselves. All names are in snake_case."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from kwhen.wire.kinds import WHOLE, MomentField, Name, Text255

Text128 = Annotated[str, StringConstraints(max_length=128)]
LONGEST_TTL_S = 30 * 24 * 3600


class _Snake(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class AgentCredentialRequest(_Snake):
    """Who asks, what for, and which scopes."""

    organization_name: Name = Field(description="Name of the new sandbox organisation.")
    user_name: Name = Field(description="Who is responsible.")
    assignment: Annotated[str, StringConstraints(min_length=10, max_length=4000)] = Field(
        description="What the credential is for."
    )
    requested_scopes: list[Text128] = Field(
        min_length=1, max_length=20, description="Scopes, or `homes` and `calculate`."
    )
    agent: Text128 | None = Field(None, description="The program.")
    client: Text128 | None = Field(None, description="Its client.")
    use_case: Text128 | None = Field(None, description="What is built.")
    device_segment: Text128 | None = Field(None, description="Kind of devices.")
    project: Text128 | None = Field(None, description="The project.")
    tech_stack: list[Text128] | None = Field(None, max_length=20, description="Languages, tools.")
    user_email: Text255 | None = Field(None, description="Where to reach them.")
    company: Text255 | None = Field(None, description="Their company.")
    requested_environment: Text128 | None = Field(None, description="Only `sandbox` is given.")
    requested_ttl_seconds: Annotated[int, Field(ge=60, le=LONGEST_TTL_S), WHOLE] | None = Field(
        None, description="Life; 24 hours without."
    )


class AgentCredentialAnswer(_Snake):
    """A new sandbox and its key, which is shown this once."""

    outcome: Literal["issued"]
    credential: str = Field(description="The key, for the header x-ws-api-key. Shown once.")
    credential_id: str
    key_prefix: Literal["wsk_agent"]
    request_id: str
    credential_request_id: str
    expires_at: MomentField
    scopes: list[str]
    environment: Literal["sandbox"]
    production_access: Literal[False]
    revocation_method: Literal["POST"]
    revocation_path: str
    next_steps: list[str]


class AgentRevocation(_Snake):
    """Why a credential ends."""

    reason: Annotated[str, StringConstraints(max_length=4000)] | None = Field(
        None, description="For the log."
    )


class AgentRevocationAnswer(_Snake):
    """A credential that has ended."""

    outcome: Literal["revoked"]
    credential_id: str
    request_id: str
    revoked_at: MomentField


def request_json(sent: AgentCredentialRequest) -> dict[str, Any]:
    """What was said, to be kept beside the credential."""
    return sent.model_dump(mode="json", exclude_none=True)
