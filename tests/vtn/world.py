"""A running OpenADR server and those who ask it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import httpx

from kwhen.operations.credentials import Issued
from kwhen.operations.deployment import Deployment
from kwhen.operations.vtn.clients import create_client
from kwhen.records import Environment, VtnRole
from tests.deployments import PRODUCTION, Parties, other
from tests.service.server import client_of

NEW, OLD = "3.1.0", "3.0.1"
BL, VEN = VtnRole.BL, VtnRole.VEN
_NUMBERS = count()


def fresh(word: str) -> str:
    """A name that nothing has yet."""
    return f"{word}-{next(_NUMBERS)}"


def period(start: str = "2030-01-01T00:00:00Z", duration: str = "PT1H") -> dict[str, str]:
    return {"start": start, "duration": duration}


def interval(number: int = 0, value: Any = 0.25, **told: Any) -> dict[str, Any]:
    return {"id": number, "payloads": [{"type": "PRICE", "values": [value]}], **told}


@dataclass(frozen=True, kw_only=True)
class VtnWorld:
    """A server with its organisations and their OAuth clients."""

    client: httpx.Client
    orgs: Parties
    clients: dict[Any, Issued] = field(default_factory=dict)
    tokens: dict[Any, str] = field(default_factory=dict)

    @property
    def deployment(self) -> Deployment:
        return self.orgs.deployment

    def new_client(
        self, role: VtnRole, party: str = "north", environment: Environment = PRODUCTION
    ) -> Issued:
        """A fresh OAuth client."""
        with self.deployment.writing(self.orgs.tenant(party, environment)) as work:
            return create_client(work, fresh("client"), role)

    def oauth(self, who: Any) -> Issued:
        """The OAuth client of a role, or of a role of a party, or of a role, party and half."""
        wanted = who if isinstance(who, tuple) else (who,)
        if wanted not in self.clients:
            self.clients[wanted] = self.new_client(*wanted)
        return self.clients[wanted]

    def ask_token(self, issued: Issued, version: str = NEW, **told: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": issued.credential.id,
            "client_secret": issued.secret,
        }
        return self.client.post(f"/openadr3/{version}/auth/token", data=form | told)

    def token_of(self, issued: Issued, **told: str) -> str:
        answer = self.ask_token(issued, **told)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def headers(self, who: Any) -> dict[str, str]:
        """The token of a client, of a role of north, or none."""
        if who is None:
            return {}
        issued = who if isinstance(who, Issued) else self.oauth(who)
        half_hour = int(self.deployment.clock().timestamp() // 1800)  # clocks of tests are moved
        key = issued.credential.id, half_hour
        if key not in self.tokens:
            self.tokens[key] = self.token_of(issued)
        return {"authorization": f"Bearer {self.tokens[key]}"}

    def ask(
        self,
        method: str,
        path: str,
        json: Any = None,
        *,
        who: Any = BL,
        version: str = NEW,
        **told: Any,
    ) -> httpx.Response:
        """The answer to a request; `told` is its query."""
        sent = {} if json is None else {"json": json}
        query = {name: value for name, value in told.items() if value is not None}
        url = f"/openadr3/{version}{path}"
        return self.client.request(method, url, params=query, headers=self.headers(who), **sent)

    def get(self, path: str, status: int = 200, **told: Any) -> Any:
        return self._checked(self.ask("GET", path, **told), status)

    def post(self, path: str, json: Any, status: int = 201, **told: Any) -> Any:
        return self._checked(self.ask("POST", path, json, **told), status)

    def put(self, path: str, json: Any, status: int = 200, **told: Any) -> Any:
        return self._checked(self.ask("PUT", path, json, **told), status)

    def delete(self, path: str, status: int = 200, **told: Any) -> Any:
        return self._checked(self.ask("DELETE", path, **told), status)

    def _checked(self, answer: httpx.Response, status: int) -> Any:
        assert answer.status_code == status, f"{answer.request.method} {answer.url}: {answer.text}"
        return answer.json()

    def every(self, path: str, **told: Any) -> list[dict[str, Any]]:
        """A whole list, read as clients do: page by page until one is short."""
        found: list[dict[str, Any]] = []
        while True:
            page = self.get(path, skip=len(found), limit=50, **told)
            found += page
            if len(page) < 50:
                return found

    def program(self, **told: Any) -> dict[str, Any]:
        """A fresh program of north."""
        who = told.pop("who", BL)
        found: dict[str, Any] = self.post(
            "/programs", {"programName": fresh("program"), **told}, who=who
        )
        return found

    def event(self, program: dict[str, Any] | None = None, **told: Any) -> dict[str, Any]:
        """A fresh event of a program of north."""
        program = program or self.program()
        who = told.pop("who", BL)
        body = {
            "programID": program["id"],
            "intervalPeriod": period(),
            "intervals": [interval()],
            **told,
        }
        found: dict[str, Any] = self.post("/events", body, who=who)
        return found

    def ven(self, issued: Issued, *targets: str) -> dict[str, Any]:
        """A ven that business logic makes for a client of north, with grants."""
        body = {
            "objectType": "BL_VEN_REQUEST",
            "clientID": issued.credential.id,
            "venName": fresh("ven"),
            "targets": list(targets),
        }
        found: dict[str, Any] = self.post("/vens", body)
        return found

    @contextmanager
    def elsewhere(self, **told: Any) -> Iterator["VtnWorld"]:
        """The same database under other settings or with another clock, served anew."""
        deployment = other(self.deployment, **told)
        with client_of(deployment) as client:
            orgs = replace(self.orgs, deployment=deployment)
            yield replace(self, client=client, orgs=orgs, tokens={})
