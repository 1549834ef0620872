"""What the commands of an operator share: the extra they need, settings, the deployment."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli.extras import lacking
from kwhen.errors import ChoiceError, SettingError, UnknownId
from kwhen.records import Environment, Tenant

if TYPE_CHECKING:
    from kwhen.operations.deployment import Deployment
    from kwhen.records import Organisation
    from kwhen.settings import Settings


def _environment(text: str) -> Environment:
    try:
        return Environment(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither sandbox nor production") from None


Data = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the database file and the secret: KWHEN_DATA."),
]
Database = Annotated[
    str | None,
    typer.Option(metavar="URL", help="sqlite:///… or postgresql://…: KWHEN_DATABASE_URL."),
]
Org = Annotated[
    str | None,
    typer.Option("--org", metavar="ID", help="The organisation; not needed where there is one."),
]
ItsEnvironment = Annotated[
    Environment,
    typer.Option(
        "--environment",
        parser=_environment,
        metavar="NAME",
        help="Which half of the organisation: sandbox or production.",
    ),
]
SANDBOX = Environment.SANDBOX


def chosen(**given: object) -> "Settings":
    """The settings, where those given on the command line win.

    Raises
    ------
    SettingError
        A setting is wrong, or the service is not installed.
    """
    if absent := lacking("service"):
        raise SettingError(
            f"this needs {', '.join(absent)}; install the extra of the service with: "
            "pip install 'kwhen[service]'"
        )
    from kwhen.settings import read_settings

    return read_settings(**given)


@contextmanager
def opened(data: Path | None, database: str | None) -> Iterator["Deployment"]:
    """The deployment of the settings, its tables brought up to date.

    Raises
    ------
    SettingError
    """
    settings = chosen(data=data, database_url=database)
    from kwhen.operations.deployment import open_deployment

    deployment = open_deployment(settings)
    try:
        yield deployment
    finally:
        deployment.close()


def an_organisation(deployment: "Deployment", org_id: str | None) -> "Organisation":
    """The organisation of an id, or the only one.

    Raises
    ------
    UnknownId, ChoiceError
    """
    from kwhen.operations.credentials import every_organisation

    found = every_organisation(deployment)
    if org_id is not None:
        found = [item for item in found if item.id == org_id]
        if not found:
            raise UnknownId(f"there is no organisation {org_id[:64]!r}; see `kwhen orgs list`")
    if not found:
        raise ChoiceError('there is no organisation yet; open one: kwhen orgs create "My company"')
    if len(found) > 1:
        raise ChoiceError(
            f"there are {len(found)} organisations; choose one with --org, `kwhen orgs list` "
            "shows them"
        )
    return found[0]


def the_tenant(organisation: "Organisation", environment: Environment) -> Tenant:
    """An environment of an organisation."""
    return Tenant(organisation.id, environment)


def every_tenant(deployment: "Deployment", org_id: str | None) -> list[Tenant]:
    """The environments of an organisation, or of all where none is named.

    Raises
    ------
    UnknownId
    """
    from kwhen.operations.credentials import every_organisation, tenants_of

    if org_id is not None:
        return list(tenants_of(an_organisation(deployment, org_id)))
    return [tenant for item in every_organisation(deployment) for tenant in tenants_of(item)]


def organisation_names(deployment: "Deployment") -> dict[str, str]:
    """The names of all organisations by their ids."""
    from kwhen.operations.credentials import every_organisation

    return {item.id: item.name for item in every_organisation(deployment)}
