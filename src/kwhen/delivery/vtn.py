"""Notifications of the OpenADR server, sent: one of a subscription at a time, in order."""

import random
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import timedelta

import structlog

from kwhen.delivery.sender import Attempt, Sender
from kwhen.operations.deployment import Deployment
from kwhen.operations.targets import policy_of
from kwhen.operations.vtn.callbacks import authorization
from kwhen.operations.vtn.notices import tokens_at
from kwhen.storage import vtn_notifications
from kwhen.storage.vtn_notifications import Owed

log = structlog.get_logger("kwhen")
JSON = {"content-type": "application/json"}
AT_ONCE_COUNT = 32
LOOK_AGAIN_S = 0.1
CLAIMED = timedelta(minutes=2)  # longer than an attempt: then a worker that died has lost its claim
RETRIES_S = (5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800)
JITTER_FRAC = 0.2
GONE = 410


def deliver_due_notifications(deployment: Deployment, sender: Sender | None = None) -> int:
    """Send what is due, until nothing more is; says how many attempts were made.

    Several workers may do this at once: each notification is claimed by one of them.
    """
    own = sender or Sender(policy_of(deployment.settings))
    attempts_count, running = 0, set[Future[None]]()
    try:
        with ThreadPoolExecutor(AT_ONCE_COUNT) as pool:
            while True:
                batch = _claim(deployment, AT_ONCE_COUNT - len(running))
                running |= {pool.submit(_deliver, deployment, own, owed) for owed in batch}
                attempts_count += len(batch)
                if not running:
                    return attempts_count
                # A subscriber that hangs holds up itself alone: the others are looked for again.
                done, running = wait(running, LOOK_AGAIN_S, FIRST_COMPLETED)
                for one in done:
                    one.result()
    finally:
        if sender is None:
            own.close()


def _claim(deployment: Deployment, limit_count: int) -> list[Owed]:
    if not limit_count:
        return []
    now = deployment.clock()
    with deployment.database.writing() as session:
        return vtn_notifications.claim_every_due(session, now, now + CLAIMED, limit_count)


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
            log.warning("subscription broken", id=owed.subscription_id, why=_why(attempt))
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
