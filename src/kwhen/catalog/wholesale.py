"""Wholesale prices: where a home is priced, and what the market usually pays there.

The figures are means by month and hour of past years, a climatology. They are at the market's
node: the caller divides by (1 - grid loss) to have them at the meter, and pays for the losses
of the strike in the same way.
"""

import io
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.places import Place, usual_id, utility
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.catalog.sources import source
from kwhen.engine.grid import month_hour
from kwhen.engine.words import Missing
from kwhen.errors import NotFound

Market = Literal["day-ahead", "real-time"]

STRIKE_PERCENTILE = 90.0  # of a month's hourly means: what is above it counts as scarcity
_HOLE = np.iinfo(np.int32).min  # the build's mark for "no figure"
_ISOS_WITH_FIGURES = frozenset({"CAISO", "ERCOT", "NYISO", "ISONE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PricingPoint:
    """Where a market prices the energy of a home.

    `name` is what the market's own files call it, `market` the one that the shipped figures
    are of, `zone` the IANA zone of the market's clock. `stands_in` tells, where it is not
    empty, what the point is taken in the place of.
    """

    id: str
    iso: str
    name: str
    title: str
    market: Market
    zone: str
    source: str
    stands_in: str = ""


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class WholesaleSeries:
    """The market's price and its strike at the node for N moments, and what made them.

    `lmp_usd_per_kwh` is NaN where the figures have a hole. `strike_lmp_usd_per_kwh` is the
    90th percentile (linear) of the hourly means of each moment's month.
    """

    lmp_usd_per_kwh: NDArray[np.float64]  # (N,)
    strike_lmp_usd_per_kwh: NDArray[np.float64]  # (N,)
    source: str
    vintage: str
    market: Market
    is_fallback: bool
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Area:
    """The homes that are priced at a point; an empty tuple or text excludes none."""

    point: str
    state: str
    source: str
    why: str
    iso: str = ""
    utilities: tuple[int, ...] = ()
    counties: tuple[str, ...] = ()

    def holds(self, place: Place, utility_id: int | None) -> bool:
        """Whether a home of a utility at a place is in it."""
        return (
            place.state == self.state
            and (not self.iso or place.iso == self.iso)
            and (not self.utilities or utility_id in self.utilities)
            and (not self.counties or place.county in self.counties)
        )


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class _Climate:
    """Figures of every point at the node."""

    row: Mapping[str, int]  # point → P
    lmp_usd_per_kwh: NDArray[np.float64]  # (P, 12, 24)
    strike_usd_per_kwh: NDArray[np.float64]  # (P, 12)


@cache
def _settings() -> dict[str, Any]:
    return tomllib.loads(read_text("wholesale/points.toml"))


@cache
def _points() -> Mapping[str, PricingPoint]:
    return MappingProxyType({row["id"]: PricingPoint(**row) for row in _settings()["point"]})


@cache
def _areas() -> tuple[_Area, ...]:
    rows: list[dict[str, Any]] = _settings()["area"]
    return tuple(_Area(**{key: _frozen(value) for key, value in row.items()}) for row in rows)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


@cache
def _climate() -> _Climate:
    """The shipped table, read once, with each month's strike."""
    packed_bytes = read_bytes("wholesale/climatology.npz")
    with np.load(io.BytesIO(packed_bytes), allow_pickle=False) as packed:
        points, cents = packed["points"].tolist(), packed["cents_per_mwh"]
    usd_per_kwh = np.where(cents == _HOLE, np.nan, cents / 100_000)  # (P, 12, 24)
    return _Climate(
        row=MappingProxyType({point: row for row, point in enumerate(points)}),
        lmp_usd_per_kwh=usd_per_kwh,
        strike_usd_per_kwh=np.nanpercentile(usd_per_kwh, STRIKE_PERCENTILE, axis=2),
    )


def pricing_points() -> tuple[PricingPoint, ...]:
    """Every point that figures are held for, by market."""
    return tuple(_points().values())


def pricing_point_named(id: str) -> PricingPoint:
    """A point by its id.

    Raises
    ------
    NotFound
        No figures are held for such a point.
    """
    try:
        return _points()[id]
    except KeyError:
        raise NotFound(f"no pricing point {id!r}; there are {', '.join(_points())}") from None


def pricing_point(place: Place, utility_id: int | None = None) -> PricingPoint | None:
    """Where a home is priced, of its predominant utility unless one is given.

    None where it is in no market, or where no source tells its zone: `no_wholesale_reason`
    says which of them it is.
    """
    eia_id = _utility(place, utility_id)
    found = (area.point for area in _areas() if area.holds(place, eia_id))
    return next((_points()[point] for point in found), None)


def _utility(place: Place, utility_id: int | None) -> int | None:
    if utility_id is not None:
        return usual_id(utility_id)
    return place.utilities[0].eia_id if place.utilities else None


def no_wholesale_reason(place: Place, utility_id: int | None = None) -> Missing:
    """The named gap of a home without a pricing point."""
    if place.iso in _ISOS_WITH_FIGURES:
        eia_id = _utility(place, utility_id)
        who = "the home's utility" if eia_id is None else _name(eia_id)
        where = place.county or place.state
        note = f"{place.iso}: no figures, or no source that tells the zone, for {who} in {where}"
        return Missing(name="pricing_point", note=note)
    if place.iso is not None:
        note = f"{place.iso}: no prices of this market are held"
    elif place.balancing_authority is not None:
        note = f"the home's grid ({place.balancing_authority}) is in no system operator's market"
    else:
        note = "it is not known whether the home's grid is in a system operator's market"
    return Missing(name="wholesale", note=note)


def _name(eia_id: int) -> str:
    """A utility's name, its id where it has none."""
    try:
        return utility(eia_id).names[0]
    except NotFound:
        return f"utility {eia_id}"


def climatology(point: PricingPoint, epoch_s: NDArray[np.int64]) -> WholesaleSeries:
    """What a point's market usually pays at each moment, and the strike of its month.

    Both are at the node: divide them by (1 - grid loss) to have them at the meter.

    Parameters
    ----------
    point : PricingPoint
        One of `pricing_points()`.
    epoch_s : (N,)
        Moments in any order, a step's by its start. [UTC seconds]

    Returns
    -------
    WholesaleSeries
        Always marked as a fallback: it is no real hour's price. A moment in a hole of the
        figures is NaN, and the gap `wholesale_hours` is named.

    Raises
    ------
    NotFound
        No figures are held for the point.

    Examples
    --------
    >>> moment = np.array([1_752_541_200])  # 14 July 2025, 18:00 in San Francisco
    >>> climatology(pricing_point_named("DLAP_PGAE-APND"), moment).lmp_usd_per_kwh.tolist()
    [0.10643]
    """
    climate = _climate()
    row = climate.row[pricing_point_named(point.id).id]
    month, hour = month_hour(epoch_s, point.zone)
    lmp_usd_per_kwh = climate.lmp_usd_per_kwh[row, month - 1, hour]  # (N,)
    has_hole = bool(np.isnan(lmp_usd_per_kwh).any())
    return WholesaleSeries(
        lmp_usd_per_kwh=lmp_usd_per_kwh,
        strike_lmp_usd_per_kwh=climate.strike_usd_per_kwh[row, month - 1],  # (N,)
        source=point.source,
        vintage=source(point.source).edition,
        market=point.market,
        is_fallback=True,
        missing=_missing(point, climate.lmp_usd_per_kwh[row], has_hole=has_hole),
    )


def _missing(
    point: PricingPoint, lmp_usd_per_kwh: NDArray[np.float64], *, has_hole: bool
) -> tuple[Missing, ...]:
    """The gaps of a point's figures, for moments that meet a hole in them or not."""
    gaps = [Missing(name="load_zone", note=point.stands_in)] if point.stands_in else []
    if has_hole:
        hours = np.flatnonzero(np.isnan(lmp_usd_per_kwh).any(axis=0))
        note = f"no price is held for the hours {', '.join(map(str, hours.tolist()))}"
        gaps.append(Missing(name="wholesale_hours", note=note))
    return tuple(gaps)
