"""Marginal carbon: published levels, grid losses once, the clock of each table, every ZIP."""

import io
import re
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from kwhen.catalog.carbon import (
    carbon_models,
    grid_loss_frac,
    marginal_carbon,
    region_of,
)
from kwhen.catalog.places import place, zipcodes
from kwhen.catalog.shipped import read_bytes, read_text
from kwhen.catalog.sources import sources
from kwhen.errors import CoverageError, NotFound
from tests.reading import ROOT
from tools import build_carbon

LEVELS = tomllib.loads((ROOT / "tests/known/egrid_levels.toml").read_text())["lb_per_mwh"]
LEVEL_TOLERANCE_FRAC = 0.005
LB_PER_KG = 2.2046226218  # NIST SP 811
PACIFIC = "America/Los_Angeles"
PGE, SCE, SDGE, LADWP, ONCOR = 14328, 17609, 16609, 11208, 44372
HOUR_S = 3600


def epoch(*moments: datetime) -> np.ndarray:
    """UTC seconds of aware moments."""
    return np.array([int(moment.timestamp()) for moment in moments], dtype=np.int64)


def at(month: int, day: int, hour: int, zone: str = PACIFIC, fold: int = 0) -> np.ndarray:
    """UTC seconds of one wall-clock hour of 2025."""
    return epoch(datetime(2025, month, day, hour, tzinfo=ZoneInfo(zone), fold=fold))


def standard_year(offset_hours: int) -> np.ndarray:
    """Every hour of 2025 on a clock without summer time. (8760,)"""
    start = datetime(2025, 1, 1, tzinfo=timezone(timedelta(hours=offset_hours)))
    return int(start.timestamp()) + np.arange(8760) * HOUR_S


def lb_per_mwh(region: str, epoch_s: np.ndarray, model: str = "egrid-cambium", **more) -> list:
    """Rates at the meter to a thousandth."""
    found = marginal_carbon(region, epoch_s, model=model, **more)
    return found.lb_per_mwh_at_meter.round(3).tolist()


@pytest.mark.parametrize("region", LEVELS)
def test_a_years_mean_at_the_generator_is_egrids_level(region):
    at_meter = marginal_carbon(region, standard_year(-8), zone="Etc/GMT+8").lb_per_mwh_at_meter
    at_generator = at_meter.mean() * (1 - grid_loss_frac(region))
    assert at_generator == pytest.approx(LEVELS[region], rel=LEVEL_TOLERANCE_FRAC)


def test_every_region_of_the_default_has_a_level():
    default = carbon_models()[0]
    assert default.name == "egrid-cambium"
    assert set(default.regions) == set(LEVELS)


def test_figures_at_the_generator_are_divided_by_the_losses_once():
    # CAMX, July, hour 11: 693.5; January, hour 0: 1547.0; PG&E's signal in January, hour 0: 547.
    assert grid_loss_frac("CAMX") == 0.041
    assert lb_per_mwh("CAMX", at(7, 14, 12)) == [round(693.5 / 0.959, 3)]
    assert lb_per_mwh("CAMX", at(1, 14, 0)) == [round(1547.0 / 0.959, 3)]
    assert lb_per_mwh("SGIP_CAISO_PGE", at(1, 14, 0), "sgip") == [round(547.0 / 0.959, 3)]
    assert lb_per_mwh("HIMS", at(1, 14, 0, "Pacific/Honolulu"), "avert") == [
        round(1720.0 / (1 - 0.044), 3)
    ]


def test_figures_at_end_use_are_turned_to_pounds_and_not_divided():
    # AZNMc, January, hour 0: 370.8 and 439.22 kg CO2e/MWh.
    midnight = at(1, 14, 0, "America/Phoenix")
    assert lb_per_mwh("AZNMc", midnight, "cambium-lrmer") == [round(370.8 * LB_PER_KG, 3)]
    assert lb_per_mwh("AZNMc", midnight, "cambium-aer") == [round(439.22 * LB_PER_KG, 3)]


def test_losses_are_those_of_the_subregion_and_the_nations_is_the_median():
    assert [grid_loss_frac(name) for name in ("CAMX", "ERCT", "HIOA", "US")] == [
        0.041, 0.042, 0.044, 0.042,
    ]  # fmt: skip
    with pytest.raises(CoverageError, match=r"eGRID has no subregion 'CA'; it has AKGD, .*, US$"):
        grid_loss_frac("CA")


def test_a_summer_hour_is_an_hour_earlier_in_tables_of_standard_time():
    wall = [lb_per_mwh("CAMX", at(7, 14, hour), zone="Etc/GMT+7") for hour in range(24)]
    standard = [lb_per_mwh("CAMX", at(7, 14, hour)) for hour in range(24)]
    assert standard[1:] == wall[:-1]
    assert standard != wall
    # 19:00 PDT is 18:00 PST: 993.4 is the table's hour 18, 957.3 its hour 19.
    assert standard[19] == [round(993.4 / 0.959, 3)]


def test_prevailing_tables_follow_the_wall_clock():
    # PG&E's signal: January hour 17 is 660, July hour 19 is 995 and its hour 18 is 839.
    assert lb_per_mwh("SGIP_CAISO_PGE", at(1, 14, 17), "sgip") == [round(660 / 0.959, 3)]
    assert lb_per_mwh("SGIP_CAISO_PGE", at(7, 14, 19), "sgip") == [round(995 / 0.959, 3)]
    july = [lb_per_mwh("SGIP_CAISO_PGE", at(7, 14, hour), "sgip") for hour in range(24)]
    fixed = [
        lb_per_mwh("SGIP_CAISO_PGE", at(7, 14, hour), "sgip", zone="Etc/GMT+7")
        for hour in range(24)
    ]
    assert july == fixed


def test_the_hour_that_happens_twice():
    first, second = at(11, 2, 1), at(11, 2, 1, fold=1)
    assert second - first == HOUR_S
    # Standard time goes on from hour 0 to hour 1; the wall clock stays in hour 1.
    assert lb_per_mwh("CAMX", first) == lb_per_mwh("CAMX", at(11, 10, 0))
    assert lb_per_mwh("CAMX", second) == lb_per_mwh("CAMX", at(11, 10, 1))
    one = lb_per_mwh("SGIP_CAISO_PGE", at(11, 10, 1), "sgip")
    assert lb_per_mwh("SGIP_CAISO_PGE", first, "sgip") == one
    assert lb_per_mwh("SGIP_CAISO_PGE", second, "sgip") == one


def test_the_hour_that_is_skipped():
    noon = at(3, 9, 12)
    before, after = noon - 9 * HOUR_S - 1, noon - 9 * HOUR_S  # 01:59:59 PST and 03:00 PDT
    march = [lb_per_mwh("CAMX", at(3, 5, hour)) for hour in (1, 2)]
    assert [lb_per_mwh("CAMX", before), lb_per_mwh("CAMX", after)] == march
    three = lb_per_mwh("SGIP_CAISO_PGE", at(3, 20, 3), "sgip")
    assert lb_per_mwh("SGIP_CAISO_PGE", after, "sgip") == three


def test_a_month_ends_on_the_standard_clock():
    # 00:30 PDT of 1 August is 23:30 PST of 31 July.
    half_past = epoch(datetime(2025, 8, 1, 0, 30, tzinfo=ZoneInfo(PACIFIC)))
    assert lb_per_mwh("CAMX", half_past) == lb_per_mwh("CAMX", at(7, 15, 0))


def test_moments_in_any_order_over_years_and_none_at_all():
    several = epoch(*(datetime(y, 7, 4, 20, tzinfo=UTC) for y in (2031, 2019, 2025)))
    assert len(set(lb_per_mwh("CAMX", several))) == 1
    assert lb_per_mwh("CAMX", np.zeros(0, dtype=np.int64)) == []


def test_the_clock_is_that_of_the_zone_given():
    moment = epoch(datetime(2025, 1, 14, 12, tzinfo=UTC))
    by_default = lb_per_mwh("SRTV", moment)  # most of its homes are in Central time
    assert lb_per_mwh("SRTV", moment, zone="America/Chicago") == by_default
    assert lb_per_mwh("SRTV", moment, zone="America/New_York") == lb_per_mwh(
        "SRTV", moment + HOUR_S
    )


def test_every_zip_has_a_region_of_the_default_model_or_the_nations_mean():
    regions = {zipcode: region_of(place(zipcode)) for zipcode in zipcodes()}
    assert set(regions.values()) <= set(carbon_models()[0].regions)
    unknown = [zipcode for zipcode, region in regions.items() if region == "US"]
    assert len(unknown) == 41
    assert {place(z).state for z in unknown} == {"VI", "GU", "AS", "MP", "PW", "FM", "MH"}


def test_the_nations_mean_says_that_it_is_a_fallback():
    guam = marginal_carbon(region_of(place("96910")), at(1, 1, 0))
    assert guam.is_fallback
    assert [gap.name for gap in guam.missing] == ["egrid_subregion", "grid_loss", "carbon_shape"]
    assert guam.lb_per_mwh_at_meter.round(2).tolist() == [round(1379.2 / 0.958, 2)]


def test_a_region_without_a_shape_names_that_gap():
    assert [gap.name for gap in marginal_carbon("AKGD", at(1, 1, 0)).missing] == ["carbon_shape"]
    assert marginal_carbon("CAMX", at(1, 1, 0)).missing == ()


@pytest.mark.parametrize(
    ("zipcode", "model", "utility", "region"),
    [
        ("94107", "egrid-cambium", None, "CAMX"),
        ("94107", "sgip", None, "SGIP_CAISO_PGE"),
        ("90001", "sgip", SCE, "SGIP_CAISO_SCE"),
        ("94107", "avert", None, "CA"),
        ("10001", "egrid-cambium", None, "NYCW"),
        ("10001", "cambium-lrmer", None, "NYSTc"),
        ("75201", "cambium-aer", ONCOR, "ERCTc"),
        ("00901", "egrid-cambium", None, "PRMS"),
        ("99501", "avert", None, "AKGD"),
    ],
)
def test_a_home_has_a_region_in_each_models_terms(zipcode, model, utility, region):
    assert region_of(place(zipcode), model, utility) == region
    moment = at(7, 14, 12)
    assert marginal_carbon(region, moment, model=model).lb_per_mwh_at_meter[0] > 0


@pytest.mark.parametrize(
    ("zipcode", "model", "utility", "others"),
    [
        ("90001", "sgip", None, "egrid-cambium, avert, cambium-lrmer, cambium-aer"),
        ("92101", "sgip", SDGE, "egrid-cambium, avert, cambium-lrmer, cambium-aer"),
        ("99501", "cambium-lrmer", None, "egrid-cambium, avert"),
        ("96910", "avert", None, "egrid-cambium"),
    ],
)
def test_a_model_that_does_not_cover_a_home_names_those_that_do(zipcode, model, utility, others):
    told = rf"{model}' does not cover ZIP {zipcode} \(..\); those that do: {re.escape(others)}$"
    with pytest.raises(CoverageError, match=told):
        region_of(place(zipcode), model, utility)


def test_unknown_names_are_told_with_what_there_is():
    with pytest.raises(CoverageError, match=r"'sgip' has no region 'CAMX'; it has SGIP_CAISO_PGE, "
                       r"SGIP_CAISO_SCE\. `region_of` tells that of a ZIP"):  # fmt: skip
        marginal_carbon("CAMX", at(1, 1, 0), model="sgip")
    with pytest.raises(NotFound, match=r"no carbon model 'wattime'; there are egrid-cambium, sgip"):
        marginal_carbon("CAMX", at(1, 1, 0), model="wattime")
    with pytest.raises(NotFound, match="no carbon model"):
        region_of(place("94107"), "wattime")


def test_every_model_says_what_it_measures_from_a_registered_source():
    names = ["egrid-cambium", "sgip", "avert", "cambium-lrmer", "cambium-aer"]
    assert [model.name for model in carbon_models()] == names
    for model in carbon_models():
        assert model.source in sources()
        assert model.vintage == sources()[model.source].edition
        assert model.title and model.measures and model.regions
        assert model.clock in {"standard", "prevailing"}
        assert model.measured_at in {"generator", "end use"}


def test_the_shipped_files_name_registered_sources_and_are_all_known():
    with np.load(io.BytesIO(read_bytes("carbon/marginal.npz")), allow_pickle=False) as packed:
        assert set(packed["sources"].tolist()) <= set(sources())
    header = re.search(r"^# sources: (.+)$", read_text("carbon/models.toml"), re.MULTILINE)
    assert header and set(header[1].split(", ")) <= set(sources())
    folder = files("kwhen.catalog").joinpath("data", "carbon")
    assert {entry.name for entry in folder.iterdir()} == {"marginal.npz", "models.toml"}


def raw_rows(figure: str) -> list[dict[str, str]]:
    """A raw table of one region whose every figure is the same."""
    return [
        {"month": str(month), "hour": str(hour), "CAMX": figure}
        for month in range(1, 13)
        for hour in range(24)
    ]


def test_the_build_proves_the_level_and_refuses_a_table_that_is_not_whole():
    regions, table = build_carbon.month_hour_table(raw_rows("961.2"))
    assert (regions, table.shape, int(table[0, 11, 23])) == (["CAMX"], (1, 12, 24), 96120)
    level = {"subregion": "CAMX", "nonbaseload_co2e_rev1": "1037.3", "grid_loss": "0.041"}
    build_carbon.prove_levels(regions, table, [level | {"nonbaseload_co2e_rev2": "961.2"}])
    with pytest.raises(SystemExit, match=r"CAMX: mean 961\.2, eGRID's level 1037\.3"):
        build_carbon.prove_levels(regions, table, [level | {"nonbaseload_co2e_rev2": ""}])
    with pytest.raises(SystemExit, match="287 rows"):
        build_carbon.month_hour_table(raw_rows("1")[1:])
    with pytest.raises(SystemExit, match="288 rows ≥ 0"):
        build_carbon.month_hour_table(raw_rows("-1"))


def test_the_build_takes_the_median_loss_and_the_most_common_zone():
    rows = [{"subregion": name, "grid_loss": loss} for name, loss in
            (("A", "0.04"), ("B", "0.05"), ("C", "0.05"), ("US", ""))]  # fmt: skip
    assert build_carbon.losses(rows) == {"A": 0.04, "B": 0.05, "C": 0.05, "US": 0.05}
    places = [
        {"egrid_subregion": "NYUP", "avert_region": "NY", "timezone": zone}
        for zone in ("America/New_York", "America/Chicago", "America/New_York")
    ]
    zones = build_carbon.usual_zones(places)
    assert zones["NYUP"] == zones["NY"] == "America/New_York"
    assert build_carbon.zone_of_region("NYSTc", zones) == "America/New_York"
    assert build_carbon.zone_of_region("NYUPc", zones) == "America/New_York"
