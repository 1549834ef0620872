"""An impact on the page: what it comes to, month by month, and where the figures come from."""

from rich.console import Console
from rich.text import Text

from kwhen.api.impacts import Impact
from kwhen.catalog.programmes import all_programmes
from kwhen.cli.bill_page import credit_words
from kwhen.cli.homes import foreign_words, place_words, solar_words
from kwhen.cli.impact_document import Story
from kwhen.cli.kinds import gap_words
from kwhen.cli.meter import about, doubts
from kwhen.cli.page import (
    bar,
    days,
    is_drawn,
    money,
    number,
    paragraph,
    prose,
    put,
    table,
)
from kwhen.engine.result import Bill

_BAR_WIDTH = 20


def show_impact(console: Console, story: Story) -> None:
    """The whole impact, for a person."""
    home, bill = story.home, story.before.bill
    console.print(Text.assemble((story.plan.key, "bold"), "  ", story.plan.name))
    where = place_words(home.place) + ", " if home.place else ""
    has_rule = bill.export_rule and (story.base.has_export or home.solar)
    rule = f", export rule {bill.export_rule}" if has_rule else ""
    what = solar_words(home.solar) if home.solar else story.plan.utility
    prose(console, f"{where}{what}{rule}", "dim")
    prose(console, f"{days(story.base.first, story.base.end)}, {about(story.base)}", "dim")
    console.print()
    if story.after is None:
        _show_totals(console, story)
        _show_months(console, story)
    else:
        _show_change(console, story)
        _show_savings(console, story)
        _show_payback(console, story)
    _show_charges(console, story)
    _show_notes(console, story)


def _usd(amount: float | None) -> str:
    return "none known" if amount is None else money(amount)


def _lb(amount: float | None) -> str:
    return "not known" if amount is None else f"{number(amount)} lb"


def _show_totals(console: Console, story: Story) -> None:
    found = story.before
    rows = table(console, ("", "key"), ("", "number"), "")
    rows.show_header = False
    rows.add_row("Bill", Text(money(found.bill_usd), "bold"), "")
    rows.add_row("Export credit", money(found.export_credit_usd), "in the bill")
    rows.add_row("Grid services", _usd(found.grid_services_usd), _programme_words(found))
    rows.add_row("CO2e", _lb(found.co2e_lb), "marginal, less what export displaces")
    put(console, rows)


def _programme_words(found: Impact) -> str:
    if found.grid_services is None:
        return ""
    names = {programme.id: programme.name for programme in all_programmes().programmes}
    return "; ".join(names[paid.programme] for paid in found.grid_services.programmes)


def _show_months(console: Console, story: Story) -> None:
    found = story.before
    console.print()
    rows = table(console, ("Cycle", "key"), ("Bill", "number"), ("CO2e lb", "number"), ("", "bar"))
    emitted = found.co2e_lb_by_month
    largest = max(found.bill.by_month)
    for at, ((start, _), usd) in enumerate(
        zip(found.bill.cycles, found.bill.by_month, strict=True)
    ):
        drawn = [Text(bar(usd, largest, _BAR_WIDTH), "cyan")] if is_drawn(console) else []
        rows.add_row(f"{start}", money(usd), number(emitted[at]) if emitted else "", *drawn)
    put(console, rows)


def _show_change(console: Console, story: Story) -> None:
    """Both scenarios side by side."""
    assert story.after is not None and story.other is not None
    before, after, other, base = story.before, story.after, story.other, story.base
    console.print(Text.assemble("With ", (other.name, "bold")))
    console.print()
    rows = table(
        console, ("", "key"), ("Before", "number"), ("After", "number"), ("Change", "number")
    )
    import_kwh, export_kwh = base.between(base.first, base.end)
    for name, old, new in (
        ("Bill", before.bill_usd, after.bill_usd),
        ("Export credit, in the bill", before.export_credit_usd, after.export_credit_usd),
        ("Grid services", before.grid_services_usd, after.grid_services_usd),
    ):
        change = "" if old is None or new is None else money(new - old, sign=True)
        rows.add_row(name, _usd(old), _usd(new), change, style="bold" if name == "Bill" else "")
    for name, old, new in (
        ("CO2e lb", before.co2e_lb, after.co2e_lb),
        ("Imported kWh", import_kwh, float(other.import_kwh.sum())),
        ("Exported kWh", export_kwh, float(other.export_kwh.sum())),
    ):
        if old is not None and new is not None:
            rows.add_row(name, number(old), number(new), _signed(new - old))
    put(console, rows)


def _signed(amount: float) -> str:
    return ("+" if round(amount) > 0 else "") + number(amount)


def _show_savings(console: Console, story: Story) -> None:
    """What each month saves."""
    assert story.after is not None and story.comparison is not None
    console.print()
    rows = table(
        console,
        ("Cycle", "key"),
        ("Before", "number"),
        ("After", "number"),
        ("Saved", "number"),
        ("", "bar"),
    )
    saved = story.comparison.bill_saving_usd_by_month
    largest = max(saved)
    months = zip(
        story.before.bill.cycles,
        story.before.bill.by_month,
        story.after.bill.by_month,
        saved,
        strict=True,
    )
    for (start, _), old, new, saving in months:
        drawn = [Text(bar(saving, largest, _BAR_WIDTH), "green")] if is_drawn(console) else []
        rows.add_row(f"{start}", money(old), money(new), money(saving), *drawn)
    rows.add_section()
    totals = (story.before.bill_usd, story.after.bill_usd, story.comparison.bill_saving_usd)
    rows.add_row("Total", *(money(usd) for usd in totals), style="bold")
    put(console, rows)


def _show_payback(console: Console, story: Story) -> None:
    found = story.comparison
    if found is None or found.cost_usd is None:
        return
    console.print()
    if found.payback_years is None:
        prose(console, f"At this pace it never repays its {money(found.cost_usd)}.", "bold red")
        return
    years = number(found.payback_years, 1)
    prose(console, f"It repays its {money(found.cost_usd)} in {years} years.", "bold green")


def _show_charges(console: Console, story: Story) -> None:
    """The bill by charge, of one scenario or both; `kwhen bill` has every line."""
    console.print()
    console.print(Text("The bill by charge", style="bold"))
    bills = [found.bill for found in (story.before, story.after) if found is not None]
    sums = [_by_charge(bill) for bill in bills]
    headings = ["Before", "After"] if story.after else ["Amount"]
    rows = table(console, "Charge", *((heading, "number") for heading in headings))
    for charge in dict.fromkeys(name for found in sums for name in found):
        rows.add_row(charge, *(money(found.get(charge, 0.0)) for found in sums))
    put(console, rows)
    carried = [credit_words(credit) for credit in bills[-1].carried_credits]
    after = " after it" if story.after else ""
    paragraph(console, f"Carried to the next bill{after}", carried)


def _by_charge(bill: Bill) -> dict[str, float]:
    found: dict[str, float] = {}
    for line in bill.lines:
        found[line.charge] = found.get(line.charge, 0.0) + line.amount_usd
    return found


def _show_notes(console: Console, story: Story) -> None:
    found = story.before
    versions = ", ".join(map(str, dict.fromkeys(found.bill.versions)))
    made = [f"bill: prices effective {versions}"]
    if found.carbon is not None:
        carbon = found.carbon
        made.append(
            f"CO2e: marginal rate by month and hour x import less export; {carbon.source}, "
            f"region {carbon.region}, {carbon.vintage}"
        )
    if found.grid_services is not None:
        sources = ", ".join(found.grid_services.sources)
        made.append(
            f"grid services: {_programme_words(found)}; less than the usual use in the dearest "
            f"hours of each month; {sources}"
        )
    paragraph(console, "Made from", [*made, *doubts(story.base)])
    gaps = [gap_words(gap) for gap in found.missing]
    notes = list(story.other.notes) if story.other else []
    foreign = foreign_words(story.home, story.plan)
    paragraph(console, "Read it with care", [*notes, *foreign, *gaps])
