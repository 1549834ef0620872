"""What the commands of live data share: settings, the store, reports and what is held."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from kwhen.catalog.http import Web
from kwhen.catalog.live.refresh import Outcome, RefreshReport, Row
from kwhen.catalog.live.refresh import Progress as Told
from kwhen.catalog.live.series import Kind
from kwhen.catalog.live.settings import LiveSettings
from kwhen.catalog.live.store import Coverage, SeriesStore
from kwhen.cli.options import read_day
from kwhen.cli.page import (
    Document,
    number,
    page,
    paragraph,
    prose,
    put,
    stacked,
    table,
    words,
)
from kwhen.errors import SourceError

First = Annotated[
    date | None,
    typer.Option("--from", parser=read_day, metavar="DATE", help="First day; else lately."),
]
End = Annotated[
    date | None,
    typer.Option(
        "--to",
        parser=read_day,
        metavar="DATE",
        help="The day after the last one; else the day after tomorrow.",
    ),
]


def live_web(settings: LiveSettings) -> Web:
    """The network, with a cache in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "kwhen"
    return Web(clock=time.time, sleep=time.sleep, cache=cache, timeout_s=settings.live_timeout_s)


def window(first: date | None, end: date | None, back_days: int) -> tuple[date, date]:
    """Days [first, end): else from `back_days` ago to tomorrow, whose prices are often known.

    Raises
    ------
    SourceError
        No day lies in it.
    """
    today = datetime.fromtimestamp(time.time(), UTC).date()
    stop = end or today + timedelta(days=2)
    start = first or min(today, stop) - timedelta(days=back_days)
    if start >= stop:
        raise SourceError(f"no day lies between {start} and {stop}; --to is the day after the last")
    return start, stop


@contextmanager
def progress_bar(doing: str) -> Iterator[Told]:
    """A bar on standard error; none where that is no terminal."""
    console = page(stderr=True)
    with Progress(
        TextColumn(doing),
        BarColumn(bar_width=40),
        TaskProgressColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task(doing, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def report_document(report: RefreshReport, store: SeriesStore) -> Document:
    """A report for JSON."""
    return {
        "is_good": report.is_good,
        "folder": str(store.folder),
        "rows": [_row_document(row) for row in report.rows],
    }


def _row_document(row: Row) -> Document:
    return {
        "name": row.name,
        "kind": row.kind.value if row.kind else None,
        "outcome": row.outcome.value,
        "step_count": row.step_count,
        "changed_count": row.changed_count,
        "start": _iso(row.first_s),
        "end": _iso(row.end_s),
        "fetched": _iso(row.fetched_s),
        "note": row.note or None,
    }


def show_report(console: Console, report: RefreshReport, store: SeriesStore) -> None:
    """A report for people: what came, what failed, what is off and how to switch it on."""
    done = [row for row in report.rows if row.outcome in (Outcome.REFRESHED, Outcome.NOTHING)]
    if done:
        rows = _table(console, "Refreshed", "New")
        for row in done:
            rows.add_row(
                stacked(row.name, _special(row.kind), row.note, style=""),
                _minute(row.first_s),
                _minute(row.end_s),
                number(row.step_count),
                number(row.changed_count),
            )
        put(console, rows)
    by_note: dict[str, list[str]] = {}
    for row in report.rows:
        if row.outcome is Outcome.OFF:
            by_note.setdefault(row.note, []).append(row.name)
    failed = [f"{row.name}: {row.note}" for row in report.rows if row.outcome is Outcome.FAILED]
    paragraph(console, "Failed; what was held before is still held", failed)
    off = [f"{', '.join(names)}: {note}" for note, names in by_note.items()]
    paragraph(console, "Not configured", off)
    if done:
        console.print()
        prose(console, f"Kept in {store.folder}.", "dim")


def held_document(store: SeriesStore, kinds: tuple[Kind, ...]) -> Document:
    """What is held, for JSON."""
    found, damaged = store.list()
    return {
        "folder": str(store.folder),
        "held": [_held_document(held) for held in found if held.kind in kinds],
        "damaged": [str(error) for error in damaged],
    }


def _held_document(held: Coverage) -> Mapping[str, object]:
    return {
        "point": str(held.point),
        "kind": held.kind.value,
        "unit": held.kind.unit,
        "step_s": held.step_s,
        "start": _iso(held.first_s),
        "end": _iso(held.end_s),
        "step_count": held.step_count,
        "missing_count": held.missing_count,
        "fetched": _iso(held.fetched_s),
        "sources": [f"{origin.source} {origin.market}" for origin in held.origins],
    }


def show_held(console: Console, store: SeriesStore, kinds: tuple[Kind, ...], empty: str) -> None:
    """What is held, for people."""
    found, damaged = store.list()
    wanted = [held for held in found if held.kind in kinds]
    if wanted:
        rows = _table(console, "Point", "Missing")
        for held in wanted:
            fetched = f"fetched {_minute(held.fetched_s)[:10]}"
            rows.add_row(
                stacked(str(held.point), _special(held.kind), fetched, style=""),
                _minute(held.first_s),
                _minute(held.end_s),
                number(held.step_count),
                number(held.missing_count),
            )
        put(console, rows)
    else:
        prose(console, f"Nothing is held. {empty}")
    paragraph(console, "Damaged", [str(error) for error in damaged])


def _table(console: Console, name: str, count: str) -> Table:
    return table(
        console, (name, "key"), ("From, UTC", "key"), ("To", "key"), ("Steps", "number"),
        (count, "number"),
    )  # fmt: skip


def _special(kind: Kind | None) -> str:
    """What kind of series it is, where a reader would not expect it."""
    usual = (None, Kind.DAY_AHEAD_PRICE, Kind.CARBON)
    return "" if kind in usual or kind is None else words(kind.value)


def _iso(epoch_s: float | None) -> str | None:
    return None if epoch_s is None else f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _minute(epoch_s: float | None) -> str:
    return "" if epoch_s is None else f"{datetime.fromtimestamp(epoch_s, UTC):%Y-%m-%d %H:%M}"
