"""What is thrown away of itself: full rate buckets, and answers kept for a day."""

from datetime import timedelta

from kwhen.operations.deployment import Deployment
from kwhen.storage import answers, limits

ANSWERS_KEPT = timedelta(hours=24)


def sweep(deployment: Deployment) -> None:
    """Forget what no request can ask for any more."""
    now = deployment.clock()
    with deployment.database.gate() as connection:
        limits.sweep(connection, now.timestamp())
    with deployment.database.writing() as session:
        answers.forget_before(session, now - ANSWERS_KEPT)
