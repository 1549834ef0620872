"""`kwhen keys`: the keys of organisations."""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.operating import an_organisation, every_tenant, the_tenant
from kwhen.cli.page import Document, emit, page, prose, put, stacked, table
from kwhen.errors import UnknownId

if TYPE_CHECKING:
    from kwhen.records import Credential

CREATE_EXAMPLE = "kwhen keys create --name backend --scopes homes,calculate --expires 90d"
LIST_EXAMPLE = "kwhen keys list"
REVOKE_EXAMPLE = "kwhen keys revoke ws_cred_0123456789abcdef0123456789abcdef"
SHOWN_ONCE = "Keep it now: it is not shown again."


def _when(text: str) -> date | timedelta:
    """A date, or a number of days."""
    if days := re.fullmatch(r"(\d{1,5})d", text):
        return timedelta(days=int(days.group(1)))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is neither like 30d nor like 2027-01-01") from None


def create(
    name: Annotated[str, typer.Option(metavar="NAME", help="What the key is for.")] = "key",
    org: operating.Org = None,
    environment: operating.ItsEnvironment = operating.SANDBOX,
    scopes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="What it may do, such as homes:read; else everything."),
    ] = None,
    expires: Annotated[
        date | None,
        typer.Option(parser=_when, metavar="WHEN", help="30d or 2027-01-01 (UTC); else never."),
    ] = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Make a key for an organisation; its secret is shown this once."""
    from kwhen.records import EVERY_SCOPE, read_scopes

    chosen = read_scopes(scopes.split(",")) if scopes is not None else EVERY_SCOPE
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import create_key

        organisation = an_organisation(deployment, org)
        with deployment.writing(the_tenant(organisation, environment)) as work:
            ends_at = _moment(expires, work.now)
            made = create_key(work, name=name, scopes=chosen, expires_at=ends_at)
    if json:
        emit({**_key(made.credential), "secret": made.secret})
        return
    console = page()
    end = "never expires" if ends_at is None else f"expires {ends_at:%Y-%m-%d %H:%M} UTC"
    prose(console, f"A {environment} key of {organisation.name}, which {end}:")
    console.print()
    console.print(made.secret, style="bold", soft_wrap=True)
    console.print()
    prose(console, SHOWN_ONCE, "yellow")
    prose(console, f"To end it: kwhen keys revoke {made.credential.id}", "dim")


def _moment(when: date | timedelta | None, now: datetime) -> datetime | None:
    if when is None:
        return None
    if isinstance(when, timedelta):
        return now + when
    return datetime.combine(when, time(), UTC)


def list_(
    org: operating.Org = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """List keys, of one organisation or of all; without their secrets."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import list_keys

        found: list[Credential] = []
        for tenant in every_tenant(deployment, org):
            with deployment.reading(tenant) as work:
                found += list_keys(work)
        names = operating.organisation_names(deployment)
        now = deployment.clock()
    if json:
        emit({"keys": [_key(item) for item in found]})
        return
    console = page()
    if not found:
        prose(console, "There is none yet; make one with: kwhen keys create")
        return
    rows = table(console, ("Key", "key"), "State")
    for item in found:
        used = "never" if item.last_used_at is None else f"{item.last_used_at:%Y-%m-%d %H:%M}"
        where = f"{item.tenant.environment} of {names[item.tenant.org_id]}"
        rows.add_row(
            stacked(f"{item.prefix}…  {item.name}", item.id, where),
            stacked(_state(item, now), f"last used: {used}", style=""),
        )
    put(console, rows)


def _state(item: "Credential", now: datetime) -> str:
    if item.revoked_at is not None:
        return f"revoked {item.revoked_at.date()}"
    if item.expires_at is None:
        return "good"
    if item.expires_at <= now:
        return f"expired {item.expires_at.date()}"
    return f"good until {item.expires_at.date()}"


def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="The key, as `kwhen keys list` says.")],
    org: operating.Org = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """End a key, and the sessions made from it, at once."""
    with operating.opened(data, database) as deployment:
        from kwhen.operations.credentials import revoke_key

        for tenant in every_tenant(deployment, org):
            try:
                with deployment.writing(tenant) as work:
                    ended = revoke_key(work, id)
                break
            except UnknownId:
                continue  # it may be of another tenant
        else:
            raise UnknownId(f"there is no key {id[:64]!r}; `kwhen keys list` shows them")
    if json:
        emit(_key(ended))
    else:
        prose(page(), f"{ended.name} ({ended.id}) is revoked.")


def _key(item: "Credential") -> Document:
    return {
        "id": item.id,
        "name": item.name,
        "org_id": item.tenant.org_id,
        "environment": item.tenant.environment,
        "kind": item.kind,
        "prefix": item.prefix,
        "scopes": sorted(item.scopes),
        "created_at": item.created_at,
        "expires_at": item.expires_at,
        "revoked_at": item.revoked_at,
        "last_used_at": item.last_used_at,
    }
