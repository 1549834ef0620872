"""The price signal of a tenant's home."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kwhen.api.homes import Home
from kwhen.api.signals import EVERY_COMPONENT, Signal, price_signal
from kwhen.catalog.live.store import SeriesStore
from kwhen.engine.kept import kept
from kwhen.engine.signal import Component
from kwhen.errors import InvalidFields
from kwhen.haste import take_time
from kwhen.operations import homes
from kwhen.operations.home_values import home_value
from kwhen.operations.work import Work
from kwhen.wire.price_signal import signal_bytes, signal_rest

QUARTER_MINUTES = 15
DEFAULT_LENGTH = timedelta(hours=24)
LONGEST = timedelta(days=366)
ANSWERS_KEPT_MIB = 4  # an answer of a day is about 8 kB


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch of time, half-open, in UTC."""

    start: datetime
    end: datetime


def window(start: datetime | None, end: datetime | None, now: datetime) -> Window:
    """The window that was asked for; else 24 h from the current quarter hour.

    Raises
    ------
    InvalidFields
    """
    if start is None and end is None:
        quarter = now.replace(
            minute=now.minute // QUARTER_MINUTES * QUARTER_MINUTES, second=0, microsecond=0
        )
        return Window(start=quarter, end=quarter + DEFAULT_LENGTH)
    if start is None or end is None:
        lacking = "startTime" if start is None else "endTime"
        raise InvalidFields.one(lacking, "startTime and endTime go together; give both or neither")
    if end <= start:
        raise InvalidFields.one("endTime", "must lie after startTime")
    if end - start > LONGEST:
        raise InvalidFields.one("endTime", f"must lie within {LONGEST.days} days of startTime")
    return Window(start=start, end=end)


def for_home(
    work: Work, home_id: str, wanted: Window, components: Sequence[str] | None = None
) -> Signal:
    """Price signal of one home; days that no version covers take the nearest one.

    Raises
    ------
    UnknownId, InvalidFields, CoverageError, ChoiceError
    """
    home = home_value(work, homes.get_home(work, home_id))
    return _signal(home, wanted, _chosen(components), work.live)


def answer_for_home(
    work: Work,
    home_id: str,
    wanted: Window,
    components: Sequence[str] | None = None,
    include: Collection[str] | None = None,
) -> bytes:
    """The same as it is answered.

    Raises
    ------
    UnknownId, InvalidFields, CoverageError, ChoiceError
    """
    home = home_value(work, homes.get_home(work, home_id))
    return answer_for_value(work, home_id, home, wanted, components, include)


def answer_for_value(
    work: Work,
    home_id: str,
    home: Home,
    wanted: Window,
    components: Sequence[str] | None = None,
    include: Collection[str] | None = None,
) -> bytes:
    """The answer for a home's value; homes that are alike share it while the facts stay."""
    return signal_bytes(home_id, rest_for_value(work, home, wanted, components, include))


def rest_for_value(
    work: Work,
    home: Home,
    wanted: Window,
    components: Sequence[str] | None = None,
    include: Collection[str] | None = None,
) -> bytes:
    """The answer for a home's value without its id; `signal_bytes` puts that before it."""
    chosen, more = _chosen(components), frozenset(include or ())
    live = work.live
    if home.history is not None:
        return signal_rest(_signal(home, wanted, chosen, live), more)
    state = None if live is None else live.folder.stat().st_mtime_ns
    return _shared(home, wanted, chosen, more, live, state)


def signal_for_value(work: Work, home: Home, wanted: Window) -> Signal:
    """Price signal of a home's value, with every component."""
    return _signal(home, wanted, EVERY_COMPONENT, work.live)


@kept(ANSWERS_KEPT_MIB)
def _shared(
    home: Home,
    wanted: Window,
    chosen: frozenset[Component],
    include: frozenset[str],
    live: SeriesStore | None,
    state: int | None,
) -> bytes:
    """`state` of the live figures is part of the key alone."""
    return signal_rest(_signal(home, wanted, chosen, live), include)


def _chosen(components: Sequence[str] | None) -> frozenset[Component]:
    return EVERY_COMPONENT if components is None else frozenset(map(Component, components))


def _signal(
    home: Home, wanted: Window, chosen: frozenset[Component], live: SeriesStore | None
) -> Signal:
    take_time()
    return price_signal(home, wanted.start, wanted.end, components=chosen, nearest=True, live=live)
