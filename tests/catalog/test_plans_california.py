"""Californian plans against the printed sheets: totals, credits, allowances, hours, exports."""

from datetime import date

import numpy as np
import pytest

import kwhen
from kwhen.catalog.community import community_choice
from kwhen.catalog.plans import plan, plan_keys, rate_plan
from kwhen.engine.compensation import DatedPrice, Leftover, Netting
from kwhen.engine.tariff import EnergyCharge, FixedCharge, Tariff
from kwhen.engine.words import CeilingPer, ChargeClass, TierScope
from kwhen.errors import ChoiceError

FLOAT_USD = 1e-12  # sums of seventeen prices in binary
MARCH = date(2026, 3, 1)
CLIMATE_CREDIT = "California Climate Credit"


def energy(tariff: Tariff, name: str = "Energy") -> EnergyCharge:
    """One energy charge by its name."""
    (found,) = [c for c in tariff.charges if isinstance(c, EnergyCharge) and c.name == name]
    return found


def totals(charge: EnergyCharge) -> dict[str, list[float]]:
    """Price of every tier by period, the components summed. [USD/kWh]"""
    return {p.name: [round(sum(t.usd_per_kwh), 9) for t in p.ladder] for p in charge.periods}


def test_e_tou_c_of_march_2026_is_the_sheet() -> None:
    # Schedule E-TOU-C, sheets 2 and 5: total rates, baseline credit and quantities.
    tariff = plan("14328/E-TOU-C/T-B", on=MARCH)
    assert totals(energy(tariff)) == {
        "summer peak": [0.52240],
        "summer off-peak": [0.39940],
        "winter peak": [0.39757],
        "winter off-peak": [0.36757],
    }
    credit = energy(tariff, "Baseline credit")
    assert totals(credit) == {"summer": [-0.0814, 0.0], "winter": [-0.0814, 0.0]}
    assert [p.ladder[0].ceiling_kwh for p in credit.periods] == [6.5, 7.5]
    assert (credit.ceiling_per, credit.scope) == (CeilingPer.DAY, TierScope.CYCLE)
    (services,) = [c for c in tariff.charges if isinstance(c, FixedCharge)]
    assert services.amount_usd == 0.79343


def test_e_tou_c_parts_are_the_sheets_parts() -> None:
    # Sheet 3, summer peak: generation to bundled PCIA, one by one.
    charge = energy(plan("14328/E-TOU-C/T-B", on=MARCH))
    prices = dict(
        zip([c.name for c in charge.components], charge.periods[0].ladder[0].usd_per_kwh,
            strict=True)
    )  # fmt: skip
    assert prices["generation"] == 0.20782
    assert prices["distribution"] == 0.20388
    assert prices["bundled_pcia"] == -0.01011
    assert prices["conservation_incentive_adjustment"] == 0.05354
    unavoidable = [c.name for c in charge.components if c.klass is ChargeClass.NON_BYPASSABLE]
    assert sum(prices[name] for name in unavoidable) == pytest.approx(0.0123, abs=FLOAT_USD)


# Printed totals by version: E-TOU-C summer peak, winter off-peak; E-ELEC and EV2-A summer peak.
PRINTED = [
    ("14328/E-TOU-C/X-H", "2025-01-01", "summer peak", 0.60729),
    ("14328/E-TOU-C/X-H", "2025-01-01", "winter off-peak", 0.46312),
    ("14328/E-TOU-C/X-H", "2026-01-01", "winter peak", 0.4646),
    ("14328/E-ELEC", "2025-01-01", "summer peak", 0.60728),
    ("14328/E-ELEC", "2026-03-01", "winter part-peak", 0.29854),
    ("14328/EV2-A", "2025-01-01", "summer peak", 0.6159),
    ("14328/EV2-A", "2026-03-01", "winter off-peak", 0.22558),
    ("14328/E-TOU-D", "2026-03-01", "winter peak", 0.38747),
    ("16609/EV-TOU-5", "2026-04-01", "summer on-peak", 0.80292),
]


@pytest.mark.parametrize(("key", "day", "period", "usd_per_kwh"), PRINTED)
def test_components_sum_to_the_printed_total(
    key: str, day: str, period: str, usd_per_kwh: float
) -> None:
    tariff = plan(key, on=date.fromisoformat(day))
    assert totals(energy(tariff))[period] == [usd_per_kwh]


def test_all_components_of_pge_sum_to_five_decimals() -> None:
    for key in plan_keys():
        if key.startswith("14328/"):
            for version in rate_plan(key).versions:
                for prices in totals(energy(version)).values():
                    assert prices == [round(usd, 5) for usd in prices]


def test_e_1_prints_two_tiers_by_the_allowance() -> None:
    charge = energy(plan("14328/E-1/T-B", on=MARCH))
    assert totals(charge)["summer"] == [0.32561, 0.40702]
    assert [p.ladder[0].ceiling_kwh for p in charge.periods] == [6.5, 7.5]


def test_medical_baseline_adds_6000_kwh_a_year() -> None:
    tariff = plan("14328/E-1/T-B", on=MARCH)
    (medical,) = [p for p in tariff.programmes if p.name == "MEDICAL"]
    assert medical.replaces == {"Energy"}
    ceiling_kwh = medical.charges[0].periods[0].ladder[0].ceiling_kwh
    assert (ceiling_kwh - 6.5) * 365 == pytest.approx(6000, abs=0.001)


def test_e_tou_d_has_its_peak_on_weekdays_but_not_on_holidays() -> None:
    tariff = plan("14328/E-TOU-D", on=MARCH)
    (summer, _) = energy(tariff).schedule.parts
    assert [i for i in range(96) if summer.weekday[i] != summer.weekday[0]] == list(range(68, 80))
    assert set(summer.weekend) == {summer.weekday[0]}
    days = tariff.holidays.dates(2026, 2027)
    assert date(2026, 7, 3) in days  # 4 July is a Saturday
    assert date(2027, 7, 5) in days  # 4 July is a Sunday


def test_sce_moves_a_sundays_holiday_and_leaves_a_saturdays() -> None:
    tariff = plan("17609/TOU-D-4-9PM/5-B", on=date(2026, 2, 1))
    days = tariff.holidays.dates(2026, 2027)
    assert date(2027, 7, 5) in days
    assert date(2026, 7, 3) not in days


def test_sce_prices_are_delivery_plus_generation_plus_what_comes_on_top() -> None:
    # Schedule TOU-D, sheet 2: 0.33082 + 0.25448, FRC 0.00619, MCAM 0.00223.
    tariff = plan("17609/TOU-D-4-9PM/5-B", on=date(2026, 2, 1))
    assert totals(energy(tariff))["summer on-peak"] == [0.59372]
    assert totals(energy(tariff, "Baseline credit"))["summer"] == [-0.10108, 0.0]
    # Schedule D, June 2026: 0.40313 with the two charges that the totals lack.
    june = plan("17609/D/5-B", on=date(2026, 6, 1))
    assert totals(energy(june))["winter"] == [0.31056, 0.41155]


def test_sdge_midday_is_super_off_peak_in_spring_first_and_then_all_year() -> None:
    before = energy(plan("16609/EV-TOU-5", on=date(2026, 4, 30))).schedule
    after = energy(plan("16609/EV-TOU-5", on=date(2026, 5, 1))).schedule
    noon = 48

    def is_low(schedule, month: int) -> bool:
        part = schedule.parts[schedule.part_of(month, 15)]
        return part.weekday[noon] == part.weekday[0]

    assert [month for month in range(1, 13) if is_low(before, month)] == [3, 4]
    assert all(is_low(after, month) for month in range(1, 13))


def test_sdge_dr_has_130_percent_of_the_allowance() -> None:
    charge = energy(plan("16609/DR/COASTAL-B", on=date(2026, 4, 1)))
    assert [p.ladder[0].ceiling_kwh for p in charge.periods] == [11.7, 11.96]
    assert totals(charge)["summer"] == [0.42034, 0.52926]


def test_net_billing_of_the_application_year_is_first() -> None:
    for day, vintage in ((date(2025, 9, 1), "NBT25"), (MARCH, "NBT26")):
        rules = plan("14328/E-ELEC", on=day).export_rules
        assert (rules[0].name, rules[0].vintage) == ("NBT", vintage)
        held = {rule.vintage for rule in rules if rule.name == "NBT"}
        assert held == {"NBT00", "NBT23", "NBT24", "NBT25", "NBT26"}


def test_net_billing_has_three_banks() -> None:
    rule = plan("14328/E-ELEC", on=MARCH).export_rules[0]
    assert rule.netting is Netting.CHANNELS
    pays = {bank.name: bank.pays for bank in rule.banks}
    assert pays["generation"] == {ChargeClass.SUPPLY}
    assert pays["delivery"] == {ChargeClass.DELIVERY}
    assert pays["ACC Plus"] == set(ChargeClass) - {ChargeClass.NON_BYPASSABLE}
    assert {bank.at_true_up for bank in rule.banks} == {Leftover.KEEP}
    adder = {price.name: price for price in rule.prices}["ACC Plus"]
    assert np.unique(adder.usd_per_kwh).tolist() == [0.0088]


def test_published_export_prices_keep_their_decimals() -> None:
    # NBT26, delivery, January 2026 weekdays: 0.00089 from midnight, 0.00105 from 17 h.
    rule = plan("14328/E-ELEC", on=MARCH).export_rules[0]
    delivery = {price.name: price for price in rule.prices}["delivery credit"]
    assert (delivery.first_year, delivery.last_year) == (2026, 2045)
    assert delivery.usd_per_kwh[0, 0, 0, [0, 17]].tolist() == [0.00089, 0.00105]
    assert date(2026, 7, 3) in delivery.holidays


def test_net_metering_settles_the_year_and_pays_the_net_surplus_rate() -> None:
    (rule,) = [r for r in plan("14328/E-1/T-B", on=MARCH).export_rules if r.name == "NEM2"]
    assert rule.on_import == {ChargeClass.NON_BYPASSABLE, ChargeClass.TAX}
    assert rule.banks[0].at_true_up is Leftover.SETTLE
    assert ChargeClass.NON_BYPASSABLE not in rule.banks[0].pays
    assert isinstance(rule.cash_out.usd_per_kwh, DatedPrice)
    assert rule.cash_out.usd_per_kwh.at(2026, 3) == (0.02962, True)
    assert rule.open_until == date(2023, 4, 15)


def test_community_choice_swaps_the_supply() -> None:
    bundled = plan("14328/E-ELEC", on=MARCH)
    tariff = community_choice(bundled, "MCE", 2011)
    assert tariff.effective == date(2026, 4, 1)  # the card's first day
    supply = energy(tariff, "MCE generation")
    assert totals(supply)["summer off-peak"] == [0.11878]
    # 0.33358 without generation and bundled PCIA.
    assert totals(energy(tariff))["summer off-peak"] == [0.22491]
    riders = {c.name: c.steps for c in tariff.charges if hasattr(c, "steps")}
    assert riders["Power charge indifference adjustment"][0][1] == 0.03492
    assert riders["Franchise fee surcharge"][0][1] == 0.0006
    assert riders["MCE cost relief credit"] == (
        (date(2026, 4, 1), -0.0062), (date(2027, 1, 1), 0.0),
    )  # fmt: skip
    bonus = [p for p in tariff.export_rules[0].prices if p.name == "MCE solar bonus"]
    base = [p for p in bundled.export_rules[0].prices if p.name == "generation credit"]
    assert np.allclose(bonus[0].usd_per_kwh, base[0].usd_per_kwh * 0.1)


@pytest.mark.parametrize(
    ("key", "given"),
    [
        ("14328/E-ELEC", {"provider": "NOBODY"}),
        ("14328/E-ELEC", {"pcia_vintage": 1999}),
        ("14328/E-ELEC", {"option": "dark_green"}),
        ("14328/E-TOU-D", {}),
    ],
)
def test_community_choice_refuses_what_is_not_offered(key: str, given: dict[str, object]) -> None:
    with pytest.raises(ChoiceError):
        community_choice(plan(key, on=MARCH), **given)


def test_the_climate_credit_of_2025_is_paid_in_april_and_october() -> None:
    bill = kwhen.bill(rate_plan("14328/E-ELEC"), np.full(365 * 96, 0.1), start=date(2025, 1, 1))
    paid = [(x.start.month, x.amount_usd) for x in bill.lines if x.charge == CLIMATE_CREDIT]
    assert paid == [(4, -58.23), (10, -58.23)]
    assert "climate_credit" not in {gap.name for gap in bill.missing}
    later = kwhen.bill(rate_plan("14328/E-ELEC"), np.full(30 * 96, 0.1), start=date(2026, 4, 1))
    assert "climate_credit" in {gap.name for gap in later.missing}


def test_sce_pays_what_its_sheet_says_twice_a_year() -> None:
    # Schedule D, sheet 2 of 2026-01: 36.00 $, semi-annually.
    bill = kwhen.bill(
        rate_plan("17609/TOU-D-PRIME"), np.full(365 * 96, 0.1), start=date(2026, 1, 1)
    )
    paid = [(x.start.month, x.amount_usd) for x in bill.lines if x.charge == CLIMATE_CREDIT]
    assert paid == [(4, -36.0), (10, -36.0)]
    assert "climate_credit_months" in {gap.name for gap in bill.missing}
