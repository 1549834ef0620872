"""What a home uses when nobody has measured it: by a service where one is configured and
answers, else by the shipped figures, and always told which of the two.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from kwhen.api.homes import Home
from kwhen.api.signals import SourceNote
from kwhen.catalog.baseline import check_annual_kwh, default_load
from kwhen.catalog.live.home_year import HomeYear, LoadSource, SolarSource
from kwhen.catalog.places import Place
from kwhen.catalog.solar import pv_series
from kwhen.catalog.sources import source
from kwhen.engine.grid import Calendar, Grid, covering, instant, whole_days, zone_of
from kwhen.engine.shape_year import over_grid, same_date_days, same_weekday_days
from kwhen.engine.solar import SolarSystem
from kwhen.engine.words import Missing
from kwhen.errors import CoverageError, KwhenError, UsageError

Floats = NDArray[np.float64]

DAY_MINUTES = 24 * 60

S = TypeVar("S", LoadSource, SolarSource)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """What the meter of a home would count in each step, and where the figures come from.

    Import is load less solar where that is above 0, export where it is below. `notes` tells the
    source of "load" and "solar" (several ids with commas between them) and whether it is a
    fallback: a mean of the state, a neighbour's climate zone, or the shipped figures after a
    service gave none; then `missing` says what happened.
    """

    import_kwh: Floats  # (N,)
    export_kwh: Floats | None  # (N,) None without solar
    load_kwh: Floats  # (N,)
    pv_kwh: Floats | None  # (N,) None without solar
    annual_kwh: float  # load of a whole year
    step_minutes: int
    by_service: tuple[str, ...]  # "load", "solar" or both, where a service gave them
    notes: tuple[SourceNote, ...]
    missing: tuple[Missing, ...]

    @property
    def sources(self) -> tuple[str, ...]:
        """Every source of the figures, by its id in the register."""
        return tuple(dict.fromkeys(id for note in self.notes for id in note.source.split(", ")))

    @property
    def is_fallback(self) -> bool:
        """Whether some figures stand in for better ones."""
        return any(note.is_fallback for note in self.notes)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Part:
    """Load or solar over a window. `annual_kwh` is that of a whole year, of load."""

    kwh: Floats  # (N,)
    note: SourceNote
    missing: tuple[Missing, ...]
    annual_kwh: float = 0.0
    is_by_service: bool = False


def default_profile(
    home: Home,
    start: date | datetime,
    end: date | datetime,
    *,
    step_minutes: int = 15,
    calendar: str = "civil",
    load_source: LoadSource | None = None,
    solar_source: SolarSource | None = None,
) -> Profile:
    """Energy that an average home at a home's place uses, makes, takes and sends out. [kWh]

    Parameters
    ----------
    home : ZIP, utility of its plan, solar, its own energy of a year if known
    start, end : local dates of the plan or aware datetimes, half-open
    calendar : "civil" real steps, "wall" the same number of wall-clock steps each day
    load_source, solar_source : services to ask, such as those of `kwhen.catalog.live.home_year`;
        None, or no answer: the shipped figures

    Raises
    ------
    UsageError : the home has no ZIP, or the window or step is not as it should be
    CoverageError : no shipped figure stands for the place
    NotFound : its ZIP is not known
    """
    where = home.place
    if where is None:
        raise UsageError("default usage needs the ZIP of the home; give Home(zipcode=…)")
    grid = _grid(start, end, step_minutes, home.versions[-1].timezone, calendar)
    return place_profile(
        where,
        home.utility_id,
        grid,
        annual_kwh=home.annual_kwh,
        solar=home.solar,
        load_source=load_source,
        solar_source=solar_source,
    )


def place_profile(
    where: Place,
    utility_id: int | None,
    grid: Grid,
    *,
    annual_kwh: float | None = None,
    solar: SolarSystem | None = None,
    load_source: LoadSource | None = None,
    solar_source: SolarSource | None = None,
) -> Profile:
    """The same for a place without a plan; `utility_id` None: the predominant of its ZIP."""
    check_annual_kwh(annual_kwh)
    load = _load(where, utility_id, grid, annual_kwh, load_source)
    pv = None if solar is None else _solar(where, grid, solar, solar_source)
    net_kwh = load.kwh if pv is None else load.kwh - pv.kwh  # (N,)
    parts = [load] if pv is None else [load, pv]
    return Profile(
        import_kwh=np.maximum(net_kwh, 0.0),
        export_kwh=None if pv is None else np.maximum(-net_kwh, 0.0),
        load_kwh=load.kwh,
        pv_kwh=None if pv is None else pv.kwh,
        annual_kwh=load.annual_kwh,
        step_minutes=grid.step_minutes,
        by_service=tuple(part.note.component for part in parts if part.is_by_service),
        notes=tuple(part.note for part in parts),
        missing=tuple(dict.fromkeys(gap for part in parts for gap in part.missing)),
    )


def _grid(
    start: date | datetime, end: date | datetime, step_minutes: int, zone: str, calendar: str
) -> Grid:
    if calendar == Calendar.CIVIL.value:
        return covering(start, end, step_minutes, zone)
    if calendar != Calendar.WALL.value:
        raise UsageError(f"calendar is {calendar!r}; default usage takes 'civil' or 'wall'")
    first, last = _local_day(start, zone), _local_day(end, zone)
    if last <= first:
        raise UsageError(f"the window ends on {end}, which is not after its start {start}")
    count = (last - first).days * DAY_MINUTES // max(step_minutes, 1)
    return whole_days(first, count, step_minutes, zone, Calendar.WALL)


def _local_day(at: date | datetime, zone: str) -> date:
    local = instant(at, zone).astimezone(zone_of(zone))
    if local.time() != time():
        raise UsageError(f"{local.isoformat()} is no midnight; wall-clock steps fill whole days")
    return local.date()


def _load(
    where: Place,
    utility_id: int | None,
    grid: Grid,
    annual_kwh: float | None,
    service: LoadSource | None,
) -> _Part:
    year, failed = _asked("load", service, lambda service: service.load_year(where, annual_kwh))
    if year is not None:
        return _part(
            "load", year, over_grid(year.hourly_kwh, grid, where.timezone, same_weekday_days)
        )
    with _saying(failed):
        shipped = default_load(where, utility_id, grid, annual_kwh=annual_kwh)
    return _Part(
        kwh=shipped.kwh,
        note=SourceNote(
            component="load",
            source=", ".join(shipped.sources),
            vintage="; ".join(source(id).edition for id in shipped.sources),
            is_fallback=shipped.is_fallback or bool(failed),
        ),
        missing=failed + shipped.missing,
        annual_kwh=shipped.annual_kwh,
    )


def _solar(where: Place, grid: Grid, system: SolarSystem, service: SolarSource | None) -> _Part:
    year, failed = _asked("solar", service, lambda service: service.solar_year(where, system))
    if year is not None:
        return _part(
            "solar", year, over_grid(year.hourly_kwh, grid, where.timezone, same_date_days)
        )
    with _saying(failed):
        shipped = pv_series(where, grid, system)
    return _Part(
        kwh=shipped.kwh,
        note=SourceNote(
            component="solar",
            source=shipped.source,
            vintage=shipped.vintage,
            is_fallback=shipped.is_fallback or bool(failed),
        ),
        missing=failed + shipped.missing,
    )


def _part(component: str, year: HomeYear, energy_kwh: Floats) -> _Part:
    note = SourceNote(component=component, source=year.source, vintage=year.vintage)
    return _Part(
        kwh=energy_kwh,
        note=note,
        missing=year.missing,
        annual_kwh=float(year.hourly_kwh.sum()),
        is_by_service=True,
    )


def _asked(
    component: str, service: S | None, ask: Callable[[S], HomeYear]
) -> tuple[HomeYear | None, tuple[Missing, ...]]:
    """What a service answers; where it does not, the gap that says why."""
    if service is None:
        return None, ()
    try:
        return ask(service), ()
    except (KwhenError, OSError) as error:  # OSError: the cache cannot be written
        said = str(error).removeprefix(f"{service.name}: ")
        note = f"{service.name} gave none, the shipped figures stand in: {said}"
        return None, (Missing(name=f"{component}_service", note=note),)


@contextmanager
def _saying(failed: tuple[Missing, ...]) -> Iterator[None]:
    """Where no figure is shipped either, the error tells what the service said."""
    try:
        yield
    except CoverageError as error:
        raise CoverageError("; ".join([str(error), *(gap.note for gap in failed)])) from error
