"""A bill on the page: totals by cycle, then the lines, then what a reader should know."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rich.console import Console
from rich.text import Text

from kwhen.catalog.plans import RatePlan
from kwhen.cli.kinds import gap_words
from kwhen.cli.meter import Metered, about, doubts
from kwhen.cli.page import bar, days, is_drawn, money, number, paragraph, price, prose, put, table
from kwhen.engine.result import Bill, Line
from kwhen.engine.words import Credit

_BAR_WIDTH = 22
_SAME_PRICE_USD = 5e-6  # less than the last decimal of a printed price


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSum:
    """Lines of one charge, period and tier added up."""

    charge: str
    period: str
    tier: int
    unit: str
    quantity: float
    amount_usd: float
    low_price: float
    high_price: float

    @property
    def has_one_price(self) -> bool:
        """Whether all the lines have the same price."""
        return self.high_price - self.low_price < _SAME_PRICE_USD


def line_sums(lines: Sequence[Line]) -> list[LineSum]:
    """Lines added up by charge, period and tier, in the order in which they first come."""
    groups: dict[tuple[str, str, int, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.charge, line.period, line.tier, line.unit), []).append(line)
    order = {charge: n for n, charge in enumerate(dict.fromkeys(key[0] for key in groups))}
    return [
        LineSum(
            charge=charge,
            period=period,
            tier=tier,
            unit=unit,
            quantity=sum(line.quantity for line in own),
            amount_usd=sum(line.amount_usd for line in own),
            low_price=min(line.price for line in own),
            high_price=max(line.price for line in own),
        )
        for (charge, period, tier, unit), own in sorted(
            groups.items(), key=lambda group: order[group[0][0]]
        )
    ]


def show_bill(
    console: Console, plan: RatePlan, home: Metered, bill: Bill, *, by_month: bool
) -> None:
    """The whole bill, for a person."""
    console.print(Text.assemble((plan.key, "bold"), "  ", plan.name))
    rule = f", export rule {bill.export_rule}" if bill.export_rule else ""
    prose(console, f"{plan.utility}, {days(home.first, home.end)}{rule}", "dim")
    prose(console, about(home), "dim")
    console.print()
    _show_cycles(console, home, bill)
    if by_month:
        for cycle in bill.cycles:
            _show_lines(console, _lines_within(bill.lines, cycle), f"Lines of {days(*cycle)}")
    else:
        _show_lines(console, bill.lines, "Lines")
    _show_notes(console, home, bill)


def _lines_within(lines: Sequence[Line], cycle: tuple[date, date]) -> list[Line]:
    return [line for line in lines if cycle[0] <= line.start and line.end <= cycle[1]]


def _show_cycles(console: Console, home: Metered, bill: Bill) -> None:
    columns = [("Cycle", "key"), ("Days", "number"), ("Import kWh", "number")]
    columns += [("Export kWh", "number")] if home.has_export else []
    rows = table(console, *columns, ("Amount", "number"), ("", "bar"))
    largest = max(bill.by_month)
    for (start, end), total_usd in zip(bill.cycles, bill.by_month, strict=True):
        import_kwh, export_kwh = home.between(start, end)
        cells = [f"{start}", f"{(end - start).days}", number(import_kwh)]
        cells += [number(export_kwh)] if home.has_export else []
        drawn = [bar(total_usd, largest, _BAR_WIDTH)] if is_drawn(console) else []
        rows.add_row(*cells, money(total_usd), *(Text(b, style="cyan") for b in drawn))
    rows.add_section()
    import_kwh, export_kwh = home.between(home.first, home.end)
    cells = ["Total", f"{(home.end - home.first).days}", number(import_kwh)]
    cells += [number(export_kwh)] if home.has_export else []
    rows.add_row(*cells, money(bill.total_usd), style="bold")
    put(console, rows)


def _show_lines(console: Console, lines: Sequence[Line], title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))
    rows = table(
        console,
        "Charge",
        "Period",
        ("Quantity", "number"),
        ("Price", "number"),
        ("Amount", "number"),
    )
    before, has_means = "", False
    for found in line_sums(lines):
        tier = f"tier {found.tier}" if found.tier else ""
        rows.add_row(
            found.charge if found.charge != before else "",
            ", ".join(word for word in (found.period, tier) if word),
            *_quantity(found),
            money(found.amount_usd),
        )
        before = found.charge
        has_means = has_means or not found.has_one_price
    rows.add_section()
    total_usd = sum(line.amount_usd for line in lines)
    rows.add_row("Total", "", "", "", money(total_usd), style="bold")
    put(console, rows)
    if has_means:
        prose(console, "~ the mean of prices that changed; --by-month shows each", "dim")


def _quantity(found: LineSum) -> tuple[str, str]:
    """Quantity and price; a credit is an amount and has neither."""
    if found.unit == "USD":
        if found.has_one_price and found.low_price == 1.0:
            return "", ""
        return money(found.quantity), f"{number(100 * found.low_price, 2)} %"
    mean = found.low_price
    if not found.has_one_price and found.quantity:
        mean = found.amount_usd / found.quantity
    mark = "" if found.has_one_price else "~"
    return f"{number(found.quantity, 1)} {found.unit}", mark + price(mean)


def _show_notes(console: Console, home: Metered, bill: Bill) -> None:
    if bill.export_rule:
        console.print()
        console.print(Text(f"Exporting saved {money(bill.credit_usd)}.", style="green"))
    paragraph(console, "Carried to the next bill", [credit_words(c) for c in bill.carried_credits])
    paragraph(
        console,
        "Not in this bill, because no figure is held",
        [gap_words(gap) for gap in bill.missing],
    )
    versions = ", ".join(map(str, dict.fromkeys(bill.versions)))
    paragraph(console, "Made from", [f"prices effective {versions}", *doubts(home)])


def credit_words(credit: Credit) -> str:
    """A balance that outlives the bill."""
    size = money(credit.amount) if credit.unit == "USD" else f"{number(credit.amount, 1)} kWh"
    period = f", {credit.period}" if credit.period else ""
    return f"{credit.bank}{period}: {size}"
