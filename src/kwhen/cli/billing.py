"""`kwhen bill`: one home, one plan, every line."""

from typing import Annotated

import typer

from kwhen.api import bills
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.bill_document import bill_document
from kwhen.cli.bill_page import show_bill
from kwhen.cli.meter import Metered, metered
from kwhen.cli.page import emit, page
from kwhen.config import environment
from kwhen.engine import choice
from kwhen.engine.result import Bill
from kwhen.engine.words import Customer
from kwhen.errors import CoverageError

EXAMPLE = "kwhen bill --plan 14328/E-TOU-C/T-B --usage demo"


def bill(
    plan: options.Plan,
    usage: options.UsageFile,
    first: options.First = None,
    end: options.End = None,
    export_rule: options.Rule = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    low_income: options.LowIncome = None,
    interconnection_date: options.Interconnected = None,
    strict: options.Strict = False,
    fill: options.Fill = "error",
    meter: options.Meter = None,
    by_month: Annotated[
        bool, typer.Option("--by-month", metavar="", help="Itemise each billing cycle on its own.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Bill a home's usage under one plan, itemised."""
    who = options.customer(territory, heating, low_income, export_rule, interconnection_date)
    found = stock_of(environment()).find_plan(plan, who)
    zone = found.versions[-1].timezone
    home = metered(usage, zone, first=first, end=end, fill=fill, meter=meter)
    made = _made(found, home, who, strict=strict)
    if json:
        emit(bill_document(found, home, made))
    else:
        show_bill(page(), found, home, made, by_month=by_month)


def _made(plan: RatePlan, home: Metered, who: Customer, *, strict: bool) -> Bill:
    if who.export_rule is not None:  # a wrong name is refused of a home without export as well
        choice.export_rule(plan.on(home.first, nearest=True), who, home.first)
    try:
        return bills.bill(
            plan,
            home.import_kwh,
            home.export_kwh,
            start=home.first,
            step_minutes=home.step_minutes,
            customer=who,
            nearest=not strict,
        )
    except CoverageError as error:
        raise options.strictly(error) from error
