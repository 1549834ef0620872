"""One column of readings, as every reader of a format hands it to `assemble`."""

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# No home or building draws more in an hour; beyond it the unit or the column is wrong.
MOST_KWH = 100_000.0
# Ten years of 5-minute rows, the most that `assemble` takes.
MOST_ROWS = 1_100_000


class Flow(Enum):
    """Which way the energy of a channel goes, seen from the home."""

    IMPORT = "import"
    EXPORT = "export"
    NET = "net"  # below zero is export


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Channel:
    """Readings of one flow, in the order of the file.

    `start_s` counts seconds from 1970: of UTC, or of the wall clock when `is_wall`.
    A blank cell is NaN: the reading is missing. `line` is where it stands in the file.
    """

    flow: Flow
    start_s: Ints  # (M,)
    duration_s: Ints  # (M,)
    energy_kwh: Floats  # (M,)
    line: Ints  # (M,)
    is_estimated: Bools  # (M,)
    is_wall: bool
    place: str = "line"  # what `line` counts: "line" or "row"

    def __len__(self) -> int:
        return len(self.start_s)

    def take(self, rows: Ints | Bools) -> "Channel":
        """The readings picked by a mask or by positions."""
        return Channel(
            flow=self.flow,
            start_s=self.start_s[rows],
            duration_s=self.duration_s[rows],
            energy_kwh=self.energy_kwh[rows],
            line=self.line[rows],
            is_estimated=self.is_estimated[rows],
            is_wall=self.is_wall,
            place=self.place,
        )

    def where(self, index: int) -> str:
        """How an error names one reading: "line 12"."""
        return f"{self.place} {self.line[index]}"


def check_energy(channel: Channel, name: str) -> Channel:
    """The channel without its blank readings.

    Raises
    ------
    UsageError
        A reading is beyond ±100,000 kWh, or below zero in a column that is not net.
    """
    filled = channel.take(~np.isnan(channel.energy_kwh))
    least_kwh = -MOST_KWH if channel.flow is Flow.NET else 0.0
    wrong = (filled.energy_kwh < least_kwh) | (filled.energy_kwh > MOST_KWH)
    if wrong.any():
        first = int(np.argmax(wrong))
        raise UsageError(
            f"{filled.where(first)}: {name} is {filled.energy_kwh[first]:g} kWh; allowed are "
            f"{least_kwh:g} to {MOST_KWH:g}. Only a net column may go below zero: "
            "name it net_kwh in a plain CSV"
        )
    return filled
