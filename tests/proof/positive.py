"""What a generator cannot guess: homes that exist, plans of theirs, dates that fit the days sent.

Seven of eight well-formed requests are filled in by `Filler`, so that they reach the operation; the
eighth goes out as generated, and so does everything that is meant to be wrong.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import count
from threading import Thread
from typing import Any, TypeVar
from zlib import crc32

import numpy as np
from schemathesis import Case
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.transport.serialization import Binary, contains_binary

from tests.proof.served import HOST, Server, Site, ask, wait_for

T = TypeVar("T")
Json = dict[str, Any]

KEY_HEADER = "x-ws-api-key"
ZIPCODE, UTILITY = "94107", "14328"
PLANS = ("14328/E-TOU-C/T-B", "14328/E-ELEC", "14328/EV2-A")
FLAT = [0.3125] * 96
EVENING = [0.1] * 64 + [0.9] * 20 + [0.2] * 12
DAYS = (FLAT, EVENING)
MONTHS = (date(2025, 1, 1), date(2026, 3, 1), date(2026, 7, 1))
MOST_DAYS = 3  # of a window, but where whole months are asked for
UPDATE = "ClientHomeCompositeAuthController_updateHome_v1"
SCENARIOS = ("base", "optimised")
CHANGING = frozenset({UPDATE, "putHomeUsage", "createHomeSolar"})
WHOLE_MONTHS = frozenset({"calculateRatePlanBillPeriod", "calculateHomeBillMonthly"})


OF_WEBHOOKS = frozenset(
    {
        "getPriceSignalWebhook",
        "deletePriceSignalWebhook",
        "triggerPriceSignalWebhook",
        "testPriceSignalWebhook",
        "replayPriceSignalDelivery",
    }
)


def operation_id(case: Case) -> str:
    """Name of the operation of a case."""
    return str(case.operation.definition.raw["operationId"])


class Receiver(BaseHTTPRequestHandler):
    """Takes every delivery."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""


class Filler:
    """Puts what exists into requests; the same request is always filled in the same way."""

    def __init__(self, server: Server, site: Site) -> None:
        self._server, self._site = server, site
        self._numbers = count()
        self._filled: set[str] = set()
        self._receiver = ThreadingHTTPServer((HOST, 0), Receiver)
        Thread(target=self._receiver.serve_forever, daemon=True).start()
        plans = {
            plan["key"]: plan["id"]
            for utility in self._ask("/v1/utility/get", {"zipcode": ZIPCODE, "detailLevel": "full"})
            for plan in utility["ratePlans"]
        }
        self.plan_ids = [str(plans[key]) for key in PLANS]
        self.kept = [self._kept_home(n) for n in range(3)]
        self.changed = self._home(0)

    def _ask(self, path: str, body: Json) -> Any:
        status, answer = ask(self._server.port, "POST", path, body, {KEY_HEADER: self._site.key})
        assert status == 200, answer
        return answer

    def close(self) -> None:
        """Receive no webhooks any more."""
        self._receiver.shutdown()
        self._receiver.server_close()

    def _home(self, number: int) -> str:
        facts = {"name": "Proof", "zipcode": ZIPCODE, "ratePlanId": _one(self.plan_ids, number)}
        facts["enabled"] = False  # left out of webhook runs, which would grow with every home
        solar = {"solarSystemSizeKw": 5.0, "isNonNetMetered": True} if number % 2 else {}
        return str(self._ask("/v1/homes/create", {**facts, **solar})["id"])

    def _kept_home(self, number: int) -> str:
        """A home with a history in every month that is asked about."""
        home_id = self._home(number)
        for first in MONTHS:
            usage = [_one(DAYS, n) for n in range(31)]
            self._ask(f"/v1/homes/{home_id}/usage/put", {**_window(first, 31), "usage": usage})
        return home_id

    def restore(self, case: Case, response: Response) -> None:
        """Replace a home that a request has changed, so that later ones find it as it was."""
        home_id = (case.path_parameters or {}).get("id")
        name = operation_id(case)
        if response.status_code != 200 or name not in {*CHANGING, "removeHome"}:
            return
        if home_id in self.kept:
            at = self.kept.index(home_id)
            self.kept[at] = self._kept_home(at)
        elif home_id == self.changed and name == "removeHome":
            self.changed = self._home(0)

    def fill(self, case: Case) -> Case:
        """A case with what exists in those parts of it that are well-formed."""
        number = crc32(repr((case.path_parameters, case.body)).encode())
        name = operation_id(case)
        self._mind_webhooks(name, case)
        if case.meta is None or (number % 8 == 0 and name in self._filled):
            return case
        self._filled.add(name)  # so that a short run reaches every operation
        fine = {at for at, part in case.meta.components.items() if part.mode.is_positive}
        if ParameterLocation.HEADER in fine and case.headers:
            case.headers = self._headers(dict(case.headers))
        if ParameterLocation.PATH in fine and case.path_parameters:
            case.path_parameters = self._path(name, dict(case.path_parameters), number)
            if name == "revokeAgentSandboxCredential" and case.meta.generation.mode.is_positive:
                self._own_sandbox(case)
        if ParameterLocation.BODY in fine:
            filled = self._whole_body(name, case.body, number)
            if filled is not case.body:
                case.body = filled
                if contains_binary(filled):  # which would be taken for malformed
                    case._record_starting_state()
        return case

    def fill_examples(self, cases: list[Case]) -> None:
        """The paths of what the document gives as examples; their bodies stay as documented."""
        for case in cases:
            name = operation_id(case)
            self._mind_webhooks(name, case)
            if case.path_parameters:
                case.path_parameters = self._path(name, dict(case.path_parameters), 0)

    def _mind_webhooks(self, name: str, case: Case) -> None:
        """Webhooks go to this machine alone, and there is one where one is asked about."""
        url = f"http://{HOST}:{self._receiver.server_port}/"
        if name == "setPriceSignalWebhook":
            if isinstance(case.body, dict) and isinstance(case.body.get("webhookUrl"), str):
                case.body = {**case.body, "webhookUrl": url}
        elif name in OF_WEBHOOKS:
            self._ask("/v1/webhook/price_signal/set", {"webhookUrl": url, "securityKey": "proof"})

    def _delivery(self) -> str:
        """A delivery that has arrived."""
        made = self._ask("/v1/webhook/price_signal/test", {})
        path, newest = "/v1/webhook/price_signal/deliveries/list", {"pageSize": 10}
        wait_for(
            "a delivery",
            lambda: any(
                one["id"] == made["id"] and one["state"] == "delivered"
                for one in self._ask(path, newest)
            ),
        )
        return str(made["id"])

    def _headers(self, headers: Json) -> Json:
        if "Idempotency-Key" in headers:
            headers["Idempotency-Key"] = f"proof {next(self._numbers)}"
        if "If-Match" in headers:
            headers["If-Match"] = "*"
        return headers

    def _path(self, name: str, given: Json, number: int) -> Json:
        if "ratePlanId" in given:
            return {"ratePlanId": _one(self.plan_ids, number)}
        if name == "removeHome":
            return {"id": self._home(number)}
        if name == "replayPriceSignalDelivery":
            return {"id": self._delivery()}
        return {"id": self.changed if name in CHANGING else _one(self.kept, number)}

    def _own_sandbox(self, case: Case) -> None:
        """The key of a new sandbox, which may end itself."""
        asked = {
            "organization_name": "Proof",
            "user_name": "Proof",
            "assignment": "to be ended by itself",
            "requested_scopes": ["homes"],
        }
        issued = self._ask("/v1/agent-credentials", asked)
        case.path_parameters = {"id": issued["credential_id"]}
        case.headers = {**(case.headers or {}), KEY_HEADER: issued["credential"]}

    def _whole_body(self, name: str, body: Any, number: int) -> Any:
        if isinstance(body, list):  # lines
            return [self._whole_body(name, line, number) for line in body]
        if not isinstance(body, dict):
            return body
        if isinstance(body.get("request"), dict):  # a part of a form
            return _as_form(self._body(name, body["request"], number))
        return self._body(name, body, number)

    def _body(self, name: str, given: Json, number: int) -> Json:
        body = self._with_known(_without_nul(given), number)
        for key in ("home", *SCENARIOS):
            if isinstance(body.get(key), dict):
                body[key] = self._with_known(body[key], number)
        if "startTime" in body or "endTime" in body:
            body |= _times(number)
        if "startDate" in body or name == "calculateHomeBillMonthly":
            body = _with_days(name, body, number)
        return self._by_the_rules(name, body, number)

    def _with_known(self, body: Json, number: int) -> Json:
        known = {
            "zipcode": ZIPCODE,
            "utilityId": UTILITY,
            "UtilityId": UTILITY,
            "ratePlanId": _one(self.plan_ids, number),
            "homeId": _one(self.kept, number),
            "homeIds": self.kept,
            "after": self.kept[0],
            "exportRule": _one(["NBT", "NEM2", "NONE", None], number),
            "timezone": "America/Los_Angeles",
            "channelPartnerId": None,
            "organizationId": None,
            "before": None,
            "runId": None,
            "schedule": {"everyMinutes": 1440},
            "pricesOn": "2026-07-01",
        }
        return {
            key: known.get(key, value) if value is not None else None for key, value in body.items()
        }

    def _by_the_rules(self, name: str, body: Json, number: int) -> Json:
        """What the rules of some operations want beside their schemas."""
        if name in ("createHome", UPDATE) and ("solarSystemSizeKw" in body) != (
            "isNonNetMetered" in body
        ):
            body.pop("solarSystemSizeKw", None)
            body.pop("isNonNetMetered", None)
        match name:
            case "createHome":
                body["enabled"] = False
            case "getUtility":
                body["zipcode"] = ZIPCODE
            case "listHomes" if body.get("pageNumber") is not None:
                body["pageSize"] = 10
            case "requestAgentSandboxCredential":
                body |= {"requested_scopes": ["homes"], "requested_environment": "sandbox"}
            case "submitFeedback":
                body["message"] = "Proof"
            case "createHomeSolar":
                body["homeId"] = self.changed
            case "compareScenarios" | "calculateImpacts":
                if isinstance(body.get("home"), dict):
                    body.pop("homeId", None)
                else:
                    body.pop("home", None)
                    body["homeId"] = _one(self.kept, number)
        return body


def _without_nul(part: Any) -> Any:
    """A body without the character that no text of a request may have."""
    if isinstance(part, dict):
        return {key.replace("\0", "0"): _without_nul(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_without_nul(item) for item in part]
    return part.replace("\0", "0") if isinstance(part, str) else part


def _as_form(body: Json) -> Json:
    """A form whose arrays are parts of their own."""
    form: Json = {}
    request = {**body}
    for holder, prefix in ((request, ""), *((request.get(key), f"{key}.") for key in SCENARIOS)):
        for name in ("usage", "export"):
            if isinstance(holder, dict) and holder.get(name) is not None:
                form[f"{prefix}{name}"] = Binary(npy_bytes(holder.pop(name)))
    return {"request": request, **form}


def npy_bytes(rows: list[list[float]]) -> bytes:
    """Rows as a NumPy file."""
    file = BytesIO()
    np.save(file, np.array(rows))
    return file.getvalue()


def _one(values: Sequence[T], number: int) -> T:
    return values[number // 4 % len(values)]


def _window(first: date, days_count: int) -> Json:
    end = first + timedelta(days=days_count)
    return {"startDate": first.isoformat(), "endDate": end.isoformat()}


def _times(number: int) -> Json:
    first = date(2026, 1 + number % 12, 1)
    return {
        "startTime": f"{first}T0{number % 10}:0{number % 7}:12.345Z",
        "endTime": f"{first + timedelta(days=1 + number % 5)}T12:00:00Z",
    }


def _with_days(name: str, body: Json, number: int) -> Json:
    """Dates, and arrays that have just their days."""
    first = _one(MONTHS, number)
    days_count = 1 + number % MOST_DAYS
    if name in WHOLE_MONTHS:
        days_count = ((first + timedelta(days=31)).replace(day=1) - first).days
    rows = [_one(DAYS, number + 4 * n) for n in range(days_count)]
    holders = [body[key] for key in SCENARIOS if isinstance(body.get(key), dict)]
    for holder in holders or [body]:
        holder["usage"] = rows
        if holder.get("export") is not None:
            holder["export"] = rows[::-1]
    if name == "calculateHomeBillMonthly":
        return {**body, "month": first.month, "year": first.year}
    return {**body, **_window(first, days_count)}
