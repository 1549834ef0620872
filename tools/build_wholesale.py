"""Build the month-by-hour market prices that the catalog ships.

    python -m tools.build_wholesale RAW_FOLDER

RAW_FOLDER holds wholesale/*.csv. The points are those of the hand-kept points.toml in
src/kwhen/catalog/data/wholesale; the build refuses one that the raw files do not have.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.build_places import DATA, Row, read_rows
from tools.packing import write_npz

SOURCES = ("caiso-dlap-2024", "ercot-dam-2021-2022", "nyiso-isone-rt-2019-2020")
HOLE = np.iinfo(np.int32).min  # no figure: `kwhen.catalog.wholesale` reads it as NaN
DAY_AHEAD = "DAM"

# File → the columns that hold a point and the hour that a figure begins.
FILES = {
    "caiso_dlap_2024_dam_rtm_monthhour_usd_per_mwh_HE10_24_only.csv": ("node", "hour_start"),
    "ercot_dam_spp_2021_2022_monthhour_usd_per_mwh.csv": ("Settlement Point", "hour"),
    "nyiso_isone_rt_lmp_2019_2020_monthhour_usd_per_mwh.csv": ("zone", "hour"),
}
Figures = dict[tuple[str, int, int], int]


def cents_per_mwh(rows: list[Row], point: str, hour: str) -> Figures:
    """(point, month, hour) → mean in hundredths of a $/MWh, day-ahead where a file has both."""
    kept = [row for row in rows if row.get("market", DAY_AHEAD) == DAY_AHEAD]
    figures = {
        (row[point], int(row["month"]), int(row[hour])): round(float(row["mean"]) * 100)
        for row in kept
    }
    if len(figures) != len(kept):
        raise SystemExit(f"{point}: a point has two figures for one month and hour")
    return figures


def table_of(points: list[str], figures: Figures) -> NDArray[np.int32]:
    """Hundredths of a $/MWh by point, month and hour, with holes. (P, 12, 24)"""
    table = np.full((len(points), 12, 24), HOLE, dtype="<i4")
    row = {point: index for index, point in enumerate(points)}
    for (point, month, hour), cents in figures.items():
        if point in row:
            table[row[point], month - 1, hour] = cents
    for point in points:
        if (table[row[point]] == HOLE).all(axis=1).any():
            raise SystemExit(f"{point}: the raw files have no figures for one month or all")
    return table


def points_of(text: str) -> list[str]:
    """Ids of the points of a points.toml."""
    return [entry["id"] for entry in tomllib.loads(text)["point"]]


def build(raw: Path, data: Path = DATA) -> None:
    """Write `wholesale/climatology.npz` from the raw files into `data`."""
    figures: Figures = {}
    for file, (point, hour) in FILES.items():
        figures |= cents_per_mwh(read_rows(raw / "wholesale" / file), point, hour)
    points = points_of((data / "wholesale" / "points.toml").read_text(encoding="utf-8"))
    arrays: dict[str, NDArray[np.generic]] = {
        "sources": np.array(SOURCES),
        "points": np.array(points),
        "cents_per_mwh": table_of(points, figures),
    }
    write_npz(data / "wholesale" / "climatology.npz", arrays)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_wholesale RAW_FOLDER")
    build(Path(sys.argv[1]))
