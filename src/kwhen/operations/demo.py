"""An organisation to try kwhen with: homes in five states, each with a year of usage."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from kwhen.api.profiles import default_profile
from kwhen.operations.credentials import create_key, create_organisation, every_organisation
from kwhen.operations.deployment import Deployment
from kwhen.operations.home_values import STEPS_PER_DAY, home_value
from kwhen.operations.homes import create_home
from kwhen.operations.keyring import for_the_owner_alone
from kwhen.operations.portal_sessions import sign_link
from kwhen.operations.usage_history import put_usage
from kwhen.operations.work import Work
from kwhen.records import Environment, HomeRecord, Organisation, Tenant
from kwhen.storage import credentials, homes

NAME = "kwhen demo"
KEY_FILE = "demo-key"
USAGE = "usage made from the shipped shapes"
HOMES: tuple[Mapping[str, Any], ...] = (
    {
        "name": f"San Francisco: PG&E E-ELEC, 5 kW of solar, net billing ({USAGE})",
        "zipcode": "94107",
        "rate_plan_id": "14328/E-ELEC",
        "solar_system_size_kw": 5.0,
        "is_non_net_metered": True,
    },
    {
        "name": f"Fresno: PG&E E-TOU-C in baseline territory R ({USAGE})",
        "zipcode": "93721",
        "rate_plan_id": "14328/E-TOU-C/R-B",
    },
    {
        "name": f"Beaumont: Entergy Texas RS-TOD ({USAGE})",
        "zipcode": "77701",
        "rate_plan_id": "55937/RS-TOD",
    },
    {
        "name": f"New York: Con Edison SC1 Rate III ({USAGE})",
        "zipcode": "10001",
        "rate_plan_id": "4226/SC1-RATE-III",
    },
    {
        "name": f"Worcester: National Grid R-4, 4 kW of solar, net metering ({USAGE})",
        "zipcode": "01608",
        "rate_plan_id": "11804/R-4",
        "solar_system_size_kw": 4.0,
        "is_non_net_metered": False,
    },
    {
        "name": f"Chicago: ComEd BES ({USAGE})",
        "zipcode": "60601",
        "rate_plan_id": "4110/BES",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What is there to try, in the sandbox of its organisation."""

    organisation: Organisation
    homes: tuple[HomeRecord, ...]
    secret: str  # of a key with every scope
    key_file: Path
    link_token: str  # of the portal; good for as long as the key is

    def __repr__(self) -> str:
        return f"Demo(organisation={self.organisation!r}, key_file={self.key_file})"


def make_demo(deployment: Deployment) -> Demo:
    """The demo, made where it is not there yet; what is there stays as it is."""
    found = (item for item in every_organisation(deployment) if item.name == NAME)
    organisation = next(found, None) or create_organisation(deployment, NAME)
    tenant = Tenant(organisation.id, Environment.SANDBOX)
    with deployment.writing(tenant) as work:  # all of it or nothing
        held = homes.list_homes(work.session, tenant) or [_home(work, told) for told in HOMES]
    file = deployment.settings.data.expanduser() / KEY_FILE
    secret = _kept_secret(deployment, tenant, file) or _new_secret(deployment, tenant, file)
    return Demo(
        organisation=organisation,
        homes=tuple(held),
        secret=secret,
        key_file=file,
        link_token=_link_token(deployment, secret),
    )


def _home(work: Work, told: Mapping[str, Any]) -> HomeRecord:
    rate_plan_id = work.stock.find_plan(told["rate_plan_id"]).id
    home = create_home(work, {**told, "rate_plan_id": rate_plan_id})
    work.session.flush()
    first, end = date(work.now.year - 1, 1, 1), date(work.now.year, 1, 1)
    made = default_profile(home_value(work, home), first, end, calendar="wall")
    exported = None if made.export_kwh is None else made.export_kwh.reshape(-1, STEPS_PER_DAY)
    put_usage(work, home.id, first, made.import_kwh.reshape(-1, STEPS_PER_DAY), exported)
    return home


def _kept_secret(deployment: Deployment, tenant: Tenant, file: Path) -> str | None:
    """The secret of an earlier start, where its key is still good."""
    if not file.exists():
        return None
    secret = file.read_text().strip()
    with deployment.database.gate() as gate:
        found = credentials.find_by_hash(gate, deployment.keyring.hash_of(secret))
    if found is None or found[0].tenant != tenant or found[0].revoked_at is not None:
        return None
    return secret


def _new_secret(deployment: Deployment, tenant: Tenant, file: Path) -> str:
    with deployment.writing(tenant) as work:
        secret = create_key(work, name="demo").secret
        file.parent.mkdir(0o700, parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        with open(file, "x", opener=for_the_owner_alone) as made:
            made.write(secret + "\n")
    return secret


def _link_token(deployment: Deployment, secret: str) -> str:
    with deployment.database.gate() as gate:
        found = credentials.find_by_hash(gate, deployment.keyring.hash_of(secret))
    assert found is not None
    return sign_link(deployment, found[0], life=None)
