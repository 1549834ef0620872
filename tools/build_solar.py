"""Build the hourly solar yields that the catalog ships.

    python -m tools.build_solar RAW_FOLDER

RAW_FOLDER holds solar/tmy3_pv_kwh_per_kwdc_8760_by_iecc_zone.csv.gz (source pv-yield-tmy3) and
baseline/iecc_zone_stations.csv, the positions of its stations (source nrel-tmy3).
"""

import csv
import gzip
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kwhen.engine.shape_year import shape_epoch_s
from kwhen.engine.sky import clear_sky
from tools.packing import hour_planes, write_npz

DATA = Path(__file__).parents[1] / "src" / "kwhen" / "catalog" / "data"
SOURCES = ("pv-yield-tmy3", "nrel-tmy3")
HOURS = 8760
UNIT_KWH = 0.0001  # the table's own last digit
YEAR_ALLOWED_FRAC = 0.001  # a year's sum stays within 0.1 %
SUNRISE_SINE = -0.0145  # 0.83° below the horizon: refraction and the sun's half width
# Hours from UTC of the stations' standard time: Fairbanks, Tucson, San Diego, Denver, Tampa, …
STANDARD_HOURS = {
    "8": -9, "2B": -7, "3B-coast": -8, "5B": -7, "2A": -5, "3A": -5, "1A": -10, "5A": -6,
    "7": -6, "6A": -6, "6B": -7, "4B": -7, "5A-lake": -5, "4A": -5, "3B": -7, "5C": -8, "4C": -8,
}  # fmt: skip


def hourly(path: Path) -> dict[str, NDArray[np.float64]]:
    """Columns of an 8760-hour table by climate zone, local standard time of 2023."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    if len(rows) != HOURS:
        raise SystemExit(f"{path.name}: {len(rows)} hours, expected {HOURS}")
    return {
        zone: np.array([float(row[column]) for row in rows])
        for column, zone in enumerate(header[1:], start=1)
    }  # each (8760,)


def stations(path: Path) -> dict[str, dict[str, str]]:
    """Rows of the table of stations by climate zone."""
    with path.open(encoding="utf-8") as file:
        return {row["zone"]: row for row in csv.DictReader(file)}


def dark(zone: str, station: dict[str, str]) -> NDArray[np.bool_]:
    """Hours of the shape's year in which the sun's upper edge never rises. (8760,)"""
    starts_s = shape_epoch_s(STANDARD_HOURS[zone] * 3600)
    instants_s = starts_s[:, None] + np.arange(0, 3601, 300)
    sky = clear_sky(float(station["lat"]), float(station["lon"]), instants_s.ravel())
    return sky.sun[2].reshape(instants_s.shape).max(axis=1) < SUNRISE_SINE


def build(raw: Path, data: Path = DATA) -> None:
    """Write solar/yields.npz."""
    columns = hourly(raw / "solar" / "tmy3_pv_kwh_per_kwdc_8760_by_iecc_zone.csv.gz")
    known = stations(raw / "baseline" / "iecc_zone_stations.csv")
    zones = list(columns)
    table = np.stack([columns[zone] for zone in zones])  # (Z, 8760)
    for zone, hours in zip(zones, table, strict=True):
        lost = dark(zone, known[zone]) & (hours > 0)
        if lost.any():
            print(f"left out: zone {zone}, {hours[lost].sum():.4f} kWh in {lost.sum()} dark hours")
        hours[lost] = 0.0
    kept = np.round(table / UNIT_KWH) * UNIT_KWH
    if np.abs(kept.sum(axis=1) / table.sum(axis=1) - 1).max() > YEAR_ALLOWED_FRAC:
        raise SystemExit("the unit is too coarse: a year's yield moves by more than 0.1 %")
    (data / "solar").mkdir(exist_ok=True)
    write_npz(
        data / "solar" / "yields.npz",
        {
            "sources": np.array(SOURCES),
            "zones": np.array(zones),
            "stations": np.array([known[zone]["station"] for zone in zones]),
            "lat_deg": np.array([float(known[zone]["lat"]) for zone in zones]),
            "lon_deg": np.array([float(known[zone]["lon"]) for zone in zones]),
            "standard_hours": np.array([STANDARD_HOURS[zone] for zone in zones], dtype=np.int8),
            "unit_kwh": np.array(UNIT_KWH),
            "yield_planes": hour_planes(table, UNIT_KWH),
        },
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_solar RAW_FOLDER")
    build(Path(sys.argv[1]))
