"""A plan on the page."""

from datetime import date

from rich.console import Console
from rich.text import Text

from kwhen.catalog.kinds import kind_words
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.sources import sources
from kwhen.catalog.tariff_words import (
    ceiling_words,
    charge_words,
    rule_dates,
    rule_words,
    season_words,
)
from kwhen.cli.heatmap import show_heat_map
from kwhen.cli.kinds import gap_words
from kwhen.cli.page import paragraph, price, put, table, words, wrapped
from kwhen.engine.grouping import grouped
from kwhen.engine.tariff import EnergyCharge, Service, Tariff, Tier
from kwhen.engine.words import ENERGY_CLASSES, ChargeClass
from kwhen.operations.price_maps import PriceMap

_VERSIONS_LISTED = 5


def show_plan(
    console: Console,
    plan: RatePlan,
    tariff: Tariff,
    day: date,
    prices: PriceMap | None,
    unpriced: str,
) -> None:
    """The whole plan, for a person."""
    _show_head(console, plan, tariff, day)
    for charge in tariff.charges:
        if isinstance(charge, EnergyCharge):
            _show_energy(console, charge)
    _show_other(console, tariff, day)
    paragraph(console, "Export rules", _rule_sentences(tariff, day))
    console.print()
    if prices is not None:
        show_heat_map(console, prices)
    else:
        console.print(Text(f"No price by month and hour: {unpriced}", style="dim"))
    paragraph(console, "Low-income programmes", [_programmes(tariff)] if tariff.programmes else [])
    paragraph(console, "Missing", [gap_words(gap) for gap in tariff.missing])
    paragraph(console, "Sources", [_source_words(id) for id in tariff.sources])


def _show_head(console: Console, plan: RatePlan, tariff: Tariff, day: date) -> None:
    console.print(Text.assemble((plan.key, "bold"), "  ", plan.name))
    until = f" until {tariff.until}" if tariff.until else ""
    rows = [
        ("Utility", f"{plan.utility}, {plan.state} (EIA {plan.utility_id})"),
        ("Kind", kind_words(tariff)),
        ("In force", f"from {tariff.effective}{until}"),
        ("Versions", _version_words(plan)),
        ("For", "; ".join(tariff.eligibility)),
        ("Closed", plan.closed),
        ("Id", plan.id),
    ]
    if plan.territory:
        rows.insert(1, ("Territory", f"{plan.territory}, heating {plan.heating}"))
    if plan.service is not Service.BUNDLED:
        rows.insert(2, ("Service", f"{plan.service.value} alone, no full bill"))
    for name, said in rows:
        if said:
            whole = Text(wrapped(console, f"{name:<10}{said}", later=" " * 10))
            whole.stylize("dim", 0, 10)
            console.print(whole, soft_wrap=True)
    console.print(Text(plan.rate_id, style="dim"), soft_wrap=True)
    if not tariff.covers(day):
        console.print(Text(f"No version is held for {day}: this is the nearest.", style="yellow"))


def _version_words(plan: RatePlan) -> str:
    dates = [str(version.effective) for version in plan.versions]
    if len(dates) <= _VERSIONS_LISTED:
        return ", ".join(dates)
    return f"{len(dates)}, from {dates[0]} to {dates[-1]}"


def _show_energy(console: Console, charge: EnergyCharge) -> None:
    console.print()
    seasons = season_words(charge.schedule)
    console.print(Text.assemble((charge.name, "bold"), (f"  {seasons}" if seasons else "", "dim")))
    classes = _classes(charge)
    has_tiers = any(len(period.ladder) > 1 for period in charge.periods)
    columns = [("Period", "text")]
    columns += [("Up to", "number")] if has_tiers else []
    columns += [(words(klass.value), "number") for klass in classes] if len(classes) > 1 else []
    rows = table(console, *columns, ("$/kWh", "number"))
    for period in charge.periods:
        for number_, tier in enumerate(period.ladder):
            cells = [period.name if number_ == 0 else ""]
            if has_tiers:
                cells.append(ceiling_words(tier.ceiling_kwh, charge.ceiling_per) or "beyond")
            if len(classes) > 1:
                cells += [price(_of_class(charge, tier, klass)) for klass in classes]
            rows.add_row(*cells, Text(price(sum(tier.usd_per_kwh)), style="bold"))
    put(console, rows)


def _classes(charge: EnergyCharge) -> list[ChargeClass]:
    used = {part.klass for part in charge.components}
    return [klass for klass in ChargeClass if klass in used and klass in ENERGY_CLASSES] + [
        klass for klass in ChargeClass if klass in used and klass not in ENERGY_CLASSES
    ]


def _of_class(charge: EnergyCharge, tier: Tier, klass: ChargeClass) -> float:
    """The part of a tier's price that pays for one class. [USD/kWh]"""
    return sum(
        usd
        for part, usd in zip(charge.components, tier.usd_per_kwh, strict=True)
        if part.klass is klass
    )


def _show_other(console: Console, tariff: Tariff, day: date) -> None:
    other = [charge for charge in tariff.charges if not isinstance(charge, EnergyCharge)]
    if not other:
        return
    console.print()
    rows = table(console, "Other charges", "Basis", ("Price", "amount"))
    for charge in other:
        basis, amount = charge_words(charge, max(day, tariff.effective))
        rows.add_row(charge.name, basis, amount)
    put(console, rows)


def _rule_sentences(tariff: Tariff, day: date) -> list[str]:
    found = []
    for name, rules in grouped(tariff.export_rules, lambda rule: rule.name).items():
        vintages = [rule.vintage for rule in rules if rule.vintage and rule.vintage != name]
        listed = f" Vintages: {', '.join(vintages)}." if vintages else ""
        found.append(f"{name} ({rule_dates(rules, day)}): {rule_words(rules[0])}.{listed}")
    return found


def _programmes(tariff: Tariff) -> str:
    return ", ".join(programme.name for programme in tariff.programmes)


def _source_words(id: str) -> str:
    found = sources().get(id)
    if found is None:
        return id
    link = f" {found.url}" if found.url else ""
    return f"{found.title}, {found.edition}.{link}"
