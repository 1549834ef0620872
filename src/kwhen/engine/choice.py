"""From a rate plan and a customer to what applies: versions by date, programme, export rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from kwhen.engine.compensation import ExportRule
from kwhen.engine.tariff import Programme, Tariff
from kwhen.engine.words import Customer, Missing
from kwhen.errors import ChoiceError, CoverageError

NO_EXPORT_RULE = "NONE"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Span:
    """A version of the plan over the dates [first_day, end_day) of a window."""

    tariff: Tariff
    first_day: int
    end_day: int
    is_nearest: bool  # the version is not in force on these dates


def version_spans(
    versions: Sequence[Tariff], days: Sequence[date], *, nearest: bool
) -> tuple[Span, ...]:
    """The version in force on each date, as runs of dates.

    Raises CoverageError for a date that no version covers, unless `nearest`: then the version
    whose term is closest is taken and the span says so.
    """
    chosen = [_version_on(versions, day, nearest) for day in (days[0], days[-1])]
    if chosen[0] == chosen[1] and len(versions) == 1:
        return (_span(chosen[0], 0, len(days)),)
    picks = [_version_on(versions, day, nearest) for day in days]
    starts = [0] + [i for i in range(1, len(days)) if picks[i] != picks[i - 1]]
    ends = [*starts[1:], len(days)]
    return tuple(_span(picks[a], a, b) for a, b in zip(starts, ends, strict=True))


def _span(pick: tuple[Tariff, bool], first_day: int, end_day: int) -> Span:
    return Span(tariff=pick[0], first_day=first_day, end_day=end_day, is_nearest=pick[1])


def _version_on(versions: Sequence[Tariff], day: date, nearest: bool) -> tuple[Tariff, bool]:
    for tariff in reversed(versions):
        if tariff.covers(day):
            return tariff, False
    if not nearest:
        first = versions[0]
        last = versions[-1].until
        known = f"from {first.effective}" + (f" until {last}" if last else "")
        raise CoverageError(
            f"{first.plan}: no version in force on {day}; versions are known {known}. "
            "Choose another date, or pass nearest=True to bill with the closest version"
        )
    return min(versions, key=lambda tariff: _days_away(tariff, day)), True


def _days_away(tariff: Tariff, day: date) -> int:
    if day < tariff.effective:
        return (tariff.effective - day).days
    return (day - tariff.until).days + 1 if tariff.until else 0


def for_customer(tariff: Tariff, customer: Customer) -> Tariff:
    """The customer's variant, with the charges of the low-income programme if one is named.

    Raises ChoiceError where the customer does not choose, or contradicts the tariff.
    """
    if tariff.variants:
        tariff = choose(tariff.plan, tariff.variants, customer)
    for word, own, asked in (
        ("territory", tariff.territory, customer.territory),
        ("heating", tariff.heating, customer.heating),
    ):
        if own is not None and asked is not None and own != asked:
            raise ChoiceError(
                f"{tariff.plan} is for {word} {own!r}, the customer says {asked!r}; "
                f"choose the plan of {asked!r}, or leave the customer's {word} out"
            )
    if customer.low_income is None:
        return tariff
    return _with_programme(tariff, _programme(tariff, customer.low_income))


def choose(family: str, variants: Sequence[Tariff], customer: Customer) -> Tariff:
    """The one variant of a family that fits the customer; the territory has to be known."""
    fitting = [
        tariff
        for tariff in variants
        if customer.territory in (None, tariff.territory)
        and customer.heating in (None, tariff.heating)
    ]
    if len(fitting) == 1 and customer.territory is not None:
        return fitting[0]
    keys = ", ".join(tariff.plan for tariff in fitting or variants)
    why = "several fit" if fitting else "none fits the customer's territory and heating"
    raise ChoiceError(
        f"{family} is a family of plans, one for each baseline territory and heating code; "
        f"{why}. Name one, or give the customer's territory and heating: {keys}"
    )


def _programme(tariff: Tariff, name: str) -> Programme:
    for programme in tariff.programmes:
        if programme.name == name:
            return programme
    known = ", ".join(p.name for p in tariff.programmes) or "none"
    raise ChoiceError(
        f"{tariff.plan} from {tariff.effective} has no low-income programme {name!r}; "
        f"known: {known}"
    )


def _with_programme(tariff: Tariff, programme: Programme) -> Tariff:
    kept = tuple(c for c in tariff.charges if c.name not in programme.replaces)
    return replace(
        tariff,
        charges=kept + programme.charges,
        missing=tariff.missing + programme.missing,
    )


def export_rule(tariff: Tariff, customer: Customer, start: date) -> ExportRule | None:
    """The compensation rule of a home that exports: the customer's own, else the one that was
    open when it was connected, else on `start`. The vintage is that year, clipped to those held.

    Raises ChoiceError for a rule that the tariff does not have.
    """
    asked = customer.export_rule
    if asked is not None and asked.upper() == NO_EXPORT_RULE:
        return None
    since = customer.interconnection_date or start
    if asked is None:
        fits = [rule for rule in tariff.export_rules if _is_open(rule, since)]
        return (
            _of_vintage([r for r in fits if r.name == fits[0].name], since.year) if fits else None
        )
    exact = [rule for rule in tariff.export_rules if rule.vintage == asked]
    named = [rule for rule in tariff.export_rules if rule.name == asked]
    if not exact and not named:
        known = [*sorted({r.name for r in tariff.export_rules}), NO_EXPORT_RULE]
        raise ChoiceError(f"{tariff.plan} has no export rule {asked!r}; known: {', '.join(known)}")
    return exact[0] if exact else _of_vintage(named, since.year)


def _is_open(rule: ExportRule, day: date) -> bool:
    if rule.named_only:
        return False
    begun = rule.open_from is None or rule.open_from <= day
    return begun and (rule.open_until is None or day < rule.open_until)


def _of_vintage(rules: list[ExportRule], year: int) -> ExportRule:
    dated = [(int(r.vintage[-2:]) + 2000, r) for r in rules if r.vintage[-2:].isdigit()]
    dated = [pair for pair in dated if pair[0] > 2000]  # 00 is the floating vintage
    if not dated:
        return rules[0]
    return min(dated, key=lambda pair: (abs(pair[0] - year), pair[0]))[1]


def no_export_rule(tariff: Tariff) -> Missing:
    """The gap of a plan whose export compensation is not known."""
    return Missing(
        name="export_rule",
        note=f"no export compensation is known for {tariff.plan}; exported energy earns nothing",
    )
