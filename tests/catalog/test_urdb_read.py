"""One URDB item → a tariff: every unit, schedule, amount, name and gap of the format."""

from datetime import date
from math import inf

import numpy as np
import pytest

from kwhen.catalog.urdb import csv_row_to_item, read_urdb
from kwhen.catalog.urdb.read import slug
from kwhen.engine.compensation import EVERYTHING, Netting
from kwhen.engine.tariff import (
    DemandCharge,
    EnergyCharge,
    FixedCharge,
    MinimumCharge,
    Service,
    Tariff,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Per, TierScope
from kwhen.errors import TariffError
from tests.catalog.urdb_items import (
    ALWAYS,
    EVENING,
    SUMMER,
    bulk_item,
    csv_row,
    flat_item,
    tiered,
    tou_item,
)

KW_PER_HP = 0.745699872


def of_kind(tariff: Tariff, kind: type) -> list:
    return [charge for charge in tariff.charges if isinstance(charge, kind)]


def gaps(tariff: Tariff) -> dict[str, str]:
    return {gap.name: gap.note for gap in tariff.missing}


def test_a_flat_rate_has_every_field_of_its_tariff():
    tariff = read_urdb(flat_item())
    assert (tariff.plan, tariff.name) == ("195/Family-Dwelling", "Family Dwelling")
    assert (tariff.utility_id, tariff.utility, tariff.state) == (195, "Alabama Power Co", "AL")
    assert (tariff.effective, tariff.until) == (date(2026, 1, 1), None)
    assert (tariff.timezone, tariff.service) == ("America/Chicago", Service.BUNDLED)
    assert (tariff.sources, tariff.missing, tariff.export_rules) == (("urdb",), (), ())
    energy, fixed = tariff.charges
    assert isinstance(energy, EnergyCharge)
    assert energy.periods[0].ladder[0].usd_per_kwh == (0.15,)
    assert energy.components[0].klass is ChargeClass.OTHER
    assert isinstance(fixed, FixedCharge)
    assert (fixed.amount_usd, fixed.per) == (16.0, Per.MONTH)


@pytest.mark.parametrize("spelt", [bulk_item, lambda item: csv_row_to_item(csv_row(item))])
def test_the_bulk_files_spell_the_same_tariff(spelt):
    item = tou_item([tiered(300, None, adj=0.02), tiered(300, None)], mincharge=10)
    plain, other = read_urdb(item), read_urdb(spelt(item))
    assert (other.plan, other.effective, other.charges) == (
        plain.plan,
        plain.effective,
        plain.charges,
    )


def test_the_api_name_wins_over_the_bulk_name():
    assert read_urdb(flat_item(rateName="Other")).name == "Family Dwelling"


@pytest.mark.parametrize(
    ("unit", "per", "kwh"),
    [
        ("kWh", CeilingPer.CYCLE, 100.0),
        (None, CeilingPer.CYCLE, 100.0),
        ("kWh daily", CeilingPer.DAY, 100.0),
        ("kWh/kW", CeilingPer.KW, 100.0),
        ("kWh/kW daily", CeilingPer.KW_DAY, 100.0),
        ("kWh/kVA", CeilingPer.KW, 100.0),
        ("kWh/kVA daily", CeilingPer.KW_DAY, 100.0),
        ("kWh/hp", CeilingPer.KW, 100.0 / KW_PER_HP),
        ("kWh/hp daily", CeilingPer.KW_DAY, 100.0 / KW_PER_HP),
        ("KWH  Daily", CeilingPer.DAY, 100.0),
    ],
)
def test_every_unit_of_a_ceiling(unit, per, kwh):
    tariff = read_urdb(flat_item(energyratestructure=[tiered(100, None, unit=unit)]))
    (charge,) = of_kind(tariff, EnergyCharge)
    assert charge.ceiling_per is per
    assert [tier.ceiling_kwh for tier in charge.periods[0].ladder] == pytest.approx([kwh, inf])
    assert ("power_factor" in gaps(tariff)) == ("kVA" in str(unit))


def test_an_unknown_unit_and_mixed_units_are_refused_by_name():
    with pytest.raises(TariffError, match=r"energyratestructure\[0\]\[0\]\.unit: 'therm'"):
        read_urdb(flat_item(energyratestructure=[tiered(100, None, unit="therm")]))
    mixed = [*tiered(100, unit="kWh/kW"), *tiered(200, None)]
    with pytest.raises(TariffError, match=r"energyratestructure\[0\]\[1\]\.unit: 'kwh' where"):
        read_urdb(flat_item(energyratestructure=[mixed]))


def test_the_item_may_say_its_tier_scope():
    structure = [tiered(300, None), tiered(300, None)]
    for scope in TierScope:
        (charge, _) = read_urdb(tou_item(structure, tier_scope=scope.value)).charges
        assert isinstance(charge, EnergyCharge)
        assert charge.scope is scope
    with pytest.raises(TariffError, match="tier_scope: takes"):
        read_urdb(tou_item(structure, tier_scope="month"))
    with pytest.raises(TariffError, match="tier_scope: 'cycle' needs equal ceilings"):
        read_urdb(tou_item([tiered(300, None), tiered(100, None)], tier_scope="cycle"))


@pytest.mark.parametrize(
    ("field", "table", "said"),
    [
        ("energyweekdayschedule", ALWAYS[:11], "energyweekdayschedule: has 11 entries"),
        ("energyweekendschedule", [[0] * 23] * 12, "energyweekendschedule[0]: has 23 entries"),
        ("energyweekendschedule", "[[0]]", "energyweekendschedule: got '[[0]]', a list"),
        ("energyweekdayschedule", [[0.5] * 24] * 12, "energyweekdayschedule[0][0]: got 0.5"),
        ("energyweekdayschedule", [[-1] * 24] * 12, "energyweekdayschedule[0][0]: names period"),
        ("energyweekdayschedule", [[True] * 24] * 12, "energyweekdayschedule[0][0]: got True"),
    ],
)
def test_a_schedule_of_another_shape_is_refused_by_name(field, table, said):
    with pytest.raises(TariffError) as caught:
        read_urdb(flat_item(**{field: table}))
    assert str(caught.value).startswith(said)


def test_one_period_needs_no_schedule_and_two_do():
    assert read_urdb(flat_item(energyweekdayschedule=None, energyweekendschedule=None))
    with pytest.raises(TariffError, match="energyweekendschedule: missing"):
        read_urdb(tou_item([tiered(None)] * 2) | {"energyweekendschedule": []})


def test_whole_floats_are_period_indices():
    item = flat_item(energyweekdayschedule=[[0.0] * 24] * 12)
    assert read_urdb(item).charges == read_urdb(flat_item()).charges


def test_a_rate_without_energy_prices_is_refused():
    for structure in (None, []):
        with pytest.raises(TariffError, match="energyratestructure: missing"):
            read_urdb(flat_item(energyratestructure=structure))
    with pytest.raises(TariffError, match=r"energyratestructure\[0\]: a period without a rate"):
        read_urdb(flat_item(energyratestructure=[[]]))
    with pytest.raises(TariffError, match=r"energyratestructure\[0\]\[0\]\.rate: missing"):
        read_urdb(flat_item(energyratestructure=[[{"adj": 0.1}]]))
    with pytest.raises(TariffError, match=r"energyratestructure\[0\]\[0\]\.max: missing"):
        read_urdb(flat_item(energyratestructure=[tiered(None, None)]))


def test_fuel_adjustments_are_a_charge_by_month_that_leaves_the_ladder_alone():
    prices = [0.01 * month for month in range(1, 13)]
    plain = flat_item(energyratestructure=[tiered(500, None)])
    main, fuel = of_kind(read_urdb(plain | {"fueladjustmentsmonthly": prices}), EnergyCharge)
    assert main == read_urdb(plain).charges[0]
    assert [period.ladder[0].usd_per_kwh[0] for period in fuel.periods] == pytest.approx(prices)
    assert {part.season for part in fuel.schedule.parts} == {"all year"}
    assert [part.weekday[0] for part in fuel.schedule.parts] == list(range(12))
    assert of_kind(read_urdb(plain | {"fueladjustmentsmonthly": [0] * 12}), EnergyCharge) == [main]
    with pytest.raises(TariffError, match="fueladjustmentsmonthly: has 11 entries"):
        read_urdb(plain | {"fueladjustmentsmonthly": prices[:11]})
    with pytest.raises(TariffError, match=r"fueladjustmentsmonthly\[3\]: got None"):
        read_urdb(plain | {"fueladjustmentsmonthly": [*prices[:3], None, *prices[4:]]})


@pytest.mark.parametrize("per", list(Per))
def test_fixed_and_minimum_amounts_by_every_unit(per):
    unit = f"$/{per.value}"
    item = flat_item(fixedchargeunits=unit, mincharge=5, minchargeunits=unit)
    tariff = read_urdb(item)
    assert [charge.per for charge in of_kind(tariff, FixedCharge)] == [per]
    assert [(c.amount_usd, c.per) for c in of_kind(tariff, MinimumCharge)] == [(5.0, per)]


def test_older_rows_give_fixed_and_minimum_amounts_under_other_names():
    item = flat_item(
        fixedchargefirstmeter=None,
        fixedchargeunits=None,
        fixedmonthlycharge=35.28,
        minmonthlycharge=1,
        annualmincharge=12,
    )
    tariff = read_urdb(item)
    assert [(c.amount_usd, c.per) for c in of_kind(tariff, FixedCharge)] == [(35.28, Per.MONTH)]
    assert [(c.amount_usd, c.per) for c in of_kind(tariff, MinimumCharge)] == [
        (1.0, Per.MONTH),
        (12.0, Per.YEAR),
    ]
    assert tariff.missing == ()


def test_an_amount_without_a_unit_is_a_months_and_told():
    tariff = read_urdb(flat_item(fixedchargeunits=None, mincharge=5))
    assert {charge.per for charge in of_kind(tariff, FixedCharge | MinimumCharge)} == {Per.MONTH}
    assert set(gaps(tariff)) == {"fixed_charge_unit", "minimum_charge_unit"}


def test_amounts_that_make_no_sense_are_refused_by_name():
    with pytest.raises(TariffError, match=r"fixedchargeunits: '\$/week'"):
        read_urdb(flat_item(fixedchargeunits="$/week"))
    with pytest.raises(TariffError, match="mincharge: -5"):
        read_urdb(flat_item(mincharge=-5, minchargeunits="$/month"))


def test_a_delivery_rate_lacks_supply_and_a_supply_rate_delivery():
    delivery = read_urdb(flat_item(servicetype="Delivery"))
    supply = read_urdb(flat_item(servicetype="Energy"))
    offer = read_urdb(flat_item(servicetype="Delivery with Standard Offer"))
    assert [t.service for t in (delivery, supply, offer)] == [
        Service.DELIVERY,
        Service.SUPPLY,
        Service.BUNDLED,
    ]
    assert ("supply" in gaps(delivery), "delivery" in gaps(supply)) == (True, True)
    assert supply.charges[0].components[0].klass is ChargeClass.SUPPLY  # type: ignore[union-attr]


def test_prose_becomes_named_gaps_cut_at_five_hundred():
    tariff = read_urdb(
        flat_item(
            energycomments="Riders\r\napply. " * 100,
            demandcomments="d",
            basicinformationcomments="b",
            energyattrs=[{"Tax": "3 %"}],
        )
    )
    assert gaps(tariff)["energy_comments"].startswith("Riders apply. Riders")
    assert len(gaps(tariff)["energy_comments"]) == 500
    assert gaps(tariff)["energy_attributes"] == "Tax: 3 %"
    assert {"demand_comments", "basic_comments"} <= set(gaps(tariff))


def test_unknown_holidays_matter_only_where_weekends_differ():
    structure = [tiered(None)] * 2
    differs = flat_item(energyratestructure=structure, energyweekdayschedule=EVENING)
    assert "holidays" in gaps(read_urdb(differs))
    assert "holidays" not in gaps(read_urdb(tou_item(structure)))
    known = {"_ratebook": {"holiday_policy": "as_weekday"}}
    assert "holidays" not in gaps(read_urdb(differs | known))


def test_the_zone_asked_for_comes_first_and_one_not_known_is_told():
    assert read_urdb(flat_item(), timezone="America/Denver").timezone == "America/Denver"
    for wrong in ("Mars/Base", "../etc", ""):
        with pytest.raises(TariffError, match="timezone: "):
            read_urdb(flat_item(), timezone=wrong)
    nowhere = read_urdb(flat_item(eiaid=None, utility=None))
    assert nowhere.timezone == "America/New_York"
    assert {"timezone", "state", "utility_id"} <= set(gaps(nowhere))


def test_a_state_may_be_said_and_must_exist():
    assert read_urdb(flat_item(state="ga")).state == "GA"
    assert read_urdb(flat_item(_ratebook={"state": "Georgia"})).state == "GA"
    with pytest.raises(TariffError, match="state: 'ZZ'"):
        read_urdb(flat_item(state="ZZ"))


def test_slugs_are_readable_and_tell_rates_apart():
    assert slug("TOU-D-4-9PM (Région 5) ") == "TOU-D-4-9PM-Region-5"
    assert slug("LG < 10 kW") != slug("LG > 10 kW")
    long = [slug("A" * 90 + end) for end in "xy"]
    assert long[0] != long[1]
    assert {len(found) for found in long} == {80}
    assert slug("—") == "unnamed"


DEMAND = {
    "flatdemandstructure": [[{"rate": 0}], [{"rate": 5, "adj": 1, "max": 10}, {"rate": 8}]],
    "flatdemandmonths": [1 if 5 <= month <= 8 else 0 for month in range(12)],
    "flatdemandunit": "kW",
    "demandwindow": 30,
}


def test_monthly_demand_by_season_with_tiers():
    (charge,) = of_kind(read_urdb(flat_item(**DEMAND)), DemandCharge)
    assert (charge.window_minutes, charge.ratchet, charge.klass) == (30, None, ChargeClass.DEMAND)
    assert [(t.usd_per_kw, t.ceiling_kw) for t in charge.periods[1].ladder] == [(6, 10), (8, inf)]
    july, may = charge.schedule.part_of(7, 1), charge.schedule.part_of(5, 1)
    assert charge.schedule.parts[july].weekday == (1,) * 96
    assert charge.schedule.parts[may].weekday == (0,) * 96


def test_demand_by_period():
    item = flat_item(
        demandratestructure=[[{"rate": 0}], [{"rate": 12.5}]],
        demandweekdayschedule=EVENING,
        demandweekendschedule=ALWAYS,
        demandrateunit="kW",
        demandwindow=15,
    )
    (charge,) = of_kind(read_urdb(item), DemandCharge)
    (part,) = charge.schedule.parts
    assert (part.weekday[63:65], set(part.weekend)) == ((0, 1), {0})
    assert charge.periods[1].ladder[0].usd_per_kw == 12.5


@pytest.mark.parametrize(("unit", "kw"), [("hp", KW_PER_HP), ("kVA", 1.0), ("kW", 1.0)])
def test_units_of_demand(unit, kw):
    tariff = read_urdb(flat_item(**DEMAND | {"flatdemandunit": unit}))
    (charge,) = of_kind(tariff, DemandCharge)
    first = charge.periods[1].ladder[0]
    assert (first.usd_per_kw, first.ceiling_kw) == pytest.approx((6 / kw, 10 * kw))
    assert ("power_factor" in gaps(tariff)) == (unit == "kVA")


def test_daily_demand_is_refused_unless_it_costs_nothing():
    with pytest.raises(TariffError, match="flatdemandunit: 'kw daily' charges the peak of every"):
        read_urdb(flat_item(**DEMAND | {"flatdemandunit": "kW daily"}))
    free = {"flatdemandstructure": [[{"rate": 0}]], "flatdemandunit": "kW daily"}
    assert of_kind(read_urdb(flat_item(**free)), DemandCharge) == []


@pytest.mark.parametrize("minutes", [None, 0, 5])
def test_a_window_that_cannot_be_billed_is_told(minutes):
    tariff = read_urdb(flat_item(**DEMAND | {"demandwindow": minutes}))
    assert of_kind(tariff, DemandCharge)[0].window_minutes == 15
    assert "demand_window" in gaps(tariff)


@pytest.mark.parametrize(
    ("fields", "share", "months", "lookback"),
    [
        ({"demandratchetpercentage": [0.35] * 12}, 0.35, 12, 11),
        ({"demandratchetpercentage": [80] * 12}, 0.8, 12, 11),  # older rows: percent
        ({"lookbackpercent": 0.5, "lookbackrange": 6}, 0.5, 12, 6),
        ({"lookBackPercent": 0.5, "lookbackMonths": [0] * 5 + [1] * 4 + [0] * 3}, 0.5, 4, 11),
        ({"lookbackpercent": 0.5, "lookbackmonths": [False] * 11 + [True]}, 0.5, 1, 11),
    ],
)
def test_ratchets(fields, share, months, lookback):
    (charge,) = of_kind(read_urdb(flat_item(**DEMAND, **fields)), DemandCharge)
    assert charge.ratchet.share_frac == pytest.approx((share,) * 12)
    assert (len(charge.ratchet.months), charge.ratchet.lookback_months) == (months, lookback)


def test_a_ratchet_of_zeros_is_none_and_a_wild_one_refused():
    flat = {"demandratchetpercentage": [0] * 12, "lookbackpercent": 0}
    assert of_kind(read_urdb(flat_item(**DEMAND, **flat)), DemandCharge)[0].ratchet is None
    with pytest.raises(TariffError, match="demandratchetpercentage: takes fractions"):
        read_urdb(flat_item(**DEMAND, demandratchetpercentage=[-1] * 12))
    with pytest.raises(TariffError, match="lookbackrange: 999 months"):
        read_urdb(flat_item(**DEMAND, lookbackrange=999))


def test_demand_that_no_home_meter_shows_is_a_gap():
    item = flat_item(coincidentratestructure=[[{"rate": 3}]], demandreactivepowercharge=2.7)
    assert {"coincident_demand", "reactive_power"} <= set(gaps(read_urdb(item)))


def test_no_dgrules_no_export_rule_and_prose_is_a_gap():
    assert read_urdb(flat_item()).export_rules == ()
    tariff = read_urdb(flat_item(dgrules="Ask the utility"))
    assert (tariff.export_rules, gaps(tariff)["export_rule"]) == ((), "Ask the utility")


def test_net_metering_nets_kwh_by_period_and_lacks_the_surplus_rate():
    (rule,) = read_urdb(flat_item(dgrules="Net Metering")).export_rules
    assert (rule.netting, rule.in_kwh) == (Netting.PERIODS, True)
    assert (rule.true_up, rule.cash_out) == (True, None)
    assert [gap.name for gap in rule.missing] == ["net_surplus_rate"]


@pytest.mark.parametrize(
    ("said", "netting"),
    [
        ("Net Billing Instantaneous", Netting.CHANNELS),
        ("net billing hourly", Netting.HOURLY),
        ("Buy All Sell All", Netting.CHANNELS),
    ],
)
def test_sell_prices_become_an_export_table(said, netting):
    structure = [[{"rate": 0.1, "sell": 0.03}], [{"rate": 0.3, "sell": 0.12}]]
    (rule,) = read_urdb(tou_item(structure, dgrules=said)).export_rules
    (price,) = rule.prices
    expected = np.full((1, 12, 2, 24), 0.03)
    expected[..., 16:21] = 0.12
    assert (rule.netting, rule.missing) == (netting, ())
    np.testing.assert_array_equal(price.usd_per_kwh, expected)
    (bank,) = rule.banks
    assert (bank.name, bank.pays) == ("export credit", EVERYTHING - {ChargeClass.MINIMUM})


def test_sell_prices_follow_seasons_and_weekends():
    structure = [[{"rate": 0.1, "sell": 0.03}], [{"rate": 0.3, "sell": 0.12}]]
    item = flat_item(
        energyratestructure=structure,
        energyweekdayschedule=SUMMER,
        dgrules="Net Billing Instantaneous",
    )
    table = read_urdb(item).export_rules[0].prices[0].usd_per_kwh
    assert [table[0, month, 0, 0] for month in (4, 5, 8, 9)] == [0.03, 0.12, 0.12, 0.03]
    assert (table[0, :, 1, :] == 0.03).all()


def test_a_sell_price_that_is_missing_is_a_gap_not_an_error():
    plain = read_urdb(flat_item(dgrules="Net Billing Instantaneous")).export_rules[0]
    assert (plain.prices, [gap.name for gap in plain.missing]) == ((), ["export_price"])
    half = [[{"rate": 0.1, "sell": 0.03}], [{"rate": 0.3}]]
    (rule,) = read_urdb(tou_item(half, dgrules="Buy All Sell All")).export_rules
    assert (len(rule.prices), rule.missing[0].note) == (1, "no sell price in period 1")
    tiers = [[{"rate": 0.1, "sell": 0.03, "max": 9}, {"rate": 0.2, "sell": 0.04}]]
    item = flat_item(energyratestructure=tiers, dgrules="Buy All Sell All")
    assert "differs by tier" in read_urdb(item).export_rules[0].missing[0].note


def test_csv_rows_fold_months_and_lists():
    months = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    row = csv_row(flat_item(flatdemandstructure=[[{"rate": 0}], [{"rate": 5}]]))
    row |= {f"flatDemandMonth_{m}": "1.0" if m in ("jul", "aug") else "0.0" for m in months}
    row |= {f"lookbackMonth{n}": "true" if n == 6 else "false" for n in range(12)}
    row |= {"lookbackPercent": "0.5", "energycomments": 'Says "on\npeak", twice', "blank": ""}
    item = csv_row_to_item(row)
    assert item["flatdemandmonths"] == [0.0] * 6 + [1.0, 1.0] + [0.0] * 4
    assert item["lookbackmonths"] == [0.0] * 6 + [1.0] + [0.0] * 5
    (charge,) = of_kind(read_urdb(item), DemandCharge)
    assert charge.ratchet.months == frozenset({7})
    assert "blank" not in item


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"energyratestructure/period2/tier0rate": "1"}, "energyratestructure: has the entries"),
        ({"energyratestructure/period0/tier2rate": "1"}, r"energyratestructure\[0\]: has the"),
        ({"energyweekdayschedule": "[[0,"}, "energyweekdayschedule: '\\[\\[0,' is not a list"),
        ({"flatDemandMonth_xyz": "1"}, "flatdemandmonth_xyz: is no column of a month"),
        ({"flatDemandMonth_jan": "x"}, "flatdemandmonths: takes a number"),
    ],
)
def test_broken_csv_rows_are_refused_by_name(cells, said):
    with pytest.raises(TariffError, match=said):
        csv_row_to_item(csv_row(flat_item()) | cells)
