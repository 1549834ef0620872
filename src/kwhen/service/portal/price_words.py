"""A home's prices as its page shows them: words, the data of its charts, and their tables."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kwhen.api.signals import Signal
from kwhen.catalog.sources import sources
from kwhen.operations.home_prices import HomePrices, PricedUse, Stretch
from kwhen.records import HomeRecord
from kwhen.service.portal.words import UNKNOWN, cents
from kwhen.wire.price_signal import rounded

Floats = NDArray[np.float64]
Values = dict[str, Any]

CENTS_PER_USD = 100
MIDNIGHT = "00:00"
# Each part of the import price: its words and its colour in portal.css, from the ground up.
PARTS = {
    "supply": ("Energy", "blue"),
    "delivery": ("Delivery", "sky"),
    "non_bypassable": ("Public programmes", "purple"),
    "other": ("Energy and delivery", "blue"),
    "tax": ("Taxes", "grey"),
    "credit": ("Credits", "grey"),
    "wholesale": ("Wholesale", "orange"),
    "carbon": ("Carbon", "vermilion"),
}
WIDE_PARTS = {"other": "Other"}  # where the plan is split, `other` is what is left
LINES = (
    ("price", "Price", "ink"),
    ("import", "Import rate", "ink"),
    ("export", "Export rate", "green"),
)


def price_values(home: HomeRecord, found: HomePrices) -> Values:
    """What the page tells of today and tomorrow."""
    signal, now = found.signal, found.now_step
    return {
        "zone": found.zone,
        "now": found.now.astimezone(found.starts[0].tzinfo),
        "now_price": signal.price[now],
        "now_until": _clock(_same_until(found, now)),
        "now_period": found.periods[now],
        "cheapest": _window(found, found.cheapest()),
        "dearest": _window(found, found.dearest()),
        "export_now": signal.export_usd_per_kwh[now] if home.facts.solar else None,
        "exports": signal.exporting_frac is not None,
        "confidence": _span(signal.confidence[now:]),
        "plan": signal.plan,
        "versions": ", ".join(day.isoformat() for day in signal.versions),
        "is_nearest": signal.is_nearest,
        "export_rule": signal.export_rule if home.facts.solar else None,
        "gaps": signal.missing,
        "sources": list(_sources(signal)),
        "chart": _chart(found),
        "blocks": _block_rows(found),
        "columns": _columns(found),
        "rows": _rows(found),
    }


def use_values(used: PricedUse) -> Values:
    """What the page tells of the last days of a home's meter."""
    exported = used.export_kwh
    first, last = used.starts[0].date(), used.starts[-1].date()
    paid, usual = used.paid_usd_per_kwh, used.usual_usd_per_kwh
    return {
        "first": first,
        "last": last,
        "used_kwh": used.used_kwh,
        "exported_kwh": None if exported is None else float(exported.sum()),
        "paid": paid,
        "usual": usual,
        "difference": None if paid is None else paid - usual,
        "is_nearest": used.signal.is_nearest,
        "chart": {
            "zone": str(used.starts[0].tzinfo),
            "starts": [int(start.timestamp()) for start in used.starts],
            "end": int(used.signal.end.timestamp()),
            "used": np.round(used.import_kwh, 4).tolist(),
            "exported": None if exported is None else np.round(exported, 4).tolist(),
            "rate": _cents(used.signal.import_usd_per_kwh),
        },
        "days": [_day_row(used, day) for day in _dates(first, last)],
    }


def _chart(found: HomePrices) -> Values:
    arrays = found.signal.arrays
    values = (
        arrays.price_usd_per_kwh,
        arrays.import_usd_per_kwh,
        arrays.export_usd_per_kwh,
    )
    return {
        "zone": found.zone,
        "starts": [int(start.timestamp()) for start in found.starts],
        "end": int(found.signal.end.timestamp()),
        "now": int(found.now.timestamp()),
        "parts": [
            {"words": part_words(found.parts, name), "colour": PARTS[name][1], "cents": _cents(usd)}
            for name, usd in found.parts.items()
        ],
        "lines": [
            {"key": key, "words": words, "colour": colour, "cents": _cents(usd)}
            for (key, words, colour), usd in zip(LINES, values, strict=True)
            if key != "export" or np.any(usd)
        ],
        "bands": [
            {"from": int(start.timestamp()), "to": int(end.timestamp()), "words": words}
            for start, end, words in _bands(found)
        ],
        "cheapest": _edges(found.cheapest()),
        "dearest": _edges(found.dearest()),
    }


def part_words(parts: Sequence[str] | Any, name: str) -> str:
    """What a part is called beside the others."""
    is_split = "supply" in parts or "delivery" in parts
    return WIDE_PARTS[name] if is_split and name in WIDE_PARTS else PARTS[name][0]


def _bands(found: HomePrices) -> Iterator[tuple[datetime, datetime, str]]:
    """Runs of one time-of-use period."""
    steps = zip(found.starts, found.ends, found.periods, strict=True)
    for words, run in groupby(steps, key=lambda step: step[2]):
        inside = list(run)
        if words:
            yield inside[0][0], inside[-1][1], words


def _columns(found: HomePrices) -> list[tuple[str, str]]:
    parts = [part_words(found.parts, name) for name in found.parts]
    words = ["Price", "Import", "Export", *parts]
    if found.signal.exporting_frac is not None:
        words.append("Solar")
    return [("From", ""), ("Period", ""), *((word, "num") for word in words), ("Sure", "num")]


def _rows(found: HomePrices) -> list[list[str]]:
    arrays = found.signal.arrays
    columns = [
        arrays.price_usd_per_kwh,
        arrays.import_usd_per_kwh,
        arrays.export_usd_per_kwh,
        *found.parts.values(),
    ]
    if found.signal.exporting_frac is not None:
        columns.append(arrays.solar_usd_per_kwh)
    told = [[f"{value:.2f}" for value in column] for column in map(_cents, columns)]
    sure = [f"{value:.0%}" for value in found.signal.confidence]
    times = list(map(_teller(found), found.starts))
    periods = [period or UNKNOWN for period in found.periods]
    return [list(row) for row in zip(times, periods, *told, sure, strict=True)]


def _teller(found: HomePrices) -> Callable[[datetime], str]:
    """How a moment is written: with its zone where the clock changes and an hour may come twice."""
    first, last = found.starts[0], found.starts[-1]
    form = "%a %H:%M" if first.utcoffset() == last.utcoffset() else "%a %H:%M %Z"
    return lambda moment: moment.astimezone(first.tzinfo).strftime(form)


def _block_rows(found: HomePrices) -> list[list[str]]:
    tell = _teller(found)
    return [
        [
            tell(block.start),
            tell(block.end),
            *(
                f"{usd * CENTS_PER_USD:.2f}"
                for usd in (
                    block.price_usd_per_kwh,
                    block.import_usd_per_kwh,
                    block.export_usd_per_kwh,
                )
            ),
            f"{block.confidence_frac:.0%}",
        ]
        for block in found.signal.blocks
    ]


def _day_row(used: PricedUse, day: date) -> list[str]:
    inside = np.array([start.date() == day for start in used.starts])
    kwh, rate = used.import_kwh[inside], used.signal.import_usd_per_kwh[inside]
    mean = float(kwh @ rate / kwh.sum()) if kwh.sum() else None
    exported = UNKNOWN if used.export_kwh is None else f"{used.export_kwh[inside].sum():.1f}"
    return [f"{day:%a %d %b %Y}", f"{kwh.sum():.1f}", exported, cents(mean)]


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _same_until(found: HomePrices, step: int) -> datetime:
    """When the price of a step ends."""
    place = found.starts[0].tzinfo
    running = (block for block in found.signal.blocks if block.end > found.starts[step])
    return next(running).end.astimezone(place)


def _window(found: HomePrices, stretch: Stretch | None) -> Values | None:
    if stretch is None:
        return None
    today = found.starts[0].date()
    last = (stretch.end - timedelta(microseconds=1)).date()
    end = _clock(stretch.end)
    return {
        "day": "today" if stretch.start.date() == today else "tomorrow",
        "hours": f"{_clock(stretch.start)}–{'24:00' if end == MIDNIGHT else end}",
        "overnight": last != stretch.start.date(),
        "price": stretch.mean_usd_per_kwh,
    }


def _clock(when: datetime) -> str:
    return f"{when:%H:%M}"


def _edges(stretch: Stretch | None) -> list[int] | None:
    if stretch is None:
        return None
    return [int(stretch.start.timestamp()), int(stretch.end.timestamp())]


def _cents(usd_per_kwh: Floats) -> list[float]:
    told: list[float] = np.round(rounded(usd_per_kwh) * CENTS_PER_USD, 3).tolist()
    return told


def _span(values: Floats) -> str:
    low, high = (f"{value:.0%}" for value in (values.min(), values.max()))
    return low if low == high else f"{low} to {high}"


def _sources(signal: Signal) -> Iterator[Values]:
    """Where each component comes from, as the register of sources knows it."""
    register = sources()
    for note in signal.sources:
        held = [register[name] for name in note.source.split(", ") if name in register]
        yield {
            "component": note.component,
            "words": note.source or UNKNOWN,
            "held": held,
            "vintage": note.vintage,
            "is_fallback": note.is_fallback,
        }
