"""Scenarios: energy that balances, bills that fall, the same on real and on wall-clock time."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kwhen
from kwhen.catalog.places import place
from kwhen.catalog.solar import pv_series
from kwhen.engine.devices import Battery
from kwhen.engine.grid import covering
from kwhen.engine.solar import ModuleType, SolarSystem
from kwhen.engine.words import Customer
from kwhen.operations import scenarios
from kwhen.operations.scenarios import (
    Devices,
    ExtraSolar,
    LoadShift,
    Scenario,
    VehicleCharging,
    with_devices,
)
from tests.catalog.urdb_items import tou_item

ZONE = "America/Los_Angeles"
ZIP = "94107"
MONDAY, SPRING, AUTUMN = date(2025, 6, 2), date(2025, 3, 9), date(2025, 11, 2)
SAME_KWH = 1e-9
TOU, TIERED = "14328/E-ELEC", "14328/E-TOU-C/T-B"

HOME = kwhen.Home(plan=TOU, zipcode=ZIP)
SUNNY = kwhen.Home(
    plan=TOU, zipcode=ZIP, solar=SolarSystem(system_size_kw=4.0, is_non_net_metered=True)
)
VEHICLE = VehicleCharging(kwh_per_day=10.0, opens=time(22), closes=time(6))
SHIFT = LoadShift(from_hours=(16, 17, 18, 19, 20), to_hours=(10, 11, 12), share_frac=0.5)
BATTERY = Battery(capacity_kwh=10.0, charge_kw=5.0, discharge_kw=5.0)
SOLAR = ExtraSolar(solar=SolarSystem(system_size_kw=3.0))
EVERYTHING = Devices(solar=SOLAR, vehicle=VEHICLE, shift=SHIFT, battery=BATTERY)


def used(count: int) -> np.ndarray:
    """A home that uses most in the evening. (N,) [kWh]"""
    hour = np.arange(count) % 96 / 4
    return 0.1 + 0.2 * np.exp(-((hour - 19) ** 2) / 8)


def after(
    devices: Devices,
    first: date = MONDAY,
    days: int = 7,
    calendar: str = "wall",
    home: kwhen.Home = HOME,
    **given_kwh: np.ndarray | None,
) -> Scenario:
    """The scenario of a home over some days; energy given, else the usual."""
    end = first + timedelta(days=days)
    count = covering(first, end, 15, ZONE).count if calendar == "civil" else 96 * days
    imported = given_kwh.get("import_kwh")
    imported = used(count) if imported is None else imported
    exported = given_kwh.get("export_kwh")
    return with_devices(home, imported, exported, first, end, 15, calendar, devices)


def billed_usd(home: kwhen.Home, import_kwh, export_kwh, first: date = MONDAY) -> float:
    made = kwhen.bill(
        kwhen.rate_plan(str(home.plan)), import_kwh, export_kwh,
        start=first, calendar="wall", customer=home.billed_customer(), nearest=True,
    )  # fmt: skip
    return made.total_usd


# --- each device ---------------------------------------------------------------------------


def test_a_vehicle_adds_its_energy_where_it_is_cheapest() -> None:
    found = after(Devices(vehicle=VEHICLE), days=7)
    added = (found.import_kwh - used(7 * 96)).reshape(7, 96)
    assert added.sum() == pytest.approx(7 * 10.0)  # six nights, and the parts of two
    assert added.min() >= -SAME_KWH and added.max() <= 7.2 / 4 + SAME_KWH
    assert not added[:, 24:88].any()
    assert found.name == "a vehicle of 10 kWh a day from 22:00" and not found.notes
    assert found.home is HOME


def test_a_vehicle_that_is_not_full_is_told() -> None:
    slow = VehicleCharging(kwh_per_day=30.0, opens=time(0), closes=time(2), charger_kw=3.0)
    found = after(Devices(vehicle=slow), days=7)
    assert found.import_kwh.sum() - used(7 * 96).sum() == pytest.approx(7 * 6.0)
    assert found.notes == ("the vehicle is not full after 7 of its windows",)


def test_moved_use_is_the_same_energy_each_day() -> None:
    found = after(Devices(shift=SHIFT), days=7)
    before, moved = used(7 * 96).reshape(7, 96), found.import_kwh.reshape(7, 96)
    assert moved.sum(axis=1) == pytest.approx(before.sum(axis=1))
    assert moved[:, 64:84] == pytest.approx(before[:, 64:84] / 2)
    assert (moved[:, 40:52] > before[:, 40:52]).all()
    assert found.name == "50 % of 16-21 h moved to 10-13 h"


@pytest.mark.parametrize(
    ("hours", "words"),
    [((22, 23, 0, 1), "22-2"), ((20, 21, 22, 23), "20-24"), ((7, 8, 17), "7-9 and 17-18")],
)
def test_hours_are_told_as_spans(hours: tuple[int, ...], words: str) -> None:
    shift = LoadShift(from_hours=hours, to_hours=(12,), share_frac=0.1)
    assert after(Devices(shift=shift)).name == f"10 % of {words} h moved to 12-13 h"


def test_solar_is_used_first_and_the_rest_is_exported() -> None:
    found = after(Devices(solar=SOLAR), days=7)
    grid = covering(MONDAY, MONDAY + timedelta(days=7), 15, ZONE)
    made = pv_series(place(ZIP), grid, SOLAR.solar).kwh
    assert made.sum() > 50
    net = found.import_kwh - found.export_kwh
    assert net == pytest.approx(used(7 * 96) - made, abs=SAME_KWH)
    assert (found.import_kwh <= used(7 * 96)).all() and found.export_kwh.sum() > 0
    assert not ((found.import_kwh > 0) & (found.export_kwh > 0)).any()
    assert found.home.solar == SOLAR.solar and found.name == "3 kW of solar"


def test_added_solar_joins_what_a_home_has() -> None:
    home = kwhen.Home(
        plan=TOU, zipcode=ZIP, solar=SolarSystem(system_size_kw=4.0, tilt_deg=30.0),
        customer=Customer(solar_kw=4.0),
    )  # fmt: skip
    kept = after(Devices(solar=SOLAR), home=home).home
    assert kept.solar == SolarSystem(system_size_kw=7.0, tilt_deg=30.0)
    assert kept.customer.solar_kw == 7.0 and kept.is_net_metered
    newer = SolarSystem(
        system_size_kw=1.0, is_non_net_metered=True, interconnection_date=date(2025, 5, 1)
    )
    moved = after(Devices(solar=ExtraSolar(solar=newer)), home=home).home
    assert moved.solar is not None and moved.solar.interconnection_date == date(2025, 5, 1)
    assert not moved.is_net_metered and moved.solar.system_size_kw == 5.0
    assert not after(Devices(solar=SOLAR), home=SUNNY).home.is_net_metered


def test_the_past_of_a_home_gets_the_solar_too() -> None:
    past = kwhen.Usage(
        start=datetime.combine(MONDAY, time(), ZoneInfo(ZONE)), step_minutes=15,
        import_kwh=used(7 * 96), export_kwh=None, gaps=(), notes=(), format="plain",
    )  # fmt: skip
    home = kwhen.Home(plan=TOU, zipcode=ZIP, history=past)
    found = after(Devices(solar=SOLAR), home=home)
    assert found.home.history is not None and found.home.history.export_kwh is not None
    assert found.home.history.import_kwh == pytest.approx(found.import_kwh)
    assert found.home.history.export_kwh == pytest.approx(found.export_kwh)


def test_what_the_yields_do_not_tell_is_noted() -> None:
    thin = SolarSystem(system_size_kw=3.0, module_type=ModuleType.THIN_FILM)
    assert "thinFilm" in " ".join(after(Devices(solar=ExtraSolar(solar=thin))).notes)


def test_a_battery_lowers_the_bill_of_a_sunny_home() -> None:
    solar_kwh = np.tile(np.clip(np.sin((np.arange(96) - 28) / 40 * np.pi), 0, None) * 0.6, 28)
    net = used(28 * 96) - solar_kwh
    imported, exported = np.maximum(net, 0), np.maximum(-net, 0)
    found = after(
        Devices(battery=BATTERY), days=28, home=SUNNY, import_kwh=imported, export_kwh=exported
    )
    saved = billed_usd(SUNNY, imported, exported) - billed_usd(
        SUNNY, found.import_kwh, found.export_kwh
    )
    assert saved > 20
    assert "a best case" in found.notes[0]
    lost = (found.import_kwh - found.export_kwh).sum() - net.sum()
    assert 0 < lost < 0.11 * imported.sum()


@settings(max_examples=15, deadline=None)
@given(
    key=st.sampled_from([TOU, TIERED, "14328/EV2-A"]),
    scale_kwh=st.sampled_from([0.02, 0.3, 2.0]),
    efficiency_frac=st.floats(0.5, 1.0),
    sunny=st.booleans(),
    seed=st.integers(0, 99),
)
def test_a_battery_never_makes_a_bill_higher(
    key: str, scale_kwh: float, efficiency_frac: float, sunny: bool, seed: int
) -> None:
    home = kwhen.Home(plan=key, zipcode=ZIP, solar=SUNNY.solar if sunny else None)
    chance = np.random.default_rng(seed)
    imported = chance.exponential(scale_kwh, 4 * 96)
    exported = chance.exponential(scale_kwh, 4 * 96) * (chance.random(4 * 96) < 0.4) * sunny
    battery = Battery(
        capacity_kwh=10.0, charge_kw=5.0, discharge_kw=5.0, charge_efficiency_frac=efficiency_frac
    )
    found = after(
        Devices(battery=battery), days=4, home=home, import_kwh=imported, export_kwh=exported
    )
    assert billed_usd(home, found.import_kwh, found.export_kwh) <= billed_usd(
        home, imported, exported
    )


def test_a_battery_that_would_cost_more_rests() -> None:
    """A home in the lower tier, on prices of the upper one, in which the average home ends."""
    lower, upper = {"rate": 0.3, "max": 400, "unit": "kWh"}, {"unit": "kWh"}
    structure = [[lower, {**upper, "rate": 0.1}], [lower, {**upper, "rate": 0.9}]]
    utility = {"utility": "Pacific Gas & Electric Co", "eiaid": 14328, "state": "CA"}
    tariff = kwhen.read_urdb(tou_item(structure, **utility, startdate=1735689600))
    home, little = kwhen.Home(plan=tariff, zipcode=ZIP), 0.2 * used(7 * 96)
    found = after(Devices(battery=BATTERY), days=7, home=home, import_kwh=little)
    assert (found.import_kwh == little).all()
    assert found.notes == ("the battery rests: on this plan its use would not lower the bill",)
    assert found.name == "a battery of 10 kWh and 5 kW"


# --- time ----------------------------------------------------------------------------------


def test_wall_and_civil_agree_on_days_without_a_clock_change() -> None:
    wall, civil = after(EVERYTHING, calendar="wall"), after(EVERYTHING, calendar="civil")
    assert (wall.import_kwh == civil.import_kwh).all()
    assert (wall.export_kwh == civil.export_kwh).all()
    assert (wall.name, wall.notes) == (civil.name, civil.notes)


def test_the_hour_that_spring_leaves_out_stays_as_it_is() -> None:
    imported = used(3 * 96)
    imported[96 + 8 : 96 + 12] = (9.0, 8.0, 7.0, 6.0)
    found = after(EVERYTHING, first=SPRING - timedelta(days=1), days=3, import_kwh=imported)
    gap = slice(96 + 8, 96 + 12)
    assert (found.import_kwh[gap] == imported[gap]).all() and not found.export_kwh[gap].any()
    assert (found.import_kwh != imported).sum() > 96


def test_a_spring_night_has_an_hour_less_to_charge() -> None:
    vehicle = VehicleCharging(kwh_per_day=50.0, opens=time(1), closes=time(5), charger_kw=4.0)
    found = after(Devices(vehicle=vehicle), first=SPRING - timedelta(days=1), days=3)
    added = (found.import_kwh - used(3 * 96)).reshape(3, 96).sum(axis=1)
    assert added == pytest.approx([16.0, 12.0, 16.0])


def test_the_repeated_hour_of_autumn_holds_both() -> None:
    vehicle = VehicleCharging(kwh_per_day=50.0, opens=time(1), closes=time(2), charger_kw=4.0)
    first = AUTUMN - timedelta(days=1)
    wall = after(Devices(vehicle=vehicle), first=first, days=3)
    added = (wall.import_kwh - used(3 * 96)).reshape(3, 96)
    assert added.sum(axis=1) == pytest.approx([4.0, 8.0, 4.0])
    assert added[1, 4:8] == pytest.approx(2.0)


@pytest.mark.parametrize("first", [SPRING, AUTUMN])
def test_wall_and_civil_agree_on_the_day_of_a_clock_change(first: date) -> None:
    """The same energy told in both ways gives the same scenario told in both ways."""
    grid = covering(first, first + timedelta(days=1), 15, ZONE)
    slot = (grid.local_s - grid.local_s[0]) // 900
    real = np.tile(used(4), 25)[: grid.count]  # the same in both of autumn's hours
    told = np.bincount(slot, weights=real, minlength=96)
    civil = after(EVERYTHING, first=first, days=1, calendar="civil", import_kwh=real)
    wall = after(EVERYTHING, first=first, days=1, calendar="wall", import_kwh=told)
    for name in ("import_kwh", "export_kwh"):
        both = np.bincount(slot, weights=getattr(civil, name), minlength=96)
        assert getattr(wall, name) == pytest.approx(both, abs=SAME_KWH)


# --- together, and refused -----------------------------------------------------------------


def test_everything_together_balances() -> None:
    found = after(EVERYTHING)
    assert found.name == (
        "3 kW of solar, a vehicle of 10 kWh a day from 22:00, "
        "50 % of 16-21 h moved to 10-13 h, a battery of 10 kWh and 5 kW"
    )
    grid = covering(MONDAY, MONDAY + timedelta(days=7), 15, ZONE)
    made = pv_series(place(ZIP), grid, SOLAR.solar).kwh.sum()
    net = (found.import_kwh - found.export_kwh).sum()
    lost = net - (used(7 * 96).sum() - made + 70.0)
    assert 0 <= lost < 0.11 * 70.0
    assert found.import_kwh.min() >= 0 and found.export_kwh.min() >= 0


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Devices, "no device is given"),
        (lambda: VehicleCharging(kwh_per_day=0.0, opens=time(0), closes=time(6)), "above 0"),
        (
            lambda: VehicleCharging(
                kwh_per_day=9.0, opens=time(0), closes=time(6), charger_kw=float("nan")
            ),
            "charger_kw of a vehicle is nan",
        ),
        (lambda: LoadShift(from_hours=(), to_hours=(1,), share_frac=0.5), "from_hours is"),
        (lambda: LoadShift(from_hours=(24,), to_hours=(1,), share_frac=0.5), "0 to 23"),
        (lambda: LoadShift(from_hours=(1,), to_hours=(1, 2), share_frac=0.5), "in one"),
        (lambda: LoadShift(from_hours=(1,), to_hours=(2,), share_frac=1.5), "between 0 and 1"),
        (lambda: after(EVERYTHING, calendar="sam"), "'civil' or 'wall'"),
        (lambda: after(EVERYTHING, import_kwh=used(95)), "take 672 of 15 minutes"),
        (lambda: after(EVERYTHING, export_kwh=used(95)), "equally long"),
        (lambda: after(EVERYTHING, import_kwh=-used(7 * 96)), "≥ 0"),
        (lambda: after(EVERYTHING, days=-1, import_kwh=used(96)), "not after its start"),
        (lambda: after(EVERYTHING, home=kwhen.Home(plan=TOU)), "give the ZIP"),
    ],
)
def test_what_cannot_be_is_refused(make, words: str) -> None:
    with pytest.raises(kwhen.UsageError, match=words):
        make()


def test_a_battery_is_dispatched_once_for_the_same_home_and_prices() -> None:
    devices = Devices(battery=Battery(capacity_kwh=7.25, charge_kw=3.0, discharge_kw=3.0))
    before = scenarios._dispatched.cache_info().misses
    first, again = after(devices), after(devices)
    assert scenarios._dispatched.cache_info().misses == before + 1
    np.testing.assert_array_equal(first.import_kwh, again.import_kwh)
    other = after(devices, import_kwh=used(7 * 96) * 1.5)
    assert scenarios._dispatched.cache_info().misses == before + 2
    assert not np.array_equal(other.import_kwh, first.import_kwh)
