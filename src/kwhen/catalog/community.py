"""Community choice: a utility's plan with the generation of another supplier.

The home keeps the utility's delivery, drops its generation and bundled PCIA, and pays the
supplier's card, the PCIA of the year in which its supply began, and the franchise fee.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache

from kwhen.catalog.charge_format import read_missing
from kwhen.catalog.fields import Fields
from kwhen.catalog.shipped import read_text
from kwhen.engine.compensation import ExportPrice, ExportRule
from kwhen.engine.tariff import (
    Charge,
    Component,
    EnergyCharge,
    Period,
    Programme,
    RiderCharge,
    Tariff,
    Tier,
)
from kwhen.engine.words import ChargeClass, Missing
from kwhen.errors import ChoiceError, CoverageError

_PROVIDERS = {"MCE": "community/mce.toml"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """One edition of a supplier's prices."""

    effective: date
    source: str
    usd_per_kwh: Mapping[str, Mapping[str, float]]  # family, period
    options: Mapping[str, float]  # adder of each product. [USD/kWh]
    relief: tuple[tuple[date, float | None], ...]  # steps of a credit on all energy


@dataclass(frozen=True, slots=True, kw_only=True)
class _Provider:
    """A supplier: its cards, rising, and what it adds to the utility's export credit."""

    name: str
    departing: str  # data file of what the utility charges a home that left its supply
    cards: tuple[_Card, ...]
    export_bonus_frac: float
    export_source: str
    missing: tuple[Missing, ...]


def community_choice(
    tariff: Tariff,
    provider: str = "MCE",
    pcia_vintage: int = 2011,
    *,
    option: str = "light_green",
    on: date | None = None,
) -> Tariff:
    """The plan with a community supplier's generation, priced by its card in force.

    Parameters
    ----------
    tariff : a bundled plan by component
    provider : name of the supplier
    pcia_vintage : year in which the home's supply began
    option : the supplier's product
    on : date of the card; None: the newest card within the tariff's term

    Raises
    ------
    ChoiceError : supplier, product or vintage are not known, or the plan is not one it supplies
    CoverageError : no card is in force by then
    """
    if provider not in _PROVIDERS:
        raise ChoiceError(f"no supplier {provider!r}; known: {', '.join(_PROVIDERS)}")
    who = _provider(_PROVIDERS[provider])
    card = _card_on(who, tariff, on)
    if option not in card.options:
        raise ChoiceError(f"{provider} has no product {option!r}; it has {sorted(card.options)}")
    extra = _departing_charges(who.departing, tariff.effective, pcia_vintage)
    supply = _supply(tariff, who, card, option)
    gaps = who.missing + _stale_card(who, card, tariff)
    return replace(
        tariff,
        name=f"{tariff.name}, generation by {who.name}",
        effective=max(tariff.effective, card.effective),
        charges=(*_without_supply(tariff.charges), *supply, *extra),
        programmes=tuple(_programme(programme) for programme in tariff.programmes),
        export_rules=tuple(_with_bonus(rule, who) for rule in tariff.export_rules),
        sources=(*tariff.sources, card.source),
        missing=tariff.missing + gaps,
    )


def _card_on(who: _Provider, tariff: Tariff, on: date | None) -> _Card:
    day = on or (date.max if tariff.until is None else tariff.until)
    fitting = [card for card in who.cards if card.effective <= day]
    if not fitting:
        raise CoverageError(
            f"{who.name}: no card in force on {day}; the first is of {who.cards[0].effective}"
        )
    return fitting[-1]


def _stale_card(who: _Provider, card: _Card, tariff: Tariff) -> tuple[Missing, ...]:
    if tariff.effective.year - card.effective.year < 2:
        return ()
    note = f"the card of {card.effective} is the last held before {tariff.effective}"
    return (Missing(name="supplier_rates", note=f"{who.name}: {note}", since=tariff.effective),)


def _without_supply(charges: tuple[Charge, ...]) -> tuple[Charge, ...]:
    return tuple(_delivery(c) if isinstance(c, EnergyCharge) else c for c in charges)


def _delivery(charge: EnergyCharge) -> EnergyCharge:
    kept = [i for i, part in enumerate(charge.components) if part.klass is not ChargeClass.SUPPLY]
    return replace(
        charge,
        components=tuple(charge.components[i] for i in kept),
        periods=tuple(
            replace(
                period,
                ladder=tuple(
                    replace(tier, usd_per_kwh=tuple(tier.usd_per_kwh[i] for i in kept))
                    for tier in period.ladder
                ),
            )
            for period in charge.periods
        ),
    )


def _supply(tariff: Tariff, who: _Provider, card: _Card, option: str) -> tuple[Charge, ...]:
    family = "/".join(tariff.plan.split("/")[:2])
    if family not in card.usd_per_kwh:
        raise ChoiceError(f"{who.name} has no prices for {family}; it has {list(card.usd_per_kwh)}")
    prices, adder = card.usd_per_kwh[family], card.options[option]
    main = next(c for c in tariff.charges if isinstance(c, EnergyCharge))
    names = [period.name for period in main.periods]
    if set(names) != set(prices):
        raise ChoiceError(f"{who.name}: the card of {family} has {list(prices)}, not {names}")
    charges: list[Charge] = [
        EnergyCharge(
            name=f"{who.name} generation",
            schedule=main.schedule,
            components=(
                Component(name="generation", klass=ChargeClass.SUPPLY, source=card.source),
            ),
            periods=tuple(
                Period(name=name, ladder=(Tier(usd_per_kwh=(prices[name] + adder,)),))
                for name in names
            ),
        )
    ]
    if card.relief:
        charges.append(
            RiderCharge(
                name=f"{who.name} cost relief credit",
                klass=ChargeClass.SUPPLY,
                steps=card.relief,
                source=card.source,
            )
        )
    return tuple(charges)


def _programme(programme: Programme) -> Programme:
    return replace(programme, charges=_without_supply(programme.charges))


def _with_bonus(rule: ExportRule, who: _Provider) -> ExportRule:
    """The supplier's share on top of the generation credit; it pays no net-surplus rate."""
    bonus = tuple(
        ExportPrice(
            name=f"{who.name} solar bonus",
            bank=price.bank,
            usd_per_kwh=price.usd_per_kwh * who.export_bonus_frac,
            first_year=price.first_year,
            holidays=price.holidays,
            source=who.export_source,
        )
        for price in rule.prices
        if price.name == "generation credit"
    )
    gap = Missing(
        name="cash_out", note=f"what {who.name} pays for a year's net surplus kWh is not held"
    )
    return replace(rule, prices=rule.prices + bonus, cash_out=None, missing=(*rule.missing, gap))


@cache
def _provider(path: str) -> _Provider:
    fields = Fields(tomllib.loads(read_text(path)), path)
    provider = _Provider(
        name=fields.text("name"),
        departing=fields.text("departing"),
        cards=tuple(_read_card(item) for item in fields.tables("cards")),
        export_bonus_frac=fields.number("export_bonus_frac"),
        export_source=fields.text("export_source"),
        missing=tuple(read_missing(item) for item in fields.tables("missing")),
    )
    fields.close()
    return provider


def _numbers(fields: Fields) -> dict[str, float]:
    return {name: fields.number(name) for name in fields.names()}


def _read_card(fields: Fields) -> _Card:
    effective = fields.day("effective")
    plans = fields.table("generation_usd_per_kwh")
    steps: tuple[tuple[date, float | None], ...] = ()
    if "cost_relief" in fields:
        relief = fields.table("cost_relief")
        steps = ((effective, relief.number("usd_per_kwh")), (relief.day("until"), 0.0))
        relief.close()
    card = _Card(
        effective=effective,
        source=fields.text("source"),
        usd_per_kwh={name: _numbers(plans.table(name)) for name in plans.names()},
        options=_numbers(fields.table("options")),
        relief=steps,
    )
    fields.close()
    return card


def _departing_charges(path: str, effective: date, pcia_vintage: int) -> tuple[Charge, ...]:
    """The PCIA and the franchise fee of a vintage, in force on a version's first day."""
    fields = Fields(tomllib.loads(read_text(path)), path)
    found: tuple[Charge, ...] | None = None
    for edition in fields.tables("editions"):
        if edition.day("effective") <= effective:
            found = _edition_charges(edition, pcia_vintage)
    if found is None:
        raise CoverageError(f"{path}: no PCIA is held for {effective}")
    return found


def _edition_charges(edition: Fields, pcia_vintage: int) -> tuple[Charge, ...]:
    start, source, charges = edition.day("effective"), edition.text("source"), []
    for field, name in (
        ("pcia_usd_per_kwh", "Power charge indifference adjustment"),
        ("franchise_fee_usd_per_kwh", "Franchise fee surcharge"),
    ):
        prices = _numbers(edition.table(field))
        if str(pcia_vintage) not in prices:
            raise ChoiceError(f"no vintage {pcia_vintage}; {start} has {', '.join(prices)}")
        steps = ((start, prices[str(pcia_vintage)]),)
        klass = ChargeClass.OTHER  # export credits may not pay it
        charges.append(RiderCharge(name=name, klass=klass, steps=steps, source=source))
    return tuple(charges)
