"""`kwhen vtn client`: the OAuth clients of the OpenADR server."""

from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.keys import SHOWN_ONCE
from kwhen.cli.operating import an_organisation, every_tenant, the_tenant
from kwhen.cli.page import Document, emit, page, prose, put, stacked, table
from kwhen.errors import UnknownId

if TYPE_CHECKING:
    from kwhen.records import Credential

CREATE_EXAMPLE = "kwhen vtn client create --role ven --name thermostats"
LIST_EXAMPLE = "kwhen vtn client list"
REVOKE_EXAMPLE = "kwhen vtn client revoke vtn_client_0123456789abcdef0123456789abcdef"
ROLES = ("bl", "ven")


def _role(text: str) -> str:
    if text not in ROLES:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(ROLES)}")
    return text


def create(
    role: Annotated[
        str,
        typer.Option(parser=_role, metavar="bl|ven", help="Business logic writes, a VEN reads."),
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="What the client is.")] = "client",
    org: operating.Org = None,
    environment: operating.ItsEnvironment = operating.SANDBOX,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Make an OAuth client of the OpenADR server; its secret is shown this once."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.vtn.clients import create_client
        from kwhen.records import VtnRole

        organisation = an_organisation(deployment, org)
        with deployment.writing(the_tenant(organisation, environment)) as work:
            made = create_client(work, name, VtnRole(role))
    if json:
        emit({**_client(made.credential), "secret": made.secret})
        return
    console = page()
    prose(console, f"An OAuth client ({role}) of {organisation.name}, {environment}:")
    console.print()
    console.print(f"client_id      {made.credential.id}", style="bold", soft_wrap=True)
    console.print(f"client_secret  {made.secret}", style="bold", soft_wrap=True)
    console.print()
    prose(console, SHOWN_ONCE, "yellow")
    prose(console, f"To end it: kwhen vtn client revoke {made.credential.id}", "dim")


def list_(
    org: operating.Org = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """List OAuth clients, of one organisation or of all; without their secrets."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.vtn.clients import list_clients

        found: list[Credential] = []
        for tenant in every_tenant(deployment, org):
            with deployment.reading(tenant) as work:
                found += list_clients(work)
        names = operating.organisation_names(deployment)
    if json:
        emit({"clients": [_client(item) for item in found]})
        return
    console = page()
    if not found:
        prose(console, "There is none yet; make one with: kwhen vtn client create")
        return
    rows = table(console, ("Client", "client"), "State")
    for item in found:
        ended = "good" if item.revoked_at is None else f"revoked {item.revoked_at.date()}"
        where = f"{item.tenant.environment} of {names[item.tenant.org_id]}"
        rows.add_row(stacked(item.name, item.id, where), stacked(ended, _role_of(item), style=""))
    put(console, rows)


def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The client, as the list names it.")],
    org: operating.Org = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """End an OAuth client, and its access tokens, at once."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.vtn.clients import revoke_client

        for tenant in every_tenant(deployment, org):
            try:
                with deployment.writing(tenant) as work:
                    ended = revoke_client(work, id)
                break
            except UnknownId:
                continue  # it may be of another tenant
        else:
            raise UnknownId(f"there is no client {id[:64]!r}; `kwhen vtn client list` shows them")
    if json:
        emit(_client(ended))
    else:
        prose(page(), f"{ended.name} ({ended.id}) is revoked.")


def _role_of(item: "Credential") -> str:
    from kwhen.operations.vtn.clients import role_of

    return role_of(item).value


def _client(item: "Credential") -> Document:
    return {
        "client_id": item.id,
        "name": item.name,
        "role": _role_of(item),
        "org_id": item.tenant.org_id,
        "environment": item.tenant.environment,
        "scopes": sorted(item.scopes),
        "created_at": item.created_at,
        "revoked_at": item.revoked_at,
        "last_used_at": item.last_used_at,
    }
