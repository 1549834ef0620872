"""Build the hourly shapes of load and of heating that the catalog ships.

    python -m tools.build_baseline RAW_FOLDER

RAW_FOLDER holds baseline/res_load_shape_8760_ppm_by_iecc_zone.csv.gz (source load-shape-tmy3),
baseline/iecc_zone_stations.csv (nrel-tmy3), baseline/eia861_2019_residential_by_utility.csv
(eia-861-2019) and zip/zip_master.csv.gz, whose ZIPs weigh the climate zones of a state.
Shares of electrically heated homes are in catalog/data/baseline/electric_heating.toml.

The published shapes are one home of 7,000 kWh, cooling of 1.6 kWh per degree day above 65 °F
and a fan of 0.06 kWh per degree day below it, so the weather can be read back from them: what an
hour holds beyond the least of all zones is cooling or the fan. It is the fan where no hour nearby
holds more than the fan could; that bound is set so that the year's degree days come out. It takes
some mild summer hours of cooling for cold ones: a few percent of a coastal zone's degree days.
"""

import csv
import gzip
import sys
import tomllib
from collections import defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.build_solar import DATA, hourly, stations
from tools.packing import hour_planes, write_npz

Row = dict[str, str]
Floats = NDArray[np.float64]
SOURCES = (
    "load-shape-tmy3", "nrel-tmy3", "openei-961", "eia-recs-2020", "eia-recs-2020-heating",
    "eia-861-2019",
)  # fmt: skip
UNIT_PPM = 0.01  # the table's own last digit
FAN_KWH_PER_DEG_HOUR = 0.06 / 24
NEAR_HOURS = 6
PRICES_ALLOWED_USD_PER_KWH = (0.03, 0.60)  # beyond them a row of EIA-861 is an error


def beyond_base_kwh(shapes: Floats, homes_kwh: Floats) -> Floats:
    """Cooling and fan of each hour: what a zone's home uses beyond the least of all. (Z, 8760)"""
    used_kwh = shapes * homes_kwh[:, None] / 1e6
    return np.asarray(used_kwh - used_kwh.min(axis=0))


def heating_deg(beyond_kwh: Floats, degree_days: float) -> Floats:
    """Degrees below 65 °F of each hour of one zone. (8760,) [°F]"""
    around = np.pad(beyond_kwh, NEAR_HOURS, mode="wrap")
    near_kwh = np.lib.stride_tricks.sliding_window_view(around, 2 * NEAR_HOURS + 1).max(axis=1)
    order = np.argsort(near_kwh, kind="stable")
    days = np.cumsum(beyond_kwh[order]) / FAN_KWH_PER_DEG_HOUR / 24  # (8760,) rising
    cold = order[: np.searchsorted(days, degree_days)]
    degrees = np.zeros_like(beyond_kwh)
    degrees[cold] = beyond_kwh[cold] / FAN_KWH_PER_DEG_HOUR
    return degrees


def state_prices_usd_per_kwh(reported: list[Row]) -> dict[str, float]:
    """Mean residential price by state, weighted by energy."""
    low, high = PRICES_ALLOWED_USD_PER_KWH
    energy_kwh: dict[str, float] = defaultdict(float)
    paid_usd: dict[str, float] = defaultdict(float)
    for row in reported:
        if row["avg_rate_usd_per_kwh"] and low < float(row["avg_rate_usd_per_kwh"]) < high:
            used = float(row["cust"]) * float(row["kwh_per_customer_yr"] or 0)
            energy_kwh[row["state"]] += used
            paid_usd[row["state"]] += used * float(row["avg_rate_usd_per_kwh"])
    return {state: paid_usd[state] / used for state, used in energy_kwh.items() if used}


def state_degree_days(places: list[Row], zone_days: dict[str, float]) -> dict[str, float]:
    """Mean heating degree days by state, over its ZIPs."""
    days: dict[str, list[float]] = defaultdict(list)
    for row in places:
        if row["shape_zone"]:
            days[row["state"]].append(zone_days[row["shape_zone"]])
    return {state: float(np.mean(known)) for state, known in days.items()}


def heating_kwh_per_degree_day(raw: Path, zone_days: dict[str, float], data: Path) -> float:
    """Electricity that an electrically heated home uses per degree day below 65 °F.

    Spending = homes × kWh per degree day × degree days × price, summed over the states.
    """
    text = (data / "baseline" / "electric_heating.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    with (raw / "baseline" / "eia861_2019_residential_by_utility.csv").open() as file:
        price = state_prices_usd_per_kwh(list(csv.DictReader(file)))
    with gzip.open(raw / "zip" / "zip_master.csv.gz", "rt", encoding="utf-8") as file:
        days = state_degree_days(list(csv.DictReader(file)), zone_days)
    homes = {state: row["electric_homes"] for state, row in table["states"].items()}
    spent = table["heating_usd_per_year"] * sum(homes.values())
    return float(spent / sum(homes[state] * days[state] * price[state] for state in homes))


def build(raw: Path, data: Path = DATA) -> None:
    """Write baseline/shapes.npz."""
    columns = hourly(raw / "baseline" / "res_load_shape_8760_ppm_by_iecc_zone.csv.gz")
    known = stations(raw / "baseline" / "iecc_zone_stations.csv")
    zones = list(columns)
    shapes = np.stack([columns[zone] for zone in zones])  # (Z, 8760)
    homes_kwh = np.array([float(known[zone]["annual"]) for zone in zones])
    zone_days = {zone: float(known[zone]["HDD65"]) for zone in zones}
    beyond_kwh = beyond_base_kwh(shapes, homes_kwh)
    degrees = np.stack(
        [heating_deg(b, zone_days[z]) for b, z in zip(beyond_kwh, zones, strict=True)]
    )
    per_day = heating_kwh_per_degree_day(raw, zone_days, data)
    print(f"{per_day:.4f} kWh a degree day in an electrically heated home")
    write_npz(
        data / "baseline" / "shapes.npz",
        {
            "sources": np.array(SOURCES),
            "zones": np.array(zones),
            "unit_ppm": np.array(UNIT_PPM),
            "shape_planes": hour_planes(shapes, UNIT_PPM),
            "home_kwh": homes_kwh,
            "heating_degree_days": np.array([zone_days[zone] for zone in zones]),
            "heating_deg": np.round(degrees).astype(np.uint8),
            "heating_kwh_per_degree_day": np.array(round(per_day, 4)),
        },
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_baseline RAW_FOLDER")
    build(Path(sys.argv[1]))
