"""Tokens, sandboxes, feedback, and how the service does."""

from typing import Unpack
from urllib.parse import quote

from kwhen.client.answers import FeedbackReceived, Revocation, Sandbox, Session, Status
from kwhen.client.bodies import told
from kwhen.client.calls import Calls, operation
from kwhen.client.sent import FeedbackFields, SandboxFields


class Access(Calls):
    """Tokens, sandboxes, feedback, and how the service does."""

    @operation("OnboardingController_generateSessionToken_v1")
    def create_session(self, user_id: str | None = None) -> Session:
        """A short-lived token for a frontend, made from this key."""
        path = "/v1/onboarding/session-token/generate"
        session: Session = self._post(path, told(user_id=user_id))
        return session

    @operation("requestAgentSandboxCredential")
    def open_sandbox(self, **request: Unpack[SandboxFields]) -> Sandbox:
        """A new, empty sandbox and its key. It needs no key."""
        sandbox: Sandbox = self._post("/v1/agent-credentials", request)
        return sandbox

    @operation("revokeAgentSandboxCredential")
    def revoke_sandbox_key(self, credential_id: str, reason: str | None = None) -> Revocation:
        """End a key that `open_sandbox` gave, with that key or another one of its sandbox."""
        path = f"/v1/agent-credentials/{quote(credential_id, safe='')}/revoke"
        ended: Revocation = self._post(path, told(reason=reason))
        return ended

    @operation("submitFeedback")
    def feedback(self, **said: Unpack[FeedbackFields]) -> FeedbackReceived:
        """Say what is missing or wrong. It needs no key."""
        received: FeedbackReceived = self._post("/v1/feedback", said)
        return received

    @operation("getHealth")
    def health(self) -> Status:
        """Whether the process is alive."""
        status: Status = self._get("/healthz").json()
        return status

    @operation("getReadiness")
    def readiness(self) -> Status:
        """Whether requests can be answered; an ApiError where they cannot."""
        status: Status = self._get("/readyz").json()
        return status

    @operation("getMetrics")
    def metrics(self) -> str:
        """Counts as Prometheus reads them."""
        return self._get("/metrics").text
