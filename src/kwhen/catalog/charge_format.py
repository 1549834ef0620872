"""Charges and programmes as a plan file writes them, turned into the engine's values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from kwhen.catalog.fields import Fields
from kwhen.catalog.ladder_format import Ladders, energy_ladders, number_in
from kwhen.catalog.schedule_format import ScheduleText, bind_schedule
from kwhen.engine.calendar import Schedule, flat_schedule
from kwhen.engine.tariff import (
    Charge,
    Component,
    DemandCharge,
    DemandPeriod,
    DemandTier,
    EnergyCharge,
    EventCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    Period,
    Programme,
    Ratchet,
    RiderCharge,
    Tier,
)
from kwhen.engine.words import ChargeClass, Missing, Per, TierScope


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a charge refers to: named schedules, the home's allowances, the version's source.

    `allowance_kwh_per_day` holds the baseline allowance by season, empty where the plan has none.
    """

    schedules: Mapping[str, ScheduleText]
    allowance_kwh_per_day: Mapping[str, float]
    source: str


def read_missing(fields: Fields) -> Missing:
    """A named gap."""
    missing = Missing(
        name=fields.text("name"), note=fields.text_or("note", ""), since=fields.day_or_none("since")
    )
    fields.close()
    return missing


def read_programme(fields: Fields, context: Context) -> Programme:
    """A programme with the charges that it adds."""
    source = fields.text_or("source", context.source)
    inner = Context(
        schedules=context.schedules,
        allowance_kwh_per_day=context.allowance_kwh_per_day,
        source=source,
    )
    programme = Programme(
        name=fields.text("name"),
        charges=tuple(read_charge(item, inner) for item in fields.tables("charges")),
        replaces=frozenset(fields.texts("replaces")),
        missing=tuple(read_missing(item) for item in fields.tables("missing")),
        source=source,
    )
    fields.close()
    return programme


def read_charge(fields: Fields, context: Context) -> Charge:
    """One charge by its `kind`."""
    kind = fields.text("kind")
    if kind not in _KINDS:
        raise fields.wrong("kind", f"one of {sorted(_KINDS)}")
    charge = _KINDS[kind](fields, context)
    fields.close()
    return charge


def _source(fields: Fields, context: Context) -> str:
    return fields.text_or("source", context.source)


def _schedule(fields: Fields, context: Context, periods: tuple[str, ...]) -> Schedule:
    name = fields.optional("schedule", fields.text, None)
    if name is None:
        return flat_schedule()
    if name not in context.schedules:
        raise fields.wrong("schedule", f"one of {sorted(context.schedules)}")
    return bind_schedule(context.schedules[name], periods, fields.where)


def _energy(fields: Fields, context: Context) -> EnergyCharge:
    source = _source(fields, context)
    names = fields.texts("periods") or ("all hours",)
    schedule = _schedule(fields, context, names)
    items = fields.tables("components")
    components = tuple(
        Component(
            name=item.text("name"),
            klass=item.enum("klass", ChargeClass),
            source=item.text_or("source", source),
        )
        for item in items
    )
    ladders = energy_ladders(fields, items, names, schedule, context.allowance_kwh_per_day)
    for item in items:
        item.close()
    return EnergyCharge(
        name=fields.text("name"),
        schedule=schedule,
        periods=_periods(names, ladders),
        components=components,
        ceiling_per=fields.enum_or("ceiling_per", ladders.ceiling_per),
        scope=fields.enum_or("scope", TierScope.CYCLE),
    )


def _periods(names: tuple[str, ...], ladders: Ladders) -> tuple[Period, ...]:
    return tuple(
        Period(
            name=name,
            ladder=tuple(
                Tier(usd_per_kwh=prices, ceiling_kwh=ceiling_kwh)
                for prices, ceiling_kwh in zip(rows, ceilings, strict=True)
            ),
        )
        for name, rows, ceilings in zip(
            names, ladders.usd_per_kwh, ladders.ceiling_kwh, strict=True
        )
    )


def _fixed(fields: Fields, context: Context) -> FixedCharge:
    return FixedCharge(
        name=fields.text("name"),
        amount_usd=fields.number("amount_usd"),
        per=fields.enum("per", Per),
        klass=fields.enum_or("klass", ChargeClass.FIXED),
        source=_source(fields, context),
    )


def _minimum(fields: Fields, context: Context) -> MinimumCharge:
    return MinimumCharge(
        name=fields.text("name"),
        amount_usd=fields.number("amount_usd"),
        per=fields.enum("per", Per),
        of=fields.words("of", ChargeClass) or frozenset(ChargeClass),
        source=_source(fields, context),
    )


def _demand(fields: Fields, context: Context) -> DemandCharge:
    names = fields.texts("periods") or ("all hours",)
    prices = fields.array("usd_per_kw")
    ceilings = fields.array("ceilings_kw") or [[] for _ in names]
    if len(prices) != len(names) or len(ceilings) != len(names):
        raise fields.wrong("usd_per_kw", f"one entry for each of the periods {list(names)}")
    ratchet = fields.table("ratchet") if "ratchet" in fields else None
    return DemandCharge(
        name=fields.text("name"),
        schedule=_schedule(fields, context, names),
        periods=tuple(
            DemandPeriod(name=name, ladder=_demand_ladder(fields, row, tops))
            for name, row, tops in zip(names, prices, ceilings, strict=True)
        ),
        window_minutes=fields.optional("window_minutes", fields.integer, 15),
        ratchet=_ratchet(ratchet) if ratchet else None,
        klass=fields.enum_or("klass", ChargeClass.DEMAND),
        source=_source(fields, context),
    )


def _demand_ladder(fields: Fields, row: Any, ceilings: list[Any]) -> tuple[DemandTier, ...]:
    prices = row if isinstance(row, list) else [row]
    if len(prices) != len(ceilings) + 1:
        raise fields.wrong("usd_per_kw", "one price more than a period has ceilings_kw")
    tops = [number_in(fields, "ceilings_kw", top) for top in ceilings]
    return tuple(
        DemandTier(usd_per_kw=number_in(fields, "usd_per_kw", price), ceiling_kw=top)
        for price, top in zip(prices, [*tops, float("inf")], strict=True)
    )


def _ratchet(fields: Fields) -> Ratchet:
    share = fields.raw("share_frac")
    shares = share if isinstance(share, list) else [share] * 12
    ratchet = Ratchet(
        share_frac=tuple(number_in(fields, "share_frac", value) for value in shares),
        months=frozenset(fields.array("months") or range(1, 13)),
        lookback_months=fields.optional("lookback_months", fields.integer, 11),
    )
    fields.close()
    return ratchet


def _rider(fields: Fields, context: Context) -> RiderCharge:
    return RiderCharge(
        name=fields.text("name"),
        klass=fields.enum("klass", ChargeClass),
        steps=tuple(_step(fields, row) for row in fields.array("steps")),
        source=_source(fields, context),
    )


def _step(fields: Fields, row: Any) -> tuple[date, float | None]:
    if not isinstance(row, list) or len(row) != 2 or not isinstance(row[0], date):
        raise fields.wrong("steps", 'rows such as [2026-03-01, 0.0123] or [2026-03-01, "unknown"]')
    return row[0], None if row[1] == "unknown" else number_in(fields, "steps", row[1])


def _percentage(fields: Fields, context: Context) -> PercentageCharge:
    return PercentageCharge(
        name=fields.text("name"),
        share_frac=fields.number("share_frac"),
        of=fields.words("of", ChargeClass),
        except_components=frozenset(fields.texts("except_components")),
        klass=fields.enum_or("klass", ChargeClass.TAX),
        source=_source(fields, context),
    )


def _event(fields: Fields, context: Context) -> EventCharge:
    return EventCharge(
        name=fields.text("name"),
        klass=fields.enum("klass", ChargeClass),
        usd_per_kwh=fields.number("usd_per_kwh"),
        source=_source(fields, context),
    )


def _indexed(fields: Fields, context: Context) -> IndexedEnergyCharge:
    return IndexedEnergyCharge(
        name=fields.text("name"),
        klass=fields.enum("klass", ChargeClass),
        factor_frac=fields.optional("factor_frac", fields.number, 1.0),
        adder_usd_per_kwh=fields.optional("adder_usd_per_kwh", fields.number, 0.0),
        source=_source(fields, context),
    )


def _lump(fields: Fields, context: Context) -> LumpCharge:
    rows = fields.array("dates")
    if not all(isinstance(row, list) and len(row) == 3 for row in rows):
        raise fields.wrong("dates", "rows of month, day and USD such as [4, 1, -36.0]")
    return LumpCharge(
        name=fields.text("name"),
        dates=tuple((int(m), int(d), number_in(fields, "dates", usd)) for m, d, usd in rows),
        klass=fields.enum_or("klass", ChargeClass.CREDIT),
        source=_source(fields, context),
    )


_KINDS: dict[str, Callable[[Fields, Context], Charge]] = {
    "energy": _energy,
    "fixed": _fixed,
    "minimum": _minimum,
    "demand": _demand,
    "rider": _rider,
    "percentage": _percentage,
    "event": _event,
    "indexed": _indexed,
    "lump": _lump,
}
