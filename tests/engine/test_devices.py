"""Devices: dispatch that can be solved by hand, energy that balances, bills that fall."""

import sys
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import kwhen
from kwhen.engine.devices import (
    Battery,
    Outcome,
    charge_ev,
    dispatch_battery,
    month_steps,
    shift_load,
)
from kwhen.engine.grid import Calendar, covering, whole_days
from kwhen.errors import UsageError

ZONE = "America/Los_Angeles"
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)  # 92 and 100 quarter hours
BALANCE_KWH = 1e-9
SOC_KWH = 1e-6  # the solver meets a bound to 1e-7, some hundred times a window
# A plan's marginal price is a slope: rounding of lines to cents moves a month by some cents.
ROUNDING_USD = 0.10


def lossless(**changes) -> Battery:
    """10 kWh, 5 kW, empty, no losses."""
    facts = {
        "capacity_kwh": 10.0, "charge_kw": 5.0, "discharge_kw": 5.0,
        "charge_efficiency_frac": 1.0, "discharge_efficiency_frac": 1.0,
    }  # fmt: skip
    return Battery(**(facts | changes))


def hourly(battery, imported, exported, buy, sell, **more):
    return dispatch_battery(battery, imported, exported, buy, sell, step_minutes=60, **more)


def assert_physical(battery: Battery, found, imported, exported) -> None:
    """Energy balances, limits hold, nothing is charged and discharged at once."""
    net = np.asarray(imported) - np.asarray(exported) + found.charge_kwh - found.discharge_kwh
    assert found.import_kwh - found.export_kwh == pytest.approx(net, abs=BALANCE_KWH)
    assert found.import_kwh.min() >= 0 and found.export_kwh.min() >= 0
    stored = battery.charge_efficiency_frac * found.charge_kwh
    stored = stored - found.discharge_kwh / battery.discharge_efficiency_frac
    start = battery.initial_soc_frac * battery.capacity_kwh
    assert found.soc_kwh == pytest.approx(start + np.cumsum(stored), abs=BALANCE_KWH)
    assert found.soc_kwh.min() >= battery.min_soc_frac * battery.capacity_kwh
    assert found.soc_kwh.max() <= battery.max_soc_frac * battery.capacity_kwh
    assert not ((found.charge_kwh > 0) & (found.discharge_kwh > 0)).any()


def priced(imported, exported, buy, sell) -> float:
    return float((np.asarray(imported) * buy - np.asarray(exported) * sell).sum())


# --- batteries: by hand --------------------------------------------------------------------


def test_cheap_energy_is_carried_to_the_dear_hour() -> None:
    # 4 kWh at 0.50 $ in the last hour are bought at 0.10 $ in the first.
    found = hourly(lossless(), [0, 1, 4], [0, 0, 0], [0.1, 0.3, 0.5], [0, 0, 0])
    assert found.charge_kwh == pytest.approx([5, 0, 0])
    assert found.discharge_kwh == pytest.approx([0, 1, 4])
    assert found.import_kwh == pytest.approx([5, 0, 0])
    assert found.saved_usd == pytest.approx(1 * 0.2 + 4 * 0.4)
    assert found.cycles_count == pytest.approx(0.5)


def test_losses_are_bought_too() -> None:
    battery = lossless(charge_efficiency_frac=0.8, discharge_efficiency_frac=0.5)
    found = hourly(battery, [0, 1], [0, 0], [0.1, 1.0], [0, 0])
    assert found.charge_kwh == pytest.approx([2.5, 0])  # 1 ÷ (0.8 · 0.5)
    assert found.soc_kwh == pytest.approx([2.0, 0.0], abs=SOC_KWH)
    assert found.saved_usd == pytest.approx(1.0 - 0.25)
    assert (found.charged_kwh, found.discharged_kwh) == pytest.approx((2.5, 1.0))


def test_what_the_losses_eat_is_not_worth_it() -> None:
    battery = lossless(charge_efficiency_frac=0.5)
    found = hourly(battery, [0, 1], [0, 0], [0.6, 1.0], [0, 0])
    assert found.windows[0].outcome is Outcome.NO_GAIN
    assert found.import_kwh.tolist() == [0, 1]


def test_surplus_is_kept_for_the_evening() -> None:
    battery = lossless(may_charge_from_grid=False)
    found = hourly(battery, [0, 0, 4], [3, 0, 0], [0.4, 0.1, 0.4], [0.05, 0.05, 0.05])
    assert found.charge_kwh == pytest.approx([3, 0, 0])
    assert found.import_kwh == pytest.approx([0, 0, 1])
    assert found.export_kwh == pytest.approx([0, 0, 0])
    assert found.saved_usd == pytest.approx(3 * 0.4 - 3 * 0.05)


def test_power_and_limits_of_the_state_of_charge_bind() -> None:
    battery = lossless(charge_kw=2.0, min_soc_frac=0.2, max_soc_frac=0.5, initial_soc_frac=0.2)
    found = hourly(battery, [0, 0, 8], [0, 0, 0], [0.1, 0.2, 0.9], [0, 0, 0])
    assert found.charge_kwh == pytest.approx([2, 1, 0])  # 2 kW, then up to 5 kWh
    assert found.discharge_kwh == pytest.approx([0, 0, 3])


def test_energy_is_sold_only_where_allowed() -> None:
    prices = ([0.1, 0.1], [0.0, 0.08])
    home = ([0, 1], [0, 0])
    assert hourly(lossless(), *home, [0.05, 0.1], [0.0, 0.08]).export_kwh[1] == pytest.approx(4)
    kept = hourly(lossless(may_export=False), *home, [0.05, 0.1], prices[1])
    assert kept.export_kwh == pytest.approx([0, 0])
    assert kept.import_kwh == pytest.approx([1, 0])


def test_the_grid_is_not_drained_into_itself_where_export_pays_more() -> None:
    # Buying at 0.30 $ to sell at 1.20 $ in the same hour is what no battery can do.
    buy, sell = [0.3, 0.3, 0.3], [0.0, 1.2, 1.2]
    found = hourly(lossless(), [0, 1, 1], [0, 0, 0], buy, sell)
    assert_physical(lossless(), found, [0, 1, 1], [0, 0, 0])
    assert found.charge_kwh == pytest.approx([5, 0, 0])
    assert found.discharge_kwh.sum() == pytest.approx(5)
    # All at once: 1 kWh of load and 4 kWh sold beat 2 kWh of load and 3 kWh sold.
    assert found.saved_usd == pytest.approx(4 * 1.2 + 0.3 - 5 * 0.3)


def test_load_is_served_before_the_grid_at_any_price() -> None:
    battery = lossless(initial_soc_frac=0.0)
    found = hourly(battery, [0, 5, 0], [0, 0, 0], [0.1, 0.3, 0.1], [0.0, 0.9, 0.0])
    assert found.import_kwh == pytest.approx([5, 0, 0])
    assert found.export_kwh == pytest.approx([0, 0, 0])


def test_a_step_that_imports_and_exports_is_used_in_one_direction() -> None:
    # The programme alone would turn the surplus of the first hour into its own load.
    imported, exported = [2, 2], [2, 0]
    found = hourly(lossless(), imported, exported, [0.4, 0.5], [0.1, 0.1])
    assert_physical(lossless(), found, imported, exported)
    assert found.saved_usd == pytest.approx(2 * 0.5 - 2 * 0.1)


def test_energy_is_not_burnt_at_negative_prices() -> None:
    battery = lossless(charge_efficiency_frac=0.9, discharge_efficiency_frac=0.9)
    home = ([1, 1, 1], [0, 0, 0])
    found = hourly(battery, *home, [-0.1, -0.2, 0.3], [-0.1, -0.2, 0.0])
    assert_physical(battery, found, *home)
    assert found.saved_usd > 0


# --- batteries: windows --------------------------------------------------------------------


def test_the_state_of_charge_is_carried_from_window_to_window() -> None:
    battery = lossless(initial_soc_frac=0.3)
    buy = np.array([0.5, 0.1, 0.5, 0.1])
    found = hourly(battery, [3, 0, 3, 0], [0] * 4, buy, [0] * 4, window_steps=[0, 2, 4])
    assert found.soc_kwh == pytest.approx([0, 3, 0, 3], abs=SOC_KWH)
    assert [w.saved_usd for w in found.windows] == pytest.approx([1.2, 1.2])
    assert (found.windows[1].first_step, found.windows[1].end_step) == (2, 4)


def test_no_window_ends_below_the_initial_state_of_charge() -> None:
    battery = lossless(initial_soc_frac=1.0)
    found = hourly(battery, [3, 3], [0, 0], [0.5, 0.1], [0, 0], window_steps=[0, 1, 2])
    assert found.soc_kwh == pytest.approx([10, 10])
    assert [w.outcome for w in found.windows] == [Outcome.NO_GAIN] * 2


def test_months_of_a_grid_begin_where_the_calendar_says() -> None:
    grid = covering(date(2025, 3, 1), date(2025, 5, 3), 15, ZONE)
    march = 31 * 96 - 4
    assert month_steps(grid).tolist() == [0, march, march + 30 * 96, march + 30 * 96 + 2 * 96]


@pytest.mark.parametrize(
    "changes", [{"capacity_kwh": 0.0}, {"charge_kw": 0.0, "discharge_kw": 0.0}]
)
def test_a_battery_of_nothing_changes_nothing(changes: dict[str, float]) -> None:
    imported, exported = [1.0, 0.0, 2.5], [0.0, 0.5, 0.0]
    found = hourly(lossless(**changes), imported, exported, [0.1, 0.2, 0.9], [0.0, 0.0, 0.0])
    assert found.import_kwh.tolist() == imported
    assert found.export_kwh.tolist() == exported
    assert (found.saved_usd, found.cycles_count) == (0.0, 0.0)
    assert found.is_solved


def test_a_window_without_an_answer_rests_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kwhen.engine.devices.battery.solve", lambda problem: None)
    found = hourly(lossless(), [0, 4], [0, 0], [0.1, 0.5], [0, 0])
    assert found.windows[0].outcome is Outcome.UNSOLVED
    assert not found.is_solved
    assert found.import_kwh.tolist() == [0, 4]


def test_a_bad_answer_of_the_solver_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = (np.array([0.0, 4.0]), np.array([0.0, 0.0]))
    monkeypatch.setattr("kwhen.engine.devices.battery.solve", lambda problem: bad)
    found = hourly(lossless(), [4, 0], [0, 0], [0.1, 0.5], [0, 0])
    assert found.windows[0].outcome is Outcome.NO_GAIN
    assert found.import_kwh.tolist() == [4, 0]


def test_without_the_solver_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(UsageError, match=r"pip install 'kwhen\[devices\]'"):
        hourly(lossless(), [0, 4], [0, 0], [0.1, 0.5], [0, 0])


SMALL = arrays(np.float64, 12, elements=st.floats(0, 3))
PRICES = arrays(np.float64, 12, elements=st.floats(-0.2, 1.5))


@settings(max_examples=60)
@given(
    imported=SMALL,
    exported=SMALL,
    buy=PRICES,
    sell=PRICES,
    into=st.floats(0.7, 1.0),
    out_of=st.floats(0.7, 1.0),
    rights=st.tuples(st.booleans(), st.booleans()),
)
def test_never_worse_than_no_battery(imported, exported, buy, sell, into, out_of, rights) -> None:
    battery = Battery(
        capacity_kwh=4.0, charge_kw=2.0, discharge_kw=1.5, initial_soc_frac=0.5, min_soc_frac=0.1,
        charge_efficiency_frac=into, discharge_efficiency_frac=out_of,
        may_export=rights[0], may_charge_from_grid=rights[1],
    )  # fmt: skip
    found = hourly(battery, imported, exported, buy, sell, window_steps=[0, 5, 12])
    assert_physical(battery, found, imported, exported)
    before = priced(imported, exported, buy, sell)
    after = priced(found.import_kwh, found.export_kwh, buy, sell)
    assert found.saved_usd == pytest.approx(before - after, abs=1e-9)
    assert min(window.saved_usd for window in found.windows) >= 0
    assert found.soc_kwh[[4, 11]].min() >= 2.0 - SOC_KWH
    if not battery.may_export:
        assert (found.export_kwh <= exported).all()
    if not battery.may_charge_from_grid:
        assert (found.import_kwh <= imported).all()


# --- batteries: a year under a plan ----------------------------------------------------------


def year_of_a_home(grid) -> tuple[np.ndarray, np.ndarray]:
    """Import and export (N,) of a home with an evening peak and 5 kW of solar."""
    rng = np.random.default_rng(3)
    hour = grid.quarter / 4
    load = 0.1 + 0.1 * rng.random(grid.count) + 0.25 * ((hour >= 17) & (hour < 22))
    solar = 1.0 * np.clip(np.sin((hour - 6) / 12 * np.pi), 0, None) * rng.random(grid.count)
    net = load - solar
    both = 0.02 * (rng.random(grid.count) < 0.05)  # steps with import and export
    return np.clip(net, 0, None) + both, np.clip(-net, 0, None) + both


POWERWALL = Battery(
    capacity_kwh=13.5, charge_kw=5.0, discharge_kw=5.0, initial_soc_frac=0.2, min_soc_frac=0.1
)


@pytest.mark.parametrize("key", ["14328/E-ELEC", "14328/E-TOU-C"])
def test_a_year_of_quarter_hours_lowers_the_bill_of_every_month(key: str) -> None:
    plan = kwhen.rate_plan(key)
    customer = kwhen.Customer(
        export_rule="NBT", territory="T", heating="B", interconnection_date=date(2025, 5, 1)
    )
    start, end = date(2025, 7, 1), date(2026, 7, 1)
    grid = covering(start, end, 15, ZONE)
    imported, exported = year_of_a_home(grid)
    prices = kwhen.prices(plan, start, end, customer=customer, expected_kwh=imported, nearest=True)
    found = dispatch_battery(
        POWERWALL, imported, exported, prices.import_usd_per_kwh, prices.export_usd_per_kwh,
        window_steps=month_steps(grid),
    )  # fmt: skip
    assert_physical(POWERWALL, found, imported, exported)
    assert found.is_solved and found.saved_usd > 300
    told = {"start": start, "customer": customer, "nearest": True}
    before = kwhen.bill(plan, imported, exported, **told)
    after = kwhen.bill(plan, found.import_kwh, found.export_kwh, **told)
    assert before.total_usd - after.total_usd > 0.9 * found.saved_usd
    months = zip(before.by_month, after.by_month, strict=True)
    assert all(with_it <= without + ROUNDING_USD for without, with_it in months)


# --- shifted use -------------------------------------------------------------------------------


def test_half_of_the_evening_is_moved_to_noon() -> None:
    grid = whole_days(date(2025, 6, 2), 24, 60, ZONE, Calendar.CIVIL)
    imported = np.ones(24)
    imported[18] = 3.0
    found = shift_load(
        imported, np.zeros(24), from_hours=[17, 18], to_hours=[11, 12], share_frac=0.5, grid=grid
    )
    assert found.import_kwh[[17, 18]] == pytest.approx([0.5, 1.5])
    assert found.import_kwh[[11, 12]] == pytest.approx([2.0, 2.0])
    assert found.import_kwh.sum() == pytest.approx(imported.sum(), abs=BALANCE_KWH)
    assert found.moved_kwh == pytest.approx([2.0])


def test_moved_use_takes_surplus_first() -> None:
    grid = whole_days(date(2025, 6, 2), 24, 60, ZONE, Calendar.CIVIL)
    imported, exported = np.zeros(24), np.zeros(24)
    imported[18], exported[12] = 2.0, 1.5
    found = shift_load(
        imported, exported, from_hours=[18], to_hours=[12], kwh_per_day=2.0, grid=grid
    )
    assert (found.export_kwh[12], found.import_kwh[12]) == pytest.approx((0.0, 0.5))
    assert found.import_kwh[18] == 0.0


def test_no_more_is_moved_than_there_is_or_than_fits() -> None:
    grid = whole_days(date(2025, 6, 2), 72, 60, ZONE, Calendar.CIVIL)
    imported = np.zeros(72)
    imported[18], imported[42] = 5.0, 1.0  # 18:00 of the first and second day; none on the third
    found = shift_load(
        imported, np.zeros(72), from_hours=[18], to_hours=[12, 13], kwh_per_day=4.0, grid=grid,
        added_max_kw=1.5,
    )  # fmt: skip
    assert found.moved_kwh == pytest.approx([3.0, 1.0, 0.0])
    assert found.import_kwh[[18, 42, 66]] == pytest.approx([2.0, 0.0, 0.0])
    assert found.added_kwh.max() == pytest.approx(1.5)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("calendar", [Calendar.CIVIL, Calendar.WALL])
def test_a_day_of_a_clock_change_keeps_its_energy(day: date, calendar: Calendar) -> None:
    count = {Calendar.WALL: 96, Calendar.CIVIL: 92 if day == SPRING else 100}[calendar]
    grid = whole_days(day, count, 15, ZONE, calendar)
    imported = np.full(count, 0.25)
    found = shift_load(
        imported, np.zeros(count), from_hours=range(16, 21), to_hours=range(1, 4),
        share_frac=1.0, grid=grid,
    )  # fmt: skip
    assert found.moved_kwh == pytest.approx([5.0])
    assert found.import_kwh.sum() == pytest.approx(imported.sum(), abs=BALANCE_KWH)
    # 1:00 to 4:00 are two real hours in spring and four in autumn; wall-clock values say three.
    hours = {SPRING: 2, AUTUMN: 4}[day] if calendar is Calendar.CIVIL else 3
    inside = (grid.quarter >= 4) & (grid.quarter < 16)
    assert inside.sum() == 4 * hours
    assert found.added_kwh[inside].sum() == pytest.approx(5.0)
    if calendar is Calendar.WALL and day == AUTUMN:  # 1:00 holds two hours and takes as much
        assert found.added_kwh[4] == pytest.approx(2 * found.added_kwh[8])


def test_a_day_cut_by_the_window_moves_nothing_without_its_other_hours() -> None:
    noon = datetime(2025, 6, 2, 14, tzinfo=ZoneInfo(ZONE))
    grid = covering(noon, datetime(2025, 6, 3, 0, tzinfo=ZoneInfo(ZONE)), 60, ZONE)
    imported = np.ones(10)
    found = shift_load(
        imported, np.zeros(10), from_hours=[18], to_hours=[12], share_frac=1.0, grid=grid
    )
    assert found.moved_kwh.tolist() == [0.0]
    assert found.import_kwh.tolist() == imported.tolist()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"to_hours": [18]}, "in from_hours and to_hours"),
        ({"to_hours": []}, "to_hours is"),
        ({"from_hours": [24]}, "from 0 to 23"),
        ({"share_frac": 1.5}, "share_frac is 1.5"),
        ({"share_frac": None}, "give either"),
        ({"kwh_per_day": 1.0}, "give either"),
        ({"share_frac": None, "kwh_per_day": -1.0}, "kwh_per_day is"),
        ({"added_max_kw": -1.0}, "added_max_kw is"),
    ],
)
def test_a_shift_that_makes_no_sense_is_refused(changes, told) -> None:
    grid = whole_days(date(2025, 6, 2), 24, 60, ZONE, Calendar.CIVIL)
    asked = {"from_hours": [18], "to_hours": [12], "share_frac": 0.5, "grid": grid} | changes
    with pytest.raises(UsageError, match=told):
        shift_load(np.ones(24), np.zeros(24), **asked)


# --- charging ----------------------------------------------------------------------------------

NIGHT = (time(22), time(6))


def nights(days_count: int, **more):
    grid = whole_days(date(2025, 6, 2), 24 * days_count, 60, ZONE, Calendar.CIVIL)
    zero = np.zeros(grid.count)
    told = {"kwh_per_day": 8.0, "charger_kw": 4.0, "window": NIGHT, "grid": grid} | more
    return charge_ev(zero, told.pop("exported", zero), **told)


def test_a_night_is_charged_from_its_start() -> None:
    found = nights(2)
    whole = found.charge_kwh[22:30]
    assert whole.tolist() == [4, 4, 0, 0, 0, 0, 0, 0]
    # The ends of the array hold 6 and 2 of a night's 8 hours: three and one quarters of 8 kWh.
    assert found.charge_kwh[:6].tolist() == [4, 2, 0, 0, 0, 0]
    assert found.charge_kwh[46:].tolist() == [2, 0]
    assert found.charged_kwh == pytest.approx(16.0)
    assert found.import_kwh.tolist() == found.charge_kwh.tolist()
    assert not found.shortfalls


def test_the_cheapest_hours_come_first_and_the_earlier_of_equal_ones() -> None:
    price = np.full(48, 0.4)
    price[25:30] = [0.1, 0.2, 0.2, 0.1, 0.2]
    found = nights(2, kwh_per_day=10.0, import_usd_per_kwh=price)
    assert found.charge_kwh[22:30].tolist() == [0, 0, 0, 4, 2, 0, 4, 0]


def test_surplus_is_charged_first_when_asked() -> None:
    exported = np.zeros(24)
    exported[[11, 13]] = [3.0, 6.0]
    window = {"window": (time(9), time(16)), "exported": exported}
    found = nights(1, is_surplus_first=True, **window)
    assert found.charge_kwh[9:16].tolist() == [1, 0, 3, 0, 4, 0, 0]
    assert found.export_kwh[[11, 13]].tolist() == [0, 2]
    assert found.from_surplus_kwh == pytest.approx(7.0)
    plain = nights(1, **window)
    assert plain.charge_kwh[9:16].tolist() == [4, 4, 0, 0, 0, 0, 0]


def test_a_night_that_cannot_hold_the_energy_tells_what_is_short() -> None:
    found = nights(2, kwh_per_day=40.0)
    assert found.charge_kwh[22:30].tolist() == [4] * 8
    told = {shortfall.day: shortfall.short_kwh for shortfall in found.shortfalls}
    assert told == pytest.approx(
        {date(2025, 6, 1): 6.0, date(2025, 6, 2): 8.0, date(2025, 6, 3): 2.0}
    )


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 7), (AUTUMN, 9)])
def test_a_night_of_a_clock_change_has_its_real_hours(day: date, hours: int) -> None:
    first = date.fromordinal(day.toordinal() - 1)
    grid = covering(first, date.fromordinal(day.toordinal() + 1), 15, ZONE)
    zero = np.zeros(grid.count)
    found = charge_ev(zero, zero, kwh_per_day=40.0, charger_kw=4.0, window=NIGHT, grid=grid)
    night = found.charge_kwh[22 * 4 : 22 * 4 + hours * 4]
    assert night.sum() == pytest.approx(4.0 * hours)
    assert {s.day: s.short_kwh for s in found.shortfalls}[first] == pytest.approx(40 - 4 * hours)


def test_a_window_that_closes_as_it_opens_is_the_whole_day() -> None:
    found = nights(1, window=(time(0), time(0)), kwh_per_day=96.0)
    assert found.charge_kwh.tolist() == [4.0] * 24


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kwh_per_day": -1.0}, "kwh_per_day is"),
        ({"charger_kw": float("inf")}, "charger_kw is"),
        ({"window": (time(1, 10), time(1, 20))}, "no step starts between"),
        ({"import_usd_per_kwh": [0.1]}, "import_usd_per_kwh has the shape"),
    ],
)
def test_charging_that_makes_no_sense_is_refused(changes, told) -> None:
    with pytest.raises(UsageError, match=told):
        nights(1, **changes)


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"capacity_kwh": -1.0}, "capacity_kwh of a battery"),
        ({"charge_kw": float("nan")}, "charge_kw of a battery"),
        ({"charge_efficiency_frac": 0.0}, "charge_efficiency_frac is 0"),
        ({"discharge_efficiency_frac": 1.1}, "discharge_efficiency_frac is 1.1"),
        ({"min_soc_frac": 0.5}, "must rise in this order"),
        ({"max_soc_frac": 1.5}, "must rise in this order"),
    ],
)
def test_a_battery_that_cannot_be_is_refused(facts, told) -> None:
    with pytest.raises(UsageError, match=told):
        lossless(**facts)


@pytest.mark.parametrize(
    ("imported", "exported", "more", "told"),
    [
        ([-1.0, 0.0], [0.0, 0.0], {}, "import_kwh"),
        ([1.0, np.nan], [0.0, 0.0], {}, "import_kwh"),
        ([1.0, 0.0], [[0.0, 0.0]], {}, "export_kwh"),
        ([1.0, 0.0], [0.0], {}, "equally long"),
        ([1.0, 0.0], [0.0, 0.0], {"window_steps": [0, 1]}, "rise from 0 to 2"),
        ([1.0, 0.0], [0.0, 0.0], {"window_steps": [0, 2, 2]}, "rise from 0 to 2"),
        ([1.0, 0.0], [0.0, 0.0], {"window_steps": [0.0, 2.0]}, "whole numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(imported, exported, more, told) -> None:
    with pytest.raises(UsageError, match=told):
        hourly(lossless(), imported, exported, [0.1, 0.2], [0.0, 0.0], **more)


def test_a_grid_of_another_length_is_refused() -> None:
    grid = whole_days(date(2025, 6, 2), 24, 60, ZONE, Calendar.CIVIL)
    with pytest.raises(UsageError, match="the grid has 24 steps"):
        shift_load([1.0], [0.0], from_hours=[18], to_hours=[12], share_frac=0.5, grid=grid)
    with pytest.raises(UsageError, match="import_usd_per_kwh has the shape"):
        dispatch_battery(lossless(), [1.0], [0.0], [np.nan], [0.0])
