"""A request and its answer for every operation. The ids of plans and utilities are real ones."""

from dataclasses import dataclass
from typing import Any

from kwhen.service.reference.values import (
    COMPARED,
    CREATE,
    CREATED,
    CREDENTIAL_ID,
    DAY,
    EVENT,
    EVENT_WINDOW,
    FAILED_HOME,
    HOME,
    HOME_ID,
    IMPACT,
    IMPACT_ANSWERED,
    IMPACT_LINES,
    INLINE,
    JULY,
    OLDER,
    PLAN_ID,
    PLAN_NAME,
    PLANS,
    RATE_ID,
    SHORT_SIGNAL,
    SIGNAL,
    UPDATED,
    UTILITY,
    WINDOW,
    WINTER_DAY,
)
from kwhen.service.reference.webhook_values import (
    DELIVERY,
    PENDING,
    RUN,
    TESTED,
    WEBHOOK,
    WEBHOOK_SET,
)


@dataclass(frozen=True, slots=True)
class Example:
    """What is sent, None where nothing is, and what is answered."""

    request: Any
    answer: Any


EXAMPLES = {  # by operationId
    "getUtility": Example(
        {"zipcode": "94107", "detailLevel": "minimal"},
        [
            UTILITY
            | {
                "ratePlans": [
                    {
                        "id": PLAN_ID,
                        "rateID": RATE_ID,
                        "ratePlanName": PLAN_NAME,
                        "supportedType": "TOU",
                        "solarBillingProgram": "NBT",
                        "exportCompensationRefs": ["NBT", "NBT26", "NEM2"],
                    }
                ]
            }
        ],
    ),
    "createHome": Example(CREATE, CREATED),
    "listHomes": Example({"pageSize": 100, "userId": "user_123456789"}, [HOME]),
    "getHome": Example(None, HOME),
    "ClientHomeCompositeAuthController_updateHome_v1": Example(
        {"name": "Updated home name", "solarSystemSizeKw": 6.4, "isNonNetMetered": True}, UPDATED
    ),
    "removeHome": Example(None, HOME),
    "createHomeSolar": Example(
        {"homeId": HOME_ID, "solarSystemSizeKw": 6.4, "isNonNetMetered": True}, {"homeId": HOME_ID}
    ),
    "putHomeUsage": Example(
        {"usage": [DAY], **WINTER_DAY}, {"homeId": HOME_ID, **WINTER_DAY, "days": 1}
    ),
    "getHomeUsage": Example(
        WINTER_DAY,
        {"homeId": HOME_ID, "dates": ["2025-01-07"], "usage": [DAY], "export": None},
    ),
    "getHomePriceSignal": Example(WINDOW, SIGNAL),
    "getHomePriceSignalOpenAdr": Example(EVENT_WINDOW, EVENT),
    "readHomePriceSignalOpenAdr": Example(None, EVENT),
    "calculatePeriodBillWithHome": Example({"usage": [DAY], **WINTER_DAY}, IMPACT),
    "calculateHomeBillPeriod": Example({"useDefaultUsage": True, **JULY}, OLDER),
    "calculateHomeBillMonthly": Example({"useDefaultUsage": True, "month": 7, "year": 2026}, OLDER),
    "calculateRatePlanBillPeriod": Example(
        {"usage": [DAY] * 31, **JULY},
        {"billTotal": 354.19, "exportCompensationCredit": 0.0, **JULY},
    ),
    "calculateImpact": Example({"home": INLINE, "usage": [DAY], **WINTER_DAY}, IMPACT),
    "calculateBillPeriod": Example({"home": INLINE, "useDefaultUsage": True, **JULY}, OLDER),
    "compareScenarios": Example(
        {
            "home": INLINE,
            **JULY,
            "base": {"useDefaultUsage": True},
            "optimised": {"battery": {"capacityKwh": 13.5, "powerKw": 5}},
            "upfrontCost": 9000,
        },
        COMPARED,
    ),
    "compareHomeRatePlans": Example({"useDefaultUsage": True, **JULY}, PLANS),
    "compareRatePlans": Example(
        {
            "home": {"zipcode": "94107", "ratePlanId": PLAN_ID},
            "useDefaultUsage": True,
            **JULY,
        },
        PLANS,
    ),
    "getHomePriceSignals": Example(
        {
            "homeIds": [HOME_ID, "ws_home_987654321"],
            "startTime": "2026-07-01T16:00:00.000Z",
            "endTime": "2026-07-01T16:15:00.000Z",
            "components": ["tariff"],
        },
        SHORT_SIGNAL + FAILED_HOME,
    ),
    "calculateImpacts": Example(IMPACT_LINES, IMPACT_ANSWERED),
    "setPriceSignalWebhook": Example(WEBHOOK_SET, WEBHOOK),
    "getPriceSignalWebhook": Example(None, WEBHOOK),
    "deletePriceSignalWebhook": Example(None, WEBHOOK),
    "triggerPriceSignalWebhook": Example(WINDOW, None),
    "testPriceSignalWebhook": Example(None, TESTED),
    "listPriceSignalRuns": Example(None, [RUN]),
    "listPriceSignalDeliveries": Example({"state": "delivered"}, [DELIVERY]),
    "replayPriceSignalDelivery": Example(None, PENDING),
    "OnboardingController_generateSessionToken_v1": Example(
        {"userId": "user_123456789"},
        {"sessionToken": "wsk_session_…", "expiresAt": "2026-07-01T17:00:00.000Z"},
    ),
    "requestAgentSandboxCredential": Example(
        {
            "organization_name": "Example Energy",
            "user_name": "Ann Example",
            "assignment": "Show the prices of homes in an app.",
            "requested_scopes": ["utility:read", "homes", "calculate"],
        },
        {
            "outcome": "issued",
            "credential": "wsk_agent_…",
            "credential_id": CREDENTIAL_ID,
            "key_prefix": "wsk_agent",
            "request_id": "req_123",
            "credential_request_id": "ws_cred_request_123456789",
            "expires_at": "2026-07-02T16:00:00.000Z",
            "scopes": ["bill_impact:read", "homes:read", "homes:write", "utility:read"],
            "environment": "sandbox",
            "production_access": False,
            "revocation_method": "POST",
            "revocation_path": f"/v1/agent-credentials/{CREDENTIAL_ID}/revoke",
            "next_steps": ["Keep the credential now: it is not shown again."],
        },
    ),
    "revokeAgentSandboxCredential": Example(
        {"reason": "The work is done."},
        {
            "outcome": "revoked",
            "credential_id": CREDENTIAL_ID,
            "request_id": "req_123",
            "revoked_at": "2026-07-01T16:30:00.000Z",
        },
    ),
    "submitFeedback": Example(
        {"feedback_type": "question", "message": "Which plans of SMUD are held?"},
        {
            "feedback_id": "ws_feedback_123456789",
            "received": True,
            "follow_up": {"requested": False, "contact_method": None},
        },
    ),
    "getHealth": Example(None, {"status": "ok"}),
    "getReadiness": Example(None, {"status": "ready"}),
    "getMetrics": Example(
        None,
        'kwhen_http_requests_total{method="POST",route="/v1/utility/get",status="200"} 1.0\n',
    ),
}
