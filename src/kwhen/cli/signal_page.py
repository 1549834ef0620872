"""A price signal on the page: its day as a chart, what it is made of, where that comes from."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.text import Text

from kwhen.api.signals import Signal
from kwhen.cli.chart import bars, hour_axis, scale
from kwhen.cli.homes import foreign_words, place_words, solar_words
from kwhen.cli.kinds import gap_words
from kwhen.cli.page import is_drawn, number, paragraph, price, prose, put, table
from kwhen.cli.signal_document import Told
from kwhen.engine.signal import SignalArrays
from kwhen.engine.stretches import cheapest_stretch, dearest_stretch

Floats = NDArray[np.float64]

_CHART_ROWS = 9
_MARGIN = 8  # left of a chart
_LEAST_USD_PER_KWH = 5e-6  # prints as 0 below it
_ONE_CHART_STEPS = 100  # a day of 25 hours; longer windows have a line a day


def show_signal(console: Console, told: Told) -> None:
    """The whole signal, for a person."""
    signal = told.signal
    _show_head(console, told)
    if len(signal.price) <= _ONE_CHART_STEPS:
        if is_drawn(console):
            _show_chart(console, told)
        _show_extremes(console, told)
        _show_blocks(console, told)
    else:
        _show_days(console, told)
    _show_notes(console, told)


def _show_head(console: Console, told: Told) -> None:
    home, signal = told.home, told.signal
    console.print(Text.assemble((told.plan.key, "bold"), "  ", told.plan.name))
    start, end = (at.astimezone(told.zone) for at in (signal.start, signal.end))
    window = f"{start:%a %Y-%m-%d %H:%M} to {end:%a %Y-%m-%d %H:%M}, {told.zone}"
    prose(console, window, "dim")
    rule = f", export rule {signal.export_rule}" if home.solar and signal.export_rule else ""
    where = place_words(home.place) + ", " if home.place else ""
    prose(console, f"{where}{solar_words(home.solar)}{rule}", "dim")
    console.print()


def _show_chart(console: Console, told: Told) -> None:
    """The price as bars, and below it a line each for import, export and emissions."""
    signal = told.signal
    of = scale(signal.price)
    rows = bars(console, signal.price, _CHART_ROWS, of)
    middle = _CHART_ROWS // 2
    console.print(Text("  $/kWh", style="dim"))
    for at, row in enumerate(rows):
        label = ""
        if at % middle == 0 and at < _CHART_ROWS - 1:
            label = f"{of.floor + (of.top - of.floor) * (1 - at / _CHART_ROWS):.3f}"
        edge = f"{label:>{_MARGIN - 2}} {'┤' if label else '│'}"
        console.print(Text.assemble((edge, "dim"), row))
    ticks, labels = hour_axis(told.starts())
    console.print(Text(f"{of.floor:>{_MARGIN - 2}.3f} └{ticks}", style="dim"))
    console.print(Text(" " * _MARGIN + labels, style="dim"))
    _show_line(console, "import", signal.import_usd_per_kwh, "$/kWh", 5)
    if told.home.solar is not None:
        _show_line(console, "export", signal.export_usd_per_kwh, "$/kWh", 5)
    if signal.co2e_lb_per_mwh is not None:
        _show_line(console, "CO2e", signal.co2e_lb_per_mwh, "lb/MWh", 0)
    console.print()


def _show_line(console: Console, name: str, amounts: Floats, unit: str, digits: int) -> None:
    low, high = number(amounts.min(), digits), number(amounts.max(), digits)
    span = high if low == high else f"{low}-{high}"
    (row,) = bars(console, amounts, 1, scale(amounts))
    ends = (f"{name:>{_MARGIN - 1}} ", "dim"), (f" {span} {unit}", "dim")
    console.print(Text.assemble(ends[0], row, ends[1]), soft_wrap=True)


def _show_extremes(console: Console, told: Told) -> None:
    """When it is cheapest and dearest, in words."""
    found = told.signal.price
    starts = told.starts()
    cheap, dear = cheapest_stretch(found), dearest_stretch(found)
    if cheap is None or dear is None:
        prose(console, f"One price all the time: ${price(found[0])} a kWh.", "bold")
        return
    for name, steps, style in (("Cheapest", cheap, "bold cyan"), ("Dearest", dear, "bold red")):
        lowest, highest = price(found[steps].min()), price(found[steps].max())
        span = f"${lowest}" if lowest == highest else f"${lowest} to ${highest}"
        line = Text.assemble((f"{name:9}", style), _stretch_words(told, starts, steps))
        console.print(line + Text(f", {span} a kWh"))


def _stretch_words(told: Told, starts: Sequence[datetime], steps: slice) -> str:
    start, end = starts[steps.start], _end_of(told, starts, steps)
    day = "" if start.date() == end.date() or f"{end:%H:%M}" == "00:00" else f"{end:%a} "
    return f"{start:%a %H:%M} to {day}{_clock_end(end)}"


def _end_of(told: Told, starts: Sequence[datetime], steps: slice) -> datetime:
    last = told.signal.end.astimezone(told.zone)
    return starts[steps.stop] if steps.stop < len(starts) else last


def _clock_end(end: datetime) -> str:
    """The time at which something ends: midnight is the end of its day."""
    return "24:00" if f"{end:%H:%M:%S}" == "00:00:00" else f"{end:%H:%M}"


def _show_blocks(console: Console, told: Told) -> None:
    """Each stretch of equal price, and what that price is made of."""
    console.print()
    signal = told.signal
    parts = _parts(signal.arrays, has_solar=told.home.solar is not None)
    headings = ["From", "To", *parts, "Conf."]
    rows = table(console, *((heading, "number") for heading in headings))
    step = signal.step_minutes * 60
    before = None
    for block in signal.blocks:
        at = round((block.start - signal.start).total_seconds() / step)
        start, end = (moment.astimezone(told.zone) for moment in (block.start, block.end))
        day = "" if start.date() == before else f"{start:%a} "
        cells = [_part_words(float(values[at]), name) for name, values in parts.items()]
        rows.add_row(
            f"{day}{start:%H:%M}", _clock_end(end), *cells, number(block.confidence_frac, 2)
        )
        before = start.date()
    put(console, rows)
    sum_words = " + ".join(name.lower() for name in parts if name not in ("Price", "Export"))
    export = "; export: the plan's own rate" if "Export" in parts else ""
    prose(console, f"$/kWh; price = {sum_words}{export}", "dim")


def _part_words(usd_per_kwh: float, name: str) -> Text:
    if name == "Price":
        return Text(price(usd_per_kwh), style="bold")
    is_nothing = abs(usd_per_kwh) < _LEAST_USD_PER_KWH
    return Text("0", style="dim") if is_nothing else Text(price(usd_per_kwh))


def _parts(found: SignalArrays, *, has_solar: bool) -> dict[str, Floats]:
    """The columns that say something."""
    columns = {
        "Tariff": found.import_usd_per_kwh,
        "Market": found.wholesale_usd_per_kwh,
        "Carbon": found.carbon_usd_per_kwh,
        "Solar": found.solar_usd_per_kwh,
    }
    said = {
        n: v for n, v in columns.items() if n == "Tariff" or np.abs(v).max() >= _LEAST_USD_PER_KWH
    }
    exported = {"Export": found.export_usd_per_kwh} if has_solar else {}
    return {**said, "Price": found.price_usd_per_kwh, **exported}


def _show_days(console: Console, told: Told) -> None:
    """A line for each local day: its lowest and highest price, and when."""
    found, starts = told.signal.price, told.starts()
    rows = table(
        console,
        ("Day", "key"),
        ("Lowest", "number"),
        ("Cheapest", "key"),
        ("Highest", "number"),
        ("Dearest", "key"),
        ("", "bar"),
    )
    dates = np.array([start.toordinal() for start in starts])
    firsts = [*np.flatnonzero(np.diff(dates, prepend=dates[0] - 1)).tolist(), len(dates)]
    of = scale(found)
    for first, end in pairwise(firsts):
        day, own = found[first:end], starts[first : end + 1]
        clock = [
            ""
            if part is None
            else f"{own[part.start]:%H:%M}-{_clock_end(_end_of(told, own, part))}"
            for part in (cheapest_stretch(day), dearest_stretch(day))
        ]
        drawn = bars(console, day[::2], 1, of) if is_drawn(console) else []
        cells = (price(day.min()), clock[0], price(day.max()), clock[1])
        rows.add_row(f"{own[0]:%a %m-%d}", *cells, *drawn)
    put(console, rows)
    prose(console, "$/kWh; --json and --csv have every quarter hour", "dim")


def _show_notes(console: Console, told: Told) -> None:
    signal = told.signal
    paragraph(console, "Made from", _source_words(told, signal))
    gaps = [gap_words(gap) for gap in signal.missing]
    paragraph(console, "Read it with care", [*foreign_words(told.home, told.plan), *gaps])


def _source_words(told: Told, signal: Signal) -> list[str]:
    intensity = told.home.carbon_intensity
    usd = signal.settings.carbon_price_usd_per_tonne(intensity)
    versions = ", ".join(map(str, dict.fromkeys(signal.versions)))
    nearest = ", the nearest that is held" if signal.is_nearest else ""
    more = {
        "tariff": f"prices effective {versions}{nearest}",
        "carbon": f"${usd:g} a tonne ({intensity.name})",
    }
    return [
        ", ".join(
            word
            for word in (
                f"{note.component}: {note.source}",
                note.vintage,
                more.get(note.component, ""),
                "a fallback" if note.is_fallback else "",
            )
            if word
        )
        for note in signal.sources
    ]
