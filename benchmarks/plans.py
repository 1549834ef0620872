"""kwhen's own schemes on embedded plans: NEM 2, NBT, marginal prices, compiling, importing."""

import subprocess
import sys
from datetime import date
from statistics import median
from time import perf_counter

import numpy as np

import kwhen
from benchmarks.single import PER_HOUR
from benchmarks.timing import Row, medians_ms
from kwhen.engine.compiled import compiled
from kwhen.engine.grid import covering, whole_days
from kwhen.engine.pricing import price_layout
from tests.differential.homes import load_kw, solar_kw

PLANS = ("14328/E-TOU-C/T-B", "14328/EV2-A")
START, END = date(2026, 1, 1), date(2027, 1, 1)
RULES = ("NEM2", "NBT")
PRICES_BAR_MS = 0.3
IMPORTS_COUNT = 15


def own_schemes() -> list[Row]:
    """Bills in the civil calendar, rounded to cents, with every line's cents worked out."""
    load, gen = load_kw(2, PER_HOUR) / PER_HOUR, solar_kw(2, PER_HOUR, 5.0) / PER_HOUR
    import_kwh, export_kwh = np.maximum(load - gen, 0.0), np.maximum(gen - load, 0.0)
    rows = []
    for key in PLANS:
        plan = kwhen.rate_plan(key)
        for rule in RULES:
            customer = kwhen.Customer(export_rule=rule)

            def billed(plan=plan, customer=customer) -> kwhen.Bill:
                return kwhen.bill(
                    plan, import_kwh, export_kwh, start=START, customer=customer, nearest=True
                )

            (ours_ms,) = medians_ms(billed)
            rows.append(Row(part="own schemes, one home-year", what=f"{key}, {rule}",
                            kwhen_ms=ours_ms))  # fmt: skip
    return rows


def marginal_prices() -> list[Row]:
    """Import and export price of every quarter hour of a year."""
    return [_priced_row(key, rule) for key in PLANS for rule in RULES]


def _priced_row(key: str, rule: str) -> Row:
    plan, customer = kwhen.rate_plan(key), kwhen.Customer(export_rule=rule)

    def priced() -> kwhen.Prices:
        return kwhen.prices(plan, START, END, expected_kwh=600.0, customer=customer, nearest=True)

    (ours_ms,) = medians_ms(priced)
    return Row(
        part="marginal prices of a year",
        what=f"{key}, {rule}",
        kwhen_ms=ours_ms,
        bar=f"≤ {PRICES_BAR_MS} ms",
        meets=ours_ms <= PRICES_BAR_MS,
    )


def compiling() -> list[Row]:
    """What happens once: laying a plan over a year, and importing the package."""
    rows = []
    for key in PLANS:
        plan, customer = kwhen.rate_plan(key), kwhen.Customer(export_rule="NBT")

        def cold(plan=plan, customer=customer) -> None:
            for kept in (compiled, whole_days, covering, price_layout):
                kept.cache_clear()
            nothing = np.zeros(35_040)
            kwhen.bill(plan, nothing, nothing, start=START, customer=customer, nearest=True)

        (ours_ms,) = medians_ms(cold, calls=1)
        what = f"{key}, NBT, a first bill"
        rows.append(Row(part="compile, nothing kept", what=what, kwhen_ms=ours_ms))
    bare_ms, numpy_ms, kwhen_ms = import_times_ms("", "import numpy", "import kwhen")
    note = f"of which numpy {numpy_ms - bare_ms:.0f} ms"
    row = Row(part="import", what="import kwhen", kwhen_ms=kwhen_ms - bare_ms, note=note)
    return [*rows, row]


def import_times_ms(*texts: str) -> list[float]:
    """Median time of a fresh interpreter that runs each text; the interpreter's own is in."""
    found: list[list[float]] = [[] for _ in texts]
    for _ in range(IMPORTS_COUNT):
        for text, times in zip(texts, found, strict=True):
            start = perf_counter()
            subprocess.run([sys.executable, "-c", text], check=True)
            times.append((perf_counter() - start) * 1e3)
    return [median(times) for times in found]
