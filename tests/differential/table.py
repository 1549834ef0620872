"""Writes docs/differential.md: `python -m tests.differential.table`."""

from collections import Counter

from kwhen.catalog.plans import plan_keys
from tests.differential.comparison import CASES, Compared, compared
from tests.reading import ROOT

PAGE = ROOT / "docs" / "differential.md"
NOTHING_USD = 1e-6  # below it the last digits of binary fractions speak

HEAD = """# Bills compared with NREL's PySAM

Written by `python -m tests.differential.table`; `tests/differential` keeps it true.

The newest version of every embedded plan is billed for random homes by kwhen and by
NREL-PySAM's Utilityrate5, in SAM's calendar (every year starts on a Monday, no clock change).
{cases} homes a plan, hourly and every 15 minutes, each with and without solar: net metering with
kWh rollover and a year-end payment, where no period has a surplus and where many have one, and
net billing with and without a sell rate. The figures are the largest difference of any of
them, in USD; a year may differ by 0.02, a month by 0.01.

## What SAM does otherwise, and what was done about it

"""
DIFFERENCES = (
    ("what", "in SAM", "in the comparison"),
    ("---", "---", "---"),
    ("holidays", "its year has no dates", "both bill the plan without them"),
    ("credits of a date", "its year has no dates", "both bill the plan without them"),
    (
        "several energy charges",
        "one matrix of prices",
        "folded: a SAM period is a combination of the charges' own periods",
    ),
    (
        "surplus kWh of charges whose periods differ",
        "kept by combined period",
        "both bill the folded form; the plan's own form is compared where no period has a surplus",
    ),
    (
        "surplus at the year's end",
        "a running total of months that never falls below zero is paid, so that what was bought "
        "in January is not set against July",
        "the engine pays the year's generation less its use, as utilities do; what SAM pays "
        "beyond it is added to SAM's December, and a test of its own shows it",
    ),
    (
        "tiers under net billing",
        "fill in the order of time; prorated only under net metering",
        "the export rules of `tests/sam.py` say so; utilities' own rules prorate",
    ),
    ("$ a day", "every month has 365/12 days", "the engine's calendar `sam` does the same"),
    ("cents", "nothing is rounded", "the engine's calendar `sam` does the same"),
)


def page() -> str:
    """The whole page."""
    found = [compared(key) for key in plan_keys()]
    counts = Counter("compared" if not one.reason else "not compared" for one in found)
    says = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
    head = HEAD.format(cases=len(CASES))
    lines = [
        *(f"| {' | '.join(cells)} |" for cells in DIFFERENCES),
        "",
        f"## {len(found)} plans: {says}",
        "",
        "| plan | | month | year |",
        "|---|---|---|---|",
        *(_row(one) for one in found),
    ]
    return head + "\n".join(lines) + "\n"


def _row(one: Compared) -> str:
    if one.reason:
        return f"| {one.plan} | SAM cannot express: {one.reason} | | |"
    what = "; ".join(("compared", *one.notes))
    return f"| {one.plan} | {what} | {_usd(one.months_usd)} | {_usd(one.year_usd)} |"


def _usd(amount_usd: float) -> str:
    return "< 0.000001" if amount_usd < NOTHING_USD else f"{amount_usd:.4f}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
