"""The price signal of a tenant's home."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from kwhen.api.homes import Home
from kwhen.api.signals import EVERY_COMPONENT, Signal, price_signal
from kwhen.engine.signal import Component
from kwhen.errors import InvalidFields
from kwhen.operations import homes
from kwhen.operations.home_values import home_value
from kwhen.operations.work import Work

QUARTER_MINUTES = 15
DEFAULT_LENGTH = timedelta(hours=24)
LONGEST = timedelta(days=366)


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
    work: Work,
    home_id: str,
    wanted: Window,
    components: Sequence[Component | str] | None = None,
) -> Signal:
    """Price signal of one home; days that no version covers take the nearest one.

    Raises
    ------
    UnknownId, InvalidFields, CoverageError, ChoiceError
    """
    home = home_value(work, homes.get_home(work, home_id))
    return for_value(work, home, wanted, components)


def for_value(
    work: Work, home: Home, wanted: Window, components: Sequence[Component | str] | None = None
) -> Signal:
    """The same of a home's value."""
    return price_signal(
        home,
        wanted.start,
        wanted.end,
        components=EVERY_COMPONENT if components is None else components,
        nearest=True,
        live=work.live,
    )
