"""Build the marginal carbon tables that the catalog ships.

    python -m tools.build_carbon RAW_FOLDER

RAW_FOLDER holds carbon/*.csv and zip/zip_master.csv.gz. Where they come from is told by the
ids in SOURCES, in src/kwhen/catalog/data/sources.toml. The build proves that each eGRID
region's mean over the year is its published non-baseload level.
"""

import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.build_places import DATA, Row, read_rows
from tools.packing import write_npz

SOURCES = (
    "egrid-cambium-marginal", "sgip-moer-2019-2021", "epa-avert", "nrel-cambium-2022",
    "epa-egrid-2023", "zipcodes", "epa-power-profiler",
)  # fmt: skip
FILES = {
    "egrid-cambium": "default_marginal_egrid_x_cambium_monthhour_lb_per_mwh.csv",
    "sgip": "sgip_moer_2019-05_2021-08_monthhour_lb_per_mwh.csv",
    "avert": "avert_2023_co2_monthhour_lb_per_mwh.csv",
    "cambium-lrmer": "cambium2022_LRMER_MidCase_15_2025start_monthhour_kgco2e_per_mwh.csv",
    "cambium-aer": "cambium2022_AER_MidCase_1_monthhour_kgco2e_per_mwh.csv",
}
MONTH_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
LEVEL_TOLERANCE_FRAC = 0.005  # of the annual mean: the tables are rounded to 0.1 lb
US = "US"
# No ZIP is in these regions by name: the zone of the homes that they stand for.
ZONES = {
    US: "America/New_York",
    "SGIP_CAISO_PGE": "America/Los_Angeles",
    "SGIP_CAISO_SCE": "America/Los_Angeles",
}


def month_hour_table(rows: list[Row]) -> tuple[list[str], NDArray[np.int32]]:
    """Regions, and hundredths of the published unit by region, month and hour. (R, 12, 24)"""
    regions = [name for name in rows[0] if name not in ("month", "hour")]
    table = np.full((len(regions), 12, 24), np.iinfo(np.int32).min, dtype="<i4")
    for row in rows:
        figures = np.array([float(row[name]) for name in regions])
        table[:, int(row["month"]) - 1, int(row["hour"])] = np.round(figures * 100)
    if len(rows) != 288 or table.min() < 0:
        raise SystemExit(f"{len(rows)} rows, least figure {table.min()}: 288 rows ≥ 0 are needed")
    return regions, table


def level_lb_per_mwh(row: Row) -> float:
    """Non-baseload CO2e of a subregion at the generator: rev2 where published, else rev1."""
    return float(row["nonbaseload_co2e_rev2"] or row["nonbaseload_co2e_rev1"])


def prove_levels(regions: list[str], table: NDArray[np.int32], rows: list[Row]) -> None:
    """Raise where the mean of a year's days is not the published level."""
    levels = {row["subregion"]: level_lb_per_mwh(row) for row in rows}
    means = (table.mean(axis=2) @ MONTH_DAYS) / 365 / 100  # (R,) lb/MWh
    for region, mean in zip(regions, means.tolist(), strict=True):
        if abs(mean / levels[region] - 1) > LEVEL_TOLERANCE_FRAC:
            raise SystemExit(f"{region}: mean {mean:.1f}, eGRID's level {levels[region]:.1f}")


def losses(rows: list[Row]) -> dict[str, float]:
    """Grid loss by subregion; the nation's is not published there: the median stands for it."""
    known = {row["subregion"]: float(row["grid_loss"]) for row in rows if row["grid_loss"]}
    return known | {US: float(np.median(list(known.values())))}


def usual_zones(places: list[Row]) -> dict[str, str]:
    """The time zone of most ZIPs of each eGRID subregion and each AVERT region."""
    zones: dict[str, Counter[str]] = {}
    for row in places:
        for region in {row["egrid_subregion"], row["avert_region"]}:
            zones.setdefault(region, Counter())[row["timezone"]] += 1
    return {region: counted.most_common(1)[0][0] for region, counted in zones.items()} | ZONES


def zone_of_region(region: str, zones: dict[str, str]) -> str:
    """The usual zone of a region; a GEA region has that of its eGRID subregion."""
    return zones.get(region) or zones[{"NYSTc": "NYUP"}.get(region, region.removesuffix("c"))]


def build(raw: Path, data: Path = DATA) -> None:
    """Write `carbon/marginal.npz` from the raw files into `data`."""
    folder = raw / "carbon"
    egrid = read_rows(folder / "egrid_subregion_rates.csv")
    zones = usual_zones(read_rows(raw / "zip" / "zip_master.csv.gz"))
    loss_frac = losses(egrid)
    arrays: dict[str, NDArray[np.generic]] = {
        "sources": np.array(SOURCES),
        "loss_subregion": np.array(list(loss_frac)),
        "loss_frac": np.array(list(loss_frac.values())),
    }
    for model, file in FILES.items():
        regions, table = month_hour_table(read_rows(folder / file))
        if model == "egrid-cambium":
            prove_levels(regions, table, egrid)
        arrays[model] = table
        arrays[f"{model} regions"] = np.array(regions)
        arrays[f"{model} zones"] = np.array([zone_of_region(name, zones) for name in regions])
    (data / "carbon").mkdir(exist_ok=True)
    write_npz(data / "carbon" / "marginal.npz", arrays)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_carbon RAW_FOLDER")
    build(Path(sys.argv[1]))
