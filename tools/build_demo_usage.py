"""Build the demonstration year of usage that the package ships.

    python -m tools.build_demo_usage RAW_FOLDER

RAW_FOLDER holds baseline/res_load_shape_8760_ppm_by_iecc_zone.csv.gz (source load-shape-tmy3)
and solar/tmy3_pv_kwh_per_kwdc_8760_by_iecc_zone.csv.gz (source pv-yield-tmy3). The home is
synthetic: the climate zone's shape of load at the mean use of the utility's customers, less
solar by the zone's yields. Hourly figures are split evenly over their four quarter hours.
"""

import csv
import gzip
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from kwhen.catalog.mean_use import mean_kwh_per_year
from kwhen.catalog.places import place
from tools.packing import write_zip

ZIPCODE, YEAR, SOLAR_KW = "94107", 2025, 4.0
SHAPE_YEAR = 2023
HOURS, DAYS = 8760, 365
QUARTER = timedelta(minutes=15)
NAME = f"synthetic-home-{ZIPCODE}-{YEAR}"
OUT = Path(__file__).parents[1] / "src" / "kwhen" / "usage" / "samples" / f"{NAME}.zip"


def hourly(path: Path, zone: str) -> NDArray[np.float64]:
    """One climate zone's column of an 8760-hour table, local standard time of 2023."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        values = np.array([float(row[zone]) for row in csv.DictReader(file)])
    if len(values) != HOURS:
        raise SystemExit(f"{path.name}: {len(values)} hours, expected {HOURS}")
    return values  # (8760,)


def same_date(day: date) -> int:
    """Day of the shape's year, from 0, with that month and day; 29 February is the 28th."""
    number = 28 if (day.month, day.day) == (2, 29) else day.day
    return (date(SHAPE_YEAR, day.month, number) - date(SHAPE_YEAR, 1, 1)).days


def same_weekday(day: date) -> int:
    """Day of the shape's year nearest to that date (±3 days) with its weekday, wrapping round."""
    index = same_date(day)
    weekday = (date(SHAPE_YEAR, 1, 1) + timedelta(days=index)).weekday()
    return (index + (day.weekday() - weekday + 3) % 7 - 3) % DAYS


def net_kwh(
    starts: list[datetime], load: NDArray[np.float64], solar: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Load less solar of each quarter hour; `load` and `solar` are kWh of the 8760 hours."""
    used = [same_weekday(start.date()) * 24 + start.hour for start in starts]
    made = [same_date(start.date()) * 24 + start.hour for start in starts]
    return (load[used] - solar[made]) / 4  # (N,)


def build(raw: Path, out: Path = OUT) -> None:
    """Write the year as a zip with one plain CSV."""
    home = place(ZIPCODE)
    zone, shape_zone = ZoneInfo(home.timezone), str(home.shape_zone)
    use = mean_kwh_per_year(home.utilities[0].eia_id, home.state)
    shape_ppm = hourly(raw / "baseline" / "res_load_shape_8760_ppm_by_iecc_zone.csv.gz", shape_zone)
    per_kw = hourly(raw / "solar" / "tmy3_pv_kwh_per_kwdc_8760_by_iecc_zone.csv.gz", shape_zone)
    first = datetime(YEAR, 1, 1, tzinfo=zone)
    count = (
        datetime(YEAR + 1, 1, 1, tzinfo=zone).astimezone(UTC) - first.astimezone(UTC)
    ) // QUARTER
    instants = [first.astimezone(UTC) + QUARTER * step for step in range(count)]
    offset = first.utcoffset() or timedelta()  # of January: standard time
    net = net_kwh(
        [instant + offset for instant in instants],
        shape_ppm / shape_ppm.sum() * use.kwh_per_year,
        per_kw * SOLAR_KW,
    )
    lines = ["start,import_kwh,export_kwh"]
    for instant, kwh in zip(instants, net, strict=True):
        start = instant.astimezone(zone).isoformat(timespec="minutes")
        lines.append(f"{start},{max(kwh, 0.0):.4f},{max(-kwh, 0.0):.4f}")
    write_zip(out, {f"{NAME}.csv": ("\n".join(lines) + "\n").encode("utf-8")})


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tools.build_demo_usage RAW_FOLDER")
    build(Path(sys.argv[1]))
