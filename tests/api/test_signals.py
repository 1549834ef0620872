"""The price signal: the documented example, its formula by hand, and what must always hold."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kwhen
from kwhen import CarbonIntensity, Home, SolarSystem
from kwhen.catalog.carbon import marginal_carbon
from kwhen.engine.signal import LB_PER_TONNE, SignalSettings
from kwhen.usage import Usage
from kwhen.usage.values import Gap

PACIFIC = ZoneInfo("America/Los_Angeles")
NET_BILLED = SolarSystem(system_size_kw=5.0, is_non_net_metered=True)
NET_METERED = SolarSystem(system_size_kw=5.0)
HOME = Home(plan="14328/E-ELEC", zipcode="94107")
SOLAR_HOME = replace(HOME, solar=NET_BILLED)
DAY = (date(2026, 7, 15), date(2026, 7, 16))
ALL = ("tariff", "wholesale", "carbon", "solar")


def test_the_documented_day_has_three_blocks() -> None:
    # Contract: PG&E E-TOU-D, 2025-02-25T16:13:37.902Z and 24 hours, the tariff alone.
    start = datetime(2025, 2, 25, 16, 13, 37, 902000, tzinfo=UTC)
    home = Home(plan="14328/E-TOU-D", zipcode="94107")
    found = kwhen.price_signal(
        home, start, start + timedelta(days=1), components=["tariff"], nearest=True
    )
    first, peak, last = found.blocks
    assert (first.start, last.end) == (start, start + timedelta(days=1))
    assert first.end == datetime(2025, 2, 26, 1, 13, 37, 902000, tzinfo=UTC)
    assert peak.end == datetime(2025, 2, 26, 4, 13, 37, 902000, tzinfo=UTC)
    assert first.price_usd_per_kwh == last.price_usd_per_kwh
    assert peak.price_usd_per_kwh - first.price_usd_per_kwh == pytest.approx(0.03861)
    assert len(found.price) == len(found.import_usd_per_kwh) == len(found.export_usd_per_kwh) == 96
    assert np.array_equal(found.price, found.import_usd_per_kwh)
    assert not found.export_usd_per_kwh.any()
    whole = kwhen.price_signal(home, start, start + timedelta(days=1), nearest=True)
    assert len(set(np.round(whole.import_usd_per_kwh, 5))) == 2
    assert (np.diff(np.round(whole.import_usd_per_kwh, 5)) != 0).sum() == 2


def test_the_components_summed_by_hand_are_the_price() -> None:
    found = kwhen.price_signal(SOLAR_HOME, *DAY)
    parts = found.arrays
    import_price = found.import_usd_per_kwh + parts.wholesale_usd_per_kwh + parts.carbon_usd_per_kwh
    export_price = found.export_usd_per_kwh + parts.carbon_usd_per_kwh
    s = found.exporting_frac
    assert s is not None
    by_hand = s * export_price + (1 - s) * import_price
    assert found.price == pytest.approx(by_hand, abs=1e-9)
    assert found.export_price == pytest.approx(export_price, abs=1e-9)
    hours = np.arange(96) * 900 + int(datetime(2026, 7, 15, tzinfo=PACIFIC).timestamp())
    m = marginal_carbon("CAMX", hours, zone="America/Los_Angeles").lb_per_mwh_at_meter
    assert parts.carbon_usd_per_kwh == pytest.approx(51.0 * m / (LB_PER_TONNE * 1000), abs=1e-9)


def test_wholesale_is_a_share_above_the_strike_and_capped() -> None:
    settings = SignalSettings(wholesale_cap_usd_per_kwh=0.01)
    free = kwhen.price_signal(HOME, *DAY).arrays.wholesale_usd_per_kwh
    capped = kwhen.price_signal(HOME, *DAY, settings=settings).arrays.wholesale_usd_per_kwh
    assert free.max() > 0.01
    assert capped == pytest.approx(np.minimum(free, 0.01))
    assert (free > 0).mean() < 0.2  # the strike is the 90th percentile of the month
    away = kwhen.price_signal(replace(HOME, market_participation=False), *DAY)
    assert not away.arrays.wholesale_usd_per_kwh.any()


def test_outside_a_market_there_is_no_wholesale_and_it_says_so() -> None:
    home = Home(plan="195/FD", zipcode="35203")
    found = kwhen.price_signal(home, *DAY, nearest=True)
    assert not found.arrays.wholesale_usd_per_kwh.any()
    assert any("wholesale" in gap.name for gap in found.missing)


@pytest.mark.parametrize("components", [(), ("tariff",), ("carbon",), ("carbon", "wholesale"), ALL])
def test_only_the_components_chosen_enter_the_price(components: tuple[str, ...]) -> None:
    found = kwhen.price_signal(SOLAR_HOME, *DAY, components=components)
    parts = found.arrays
    assert bool(parts.carbon_usd_per_kwh.any()) == ("carbon" in components)
    assert bool(parts.wholesale_usd_per_kwh.any()) == ("wholesale" in components)
    assert bool(parts.solar_usd_per_kwh.any()) == ("solar" in components)
    assert found.import_usd_per_kwh.all()  # the plan's rate, in the price or not
    assert bool(parts.tariff_usd_per_kwh.any()) == ("tariff" in components)
    whole = parts.tariff_usd_per_kwh + parts.carbon_usd_per_kwh + parts.wholesale_usd_per_kwh
    assert found.price == pytest.approx(whole + parts.solar_usd_per_kwh, abs=1e-9)
    with pytest.raises(kwhen.ChoiceError, match="'wind'"):
        kwhen.price_signal(SOLAR_HOME, *DAY, components=["wind"])


@given(hours=st.integers(1, 47), start_hour=st.integers(0, 23))
def test_a_window_split_in_two_is_the_window(hours: int, start_hour: int) -> None:
    start = datetime(2026, 3, 7, start_hour, tzinfo=PACIFIC).astimezone(
        UTC
    )  # over the clock change
    middle, end = start + timedelta(hours=hours), start + timedelta(hours=48)
    whole = kwhen.price_signal(SOLAR_HOME, start, end)
    parts = [kwhen.price_signal(SOLAR_HOME, *pair) for pair in ((start, middle), (middle, end))]
    for name in ("price", "export_price", "confidence", "import_usd_per_kwh"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        assert np.array_equal(getattr(whole, name), joined)


def test_the_zone_in_which_a_moment_is_written_does_not_matter() -> None:
    start = datetime(2026, 7, 15, 7, tzinfo=UTC)
    here = kwhen.price_signal(SOLAR_HOME, start, start + timedelta(days=1))
    there = kwhen.price_signal(
        SOLAR_HOME,
        start.astimezone(ZoneInfo("Asia/Tokyo")),
        (start + timedelta(days=1)).astimezone(PACIFIC),
    )
    assert np.array_equal(here.price, there.price)
    assert here.start == there.start == start


@pytest.mark.parametrize(
    ("day", "steps"),
    [(date(2026, 3, 8), 92), (date(2026, 11, 1), 100), (date(2024, 2, 29), 96)],
)
def test_clock_changes_and_the_leap_day(day: date, steps: int) -> None:
    found = kwhen.price_signal(SOLAR_HOME, day, day + timedelta(days=1), nearest=True)
    assert len(found.price) == steps
    assert np.isfinite(found.price).all()


def test_a_dearer_tonne_never_makes_a_kwh_cheaper() -> None:
    low, medium, high = (
        kwhen.price_signal(replace(HOME, carbon_intensity=level), *DAY).price
        for level in CarbonIntensity
    )
    assert np.all(low <= medium)
    assert np.all(medium <= high)
    assert np.any(low < high)


def test_without_net_metering_the_price_lies_between_import_and_export() -> None:
    found = kwhen.price_signal(SOLAR_HOME, date(2026, 6, 1), date(2026, 9, 1))
    low = np.minimum(found.export_price, found.arrays.import_price_usd_per_kwh)
    high = np.maximum(found.export_price, found.arrays.import_price_usd_per_kwh)
    assert np.all((low - 1e-12 <= found.price) & (found.price <= high + 1e-12))
    assert found.export_rule == "NBT26"


def test_net_metered_homes_see_the_price_of_import() -> None:
    found = kwhen.price_signal(replace(HOME, solar=NET_METERED), *DAY)
    assert found.export_rule == "NEM2"
    assert np.array_equal(found.price, found.arrays.import_price_usd_per_kwh)
    assert np.all(found.export_usd_per_kwh > 0)  # retail less the non-bypassable
    assert found.exporting_frac is None


def test_confidence_follows_what_is_known() -> None:
    in_force = kwhen.price_signal(HOME, *DAY, components=["tariff"])
    stand_in = kwhen.price_signal(
        HOME, date(2031, 7, 15), date(2031, 7, 16), components=["tariff"], nearest=True
    )
    assert set(in_force.confidence) == {0.95}  # the plan has a named gap
    before = kwhen.price_signal(
        HOME, date(2020, 7, 15), date(2020, 7, 16), components=["tariff"], nearest=True
    )
    assert set(before.confidence) == {0.76}  # 0.8 x 0.95
    assert set(stand_in.confidence) == {0.95}  # no later version is known: still in force
    mixed = kwhen.price_signal(SOLAR_HOME, *DAY)
    assert np.all((0.5 <= mixed.confidence) & (mixed.confidence <= 0.95))
    assert len(set(mixed.confidence)) > 1


def test_own_history_says_when_the_home_exports() -> None:
    days, per_day = 31, 96
    export_kwh = np.tile(np.where(np.arange(per_day) // 4 == 12, 1.0, 0.0), days)
    history = Usage(
        start=datetime(2026, 7, 1, tzinfo=PACIFIC), step_minutes=15,
        import_kwh=np.full(days * per_day, 0.1), export_kwh=export_kwh,
        gaps=(), notes=(), format="made",
    )  # fmt: skip
    found = kwhen.price_signal(replace(SOLAR_HOME, history=history), *DAY)
    assert found.exporting_frac is not None
    assert np.flatnonzero(found.exporting_frac).tolist() == [48, 49, 50, 51]
    february = (date(2026, 2, 10), date(2026, 2, 11))  # no own days: the shapes say it
    shapes = kwhen.price_signal(replace(SOLAR_HOME, history=history), *february).exporting_frac
    known = kwhen.price_signal(SOLAR_HOME, *february).exporting_frac
    assert shapes is not None and known is not None
    assert np.array_equal(shapes, known)


def history(first: date, days: int, daily_kwh: float, *gaps: Gap) -> Usage:
    """Days of even use, with what the meter did not tell at 0."""
    return Usage(
        start=datetime(first.year, first.month, first.day, tzinfo=PACIFIC), step_minutes=15,
        import_kwh=np.full(days * 96, daily_kwh / 96), export_kwh=None,
        gaps=gaps, notes=(), format="made",
    )  # fmt: skip


def test_own_history_says_in_which_tier_each_month_ends() -> None:
    tiered = Home(plan="14328/E-TOU-C/T-B", zipcode="94107")  # 6.5 kWh a day in the first tier
    over = date(2026, 7, 31), date(2026, 8, 2)

    def prices_of(home: Home) -> list[float]:
        found = kwhen.price_signal(home, *over, components=["tariff"]).price
        return [found[0], found[-1]]

    low, high = 0.3183, 0.3997  # with 0.0003 of tax
    assert prices_of(tiered) == pytest.approx([low, low])
    july = replace(tiered, history=history(date(2026, 7, 1), 31, 20.0))
    assert prices_of(july) == pytest.approx([high, low])  # August has its baseline
    june = replace(tiered, history=history(date(2026, 6, 1), 30, 20.0))
    assert prices_of(june) == pytest.approx([low, low])


def test_days_that_no_meter_told_are_no_days_without_use() -> None:
    missing = Gap(
        start=datetime(2026, 7, 2, tzinfo=PACIFIC),
        end=datetime(2026, 7, 31, tzinfo=PACIFIC),
        reason="missing",
    )
    past = history(date(2026, 7, 1), 31, 20.0, missing)
    past = replace(past, import_kwh=past.import_kwh * past.read_steps())  # two days of 20 kWh
    tiered = Home(plan="14328/E-TOU-C/T-B", zipcode="94107", history=past)
    found = kwhen.price_signal(tiered, *DAY, components=["tariff"]).price
    assert found[0] == pytest.approx(0.3997)
    few = replace(past, export_kwh=np.ones(31 * 96))  # on two days: too few to say when it exports
    shapes = kwhen.price_signal(SOLAR_HOME, *DAY).exporting_frac
    own = kwhen.price_signal(replace(SOLAR_HOME, history=few), *DAY).exporting_frac
    assert own is not None and np.array_equal(own, shapes)


def test_a_home_without_a_zip_has_a_tariff_signal_and_named_gaps() -> None:
    found = kwhen.price_signal(Home(plan="14328/E-ELEC"), *DAY)
    assert np.array_equal(found.price, found.import_usd_per_kwh)
    assert {"carbon", "wholesale"} <= {gap.name for gap in found.missing}


def test_many_homes_are_each_as_alone_and_alike_homes_share() -> None:
    homes = [HOME, SOLAR_HOME, HOME, replace(SOLAR_HOME, zipcode="90001", plan="17609/TOU-D-PRIME")]
    together = kwhen.price_signals(homes, *DAY, nearest=True)
    for home, found in zip(homes, together, strict=True):
        alone = kwhen.price_signal(home, *DAY, nearest=True)
        assert np.array_equal(found.price, alone.price)
    assert together[0] is together[2]
