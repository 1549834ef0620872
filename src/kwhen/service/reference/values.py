"""Homes, signals and bills that the examples of several operations share."""

from typing import Any

Json = dict[str, Any]

HOME_ID = "ws_home_123456789"
CREDENTIAL_ID = "ws_agent_cred_0123456789abcdef0123456789abcdef"
PLAN_ID = "35c4bc69225db54159dc7aef"
PLAN_NAME = "E-TOU-D: time of use, peak 5-8 p.m. on weekdays"
UTILITY = {"utilityId": "14328", "utilityName": "Pacific Gas & Electric Co."}
RATE_ID = "USA-CA-14328-14328-R-TNYYYN-??????-??-03012026-????-????????-????????-ETOUD"
DAY = [0.3125] * 96

SOLAR: Json = {
    "systemSizeKw": 6.4,
    "isNonNetMetered": True,
    "moduleType": None,
    "arrayType": None,
    "tilt": None,
    "azimuth": None,
    "losses": None,
    "inverterEfficiency": None,
    "dcAcRatio": None,
    "interconnectionDate": None,
}
HOME: Json = {
    "id": HOME_ID,
    "createdAt": "2025-01-02T12:00:00.000Z",
    "updatedAt": "2025-01-02T12:00:00.000Z",
    "name": "My home",
    "userId": "user_123456789",
    "UtilityId": "14328",
    "ratePlanId": PLAN_ID,
    "unstructuredAddress": None,
    "timezone": "America/Los_Angeles",
    "country": "US",
    "city": "San Francisco",
    "zipcode": "94107",
    "streetAddress": "123 Market St",
    "meterId": None,
    "meterIdSource": None,
    "energyMarketBiddingEnabled": True,
    "enabled": True,
    "carbonSignalIntensity": "MEDIUM",
    "channelPartnerId": None,
    "modalHome": False,
    "clientId": None,
    "exportRule": None,
    "solarInfo": None,
}
UPDATED: Json = HOME | {
    "name": "Updated home name",
    "updatedAt": "2025-01-03T12:00:00.000Z",
    "solarInfo": SOLAR,
}
CREATE: Json = {
    "name": "My Test Home",
    "zipcode": "95313",
    "utilityId": "14328",
    "ratePlanId": PLAN_ID,
    "solarSystemSizeKw": 5,
    "isNonNetMetered": False,
}
CREATED: Json = HOME | {
    "name": "My Test Home",
    "userId": None,
    "city": "Crows Landing",
    "zipcode": "95313",
    "streetAddress": None,
    "solarInfo": SOLAR | {"systemSizeKw": 5.0, "isNonNetMetered": False},
}

WINDOW = {"startTime": "2025-02-25T16:13:37.902Z", "endTime": "2025-02-26T16:13:37.902Z"}
PEAK = ("2025-02-26T01:13:37.902Z", "2025-02-26T04:13:37.902Z")
OFF_PEAK_USD_PER_KWH, PEAK_USD_PER_KWH = 0.42625, 0.46486
SLOTS = [OFF_PEAK_USD_PER_KWH] * 36 + [PEAK_USD_PER_KWH] * 12 + [OFF_PEAK_USD_PER_KWH] * 48
NOTHING = [0] * 96


def _block(start: str, end: str, usd_per_kwh: float) -> Json:
    prices = {"price": usd_per_kwh, "import": usd_per_kwh, "export": 0, "confidence": 0.95}
    return {"startTime": start, "endTime": end, **prices}


SIGNAL: Json = {
    "homeId": HOME_ID,
    **WINDOW,
    "data": [
        _block(WINDOW["startTime"], PEAK[0], OFF_PEAK_USD_PER_KWH),
        _block(*PEAK, PEAK_USD_PER_KWH),
        _block(PEAK[1], WINDOW["endTime"], OFF_PEAK_USD_PER_KWH),
    ],
    "prices": SLOTS,
    "imports": SLOTS,
    "exports": NOTHING,
    "import": SLOTS,
    "export": NOTHING,
}


def _interval(number: int, start: str, duration: str, usd_per_kwh: float) -> Json:
    payloads = [
        {"type": "PRICE", "values": [usd_per_kwh]},
        {"type": "EXPORT_PRICE", "values": [0.05642]},
        {"type": "GHG", "values": [360.6]},
    ]
    period = {"start": start, "duration": duration}
    return {"id": number, "intervalPeriod": period, "payloads": payloads}


def _descriptor(kind: str, units: str) -> Json:
    described = {"objectType": "EVENT_PAYLOAD_DESCRIPTOR", "payloadType": kind, "units": units}
    return described if kind == "GHG" else described | {"currency": "USD"}


EVENT: Json = {
    "id": "12227765-47a7-4441-b9c4-215c779938e7",
    "objectType": "EVENT",
    "programID": "wattshift-open-adr",
    "createdDateTime": "2024-12-22T23:38:09.218Z",
    "modificationDateTime": "2024-12-22T23:38:09.218Z",
    "eventName": "Price Event 2024-12-22",
    "payloadDescriptors": [
        _descriptor("PRICE", "KWH"),
        _descriptor("EXPORT_PRICE", "KWH"),
        _descriptor("GHG", "GHG"),
    ],
    "intervalPeriod": {"start": "2024-12-22T23:38:09.218Z", "duration": "PT5H"},
    "intervals": [
        _interval(0, "2024-12-22T23:38:09.218Z", "PT1H", 0.4007),
        _interval(1, "2024-12-23T00:38:09.218Z", "PT4H", 0.3897),
    ],
}
EVENT_WINDOW = {"startTime": "2024-12-22T23:38:09.218Z", "endTime": "2024-12-23T04:38:09.218Z"}

WINTER_DAY = {"startDate": "2025-01-07", "endDate": "2025-01-08"}
JULY = {"startDate": "2026-07-01", "endDate": "2026-08-01"}
INLINE = {
    "ratePlanId": PLAN_ID,
    "zipcode": "94612",
    "carbonSignalImportance": "MEDIUM",
    "solarCapacityKw": 6.4,
}
IMPACT: Json = {"billTotal": 11.41, "gridServicesRev": 0.0, "CO2e": 37.11, **WINTER_DAY}
OF_JULY: Json = {
    "billTotal": 57.39,
    "exportCompensationCredit": 36.88,
    "gridServicesRev": 0.0,
    "CO2e": -405.86,
    **JULY,
}
OLDER: Json = OF_JULY | {"totalBill": 57.39}
OPTIMISED: Json = {
    "billTotal": 19.47,
    "exportCompensationCredit": 24.44,
    "gridServicesRev": 101.58,
    "CO2e": -480.05,
    **JULY,
}
COMPARED: Json = {
    "base": OF_JULY,
    "optimised": OPTIMISED,
    "difference": {
        "billSaving": 37.92,
        "billSavingByMonth": [37.92],
        "gridServicesGain": 101.58,
        "CO2eSaving": 74.19,
        "upfrontCost": 9000.0,
        "paybackYears": 5.48,
    },
    "baseScenario": "",
    "scenario": "a battery of 13.5 kWh and 5 kW",
    "notes": ["the battery knows each month's use and the plan's prices ahead: a best case"],
}
RANKED: Json = {
    "ratePlanId": PLAN_ID,
    "key": "14328/E-TOU-D",
    "rateID": RATE_ID,
    "ratePlanName": PLAN_NAME,
    **UTILITY,
    "supportedType": "TOU",
    "isCurrent": True,
    "billTotal": 182.91,
    "moreThanBest": 0.0,
    "moreThanCurrent": 0.0,
    "lowestTotal": 182.91,
    "highestTotal": 182.91,
    "variantsCount": 1,
    "versions": ["2026-03-01"],
    "isNearestVersion": False,
    "missing": [
        {"name": "local_taxes", "note": "city or county utility users' tax is not held"},
    ],
}
PLANS: Json = {
    "zipcode": "94107",
    **JULY,
    "currentRatePlanId": PLAN_ID,
    "ranked": [RANKED],
    "withoutSupply": [],
    "notBilled": [],
}
SHORT_SIGNAL = (
    '{"homeId":"ws_home_123456789","startTime":"2026-07-01T16:00:00.000Z",'
    '"endTime":"2026-07-01T16:15:00.000Z","data":[{"startTime":"2026-07-01T16:00:00.000Z",'
    '"endTime":"2026-07-01T16:15:00.000Z","price":0.34242,"import":0.34242,"export":0.06983,'
    '"confidence":0.95}],"prices":[0.34242],"imports":[0.34242],"exports":[0.06983],'
    '"import":[0.34242],"export":[0.06983]}\n'
)
FAILED_HOME = (
    '{"homeId":"ws_home_987654321","error":{"request_id":"req_123","error_code":"NOT_FOUND",'
    '"message":"There is no home ws_home_987654321","recovery_action":"Check the id: it must be '
    'one of your own environment."}}\n'
)
IMPACT_LINES = (
    '{"homeId":"ws_home_123456789","useDefaultUsage":true,"startDate":"2026-07-01",'
    '"endDate":"2026-08-01"}\n'
)
IMPACT_ANSWERED = (
    '{"line":1,"homeId":"ws_home_123456789","billTotal":57.39,"exportCompensationCredit":36.88,'
    '"gridServicesRev":0.0,"CO2e":-405.86,"startDate":"2026-07-01","endDate":"2026-08-01"}\n'
)
