"""A deployment on either database, with organisations, their tenants and keys."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from kwhen.operations.credentials import Issued, create_key, create_organisation
from kwhen.operations.deployment import Deployment, open_deployment
from kwhen.records import EVERY_SCOPE, CredentialKind, Environment, Organisation, Scope, Tenant
from kwhen.settings import Settings
from tests.databases import migrated_url

SECRET = "a secret of tests, and of nothing else"
PLENTY_COUNT = 100_000  # of requests a minute: more than any test sends
PRODUCTION, SANDBOX = Environment.PRODUCTION, Environment.SANDBOX


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Go on by a `timedelta`."""
        self.now += timedelta(**by)


@dataclass(frozen=True, kw_only=True)
class Parties:
    """Organisations of a deployment: north and south with both environments, shed with one."""

    deployment: Deployment
    organisations: Mapping[str, Organisation]
    issued: dict[Any, Issued] = field(default_factory=dict)

    def tenant(self, party: str = "north", environment: Environment = PRODUCTION) -> Tenant:
        """An environment of a party."""
        return Tenant(self.organisations[party].id, environment)

    def key(
        self,
        party: str = "north",
        environment: Environment = PRODUCTION,
        scopes: Iterable[Scope] = EVERY_SCOPE,
    ) -> Issued:
        """A key of a tenant with some scopes; the same one when asked again."""
        wanted = (party, environment, frozenset(scopes))
        if wanted not in self.issued:
            self.issued[wanted] = self.new_key(party, environment, scopes=wanted[2])
        return self.issued[wanted]

    def new_key(
        self, party: str = "north", environment: Environment = PRODUCTION, **told: Any
    ) -> Issued:
        """A fresh key of a tenant."""
        with self.deployment.writing(self.tenant(party, environment)) as work:
            return create_key(work, name=f"{party} {environment}", **told)

    def new_agent_key(self, party: str, expires_at: datetime | None = None) -> Issued:
        """A fresh key of a program."""
        kind = CredentialKind.AGENT
        return self.new_key(party, SANDBOX, kind=kind, expires_at=expires_at)


def settings_of(url: str, folder: Path, **told: Any) -> Settings:
    """Settings that take nothing from the machine."""
    usual = {
        "data": folder,
        "database_url": url,
        "secret": SECRET,
        "rate_limit_per_minute": PLENTY_COUNT,
        "open_rate_limit_per_minute": PLENTY_COUNT,
        "agent_credentials_per_hour": PLENTY_COUNT,
        "sign_ins_per_minute": PLENTY_COUNT,
    }
    return Settings(**(usual | told))


@contextmanager
def opened(kind: str, folder: Path, **told: Any) -> Iterator[Deployment]:
    """A deployment on a fresh database; `told` are settings."""
    with migrated_url(kind, folder) as url:
        deployment = open_deployment(settings_of(url, folder, **told))
        yield deployment
        deployment.close()


def other(
    deployment: Deployment, clock: Callable[[], datetime] | None = None, **told: Any
) -> Deployment:
    """The same database and secret under other settings, and with another clock."""
    settings = deployment.settings.model_copy(update=told)
    return replace(deployment, settings=settings, clock=clock or deployment.clock)


def parties(deployment: Deployment) -> Parties:
    """Three organisations; `shed` has a sandbox only."""
    return Parties(
        deployment=deployment,
        organisations={
            name: create_organisation(deployment, name, production_allowed=name != "shed")
            for name in ("north", "south", "shed")
        },
    )
