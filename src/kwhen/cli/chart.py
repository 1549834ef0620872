"""Prices over time as bars of block characters: two steps a character, coloured by level."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from kwhen.cli.heatmap import RAMP
from kwhen.cli.page import is_coloured

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EIGHTHS = 8
_BARS = " ▁▂▃▄▅▆▇█"
_HALVES = (" ▗▐", "▖▄▟", "▌▙█")  # by how many halves the left and the right step fill
_HOURS_APART = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Amounts from the floor of a chart to its top, and those that colours span."""

    floor: float
    top: float
    low: float

    def eighths(self, amounts: Floats, rows_count: int) -> Ints:
        """Heights in eighths of a row; what is above the floor shows. (N,)"""
        span = (self.top - self.floor) or 1.0
        heights = np.round((amounts - self.floor) / span * rows_count * EIGHTHS)
        shown = np.where((amounts > self.floor) & (heights < 1), 1, heights)
        return np.asarray(np.clip(shown, 0, rows_count * EIGHTHS), dtype=np.int64)

    def colours(self, amounts: Floats) -> list[str]:
        """A colour for each amount, from cheap to dear; a lone level is neither."""
        span = self.top - self.low
        if span <= 0:
            return [RAMP[2]] * len(amounts)
        levels = np.round((amounts - self.low) / span * (len(RAMP) - 1)).astype(int)
        return [RAMP[level] for level in np.clip(levels, 0, len(RAMP) - 1)]


def scale(amounts: Floats) -> Scale:
    """From nothing, or from the lowest amount below it, to the highest one."""
    low, top = float(amounts.min()), float(amounts.max())
    return Scale(floor=min(low, 0.0), top=top if top > min(low, 0.0) else 1.0, low=low)


def bars(console: Console, amounts: Floats, rows_count: int, of: Scale) -> list[Text]:
    """Rows of a bar chart from the top, a character for each two steps. (N,) amounts"""
    padded = np.append(amounts, of.floor) if len(amounts) % 2 else amounts
    heights = of.eighths(padded, rows_count)
    colours = of.colours(padded) if is_coloured(console) else [""] * len(padded)
    rows = []
    for row in reversed(range(rows_count)):
        fills = np.clip(heights - row * EIGHTHS, 0, EIGHTHS).tolist()
        text = Text()
        for at in range(0, len(fills), 2):
            text.append_text(_cell(fills[at], fills[at + 1], colours[at], colours[at + 1]))
        rows.append(text)
    return rows


def _cell(left: int, right: int, left_colour: str, right_colour: str) -> Text:
    """One character of two steps, each with its height in eighths and its colour."""
    if left == right == EIGHTHS and left_colour != right_colour:
        return Text("▌", style=f"{left_colour} on {right_colour}")
    if left == right:
        return Text(_BARS[left], style=left_colour)
    colour = left_colour if left > right else right_colour
    return Text(_HALVES[_halves(left)][_halves(right)], style=colour)


def _halves(eighths: int) -> int:
    return max(1, round(eighths / 4)) if eighths else 0


def hour_axis(starts: Sequence[datetime]) -> tuple[str, str]:
    """Ticks and labels below a chart: every third hour of the clock, two steps a character."""
    ticks = ["─"] * (-(-len(starts) // 2))
    labels = [" "] * (len(ticks) + 1)
    for at, start in enumerate(starts):
        is_first = starts[at - 1].hour != start.hour if at else start.minute == 0
        if is_first and start.hour % _HOURS_APART == 0:
            ticks[at // 2] = "┴"
            labels[at // 2 : at // 2 + 2] = f"{start:%H}"
    return "".join(ticks), "".join(labels).rstrip()
