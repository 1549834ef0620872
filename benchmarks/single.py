"""One 15-minute home-year under the same rate, load and generation on both sides."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

import kwhen
from benchmarks.rates import OPTIONS, RATES
from benchmarks.timing import Row, against, medians_ms
from tests.differential.comparison import surplus_of_year_usd
from tests.differential.homes import load_kw, solar_kw
from tests.differential.pysam import model_of
from tests.sam import FIRST_DAY, SamRate, sam_channels, sam_tariff

Floats = NDArray[np.float64]

SINGLE_BAR = 30.0
SAME_USD = 1e-6
PER_HOUR, SOLAR_PEAK_KW = 4, 3.5
PART = "one home-year, 15 minutes, plan cached"


def single_homes() -> list[Row]:
    """Each rate under NEM and net billing; results are compared before anything is timed."""
    return [
        row
        for rate_name, rate in RATES.items()
        for option_name, option in OPTIONS.items()
        for row in _rows(f"{rate_name}, {option_name}", replace(rate, option=option))
    ]


def _rows(name: str, rate: SamRate) -> list[Row]:
    load, gen = load_kw(1, PER_HOUR), solar_kw(1, PER_HOUR, SOLAR_PEAK_KW)
    executed, assigned = pysam_sides(rate, load, gen)
    ours = kwhen_side(rate, load, gen)
    check_equal(rate, load, gen)
    ours_ms, executed_ms, assigned_ms = medians_ms(ours, executed, assigned)
    with_arrays = f"with the arrays assigned {assigned_ms:.2f} ms, {assigned_ms / ours_ms:.0f} ×"
    return [against(PART, name, ours_ms, executed_ms, SINGLE_BAR, with_arrays)]


def pysam_sides(
    rate: SamRate, load: Floats, gen: Floats
) -> tuple[Callable[[], object], Callable[[], object]]:
    """One execute, and one execute with the home's arrays assigned before it."""
    model = model_of(rate)
    load_list, gen_list = load.tolist(), gen.tolist()
    model.Load.load, model.SystemOutput.gen = load_list, gen_list

    def executed() -> None:
        model.execute(0)

    def assigned() -> None:
        model.Load.load = load_list
        model.SystemOutput.gen = gen_list
        model.execute(0)

    return executed, assigned


def kwhen_side(rate: SamRate, load: Floats, gen: Floats) -> Callable[[], object]:
    """The public call with import and export of the meter."""
    tariff = sam_tariff(rate)
    import_kwh, export_kwh = sam_channels(rate.option, load, gen)

    def billed() -> kwhen.Bill:
        return kwhen.bill(tariff, import_kwh, export_kwh, start=FIRST_DAY, calendar="sam")

    return billed


def check_equal(rate: SamRate, load: Floats, gen: Floats) -> None:
    """Raise unless every month is the same on both sides."""
    model = model_of(rate)
    model.Load.load, model.SystemOutput.gen = load.tolist(), gen.tolist()
    model.execute(0)
    theirs = np.array(model.Outputs.year1_monthly_utility_bill_w_sys)
    theirs[-1] += surplus_of_year_usd(rate, load, gen)  # docs/differential.md tells why
    ours = np.array(kwhen_side(rate, load, gen)().by_month)
    if not np.abs(ours - theirs).max() <= SAME_USD:
        raise SystemExit(f"not the same bill: kwhen {ours}, PySAM {theirs}")
