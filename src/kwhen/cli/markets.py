"""`kwhen markets`: fetch day-ahead prices, and show what is held."""

from dataclasses import replace
from typing import Annotated

import typer

from kwhen.catalog.live.held import live_store
from kwhen.catalog.live.refresh import refresh_markets
from kwhen.catalog.live.series import Kind
from kwhen.catalog.live.settings import MARKETS, read_settings
from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.live import (
    End,
    First,
    held_document,
    live_web,
    progress_bar,
    report_document,
    show_held,
    show_report,
    window,
)
from kwhen.cli.page import emit, page
from kwhen.config import environment

REFRESH_EXAMPLE = "kwhen markets refresh"
SHOW_EXAMPLE = "kwhen markets show"
_BACK_DAYS = 28  # ERCOT's files go about 30 days back
_PRICES = (Kind.DAY_AHEAD_PRICE, Kind.REAL_TIME_PRICE)


def refresh(
    iso: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help=f"Only this market ({', '.join(MARKETS)}); may be repeated. "
            "Else those of $KWHEN_MARKETS.",
        ),
    ] = None,
    first: First = None,
    end: End = None,
    json: options.Json = False,
) -> None:
    """Fetch day-ahead prices from the markets that are configured, and keep them."""
    settings = read_settings(environment())
    if iso:
        chosen = tuple(dict.fromkeys(name.upper().replace("-", "") for name in iso))
        settings = replace(settings, markets=chosen)
    days, store = window(first, end, _BACK_DAYS), live_store(settings, stock_of(environment()))
    with progress_bar("asking") as progress:
        report = refresh_markets(
            settings.points, days, settings, store, live_web(settings), progress
        )
    if json:
        emit(report_document(report, store))
    else:
        show_report(page(), report, store)
    if not report.is_good:
        raise typer.Exit(2)


def show(json: options.Json = False) -> None:
    """Show which prices are held, from when to when, and when they were fetched."""
    store = live_store(read_settings(environment()), stock_of(environment()))
    if json:
        emit(held_document(store, _PRICES))
    else:
        show_held(page(), store, _PRICES, "`kwhen markets refresh` fetches prices.")
