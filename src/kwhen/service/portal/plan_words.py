"""A plan's times, tiers, rules and links as people read them."""

from collections.abc import Iterable, Sequence

from kwhen.catalog.written import words
from kwhen.service.portal.heat import MONTHS
from kwhen.wire.gaps import GapAnswer, SourceAnswer
from kwhen.wire.plan_structure import ExportRuleAnswer, StructureAnswer
from kwhen.wire.plan_times import TimesAnswer

ALL_MONTHS, EVERY_KIND = 12, {"weekday", "weekend"}
KINDS = {
    "FLAT": "One price",
    "TIERED": "Tiers",
    "TOU": "Time of use",
    "TOU_TIERED": "Time of use, tiers",
    "DYNAMIC": "Hourly price",
}
DEMAND = "_DEMAND"


def kind_words(supported_type: str) -> str:
    """How a plan prices energy: "Time of use, tiers, demand"."""
    told = KINDS[supported_type.removesuffix(DEMAND)]
    return f"{told}, demand" if supported_type.endswith(DEMAND) else told


def times_words(times: TimesAnswer) -> str:
    """When a period applies: "Jun–Sep, every day, 16:00–21:00"."""
    hours = ", ".join(f"{span.start}–{span.end}" for span in times.hours)
    if hours == "00:00–24:00":
        hours = "all hours"
    kinds = set(times.day_kinds)
    days = "every day" if kinds >= EVERY_KIND else " and ".join(f"{k}s" for k in times.day_kinds)
    return ", ".join(part for part in (months_words(times.months), days, hours) if part)


def months_words(months: Sequence[int]) -> str:
    """Runs of months, over the new year as well: "Oct–May"; blank for the whole year."""
    held = set(months)
    if len(held) == ALL_MONTHS:
        return ""
    firsts = [month for month in sorted(held) if (month - 2) % ALL_MONTHS + 1 not in held]
    return ", ".join(_run(first, held) for first in firsts)


def _run(first: int, held: set[int]) -> str:
    last = first
    while last % ALL_MONTHS + 1 in held:
        last = last % ALL_MONTHS + 1
    return MONTHS[first - 1] if first == last else f"{MONTHS[first - 1]}–{MONTHS[last - 1]}"


def highest_usd_per_kwh(structure: StructureAnswer) -> float:
    """The dearest tier of a plan, for the length of bars. [USD/kWh]"""
    tiers = (
        tier.usd_per_kwh
        for charge in structure.energy_charges
        for period in charge.periods
        for tier in period.tiers
    )
    return max((abs(usd) for usd in tiers), default=0.0)


def rule_choices(rules: Iterable[ExportRuleAnswer]) -> list[tuple[str, str]]:
    """Export rules that can be asked for, by name or vintage, with words."""
    held = list(rules)
    first = held[0].name if held else ""
    choices: dict[str, str] = {}
    for rule in held:
        is_dated = rule.name == first and rule.vintage is not None
        key = rule.vintage if is_dated and rule.vintage else rule.name
        choices.setdefault(key, f"{key}: {_open_words(rule) if is_dated else _rule_words(rule)}")
    return list(choices.items())


def _open_words(rule: ExportRuleAnswer) -> str:
    if rule.open_from is None:
        return "by name only"
    until = f" to {rule.open_until}" if rule.open_until else " on"
    return f"applied from {rule.open_from}{until}"


def _rule_words(rule: ExportRuleAnswer) -> str:
    told = {"periods": "netted at the retail price", "hourly": "netted each hour"}
    return told.get(rule.netting.value, "at published export prices")


def gap_title(gap: GapAnswer) -> str:
    """The name of a gap with a capital: "Local taxes", "ELRP-A4: enrolment"."""
    told = words(gap.name)
    return told[:1].upper() + told[1:]


def safe_url(source: SourceAnswer) -> str | None:
    """The address of a source, if a browser may follow it."""
    url = source.url
    return url if url and url.startswith(("https://", "http://")) else None
