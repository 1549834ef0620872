"""Session tokens: short-lived, for frontends."""

from typing import Annotated

from kwhen.operations import credentials
from kwhen.records import Scope
from kwhen.service.door import Caller, WriteWork, gated, needs
from kwhen.wire.sessions import SessionAnswer, SessionRequest

router = gated("/v1/onboarding/session-token", "sessions")

Onboarder = Annotated[Caller, needs(Scope.ONBOARDING_WRITE)]


@router.post(
    "/generate",
    operation_id="OnboardingController_generateSessionToken_v1",
    summary="A token for a frontend.",
)
def generate(
    caller: Onboarder, work: WriteWork, body: SessionRequest | None = None
) -> SessionAnswer:
    """It may do what the key may, but for webhooks, onboarding and keys; it ends with the key."""
    user_id = body.user_id if body else None
    issued = credentials.create_session(work, caller.credential, user_id)
    assert issued.credential.expires_at is not None
    return SessionAnswer(session_token=issued.secret, expires_at=issued.credential.expires_at)
