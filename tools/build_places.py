"""Build the ZIP, utility and average-customer tables that the catalog ships.

    python -m tools.build_places RAW_FOLDER

RAW_FOLDER holds zip/zip_master.csv.gz, zip/zip_utilities.csv.gz and
baseline/eia861_2019_residential_by_{utility,state}.csv. Where they come from is told
by the ids in SOURCES, in src/kwhen/catalog/data/sources.toml.
"""

import csv
import gzip
import sys
import tomllib
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.packing import write_gzip, write_npz

Row = dict[str, str]
DATA = Path(__file__).parents[1] / "src" / "kwhen" / "catalog" / "data"
EIA = "eia-861-2019"
PLACE_SOURCES = (
    "zipcodes", "epa-power-profiler", EIA, "epa-avert", "eeweather", "openei-iou-zip-2020",
)  # fmt: skip
# Short names of the columns that hold a word: ours → the raw file's.
WORDS = {
    "city": "city", "county": "county", "state": "state", "timezone": "timezone",
    "egrid_subregion": "egrid_subregion", "egrid_from": "egrid_from",
    "balancing_authority": "ba", "iso": "iso", "avert_region": "avert_region",
    "iecc_zone": "iecc", "iecc_from": "iecc_from", "shape_zone": "shape_zone",
}  # fmt: skip
LISTED_BY = {"epa": "epa", "openei": "openei", "epa+openei": "both", "inferred": "inferred"}
# Below this a home does not live: the row is an error of the source, or no utility.
LEAST_KWH_PER_YEAR = 1_000.0
ADJUSTMENT = "Adjustment 2019"  # EIA's statistical remainder, not a utility


def read_rows(path: Path) -> list[Row]:
    """Rows of a CSV file, gzip'd or plain."""
    opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open()
    with opened as file:
        return list(csv.DictReader(file))


def aliases() -> dict[int, int]:
    """Other EIA id → the id that the tables use, from the shipped alias table."""
    table = tomllib.loads((DATA / "places" / "aliases.toml").read_text(encoding="utf-8"))
    return {row["eia_id"]: row["same_as"] for row in table["alias"]}


def eia_id(row: Row, column: str, same: dict[int, int]) -> int:
    """EIA id of a row under the id that the tables use."""
    number = int(row[column])
    return same.get(number, number)


def coded(words: list[str]) -> tuple[NDArray[np.generic], NDArray[np.uint8]]:
    """Words as positions in a list of the different ones, and that list as bytes."""
    different = list(dict.fromkeys(words))
    position = {word: index for index, word in enumerate(different)}
    kind = np.uint8 if len(different) < 256 else np.uint16
    codes = np.array([position[word] for word in words], dtype=kind)
    return codes, np.frombuffer("\n".join(different).encode("utf-8"), dtype=np.uint8)


def planes(degrees: list[str]) -> NDArray[np.uint8]:
    """Degrees as thousandths (110 m), one plane for each byte: it packs a third smaller."""
    thousandths = np.round(np.array(degrees, dtype=float) * 1000).astype("<i4")
    return np.ascontiguousarray(thousandths.view(np.uint8).reshape(-1, 4).T)


def place_arrays(
    places: list[Row], listings: list[Row], same: dict[int, int]
) -> dict[str, NDArray[np.generic]]:
    """Columns of `zipcodes.npz`; `src/kwhen/catalog/places.py` reads them."""
    by_zip: dict[str, list[Row]] = defaultdict(list)
    for row in listings:
        by_zip[row["zip"]].append(row)
    numbers = np.array([int(row["zip"]) for row in places], dtype="<i4")
    if not (np.diff(numbers) > 0).all():
        raise SystemExit("zip_master.csv.gz: the ZIPs must rise")
    arrays: dict[str, NDArray[np.generic]] = {
        "sources": np.array(PLACE_SOURCES),
        "zip_step": np.diff(numbers, prepend=np.int32(0)).astype("<u2"),
        "lat_planes": planes([row["lat"] for row in places]),
        "lon_planes": planes([row["lon"] for row in places]),
    }
    for name, column in WORDS.items():
        arrays[name], arrays[f"{name}_words"] = coded([row[column] for row in places])
    ranked = [sorted(by_zip[row["zip"]], key=lambda r: int(r["rank"])) for row in places]
    listed = [row for rows in ranked for row in rows]
    ids = np.array([eia_id(row, "eia_utility_id", same) for row in listed], dtype="<i4")
    known, codes = np.unique(ids, return_inverse=True)
    arrays["listing_count"] = np.array([len(rows) for rows in ranked], dtype=np.uint8)
    arrays["utility_id"], arrays["utility"] = known, codes.astype("<u2")
    arrays["listed_by"], arrays["listed_by_words"] = coded(
        [LISTED_BY[row["listed_by"]] for row in listed]
    )
    return arrays


def utility_table(listings: list[Row], reported: list[Row], same: dict[int, int]) -> str:
    """CSV of every utility: EIA id, names (the most used first) and states."""
    names: dict[int, Counter[str]] = defaultdict(Counter)
    states: dict[int, set[str]] = defaultdict(set)
    for row in listings:
        number = eia_id(row, "eia_utility_id", same)
        names[number][row["utility"]] += 1
        states[number].add(row["state"])
    for row in reported:
        number = eia_id(row, "eia_id", same)
        names[number][row["name"]] += 0  # after the names that ZIPs use
        states[number].add(row["state"])
    lines = [f"# sources: epa-power-profiler, openei-iou-zip-2020, {EIA}", "eia_id\tstates\tnames"]
    for number in sorted(names):
        known = "|".join(name for name, _ in names[number].most_common())
        lines.append(f"{number}\t{'|'.join(sorted(states[number]))}\t{known}")
    return "\n".join(lines) + "\n"


def mean_use_table(reported: list[Row], by_state: list[Row], same: dict[int, int]) -> str:
    """CSV of kWh a residential customer; rows without an id are the state's mean."""
    lines = [f"# sources: {EIA}", "eia_id\tstate\tcustomers\tkwh_per_year"]
    for row in by_state:
        use = f"{float(row['cust']):.0f}\t{float(row['kwh_per_customer_yr']):.0f}"
        lines.append(f"\t{row['state']}\t{use}")
    for row in sorted(reported, key=lambda r: (int(r["eia_id"]), r["state"])):
        use = f"{float(row['cust']):.0f}\t{float(row['kwh_per_customer_yr']):.0f}"
        lines.append(f"{eia_id(row, 'eia_id', same)}\t{row['state']}\t{use}")
    return "\n".join(lines) + "\n"


def plausible(reported: list[Row]) -> list[Row]:
    """Rows of EIA-861 that describe homes; each of the others is told."""
    kept = []
    for row in reported:
        if row["name"] == ADJUSTMENT or float(row["kwh_per_customer_yr"]) < LEAST_KWH_PER_YEAR:
            print(f"left out: {row['name']}, {row['state']}: {row['kwh_per_customer_yr']} kWh")
        else:
            kept.append(row)
    return kept


def build(raw: Path, data: Path = DATA) -> None:
    """Write the three tables from the raw files into `data`."""
    places = read_rows(raw / "zip" / "zip_master.csv.gz")
    listings = read_rows(raw / "zip" / "zip_utilities.csv.gz")
    reported = plausible(read_rows(raw / "baseline" / "eia861_2019_residential_by_utility.csv"))
    by_state = read_rows(raw / "baseline" / "eia861_2019_residential_by_state.csv")
    same = aliases()
    placed = {row["zip"] for row in places}
    without = sorted({row["zip"] for row in listings} - placed)
    print(f"left out: {len(without)} ZIPs that have utilities but no place, such as {without[-1]}")
    listings = [row for row in listings if row["zip"] in placed]
    write_npz(data / "places" / "zipcodes.npz", place_arrays(places, listings, same))
    write_gzip(data / "places" / "utilities.tsv.gz", utility_table(listings, reported, same))
    write_gzip(data / "places" / "mean_use.tsv.gz", mean_use_table(reported, by_state, same))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_places RAW_FOLDER")
    build(Path(sys.argv[1]))
