"""`kwhen catalog`: bring plans in, prove those that ship, list where figures come from."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.text import Text

from kwhen.catalog.imports import ImportReport, import_urdb
from kwhen.catalog.sources import Source, source, sources
from kwhen.catalog.stock import stock_of
from kwhen.catalog.urdb.fetch import UrdbApi
from kwhen.catalog.urdb.refusal import Refusal
from kwhen.catalog.verify import Report, verify_plans
from kwhen.cli import options
from kwhen.cli.page import Document, emit, number, page, paragraph, prose, put, table
from kwhen.config import environment
from kwhen.errors import SourceError

IMPORT_EXAMPLE = "kwhen catalog import usurdb.json.gz --state CA"
VERIFY_EXAMPLE = "kwhen catalog verify"
SOURCES_EXAMPLE = "kwhen catalog sources"
KEY = "KWHEN_URDB_KEY"
_API = "api"
_SHOWN = 10  # refused items that are listed before they are counted


def import_(
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|api",
            help="usurdb.csv.gz or usurdb.json.gz; `api` asks OpenEI with the key in $" + KEY,
        ),
    ],
    state: Annotated[str | None, typer.Option(metavar="CODE", help="Only this state.")] = None,
    utility_id: Annotated[
        int | None, typer.Option(metavar="N", help="Only the utility with this EIA id.")
    ] = None,
    sector: Annotated[
        str, typer.Option(metavar="NAME", help="Only this sector; `all` for every one.")
    ] = "Residential",
    json: options.Json = False,
) -> None:
    """Import rates of the Utility Rate Database: whole or not at all, every item accounted for."""
    wanted = None if sector.lower() == "all" else sector
    with _progress("importing") as progress:
        if source == _API:
            query = {"eia": str(utility_id)} if utility_id is not None else {}
            query |= {"sector": wanted} if wanted else {}
            report = import_urdb(
                _api().items(query),
                _folder(),
                state=state,
                utility_id=utility_id,
                sector=wanted,
                name="-".join(["api", *(str(p) for p in (state, utility_id, wanted) if p)]),
            )
        else:
            _check_file(source)
            report = import_urdb(
                source,
                _folder(),
                state=state,
                utility_id=utility_id,
                sector=wanted,
                progress=progress,
            )
    if json:
        emit(_import_document(report))
    else:
        _show_import(page(), report)


def _folder() -> Path:
    return stock_of(environment()).folder


def _check_file(source: str) -> None:
    path = Path(source)
    if path.is_dir():
        raise SourceError(f"{source} is a folder; give the path of usurdb.csv.gz or usurdb.json.gz")
    if not path.exists():
        raise SourceError(f"there is no file {source}; give the path of a URDB file, or `{_API}`")


def _api() -> UrdbApi:
    key = environment().get(KEY)
    if not key:
        raise SourceError(
            f"asking the API needs a key: set {KEY} to one from https://openei.org/services/api/"
        )
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kwhen"
    return UrdbApi(key=key, clock=time.time, cache=cache)


def _import_document(report: ImportReport) -> Document:
    return {
        "name": report.name,
        "folder": str(_folder()),
        "read_count": report.read,
        "accepted_count": report.accepted,
        "filtered_count": dict(report.filtered),
        "refused": [_refusal(item) for item in report.refused],
        "duplicates": [_refusal(item) for item in report.duplicates],
    }


def _refusal(item: Refusal) -> Document:
    return {
        "label": item.label,
        "name": item.name,
        "utility": item.utility,
        "reason": item.reason,
    }


def _show_import(console: Console, report: ImportReport) -> None:
    rows = table(console, f"Import {report.name}", ("Rates", "number"))
    rows.add_row("read", number(report.read))
    for reason, count in report.filtered.items():
        rows.add_row(f"left out: {reason}", number(count))
    rows.add_row("refused", number(len(report.refused)))
    rows.add_row(Text("accepted", style="bold"), number(report.accepted))
    put(console, rows)
    shown = [
        f"{item.label or 'no label'} {item.utility}, {item.name}: {item.reason}"
        for item in report.refused[:_SHOWN]
    ]
    if len(report.refused) > _SHOWN:
        shown.append(f"and {len(report.refused) - _SHOWN} more; --json lists all")
    paragraph(console, "Refused", shown)
    console.print()
    prose(console, f"Kept in {_folder()}. `kwhen plans` lists them with those that ship.", "dim")


def verify(json: options.Json = False) -> None:
    """Prove every shipped plan: form, dates, sources, and a standard home's bill."""
    with _progress("verifying") as progress:
        report = verify_plans(progress)
    if json:
        emit(_verify_document(report))
    else:
        _show_verified(page(), report)
    if not report.is_good:
        raise typer.Exit(2)


def _verify_document(report: Report) -> Document:
    return {
        "is_good": report.is_good,
        "family_count": report.family_count,
        "plan_count": report.plan_count,
        "version_count": report.version_count,
        "findings": [{"plan": f.plan, "message": f.message} for f in report.findings],
    }


def _show_verified(console: Console, report: Report) -> None:
    prose(
        console,
        f"{number(report.plan_count)} plans of {number(report.family_count)} families, "
        f"{number(report.version_count)} versions",
    )
    if report.is_good:
        prose(console, "All are good.", "green")
    paragraph(console, "Findings", [f"{f.plan}: {f.message}" for f in report.findings])


def list_sources(
    id: Annotated[str | None, typer.Argument(metavar="[ID]", help="One source alone.")] = None,
    json: options.Json = False,
) -> None:
    """List where the shipped figures come from: publisher, edition, licence."""
    found = [source(id)] if id is not None else list(sources().values())
    if json:
        emit({"sources": [_source(item) for item in found]})
    elif id is not None:
        _show_source(page(), found[0])
    else:
        _show_sources(page(), found)


def _source(item: Source) -> Document:
    return {
        "id": item.id,
        "title": item.title,
        "publisher": item.publisher,
        "edition": item.edition,
        "url": item.url,
        "licence": item.licence,
        "retrieved": item.retrieved,
        "note": item.note or None,
    }


def _show_source(console: Console, item: Source) -> None:
    for name, said in _source(item).items():
        if said:
            prose(console, f"{name + ':':<11}{said}", "bold" if name == "id" else "")


def _show_sources(console: Console, found: list[Source]) -> None:
    for item in found:
        prose(console, item.id, "bold")
        prose(console, f"{item.title}. {item.publisher}, {item.edition}. {item.licence}.")
        if item.url:
            prose(console, item.url, "dim")
        console.print()


@contextmanager
def _progress(words: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; none where that is no terminal."""
    console = page(stderr=True)
    with Progress(
        TextColumn(words),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)
