"""The options that commands share, and how a date on the command line is read."""

from datetime import date
from typing import Annotated, get_args

import typer

from kwhen.engine.words import Customer
from kwhen.errors import CoverageError
from kwhen.usage.values import Fill as Fill_

FILLS = get_args(Fill_)


def read_day(text: str) -> date:
    """A date as it is written in ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date; write it as 2026-04-01") from None


def _known_fill(text: str) -> str:
    """One of the ways to treat missing intervals."""
    if text not in FILLS:
        raise typer.BadParameter(f"{text!r} is none of {', '.join(FILLS)}")
    return text


Json = Annotated[
    bool, typer.Option("--json", metavar="", help="One JSON document instead of tables.")
]
Plan = Annotated[
    str,
    typer.Option("--plan", metavar="KEY", help="Key or id of a plan, as `kwhen plans` lists them."),
]
UsageFile = Annotated[
    str,
    typer.Option(
        "--usage",
        metavar="FILE",
        help="Green Button XML, a utility's CSV export, plain CSV or Parquet; "
        "`demo` is the year that ships with kwhen.",
    ),
]
Meter = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="Which meter, for a file that holds several."),
]
First = Annotated[
    date | None,
    typer.Option("--from", parser=read_day, metavar="DATE", help="First day; else the file's."),
]
End = Annotated[
    date | None,
    typer.Option("--to", parser=read_day, metavar="DATE", help="The day after the last one."),
]
Territory = Annotated[
    str | None, typer.Option(metavar="CODE", help="Baseline territory, such as T.")
]
Heating = Annotated[
    str | None, typer.Option(metavar="CODE", help="Heating code: B basic, H all electric.")
]
LowIncome = Annotated[
    str | None, typer.Option(metavar="NAME", help="Low-income programme, such as CARE.")
]
Rule = Annotated[
    str | None,
    typer.Option(
        "--export-rule",
        metavar="NAME",
        help="How export is paid: NEM2, NBT, NBT25, NONE, …; else the rule open to new homes.",
    ),
]
Interconnected = Annotated[
    date | None,
    typer.Option(
        "--interconnection-date",
        parser=read_day,
        metavar="DATE",
        help="When the solar system was connected: chooses the rule's vintage.",
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict", metavar="", help="Refuse days that no version of the plan covers."),
]
AsCsv = Annotated[bool, typer.Option("--csv", metavar="", help="Every step as CSV.")]
Fill = Annotated[
    str,
    typer.Option(
        metavar="HOW",
        callback=_known_fill,
        help="Missing intervals: error refuses, zero or mean fills them.",
    ),
]


def strictly(error: CoverageError) -> CoverageError:
    """The same refusal, with what the command line offers instead."""
    what = str(error).split(". Choose")[0]
    return CoverageError(f"{what}. Choose other dates, or leave --strict out: the nearest serves")


def customer(
    territory: str | None = None,
    heating: str | None = None,
    low_income: str | None = None,
    export_rule: str | None = None,
    interconnection_date: date | None = None,
) -> Customer:
    """The customer of the options; codes may be written in lower case."""
    return Customer(
        territory=territory.upper() if territory else None,
        heating=heating.upper() if heating else None,
        low_income=low_income,
        export_rule=export_rule,
        interconnection_date=interconnection_date,
    )
