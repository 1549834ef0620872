"""What is answered, by the API's own names. Times are ISO 8601 text, dates YYYY-MM-DD."""

from typing import Any, NotRequired, TypedDict


class SolarInfo(TypedDict):
    """A home's solar; None: the usual value of PVWatts."""

    systemSizeKw: float
    isNonNetMetered: bool
    moduleType: str | None
    arrayType: str | None
    tilt: float | None
    azimuth: float | None
    losses: float | None
    inverterEfficiency: float | None
    dcAcRatio: float | None
    interconnectionDate: str | None


class Home(TypedDict):
    """A home."""

    id: str
    createdAt: str
    updatedAt: str
    name: str | None
    userId: str | None
    UtilityId: str | None
    ratePlanId: str | None
    unstructuredAddress: str | None
    timezone: str | None
    country: str | None
    city: str | None
    zipcode: str | None
    streetAddress: str | None
    meterId: str | None
    meterIdSource: str | None
    energyMarketBiddingEnabled: bool
    enabled: bool | None
    carbonSignalIntensity: str
    channelPartnerId: str | None
    modalHome: bool
    clientId: str | None
    exportRule: str | None
    solarInfo: SolarInfo | None


class HomeId(TypedDict):
    """The id of the home that was changed."""

    homeId: str


class RatePlan(TypedDict):
    """A rate plan; with detail_level="full" everything that is known of it as well."""

    id: str
    rateID: str
    ratePlanName: str
    supportedType: str
    solarBillingProgram: NotRequired[str | None]
    exportCompensationRefs: NotRequired[list[str] | None]


class FullRatePlan(RatePlan):
    """A rate plan with everything that is known of one of its versions."""

    key: str
    family: str
    state: str
    territory: NotRequired[str | None]
    heating: NotRequired[str | None]
    service: str
    timezone: str
    currency: str
    offered: bool
    closed: NotRequired[str | None]
    eligibility: list[str]
    lowIncomePrograms: list[str]
    effective: str
    until: NotRequired[str | None]
    inForce: bool
    versions: list[dict[str, Any]]
    structure: dict[str, Any]
    missing: list[dict[str, Any]]
    sources: list[dict[str, Any]]


class Utility(TypedDict):
    """A utility and its rate plans."""

    utilityId: str
    utilityName: str
    ratePlans: list[FullRatePlan | RatePlan]


class UsageStored(TypedDict):
    """What was stored of a home's history."""

    homeId: str
    startDate: str
    endDate: str
    days: int


class Usage(TypedDict):
    """A home's own history: rows of 96 for each date. [kWh]"""

    homeId: str
    dates: list[str]
    usage: list[list[float]]
    export: list[list[float]] | None


# Functional where a name is a word of Python.
Block = TypedDict(
    "Block",
    {
        "startTime": str,
        "endTime": str,
        "price": float,
        "import": float,
        "export": float,
        "confidence": float,
    },
)
PriceSignal = TypedDict(
    "PriceSignal",
    {
        "homeId": str,
        "startTime": str,
        "endTime": str,
        "data": list[Block],
        "prices": list[float],
        "imports": list[float],
        "exports": list[float],
        "import": list[float],
        "export": list[float],
        "components": NotRequired[dict[str, list[float]] | None],
        "exportPrices": NotRequired[list[float] | None],
        "sources": NotRequired[dict[str, Any] | None],
    },
)


class HomeFailed(TypedDict):
    """A home of a batch that could not be answered."""

    homeId: str
    error: dict[str, Any]


class PriceEvent(TypedDict):
    """A price signal as an OpenADR 3 event."""

    id: str
    objectType: str
    programID: str
    createdDateTime: str
    modificationDateTime: str
    eventName: str
    payloadDescriptors: list[dict[str, Any]]
    intervalPeriod: dict[str, str]
    intervals: list[dict[str, Any]]


class Impact(TypedDict):
    """A bill and, where the context allows, grid revenue and CO2e."""

    billTotal: float
    totalBill: NotRequired[float | None]
    exportCompensationCredit: NotRequired[float | None]
    gridServicesRev: NotRequired[float | None]
    CO2e: NotRequired[float | None]
    startDate: str
    endDate: str
    debugInfo: NotRequired[dict[str, Any] | None]


class ImpactOfLine(Impact):
    """The impact of a line of a batch."""

    line: int
    homeId: NotRequired[str | None]


class LineFailed(TypedDict):
    """A line of a batch that could not be answered."""

    line: int
    error: dict[str, Any]


class Difference(TypedDict):
    """What the optimised scenario changes; savings are positive."""

    billSaving: float
    billSavingByMonth: list[float]
    gridServicesGain: float | None
    CO2eSaving: float | None
    upfrontCost: float | None
    paybackYears: float | None


class Comparison(TypedDict):
    """Two scenarios, and the difference."""

    base: Impact
    optimised: Impact
    difference: Difference
    baseScenario: str
    scenario: str
    notes: list[str]


class PlanComparison(TypedDict):
    """Every plan of a ZIP for one usage, each in one of the three lists."""

    zipcode: str
    startDate: str
    endDate: str
    pricesOn: NotRequired[str | None]
    currentRatePlanId: NotRequired[str | None]
    ranked: list[dict[str, Any]]
    withoutSupply: list[dict[str, Any]]
    notBilled: list[dict[str, Any]]


class Session(TypedDict):
    """A token for a frontend."""

    sessionToken: str
    expiresAt: str


class Sandbox(TypedDict):
    """A new sandbox and its key, which is shown this once."""

    outcome: str
    credential: str
    credential_id: str
    key_prefix: str
    request_id: str
    credential_request_id: str
    expires_at: str
    scopes: list[str]
    environment: str
    production_access: bool
    revocation_method: str
    revocation_path: str
    next_steps: list[str]


class Revocation(TypedDict):
    """A key that has ended."""

    outcome: str
    credential_id: str
    request_id: str
    revoked_at: str


class FeedbackReceived(TypedDict):
    """It was received."""

    feedback_id: str
    received: bool
    follow_up: dict[str, Any]


class Status(TypedDict):
    """How the service does."""

    status: str
