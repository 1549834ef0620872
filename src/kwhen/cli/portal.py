"""`kwhen portal`: the way into the portal for who runs the service."""

from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.operating import an_organisation, every_tenant, the_tenant
from kwhen.cli.page import emit, page, prose
from kwhen.errors import UnknownId
from kwhen.records import Tenant

if TYPE_CHECKING:
    from kwhen.operations.deployment import Deployment
    from kwhen.records import Credential

LINK_EXAMPLE = "kwhen portal link"


def link(
    key_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="The key to sign in with; else the newest good one."),
    ] = None,
    org: operating.Org = None,
    environment: operating.ItsEnvironment = operating.SANDBOX,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Print a link that signs a browser in to the portal, for 24 hours or until its key ends."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.portal_sessions import LINK_LIFE, sign_link
        from kwhen.service.listener import local_url

        organisation = None if key_id is not None else an_organisation(deployment, org)
        tenants = (
            every_tenant(deployment, org)
            if organisation is None
            else [the_tenant(organisation, environment)]
        )
        good = [key for key in _good_keys(deployment, tenants) if key_id in (None, key.id)]
        if not good:
            raise UnknownId("there is no such key that is still good; see `kwhen keys list`")
        key, settings = good[-1], deployment.settings
        base = settings.public_url.rstrip("/") or local_url(settings.host, settings.port)
        url = f"{base}/portal/enter?token={sign_link(deployment, key)}"
        ends_at = deployment.clock() + LINK_LIFE
    if json:
        emit({"url": url, "key_id": key.id, "expires_at": ends_at})
        return
    console = page()
    prose(console, f"Open this within a day. It signs in as {key.name} ({key.id}):")
    console.print()
    console.print(url, soft_wrap=True)


def _good_keys(deployment: "Deployment", tenants: list[Tenant]) -> list["Credential"]:
    from kwhen.operations.credentials import list_keys

    found: list[Credential] = []
    for tenant in tenants:
        with deployment.reading(tenant) as work:
            found += [
                key
                for key in list_keys(work)
                if key.revoked_at is None and (key.expires_at is None or key.expires_at > work.now)
            ]
    return found
