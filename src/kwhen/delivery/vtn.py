"""Notifications of the OpenADR server, sent: one of a subscription at a time, in order."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from kwhen.delivery.sender import Attempt, Sender
from kwhen.operations.deployment import Deployment
from kwhen.operations.targets import policy_of
from kwhen.operations.vtn.callbacks import authorization
from kwhen.operations.vtn.notices import tokens_at
from kwhen.storage import vtn_notifications
from kwhen.storage.vtn_notifications import Owed

JSON = {"content-type": "application/json"}
AT_ONCE_COUNT = 16
CLAIMED = timedelta(minutes=2)  # longer than an attempt: then a worker that died has lost its claim
RETRIES_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800)
JITTER_FRAC = 0.2
GONE = 410


def deliver_due_notifications(deployment: Deployment, sender: Sender | None = None) -> int:
    """Send what is due, until nothing more is; says how many attempts were made.

    Several workers may do this at once: each notification is claimed by one of them.
    """
    own = sender or Sender(policy_of(deployment.settings))
    attempts_count = 0
    try:
        with ThreadPoolExecutor(AT_ONCE_COUNT) as pool:
            while batch := _claim(deployment):
                for done in [pool.submit(_deliver, deployment, own, owed) for owed in batch]:
                    done.result()
                attempts_count += len(batch)
    finally:
        if sender is None:
            own.close()
    return attempts_count


def _claim(deployment: Deployment) -> list[Owed]:
    now = deployment.clock()
    with deployment.database.writing() as session:
        return vtn_notifications.claim_every_due(session, now, now + CLAIMED, AT_ONCE_COUNT)


def _deliver(deployment: Deployment, sender: Sender, owed: Owed) -> None:
    token = tokens_at(deployment, owed.sealed, owed.operation_index)
    headers = JSON if token is None else {**JSON, **authorization(token)}
    attempt = sender.post(owed.url, owed.body, headers)
    now = deployment.clock()
    with deployment.database.writing() as session:
        if attempt.is_success:
            vtn_notifications.was_taken(session, owed.tenant, owed.number)
        elif attempt.status == GONE or owed.tries_count >= len(RETRIES_S):
            vtn_notifications.break_subscription(session, owed.tenant, owed.number, _why(attempt))
        else:
            due_at = now + timedelta(seconds=_wait_s(owed.tries_count, attempt))
            vtn_notifications.try_again(session, owed.tenant, owed.number, due_at, _why(attempt))


def _wait_s(tries_count: int, attempt: Attempt) -> float:
    """How long until the next attempt: longer each time, and as long as Retry-After says."""
    usual_s = RETRIES_S[tries_count] * random.uniform(1 - JITTER_FRAC, 1 + JITTER_FRAC)
    asked_s = min(attempt.retry_after_s or 0.0, RETRIES_S[-1])
    return max(usual_s, asked_s)


def _why(attempt: Attempt) -> str:
    return attempt.error or f"status {attempt.status}"
