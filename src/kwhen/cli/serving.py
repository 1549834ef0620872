"""`kwhen serve`: the service."""

import sys
from typing import Annotated

import typer

from kwhen.cli import operating, options
from kwhen.cli.page import emit, page, prose

EXAMPLE = "kwhen serve --port 8080 --workers 2"


def serve(
    host: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Address to listen on: KWHEN_HOST.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(metavar="N", help="Port to listen on, 0 for any: KWHEN_PORT.")
    ] = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Processes that answer: KWHEN_WORKERS.")
    ] = None,
    data: operating.Data = None,
    database: operating.Database = None,
    json: options.Json = False,
) -> None:
    """Answer requests over HTTP until it is stopped; what was accepted is finished.

    A single process sends webhooks as well; beside several, run `kwhen worker`.

    Settings come from these options, else from KWHEN_… in the environment, else from kwhen.toml.
    The log goes to standard error.
    """
    options_given = {
        "host": host, "port": port, "workers": workers, "data": data, "database_url": database,
    }  # fmt: skip
    given = {name: value for name, value in options_given.items() if value is not None}
    settings = operating.chosen(**given)
    from kwhen.delivery.worker import working
    from kwhen.service.server import serve as run

    def say(url: str) -> None:
        if json:
            emit({"url": url, "workers": settings.workers})
        else:
            prose(page(), f"kwhen answers at {url}; Ctrl-C ends it.")
        sys.stdout.flush()

    run(settings, given, say, beside=working)
