"""`kwhen usage default`: what a home uses when nobody has measured it, as a file to read again."""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, TextIO
from zoneinfo import ZoneInfo

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from kwhen.api import profiles
from kwhen.api.profiles import place_profile
from kwhen.catalog.live.home_year import load_source, solar_source
from kwhen.catalog.live.settings import read_settings
from kwhen.catalog.places import Place, place, utility
from kwhen.cli import homes, options
from kwhen.cli.homes import place_words, solar_words
from kwhen.cli.kinds import gap_documents, gap_words
from kwhen.cli.live import live_web, progress_bar
from kwhen.cli.page import (
    Document,
    bar,
    days,
    emit,
    is_drawn,
    number,
    page,
    paragraph,
    prose,
    put,
    table,
)
from kwhen.config import environment
from kwhen.engine.cycles import calendar_months
from kwhen.engine.grid import Grid, covering, instant
from kwhen.engine.impact import by_cycle
from kwhen.engine.solar import SolarSystem
from kwhen.errors import UsageError

EXAMPLE = "kwhen usage default --zip 94107 --year 2025 --solar-kw 4 --out usage.csv"
_STEP_MINUTES = 15
_DECIMALS = 6  # a thousandth of a Wh
_BAR_WIDTH = 20
_SERVICE_GAPS = ("load_service", "solar_service")
_STANDS_IN = {  # what a figure is that stands in, where no service failed
    "load": "its mean is of the state: the utility reports none",
    "solar": "its yields are those of the nearest climate zone",
}

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """The default usage of a place over the local days [first, end)."""

    where: Place
    solar: SolarSystem | None
    first: date
    end: date
    grid: Grid
    usage: profiles.Profile

    @property
    def export_kwh(self) -> Floats:
        """Energy sent out; none without solar. (N,)"""
        found = self.usage.export_kwh
        return np.zeros(self.grid.count) if found is None else found


def default(
    zipcode: homes.Zip,
    year: Annotated[
        int | None,
        typer.Option(
            min=1990, max=2098, metavar="YEAR", help="Which year; else the last whole one."
        ),
    ] = None,
    first: Annotated[
        date | None,
        typer.Option(
            "--from", parser=options.read_day, metavar="DATE", help="First day, for part of a year."
        ),
    ] = None,
    end: options.End = None,
    annual_kwh: homes.AnnualKwh = None,
    solar_kw: homes.SolarKw = None,
    tilt: homes.Tilt = None,
    azimuth: homes.Azimuth = None,
    utility_id: Annotated[
        int | None,
        typer.Option(metavar="ID", help="EIA id of its utility; else the predominant of the ZIP."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write the CSV; else standard output."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write the usage of an average home as CSV: start, import_kwh, export_kwh."""
    if utility_id is not None:
        utility(utility_id)  # an id that nobody has is refused
    made = profile(
        place(zipcode),
        year_or_days(year, first, end),
        annual_kwh=annual_kwh,
        solar=homes.solar_system(solar_kw, tilt_deg=tilt, azimuth_deg=azimuth),
        utility_id=utility_id,
    )
    if out is not None or not json:
        with _opened(out) as file:
            _write_csv(made, file)
    if json:
        emit(_document(made, out))
    else:
        _show(page(stderr=out is None), made, out)


def profile(
    where: Place,
    window: tuple[date, date],
    *,
    annual_kwh: float | None = None,
    solar: SolarSystem | None = None,
    utility_id: int | None = None,
    zone: str | None = None,
) -> Profile:
    """The default usage of a place over local days: of that place, or of a zone.

    Services that are configured are asked; one that gives nothing is told on standard error.
    """
    first, end = window
    zone = zone or where.timezone
    grid = covering(instant(first, zone), instant(end, zone), _STEP_MINUTES, zone)
    settings = read_settings(environment())
    web = live_web(settings)
    with progress_bar("making the usage"):
        usage = place_profile(
            where,
            utility_id,
            grid,
            annual_kwh=annual_kwh,
            solar=solar,
            load_source=load_source(settings, web),
            solar_source=solar_source(settings, web),
        )
    for gap in usage.missing:
        if gap.name in _SERVICE_GAPS:
            print("kwhen:", gap_words(gap), file=sys.stderr)
    return Profile(where=where, solar=solar, first=first, end=end, grid=grid, usage=usage)


def source_words(usage: profiles.Profile) -> list[str]:
    """Which figures were used, one sentence for the load and one for the solar."""
    failed = {gap.name for gap in usage.missing}
    found = []
    for note in usage.notes:
        vintage = note.vintage if note.component in usage.by_service else "shipped figures"
        has_failed = f"{note.component}_service" in failed
        state = "for want of an answer" if has_failed else _STANDS_IN[note.component]
        parts = (f"{note.component}: {note.source}", vintage, state * note.is_fallback)
        found.append(", ".join(filter(None, parts)))
    return found


def care_words(usage: profiles.Profile) -> list[str]:
    """What is doubtful about it; services that gave nothing were told already."""
    return [gap_words(gap) for gap in usage.missing if gap.name not in _SERVICE_GAPS]


def year_or_days(year: int | None, first: date | None, end: date | None) -> tuple[date, date]:
    """A whole year, or the days that are given."""
    if first is None and end is None:
        chosen = year or datetime.now(UTC).year - 1
        return date(chosen, 1, 1), date(chosen + 1, 1, 1)
    if year is not None:
        raise typer.BadParameter("give either --year, or --from and --to")
    if first is None or end is None:
        raise typer.BadParameter("--from and --to go together; --to is the day after the last one")
    if first >= end:
        raise UsageError(
            f"--from {first} and --to {end}: no day lies between them; --to is the day after the "
            "last one"
        )
    return first, end


@contextmanager
def _opened(out: Path | None) -> Iterator[TextIO]:
    if out is None:
        yield sys.stdout
        return
    with out.expanduser().open("w", encoding="utf-8", newline="") as file:
        yield file


def _write_csv(made: Profile, file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("start", "import_kwh", "export_kwh"))
    writer.writerows(zip(_starts(made), *_rounded(made), strict=True))


def _starts(made: Profile) -> Iterator[str]:
    """Local start of every step, with its offset."""
    zone, step = ZoneInfo(made.grid.zone), timedelta(minutes=_STEP_MINUTES)
    begin = instant(made.first, made.grid.zone)
    return ((begin + n * step).astimezone(zone).isoformat() for n in range(made.grid.count))


def _rounded(made: Profile) -> tuple[list[float], list[float]]:
    found = (np.round(made.usage.import_kwh, _DECIMALS), np.round(made.export_kwh, _DECIMALS))
    return found[0].tolist(), found[1].tolist()


def _document(made: Profile, out: Path | None) -> Document:
    """What was made; with the series where no file holds them. `end` is exclusive."""
    usage = made.usage
    import_kwh, export_kwh = _rounded(made)
    series = {"import_kwh": import_kwh, "export_kwh": export_kwh} if out is None else {}
    return {
        "file": None if out is None else str(out),
        "zipcode": made.where.zipcode,
        "timezone": made.where.timezone,
        "start": made.first,
        "end": made.end,
        "step_minutes": _STEP_MINUTES,
        "annual_kwh": usage.annual_kwh,
        "is_fallback": usage.is_fallback,
        "solar_kw": made.solar.system_size_kw if made.solar else None,
        "total_load_kwh": round(float(usage.load_kwh.sum()), 3),
        "total_pv_kwh": None if usage.pv_kwh is None else round(float(usage.pv_kwh.sum()), 3),
        "total_import_kwh": round(float(usage.import_kwh.sum()), 3),
        "total_export_kwh": round(float(made.export_kwh.sum()), 3),
        "sources": list(usage.sources),
        "components": [asdict(note) for note in usage.notes],
        "missing": gap_documents(usage.missing),
        **series,
    }


def _show(console: Console, made: Profile, out: Path | None) -> None:
    usage = made.usage
    title = (f"{days(made.first, made.end)}", "bold")
    console.print(Text.assemble(title, f"  {place_words(made.where)}"))
    solar = "" if made.solar is None else f", {solar_words(made.solar).split(',')[0]}"
    home = "a modelled home" if "load" in usage.by_service else "an average home"
    prose(console, f"{home} of {number(usage.annual_kwh)} kWh a year{solar}", "dim")
    console.print()
    _show_months(console, made)
    if out is not None:
        console.print()
        prose(console, f"Written to {out}; `--usage {out}` reads it.")
    paragraph(console, "Made from", source_words(usage))
    paragraph(console, "Read it with care", care_words(usage))


def _show_months(console: Console, made: Profile) -> None:
    """Energy by month: used, made, taken and sent out."""
    usage = made.usage
    columns = {"Used kWh": usage.load_kwh}
    if usage.pv_kwh is not None:
        columns |= {"Solar": usage.pv_kwh, "Imported": usage.import_kwh}
        columns["Exported"] = made.export_kwh
    months = calendar_months(made.grid)
    sums = [by_cycle(made.grid, months, kwh) for kwh in columns.values()]
    headings = [(heading, "number") for heading in columns]
    rows = table(console, ("Month", "key"), *headings, ("", "bar"))
    largest = max(float(sums[0].max()), 0.0)
    for at, day in enumerate(months.first_day[:-1].tolist()):
        drawn = [bar(float(sums[0][at]), largest, _BAR_WIDTH)] if is_drawn(console) else []
        cells = (number(float(column[at])) for column in sums)
        rows.add_row(f"{made.grid.date_of(day):%Y-%m}", *cells, *(Text(b, "cyan") for b in drawn))
    rows.add_section()
    rows.add_row("Total", *(number(float(column.sum())) for column in sums), style="bold")
    put(console, rows)
