"""What is done of itself: old rows are thrown away, events of OpenADR kept current."""

from datetime import timedelta

from kwhen.operations.deployment import Deployment
from kwhen.operations.vtn.keep import keep_current
from kwhen.records import CredentialKind
from kwhen.storage import answers, credentials, limits, usage_files

ANSWERS_KEPT = timedelta(hours=24)
PORTAL_SESSIONS_KEPT = timedelta(days=1)  # after their end


def sweep(deployment: Deployment) -> None:
    """Forget what no request can ask for any more; renew what clients wait for."""
    now = deployment.clock()
    with deployment.database.gate() as gate:
        limits.sweep(gate, now.timestamp())
    with deployment.database.writing() as session:
        answers.forget_before(session, now - ANSWERS_KEPT)
        usage_files.forget_every_expired(session, now)
        kinds = (CredentialKind.PORTAL,)
        credentials.forget_every_expired(session, kinds, now - PORTAL_SESSIONS_KEPT)
    keep_current(deployment)
