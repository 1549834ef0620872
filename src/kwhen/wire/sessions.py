"""Session tokens for frontends."""

from pydantic import Field

from kwhen.wire.kinds import MomentField, Text255
from kwhen.wire.model import Answered, Sent


class SessionRequest(Sent):
    """For whom the token is."""

    user_id: Text255 | None = Field(None, description="Your own id of the person.")


class SessionAnswer(Answered):
    """A token that a frontend sends as `Authorization: Bearer …`."""

    session_token: str = Field(description="Short-lived, with narrower scopes than the key.")
    expires_at: MomentField
