"""`kwhen prices`: the marginal price of every step of a window."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.text import Text

from kwhen.api import bills
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.kinds import gap_documents, gap_words
from kwhen.cli.page import Document, bar, days, emit, is_drawn, page, paragraph, price, put, table
from kwhen.config import environment
from kwhen.engine.marginal import Prices
from kwhen.errors import CoverageError, UsageError

EXAMPLE = "kwhen prices --plan 14328/E-TOU-C/T-B --from 2026-04-01 --to 2026-04-02"
_BAR_WIDTH = 20
_SAME_USD_PER_KWH = 5e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Steps of equal price, [start, end) in local time."""

    start: datetime
    end: datetime
    import_usd_per_kwh: float
    export_usd_per_kwh: float


def prices(
    plan: options.Plan,
    first: Annotated[
        date, typer.Option("--from", parser=options.read_day, metavar="DATE", help="First day.")
    ],
    end: Annotated[
        date,
        typer.Option(
            "--to", parser=options.read_day, metavar="DATE", help="The day after the last one."
        ),
    ],
    expected_kwh: Annotated[
        float | None,
        typer.Option(metavar="N", help="kWh a month that the home uses: decides the tier."),
    ] = None,
    step_minutes: Annotated[
        int, typer.Option("--step", metavar="MIN", help="Minutes a step.")
    ] = 15,
    export_rule: options.Rule = None,
    territory: options.Territory = None,
    heating: options.Heating = None,
    low_income: options.LowIncome = None,
    interconnection_date: options.Interconnected = None,
    strict: options.Strict = False,
    as_csv: options.AsCsv = False,
    json: options.Json = False,
) -> None:
    """What one more kWh costs, or earns, at every time of a window."""
    if first >= end:
        raise UsageError(
            f"--from {first} and --to {end}: no day lies between them; --to is the day after the "
            "last one"
        )
    who = options.customer(territory, heating, low_income, export_rule, interconnection_date)
    found = stock_of(environment()).find_plan(plan, who)
    try:
        made = bills.prices(
            found,
            first,
            end,
            step_minutes=step_minutes,
            expected_kwh=expected_kwh,
            customer=who,
            nearest=not strict,
        )
    except CoverageError as error:
        raise options.strictly(error) from error
    zone = ZoneInfo(found.versions[-1].timezone)
    if json:
        emit(_document(found, made, zone))
    elif as_csv:
        _write_csv(made, zone)
    else:
        _show(page(), found, made, zone, days(first, end))


def _steps(made: Prices, zone: ZoneInfo) -> Iterator[tuple[datetime, float, float]]:
    """Local start, import price and export price of every step."""
    step = timedelta(minutes=made.step_minutes)
    pairs = zip(made.import_usd_per_kwh, made.export_usd_per_kwh, strict=True)
    for number, (import_usd, export_usd) in enumerate(pairs):
        start = (made.start + number * step).astimezone(zone)
        yield start, round(float(import_usd), 8), round(float(export_usd), 8)


def runs(made: Prices, zone: ZoneInfo) -> list[Run]:
    """Blocks of equal prices, in order; a block ends with its day."""
    found: list[Run] = []
    step = timedelta(minutes=made.step_minutes)
    for start, import_usd, export_usd in _steps(made, zone):
        end = (start.astimezone(made.start.tzinfo) + step).astimezone(zone)
        last = found[-1] if found else None
        begin = start
        if last and _is_same(last, import_usd, export_usd) and last.start.date() == start.date():
            begin = found.pop().start
        found.append(
            Run(start=begin, end=end, import_usd_per_kwh=import_usd, export_usd_per_kwh=export_usd)
        )
    return found


def _is_same(run: Run, import_usd: float, export_usd: float) -> bool:
    return (
        abs(run.import_usd_per_kwh - import_usd) < _SAME_USD_PER_KWH
        and abs(run.export_usd_per_kwh - export_usd) < _SAME_USD_PER_KWH
    )


def _document(plan: RatePlan, made: Prices, zone: ZoneInfo) -> Document:
    return {
        "plan": plan.key,
        "plan_name": plan.name,
        "timezone": str(zone),
        "start": made.start.astimezone(zone),
        "step_minutes": made.step_minutes,
        "steps": [
            {"start": start, "import_usd_per_kwh": bought, "export_usd_per_kwh": sold}
            for start, bought, sold in _steps(made, zone)
        ],
        "export_rule": made.export_rule,
        "versions": list(dict.fromkeys(made.versions)),
        "is_nearest_version": made.is_nearest,
        "missing": gap_documents(made.missing),
    }


def _write_csv(made: Prices, zone: ZoneInfo) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("start", "import_usd_per_kwh", "export_usd_per_kwh"))
    for start, bought, sold in _steps(made, zone):
        writer.writerow((start.isoformat(), bought, sold))


def _show(console: Console, plan: RatePlan, made: Prices, zone: ZoneInfo, window: str) -> None:
    console.print(Text.assemble((plan.key, "bold"), "  ", plan.name))
    rule = f", export rule {made.export_rule}" if made.export_rule else ""
    console.print(Text(f"{window}, {zone}{rule}", style="dim"))
    console.print()
    found = runs(made, zone)
    rows = table(
        console,
        ("Day", "key"),
        ("From", "key"),
        ("To", "key"),
        ("Import $/kWh", "number"),
        ("Export $/kWh", "number"),
        ("", "bar"),
    )
    largest = max(run.import_usd_per_kwh for run in found)
    before = None
    for run in found:
        day = run.start.date()
        drawn = [bar(run.import_usd_per_kwh, largest, _BAR_WIDTH)] if is_drawn(console) else []
        rows.add_row(
            f"{day:%Y-%m-%d %a}" if day != before else "",
            f"{run.start:%H:%M}",
            f"{run.end:%H:%M}" if run.end.date() == day else "24:00",
            price(run.import_usd_per_kwh),
            price(run.export_usd_per_kwh),
            *(Text(b, style="cyan") for b in drawn),
        )
        before = day
    put(console, rows)
    versions = ", ".join(map(str, dict.fromkeys(made.versions)))
    paragraph(console, "Made from", [f"prices effective {versions}"])
    paragraph(console, "Read it with care", [gap_words(gap) for gap in made.missing])
