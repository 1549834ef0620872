"""`kwhen demo`: something to try the service with."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.page import Document, emit, page, prose

if TYPE_CHECKING:
    from kwhen.operations.demo import Demo

EXAMPLE = "kwhen demo"


def demo(
    serve: Annotated[
        bool, typer.Option("--serve", metavar="", help="Answer requests afterwards.")
    ] = False,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Make an organisation with homes in five states to try kwhen with; show its sandbox key.

    Made once: what is there already is never changed. The usage of the homes is no measurement
    but that of an average home of their place.
    """
    with operating.opened(data, database) as deployment:
        from kwhen.operations.demo import make_demo

        settings, made = deployment.settings, make_demo(deployment)

    def say(url: str) -> None:
        if json:
            emit(_document(made, url))
        else:
            _show(made, url, is_served=serve)
        sys.stdout.flush()

    if not serve:
        from kwhen.service.listener import local_url

        say(local_url(settings.host, settings.port))
        return
    from kwhen.delivery.worker import working
    from kwhen.service.server import serve as run

    told = {"data": data, "database_url": database}
    given = {name: value for name, value in told.items() if value is not None}
    run(settings, given, say, beside=working)  # so that its webhooks are sent


def _document(made: "Demo", url: str) -> Document:
    return {
        "url": url,
        "organisation_id": made.organisation.id,
        "portal": _portal(made, url),
        "key": made.secret,
        "key_file": str(made.key_file),
        "homes": [{"id": home.id, "name": home.facts.name} for home in made.homes],
    }


def _show(made: "Demo", url: str, *, is_served: bool) -> None:
    console = page()
    if is_served:
        prose(console, f"kwhen answers at {url}; Ctrl-C ends it.", "bold")
    else:
        prose(console, f"The demo is there; `kwhen serve` then answers at {url}.", "bold")
    console.print()
    for name, words in (
        ("Portal", _portal(made, url)),
        ("Try it out", f"{url}/docs"),
        ("Reference", f"{url}/api-reference"),
        ("Sandbox key", made.secret),
        ("Kept in", str(made.key_file)),
    ):
        console.print(f"{name + ':':<13}{words}", soft_wrap=True)
    prose(console, "The link of the portal signs you in for as long as that key is good.", "dim")
    if not made.homes:
        return
    first = made.homes[0]
    console.print()
    prose(console, f"The prices of the next 24 hours. {first.facts.name}:")
    console.print()
    console.print(
        f"  curl -X POST {url}/v1/homes/{first.id}/price_signal \\\n"
        f"    -H 'x-ws-api-key: {made.secret}'",
        soft_wrap=True,
    )
    console.print()


def _portal(made: "Demo", url: str) -> str:
    """The link that signs in."""
    return f"{url}/portal/enter?token={made.link_token}"
