"""Random rates in SAM's own terms: schedules, tiers pooled over the month, floors."""

from math import inf

import numpy as np

from tests.sam import EnergyRow, SamRate

HOURS = range(24)


def random_rate(seed: int, option: int) -> SamRate:
    """Up to two seasons of up to three periods, up to three tiers."""
    random = np.random.default_rng(seed)
    seasons, periods, tiers = random.integers(1, 3), random.integers(1, 4), random.integers(1, 4)
    tables = [_day(random, periods) for _ in range(2 * seasons)]
    summer = range(*sorted(random.choice(np.arange(1, 12), 2, replace=False)))
    season = [1 if seasons == 2 and month in summer else 0 for month in range(12)]
    shift = [s * int(periods) for s in season]
    unit = ["kWh", "kWh daily"][random.integers(2)]
    scale = 1.0 if unit == "kWh daily" else 30.0
    edges = np.cumsum(random.uniform(3, 12, tiers)).round(1) * scale
    return SamRate(
        weekday=[[p + up for p in tables[2 * s]] for s, up in zip(season, shift, strict=True)],
        weekend=[[p + up for p in tables[2 * s + 1]] for s, up in zip(season, shift, strict=True)],
        energy=tuple(
            EnergyRow(
                period=period,
                tier=tier,
                ceiling=inf if tier == tiers else float(edges[tier - 1]),
                unit=unit,
                buy_usd_per_kwh=round(random.uniform(0.05, 0.60), 4),
                sell_usd_per_kwh=sell,
            )
            for period in range(1, seasons * periods + 1)
            for sell in [round(random.uniform(0.0, 0.30), 4)]
            for tier in range(1, tiers + 1)
        ),
        option=option,
        year_end_usd_per_kwh=round(random.uniform(0.0, 0.05), 3),
        fixed_usd_per_month=round(random.choice([0.0, 12.5]), 2),
        minimum_usd_per_month=round(random.choice([0.0, 25.0, 90.0]), 2),
        minimum_usd_per_year=round(random.choice([0.0, 300.0, 2500.0]), 2),
    )


def _day(random: np.random.Generator, periods: int) -> list[int]:
    """A day that shows every period, each at a stretch."""
    starts = sorted(random.choice(np.arange(1, 24), int(periods) - 1, replace=False))
    return [1 + sum(hour >= start for start in starts) for hour in HOURS]
