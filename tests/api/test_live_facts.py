"""Live prices and emissions take the place of the shipped tables, and say so where they lack."""

from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

import kwhen
from kwhen.catalog.carbon import grid_loss_frac
from kwhen.catalog.live.series import Kind, Point, Series, series_of
from kwhen.catalog.live.store import SeriesStore
from kwhen.engine.grid import Calendar, whole_days

HOME = kwhen.Home(plan="14328/E-ELEC", zipcode="94107")
DAY = (date(2026, 7, 15), date(2026, 7, 16))
HOUR_S = 3600
LOSS = grid_loss_frac("CAMX")


def hours_s(first: date, days: int) -> np.ndarray:
    """UTC start of each hour of local days in California."""
    grid = whole_days(first, days * 24, 60, "America/Los_Angeles", Calendar.CIVIL)
    return grid.epoch_s


def series(
    kind: Kind, point: Point, at_s: np.ndarray, values: np.ndarray, step_s: int = HOUR_S
) -> Series:
    """A fetched series, of hours unless told."""
    readings = {point.name: dict(zip(at_s.tolist(), values.tolist(), strict=True))}
    (made,) = series_of(
        readings, kind=kind, group=point.group, step_s=step_s, source="made", market="test",
        fetched_s=float(datetime(2026, 8, 1, tzinfo=UTC).timestamp()),
    )  # fmt: skip
    return made


@pytest.fixture
def store(tmp_path: Path) -> SeriesStore:
    """A store with July's day-ahead prices and the 15th's emissions."""
    held = SeriesStore(tmp_path)
    july_s = hours_s(date(2026, 7, 1), 31)
    prices = np.tile(np.arange(24) / 100.0, 31)  # 0.00 to 0.23 $/kWh every day
    held.merge(series(Kind.DAY_AHEAD_PRICE, Point(group="CAISO", name="DLAP_PGAE-APND"),
                      july_s, prices))  # fmt: skip
    day_s = hours_s(DAY[0], 1)
    held.merge(series(Kind.CARBON, Point(group="SGIP", name="SGIP_CAISO_PGE"), day_s,
                      np.full(24, 700.0)))  # fmt: skip
    return held


def test_held_prices_and_their_own_strike_count(store: SeriesStore) -> None:
    found = kwhen.price_signal(HOME, *DAY, live=store)
    strike = np.percentile(np.tile(np.arange(24) / 100.0, 31), 90)  # of the month's own hours
    expected = 0.7 * np.maximum(np.arange(24) / 100.0 - strike, 0) / (1 - LOSS)
    assert found.arrays.wholesale_usd_per_kwh[::4] == pytest.approx(expected)
    (note,) = [note for note in found.sources if note.component == "wholesale"]
    assert (note.source, note.is_fallback) == ("made", False)
    assert "wholesale_hours" not in {gap.name for gap in found.missing}


def test_held_emissions_count_with_losses_and_more_trust(store: SeriesStore) -> None:
    found = kwhen.price_signal(HOME, *DAY, live=store, components=["carbon"])
    assert found.co2e_lb_per_mwh == pytest.approx(np.full(96, 700.0 / (1 - LOSS)))
    shipped = kwhen.price_signal(HOME, *DAY, components=["carbon"])
    assert np.all(found.confidence >= shipped.confidence)
    (note,) = [note for note in found.sources if note.component == "carbon"]
    assert (note.source, note.is_fallback) == ("made", False)
    made = kwhen.impact(HOME, np.full(96, 0.25), None, *DAY, live=store)
    assert made.co2e_lb == pytest.approx(24.0 * 700.0 / (1 - LOSS) / 1000)


def test_emissions_that_change_within_an_hour_count_in_each_step(tmp_path: Path) -> None:
    grid = whole_days(DAY[0], 96, 15, "America/Los_Angeles", Calendar.CIVIL)
    lb_per_mwh = np.arange(96) * 10.0 + 300.0
    held = SeriesStore(tmp_path)
    point = Point(group="SGIP", name="SGIP_CAISO_PGE")
    held.merge(series(Kind.CARBON, point, grid.epoch_s, lb_per_mwh, step_s=900))
    use_kwh, export_kwh = np.random.default_rng(7).uniform(0, 1, (2, 96))
    solar = kwhen.SolarSystem(system_size_kw=5.0, is_non_net_metered=True)
    home = kwhen.Home(plan="14328/E-ELEC", zipcode="94107", solar=solar)
    found = kwhen.impact(home, use_kwh, export_kwh, *DAY, live=held)
    expected_lb = (use_kwh - export_kwh) @ lb_per_mwh / (1 - LOSS) / 1000
    assert found.co2e_lb == pytest.approx(expected_lb)


def test_figures_fetched_later_are_seen(store: SeriesStore) -> None:
    august, use_kwh = (date(2026, 8, 15), date(2026, 8, 16)), np.full(96, 0.25)
    before = kwhen.impact(HOME, use_kwh, None, *august, live=store)
    signal = kwhen.price_signal(HOME, *august, live=store)
    day_s = hours_s(august[0], 1)
    store.merge(series(Kind.CARBON, Point(group="SGIP", name="SGIP_CAISO_PGE"), day_s,
                       np.full(24, 900.0)))  # fmt: skip
    store.merge(series(Kind.DAY_AHEAD_PRICE, Point(group="CAISO", name="DLAP_PGAE-APND"), day_s,
                       np.full(24, 5.0)))  # fmt: skip
    after = kwhen.impact(HOME, use_kwh, None, *august, live=store)
    assert after.co2e_lb == pytest.approx(24.0 * 900.0 / (1 - LOSS) / 1000)
    assert before.co2e_lb != after.co2e_lb
    assert not np.array_equal(kwhen.price_signal(HOME, *august, live=store).price, signal.price)


def test_a_day_that_is_not_held_falls_back_and_says_so(store: SeriesStore) -> None:
    august = (date(2026, 8, 15), date(2026, 8, 16))
    found = kwhen.price_signal(HOME, *august, live=store)
    shipped = kwhen.price_signal(HOME, *august)
    assert np.array_equal(found.price, shipped.price)
    assert {note.component for note in found.sources if note.is_fallback} == {"carbon", "wholesale"}


def test_a_named_model_is_not_overruled_and_a_point_can_be_chosen(store: SeriesStore) -> None:
    named = kwhen.price_signal(HOME, *DAY, live=store, carbon_model="avert")
    assert named.sources[1].source == "epa-avert"
    elsewhere = kwhen.Home(plan="14328/E-ELEC", zipcode="94107", carbon_point="WATTTIME/NOWHERE")
    fallen = kwhen.price_signal(elsewhere, *DAY, live=store)
    (note,) = [note for note in fallen.sources if note.component == "carbon"]
    assert note.is_fallback
