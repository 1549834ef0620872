"""Impacts: what shifting, solar and saving do to the bill, to grid revenue and to emissions."""

from dataclasses import replace
from datetime import date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest

import kwhen
from kwhen import Home, SolarSystem
from kwhen.api.facts import market_facts
from kwhen.catalog.baseline import default_load, default_usage
from kwhen.catalog.carbon import marginal_carbon
from kwhen.catalog.places import place
from kwhen.catalog.programmes import programmes_for
from kwhen.catalog.solar import pv_series
from kwhen.catalog.sources import sources
from kwhen.engine.counterfactual import History, counterfactual_kwh
from kwhen.engine.events import event_weights, month_grid
from kwhen.engine.grid import Calendar, whole_days
from kwhen.engine.revenue import grid_services_usd

PACIFIC = ZoneInfo("America/Los_Angeles")
HOME = Home(plan="14328/E-ELEC", zipcode="94107")
JULY = {"start": date(2026, 7, 1), "end": date(2026, 8, 1)}
GRID = whole_days(date(2026, 7, 1), 31 * 96, 15, "America/Los_Angeles", Calendar.CIVIL)
USE_KWH = default_usage(place("94107"), 14328, GRID).import_kwh


def at(day: int, hour: int) -> int:
    """First step of an hour of July."""
    return (day - 1) * 96 + hour * 4


def shifted(kwh: float, day: int, from_hour: int, to_hour: int) -> np.ndarray:
    """The usage with some energy moved between two hours of a day, evenly over their steps."""
    moved = USE_KWH.copy()
    moved[at(day, from_hour) : at(day, from_hour) + 4] -= kwh / 4
    moved[at(day, to_hour) : at(day, to_hour) + 4] += kwh / 4
    return moved


def test_shifting_a_kwh_saves_exactly_the_price_difference() -> None:
    kwh = min(1.0, 4 * float(USE_KWH[at(15, 18) : at(15, 18) + 4].min()))
    base = kwhen.impact(HOME, USE_KWH, None, **JULY)
    moved = kwhen.impact(HOME, shifted(kwh, 15, 18, 12), None, **JULY)
    price = kwhen.prices(kwhen.rate_plan("14328/E-ELEC"), date(2026, 7, 15), date(2026, 7, 16))
    difference = price.import_usd_per_kwh[18 * 4] - price.import_usd_per_kwh[12 * 4]
    assert base.bill.exact_usd - moved.bill.exact_usd == pytest.approx(kwh * difference, abs=1e-9)
    assert moved.bill_usd < base.bill_usd


def test_shifting_out_of_events_earns_and_using_less_elsewhere_does_not() -> None:
    base = kwhen.impact(HOME, USE_KWH, None, **JULY).grid_services_usd
    assert base is not None
    out_of_peaks = USE_KWH.reshape(31, 96).copy()
    peak = slice(16 * 4, 21 * 4)
    out_of_peaks[:, 10 * 4 : 15 * 4] += out_of_peaks[:, peak]
    out_of_peaks[:, peak] = 0.0
    earned = kwhen.impact(HOME, out_of_peaks.ravel(), None, **JULY).grid_services_usd
    assert earned is not None
    assert earned > base
    less_at_night = USE_KWH.reshape(31, 96).copy()
    less_at_night[:, : 6 * 4] *= 0.5
    saved = kwhen.impact(HOME, less_at_night.ravel(), None, **JULY).grid_services_usd
    assert saved is not None
    assert saved <= base + 1e-9
    half = kwhen.impact(HOME, USE_KWH * 0.5, None, **JULY).grid_services_usd
    assert half == pytest.approx(base * 0.5, abs=1e-6)  # being small is no service


@pytest.mark.parametrize("calendar", list(Calendar)[:2])
@pytest.mark.parametrize("has_history", [False, True])
def test_grid_services_are_those_of_the_whole_baseline(
    calendar: Calendar, has_history: bool
) -> None:
    """Step by step over the whole window, as the engine's parts give them."""
    solar = SolarSystem(system_size_kw=4.0, is_non_net_metered=True, tilt_deg=30.0)
    grid = whole_days(date(2026, 7, 1), 31 * 96, 15, "America/Los_Angeles", calendar)
    past = kwhen.Usage(
        start=datetime(2026, 6, 1, tzinfo=PACIFIC), step_minutes=15, export_kwh=None,
        import_kwh=np.tile(np.linspace(0.1, 0.6, 96), 40), gaps=(), notes=(), format="plain",
    )  # fmt: skip
    home = replace(HOME, solar=solar, history=past if has_history else None, annual_kwh=9_000.0)
    where = place("94107")
    net_kwh = USE_KWH - pv_series(where, grid, solar).kwh
    imported, exported = np.maximum(net_kwh, 0.0), np.maximum(-net_kwh, 0.0)
    imported = imported * np.linspace(0.5, 1.5, grid.count)
    load = default_load(where, 14328, grid, annual_kwh=9_000.0)
    own_grid = whole_days(date(2026, 6, 1), 40 * 96, 15, grid.zone, Calendar.CIVIL)
    base = counterfactual_kwh(
        grid,
        imported - exported,
        load.kwh,
        pv_series(where, grid, solar).kwh,
        History(grid=own_grid, net_kwh=past.import_kwh) if has_history else None,
    )
    found = kwhen.impact(home, imported, exported, calendar=calendar.value, **JULY).grid_services
    assert found is not None and base.from_history.any() == has_history
    programmes = programmes_for(where, 14328, date(2026, 7, 1)).programmes
    months, _ = market_facts(home, month_grid(grid), None)
    market, _ = market_facts(home, grid, None)
    assert months is not None and market is not None
    for programme, paid in zip(programmes, found.programmes, strict=True):
        expected = grid_services_usd(
            programme,
            event_weights(programme, grid, months.market_usd_per_kwh),
            grid,
            baseline_kwh=base.baseline_kwh,
            net_kwh=imported - exported,
            lmp_usd_per_kwh=market.market_usd_per_kwh,
            strike_usd_per_kwh=market.strike_usd_per_kwh,
        )
        assert paid.reduced_kwh == pytest.approx(expected.reduced_kwh) and paid.reduced_kwh > 0
        assert paid.usd == pytest.approx(expected.usd)
        assert paid.event_hours == pytest.approx(expected.event_hours)


def test_a_window_over_the_end_of_a_programme_pays_as_its_parts_do() -> None:
    days = [date(2025, 5, 1), date(2026, 1, 1), date(2026, 9, 1)]

    def paid(start: date, end: date) -> float:
        use_kwh = np.full((end - start).days * 96, 0.2)
        made = kwhen.impact(HOME, use_kwh, None, start, end, calendar="wall").grid_services
        assert made is not None
        return made.usd

    parts = [paid(start, end) for start, end in pairwise(days)]
    assert min(parts) > 0
    assert paid(days[0], days[-1]) == pytest.approx(sum(parts))


def test_two_calls_of_one_window_use_the_same_events() -> None:
    first = kwhen.impact(HOME, USE_KWH, None, **JULY).grid_services
    second = kwhen.impact(HOME, shifted(0.05, 15, 18, 12), None, **JULY).grid_services
    assert first is not None and second is not None
    hours = [one.event_hours for one in first.programmes]
    assert hours == [one.event_hours for one in second.programmes]


def test_solar_lowers_emissions_by_its_yield_times_the_marginal_rate() -> None:
    solar = SolarSystem(system_size_kw=4.0, is_non_net_metered=True)
    made = pv_series(place("94107"), GRID, solar).kwh
    net = USE_KWH - made
    with_solar = kwhen.impact(
        replace(HOME, solar=solar), np.maximum(net, 0), np.maximum(-net, 0), **JULY
    )
    without = kwhen.impact(HOME, USE_KWH, None, **JULY)
    m = marginal_carbon("CAMX", GRID.epoch_s, zone="America/Los_Angeles").lb_per_mwh_at_meter
    assert without.co2e_lb is not None and with_solar.co2e_lb is not None
    expected = float((made * m).sum()) / 1000
    assert without.co2e_lb - with_solar.co2e_lb == pytest.approx(expected)
    assert with_solar.export_credit_usd > 0
    assert with_solar.bill.export_rule == "NBT26"


def test_wall_clock_days_emit_what_civil_days_do() -> None:
    civil = kwhen.impact(HOME, USE_KWH, None, **JULY)
    wall = kwhen.impact(HOME, USE_KWH, None, **JULY, calendar="wall")
    assert wall.co2e_lb == pytest.approx(civil.co2e_lb)
    assert wall.bill_usd == civil.bill_usd


def test_months_add_up() -> None:
    start, end = date(2026, 3, 1), date(2026, 6, 1)
    steps = 96 * 92 - 4  # the clock change
    found = kwhen.impact(HOME, np.full(steps, 0.1), None, start, end)
    assert found.co2e_lb_by_month is not None
    assert sum(found.co2e_lb_by_month) == pytest.approx(found.co2e_lb)
    assert len(found.co2e_lb_by_month) == len(found.bill.by_month) == 3


def test_a_comparison_says_what_is_saved_and_when_a_cost_is_repaid() -> None:
    base = kwhen.impact(HOME, USE_KWH, None, **JULY)
    optimised = kwhen.impact(HOME, USE_KWH * 0.8, None, **JULY)
    found = kwhen.compare_impacts(base, optimised, cost_usd=1_000.0)
    assert found.bill_saving_usd == pytest.approx(base.bill_usd - optimised.bill_usd)
    assert sum(found.bill_saving_usd_by_month) == pytest.approx(found.bill_saving_usd)
    gain = found.grid_services_gain_usd or 0.0
    yearly = (found.bill_saving_usd + gain) * 365.25 / 31
    assert found.payback_years == pytest.approx(1_000.0 / yearly)
    assert kwhen.compare_impacts(optimised, base, cost_usd=1_000.0).payback_years is None
    assert kwhen.compare_impacts(base, optimised).payback_years is None
    june = kwhen.impact(HOME, np.full(30 * 96, 0.1), None, date(2026, 6, 1))
    with pytest.raises(kwhen.UsageError, match="compare two of one window"):
        kwhen.compare_impacts(base, june)


def test_without_a_place_there_is_a_bill_and_the_rest_is_absent() -> None:
    found = kwhen.impact(Home(plan="14328/E-ELEC"), USE_KWH, None, **JULY)
    assert found.bill_usd > 0
    assert (found.co2e_lb, found.grid_services_usd) == (None, None)
    assert {"carbon", "grid_services"} <= {gap.name for gap in found.missing}


def test_where_no_programme_is_known_it_says_so() -> None:
    found = kwhen.impact(Home(plan="195/FD", zipcode="35203"), np.full(31 * 96, 0.3), None, **JULY)
    assert found.grid_services_usd is None
    assert any("grid" in gap.name or "programme" in gap.name for gap in found.missing)


def test_the_window_must_fit_the_arrays() -> None:
    with pytest.raises(kwhen.UsageError, match="the window ends on 2026-08-02"):
        kwhen.impact(HOME, USE_KWH, None, date(2026, 7, 1), date(2026, 8, 2))
    with pytest.raises(kwhen.UsageError, match="takes one home"):
        kwhen.impact(HOME, np.tile(USE_KWH, (2, 1)), None, **JULY)


def test_every_figure_says_how_it_was_made_and_from_what() -> None:
    found = kwhen.impact(HOME, USE_KWH, None, **JULY)
    basis = {one.figure: one for one in found.basis}
    assert set(basis) == {"bill", "export_credit", "co2e", "grid_services"}
    known = sources()
    assert all(id in known for one in found.basis for id in one.sources)
    assert basis["co2e"].sources == ("egrid-cambium-marginal",)
    assert "pge-e-elec-7846-E" in basis["bill"].sources
    bare = kwhen.impact(Home(plan="14328/E-ELEC"), USE_KWH, None, **JULY)
    assert {one.figure for one in bare.basis} == {"bill", "export_credit"}
