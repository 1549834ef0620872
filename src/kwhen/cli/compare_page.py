"""A comparison on the page and for JSON."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.text import Text

from kwhen.catalog.kinds import SUPPLY_GAP, supported_type
from kwhen.cli.comparison import Comparison, Result
from kwhen.cli.kinds import gap_documents
from kwhen.cli.meter import about, as_document, doubts
from kwhen.cli.page import (
    Document,
    bar,
    days,
    is_drawn,
    listed,
    money,
    paragraph,
    prose,
    put,
    stacked,
    table,
    words,
)
from kwhen.operations.rate_comparison import VERSION_GAP, Failure, PlanComparison, PlanResult

_BAR_WIDTH = 16
_ANY = "any plan"
_SAID_APART = {VERSION_GAP, SUPPLY_GAP}


def show_comparison(console: Console, request: Comparison, result: Result) -> None:
    """The whole comparison, for a person."""
    _show_head(console, request, result)
    if result.plans.ranked:
        console.print()
        _show_rows(console, result.plans.ranked, is_ranked=True)
    if result.plans.apart:
        console.print()
        console.print(Text("Without supply: delivery alone, no full bill, not ranked", "bold"))
        _show_rows(console, result.plans.apart, is_ranked=False)
    if result.plans.failures:
        console.print()
        _show_failures(console, result.plans.failures)
    paragraph(console, "Read it with care", _cares(request, result))


def _show_head(console: Console, request: Comparison, result: Result) -> None:
    where, home = request.where, result.home
    town = f"{where.zipcode} {where.city}, {where.state}"
    prose(console, f"What each plan costs in {town}, {days(home.first, home.end)}", "bold")
    prose(console, about(home), "dim")
    prose(console, _rule_words(result), "dim")


def _rule_words(result: Result) -> str:
    rules = dict.fromkeys(row.bill.export_rule for row in result.plans.results)
    if not result.home.has_export:
        return "export rule: none needed, the home exports nothing"
    if len(rules) == 1:
        return f"export rule: {next(iter(rules)) or 'none, exports earn nothing'}"
    return "export rule: named with each plan"


def _show_rows(console: Console, rows: Sequence[PlanResult], *, is_ranked: bool) -> None:
    head = [("#", "number")] if is_ranked else []
    tail = [("To best", "number"), ("", "bar")] if is_ranked else []
    shown = table(console, *head, ("Plan", "text"), ("Total", "number"), *tail)
    best, largest = rows[0].total_usd, max(row.total_usd for row in rows)
    for place, row in enumerate(rows, start=1):
        cells: list[str | Text] = [str(place)] if is_ranked else []
        cells += [_plan_cell(row, rows), money(row.total_usd)]
        if is_ranked:
            cells.append(money(row.total_usd - best, sign=True) if place > 1 else "best")
            drawn = bar(row.total_usd, largest, _BAR_WIDTH)
            cells += [Text(drawn, "cyan" if place > 1 else "")] if is_drawn(console) else []
        shown.add_row(*cells, style="green" if is_ranked and place == 1 else None)
    put(console, shown)


def _plan_cell(row: PlanResult, others: Sequence[PlanResult]) -> Text:
    """The plan with its name, and what is not the same for all rows."""
    notes = []
    if any(other.plan.utility_id != row.plan.utility_id for other in others):
        notes.append(row.plan.utility)
    if row.variants_count > 1:
        notes.append(f"{row.variants_count} keys, {_range(row)}")
    if row.is_priced_apart:
        notes.append("prices of " + ", ".join(map(str, dict.fromkeys(row.bill.versions))))
    if row.plan.versions[-1].until is not None:
        notes.append(f"its newest prices ended on {row.plan.versions[-1].until}")
    if any(other.bill.export_rule != row.bill.export_rule for other in others):
        notes.append(f"export rule: {row.bill.export_rule or 'none, exports earn nothing'}")
    return stacked(row.plan.key, row.plan.name, *notes)


def _range(row: PlanResult) -> str:
    if money(row.low_usd) == money(row.high_usd):
        return "all the same"
    return f"{money(row.low_usd)} to {money(row.high_usd)}"


def _show_failures(console: Console, failures: Sequence[Failure]) -> None:
    console.print(Text("Could not be billed", style="bold"))
    shown = table(console, ("Plan", "text"), "Why")
    for failure in failures:
        shown.add_row(failure.key, failure.reason)
    put(console, shown)


def _cares(request: Comparison, result: Result) -> list[str]:
    rows = result.plans.results
    found = []
    if any(row.variants_count > 1 for row in rows):
        found.append(
            "Which baseline territory a ZIP belongs to is not known here: a plan with several "
            "keys shows its middle one. Your bill names the territory: give --territory and "
            "--heating."
        )
    if result.plans.prices_on is not None:
        found.append(_price_words(request, result.plans.prices_on))
    return [*found, *_gap_sentences(rows), *doubts(result.home)]


def _price_words(request: Comparison, on: date) -> str:
    said = f"Every day is billed at the prices of {on}, or the nearest held"
    if request.on is not None:
        return f"{said}."
    return (
        f"{said}: some plan has no prices for the days of the usage. `kwhen bill` takes the "
        "prices of their own time where they are held; --on DATE chooses another date."
    )


def _gap_sentences(rows: Sequence[PlanResult]) -> list[str]:
    """Each gap once, with the plans whose total lacks it."""
    lacking: dict[str, list[PlanResult]] = {}
    for row in rows:
        for name in dict.fromkeys(gap.name for gap in row.bill.missing):
            if name not in _SAID_APART:
                lacking.setdefault(name, []).append(row)
    by_plans: dict[str, list[str]] = {}
    for name, own in lacking.items():
        every = len(own) == len(rows) and len(rows) > 1
        plans = _ANY if every else ", ".join(row.plan.family for row in own)
        by_plans.setdefault(plans, []).append(words(name))
    order = sorted(by_plans, key=lambda plans: plans != _ANY)
    return [f"Not known for {plans}: {listed(by_plans[plans])}." for plans in order]


def compare_document(request: Comparison, result: Result) -> Document:
    """The comparison for JSON; every `end` is exclusive."""
    where = request.where
    plans = result.plans
    return {
        "zipcode": where.zipcode,
        "city": where.city,
        "state": where.state,
        "usage": as_document(result.home),
        "prices_on": plans.prices_on,
        "ranked": [_row(plans, row) for row in plans.ranked],
        "without_supply": [_row(plans, row) for row in plans.apart],
        "not_billed": [{"key": f.key, "reason": f.reason} for f in plans.failures],
    }


def _row(plans: PlanComparison, row: PlanResult) -> Document:
    return {
        "key": row.plan.key,
        "id": row.plan.id,
        "family": row.plan.family,
        "name": row.plan.name,
        "utility_id": row.plan.utility_id,
        "utility": row.plan.utility,
        "kind": supported_type(row.plan.versions[-1]),
        "total_usd": row.total_usd,
        "to_best_usd": plans.to_best_usd(row),
        "low_usd": row.low_usd,
        "high_usd": row.high_usd,
        "variants_count": row.variants_count,
        "export_rule": row.bill.export_rule,
        "export_credit_usd": round(row.bill.credit_usd, 2),
        "versions": list(dict.fromkeys(row.bill.versions)),
        "is_nearest_version": row.is_nearest or row.is_priced_apart,
        "missing": gap_documents(plans.gaps(row)),
    }
