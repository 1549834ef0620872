"""`kwhen compare`: what a home's usage costs under every plan of a ZIP, best first."""

from datetime import date
from typing import Annotated

import typer

from kwhen.catalog.places import place
from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.compare_page import compare_document, show_comparison
from kwhen.cli.comparison import Comparison, compared
from kwhen.cli.page import emit, page
from kwhen.config import environment
from kwhen.errors import NotFound

EXAMPLE = "kwhen compare --zip 94107 --usage demo"


def compare(
    zipcode: Annotated[str, typer.Option("--zip", metavar="ZIP", help="The home's ZIP code.")],
    usage: options.UsageFile,
    first: options.First = None,
    end: options.End = None,
    on: Annotated[
        date | None,
        typer.Option(
            parser=options.read_day,
            metavar="DATE",
            help="Bill every day at the prices of this date; else at those of its own time.",
        ),
    ] = None,
    export_rule: options.Rule = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    low_income: options.LowIncome = None,
    interconnection_date: options.Interconnected = None,
    fill: options.Fill = "error",
    meter: options.Meter = None,
    json: options.Json = False,
) -> None:
    """Bill a home's usage under every plan of its ZIP code, best first."""
    where = place(zipcode)
    offered = stock_of(environment()).find_plans(zipcode)
    if not offered:
        raise NotFound(
            f"the catalog has no plan for ZIP {where.zipcode}; bring plans in with "
            "`kwhen catalog import`"
        )
    who = options.customer(territory, heating, low_income, export_rule, interconnection_date)
    request = Comparison(
        where=where, file=usage, first=first, end=end, on=on, customer=who, fill=fill, meter=meter
    )
    result = compared(request, offered)
    if json:
        emit(compare_document(request, result))
    else:
        show_comparison(page(), request, result)
