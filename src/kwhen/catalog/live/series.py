"""A series: values of one pricing point or region at UTC steps, and where they came from."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from kwhen.errors import SourceError

HOUR_S = 3600
FIVE_MINUTES_S = 300
LB_PER_KG = 2.2046226218487757  # 1 lb = 0.45359237 kg by definition
# Beyond every cap and floor of a US market (5 $/kWh in ERCOT, once 9), and of any generator.
_MOST = {"usd_per_kwh": 100.0, "lb_per_mwh": 20_000.0}

Readings = Mapping[str, Mapping[int, float]]  # point or region → start of step [epoch s] → value


class Kind(StrEnum):
    """What a series tells. Prices are $/kWh, carbon is lb CO2 per MWh at the generator."""

    DAY_AHEAD_PRICE = "day_ahead_price"
    REAL_TIME_PRICE = "real_time_price"
    CARBON = "carbon"
    CARBON_FORECAST = "carbon_forecast"

    @property
    def unit(self) -> str:
        """The suffix of its unit, as in `kwhen.units`."""
        return "usd_per_kwh" if self.value.endswith("price") else "lb_per_mwh"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Point:
    """Where a price holds or a grid emits: "CAISO/DLAP_PGAE-APND", "WATTTIME/CAISO_NORTH"."""

    group: str  # the market, or who computes the signal
    name: str  # the node, zone, settlement point or region, as the publisher writes it

    def __post_init__(self) -> None:
        if not self.group or not self.name or "/" in self.group:
            raise SourceError(f"{self.group!r}/{self.name!r} is no point; give GROUP/NAME")

    def __str__(self) -> str:
        return f"{self.group}/{self.name}"


def read_point(text: str) -> Point:
    """A point as it is written: "CAISO/DLAP_PGAE-APND".

    Raises
    ------
    SourceError
        It has no group or no name.
    """
    group, _, name = text.strip().partition("/")
    return Point(group=group.strip().upper(), name=name.strip())


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Series:
    """Values of one point, each for the step that begins at its instant.

    Steps may be missing. `source` is an id of the sources register, `market` the run or signal
    in it, `fetched_s` when it was asked for.
    """

    kind: Kind
    point: Point
    step_s: int
    start_epoch_s: NDArray[np.int64]  # (N,) rising
    values: NDArray[np.float64]  # (N,) in the unit of the kind
    source: str
    market: str
    fetched_s: float

    def __post_init__(self) -> None:
        start, most = self.start_epoch_s, _MOST[self.kind.unit]
        if start.shape != self.values.shape or start.ndim != 1 or self.step_s <= 0:
            raise SourceError(f"{self.point}: {start.shape} instants, {self.values.shape} values")
        if np.any(start % self.step_s != 0) or np.any(np.diff(start) <= 0):
            raise SourceError(f"{self.point}: steps that are not whole {self.step_s} s, or twice")
        if not np.all(np.abs(self.values) <= most):  # NaN is not either
            raise SourceError(f"{self.point}: a value that is no number or beyond ±{most:g}")


def series_of(
    readings: Readings,
    group: str,
    *,
    kind: Kind,
    step_s: int,
    source: str,
    market: str,
    fetched_s: float,
) -> tuple[Series, ...]:
    """What a source read as series, one a point, by name.

    Raises
    ------
    SourceError
        A value is beyond belief, or an instant is not at a step.
    """
    return tuple(
        Series(
            kind=kind,
            point=Point(group=group, name=name),
            step_s=step_s,
            start_epoch_s=np.array(sorted(by_instant), dtype=np.int64),
            values=np.array([by_instant[at] for at in sorted(by_instant)], dtype=np.float64),
            source=source,
            market=market,
            fetched_s=fetched_s,
        )
        for name, by_instant in sorted(readings.items())
        if by_instant
    )


class Collector:
    """Readings as rows come in: the same row twice is one, a contradiction is refused."""

    def __init__(self, source: str) -> None:
        self._source = source
        self.readings: dict[str, dict[int, float]] = {}

    def add(self, name: str, epoch_s: int, text: str | float, scale: float) -> None:
        """One value, as the publisher writes it.

        Raises
        ------
        SourceError
            It is no finite number, or differs from an earlier row of the same step.
        """
        value = number(text, self._source) * scale
        held = self.readings.setdefault(name, {}).setdefault(epoch_s, value)
        if held != value:
            raise SourceError(
                f"{self._source}: {name} has two values for one step, {held:g} and {value:g}"
            )


def number(text: object, source: str) -> float:
    """A finite number from a text or a JSON number.

    Raises
    ------
    SourceError
        It is neither.
    """
    try:
        if isinstance(text, bool) or not isinstance(text, str | int | float):
            raise ValueError
        value = float(text)
    except (ValueError, OverflowError):
        value = float("nan")
    if not abs(value) < float("inf"):
        raise SourceError(f"{source}: {str(text)[:40]!r} is no number")
    return value
