"""Grid services: published examples, the same events for every window, shifting earns."""

from datetime import date, timedelta

import numpy as np
import pytest

from kwhen.engine.counterfactual import History, counterfactual_kwh, like_days_kwh
from kwhen.engine.events import EventWeights, event_weights, month_grid
from kwhen.engine.grid import Calendar, Grid, covering, whole_days
from kwhen.engine.programmes import (
    DailyPay,
    EnergyPay,
    GridProgramme,
    MarketPay,
    SeasonPay,
)
from kwhen.engine.revenue import Revenue, grid_services_usd
from kwhen.errors import TariffError, UsageError

ZONE = "America/Los_Angeles"
JULY = (date(2025, 7, 1), date(2025, 8, 1))
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)


def programme(**changes) -> GridProgramme:
    """2 $/kWh from May to October, 16 to 21 h, every day."""
    facts = {
        "id": "elrp", "name": "ELRP", "states": ("CA",), "utility_ids": (14328,),
        "season_from": (5, 1), "season_to": (10, 31), "hours": (16, 17, 18, 19, 20),
        "weekdays_only": False, "pay": EnergyPay(usd_per_kwh=2.0), "sources": ("cpuc-elrp",),
        "found": date(2026, 11, 21),
    }  # fmt: skip
    return GridProgramme(**(facts | changes))


def rising(grid: Grid) -> np.ndarray:
    """A price of each hour of the window's months, no two of one month alike."""
    return 0.01 + 1e-6 * np.arange(month_grid(grid).count)


def paid(rules: GridProgramme, grid: Grid, weights: EventWeights, reduced_kwh, **more) -> Revenue:
    """Revenue of a home that draws so much less than a baseline of 100 kWh a step."""
    baseline = np.full(grid.count, 100.0)
    return grid_services_usd(
        rules, weights, grid, baseline_kwh=baseline, net_kwh=baseline - reduced_kwh, **more
    )


def only(grid: Grid, steps) -> EventWeights:
    weight = np.zeros(grid.count)
    weight[steps] = 1.0
    return EventWeights(event_frac=weight, is_ranked=True, missing=())


# --- published examples ------------------------------------------------------------------------


def test_twelve_kwh_in_an_event_of_elrp_earn_24_dollars() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 15, ZONE)
    event = (grid.quarter >= 64) & (grid.quarter < 84)  # 16 to 21 h: 20 quarter hours
    found = paid(programme(), grid, only(grid, event), np.where(event, 12 / 20, 0.0))
    assert found.usd == pytest.approx(24.0)
    assert found.reduced_kwh == pytest.approx(12.0)


def test_five_kw_of_connectedsolutions_earn_1125_dollars_a_summer() -> None:
    rules = programme(
        season_from=(6, 1), season_to=(9, 30), hours=(14, 15, 16, 17, 18),
        pay=SeasonPay(usd_per_kw_season=225.0), season_event_hours=180.0,
    )  # fmt: skip
    summer = covering(date(2025, 6, 1), date(2025, 10, 1), 15, ZONE)
    found = paid(rules, summer, event_weights(rules, summer, rising(summer)), 5 / 4)
    assert found.capacity_usd == pytest.approx(1125.0)
    assert found.mean_reduced_kw == pytest.approx(5.0)
    year = covering(date(2025, 1, 1), date(2026, 1, 1), 60, ZONE)
    whole = paid(rules, year, event_weights(rules, year, rising(year)), 5.0)
    assert whole.usd == pytest.approx(1125.0)
    june = covering(date(2025, 6, 1), date(2025, 7, 1), 60, ZONE)
    part = paid(rules, june, event_weights(rules, june, rising(june)), 5.0)
    assert part.usd == pytest.approx(1125.0 * 30 / 122)


def test_a_winter_over_the_new_year_is_one_season() -> None:
    rules = programme(season_from=(12, 1), season_to=(3, 31), pay=SeasonPay(usd_per_kw_season=50.0))
    winter = covering(date(2025, 12, 1), date(2026, 4, 1), 60, ZONE)
    found = paid(rules, winter, event_weights(rules, winter, None), 5.0)
    assert found.usd == pytest.approx(250.0)
    assert rules.season_days(date(2024, 1, 15)) == 31 + 31 + 29 + 31
    assert rules.season_days(date(2023, 12, 15)) == 31 + 31 + 29 + 31
    assert rules.season_months() == 4


def test_capacity_by_the_day_is_paid_for_megawatts() -> None:
    rules = programme(
        season_from=(1, 1), season_to=(12, 31), pay=DailyPay(usd_per_mw_day=329.17), share_frac=0.5
    )
    grid = covering(*JULY, 60, ZONE)
    found = paid(rules, grid, event_weights(rules, grid, rising(grid)), 5.0)
    assert found.usd == pytest.approx(5 / 1000 * 329.17 * 31 * 0.5)
    assert rules.season_months() == 12


# --- events ------------------------------------------------------------------------------------


def test_the_twenty_dearest_hours_of_a_month_are_its_events() -> None:
    grid = covering(*JULY, 15, ZONE)
    months = month_grid(grid)
    price = np.zeros(months.count)
    dear = np.flatnonzero(months.quarter // 4 == 17)[:20]
    price[dear] = 1.0
    price[np.flatnonzero(months.quarter // 4 == 12)] = 9.0  # dearer, but not an hour of it
    found = event_weights(programme(), grid, price)
    assert found.is_ranked and not found.missing
    assert found.event_frac.sum() / 4 == pytest.approx(20.0)
    assert set(np.flatnonzero(found.event_frac) // 4) == set(dear)


def test_equally_dear_hours_share_what_remains() -> None:
    grid = covering(*JULY, 60, ZONE)
    price = np.where(month_grid(grid).quarter // 4 == 18, 0.2, 0.1)  # 31 hours at 18 h
    price[16] = 0.3  # one hour of the first day is dearer
    weight = event_weights(programme(), grid, price).event_frac
    assert weight[16] == 1.0
    assert weight[18::24] == pytest.approx(np.full(31, 19 / 31))
    assert weight.sum() == pytest.approx(20.0)


@pytest.mark.parametrize("price", [None, "hole"])
def test_unknown_prices_make_all_hours_count_alike_and_say_so(price) -> None:
    grid = covering(*JULY, 60, ZONE)
    given = None if price is None else np.full(month_grid(grid).count, np.nan)
    found = event_weights(programme(), grid, given)
    called = (grid.quarter // 4 >= 16) & (grid.quarter // 4 < 21)
    assert found.event_frac[called] == pytest.approx(np.full(31 * 5, 20 / 155))
    assert not found.event_frac[~called].any()
    assert not found.is_ranked
    assert found.missing[0].name == "elrp: event hours"


def test_a_season_s_limit_is_shared_over_its_months() -> None:
    grid = covering(*JULY, 60, ZONE)
    rules = programme(season_event_hours=60.0)
    assert event_weights(rules, grid, rising(grid)).event_frac.sum() == pytest.approx(10.0)


def test_a_month_with_fewer_hours_than_the_limit_counts_them_all() -> None:
    grid = covering(date(2025, 5, 1), date(2025, 6, 1), 60, ZONE)
    rules = programme(season_from=(5, 30), hours=(16,))
    assert event_weights(rules, grid, rising(grid)).event_frac.sum() == pytest.approx(2.0)


def test_events_lie_on_weekdays_in_season_and_in_force() -> None:
    grid = covering(date(2025, 4, 1), date(2025, 12, 1), 60, ZONE)
    rules = programme(weekdays_only=True, until=date(2025, 9, 10), effective=date(2025, 6, 1))
    days = np.unique(grid.day_index[event_weights(rules, grid, None).event_frac > 0])
    assert (grid.weekday[days] < 5).all()
    assert grid.date_of(days[0]) == date(2025, 6, 2)
    assert grid.date_of(days[-1]) == date(2025, 9, 9)


@pytest.mark.parametrize("calendar", [Calendar.CIVIL, Calendar.WALL])
def test_two_calls_of_one_window_and_its_halves_have_the_same_events(calendar) -> None:
    months = covering(*JULY, 60, ZONE)
    price = np.random.default_rng(5).random(months.count)
    whole = whole_days(JULY[0], 31 * 96, 15, ZONE, calendar)
    all_of_it = event_weights(programme(), whole, price).event_frac
    parts = []
    for first, days in ((0, 12), (12, 19)):
        part = whole_days(JULY[0] + timedelta(days=first), days * 96, 15, ZONE, calendar)
        parts.append(event_weights(programme(), part, price).event_frac)
    assert np.concatenate(parts).tolist() == all_of_it.tolist()
    reduced = np.random.default_rng(6).random(whole.count)
    total = paid(
        programme(), whole, EventWeights(event_frac=all_of_it, is_ranked=True, missing=()), reduced
    )
    split = 0.0
    for first, weight in zip((0, 12), parts, strict=True):
        grid = whole_days(JULY[0] + timedelta(days=first), len(weight), 15, ZONE, calendar)
        mine = reduced[first * 96 : first * 96 + len(weight)]
        told = EventWeights(event_frac=weight, is_ranked=True, missing=())
        split += paid(programme(), grid, told, mine).usd
    assert split == pytest.approx(total.usd)


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_days_of_a_clock_change_have_their_real_hours(day: date, hours: int) -> None:
    rules = programme(season_from=(1, 1), season_to=(12, 31), hours=tuple(range(24)))
    grid = covering(day, day + timedelta(days=1), 15, ZONE)
    months = month_grid(grid)
    price = np.where(months.day[months.day_index] == day.day, 1.0, 0.0)
    found = event_weights(
        programme(**{**_facts(rules), "event_hours_per_month": 25.0}), grid, price
    )
    assert found.event_frac.sum() / 4 == pytest.approx(float(hours))
    assert paid(rules, grid, found, 0.25).energy_usd == pytest.approx(hours * 1.0 * 2.0)
    wall = whole_days(day, 96, 15, ZONE, Calendar.WALL)
    cut = event_weights(programme(**{**_facts(rules), "event_hours_per_month": 25.0}), wall, price)
    assert cut.event_frac.sum() / 4 == pytest.approx(24.0 if day == AUTUMN else 23.0)


def _facts(rules: GridProgramme) -> dict:
    return {"season_from": rules.season_from, "season_to": rules.season_to, "hours": rules.hours}


# --- what is paid ------------------------------------------------------------------------------


def test_only_event_hours_below_the_baseline_are_paid() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 60, ZONE)
    weights = only(grid, [17, 18])
    reduced = np.zeros(24)
    reduced[[3, 17, 18]] = [50.0, 4.0, -9.0]  # more than usual at 18 h costs nothing
    assert paid(programme(), grid, weights, reduced).usd == pytest.approx(8.0)


def test_an_hour_is_paid_by_its_sum_not_by_its_quarters() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 15, ZONE)
    reduced = np.zeros(96)
    reduced[68:72] = [2.0, -1.0, 2.0, -1.0]
    weights = only(grid, range(68, 72))
    assert paid(programme(), grid, weights, reduced).usd == pytest.approx(2 * 2.0)


def test_the_market_s_price_is_paid_above_the_strike() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 60, ZONE)
    rules = programme(pay=MarketPay(), share_frac=0.7)
    lmp, strike = np.full(24, 0.30), np.full(24, 0.10)
    lmp[18], lmp[19] = 0.05, np.nan
    weights = only(grid, [17, 18, 19])
    found = paid(rules, grid, weights, np.ones(24), lmp_usd_per_kwh=lmp, strike_usd_per_kwh=strike)
    assert found.usd == pytest.approx(0.7 * 0.20)
    assert found.missing[0].name == "elrp: market price"
    assert paid(rules, grid, weights, np.ones(24)).usd == 0.0


def test_a_window_without_events_earns_nothing() -> None:
    grid = covering(date(2025, 1, 8), date(2025, 1, 9), 60, ZONE)
    for pay in (EnergyPay(usd_per_kwh=2.0), SeasonPay(usd_per_kw_season=225.0)):
        rules = programme(pay=pay)
        assert paid(rules, grid, event_weights(rules, grid, None), 5.0).usd == 0.0


# --- baselines ---------------------------------------------------------------------------------


def month_of_a_home(grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """A usual load and solar (N,) with an evening peak."""
    hour = grid.quarter // 4
    load = np.where((hour >= 16) & (hour < 21), 2.0, 0.5) * grid.step_hours
    return load, np.where((hour >= 10) & (hour < 15), 1.0, 0.0) * grid.step_hours


def earned(grid: Grid, net: np.ndarray, history: History | None = None) -> float:
    load, pv = month_of_a_home(grid)
    base = counterfactual_kwh(grid, net, load, pv, history).baseline_kwh
    weights = event_weights(programme(), grid, None)
    return grid_services_usd(programme(), weights, grid, baseline_kwh=base, net_kwh=net).usd


def test_shifting_earns_and_being_small_does_not() -> None:
    grid = covering(*JULY, 60, ZONE)
    load, pv = month_of_a_home(grid)
    assert earned(grid, load - pv) == pytest.approx(0.0, abs=1e-9)
    assert earned(grid, 0.3 * load - pv) == pytest.approx(0.0, abs=1e-9)
    shifted = load - pv
    shifted[18::24] -= 1.0
    shifted[12::24] += 1.0
    # 20 hours of 155 by weight: 31 of them hold one kWh less.
    assert earned(grid, shifted) == pytest.approx(31 * 20 / 155 * 2.0)


def test_using_less_outside_events_earns_nothing() -> None:
    grid = covering(*JULY, 60, ZONE)
    load, pv = month_of_a_home(grid)
    less = load - pv
    less[3::24] -= 0.4
    assert earned(grid, less) == pytest.approx(0.0, abs=1e-9)


def test_a_day_that_uses_nothing_has_no_baseline_load() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 60, ZONE)
    load, pv = month_of_a_home(grid)
    found = counterfactual_kwh(grid, np.full(24, -1.0), load, pv)
    assert found.baseline_kwh.tolist() == (-pv).tolist()


def test_ten_like_days_are_the_baseline_of_a_home_with_a_history() -> None:
    past = covering(date(2025, 6, 1), date(2025, 7, 8), 60, ZONE)
    weekend = past.weekday[past.day_index] >= 5
    net = np.where(weekend, 9.0, 0.0) + past.day_index  # rises by 1 kWh a day
    grid = covering(date(2025, 7, 8), date(2025, 7, 13), 60, ZONE)  # Tuesday to Saturday
    base = like_days_kwh(grid, History(grid=past, net_kwh=net))
    weekdays = [d for d in range(past.days_count) if past.weekday[d] < 5][-10:]
    assert base[:24] == pytest.approx(np.full(24, np.mean(weekdays)))
    assert base[72:96] == pytest.approx(np.full(24, np.mean(weekdays)))  # no later day is known
    weekends = [d for d in range(past.days_count) if past.weekday[d] >= 5][-10:]
    assert base[96:] == pytest.approx(np.full(24, 9.0 + np.mean(weekends)))


def test_days_of_the_window_itself_are_not_their_own_baseline() -> None:
    past = covering(date(2025, 6, 1), date(2025, 8, 1), 60, ZONE)
    net = np.where(past.month[past.day_index] == 7, 5.0, 1.0)
    grid = covering(date(2025, 7, 1), date(2025, 7, 2), 60, ZONE)
    assert like_days_kwh(grid, History(grid=past, net_kwh=net)) == pytest.approx(np.ones(24))


def test_days_that_no_meter_told_are_no_like_days() -> None:
    past = covering(date(2025, 6, 1), date(2025, 7, 8), 60, ZONE)
    told = past.day_index % 2 == 0
    net = np.where(told, 3.0, 0.0)
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 60, ZONE)
    every, read = (History(grid=past, net_kwh=net, is_read=which) for which in (None, told))
    assert like_days_kwh(grid, every) == pytest.approx(np.full(24, 1.5))
    assert like_days_kwh(grid, read) == pytest.approx(np.full(24, 3.0))
    few = History(grid=past, net_kwh=net, is_read=past.day_index < 5)  # a Sunday to a Thursday
    assert np.isnan(like_days_kwh(grid, few)).all()


def test_fewer_than_five_like_days_fall_back_to_the_usual_shape() -> None:
    past = covering(date(2025, 7, 1), date(2025, 7, 8), 60, ZONE)  # 5 weekdays, 2 weekend days
    history = History(grid=past, net_kwh=np.full(past.count, 3.0))
    grid = covering(date(2025, 7, 11), date(2025, 7, 13), 60, ZONE)  # Friday, Saturday
    load, pv = month_of_a_home(grid)
    found = counterfactual_kwh(grid, load - pv, load, pv, history)
    assert found.from_history.tolist() == [True, False]
    assert found.baseline_kwh[:24] == pytest.approx(np.full(24, 3.0))
    assert found.baseline_kwh[24:] == pytest.approx((load - pv)[24:])


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
@pytest.mark.parametrize("calendar", [Calendar.CIVIL, Calendar.WALL])
def test_a_history_over_a_clock_change_keeps_its_power(day: date, calendar: Calendar) -> None:
    first = day - timedelta(days=28)
    past = covering(first, day + timedelta(days=8), 15, ZONE)
    history = History(grid=past, net_kwh=np.full(past.count, 0.25))
    count = 96 if calendar is Calendar.WALL else {SPRING: 92, AUTUMN: 100}[day]
    grid = whole_days(day, count, 15, ZONE, calendar)
    base = like_days_kwh(grid, history)
    doubled = np.zeros(count, bool) if grid.is_doubled is None else grid.is_doubled
    assert base == pytest.approx(np.where(doubled, 0.5, 0.25))


# --- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"hours": ()}, "hours are"),
        ({"hours": (24,)}, "hours are"),
        ({"share_frac": 1.2}, "share_frac is 1.2"),
        ({"event_hours_per_month": 0.0}, "event_hours_per_month"),
        ({"season_from": (2, 30)}, "no date 2/30"),
        ({"effective": date(2026, 1, 1), "until": date(2026, 1, 1)}, "not after"),
    ],
)
def test_a_programme_that_cannot_be_is_refused(changes, told) -> None:
    with pytest.raises(TariffError, match=told):
        programme(**changes)


def test_arrays_that_do_not_fit_are_refused() -> None:
    grid = covering(date(2025, 7, 8), date(2025, 7, 9), 60, ZONE)
    with pytest.raises(UsageError, match="744 values, one for each hour of month_grid"):
        event_weights(programme(), grid, np.zeros(24))
    with pytest.raises(UsageError, match="the grid has 24 steps"):
        grid_services_usd(
            programme(), only(grid, [17]), grid, baseline_kwh=np.zeros(23), net_kwh=np.zeros(24)
        )
    with pytest.raises(UsageError, match="lmp_usd_per_kwh takes 24 values"):
        paid(
            programme(pay=MarketPay()), grid, only(grid, [17]), 1.0,
            lmp_usd_per_kwh=np.zeros(3), strike_usd_per_kwh=np.zeros(24),
        )  # fmt: skip
    past = covering(date(2025, 6, 1), date(2025, 7, 1), 15, ZONE)
    with pytest.raises(UsageError, match="steps of 15 minutes and the window of 60"):
        like_days_kwh(grid, History(grid=past, net_kwh=np.zeros(past.count)))
    with pytest.raises(UsageError, match="events have real dates"):
        month_grid(whole_days(date(2025, 1, 1), 8760, 60, ZONE, Calendar.SAM))
