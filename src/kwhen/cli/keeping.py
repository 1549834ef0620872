"""`kwhen orgs` and `kwhen partners`: who uses the service, and through whom homes come."""

from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.operating import an_organisation, every_tenant, the_tenant
from kwhen.cli.page import Document, emit, page, prose, put, stacked, table

if TYPE_CHECKING:
    from kwhen.records import ChannelPartner, Organisation, Tenant

ORG_CREATE_EXAMPLE = 'kwhen orgs create "Example Solar"'
ORG_LIST_EXAMPLE = "kwhen orgs list"
PARTNER_CREATE_EXAMPLE = 'kwhen partners create "Roofs of Ohio"'
PARTNER_LIST_EXAMPLE = "kwhen partners list"

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name, at most 255 characters.")]


def create_org(
    name: Name,
    sandbox_only: Annotated[
        bool, typer.Option("--sandbox-only", metavar="", help="Without a production environment.")
    ] = False,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Open an organisation, with a sandbox and a production environment."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import create_organisation

        made = create_organisation(deployment, name, production_allowed=not sandbox_only)
    if json:
        emit(_org(made))
        return
    prose(page(), f"{made.name} is {made.id}.")
    prose(page(), f"Its first key: kwhen keys create --org {made.id}", "dim")


def list_orgs(
    data: operating.Data = None, database: operating.Database = None, json: options.Json = False
) -> None:
    """List the organisations, oldest first."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import every_organisation

        found = every_organisation(deployment)
    if json:
        emit({"organisations": [_org(item) for item in found]})
        return
    console = page()
    if not found:
        prose(console, 'There is none yet; open one with: kwhen orgs create "Example Solar"')
        return
    rows = table(console, ("Organisation", "key"), "Environments", ("Since", "key"))
    for item in found:
        has = "sandbox, production" if item.production_allowed else "sandbox"
        rows.add_row(stacked(item.name, item.id), has, str(item.created_at.date()))
    put(console, rows)


def _org(item: "Organisation") -> Document:
    return {
        "id": item.id,
        "name": item.name,
        "production_allowed": item.production_allowed,
        "created_at": item.created_at,
    }


def create_partner(
    name: Name,
    org: operating.Org = None,
    environment: operating.ItsEnvironment = operating.SANDBOX,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Make a channel partner, whose id homes can name as channelPartnerId."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import create_channel_partner

        tenant = the_tenant(an_organisation(deployment, org), environment)
        with deployment.writing(tenant) as work:
            made = create_channel_partner(work, name)
    if json:
        emit(_partner(tenant, made))
    else:
        prose(page(), f"{made.name} is {made.id}, for homes of {tenant.environment}.")


def list_partners(
    org: operating.Org = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """List the channel partners, of one organisation or of all."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import list_channel_partners

        found: list[tuple[Tenant, ChannelPartner]] = []
        for tenant in every_tenant(deployment, org):
            with deployment.reading(tenant) as work:
                found += [(tenant, partner) for partner in list_channel_partners(work)]
        names = operating.organisation_names(deployment)
    if json:
        emit({"partners": [_partner(tenant, partner) for tenant, partner in found]})
        return
    console = page()
    if not found:
        prose(console, 'There is none yet; make one with: kwhen partners create "Roofs of Ohio"')
        return
    rows = table(console, ("Partner", "key"), "Of")
    for tenant, partner in found:
        whose = f"{names[tenant.org_id]}, {tenant.environment}"
        rows.add_row(stacked(partner.name, partner.id), whose)
    put(console, rows)


def _partner(tenant: "Tenant", item: "ChannelPartner") -> Document:
    return {
        "id": item.id,
        "name": item.name,
        "org_id": tenant.org_id,
        "environment": tenant.environment,
    }
