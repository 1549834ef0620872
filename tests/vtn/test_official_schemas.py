"""The official OpenAPI files against a running server: every answer is valid."""

from collections.abc import Callable
from typing import Any

import pytest
from schemathesis import Case

from kwhen.operations.credentials import Issued
from tests.proof.amounts import OPENADR_EXAMPLES
from tests.vtn.echo import Subscriber, echoing
from tests.vtn.official import examine, official, satisfiable
from tests.vtn.world import BL, NEW, OLD, VEN, VtnWorld, fresh, interval, period

pytestmark = pytest.mark.proof

IDS = {
    "programID": "programs",
    "eventID": "events",
    "reportID": "reports",
    "subscriptionID": "subscriptions",
    "venID": "vens",
    "resourceID": "resources",
}
SHORT = 2  # objects of a page: validating fifty events takes seconds


class Filler:
    """Puts tokens, and ids and URLs that exist, into what was made of a schema."""

    def __init__(self, vtn: VtnWorld, version: str, receiver: Subscriber) -> None:
        self.vtn, self.version, self.receiver = vtn, version, receiver
        self.ven_client: Issued = vtn.new_client(VEN)
        self.held: dict[str, str] = {}

    def __call__(self, case: Case) -> Case:
        path, method = case.operation.path, case.method.upper()
        if not path.startswith("/auth"):
            by_ven = path.startswith("/reports") and method != "GET"
            who: Any = self.ven_client if by_ven else BL
            case.headers["Authorization"] = self.vtn.headers(who)["authorization"]
        if method == "GET" and "limit" in (case.query or {}):
            case.query["limit"] = self.short(case.query["limit"])
        elif method == "GET" and path in ("/programs", "/events"):
            case.query = {**(case.query or {}), "limit": SHORT}
        if not case.meta or not case.meta.generation.mode.is_positive:
            return case
        known: dict[str, str] = {}
        for name in case.path_parameters or {}:
            known[name] = self.known(IDS[name], known, is_fresh=method == "DELETE")
            case.path_parameters[name] = known[name]
        if isinstance(case.body, dict):
            self.fill(case.body, path)
        return case

    def short(self, limit: Any) -> Any:
        """A limit that is one, made smaller."""
        return min(limit, SHORT) if isinstance(limit, int) and 0 <= limit <= 50 else limit

    def fill(self, body: dict[str, Any], path: str) -> None:
        """References to what is there, names that are free."""
        if "grant_type" in body:
            body["client_id"] = self.ven_client.credential.id
            body["client_secret"] = self.ven_client.secret
            body.pop("scope", None)
        if "programID" in body:
            body["programID"] = self.vtn.get(f"/events/{self.known('events')}")["programID"]
        if "eventID" in body:
            body["eventID"] = self.known("events")
        if "venID" in body:
            body["venID"] = self.known("vens")
        for name in ("programName", "venName", "resourceName"):
            if name in body:
                body[name] = fresh("name")
        for operation in body.get("objectOperations") or []:
            if isinstance(operation, dict):
                operation["callbackUrl"] = self.receiver.url

    def known(
        self, kind: str, known: dict[str, str] | None = None, *, is_fresh: bool = False
    ) -> str:
        """The id of an object, of a fresh one where it is going to be deleted."""
        if is_fresh:
            return self.made(kind, known)
        held = self.held.get(kind)
        if held is None or self.vtn.ask("GET", f"/{kind}/{held}").status_code != 200:
            self.held[kind] = self.made(kind, known)
        return self.held[kind]

    def made(self, kind: str, known: dict[str, str] | None) -> str:
        """The id of a fresh object."""
        vtn = self.vtn
        match kind:
            case "programs":
                return str(vtn.program()["id"])
            case "events":
                return str(vtn.event(targets=["g"])["id"])
            case "vens":
                return str(vtn.ven(self.ven_client, "g")["id"])
            case "resources":
                ven_id = (known or {}).get("venID") or self.known("vens")
                body = {"venID": ven_id, "resourceName": fresh("resource")}
                return str(vtn.post("/resources", body)["id"])
            case "reports":
                body = {
                    "eventID": vtn.event()["id"],
                    "clientName": "client",
                    "resources": [
                        {
                            "resourceName": "r",
                            "intervalPeriod": period(),
                            "intervals": [interval()],
                        }
                    ],
                }
                return str(vtn.post("/reports", body, who=self.ven_client)["id"])
            case _:
                operation = {
                    "objects": ["EVENT"],
                    "operations": ["CREATE"],
                    "callbackUrl": self.receiver.url,
                }
                body = {
                    "clientName": "client",
                    "programID": vtn.program()["id"],
                    "objectOperations": [operation],
                }
                return str(vtn.post("/subscriptions", body)["id"])


@pytest.mark.parametrize("version", [OLD, NEW])
def test_every_answer_is_valid(vtn: VtnWorld, version: str, tell: Callable[[str], None]) -> None:
    document = satisfiable(official(version))
    url = f"{str(vtn.client.base_url).rstrip('/')}/openadr3/{version}"
    with echoing() as receiver:
        found = examine(document, url, Filler(vtn, version, receiver), examples=OPENADR_EXAMPLES)
    assert not found.failures, "\n\n".join(
        f"{name}\n{told[:1500]}" for name, told in list(found.failures.items())[:5]
    )
    operations = {
        f"{method.upper()} {path}"
        for path, held in document["paths"].items()
        for method in held
        if method != "parameters"
    }
    assert found.successes() >= operations, f"never answered well: {operations - found.successes()}"
    tell(
        f"OpenADR {version} on {vtn.deployment.database.url.get_backend_name()}: "
        f"{sum(found.answers.values()):,} answers to {len(operations)} operations, all valid; "
        f"{sum(n for (_, status), n in found.answers.items() if status < 300):,} of them 2xx"
    )
