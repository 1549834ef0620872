"""Every plan of a ZIP for one home: ranked, apart or refused, none dropped."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kwhen.api.bills import bill
from kwhen.catalog.plans import RatePlan, rate_plan
from kwhen.catalog.stock import Stock
from kwhen.engine.solar import SolarSystem
from kwhen.engine.tariff import Service
from kwhen.engine.words import Customer, Missing
from kwhen.errors import NotFound, UsageError
from kwhen.operations.comparison_answers import comparison_answer
from kwhen.operations.rate_comparison import (
    ComparedHome,
    PlanComparison,
    common_date,
    compare_rate_plans,
    covers,
    fits,
)
from kwhen.wire.rate_comparison import PlanComparisonAnswer

FIRST, END = date(2026, 4, 1), date(2026, 6, 1)
DAYS = (END - FIRST).days
SHIPPED = Stock(Path("no-imports"))
OWN = "14328/E-TOU-C/T-B"


def usage() -> np.ndarray:
    """A home that uses more in the evening. (D, 96) [kWh]"""
    day = np.where((np.arange(96) >= 64) & (np.arange(96) < 84), 0.4, 0.1)
    return np.tile(day, (DAYS, 1))


def export() -> np.ndarray:
    """Solar at noon. (D, 96) [kWh]"""
    return np.tile(np.where(abs(np.arange(96) - 50) < 10, 0.3, 0.0), (DAYS, 1))


def compared(home: ComparedHome, *, solar: bool = False, **options: date) -> PlanComparison:
    sold = export() if solar else None
    return compare_rate_plans(home, usage(), sold, FIRST, END, stock=SHIPPED, **options)


def at(zipcode: str = "94107", **facts: object) -> ComparedHome:
    return ComparedHome(zipcode=zipcode, **facts)


def families(found: PlanComparison) -> list[str]:
    return [one.plan.family for one in found.results] + [one.key for one in found.failures]


def test_every_family_of_the_zip_is_told_once() -> None:
    found = compared(at())
    offered = {plan.family for plan in SHIPPED.find_plans("94107")}
    assert sorted(families(found)) == sorted(offered)
    totals = [one.total_usd for one in found.ranked]
    assert totals == sorted(totals) and found.to_best_usd(found.ranked[0]) == 0
    assert found.to_best_usd(found.ranked[1]) == pytest.approx(totals[1] - totals[0])


def test_a_total_is_the_bill_of_the_plan() -> None:
    found = compared(at(plan=OWN))
    own = rate_plan(OWN)
    direct = bill(own.on(END), usage().reshape(-1), start=FIRST, calendar="wall", nearest=True)
    assert found.current is not None and found.current.plan.key == OWN
    assert found.current.total_usd == direct.total_usd
    assert found.to_current_usd(found.current) == 0


def test_wall_days_are_billed_over_the_change_of_clocks() -> None:
    first, end = date(2026, 3, 7), date(2026, 3, 10)
    found = compare_rate_plans(
        at(), usage()[:3], None, first, end, stock=SHIPPED, on=date(2026, 3, 9)
    )
    assert len(found.ranked) > 3 and not found.failures


def test_an_open_territory_gives_a_range() -> None:
    one = next(one for one in compared(at()).ranked if one.plan.family == "14328/E-TOU-C")
    assert one.variants_count == 20
    assert one.low_usd <= one.total_usd <= one.high_usd and one.low_usd < one.high_usd


def test_the_current_plan_says_the_territory_of_its_utilitys_others() -> None:
    found = compared(at(plan=OWN))
    variants = {one.plan.family: one for one in found.ranked if one.plan.territory}
    assert set(variants) == {"14328/E-TOU-C", "14328/E-1"}
    assert {(one.plan.territory, one.plan.heating) for one in variants.values()} == {("T", "B")}
    assert all(one.variants_count == 1 for one in variants.values())


def test_what_the_home_says_wins_over_its_plan() -> None:
    found = compared(at(plan=OWN, customer=Customer(territory="X", heating="H")))
    shown = {one.plan.territory for one in found.ranked if one.plan.territory}
    assert shown == {"X"}


def test_a_current_plan_of_elsewhere_takes_part() -> None:
    for named in ("17609/TOU-D-4-9PM", "17609/TOU-D-4-9PM/5-B"):
        found = compared(at(plan=named))
        assert found.current is not None
        assert found.current.plan.key == "17609/TOU-D-4-9PM/5-B"
        others = [one for one in found.ranked if one is not found.current]
        assert {one.plan.utility_id for one in others} == {14328}
        # A territory of one utility says nothing about another's.
        assert any(one.variants_count == 20 for one in others)


def test_a_territory_that_nobody_has_is_told_with_its_reason() -> None:
    found = compared(at(customer=Customer(territory="QQ")))
    refused = {one.key: one.reason for one in found.failures}
    assert set(refused) == {"14328/E-TOU-C", "14328/E-1"}
    assert all("no variant for QQ-any" in reason for reason in refused.values())
    assert found.ranked


def test_a_rule_that_a_plan_lacks_refuses_it() -> None:
    found = compared(at("10001", customer=Customer(export_rule="NBT")), solar=True)
    assert not found.results and found.failures
    assert all("export rule" in one.reason for one in found.failures)


@pytest.mark.parametrize(("is_non_net_metered", "rule"), [(True, "NBT26"), (False, "NEM2")])
def test_the_homes_solar_says_the_rule(is_non_net_metered: bool, rule: str) -> None:
    solar = SolarSystem(
        system_size_kw=5,
        is_non_net_metered=is_non_net_metered,
        interconnection_date=date(2026, 2, 1),
    )
    found = compared(at(solar=solar), solar=True)
    assert {one.bill.export_rule for one in found.ranked} == {rule}
    assert all(one.bill.credit_usd > 0 for one in found.ranked)


class OfferedStock(Stock):
    """A stock with other plans."""

    def find_plans(self, *args: object, **kwargs: object) -> list[RatePlan]:
        whole, bare = rate_plan("14328/E-ELEC"), rate_plan("14328/EV2-A")
        gap = Missing(name="supply", note="delivery alone")
        return [replace(bare, service=Service.DELIVERY, missing=(gap,)), whole]


def test_plans_without_supply_stand_apart() -> None:
    stock = OfferedStock(Path("no-imports"))
    home = at(plan="14328/E-ELEC")
    found = compare_rate_plans(home, usage(), None, FIRST, END, stock=stock)
    assert [one.plan.key for one in found.ranked] == ["14328/E-ELEC"]
    assert [one.plan.key for one in found.apart] == ["14328/EV2-A"]
    assert found.to_best_usd(found.apart[0]) is None
    assert found.to_current_usd(found.apart[0]) is None


def test_all_take_the_prices_of_one_date_where_some_lack_their_own() -> None:
    found = compared(at())
    apart = compared(at(), on=date(2020, 1, 1))
    assert found.prices_on == common_date(SHIPPED.find_plans("94107"), FIRST, END)
    assert apart.prices_on == date(2020, 1, 1)
    assert all(one.is_priced_apart for one in apart.ranked)
    gaps = [gap.name for one in apart.ranked for gap in apart.gaps(one)]
    assert gaps and "version" not in gaps


def test_coverage_without_a_hole() -> None:
    plan = rate_plan(OWN)
    assert covers(plan, date(2025, 1, 1), date(2026, 6, 1))
    assert not covers(plan, date(2024, 12, 31), date(2025, 6, 1))
    ended = replace(plan, versions=plan.versions[:1])
    assert not covers(ended, date(2025, 1, 1), date(2025, 6, 1))
    assert common_date([plan], date(2025, 1, 1), date(2025, 6, 1)) is None
    assert common_date([plan], date(2024, 1, 1), date(2024, 6, 1)) == date(2025, 1, 1)


def test_a_plan_without_territories_fits_everybody() -> None:
    assert fits(rate_plan("14328/E-ELEC"), Customer(territory="T", heating="B"))
    assert not fits(rate_plan(OWN), Customer(territory="T", heating="H"))


def test_a_zip_without_plans_compares_nothing() -> None:
    found = compared(at("02139"))
    assert families(found) == [] and found.current is None


def test_what_is_wrong_for_every_plan_is_refused() -> None:
    with pytest.raises(NotFound):
        compared(at("00000"))
    with pytest.raises(NotFound):
        compared(at(plan="14328/NOPE"))
    for wrong in (usage()[:-1], usage()[:, :95], usage().reshape(-1), -usage(), usage() * np.nan):
        with pytest.raises(UsageError, match="usage"):
            compare_rate_plans(at(), wrong, None, FIRST, END, stock=SHIPPED)
    with pytest.raises(UsageError, match="export"):
        compare_rate_plans(at(), usage(), -export(), FIRST, END, stock=SHIPPED)
    with pytest.raises(UsageError, match="0 days"):
        compare_rate_plans(at(), usage()[:0], None, FIRST, FIRST, stock=SHIPPED)


def test_the_answer() -> None:
    home = at(plan=OWN, customer=Customer(low_income="CARE"))
    found = compared(home, solar=True)
    answer = comparison_answer(found, home, FIRST, END)
    assert PlanComparisonAnswer.model_validate_json(answer.model_dump_json(by_alias=True)) == answer
    document = answer.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert document["zipcode"] == "94107" and document["startDate"] == "2026-04-01"
    assert document["currentRatePlanId"] == rate_plan(OWN).id
    (own,) = [one for one in document["ranked"] if one["isCurrent"]]
    assert own["ratePlanId"] == rate_plan(OWN).id and own["moreThanCurrent"] == 0
    assert own["utilityId"] == "14328" and own["utilityName"] == "Pacific Gas & Electric Co."
    for one, result in zip(document["ranked"], found.ranked, strict=True):
        assert one["billTotal"] == pytest.approx(result.total_usd, abs=0.005)
        assert one["exportCompensationCredit"] > 0 and one["versions"] and one["missing"]
        assert rate_plan(one["ratePlanId"]).rate_id == one["rateID"]


def test_the_answer_names_what_was_not_billed() -> None:
    home = at(customer=Customer(territory="QQ"))
    document = comparison_answer(compared(home), home, FIRST, END).model_dump(by_alias=True)
    assert {one["key"].rsplit("/", 1)[0] for one in document["notBilled"]} == {
        "14328/E-TOU-C",
        "14328/E-1",
    }
    assert all(one["reason"] for one in document["notBilled"])
    assert document["currentRatePlanId"] is None
    assert all(one["moreThanCurrent"] is None for one in document["ranked"])
    assert all(one["exportCompensationCredit"] is None for one in document["ranked"])
