"""Rate structures of a URDB item: periods of tiers, checked field by field."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kwhen.catalog.urdb.fields import Item, listed, number, optional_number
from kwhen.engine.tariff import HIGHEST_USD_PER_KWH
from kwhen.errors import TariffError


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTier:
    """One tier as published: prices per unit of energy or demand, `ceiling` a running total.

    `ceiling` is None on the last tier, whatever it says: the last tier is open.
    """

    rate: float  # USD per unit
    adj: float  # USD per unit, on top of the rate
    sell: float | None  # USD/kWh of export
    ceiling: float | None  # in `unit`
    unit: str
    path: str


MonthHours = list[list[int]]  # (12, 24) period indices


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """The periods that the tables use, renumbered from 0 on; `names` keep URDB's numbers."""

    names: tuple[str, ...]
    ladders: tuple[tuple[RawTier, ...], ...]
    weekday: MonthHours
    weekend: MonthHours


def count_periods(item: Item, key: str) -> int:
    """How many periods a structure has, priced or not."""
    return len(listed(item[key], key)) if key in item else 0


def read_structure(item: Item, key: str, weekday: MonthHours, weekend: MonthHours) -> Structure:
    """The ladders in use, from `[[{...}]]` or from the bulk file's `[{"…Tiers": [{...}]}]`.

    Periods that no hour uses are not read: some rows keep prices of export alone in them.

    Raises
    ------
    TariffError
        A period without tiers, a tier without rate, a price beyond all sense, a `max` that
        does not rise.
    """
    used = sorted({index for table in (weekday, weekend) for row in table for index in row})
    periods, number_of = listed(item[key], key), {old: new for new, old in enumerate(used)}
    return Structure(
        names=tuple(f"period {index}" for index in used),
        ladders=tuple(_ladder(periods[index], f"{key}[{index}]") for index in used),
        weekday=[[number_of[index] for index in row] for row in weekday],
        weekend=[[number_of[index] for index in row] for row in weekend],
    )


def _ladder(period: object, path: str) -> tuple[RawTier, ...]:
    tiers = listed(_unwrapped(period), path)
    if not tiers:
        raise TariffError(f"{path}: a period without a rate")
    ladder: list[RawTier] = []
    floor = 0.0
    for index, tier in enumerate(tiers):
        read = _tier(tier, f"{path}[{index}]", floor, is_last=index == len(tiers) - 1)
        floor = read.ceiling or floor
        ladder.append(read)
    return tuple(ladder)


def _unwrapped(period: object) -> object:
    """The list of tiers that the bulk file keeps in an object of its own."""
    if isinstance(period, Mapping):
        lists = [v for k, v in period.items() if isinstance(k, str) and k.lower().endswith("tiers")]
        if len(lists) == 1:
            return lists[0]
    return period


def _tier(tier: object, path: str, floor: float, *, is_last: bool) -> RawTier:
    if not isinstance(tier, Mapping):
        raise TariffError(f"{path}: a tier is an object with a rate")
    unit = tier.get("unit")
    return RawTier(
        rate=_price(tier, "rate", path, required=True) or 0.0,
        adj=_price(tier, "adj", path) or 0.0,
        sell=_price(tier, "sell", path),
        ceiling=_ceiling(tier, path, floor, is_last=is_last),
        unit=" ".join(unit.lower().split()) if isinstance(unit, str) else "",
        path=path,
    )


def _price(tier: Mapping[str, Any], key: str, path: str, *, required: bool = False) -> float | None:
    price = optional_number(tier, key, f"{path}.{key}")
    if price is None and required:
        raise TariffError(f"{path}.{key}: missing; a tier without a price cannot be billed")
    if price is not None and abs(price) > HIGHEST_USD_PER_KWH:
        raise TariffError(
            f"{path}.{key}: {price:,.0f} $ is no price; it must be within "
            f"±{HIGHEST_USD_PER_KWH:,.0f}"
        )
    return price


def _ceiling(tier: Mapping[str, Any], path: str, floor: float, *, is_last: bool) -> float | None:
    """The running total at which a tier ends, None for the last one."""
    ceiling = optional_number(tier, "max", f"{path}.max")
    if ceiling is None and not is_last:
        raise TariffError(f"{path}.max: missing, though a further tier follows")
    # A last tier that repeats the ceiling before it means "above"; a lower one is a mistake.
    if ceiling is not None and (ceiling < floor or (ceiling <= floor and not is_last)):
        raise TariffError(
            f"{path}.max: {ceiling:g} does not rise above {floor:g}; "
            "it is a running total, not the width of the tier"
        )
    return None if is_last else number(ceiling, f"{path}.max")
