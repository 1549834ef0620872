"""What a reader hands back: 15-minute energy of one home, and what is doubtful about it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import UsageError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

Fill = Literal["error", "zero", "mean"]

STEP_MINUTES: Final = 15
SECONDS_PER_MINUTE: Final = 60
NOT_READ: Final = ("missing", "missing export")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A run of missing or doubtful intervals, half-open [start, end), aware datetimes.

    `reason` is one of `missing`, `missing export`, `estimated` (read, but the utility did
    not measure it) and `partial day` (trimmed from the edge, not part of the answer).
    """

    start: datetime
    end: datetime
    reason: str

    def __str__(self) -> str:
        return f"{self.start:%Y-%m-%d %H:%M %Z} to {self.end:%Y-%m-%d %H:%M %Z} ({self.reason})"


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Usage:
    """Metered energy of one home over whole local days, in real elapsed steps.

    A local day has 96 steps, 92 when the clock springs forward and 100 when it falls back.
    Arrays are read-only; `export_kwh` is None when the file has no export.
    """

    start: datetime
    step_minutes: int
    import_kwh: Floats  # (N,) [kWh per step], ≥ 0
    export_kwh: Floats | None  # (N,) [kWh per step], ≥ 0
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    format: str

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise UsageError(f"start must be aware, got {self.start}; give it the home's zone")
        for name, energy_kwh in (("import_kwh", self.import_kwh), ("export_kwh", self.export_kwh)):
            if energy_kwh is None:
                continue
            if energy_kwh.shape != self.import_kwh.shape or energy_kwh.ndim != 1:
                raise UsageError(f"{name} must be (N,) as import_kwh is, got {energy_kwh.shape}")
            if not np.all((energy_kwh >= 0) & np.isfinite(energy_kwh)):
                raise UsageError(f"{name} must be finite and ≥ 0 kWh; fill gaps and net first")
            energy_kwh.setflags(write=False)

    @property
    def end(self) -> datetime:
        """The instant after the last step, in the zone of `start`."""
        elapsed = timedelta(minutes=self.step_minutes) * len(self.import_kwh)
        return (self.start.astimezone(UTC) + elapsed).astimezone(self.start.tzinfo)

    def read_steps(self) -> Bools:
        """Which steps a meter told; the others were filled in. (N,)"""
        is_read = np.ones(len(self.import_kwh), dtype=bool)
        for gap in self.gaps:
            if gap.reason in NOT_READ:
                is_read[self._step_at(gap.start) : self._step_at(gap.end)] = False
        return is_read

    def _step_at(self, at: datetime) -> int:
        seconds = at.timestamp() - self.start.timestamp()
        return max(round(seconds / (self.step_minutes * SECONDS_PER_MINUTE)), 0)
