"""Bills equal NREL-PySAM's: every embedded plan, and random rates, for random homes."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from kwhen.catalog.plans import plan_keys
from kwhen.engine.calendar import Schedule, flat_schedule, quarters
from kwhen.engine.tariff import (
    Charge,
    EnergyCharge,
    FixedCharge,
    IndexedEnergyCharge,
    LumpCharge,
    MinimumCharge,
    PercentageCharge,
    RiderCharge,
    Tariff,
)
from kwhen.engine.words import CeilingPer, ChargeClass, Per, TierScope
from tests.differential.comparison import compared, month_sums, surplus_of_year_usd
from tests.differential.homes import load_kw, solar_kw
from tests.differential.pysam import Inexpressible, sam_rate, sam_year
from tests.differential.rates import random_rate
from tests.differential.table import PAGE, page
from tests.properties.values import energy, tariff, time_of_use
from tests.sam import (
    BUY_ALL_SELL_ALL,
    NEM_KWH,
    NET_BILLING,
    NET_BILLING_CARRIED,
    sam_bill,
)

MONTH_USD, YEAR_USD = 0.01, 0.02  # what a comparison of two models may leave
SAME_USD = 1e-6  # two ways of adding up the same numbers
OPTIONS = {
    "NEM": NEM_KWH,
    "net billing": NET_BILLING,
    "net billing, carried": NET_BILLING_CARRIED,
    "buy all, sell all": BUY_ALL_SELL_ALL,
}


@pytest.mark.parametrize("key", plan_keys())
def test_an_embedded_plan_is_billed_as_pysam_bills_it(key: str) -> None:
    found = compared(key)
    assert not found.reason, f"name it in the page and let it pass here: {found.reason}"
    assert found.months_usd <= MONTH_USD
    assert found.year_usd <= YEAR_USD


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.differential.table"


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("seed", range(12))
def test_a_random_rate_is_billed_as_pysam_bills_it(option: int, seed: int) -> None:
    rate, per_hour = random_rate(seed, option), (1, 4)[seed % 2]
    load, gen = load_kw(seed, per_hour), solar_kw(seed, per_hour, (3.0, 9.0, 6.0)[seed % 3])
    theirs = sam_year(rate, load, gen)
    theirs.with_usd[-1] += surplus_of_year_usd(rate, load, gen)
    assert list(sam_bill(rate, load).by_month) == pytest.approx(theirs.without_usd, abs=SAME_USD)
    assert list(sam_bill(rate, load, gen).by_month) == pytest.approx(theirs.with_usd, abs=SAME_USD)


def test_sam_pays_surplus_that_the_first_months_used_up() -> None:
    rate = replace(random_rate(0, NEM_KWH), year_end_usd_per_kwh=0.05)
    load, gen = load_kw(1, 1), solar_kw(1, 1, 14.0)
    gen[: 59 * 24] = 0.0  # January and February are bought
    net_kwh = month_sums(gen - load)
    assert (net_kwh[:2] < 0).all() and (net_kwh[2:] > 0).all()
    unpaid = replace(rate, year_end_usd_per_kwh=0.0)
    paid = sam_year(unpaid, load, gen).with_usd[-1] - sam_year(rate, load, gen).with_usd[-1]
    assert paid == pytest.approx(0.05 * net_kwh[2:].sum())
    ours = sam_bill(unpaid, load, gen).exact_usd - sam_bill(rate, load, gen).exact_usd
    assert ours == pytest.approx(0.05 * net_kwh.sum())


def within_an_hour() -> Schedule:
    day = (0,) * 66 + (1,) * 30
    (part,) = flat_schedule().parts
    return Schedule(parts=(replace(part, weekday=day, weekend=day),))


def by_the_hour() -> Schedule:
    day = quarters([0] * 16 + [1] * 8)
    (part,) = flat_schedule().parts
    return Schedule(parts=(replace(part, weekday=day, weekend=day),))


def starting(month: int, day: int) -> EnergyCharge:
    charge = energy(0.1)
    (part,) = charge.schedule.parts
    return replace(charge, schedule=Schedule(parts=(replace(part, starts=(month, day)),)))


SUPPLY = ChargeClass.SUPPLY
SOME_CLASSES = frozenset({ChargeClass.DELIVERY})
REASONS: dict[str, tuple[Charge, ...]] = {
    "a season that starts within a month": (starting(6, 15),),
    "a period that starts within an hour": (time_of_use(schedule=within_an_hour()),),
    "tiers that each period counts alone": (
        time_of_use(
            schedule=by_the_hour(), ceilings=(300,), scope=TierScope.PERIOD
        ),
    ),
    "ladders whose ceilings are in different units": (
        energy(0.1, 0.2, ceilings=(300,)),
        energy(0.1, 0.2, ceilings=(10,), per=CeilingPer.DAY),
    ),
    "energy at a market price": (IndexedEnergyCharge(name="Index", klass=SUPPLY),),
    "amounts on dates": (LumpCharge(name="Credit", dates=((4, 1, -50.0),)),),
    "a percentage of classes of charges": (
        PercentageCharge(name="Tax", share_frac=0.05, of=SOME_CLASSES),
    ),
    "a fixed charge that accrues by the day of a year": (
        FixedCharge(name="Fixed", amount_usd=9.0, per=Per.YEAR),
    ),
    "a minimum by the day": (MinimumCharge(name="Floor", amount_usd=1.0, per=Per.DAY),),
    "a minimum on some classes of charges": (
        MinimumCharge(name="Floor", amount_usd=1.0, per=Per.MONTH, of=SOME_CLASSES),
    ),
    "several minimums": (
        MinimumCharge(name="Floor", amount_usd=1.0, per=Per.MONTH),
        MinimumCharge(name="Floor of the wires", amount_usd=1.0, per=Per.MONTH),
    ),
    "a rider that changes within a month": (
        RiderCharge(name="Fuel", klass=SUPPLY, steps=((date(2021, 5, 15), 0.01),)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_what_sam_cannot_express_has_a_reason(reason: str) -> None:
    with pytest.raises(Inexpressible, match=f"^{reason}$"):
        sam_rate(tariff(*REASONS[reason]), NEM_KWH, 0.0)


def test_ladders_are_laid_over_each_other() -> None:
    rate = sam_rate(two_ladders(), NEM_KWH, 0.0)
    assert [(row.ceiling, row.buy_usd_per_kwh) for row in rate.energy] == [
        (100.0, pytest.approx(0.11)),
        (300.0, pytest.approx(0.21)),
        (np.inf, pytest.approx(0.23)),
    ]


def two_ladders() -> Tariff:
    """0.10 and 0.20 on either side of 100 kWh, 0.01 and 0.03 on either side of 300 kWh."""
    return tariff(
        energy(0.10, 0.20, ceilings=(100,)), energy(0.01, 0.03, ceilings=(300,), name="Wires")
    )


def test_a_rider_is_in_the_price_of_its_months() -> None:
    rider = RiderCharge(
        name="Fuel", klass=SUPPLY, steps=((date(2021, 1, 1), 0.01), (date(2021, 5, 1), 0.02))
    )
    rate = sam_rate(tariff(energy(0.1), rider), NEM_KWH, 0.0)
    assert [day[0] for day in rate.weekday] == [1] * 4 + [2] * 8
    assert [row.buy_usd_per_kwh for row in rate.energy] == pytest.approx([0.11, 0.12])
