"""Days written as ranges of hours: `"off-peak 0-16, peak 16-21, off-peak 21-24"`.

Times are local hours, to the quarter where needed (`16:15`). A day without times, `"off-peak"`,
is one period throughout.
"""

import re
from collections.abc import Sequence
from itertools import groupby

from kwhen.engine.calendar import QUARTERS_PER_DAY
from kwhen.errors import SourceError

_RANGE = re.compile(r"(?P<name>.+?) +(?P<start>\d{1,2}(?::\d\d)?)-(?P<end>\d{1,2}(?::\d\d)?)")


def day_names(text: str, where: str) -> tuple[str, ...]:
    """The period name of each quarter hour of a day, (96,).

    Raises
    ------
    SourceError
        The ranges do not cover the day from 0 to 24 without gap or overlap.
    """
    if "," not in text and not _RANGE.fullmatch(text):
        return (text,) * QUARTERS_PER_DAY
    names: list[str] = []
    for piece in text.split(","):
        match = _RANGE.fullmatch(piece.strip())
        if match is None:
            raise SourceError(f'{where}: {piece.strip()!r} is not of the form "peak 16-21"')
        start, end = _quarter(match["start"], where), _quarter(match["end"], where)
        if start != len(names) or end <= start:
            raise SourceError(
                f"{where}: {piece.strip()!r} must start where the range before it ends"
            )
        names += [match["name"]] * (end - start)
    if len(names) != QUARTERS_PER_DAY:
        raise SourceError(f"{where}: {text!r} ends at {len(names) / 4:g}, not at 24")
    return tuple(names)


def day_text(names: Sequence[str]) -> str:
    """The quarter-hourly names of a day as ranges of hours."""
    runs, at = [], 0
    for name, run in groupby(names):
        end = at + len(list(run))
        runs.append(f"{name} {_clock(at)}-{_clock(end)}")
        at = end
    return names[0] if len(runs) == 1 else ", ".join(runs)


def _quarter(text: str, where: str) -> int:
    hours, _, minutes = text.partition(":")
    quarter, rest = divmod(int(hours) * 60 + int(minutes or 0), 15)
    if rest or quarter > QUARTERS_PER_DAY:
        raise SourceError(f"{where}: {text!r} is not a quarter hour from 0 to 24")
    return quarter


def _clock(quarter: int) -> str:
    hours, quarters = divmod(quarter, 4)
    return f"{hours}:{quarters * 15:02d}" if quarters else str(hours)
