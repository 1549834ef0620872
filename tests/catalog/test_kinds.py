"""The kind of a plan, from its charges alone."""

from dataclasses import replace
from typing import get_args

import pytest

from kwhen.catalog.kinds import kind_words, lacks_supply, supported_type
from kwhen.catalog.plans import plan_keys, rate_plan
from kwhen.engine.calendar import flat_schedule
from kwhen.engine.tariff import DemandCharge, DemandPeriod, DemandTier, IndexedEnergyCharge, Service
from kwhen.engine.words import ChargeClass, Missing, SupportedType

DEMAND = DemandCharge(
    name="Demand",
    schedule=flat_schedule(),
    periods=(DemandPeriod(name="", ladder=(DemandTier(usd_per_kw=4.0),)),),
)
HOURLY = IndexedEnergyCharge(name="Market", klass=ChargeClass.SUPPLY)


@pytest.mark.parametrize(
    ("key", "kind", "words"),
    [
        ("14328/E-ELEC", "TOU", "TOU"),
        ("14328/E-TOU-C/T-B", "TOU_TIERED", "TOU, tiered"),
        ("14328/E-1/T-B", "TIERED", "tiered"),
        ("4176/RATE-1", "FLAT", "flat"),
    ],
)
def test_kinds(key: str, kind: str, words: str) -> None:
    tariff = rate_plan(key).versions[-1]
    assert supported_type(tariff) == kind and kind_words(tariff) == words
    with_demand = replace(tariff, charges=(*tariff.charges, DEMAND))
    assert supported_type(with_demand) == f"{kind}_DEMAND"
    assert kind_words(with_demand) == f"{words}, demand"
    hourly = replace(tariff, charges=(*tariff.charges, HOURLY))
    assert supported_type(hourly) == "DYNAMIC" and kind_words(hourly) == "hourly price"


def test_every_kind_is_in_the_vocabulary() -> None:
    known = get_args(SupportedType)
    for key in plan_keys():
        assert supported_type(rate_plan(key).versions[-1]) in known


def test_a_plan_without_supply_is_no_full_bill() -> None:
    whole = rate_plan("14328/E-ELEC")
    assert not lacks_supply(whole)
    assert lacks_supply(replace(whole, service=Service.DELIVERY))
    assert lacks_supply(replace(whole, missing=(Missing(name="supply"),)))
