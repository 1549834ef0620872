"""Build the demonstration year of usage that the package ships.

    python -m tools.build_demo_usage

The home is synthetic: the default usage of its ZIP, less the solar of a small array. It is made
of the shipped tables alone, so build those first.
"""

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from kwhen.catalog.baseline import default_usage
from kwhen.catalog.places import place
from kwhen.engine.grid import covering
from kwhen.engine.solar import SolarSystem
from tools.packing import write_zip

ZIPCODE, YEAR = "94107", 2025
SOLAR = SolarSystem(system_size_kw=3.0)  # no more than the home uses in a year
NAME = f"synthetic-home-{ZIPCODE}-{YEAR}"
OUT = Path(__file__).parents[1] / "src" / "kwhen" / "usage" / "samples" / f"{NAME}.zip"


def build(out: Path = OUT) -> None:
    """Write the year as a zip with one plain CSV."""
    home = place(ZIPCODE)
    grid = covering(date(YEAR, 1, 1), date(YEAR + 1, 1, 1), 15, home.timezone)
    usage = default_usage(home, None, grid, solar=SOLAR)
    assert usage.export_kwh is not None
    zone = ZoneInfo(home.timezone)
    lines = ["start,import_kwh,export_kwh"]
    for epoch_s, bought, sold in zip(
        grid.epoch_s.tolist(), usage.import_kwh, usage.export_kwh, strict=True
    ):
        start = datetime.fromtimestamp(epoch_s, UTC).astimezone(zone)
        lines.append(f"{start.isoformat(timespec='minutes')},{bought:.4f},{sold:.4f}")
    write_zip(out, {f"{NAME}.csv": ("\n".join(lines) + "\n").encode("utf-8")})


if __name__ == "__main__":
    build()
