"""`kwhen carbon`: fetch marginal emissions, and show what is held."""

import typer

from kwhen.catalog.live.held import live_store
from kwhen.catalog.live.refresh import refresh_carbon
from kwhen.catalog.live.series import Kind
from kwhen.catalog.live.settings import read_settings
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

REFRESH_EXAMPLE = "kwhen carbon refresh"
SHOW_EXAMPLE = "kwhen carbon show"
_BACK_DAYS = 7
_CARBON = (Kind.CARBON, Kind.CARBON_FORECAST)


def refresh(
    first: First = None,
    end: End = None,
    json: options.Json = False,
) -> None:
    """Fetch marginal emissions, measured and forecast, from the signals that are configured."""
    settings = read_settings(environment())
    days, store = window(first, end, _BACK_DAYS), live_store(settings, stock_of(environment()))
    with progress_bar("asking") as progress:
        report = refresh_carbon(days, settings, store, live_web(settings), progress)
    if json:
        emit(report_document(report, store))
    else:
        show_report(page(), report, store)
    if not report.is_good:
        raise typer.Exit(2)


def show(json: options.Json = False) -> None:
    """Show which emissions are held, from when to when, and when they were fetched."""
    store = live_store(read_settings(environment()), stock_of(environment()))
    if json:
        emit(held_document(store, _CARBON))
    else:
        show_held(page(), store, _CARBON, "`kwhen carbon refresh` fetches emissions.")
