"""`kwhen plans`: what a home at a ZIP, or of a utility, can be on."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from kwhen.catalog.kinds import kind_words
from kwhen.catalog.places import Place, UtilityListing, place, usual_id
from kwhen.catalog.plans import RatePlan
from kwhen.catalog.stock import stock_of
from kwhen.cli import options
from kwhen.cli.kinds import plan_document
from kwhen.cli.page import Document, emit, listed, page, prose, put, stacked, table, words
from kwhen.config import environment
from kwhen.engine.grouping import grouped
from kwhen.errors import ChoiceError

EXAMPLE = "kwhen plans --zip 94107"
_ZIP_GAPS = {"baseline_territory"}  # said once below the table, not in every row


def list_plans(
    zipcode: Annotated[
        str | None, typer.Option("--zip", metavar="ZIP", help="Plans of this ZIP's utilities.")
    ] = None,
    utility_id: Annotated[
        int | None, typer.Option(metavar="N", help="Plans of the utility with this EIA id.")
    ] = None,
    on: Annotated[
        date | None,
        typer.Option(parser=options.read_day, metavar="DATE", help="Versions in force that day."),
    ] = None,
    closed: Annotated[
        bool, typer.Option("--closed", metavar="", help="Plans closed to new homes as well.")
    ] = False,
    json: options.Json = False,
) -> None:
    """List the rate plans of a ZIP code or a utility."""
    if zipcode is None and utility_id is None:
        raise ChoiceError("plans are listed by --zip, by --utility-id, or by both; give one")
    found = stock_of(environment()).find_plans(zipcode, utility_id, offered_only=not closed)
    where = place(zipcode) if zipcode is not None else None
    if json:
        emit(_document(found, where, on))
    else:
        _show(page(), found, where, on)


def _document(found: Sequence[RatePlan], where: Place | None, on: date | None) -> Document:
    return {
        "zipcode": where.zipcode if where else None,
        "city": where.city if where else None,
        "state": where.state if where else None,
        "on": on,
        "utilities": [
            {
                "utility_id": listing.eia_id,
                "utility": listing.name,
                "rank": listing.rank,
                "is_predominant": listing.rank == 1,
                "is_inferred": listing.inferred,
                "listed_by": listing.listed_by,
            }
            for listing in (where.utilities if where else ())
        ],
        "plans": [
            {
                **plan_document(plan, plan.on(on or date.max, nearest=True)),
                "in_force": in_force(plan, on),
            }
            for plan in found
        ],
    }


def in_force(plan: RatePlan, on: date | None) -> bool | None:
    """Whether some version covers the day; None where no day is asked about."""
    return None if on is None else any(version.covers(on) for version in plan.versions)


def _show(
    console: Console, found: Sequence[RatePlan], where: Place | None, on: date | None
) -> None:
    if where is not None:
        console.print(Text(f"{where.zipcode} {where.city}, {where.state}", style="bold"))
    by_utility = grouped(found, lambda plan: str(usual_id(plan.utility_id)))
    for own in by_utility.values():
        console.print()
        _show_utility(console, own, where, on)
    _say_the_rest(console, found, where, set(by_utility))


def _show_utility(
    console: Console, own: Sequence[RatePlan], where: Place | None, on: date | None
) -> None:
    console.print(_heading(own[0], where))
    rows = table(console, "Plan", ("Kind", "key"), ("From", "key"))
    common = set.intersection(*(set(_gap_names(plan)) for plan in own))
    for family in grouped(own, lambda plan: plan.family).values():
        plan = family[0]
        version = plan.on(on or date.max, nearest=True)
        ended = plan.versions[-1].until
        lacking = [words(name) for name in _gap_names(plan) if name not in common]
        rows.add_row(
            stacked(
                plan.family,
                plan.name,
                _variants(family),
                f"missing: {listed(lacking)}" if lacking else "",
                "" if plan.offered else f"closed: {plan.closed}",
                f"its newest prices ended on {ended}" if ended else "",
            ),
            kind_words(version),
            f"{version.effective}{'' if in_force(plan, on) is not False else ' *'}",
        )
    put(console, rows)
    if common:
        names = [words(name) for name in _gap_names(own[0]) if name in common]
        scope = "Missing in all of them" if rows.row_count > 1 else "Missing"
        prose(console, f"{scope}: {listed(names)}.", "dim")
    if any(in_force(plan, on) is False for plan in own):
        prose(console, f"* no version is held for {on}: this is the nearest.", "yellow")


def _gap_names(plan: RatePlan) -> list[str]:
    return [gap.name for gap in plan.missing if gap.name not in _ZIP_GAPS]


def _variants(family: Sequence[RatePlan]) -> str:
    if len(family) < 2:
        return ""
    return f"{len(family)} keys: {family[0].key} to {family[-1].key.rsplit('/', 1)[-1]}"


def _heading(plan: RatePlan, where: Place | None) -> Text:
    text = Text(plan.utility, style="bold cyan")
    text.append(f"  EIA {plan.utility_id}", style="not bold dim")
    listing = _listing(plan, where)
    if listing is not None and listing.rank == 1:
        text.append("  predominant here", style="not bold green")
    if listing is not None and listing.inferred:
        text.append("  inferred from nearby", style="not bold yellow")
    return text


def _listing(plan: RatePlan, where: Place | None) -> UtilityListing | None:
    own = (
        [u for u in where.utilities if usual_id(u.eia_id) == usual_id(plan.utility_id)]
        if where
        else []
    )
    return own[0] if own else None


def _say_the_rest(
    console: Console, found: Sequence[RatePlan], where: Place | None, shown: set[str]
) -> None:
    notes = []
    if any(plan.territory for plan in found):
        example = next(plan for plan in found if plan.territory)
        notes.append(
            "Plans with several keys have one for each baseline territory and heating code "
            f"(B basic, H all electric), such as {example.key}. The utility's bill names the "
            "territory."
        )
    bare = [u for u in (where.utilities if where else ()) if str(usual_id(u.eia_id)) not in shown]
    if bare:
        names = ", ".join(f"{u.name} ({u.eia_id})" for u in bare)
        notes.append(f"Also listed for the ZIP, without plans in the catalog: {names}.")
    if not found:
        notes.append("The catalog has no plan here. `kwhen catalog import` brings plans in.")
    for note in notes:
        console.print()
        prose(console, note)
