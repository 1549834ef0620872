"""A running service and those who ask it: requests with keys, homes to ask about."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx

from kwhen.catalog.plans import rate_plan
from kwhen.operations import homes
from kwhen.operations.credentials import create_channel_partner
from kwhen.operations.deployment import Deployment
from kwhen.records import EVERY_SCOPE, Environment, Scope
from tests.deployments import PRODUCTION, Parties, other
from tests.service.server import client_of

KEY = "x-ws-api-key"


@cache
def plan_id(key: str = "14328/E-TOU-D") -> str:
    """The id of a plan that ships."""
    return rate_plan(key).id


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Things of one tenant that a request may name."""

    home: str  # on PG&E's E-TOU-D in 95313
    partner: str
    credential: str  # of a program; in production, where there is none, of a backend


@dataclass(frozen=True, kw_only=True)
class World:
    """A service with its organisations."""

    client: httpx.Client
    orgs: Parties

    @property
    def deployment(self) -> Deployment:
        """What answers."""
        return self.orgs.deployment

    def headers(
        self,
        party: str = "north",
        environment: Environment = PRODUCTION,
        scopes: Iterable[Scope] = EVERY_SCOPE,
    ) -> dict[str, str]:
        """The key of a tenant as a header."""
        return {KEY: self.orgs.key(party, environment, scopes).secret}

    def post(
        self,
        path: str,
        json: Any = None,
        party: str = "north",
        environment: Environment = PRODUCTION,
        **told: Any,
    ) -> httpx.Response:
        """The answer to a request with every scope."""
        headers = self.headers(party, environment) | told.pop("headers", {})
        if json is not None:
            told["json"] = json
        return self.client.post(path, headers=headers, **told)

    def scene(
        self, party: str = "north", environment: Environment = PRODUCTION, **facts: Any
    ) -> Scene:
        """Fresh things of a tenant; `facts` of the home win over the usual ones."""
        told = {"name": "My Test Home", "zipcode": "95313", "rate_plan_id": plan_id()} | facts
        with self.deployment.writing(self.orgs.tenant(party, environment)) as work:
            home = homes.create_home(work, told)
            partner = create_channel_partner(work, "Installer")
        in_sandbox = environment is not PRODUCTION
        issued = (
            self.orgs.new_agent_key(party) if in_sandbox else self.orgs.new_key(party, environment)
        )
        return Scene(home=home.id, partner=partner.id, credential=issued.credential.id)

    @contextmanager
    def elsewhere(self, *, is_broken: bool = False, **told: Any) -> Iterator["World"]:
        """The same database under other settings or with another clock, served anew."""
        deployment = other(self.deployment, **told)
        with client_of(deployment, is_broken=is_broken) as client:
            yield replace(self, client=client, orgs=replace(self.orgs, deployment=deployment))
