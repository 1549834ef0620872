"""`kwhen plan show`: one plan with everything that is known of it."""

from datetime import date
from typing import Annotated

import typer

from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.page import emit, page
from kwhen.cli.plan_document import tariff_document
from kwhen.cli.plan_page import show_plan
from kwhen.config import environment
from kwhen.errors import KwhenError
from kwhen.operations.price_maps import price_maps

EXAMPLE = "kwhen plan show 14328/E-TOU-C/T-B"


def show(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key or id of a plan, or a family.")],
    on: Annotated[
        date | None,
        typer.Option(
            parser=options.read_day, metavar="DATE", help="Version of this date; else today's."
        ),
    ] = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    json: options.Json = False,
) -> None:
    """Show a plan: prices, times, export rules, sources and what is missing."""
    who = options.customer(territory, heating)
    plan = stock_of(environment()).find_plan(key, who)
    day = on or date.today()
    tariff = plan.on(day, nearest=True)
    year = day.year if tariff.covers(day) else tariff.effective.year
    try:
        prices, unpriced = price_maps(tariff, who, year).imports, ""
    except KwhenError as error:
        prices, unpriced = None, str(error)
    if json:
        emit(tariff_document(plan, tariff, prices))
    else:
        show_plan(page(), plan, tariff, day, prices, unpriced)
