"""Utilities and plans by ZIP, place and id: which, in which order, with which versions."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from kwhen.catalog.imports import import_urdb
from kwhen.catalog.places import place, usual_id
from kwhen.catalog.plans import RatePlan, plan_keys, rate_plan
from kwhen.catalog.stock import Stock
from kwhen.engine.tariff import EnergyCharge, FixedCharge
from kwhen.errors import InvalidFields
from kwhen.operations.plan_answers import plan_answer, plan_details, utility_answer
from kwhen.operations.utilities import PlanFound, UtilityFound, find_utilities
from kwhen.wire.utilities import (
    RatePlanAnswer,
    RatePlanDetails,
    UtilityAnswer,
    UtilityQuery,
)
from tests.catalog.urdb_items import flat_item

NOW = datetime(2026, 7, 28, 3, tzinfo=UTC)  # still the 27th in California
SHIPPED = Stock(Path("no-imports"))
ANSWERS = TypeAdapter(list[UtilityAnswer])
DOCUMENTED = {"id", "rateID", "ratePlanName", "supportedType"}
DOCUMENTED_OPTIONAL = {"solarBillingProgram", "exportCompensationRefs"}


def find(stock: Stock = SHIPPED, **sent: Any) -> list[UtilityFound]:
    return find_utilities(UtilityQuery.model_validate(sent), stock=stock, now=NOW)


def ids(found: list[UtilityFound]) -> list[str]:
    return [utility.utility_id for utility in found]


def of_utility(plan: RatePlan) -> PlanFound:
    (utility,) = find(utilityId=str(plan.utility_id))
    return next(found for found in utility.plans if found.plan.key == plan.key)


def sent_back(found: list[UtilityFound], *, is_full: bool) -> Any:
    """The answer as a client reads it."""
    answers = [utility_answer(utility, is_full=is_full) for utility in found]
    text = ANSWERS.dump_json(answers, by_alias=True, exclude_none=True)
    assert ANSWERS.validate_json(text) == answers
    return TypeAdapter(Any).validate_json(text)


def test_the_documented_request() -> None:
    body = {"zipcode": "94107", "detailLevel": "minimal"}
    answer = sent_back(find(**body), is_full=False)
    assert [utility["utilityId"] for utility in answer] == ["14328", "16612"]
    assert answer[0].keys() == {"utilityId", "utilityName", "ratePlans"}
    assert "E-TOU-C" in {plan["ratePlanName"].split(":")[0] for plan in answer[0]["ratePlans"]}
    assert answer[1]["ratePlans"] == []
    for plan in answer[0]["ratePlans"]:
        assert plan.keys() - DOCUMENTED_OPTIONAL == DOCUMENTED
        assert plan["solarBillingProgram"] == "NBT"
        assert {"NBT", "NBT26", "NEM2"} <= set(plan["exportCompensationRefs"])


@pytest.mark.parametrize("zipcode", ["2139", "02139", "002139", "02139-1234", "2139 1234"])
def test_forms_of_a_zip(zipcode: str) -> None:
    assert ids(find(zipcode=zipcode)) == ["54913"]


def test_a_prefix_is_every_zip_that_starts_with_it() -> None:
    found = find(zipcode="941")
    assert ids(found)[0] == "14328" and {"14328", "16612"} < set(ids(found))
    assert len(found[0].plans) == len(find(zipcode="94107")[0].plans)


@pytest.mark.parametrize("zipcode", ["00000", "99999", "1", "000"])
def test_an_unknown_zip_has_no_utilities(zipcode: str) -> None:
    assert find(zipcode=zipcode) == []


def test_all_utilities_of_a_zip_are_told_by_rank() -> None:
    listed = [str(usual_id(one.eia_id)) for one in place("10516").utilities]
    found = find(zipcode="10516")
    assert len(listed) > 2 and ids(found) == listed
    assert all(utility.plans for utility in found)


def test_utilities_with_plans_come_first() -> None:
    assert [str(one.eia_id) for one in place("01075").utilities] == ["3477", "11804", "8774"]
    assert ids(find(zipcode="01075")) == ["11804", "3477", "8774"]


def test_a_place_is_its_nearest_zip() -> None:
    assert ids(find(lat="42.365", long="-71.104")) == ids(find(zipcode="02139"))
    assert find(lat="0", long="0") == []
    assert find(lat="52.52", long="13.40", radius=100) == []


def test_a_radius_takes_every_zip_within() -> None:
    near, far = (ids(find(lat="37.7749", long="-122.4194", radius=r)) for r in (0.001, 20))
    assert near == ["14328", "16612"] and set(near) < set(far)
    assert far[0] == "14328"


def test_a_utility_by_id() -> None:
    (found,) = find(utilityId="14328")
    assert found.name == "Pacific Gas & Electric Co." and len(found.plans) > 40
    assert "baseline_territory" not in {gap.name for gap in found.plans[0].plan.missing}
    (bare,) = find(utilityId="54913")
    assert bare.plans == () and bare.name == "NSTAR Electric Company"
    assert find(utilityId="999999") == []


def test_an_id_beside_a_zip_must_be_listed_there() -> None:
    assert ids(find(zipcode="94107", utilityId="14328")) == ["14328"]
    assert find(zipcode="94107", utilityId="17609") == []


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "zipcode"),
        ({"pageSize": 10, "detailLevel": "full"}, "zipcode"),
        ({"lat": "37.7"}, "long"),
        ({"long": "-122.4", "utilityId": "14328"}, "lat"),
    ],
)
def test_what_must_be_given(sent: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        find(**sent)
    assert [error.field for error in refused.value.fields] == [field]


def test_variants_are_plans_whose_territory_is_open_by_zip() -> None:
    found = find(zipcode="94107")[0]
    variants = [one.plan for one in found.plans if one.plan.family == "14328/E-TOU-C"]
    assert len(variants) == 20 and len({plan.id for plan in variants}) == 20
    for one in found.plans:
        gaps = {gap.name for gap in plan_details(one).missing}
        assert ("baseline_territory" in gaps) == (one.plan.territory is not None)


def test_closed_plans_come_last() -> None:
    closed = [rate_plan(key) for key in plan_keys() if not rate_plan(key).offered]
    assert closed
    for plan in closed:
        (utility,) = find(utilityId=str(plan.utility_id))
        offered = [one.plan.offered for one in utility.plans]
        assert offered == sorted(offered, reverse=True)
        details = plan_details(of_utility(plan))
        assert not details.offered and details.closed == plan.closed != ""


def test_versions_are_those_of_the_local_day() -> None:
    asked = datetime(2026, 3, 1, 7, 59, tzinfo=UTC)  # 28 February in California
    for seconds, effective in (
        (asked.timestamp(), "2026-01-01"),
        (asked.timestamp() + 60, "2026-03-01"),
    ):
        (found,) = find(utilityId="14328", effectiveOnDate=seconds)
        one = next(one for one in found.plans if one.plan.key == "14328/E-TOU-C/T-B")
        assert one.is_in_force and one.version.effective == date.fromisoformat(effective)


def test_a_day_without_a_version_is_told() -> None:
    (found,) = find(utilityId="14328", effectiveOnDate=1_000_000_000)
    for one in found.plans:
        details = plan_details(one)
        assert not details.in_force and details.effective == one.plan.versions[0].effective
        assert details.missing[-1].name == "version"
    assert plan_answer(found.plans[0]).solar_billing_program is None  # no rule was open by then


def test_without_a_date_versions_are_those_of_today() -> None:
    one = of_utility(rate_plan("14328/E-TOU-C/T-B"))
    assert one.day == date(2026, 7, 27) and one.is_in_force


def test_plans_with_a_solar_programme_come_first_when_asked(tmp_path: Path) -> None:
    import_urdb([flat_item(utility="Jackson Electric", eiaid=9601, state="GA")], tmp_path)
    stock = Stock(tmp_path)
    plain, solar = (
        find(stock, utilityId="9601", isSolarPrioritizedOrder=asked)[0].plans
        for asked in (False, True)
    )
    # The shipped plan with net metering is closed, so it is last unless solar comes first.
    assert [one.solar_billing_program for one in plain] == [None, "Net Metering"]
    assert [one.plan.key for one in solar] == [one.plan.key for one in reversed(plain)]


def test_imported_plans_are_found(tmp_path: Path) -> None:
    item = flat_item(utility="Pacific Gas & Electric Co", eiaid=14328, name="Own", state="CA")
    import_urdb([item], tmp_path)
    stock = Stock(tmp_path)
    found = find(stock, zipcode="94107")[0]
    own = next(one for one in found.plans if one.plan.name == "Own")
    assert stock.find_plan(own.plan.id) is own.plan
    assert plan_details(own).supported_type == "FLAT"
    sent_back([found], is_full=True)


def test_a_utility_that_only_an_import_knows(tmp_path: Path) -> None:
    item = flat_item(utility="Own Power", eiaid=999_998, name="Own", state="CA")
    import_urdb([item], tmp_path)
    (found,) = find(Stock(tmp_path), utilityId="999998")
    assert found.name == "Own Power" and len(found.plans) == 1


def test_pages_are_of_utilities() -> None:
    every = ids(find(zipcode="10516"))
    assert ids(find(zipcode="10516", pageSize=2)) == every[:2]
    assert ids(find(zipcode="10516", pageSize=2, pageNumber=2)) == every[2:4]
    assert ids(find(zipcode="10516", pageNumber=1)) == every
    assert find(zipcode="10516", pageNumber=2) == []


@pytest.mark.parametrize("key", plan_keys())
def test_every_plan_has_both_answers(key: str) -> None:
    plan = rate_plan(key)
    found = of_utility(plan)
    names, details = plan_answer(found), plan_details(found)
    assert rate_plan(names.id) is plan and names.rate_id == plan.rate_id
    for answer, model in ((names, RatePlanAnswer), (details, RatePlanDetails)):
        text = answer.model_dump_json(by_alias=True, exclude_none=True)
        assert model.model_validate_json(text) == answer
    assert {source.id for source in details.sources} >= set(found.version.sources)
    assert all(source.title and source.publisher for source in details.sources)
    assert len(details.versions) == len(plan.versions)


@pytest.mark.parametrize("key", plan_keys())
def test_details_are_the_prices_of_the_plan(key: str) -> None:
    found = of_utility(rate_plan(key))
    told = plan_details(found).structure
    charges = found.version.charges
    energy = [charge for charge in charges if isinstance(charge, EnergyCharge)]
    assert [charge.name for charge in told.energy_charges] == [charge.name for charge in energy]
    for own, answer in zip(energy, told.energy_charges, strict=True):
        prices = [[sum(tier.usd_per_kwh) for tier in part.ladder] for part in own.periods]
        read = [[tier.usd_per_kwh for tier in part.tiers] for part in answer.periods]
        assert [len(ladder) for ladder in read] == [len(ladder) for ladder in prices]
        for sheet, tiers in zip(prices, read, strict=True):
            assert tiers == pytest.approx(sheet, abs=0.51e-5)
    fixed = [charge.amount_usd for charge in charges if isinstance(charge, FixedCharge)]
    assert [charge.amount_usd for charge in told.fixed_charges] == pytest.approx(fixed, abs=0.51e-5)
    parts = (told.fixed_charges, told.minimum_charges, told.demand_charges, told.other_charges)
    assert len(told.energy_charges) + sum(map(len, parts)) == len(charges)
