"""Build the tables and arrays of the tests against bills that others computed.

    python -m tools.build_known_answers RAW_FOLDER

RAW_FOLDER holds ssc/cases.json with its arrays (the Utilityrate5 tests of NREL/ssc, BSD-3-Clause,
with a run of NREL-PySAM) and hpxml/cases.json with its rates and data_8760.npz (the utility bill
tests of OpenStudio-HPXML, BSD-3-Clause). Writes tests/known/{ssc,hpxml}.toml and .npz. Arrays are
kept once each: as float32 where 6e-8 of a value changes no expectation.
"""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.packing import write_npz

OUT = Path(__file__).parents[1] / "tests" / "known"

SSC_HEAD = """\
# First-year bills of NREL's SAM: the tests of its utility rate calculator (NREL/ssc,
# BSD-3-Clause, the commit and line in `document`), and the same inputs run through NREL-PySAM
# 7.1.1, month by month. Written by tools/build_known_answers.py.
#
# Periods, tiers and the digits of the schedules (12 months, 24 hours) count from 1.
# energy = [period, tier, ceiling, unit, buy $/kWh, sell $/kWh]; demand = [period, tier, kW, $/kW].
# option: 0 NEM with kWh rollover, 2 net billing, 3 net billing carried over, 4 buy all sell all.
# expected = [what, $, tolerance $]; what the source expects of a second year is left out.
"""
SSC_CASES = {
    "Test_Residential_TOU_Rates": ("net metering, hourly", "tou"),
    "Test_Residential_TOU_Rates_subhourly_gen_and_load": ("net metering, 15 minutes", "tou"),
    "Test_Residential_TOU_Rates_net_billing": ("net billing, sells for nothing", "tou"),
    "Test_Residential_TOU_Rates_net_billing_w_sell_rates": ("net billing, sells", "tou_sell"),
    "Test_Residential_TOU_Rates_net_billing_carryover": ("net billing, carried", "tou_sell"),
    "Test_Residential_TOU_Rates_net_billing_carryover_monthly_min": (
        "net billing, carried, monthly minimum",
        "tou_sell",
    ),
    "Test_Residential_TOU_Rates_buyall_sellall": ("buy all sell all", "tou_sell"),
    "Test_Residential_TOU_Rates_w_tiers": ("net metering, daily tiers", "tou_tiers"),
    "Test_Commercial_Demand_Charges": ("net metering, tiered demand", "commercial_demand"),
    "Test_Residential_TOU_Rates_w_tiers_exception": (
        "net metering, tiers that differ by period: SAM refuses it, no expectation",
        "tou_tiers_by_period",
    ),
}
SSC_ARRAYS = {
    "pvsamv1_residential_load.csv": ("home_load_kw", "load_profile_path"),
    "pvsamv1_residential_load_15min.csv": (
        "home_load_kw",
        "load_profile_path",
    ),  # each hour 4 times
    "gen_25_year_residential.csv": ("home_pv_kw", "gen_path"),
    "gen_residential_1_year_15_min.csv": ("home_pv_15_minutes_kw", "subhourly_gen_path"),
    "load_commercial.csv": ("shop_load_kw", "load_commercial"),
    "gen_25_year_commercial.csv": ("shop_pv_kw", "commercial_gen_path"),
}
SSC_UNITS = ("kWh", "kWh/kW", "kWh daily", "kWh/kW daily")
SSC_OPEN = 1e38  # how SAM writes that a tier has no upper edge

HPXML_HEAD = """\
# A home's yearly bills with and without solar: the utility bill tests of OpenStudio-HPXML
# (BSD-3-Clause, the commit and test in `document`), whose published figures were read off BEopt
# 2.9's screen in whole dollars; the reference figures are that source's own sums to 1e-4.
# Written by tools/build_known_answers.py. The year is 2007, without clock changes.
#
# usd = [fixed, energy, solar credit]:
#   fixed         fixed charges, grid fee and what a monthly minimum adds, of the home with solar
#   energy        energy charges of the same home without solar
#   solar credit  the rest: the bill with solar less fixed and energy, so it is below zero
# Net metering nets the year: each month's surplus pays later months at retail. What is then left
# is worth `surplus_usd_per_kwh` for each kWh by which the year's generation exceeds its load, or
# with surplus = "retail" all the credit that is left.
# ladders = [[[ceiling kWh a month, $/kWh], ...] of each period]; digits count from 0.
"""
HPXML_FIGURES = ["fixed", "energy", "pv_credit"]


def toml(value: Any) -> str:
    """A value as TOML; whole numbers lose their point."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case bool():
            return str(value).lower()
        case float() if value >= SSC_OPEN:
            return "inf"
        case float() if value == int(value) and abs(value) < 1e6:
            return str(int(value))
        case list() | tuple():
            return "[" + ", ".join(toml(item) for item in value) + "]"
        case _:
            return repr(value)


def table(head: str, values: Mapping[str, Any]) -> Iterator[str]:
    """Lines of one TOML table; rows of rows and long lists stand one a line."""
    yield f"\n{head}"
    for key, value in values.items():
        is_long = isinstance(value, list | tuple) and (
            len(toml(value)) > 90 or (value and isinstance(value[0], list | tuple))
        )
        if is_long:
            yield f"{key} = ["
            yield from (f"  {toml(item)}," for item in value)
            yield "]"
        else:
            yield f"{key} = {toml(value)}"


def digits(schedule: Sequence[Sequence[float]]) -> list[str]:
    """A 12 x 24 schedule as a word of digits a month."""
    return ["".join(str(int(period)) for period in row) for row in schedule]


def ssc_rate(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The price tables of one run."""
    rate = {
        "weekday": digits(inputs["ur_ec_sched_weekday"]),
        "weekend": digits(inputs["ur_ec_sched_weekend"]),
        "energy": [
            [period, tier, ceiling, SSC_UNITS[int(unit)], buy, sell]
            for period, tier, ceiling, unit, buy, sell in inputs["ur_ec_tou_mat"]
        ],
        "fixed_usd_per_month": inputs["ur_monthly_fixed_charge"],
    }
    if inputs["ur_dc_enable"]:
        assert not any(row[3] for row in inputs["ur_dc_flat_mat"])
        rate["demand"] = inputs["ur_dc_tou_mat"]
        rate["demand_weekday"] = digits(inputs["ur_dc_sched_weekday"])
        rate["demand_weekend"] = digits(inputs["ur_dc_sched_weekend"])
    return rate


def ssc_expected(rows: Iterable[str]) -> list[list[Any]]:
    """What the source expects of the first year: [what, $, tolerance]."""
    split = [[part.strip() for part in row.split(",")] for row in rows]
    return [[what, float(usd), float(near)] for usd, what, near in split if "year_2" not in what]


def ssc_case(name: str, case: Mapping[str, Any]) -> dict[str, Any]:
    """One row of the table."""
    inputs, (what, rate) = case["inputs"], SSC_CASES[name]
    repository, place = case["source"].split(" ")
    path, line = place.split(":")
    files = {kind: SSC_ARRAYS[Path(file).name][0] for kind, (file, _) in case["files"].items()}
    assert not inputs["ur_annual_min_charge"] and not any(inputs["degradation"])
    run = case["pysam"]
    return {
        "name": what,
        "document": f"{repository} {path}, line {line}, {name} (BSD-3-Clause)",
        "rate": rate,
        "option": int(inputs["ur_metering_option"]),
        "year_end_usd_per_kwh": inputs["ur_nm_yearend_sell_rate"],
        "minimum_usd_per_month": inputs["ur_monthly_min_charge"],
        "load": files["load"],
        "generation": files["gen"],
        "expected": ssc_expected(case["expect_near"]),
        "pysam_without_usd": [usd + 0.0 for usd in run["monthly_wo"]] if run else [],
        "pysam_with_usd": [usd + 0.0 for usd in run["monthly_w"]] if run else [],
    }


def build_ssc(folder: Path) -> None:
    """Write ssc.toml and ssc.npz."""
    cases = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    lines, rates = [SSC_HEAD.rstrip()], {}
    for name, case in cases.items():
        rate = ssc_rate(case["inputs"])
        assert rates.setdefault(SSC_CASES[name][1], rate) == rate
    for name, rate in rates.items():
        lines += table(f"[rates.{name}]", rate)
    for name, case in cases.items():
        lines += table("[[case]]", ssc_case(name, case))
    (OUT / "ssc.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    files = dict(SSC_ARRAYS.values())
    arrays = {name: np.load(folder / f"{file}.npy") for name, file in files.items()}
    write_npz(OUT / "ssc.npz", {name: a.astype(np.float32) for name, a in arrays.items()})


def hpxml_rate(rate: Mapping[str, Any]) -> dict[str, Any]:
    """The prices of one sample rate."""
    found: dict[str, Any] = {"fixed_usd_per_month": rate["fixedchargefirstmeter"]}
    assert rate["fixedchargeunits"] == "$/month"
    if "mincharge" in rate:
        assert rate["minchargeunits"] == "$/month"
        found["minimum_usd_per_month"] = rate["mincharge"]
    if "realtimepricing" in rate:
        return {**found, "index": "market_usd_per_kwh"}
    ladders = [
        [[tier.get("max", np.inf), tier["rate"]] for tier in ladder]
        for ladder in rate["energyratestructure"]
    ]
    found["ladders"] = ladders
    if len(ladders) > 1:
        found["weekday"] = digits(rate["energyweekdayschedule"])
        found["weekend"] = digits(rate["energyweekendschedule"])
    return found


def hpxml_scheme(case: Mapping[str, Any]) -> str:
    """How a home with solar is credited."""
    if case["comp"] == "fit":
        return f"all generation at {case['fit']} $/kWh"
    if case["excess"] == "retail":
        return "net metering, the year's surplus at retail"
    return f"net metering, the year's surplus at {case['excess_rate']} $/kWh"


def hpxml_case(case: Mapping[str, Any], document: str) -> dict[str, Any]:
    """One row of the table."""
    is_metered = case["comp"] == "net_metering"
    at_retail = is_metered and case["excess"] == "retail"
    name = f"{case['rate'].removeprefix('Sample ')}, {case['pv_kw']} kW: {hpxml_scheme(case)}"
    found = {
        "name": name + (", grid fee" if case["grid_fee"] else ""),
        "document": f"{document}, {case['name']} (BSD-3-Clause)",
        "rate": hpxml_key(case["rate"]),
        "solar_kw": case["pv_kw"],
        "scheme": "net_metering" if is_metered else "buy_all_sell_all",
    }
    if at_retail:
        found["surplus"] = "retail"
    else:
        found["surplus_usd_per_kwh"] = case["excess_rate"] if is_metered else case["fit"]
    if case["grid_fee"]:
        found["grid_fee_usd_per_kw_month"] = case["grid_fee"]
    found["published_usd"] = list(case["expected"].values())
    found["reference_usd"] = [usd + 0.0 for usd in case["reference_value"].values()]
    assert list(case["expected"]) == list(case["reference_value"]) == HPXML_FIGURES
    return found


def hpxml_key(name: str) -> str:
    """A rate's key in the table."""
    return name.removeprefix("Sample ").removesuffix(" Rate").lower().replace(" ", "_")


def build_hpxml(folder: Path) -> None:
    """Write hpxml.toml and hpxml.npz."""
    raw = json.loads((folder / "cases.json").read_text(encoding="utf-8"))
    repository, path = raw["source"].split(";")[0].split(" ")
    lines, index_usd_per_kwh = [HPXML_HEAD.rstrip()], None
    for name in dict.fromkeys(case["rate"] for case in raw["cases"]):
        (rate,) = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))["items"]
        index_usd_per_kwh = rate.get("realtimepricing", index_usd_per_kwh)
        lines += table(f"[rates.{hpxml_key(name)}]", hpxml_rate(rate))
    for case in raw["cases"]:
        lines += table("[[case]]", hpxml_case(case, f"{repository} {path}"))
    (OUT / "hpxml.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with np.load(folder / "data_8760.npz") as members:
        arrays = {name: members[name] for name in members}
    arrays["market_usd_per_kwh"] = np.array(index_usd_per_kwh)
    write_npz(OUT / "hpxml.npz", {name: a.astype(np.float32) for name, a in arrays.items()})


def main(arguments: Sequence[str]) -> None:
    """Build both sets from the folder of raw files."""
    (raw,) = arguments
    OUT.mkdir(exist_ok=True)
    build_ssc(Path(raw) / "ssc")
    build_hpxml(Path(raw) / "hpxml")


if __name__ == "__main__":
    main(sys.argv[1:])
