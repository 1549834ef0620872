"""How values are written on pages."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

UNKNOWN = "–"
KB_BYTES = 1000
MINUTE_S = 60
UNITS = (("day", 86_400), ("hour", 3_600), ("minute", MINUTE_S))


def cents(usd_per_kwh: float | None) -> str:
    """A price in cents: 21.3 ¢."""
    return UNKNOWN if usd_per_kwh is None else f"{usd_per_kwh * 100:.1f} ¢".replace("-", "−")


def dollars(usd: float | None) -> str:
    """An amount: $1,234.50."""
    if usd is None:
        return UNKNOWN
    sign = "−" if round(usd, 2) < 0 else ""
    return f"{sign}${abs(usd):,.2f}"


def number(value: float | None, decimals: int = 0) -> str:
    """A number with thousands: 1,234."""
    return UNKNOWN if value is None else f"{value:,.{decimals}f}".replace("-", "−")


def moment(when: datetime | None) -> str:
    """A moment in UTC: 2026-11-26 10:00 UTC."""
    return UNKNOWN if when is None else f"{when:%Y-%m-%d %H:%M} UTC"


def ago(when: datetime | None, now: datetime) -> str:
    """How long ago, or in how long, in one unit: 5 minutes ago, in 2 hours."""
    if when is None:
        return UNKNOWN
    past_s = (now - when).total_seconds()
    if abs(past_s) < MINUTE_S:
        return "just now" if past_s >= 0 else "in a moment"
    unit, length_s = next(one for one in UNITS if abs(past_s) >= one[1])
    count = round(abs(past_s) / length_s)
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if past_s > 0 else f"in {words}"


def size(count_bytes: int) -> str:
    """A size: 1.2 kB."""
    return f"{count_bytes} B" if count_bytes < KB_BYTES else f"{count_bytes / KB_BYTES:,.1f} kB"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "cents": cents,
    "dollars": dollars,
    "number": number,
    "moment": moment,
    "ago": ago,
    "size": size,
}
