"""Energy charges of a URDB item: the ladder with its adjustments, and monthly fuel adjustments."""

from dataclasses import dataclass
from math import inf

from kwhen.catalog.urdb.fields import Gaps, Item, listed, month_hours, number
from kwhen.catalog.urdb.ladders import RawTier, Structure, count_periods, read_structure
from kwhen.engine.calendar import Schedule, SchedulePart, monthly_schedule
from kwhen.engine.tariff import HIGHEST_USD_PER_KWH, Component, EnergyCharge, Period, Tier
from kwhen.engine.words import CeilingPer, ChargeClass, Missing, TierScope
from kwhen.errors import TariffError

SOURCE = "urdb"
KW_PER_HP = 0.745699872
KEY = "energyratestructure"

# Unit in lower case → what a ceiling is multiplied by, and its kWh per one of the unit.
_UNITS = {
    "": (CeilingPer.CYCLE, 1.0),
    "kwh": (CeilingPer.CYCLE, 1.0),
    "kwh daily": (CeilingPer.DAY, 1.0),
    "kwh/kw": (CeilingPer.KW, 1.0),
    "kwh/kw daily": (CeilingPer.KW_DAY, 1.0),
    "kwh/kva": (CeilingPer.KW, 1.0),  # at power factor 1
    "kwh/kva daily": (CeilingPer.KW_DAY, 1.0),
    "kwh/hp": (CeilingPer.KW, 1.0 / KW_PER_HP),
    "kwh/hp daily": (CeilingPer.KW_DAY, 1.0 / KW_PER_HP),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTables:
    """The energy fields of one item, read once."""

    structure: Structure
    schedule: Schedule

    @property
    def ladders(self) -> tuple[tuple[RawTier, ...], ...]:
        """The ladder of each period in use."""
        return self.structure.ladders


def read_tables(item: Item) -> EnergyTables:
    """Ladders and schedules of the energy price, which every rate must have."""
    count = count_periods(item, KEY)
    if not count:
        raise TariffError(f"{KEY}: missing; without an energy price there is nothing to bill")
    weekday = month_hours(item, "energyweekdayschedule", periods=count)
    weekend = month_hours(item, "energyweekendschedule", periods=count)
    structure = read_structure(item, KEY, weekday, weekend)
    schedule = monthly_schedule(structure.weekday, structure.weekend)
    return EnergyTables(structure=structure, schedule=schedule)


def energy_charge(item: Item, tables: EnergyTables, klass: ChargeClass, gaps: Gaps) -> EnergyCharge:
    """The ladder of every period; `adj` is a component of its own."""
    ceiling_per = _ceiling_per(tables.ladders, gaps)
    scope, padded = _scoped(item, tables)
    adjusted = any(tier.adj for ladder in tables.ladders for tier in ladder)
    names = ("energy", "adjustment") if adjusted else ("energy",)
    return EnergyCharge(
        name="Energy",
        schedule=tables.schedule,
        periods=tuple(
            Period(name=label, ladder=_tiers(ladder, adjusted=adjusted))
            for label, ladder in zip(tables.structure.names, padded, strict=True)
        ),
        components=tuple(Component(name=name, klass=klass, source=SOURCE) for name in names),
        ceiling_per=ceiling_per,
        scope=scope,
    )


def fuel_charge(item: Item, klass: ChargeClass) -> EnergyCharge | None:
    """Monthly fuel adjustments as a charge beside the ladder, of one season. [USD/kWh]"""
    key = "fueladjustmentsmonthly"
    if key not in item:
        return None
    prices = [
        number(price, f"{key}[{month}]") for month, price in enumerate(listed(item[key], key, 12))
    ]
    if not any(prices):
        return None
    for month, price in enumerate(prices):
        if abs(price) > HIGHEST_USD_PER_KWH:
            raise TariffError(f"{key}[{month}]: {price:,.0f} $/kWh is no price")
    days = [(index,) * 96 for index in range(12)]
    parts = tuple(
        SchedulePart(starts=(month + 1, 1), season="all year", weekday=day, weekend=day)
        for month, day in enumerate(days)
    )
    return EnergyCharge(
        name="Fuel adjustment",
        schedule=Schedule(parts=parts),
        periods=tuple(
            Period(name=f"month {month}", ladder=(Tier(usd_per_kwh=(price,)),))
            for month, price in enumerate(prices, start=1)
        ),
        components=(Component(name="fuel adjustment", klass=klass, source=SOURCE),),
    )


def _ceiling_per(ladders: tuple[tuple[RawTier, ...], ...], gaps: Gaps) -> CeilingPer:
    """What the ceilings count: only tiers that end say so, unit columns are filled by default."""
    found: dict[CeilingPer, RawTier] = {}
    for tier in (tier for ladder in ladders for tier in ladder[:-1]):
        found.setdefault(_unit(tier)[0], tier)
        if "kva" in tier.unit and not any(gap.name == "power_factor" for gap in gaps):
            gaps.append(Missing(name="power_factor", note="ceilings per kVA are read at 1"))
    if len(found) > 1:
        a, b = list(found.values())[:2]
        raise TariffError(
            f"{b.path}.unit: {b.unit!r} where {a.path} has {a.unit!r}; "
            "the tiers of one charge count in one unit"
        )
    return next(iter(found), CeilingPer.CYCLE)


def _unit(tier: RawTier) -> tuple[CeilingPer, float]:
    if tier.unit not in _UNITS:
        known = ", ".join(name for name in _UNITS if name)
        raise TariffError(f"{tier.path}.unit: {tier.unit[:40]!r} is not known; known: {known}")
    return _UNITS[tier.unit]


Rung = tuple[float, RawTier]  # ceiling in kWh, the tier that sets its price


def _scoped(item: Item, tables: EnergyTables) -> tuple[TierScope, list[list[Rung]]]:
    """Tier scope, and the ladders, padded where they are pooled.

    Pooled where all periods of a season have the same ceilings once short ladders repeat their
    last tier; the item's own `tier_scope` comes first.
    """
    asked = item.get("tier_scope")
    if asked not in (None, "cycle", "period"):
        raise TariffError("tier_scope: takes 'cycle' or 'period'")
    rungs = [_rungs(ladder) for ladder in tables.ladders]
    padded = _padded(rungs, tables.schedule)
    if asked == "cycle" and padded is None:
        raise TariffError(
            f"tier_scope: 'cycle' needs equal ceilings in all periods of a season, {KEY} has others"
        )
    if asked == "period" or padded is None:
        return TierScope.PERIOD, rungs
    return TierScope.CYCLE, padded


def _rungs(ladder: tuple[RawTier, ...]) -> list[Rung]:
    return [
        (inf if tier.ceiling is None else tier.ceiling * _unit(tier)[1], tier) for tier in ladder
    ]


def _padded(rungs: list[list[Rung]], schedule: Schedule) -> list[list[Rung]] | None:
    """Ladders made as long as the longest of their season, None where ceilings contradict."""
    padded = list(rungs)
    seasons: dict[str, set[int]] = {}
    for part in schedule.parts:
        seasons.setdefault(part.season, set()).update(part.periods)
    for periods in seasons.values():
        longest = max((_finite(rungs[index]) for index in sorted(periods)), key=len)
        for index in periods:
            own = _finite(rungs[index])
            if longest[: len(own)] != own:
                return None
            last = rungs[index][-1][1]
            more = [(ceiling, last) for ceiling in (*longest[len(own) :], inf)]
            padded[index] = rungs[index][:-1] + more
    return padded


def _finite(ladder: list[Rung]) -> list[float]:
    return [ceiling for ceiling, _ in ladder[:-1]]


def _tiers(ladder: list[Rung], *, adjusted: bool) -> tuple[Tier, ...]:
    return tuple(
        Tier(
            usd_per_kwh=(tier.rate, tier.adj) if adjusted else (tier.rate,),
            ceiling_kwh=ceiling,
        )
        for ceiling, tier in ladder
    )
