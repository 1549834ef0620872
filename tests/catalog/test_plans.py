"""Rate plans by key, id, family and ZIP; versions by date; what is refused, and how."""

from datetime import date

import numpy as np
import pytest

import kwhen
from kwhen.catalog.plans import plan, plan_id, plan_keys, plans, rate_plan
from kwhen.engine.words import ChargeClass, Customer
from kwhen.errors import ChoiceError, CoverageError, NotFound

E_TOU_C = "14328/E-TOU-C/T-B"
T_BASIC = Customer(territory="T", heating="B")


@pytest.mark.parametrize(
    ("key", "id"),
    [
        (E_TOU_C, "e2fffca662e52a9f4991d9d4"),
        ("16609/DR/COASTAL-B", "6edf6e91715baf8a0c7a970d"),
        ("17609/TOU-D-PRIME", "6fa870c86f1b2c10f02a977d"),
    ],
)
def test_ids_never_change(key: str, id: str) -> None:
    assert plan_id(key) == id
    assert rate_plan(id) is rate_plan(key)


def test_every_key_makes_a_plan_of_its_own() -> None:
    found = [rate_plan(key) for key in plan_keys()]
    assert len({plan.id for plan in found}) == len(plan_keys())
    for key, one in zip(plan_keys(), found, strict=True):
        assert one.key == key
        assert all(version.plan == key for version in one.versions)


def test_the_same_values_are_returned_each_time() -> None:
    day = date(2026, 3, 1)
    assert plan(E_TOU_C, on=day) is plan(E_TOU_C, on=day)
    assert rate_plan("14328/E-TOU-C", T_BASIC) is rate_plan(E_TOU_C)


def test_a_rate_id_has_thirteen_segments() -> None:
    one = rate_plan(E_TOU_C)
    assert one.rate_id == (
        "USA-CA-14328-14328-R-BNYYYN-???N??-TB-03012026-????-????????-????????-ETOUC"
    )
    for key in plan_keys():
        assert len(rate_plan(key).rate_id.split("-")) == 13


def test_a_rate_id_is_refused_with_the_id_to_send() -> None:
    one = rate_plan(E_TOU_C)
    with pytest.raises(ChoiceError, match=one.id):
        rate_plan(one.rate_id)
    with pytest.raises(ChoiceError, match="list plans by ZIP or utility"):
        rate_plan(one.rate_id.replace("ETOUC", "NONE"))


def test_a_rate_id_cut_off_by_a_url_is_refused_with_the_ids_that_begin_so() -> None:
    cut = rate_plan("14328/E-TOU-D").rate_id.partition("?")[0]
    with pytest.raises(ChoiceError, match=r"E-TOU-D.* or "):
        rate_plan(cut)
    with pytest.raises(ChoiceError, match="39 others"):
        rate_plan("USA-CA-14328-")


@pytest.mark.parametrize(
    "customer",
    [Customer(territory="T"), Customer(heating="B"), Customer(territory="K")],
)
def test_a_family_lists_its_keys_until_the_customer_chooses(customer: Customer) -> None:
    with pytest.raises(ChoiceError, match=r"14328/E-TOU-C/T-B"):
        rate_plan("14328/E-TOU-C", customer)


@pytest.mark.parametrize("on", [None, date(2026, 3, 10)])
def test_a_family_is_billed_as_the_variant_that_the_customer_chooses(on: date | None) -> None:
    family = rate_plan("14328/E-TOU-C") if on is None else plan("14328/E-TOU-C", on=on)
    month_kwh, start = np.full(2972, 0.2), date(2026, 3, 1)
    with pytest.raises(ChoiceError, match=r"14328/E-TOU-C/T-B"):
        kwhen.bill(family, month_kwh, start=start)
    with pytest.raises(ChoiceError, match=r"14328/E-TOU-C/T-B"):
        kwhen.prices(family, start, date(2026, 3, 2))
    one = kwhen.bill(rate_plan(E_TOU_C), month_kwh, start=start)
    assert kwhen.bill(family, month_kwh, start=start, customer=T_BASIC).total_usd == one.total_usd


def test_a_family_of_one_territory_still_asks() -> None:
    with pytest.raises(ChoiceError, match="17609/D/5-B"):
        kwhen.bill(rate_plan("17609/D"), np.full(2972, 0.2), start=date(2026, 3, 1))
    assert rate_plan("17609/D", Customer(territory="5")).key == "17609/D/5-B"


def test_a_key_and_a_customer_must_agree() -> None:
    assert rate_plan(E_TOU_C, T_BASIC).territory == "T"
    with pytest.raises(ChoiceError, match="territory T, the customer has X"):
        rate_plan(E_TOU_C, Customer(territory="X"))
    with pytest.raises(ChoiceError, match="heating B, the customer has H"):
        plan(E_TOU_C, on=date(2026, 3, 1), customer=Customer(heating="H"))


def test_an_unknown_key_names_close_ones() -> None:
    with pytest.raises(NotFound, match=r"close to it: .*14328/E-TOU-C"):
        rate_plan("14328/ETOUC")
    with pytest.raises(NotFound, match=r"no plan '0{24}'"):
        rate_plan("0" * 24)


def test_versions_cover_their_days_and_no_others() -> None:
    one = rate_plan("14328/E-ELEC")
    assert [v.effective for v in one.versions] == [
        date(2025, 1, 1), date(2025, 3, 1), date(2025, 9, 1), date(2026, 1, 1), date(2026, 3, 1),
    ]  # fmt: skip
    assert one.on(date(2025, 2, 28)).effective == date(2025, 1, 1)
    assert one.on(date(2025, 3, 1)).effective == date(2025, 3, 1)
    assert one.on(date(2040, 1, 1)).effective == date(2026, 3, 1)
    with pytest.raises(CoverageError, match="no version in force on 2024-12-31; the first starts"):
        one.on(date(2024, 12, 31))
    assert one.on(date(2024, 12, 31), nearest=True).effective == date(2025, 1, 1)


def test_a_hole_between_versions_is_told_and_bridged_by_the_nearest() -> None:
    one = rate_plan("16609/DR/COASTAL-B")
    with pytest.raises(CoverageError):
        one.on(date(2025, 12, 1))
    assert one.on(date(2025, 10, 2), nearest=True).effective == date(2024, 9, 30)
    assert one.on(date(2026, 3, 1), nearest=True).effective == date(2026, 4, 1)


def test_plans_of_a_zip() -> None:
    found = plans(zipcode="94107")
    keys = {one.key for one in found}
    assert {"14328/E-ELEC", "14328/E-TOU-D", "14328/EV2-A", E_TOU_C, "14328/E-1/T-B"} <= keys
    assert all(one.state == "CA" and one.offered for one in found)
    chosen = next(one for one in found if one.key == E_TOU_C)
    assert "baseline_territory" in {gap.name for gap in chosen.missing}
    assert "baseline_territory" not in {gap.name for gap in rate_plan(E_TOU_C).missing}
    assert chosen.versions is rate_plan(E_TOU_C).versions


def test_plans_of_a_utility() -> None:
    assert {one.utility_id for one in plans(utility_id=17609)} == {17609}
    assert plans(zipcode="94107", utility_id=17609) == []
    assert plans(utility_id=1) == []
    with pytest.raises(ChoiceError, match="zipcode"):
        plans()


def test_every_plan_tells_its_sources() -> None:
    assert "pge-e-tou-c-7846-E" in rate_plan(E_TOU_C).sources
    assert all(rate_plan(key).sources for key in plan_keys())


def test_programmes_take_the_place_of_the_services_charge() -> None:
    tariff = plan(E_TOU_C, on=date(2026, 3, 1))
    programmes = {programme.name: programme for programme in tariff.programmes}
    assert set(programmes) == {"CARE", "FERA", "MEDICAL"}
    assert programmes["CARE"].replaces == {"Base services charge"}
    assert programmes["CARE"].charges[0].amount_usd == 0.19713
    assert programmes["FERA"].charges[0].amount_usd == 0.39688
    assert programmes["CARE"].charges[-1].share_frac == -0.35
    assert ChargeClass.FIXED not in programmes["CARE"].charges[-1].of


def test_a_utility_is_named_by_its_eia_id() -> None:
    assert [one.key for one in plans(utility_id="14328")] == [one.key for one in plans(None, 14328)]
    with pytest.raises(ChoiceError, match="EIA id, such as 14328"):
        plans(utility_id="PG&E")
