"""Webhooks, runs and deliveries of the examples."""

from typing import Any

from kwhen.service.reference.values import HOME_ID

Json = dict[str, Any]

RUN_ID = "ws_webhook_run_0123456789abcdef0123456789abcdef"
DELIVERY_ID = "ws_delivery_0123456789abcdef0123456789abcdef"
WEBHOOK_SET: Json = {
    "webhookUrl": "https://example.com/wattshift/price-signals",
    "securityKey": "replace-with-your-shared-secret",
    "openAdr": False,
}
WEBHOOK: Json = {
    "id": "ws_webhook_123456789",
    "createdAt": "2025-01-02T12:00:00.000Z",
    "updatedAt": "2025-01-02T12:00:00.000Z",
    "apiOwnerOrgId": "org_123456789",
    **WEBHOOK_SET,
    "eventType": "PRICE_SIGNAL",
    "lastSentAt": None,
    "gzip": False,
    "onChange": True,
    "schedule": None,
    "nextRunAt": None,
    "failingSince": None,
    "disabledAt": None,
    "disabledReason": None,
}
DELIVERY: Json = {
    "id": DELIVERY_ID,
    "runId": RUN_ID,
    "createdAt": "2025-02-25T16:13:38.100Z",
    "sequence": 1,
    "page": 1,
    "homes": 120,
    "bytes": 903_412,
    "hasBody": True,
    "state": "delivered",
    "nextAttemptAt": None,
    "finishedAt": "2025-02-25T16:13:38.412Z",
    "attempts": [
        {
            "number": 1,
            "at": "2025-02-25T16:13:38.310Z",
            "status": 200,
            "latencyMs": 98.0,
            "error": None,
            "responseStart": "ok",
        }
    ],
}
PENDING: Json = {
    **DELIVERY,
    "state": "pending",
    "nextAttemptAt": "2025-02-25T16:20:00.000Z",
    "finishedAt": None,
}
TESTED: Json = {**PENDING, "runId": None, "page": 0, "homes": 0, "bytes": 50, "attempts": []}
RUN: Json = {
    "id": RUN_ID,
    "createdAt": "2025-02-25T16:13:37.902Z",
    "reason": "trigger",
    "startTime": "2025-02-25T16:13:37.902Z",
    "endTime": "2025-02-26T16:13:37.902Z",
    "state": "done",
    "homes": 120,
    "skipped": 1,
    "skippedHomes": [{"homeId": HOME_ID, "reason": "ratePlanId: the home has no rate plan"}],
    "finishedAt": "2025-02-25T16:13:38.500Z",
    "error": None,
}
