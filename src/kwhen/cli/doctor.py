"""`kwhen doctor`: whether the service can start here, and what it would meet."""

import platform
from typing import TYPE_CHECKING

import typer
from rich.text import Text

from kwhen.cli import operating, options
from kwhen.cli.extras import extras, lacking
from kwhen.cli.page import Document, emit, page, put, table
from kwhen.errors import KwhenError

if TYPE_CHECKING:
    from kwhen.service.doctor import ToldSetting

EXAMPLE = "kwhen doctor"
GOOD, BAD = "good", "bad"
COLOURS = {GOOD: "green", "note": "yellow", BAD: "red"}

Check = dict[str, str]


def doctor(
    data: operating.Data = None, database: operating.Database = None, json: options.Json = False
) -> None:
    """Look at everything the service needs; exit code 1 where it could not start."""
    given = {"data": data, "database_url": database}
    checks, settings = _installed(), list["ToldSetting"]()
    try:
        chosen = operating.chosen(**given)
        from kwhen.service.doctor import examine, told_settings

        settings = told_settings(chosen, [name for name, value in given.items() if value])
        checks += [_check(found.what, found.state, found.words) for found in examine(chosen)]
    except KwhenError as error:
        checks.append(_check("settings", BAD, str(error)))
    can_serve = all(check["state"] != BAD for check in checks)
    if json:
        emit(_document(can_serve, checks, settings))
    else:
        _show(can_serve, checks, settings)
    if not can_serve:
        raise typer.Exit(1)


def _check(what: str, state: str, words: str) -> Check:
    return {"what": what, "state": str(state), "words": words}


def _installed() -> list[Check]:
    from kwhen import __version__

    python = f"{platform.python_version()} on {platform.system()}"
    without = [name for name in extras() if lacking(name)]
    words = f"installed: {', '.join(name for name in extras() if name not in without)}"
    if without:
        words += f"; not installed: {', '.join(without)}"
    return [
        _check("kwhen", GOOD, f"{__version__}, Python {python}"),
        _check("extras", BAD if "service" in without else GOOD, words),
    ]


def _document(can_serve: bool, checks: list[Check], settings: "list[ToldSetting]") -> Document:
    return {
        "can_serve": can_serve,
        "checks": checks,
        "settings": [
            {"name": told.name, "value": told.value, "origin": told.origin} for told in settings
        ],
    }


def _show(can_serve: bool, checks: list[Check], settings: "list[ToldSetting]") -> None:
    console = page()
    if settings:
        rows = table(console, ("Setting", "key"), "Value", "From")
        for told in settings:
            rows.add_row(told.name, told.value, told.origin)
        put(console, rows)
        console.print()
    rows = table(console, ("Check", "key"), ("State", "key"), "Found")
    for check in checks:
        state = Text(check["state"], style=COLOURS[check["state"]])
        rows.add_row(check["what"], state, check["words"])
    put(console, rows)
    console.print()
    console.print("The service can start." if can_serve else "The service cannot start.")
