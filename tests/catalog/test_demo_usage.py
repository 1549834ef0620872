"""The demonstration year: complete, labelled, and equal to the figures it was made of."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from io import BytesIO
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.mean_use import mean_kwh_per_year
from kwhen.catalog.places import place
from kwhen.catalog.sources import sources
from kwhen.usage.samples import DEMO_ZIPCODE, DEMO_ZONE, demo_usage
from tools.build_demo_usage import build

# 3 kW at the yield of zone 3B-coast, 1604.88 kWh of a kW (source pv-yield-tmy3).
SOLAR_KWH = 3 * 1604.8829
# Of a Californian home in that zone, by 43,093 degree hours below 65 °F in its weather year.
HEATING_FRAC, COLD_DEG_HOURS = 0.03842, 43_093
FOUR_DECIMALS_KWH = 0.00005  # the file's rounding of one quarter hour
YEAR_KWH = 0.1  # 35,040 roundings, which mostly cancel


@pytest.fixture(scope="module")
def usage():
    return demo_usage()


def test_it_covers_2025_in_real_quarter_hours_without_gaps(usage):
    assert usage.start == datetime(2025, 1, 1, tzinfo=ZoneInfo(DEMO_ZONE))
    assert usage.end == datetime(2026, 1, 1, tzinfo=ZoneInfo(DEMO_ZONE))
    assert usage.step_minutes == 15
    assert len(usage.import_kwh) == len(usage.export_kwh) == 35_040
    assert usage.gaps == ()


def test_its_totals_are_the_mean_use_less_the_solar(usage):
    home = place(DEMO_ZIPCODE)
    load_kwh = mean_kwh_per_year(home.utilities[0].eia_id, home.state).kwh_per_year
    assert home.timezone == DEMO_ZONE
    net_kwh = usage.import_kwh.sum() - usage.export_kwh.sum()
    assert net_kwh == pytest.approx(load_kwh - SOLAR_KWH, abs=YEAR_KWH)
    assert usage.import_kwh.sum() == pytest.approx(3515.2, abs=YEAR_KWH)
    assert usage.export_kwh.sum() == pytest.approx(2651.9, abs=YEAR_KWH)


def test_no_quarter_hour_imports_and_exports_at_once(usage):
    assert not np.any((usage.import_kwh > 0) & (usage.export_kwh > 0))


@pytest.mark.parametrize(
    ("start", "load_ppm", "cold_deg", "solar_kwh_per_kw"),
    [
        # Shape at 2023-01-04 00:00, the nearest Wednesday.
        pytest.param(datetime(2025, 1, 1, 0), 88.99, 14, 0.0, id="first step"),
        # Daylight saving time: 12 h on the clock is 11 h standard time. Shape at 2023-07-04.
        pytest.param(datetime(2025, 7, 1, 12), 87.85, 14, 0.6864, id="summer noon"),
        pytest.param(datetime(2025, 7, 1, 19), 127.57, 0, 0.0047, id="summer evening"),
        # The shape's year wraps round: 3 January.
        pytest.param(datetime(2025, 12, 31, 23), 125.07, 14, 0.0, id="last hour"),
    ],
)
def test_an_hour_is_the_shape_and_the_yield_of_its_standard_time(
    usage, start, load_ppm, cold_deg, solar_kwh_per_kw
):
    share = (1 - HEATING_FRAC) * load_ppm / 1e6 + HEATING_FRAC * cold_deg / COLD_DEG_HOURS
    net_kwh = (share * 5678 - 3 * solar_kwh_per_kw) / 4
    elapsed = start.replace(tzinfo=usage.start.tzinfo).astimezone(UTC) - usage.start
    first = elapsed // timedelta(minutes=15)
    quarters = slice(first, first + 4)
    found = usage.import_kwh[quarters] - usage.export_kwh[quarters]
    assert found == pytest.approx([net_kwh] * 4, abs=FOUR_DECIMALS_KWH)


def test_it_uses_more_in_a_year_than_its_solar_makes(usage):
    assert usage.import_kwh.sum() > usage.export_kwh.sum()


def test_the_shipped_year_is_what_its_program_builds(tmp_path):
    build(tmp_path / "again.zip")
    (shipped,) = (
        entry
        for entry in files("kwhen.usage").joinpath("samples").iterdir()
        if entry.name.endswith(".zip")
    )
    assert content((tmp_path / "again.zip").read_bytes()) == content(shipped.read_bytes())


def content(packed):
    """The one file of a zip."""
    with ZipFile(BytesIO(packed)) as archive:
        (name,) = archive.namelist()
        return archive.read(name)


def test_it_is_small_and_labelled_as_synthetic_with_registered_sources():
    folder = files("kwhen.usage").joinpath("samples")
    label = folder.joinpath("README.md").read_text(encoding="utf-8")
    assert "It is synthetic. No home was measured." in label
    for id in ("eia-861-2019", "load-shape-tmy3", "eia-recs-2020", "pv-yield-tmy3"):
        assert f"`{id}`" in label
        assert id in sources()
    (shipped,) = (entry for entry in folder.iterdir() if entry.name.endswith(".zip"))
    assert shipped.name.startswith("synthetic-home-")
    assert len(shipped.read_bytes()) < 250_000
