"""Paper for the terminal: money, bars and tables that fit 80 columns and survive a pipe."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from textwrap import fill
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kwhen.catalog.written import money as money
from kwhen.catalog.written import number as number
from kwhen.catalog.written import price as price
from kwhen.catalog.written import words as words

NARROWEST = 72  # below it amounts would be cut; the terminal wraps instead
WIDEST = 100  # beyond it a line is hard to follow with the eye
_EIGHTHS = "▏▎▍▌▋▊▉█"

Document = dict[str, Any]


def page(*, stderr: bool = False) -> Console:
    """A console on standard output. A pipe gets neither colour nor bars, nor does markup count."""
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    console.width = min(max(console.width, NARROWEST), WIDEST)
    return console


def is_drawn(console: Console) -> bool:
    """Whether bars and boxes are drawn: on a terminal."""
    return console.is_terminal and not console.is_dumb_terminal


def is_coloured(console: Console) -> bool:
    """Whether the console shows colours."""
    return console.color_system is not None and not console.no_color


def emit(document: Document) -> None:
    """One JSON document on standard output; dates in ISO."""
    json.dump(document, sys.stdout, indent=2, ensure_ascii=False, default=_plain, allow_nan=False)
    sys.stdout.write("\n")


def _plain(thing: object) -> str:
    if isinstance(thing, date | datetime):
        return thing.isoformat()
    raise TypeError(f"{type(thing).__name__} has no place in the document")


def days(first: date, end: date) -> str:
    """Dates [first, end) as people write them: with the last day in."""
    last = date.fromordinal(end.toordinal() - 1)
    return f"{first} to {last}" if last != first else f"{first}"


def bar(amount: float, largest: float, width: int) -> str:
    """A bar of up to `width` characters, in eighths."""
    if largest <= 0 or amount <= 0:
        return ""
    eighths = max(1, round(min(amount / largest, 1.0) * width * 8))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8 - 1] if eighths % 8 else "")


def listed(names: Sequence[str], most: int = 6) -> str:
    """Names with commas; those beyond `most` are counted."""
    more = len(names) - most
    shown = ", ".join(names[:most])
    return shown if more <= 0 else f"{shown} and {more} more"


def table(console: Console, *columns: str | tuple[str, str], title: str = "") -> Table:
    """A table of the house form. A column is its heading, or (heading, kind).

    Kinds: "number" right-aligned, "amount" likewise and may wrap, "key" never cut,
    "bar" for bars, "text" may wrap.
    """
    drawn = is_drawn(console)
    found = Table(
        box=box.SIMPLE_HEAD if drawn else None,
        padding=(0, 1 if drawn else 2, 0, 0),
        pad_edge=False,
        show_edge=False,
        header_style="bold",
        title=title or None,
        title_justify="left",
        title_style="bold",
    )
    for column in columns:
        heading, kind = (column, "text") if isinstance(column, str) else column
        if kind == "number":
            found.add_column(heading, justify="right", no_wrap=True)
        elif kind == "amount":
            found.add_column(heading, justify="right")
        elif kind == "key":
            found.add_column(heading, no_wrap=True, overflow="fold")
        elif kind == "bar":
            if drawn:
                found.add_column(heading, no_wrap=True, overflow="crop")
        else:
            found.add_column(heading, overflow="fold")
    return found


def stacked(first: str, *more: str, style: str = "bold") -> Text:
    """A cell of several lines: the first stands out, the others stand back."""
    text = Text(first, style=style)
    for line in more:
        if line:
            text.append("\n")
            text.append(line, style="not bold dim")
    return text


def put(console: Console, rows: Table) -> None:
    """Print a table; in a pipe without blanks at the ends of its lines."""
    if is_drawn(console):
        console.print(rows)
        return
    with console.capture() as capture:
        console.print(rows)
    for line in capture.get().splitlines():
        console.print(Text(line.rstrip()), soft_wrap=True)


def paragraph(console: Console, head: str, sentences: Iterable[str]) -> None:
    """A head, and sentences as a list below it; nothing where there are none."""
    listed = list(sentences)
    if not listed:
        return
    console.print()
    console.print(Text(head, style="bold"))
    for sentence in listed:
        console.print(Text(wrapped(console, sentence, "- ", "  ")), soft_wrap=True)


def prose(console: Console, sentence: str, style: str = "") -> None:
    """A sentence over as many lines as it needs, links unbroken."""
    console.print(Text(wrapped(console, sentence), style=style), soft_wrap=True)


def wrapped(console: Console, sentence: str, first: str = "", later: str = "") -> str:
    """A sentence as lines of the console's width; words and links stay whole."""
    return fill(
        sentence,
        width=console.width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
