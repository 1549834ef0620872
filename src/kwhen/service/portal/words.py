"""How values are written on pages."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

UNKNOWN = "–"


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


FILTERS: Mapping[str, Callable[..., Any]] = {
    "cents": cents,
    "dollars": dollars,
    "number": number,
    "moment": moment,
}
