"""Writes docs/reference/data.md from the sources register and the shipped figures' own gaps."""

from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

from kwhen.catalog.carbon import carbon_models
from kwhen.catalog.plans import RatePlan, families, plan_keys, rate_plan
from kwhen.catalog.sources import Source, sources

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "data.md"
HEAD = """# Data and its sources

Every figure that ships with kwhen names its publication. This page is written from the sources
register and the shipped figures by `make docs`; `kwhen catalog sources` prints the register.
"""
SHOWN_COUNT = 6  # schedules that a source's entry names


def page() -> str:
    """The whole page."""
    found = list(sources().values())
    parts = [HEAD, _vintages(), _gaps(), _licences(found)]
    parts += ["## Sources", *map(_entry, sorted(found, key=lambda source: source.id))]
    return "\n\n".join(part.strip() for part in parts) + "\n"


def _table(head: tuple[str, ...], rows: list[tuple[object, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(part) for part in line) + " |" for line in lines)


def _cell(part: object) -> str:
    return str(part).replace("|", "\\|").replace("\n", " ")


@cache
def _schedules() -> tuple[RatePlan, ...]:
    """One plan of each schedule: those of its territories have the same versions and gaps."""
    first: dict[str, str] = {}
    for key in plan_keys():
        first.setdefault("/".join(key.split("/")[:2]), key)
    assert set(first) == set(families())
    return tuple(rate_plan(key) for key in first.values())


def _vintages() -> str:
    """What is held of plans and carbon, and of which time."""
    held = _schedules()
    versions = [version for plan in held for version in plan.versions]
    lines = [
        "## Vintages",
        f"{len(held)} schedules of {len({plan.utility_id for plan in held})} utilities ship, "
        f"as {len(plan_keys())} plans: a schedule has one for each baseline territory and heating "
        f"code. Their versions are effective from {min(v.effective for v in versions)} to "
        f"{max(v.effective for v in versions)}.",
        _table(
            ("utility", "schedule", "newest version", "versions"),
            [
                (plan.utility, f"`{plan.family}`", plan.versions[-1].effective, len(plan.versions))
                for plan in sorted(held, key=lambda plan: (plan.utility, plan.family))
            ],
        ),
        "Models of marginal carbon:",
        _table(
            ("model", "what it measures", "vintage", "regions", "source"),
            [
                (f"`{m.name}`", m.measures, m.vintage, len(m.regions), _link(m.source))
                for m in carbon_models()
            ],
        ),
    ]
    return "\n\n".join(lines)


def _gaps() -> str:
    """What schedules say that they lack, by how many of them do."""
    held = _schedules()
    counts = Counter(
        name for plan in held for name in {gap.name for gap in plan.versions[-1].missing}
    )
    rows = [
        (f"`{name}`", count) for name, count in sorted(counts.items(), key=lambda x: (-x[1], x))
    ]
    return (
        "## Named gaps\n\nWhat belongs on a bill and is not held has a name, which travels with "
        f"every answer. Of {len(held)} schedules, so many name each in their newest version:\n\n"
        + _table(("gap", "schedules"), rows)
    )


@cache
def _given() -> dict[str, list[str]]:
    """The schedules that were taken from each source."""
    found = defaultdict(list)
    for plan in _schedules():
        for id in plan.sources:
            found[id].append(plan.family)
    return found


def _licences(found: list[Source]) -> str:
    counts = Counter(source.licence for source in found)
    rows = [(licence, count) for licence, count in sorted(counts.items())]
    return "## Licences\n\n" + _table(("licence", "sources"), rows)


def _link(id: str) -> str:
    return f"[{id}](#{id})"


def _entry(source: Source) -> str:
    """One source with all that the register says of it."""
    where = f" [Address]({source.url})." if source.url else ""
    when = f" Retrieved {source.retrieved}." if source.retrieved else ""
    lines = [
        f"### {source.id}",
        f"{source.title}. {source.publisher}; {source.edition}. Licence: {source.licence}."
        f"{when}{where}",
    ]
    if schedules := _given().get(source.id):
        shown = ", ".join(f"`{name}`" for name in schedules[:SHOWN_COUNT])
        more = len(schedules) - SHOWN_COUNT
        lines.append(f"Gives {shown}{f' and {more} more schedules' if more > 0 else ''}.")
    return "\n\n".join([*lines, *([source.note] if source.note else [])])


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
