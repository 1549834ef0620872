"""The price of a first-tier kWh by month and hour of the day, as a picture of 12 rows by 24."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from kwhen.cli.page import is_coloured, price
from kwhen.operations.price_maps import PriceMap

Floats = NDArray[np.float64]

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HEADER_HOURS = 3  # an hour is named every so often
_LEGEND_COLUMNS = 4
_LEGEND_WIDTH = 18

# From cheap to dear; apart for colour-blind eyes as well.
RAMP = (
    "#2c4a9a", "#2f7fb8", "#35a7a7", "#6fc18b", "#b9d26b",
    "#f2e05c", "#f5b041", "#e67e3c", "#d0482f", "#96204a",
)  # fmt: skip
_MARKS = "abcdefghij"


def show_heat_map(console: Console, found: PriceMap) -> None:
    """Draw it: in colour, or with a letter for each price where there is none."""
    both = np.concatenate([found.weekday_usd_per_kwh, found.weekend_usd_per_kwh])
    levels = _levels(both)
    console.print(Text("Price of a kWh in the first tier, by month and hour", style="bold"))
    if found.is_same_all_week:
        _show_days(console, "every day", found.weekday_usd_per_kwh, levels)
    else:
        _show_days(console, "weekdays", found.weekday_usd_per_kwh, levels)
        _show_days(console, "weekends and holidays", found.weekend_usd_per_kwh, levels)
    _show_legend(console, levels)


def _levels(usd_per_kwh: Floats) -> list[tuple[float, float]]:
    """Ranges of price that share a colour, rising: one for each price, as long as they last."""
    prices = np.unique(usd_per_kwh)
    if len(prices) <= len(RAMP):
        return [(float(p), float(p)) for p in prices]
    parts = np.array_split(prices, len(RAMP))
    return [(float(part[0]), float(part[-1])) for part in parts]


def _show_days(
    console: Console, title: str, usd_per_kwh: Floats, levels: Sequence[tuple[float, float]]
) -> None:
    hours = "".join(f"{h:02d}".ljust(2 * _HEADER_HOURS) for h in range(0, 24, _HEADER_HOURS))
    console.print(Text(f"    {hours}{title}", style="dim"))
    for month, row in zip(MONTHS, usd_per_kwh, strict=True):
        line = Text(f"{month} ", style="dim")
        for usd in row:
            line.append_text(_cell(console, _level_of(float(usd), levels), len(levels)))
        console.print(line if is_coloured(console) else _without_end_blanks(line))


def _without_end_blanks(line: Text) -> Text:
    line.rstrip()
    return line


def _level_of(usd: float, levels: Sequence[tuple[float, float]]) -> int:
    return next(n for n, (low, high) in enumerate(levels) if low <= usd <= high)


def _cell(console: Console, level: int, count: int) -> Text:
    if not is_coloured(console):
        return Text(f"{_MARKS[level]} ")
    return Text.assemble(("  ", f"on {_colour(level, count)}"))


def _colour(level: int, count: int) -> str:
    """The colour of a level, spread over the ramp; a lone price is neither cheap nor dear."""
    if count == 1:
        return RAMP[2]
    return RAMP[round(level * (len(RAMP) - 1) / (count - 1))]


def _show_legend(console: Console, levels: Sequence[tuple[float, float]]) -> None:
    entries = []
    for level, (low, high) in enumerate(levels):
        said = price(low) if low == high else f"{low:.3f}-{high:.3f}"
        entries.append(_cell(console, level, len(levels)) + Text(f" {said}"))
    console.print(Text("    $/kWh, cheap to dear:", style="dim"))
    for start in range(0, len(entries), _LEGEND_COLUMNS):
        line = Text("    ")
        for entry in entries[start : start + _LEGEND_COLUMNS]:
            line.append_text(entry).append(" " * (_LEGEND_WIDTH - len(entry)))
        console.print(_without_end_blanks(line))
