"""The known traps of URDB data, one test each."""

from datetime import date
from math import inf

import numpy as np
import pytest

from kwhen.catalog.urdb import csv_row_to_item, read_urdb
from kwhen.catalog.urdb.prove import prove
from kwhen.engine.bill import bill
from kwhen.engine.tariff import DemandCharge, EnergyCharge, FixedCharge, Service, Tariff
from kwhen.engine.words import CeilingPer, ChargeClass, Per, TierScope
from kwhen.errors import TariffError
from tests.catalog.urdb_items import ALWAYS, SUMMER, csv_row, flat_item, tiered, tou_item


def energy(tariff: Tariff) -> EnergyCharge:
    charge = tariff.charges[0]
    assert isinstance(charge, EnergyCharge)
    return charge


def ceilings(charge: EnergyCharge) -> list[list[float]]:
    return [[tier.ceiling_kwh for tier in period.ladder] for period in charge.periods]


def refused(item: dict) -> str:
    with pytest.raises(TariffError) as caught:
        read_urdb(item)
    return str(caught.value)


def test_unit_columns_filled_by_default_prove_nothing():
    row = csv_row(flat_item(demandrateunit="kW", flatdemandunit="kW"))
    row |= {f"energyratestructure/period{p}/tier{t}unit": "kWh" for p in range(3) for t in range(3)}
    row |= {"flatdemandstructure/period0/tier0unit": "kW", "demandweekdayschedule": str(ALWAYS)}
    tariff = read_urdb(csv_row_to_item(row))
    assert ceilings(energy(tariff)) == [[inf]]
    assert not any(isinstance(charge, DemandCharge) for charge in tariff.charges)


def test_the_unit_of_a_tier_without_end_proves_nothing():
    structure = [[*tiered(500, unit="kWh daily"), {"rate": 0.2, "unit": "kWh"}]]
    assert energy(read_urdb(flat_item(energyratestructure=structure))).ceiling_per is CeilingPer.DAY


def test_unequal_tier_counts_repeat_the_last_tier():
    charge = energy(read_urdb(tou_item([tiered(300, 1000, None), tiered(300, None)])))
    assert ceilings(charge) == [[300, 1000, inf]] * 2
    assert [tier.usd_per_kwh for tier in charge.periods[1].ladder] == [(0.1,), (0.2,), (0.2,)]
    assert charge.scope is TierScope.CYCLE


def test_a_finite_last_tier_is_open():
    charge = energy(read_urdb(flat_item(energyratestructure=[tiered(500, 99_999)])))
    assert ceilings(charge) == [[500, inf]]


def test_a_last_tier_that_repeats_the_ceiling_before_it_is_open():
    charge = energy(read_urdb(flat_item(energyratestructure=[tiered(500, 500)])))
    assert ceilings(charge) == [[500, inf]]


def test_max_is_a_running_total_not_a_width():
    charge = energy(read_urdb(flat_item(energyratestructure=[tiered(650, 1000, None)])))
    assert ceilings(charge) == [[650, 1000, inf]]


@pytest.mark.parametrize("maxima", [(3000, 200, None), (150, 150, None), (500, 300), (0, None)])
def test_a_max_that_does_not_rise_is_refused_by_name(maxima):
    said = refused(flat_item(energyratestructure=[tiered(*maxima)]))
    assert said.startswith(f"energyratestructure[0][{0 if maxima[0] == 0 else 1}].max: ")


def test_a_period_index_without_a_rate_is_refused_by_name():
    said = refused(tou_item([tiered(None)]))
    assert said.startswith("energyweekdayschedule[0][16]: names period 1")


def test_a_used_period_that_holds_no_rate_is_refused_by_name():
    said = refused(tou_item([tiered(None), [{"unit": "kWh", "sell": 0.03}]]))
    assert said.startswith("energyratestructure[1][0].rate: missing")


def test_a_period_that_no_hour_uses_needs_no_rate():
    structure = [tiered(None), [{"unit": "kWh", "sell": 0.03}], tiered(None)]
    schedule = [[2 if hour < 8 else 0 for hour in range(24)] for _ in range(12)]
    item = flat_item(energyratestructure=structure, energyweekdayschedule=schedule)
    charge = energy(read_urdb(item))
    assert [period.name for period in charge.periods] == ["period 0", "period 2"]


@pytest.mark.parametrize("field", ["rate", "adj", "sell"])
def test_a_price_beyond_ten_thousand_is_refused_by_name(field):
    item = flat_item(energyratestructure=[[{"rate": 0.1, field: 10_984.0}]])
    assert refused(item).startswith(f"energyratestructure[0][0].{field}: 10,984 $")


def month_bill_usd(tariff: Tariff, first: date, days: int, kwh_per_day: float) -> float:
    """Bill of one whole month at an even use."""
    use_kwh = np.full(days * 24, kwh_per_day / 24)
    return float(bill([tariff], use_kwh, start=first, step_minutes=60).exact_usd)


def test_kwh_daily_is_times_the_days_of_the_cycle():
    structure = [tiered(10, None, unit="kWh daily")]
    tariff = read_urdb(flat_item(energyratestructure=structure, fixedchargefirstmeter=0))
    assert energy(tariff).ceiling_per is CeilingPer.DAY
    for month, days in ((2, 28), (4, 30), (7, 31)):
        usd = month_bill_usd(tariff, date(2026, month, 1), days, 15.0)
        assert usd == pytest.approx(days * (10 * 0.1 + 5 * 0.2))


def test_dollars_a_day_are_times_the_real_days_of_the_cycle():
    structure = [[{"rate": 0.0}]]
    item = flat_item(energyratestructure=structure, fixedchargeunits="$/day")
    tariff = read_urdb(item | {"fixedchargefirstmeter": 0.79343})
    assert [c.per for c in tariff.charges if isinstance(c, FixedCharge)] == [Per.DAY]
    for month, days in ((2, 28), (4, 30), (7, 31)):
        usd = month_bill_usd(tariff, date(2026, month, 1), days, 15.0)
        assert usd == pytest.approx(days * 0.79343)


def test_a_negative_fixed_charge_is_a_credit():
    tariff = read_urdb(flat_item(fixedchargefirstmeter=-6.0))
    assert [c.amount_usd for c in tariff.charges if isinstance(c, FixedCharge)] == [-6.0]


@pytest.mark.parametrize("utility_id", [44372, 8901])
def test_texas_wires_rates_are_delivery_only(utility_id):
    tariff = read_urdb(flat_item(utility="A Texas wires company", eiaid=utility_id))
    assert tariff.service is Service.DELIVERY
    assert energy(tariff).components[0].klass is ChargeClass.DELIVERY
    assert "supply" in {gap.name for gap in tariff.missing}


def test_a_bundled_utility_of_texas_is_bundled():
    tariff = read_urdb(flat_item(utility="El Paso Electric Co (Texas)", eiaid=5701))
    assert (tariff.service, tariff.state) == (Service.BUNDLED, "TX")


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (1335880800, date(2012, 5, 1)),
        (1335880800000, date(2012, 5, 1)),
        ("1335880800", date(2012, 5, 1)),
        ({"$date": 1335880800000}, date(2012, 5, 1)),
        ({"$date": {"$numberLong": "1335880800000"}}, date(2012, 5, 1)),
        ({"$date": "2012-05-01T06:00:00Z"}, date(2012, 5, 1)),
        ("2017-01-01 00:00:00", date(2017, 1, 1)),
        ("2016-12-31 23:00:00", date(2017, 1, 1)),  # a clock west of the utility's midnight
        ("1/7/2016", date(2016, 1, 7)),
        ("1/7/16", date(2016, 1, 7)),
        ("16-01-07 01:00:00", date(2016, 1, 7)),
        ("0016-01-07", date(2016, 1, 7)),
        ("98-01-07", date(1998, 1, 7)),
    ],
)
def test_start_dates_of_every_form(start, expected):
    tariff = read_urdb(flat_item(startdate=start))
    assert tariff.effective == expected
    assert "effective" not in {gap.name for gap in tariff.missing}


@pytest.mark.parametrize(
    "start", [None, 0, "0", "", {"$date": 0}, "1969-12-31 17:00:00", "1970-01-01"]
)
def test_an_unknown_start_is_a_named_gap(start):
    tariff = read_urdb(flat_item(startdate=start))
    assert (tariff.effective, tariff.missing[0].name) == (date(1970, 1, 1), "effective")


def test_an_end_date_is_the_last_day_in_force():
    assert read_urdb(flat_item(enddate="26-06-30 23:59:56")).until == date(2026, 7, 1)
    assert read_urdb(flat_item()).until is None


@pytest.mark.parametrize("start", ["soon", "2026-13-01", [1], True, 1e299, {"a": 1}, "9" * 400])
def test_a_start_that_is_no_date_is_refused_by_name(start):
    assert refused(flat_item(startdate=start)).startswith("startdate: ")


def test_an_eia_id_with_a_float_tail_joins():
    assert read_urdb(flat_item(eiaid="14328.0")).plan == "14328/Family-Dwelling"
    assert refused(flat_item(eiaid="14328.5")).startswith("eiaid: ")


def test_a_state_suffix_in_the_name_tells_utilities_of_one_id_apart():
    names = ["Duke Energy Carolinas, LLC (South Carolina)", "PacifiCorp - Utah", "City of Y, Ohio"]
    assert [read_urdb(flat_item(utility=n, eiaid=5416)).state for n in names] == ["SC", "UT", "OH"]


def test_seasons_of_other_ceilings_stay_pooled_each_on_its_own():
    item = flat_item(
        energyratestructure=[tiered(300, None), tiered(700, None)],
        energyweekdayschedule=SUMMER,
        energyweekendschedule=SUMMER,
    )
    charge = energy(read_urdb(item))
    assert (charge.scope, ceilings(charge)) == (TierScope.CYCLE, [[300, inf], [700, inf]])


def test_other_ceilings_in_one_month_count_by_period():
    charge = energy(read_urdb(tou_item([tiered(300, None), tiered(100, None)])))
    assert charge.scope is TierScope.PERIOD


def test_adjustments_add_to_the_rate_as_a_component():
    charge = energy(read_urdb(flat_item(energyratestructure=[[{"rate": 0.03, "adj": 0.13}]])))
    assert [part.name for part in charge.components] == ["energy", "adjustment"]
    assert charge.periods[0].ladder[0].usd_per_kwh == (0.03, 0.13)


def test_a_rate_that_was_never_filled_in_is_not_believed():
    item = flat_item(energyratestructure=[[{"rate": 0.0}]])
    assert "no price is above zero" in prove(item, read_urdb(item))[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"enddate": "2025-12-30"}, "enddate: no day is left"),
        ({"startdate": "2926-01-01"}, "startdate: 2926-01-01 lies outside"),
        ({"energyratestructure": [[{"rate": 12.0}]]}, "12 $/kWh lies outside"),
        ({"fixedchargefirstmeter": 2_532_584.53}, "a month is beyond 1,000"),
        ({"flatdemandstructure": [[{"rate": 700}]]}, "700 $/kW is beyond 500"),
        ({"eiaid": None}, "eiaid: missing"),
        ({"name": None}, "name: missing"),
        ({"name": "X [URDB cannot correctly model this rate]"}, "says itself"),
    ],
)
def test_what_is_not_believable_has_a_reason(changes, said):
    item = flat_item(**changes)
    assert any(said in reason for reason in prove(item, read_urdb(item)))
    assert prove(flat_item(), read_urdb(flat_item())) == ()
