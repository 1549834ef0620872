"""Price signals: a day of one home, and of ten thousand homes on fifty plans."""

from datetime import date

import numpy as np

import kwhen
from benchmarks.timing import Row, medians_ms

DAY = (date(2026, 7, 15), date(2026, 7, 16))
DAY_BAR_MS = 0.2
FLEET_BAR_MS = 500.0
FLEET_COUNT, PLANS_COUNT = 10_000, 50
ZIPCODES = ("94107", "92101", "92802", "10001", "60601", "48226", "85281", "33101", "84101",
            "06103", "97201", "21201", "19103", "75201", "80202", "55401", "02139", "30303",
            "83702", "89101", "63101", "53202", "11743")  # fmt: skip


def signals() -> list[Row]:
    """The same window over and over (kept layouts), and a fleet with cold and warm layouts."""
    solar = kwhen.SolarSystem(system_size_kw=5.0, is_non_net_metered=True)
    home = kwhen.Home(plan="14328/E-ELEC", zipcode="94107", solar=solar)
    (one_ms,) = medians_ms(lambda: kwhen.price_signal(home, *DAY))
    homes, plans = fleet()
    (fleet_ms,) = medians_ms(
        lambda: kwhen.price_signals(homes, *DAY, nearest=True), rounds=5, calls=1
    )
    part = "price signals of a day"
    what = f"{len(homes):,} homes on {plans} plans"
    return [
        _row(part, "one home, plan kept", one_ms, DAY_BAR_MS),
        _row(part, what, fleet_ms, FLEET_BAR_MS),
    ]


def _row(part: str, what: str, ours_ms: float, bar_ms: float) -> Row:
    bar = f"≤ {bar_ms:g} ms"
    return Row(part=part, what=what, kwhen_ms=ours_ms, bar=bar, meets=ours_ms <= bar_ms)


def fleet() -> tuple[list[kwhen.Home], int]:
    """Homes of several places, plans, solar sizes and settings, drawn with a fixed seed."""
    places = [(plan, z) for z in ZIPCODES for plan in kwhen.plans(zipcode=z)[:4]][:PLANS_COUNT]
    rng = np.random.default_rng(0)
    levels = list(kwhen.CarbonIntensity)
    homes = []
    for _ in range(FLEET_COUNT):
        plan, zipcode = places[rng.integers(len(places))]
        size_kw = rng.choice([0.0, 3.0, 5.0, 7.0])
        solar = None
        if size_kw:
            solar = kwhen.SolarSystem(
                system_size_kw=float(size_kw), is_non_net_metered=bool(rng.integers(2))
            )
        homes.append(kwhen.Home(plan=plan, zipcode=zipcode, solar=solar,
                                carbon_intensity=levels[rng.integers(3)]))  # fmt: skip
    return homes, len({plan.key for plan, _ in places})
