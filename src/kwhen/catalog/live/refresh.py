"""Bringing the store up to date: every source for itself, failures told, nothing held lost."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import partial

from kwhen.catalog.http import Web
from kwhen.catalog.live import caiso, ercot, nyiso, other, sgip, watttime
from kwhen.catalog.live.log import LastTry, note_tries
from kwhen.catalog.live.login import Login
from kwhen.catalog.live.series import Kind, Point, Series
from kwhen.catalog.live.settings import MARKETS, LiveSettings
from kwhen.catalog.live.store import SeriesStore
from kwhen.errors import KwhenError

Progress = Callable[[int, int], None]
Pieces = Iterable[tuple[Series, ...]]
DEFAULT_NAMES = {caiso.GROUP: caiso.NODES, nyiso.GROUP: nyiso.ZONES, ercot.GROUP: ercot.POINTS}


class Outcome(StrEnum):
    """What became of a point or a source."""

    REFRESHED = "refreshed"
    NOTHING = "nothing"  # the source has no values for these days (yet)
    FAILED = "failed"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a report: a point, or a source where it failed or is off.

    `changed_count` steps are new or changed. `note` says why it failed, or what switches it on.
    """

    name: str
    outcome: Outcome
    kind: Kind | None = None
    step_count: int = 0
    changed_count: int = 0
    first_s: int | None = None
    end_s: int | None = None
    fetched_s: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshReport:
    """What a refresh did, in the order in which it was done."""

    rows: tuple[Row, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing failed."""
        return all(row.outcome is not Outcome.FAILED for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One source: what it is asked for, and the pieces in which it comes."""

    name: str
    kind: Kind
    points: tuple[Point, ...]
    pieces: Callable[[], Pieces]


@dataclass(slots=True)
class _Sum:
    """What came of one point so far."""

    step_count: int = 0
    changed_count: int = 0
    first_s: int | None = None
    end_s: int | None = None
    fetched_s: float = field(default=float("-inf"))

    def add(self, series: Series, changed_count: int) -> None:
        first_s = int(series.start_epoch_s[0])
        end_s = int(series.start_epoch_s[-1]) + series.step_s
        self.step_count += len(series.values)
        self.changed_count += changed_count
        self.first_s = first_s if self.first_s is None else min(self.first_s, first_s)
        self.end_s = end_s if self.end_s is None else max(self.end_s, end_s)
        self.fetched_s = max(self.fetched_s, series.fetched_s)


def refresh_markets(
    points: Sequence[Point],
    days: tuple[date, date],
    settings: LiveSettings,
    store: SeriesStore,
    web: Web,
    progress: Progress | None = None,
) -> RefreshReport:
    """Ask for day-ahead prices on the local days [first, end) and keep what comes.

    Parameters
    ----------
    points
        Where. Those of a market that is not switched on are left out; for a market without any,
        every zone that is known of it.
    progress
        Told the number of points done and of all.
    """
    off = [_off(group, _MARKET_OFF) for group in MARKETS if group not in settings.markets]
    jobs, refused = [], []
    for group in settings.markets:
        names = tuple(dict.fromkeys(point.name for point in points if point.group == group))
        names = names or DEFAULT_NAMES.get(group, ())
        if names:
            jobs.append(_market_job(group, names, days, settings, web))
        else:
            note = f"name its points in KWHEN_POINTS, as {group}/NAME"
            refused.append(Row(name=group, outcome=Outcome.FAILED, note=note))
    done = (*_run(jobs, store, progress), *refused)
    _note(store, done, web)
    return RefreshReport(rows=(*done, *off))


def _market_job(
    group: str, names: tuple[str, ...], days: tuple[date, date], settings: LiveSettings, web: Web
) -> _Job:
    account = settings.ercot_account
    ways: Mapping[str, Callable[[], Pieces]] = {
        caiso.GROUP: lambda: caiso.fetch(web, names, *days, base_url=settings.caiso_url),
        nyiso.GROUP: lambda: nyiso.fetch(web, names, *days, base_url=settings.nyiso_url),
        ercot.GROUP: lambda: (
            ercot.fetch(web, names, *days, files_url=settings.ercot_url)
            if account is None
            else ercot.fetch_api(web, account, names, *days)
        ),
    }
    return _Job(
        name=group,
        kind=Kind.DAY_AHEAD_PRICE,
        points=tuple(Point(group=group, name=name) for name in names),
        pieces=ways.get(group, lambda: other.fetch(group, names, *days, clock=web.clock)),
    )


def refresh_carbon(
    days: tuple[date, date],
    settings: LiveSettings,
    store: SeriesStore,
    web: Web,
    progress: Progress | None = None,
) -> RefreshReport:
    """Ask for marginal emissions on UTC days [first, end), and WattTime's forecast from now on."""
    jobs = [*_watttime_jobs(days, settings, web), *_sgip_jobs(days, settings, web)]
    off = [
        _off(name, words)
        for name, account, words in (
            (watttime.GROUP, settings.watttime_account, _WATTTIME_OFF),
            (sgip.GROUP, settings.sgip_account, _SGIP_OFF),
        )
        if account is None
    ]
    done = tuple(_run(jobs, store, progress))
    _note(store, done, web)
    return RefreshReport(rows=(*done, *off))


def _note(store: SeriesStore, rows: Iterable[Row], web: Web) -> None:
    """Keep for those who look later how each row went."""
    at_s = web.clock()
    tries = [
        LastTry(name=row.name, at_s=at_s, is_good=row.outcome is not Outcome.FAILED, note=row.note)
        for row in rows
    ]
    with suppress(OSError):  # of a folder that cannot be written to, which the rows tell
        note_tries(store.folder, tries)


def _watttime_jobs(days: tuple[date, date], settings: LiveSettings, web: Web) -> Iterator[_Job]:
    account = settings.watttime_account
    if account is None:
        return
    login = account.login(web)
    for region in settings.watttime_regions:
        point = Point(group=watttime.GROUP, name=region)
        yield _Job(
            name=str(point),
            kind=Kind.CARBON,
            points=(point,),
            pieces=partial(watttime.fetch, web, account, login, region, *days),
        )
        yield _Job(
            name=str(point),
            kind=Kind.CARBON_FORECAST,
            points=(point,),
            pieces=partial(_forecast, web, account, login, region),
        )


def _forecast(web: Web, account: watttime.Account, login: Login, region: str) -> Pieces:
    yield watttime.fetch_forecast(web, account, login, region)


def _sgip_jobs(days: tuple[date, date], settings: LiveSettings, web: Web) -> Iterator[_Job]:
    account = settings.sgip_account
    if account is None:
        return
    login = account.login(web)
    for region in settings.sgip_regions:
        point = Point(group=sgip.GROUP, name=region)
        yield _Job(
            name=str(point),
            kind=Kind.CARBON,
            points=(point,),
            pieces=partial(sgip.fetch, web, account, login, region, *days),
        )


_MARKET_OFF = "add it to KWHEN_MARKETS, or name it with --iso"
_WATTTIME_OFF = "set KWHEN_WATTTIME_USER and KWHEN_WATTTIME_PASSWORD"
_SGIP_OFF = "set KWHEN_SGIP_USER and KWHEN_SGIP_PASSWORD"


def _off(name: str, note: str) -> Row:
    return Row(name=name, outcome=Outcome.OFF, note=note)


def _run(jobs: Sequence[_Job], store: SeriesStore, progress: Progress | None) -> Iterator[Row]:
    total, done = sum(len(job.points) for job in jobs), 0
    tell = progress or (lambda done, total: None)
    tell(0, total)
    for job in jobs:
        yield from _job_rows(job, store)
        done += len(job.points)
        tell(done, total)


def _job_rows(job: _Job, store: SeriesStore) -> Iterator[Row]:
    """The rows of one source: its points, and its failure, which stops no other source."""
    sums = {point: _Sum() for point in job.points}
    failed: dict[Point | None, str] = {}
    try:
        for piece in job.pieces():
            for series in piece:
                try:
                    changed_count = store.merge(series)
                    sums.setdefault(series.point, _Sum()).add(series, changed_count)
                except (KwhenError, OSError) as error:  # one damaged file, not the others
                    failed[series.point] = _words(error)
    except (KwhenError, OSError) as error:
        failed[None] = _words(error)
    for point, found in sums.items():
        if point in failed or (None in failed and not found.step_count):
            continue
        yield _point_row(job, point, found)
    for where, note in failed.items():
        name = job.name if where is None else str(where)
        yield Row(name=name, kind=job.kind, outcome=Outcome.FAILED, note=note)


def _point_row(job: _Job, point: Point, found: _Sum) -> Row:
    if not found.step_count:
        note = "the source has no values for these days"
        return Row(name=str(point), kind=job.kind, outcome=Outcome.NOTHING, note=note)
    return Row(
        name=str(point),
        kind=job.kind,
        outcome=Outcome.REFRESHED,
        step_count=found.step_count,
        changed_count=found.changed_count,
        first_s=found.first_s,
        end_s=found.end_s,
        fetched_s=found.fetched_s,
    )


def _words(error: Exception) -> str:
    return " ".join(str(error).split())
