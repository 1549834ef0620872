"""Rates in SAM's terms that both sides bill: one price, time of use, pooled tiers as well."""

from dataclasses import replace
from math import inf

from tests.sam import NEM_KWH, NET_BILLING, EnergyRow, SamRate

OPTIONS = {"NEM, kWh rollover": NEM_KWH, "net billing": NET_BILLING}
SUMMER = range(5, 9)  # June to September
SELL_USD_PER_KWH = 0.06
BASELINE_KWH_PER_DAY = {1: 7.5, 2: 7.5, 3: 6.5, 4: 6.5}  # by period: winter, then summer
PRICES_USD_PER_KWH = {1: 0.36, 2: 0.39, 3: 0.44, 4: 0.55}
OVER_BASELINE_USD_PER_KWH = 0.09
FIXED_USD_PER_MONTH = 24.0


def flat() -> SamRate:
    day = [1] * 24
    rows = (_row(1, 1, inf, "kWh", 0.31),)
    return SamRate(
        weekday=[day] * 12,
        weekend=[day] * 12,
        energy=rows,
        year_end_usd_per_kwh=0.03,
        fixed_usd_per_month=FIXED_USD_PER_MONTH,
    )


def time_of_use() -> SamRate:
    """Two seasons, a peak from 16:00 to 21:00 every day."""
    days = [
        [peak - 1] * 16 + [peak] * 5 + [peak - 1] * 3
        for peak in (4 if month in SUMMER else 2 for month in range(12))
    ]
    rows = tuple(_row(period, 1, inf, "kWh", usd) for period, usd in PRICES_USD_PER_KWH.items())
    return replace(flat(), weekday=days, weekend=days, energy=rows)


def tiered_time_of_use() -> SamRate:
    """The same with a baseline by the day, pooled over the periods, as PG&E's E-TOU-C has it."""
    rows = tuple(
        row
        for period, usd in PRICES_USD_PER_KWH.items()
        for row in (
            _row(period, 1, BASELINE_KWH_PER_DAY[period], "kWh daily", usd),
            _row(period, 2, inf, "kWh daily", usd + OVER_BASELINE_USD_PER_KWH),
        )
    )
    return replace(time_of_use(), energy=rows)


def _row(period: int, tier: int, ceiling: float, unit: str, usd_per_kwh: float) -> EnergyRow:
    return EnergyRow(
        period=period,
        tier=tier,
        ceiling=ceiling,
        unit=unit,
        buy_usd_per_kwh=usd_per_kwh,
        sell_usd_per_kwh=SELL_USD_PER_KWH,
    )


RATES = {
    "one price": flat(),
    "time of use": time_of_use(),
    "time of use, pooled tiers": tiered_time_of_use(),
}
