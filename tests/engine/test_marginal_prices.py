"""Marginal prices are the derivative of the energy lines: checked against finite differences."""

from datetime import UTC, date, datetime

import numpy as np
import pytest

import kwhen
from kwhen.catalog.plans import plan_keys
from kwhen.engine.compensation import Netting
from kwhen.engine.tariff import IndexedEnergyCharge

STEP_KWH = 1e-3
# The bill's energy lines are sums of some hundred dollars in float64, divided by STEP_KWH.
NOISE_USD_PER_KWH = 1e-9
MONTH = (date(2025, 6, 1), date(2025, 7, 1))
STEPS = 30 * 96
PROBES = 12


def energy_usd(bill: kwhen.Bill) -> np.ndarray:
    """Energy lines, riders and percentages of each home, unrounded, less those of the first."""
    lines = [x for x in bill.lines if x.unit == "kWh" and x.charge != "Net surplus compensation"]
    percentages = [x for x in bill.lines if x.unit == "USD" and not x.charge.startswith("Credit")]
    return sum(
        (x.exact_usd - x.exact_usd[0] for x in lines + percentages), np.zeros(2 * PROBES + 1)
    )


def probed(rng: np.random.Generator, usage_kwh: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usage, and twice per probe: a little more and a little less in one step. (H, N)"""
    steps = rng.choice(len(usage_kwh), PROBES, replace=False)
    homes = np.tile(usage_kwh, (2 * PROBES + 1, 1))
    homes[1 + 2 * np.arange(PROBES), steps] += STEP_KWH
    homes[2 + 2 * np.arange(PROBES), steps] -= STEP_KWH
    return homes, steps


def slope(usd: np.ndarray) -> np.ndarray:
    """Central differences of the probes. (PROBES,)"""
    return (usd[1::2] - usd[2::2]) / (2 * STEP_KWH)


@pytest.mark.parametrize("key", plan_keys())
@pytest.mark.parametrize("kwh_per_day", [6.0, 31.0])
def test_import_price_is_the_slope_of_the_energy_lines(key: str, kwh_per_day: float) -> None:
    plan = kwhen.rate_plan(key)
    assert not any(
        isinstance(charge, IndexedEnergyCharge) for v in plan.versions for charge in v.charges
    )
    rng = np.random.default_rng(len(key))
    usage_kwh = rng.uniform(0.5, 1.5, STEPS) * kwh_per_day / 96
    found = kwhen.prices(plan, *MONTH, expected_kwh=usage_kwh, nearest=True)
    homes_kwh, steps = probed(rng, usage_kwh)
    bills = kwhen.bill(plan, homes_kwh, start=MONTH[0], nearest=True)
    expected = slope(energy_usd(bills))
    assert found.import_usd_per_kwh[steps] == pytest.approx(expected, abs=NOISE_USD_PER_KWH)


NETTING = [
    (key, rule.name)
    for key in plan_keys()
    for rule in kwhen.rate_plan(key).versions[-1].export_rules
    if rule.netting is Netting.PERIODS and key.endswith(("T-B", "E-ELEC", "EV2-A", "RS"))
]


@pytest.mark.parametrize(("key", "rule"), sorted(set(NETTING)))
@pytest.mark.parametrize("export_share", [0.5, 1.6])
def test_netted_prices_are_the_slopes_of_import_and_export(
    key: str, rule: str, export_share: float
) -> None:
    plan, customer = kwhen.rate_plan(key), kwhen.Customer(export_rule=rule)
    rng = np.random.default_rng(7)
    import_kwh = rng.uniform(0.5, 1.5, STEPS) * 0.2
    export_kwh = rng.uniform(0.5, 1.5, STEPS) * 0.2 * export_share
    if plan.versions[-1].export_rules[0].in_kwh and export_share > 1:
        pytest.skip("a surplus in kWh is priced when it is used, not when it is exported")
    found = kwhen.prices(
        plan, *MONTH, expected_kwh=import_kwh, expected_export_kwh=export_kwh,
        customer=customer, nearest=True,
    )  # fmt: skip
    homes_kwh, steps = probed(rng, import_kwh)
    exports = np.tile(export_kwh, (len(homes_kwh), 1))
    bills = kwhen.bill(plan, homes_kwh, exports, start=MONTH[0], customer=customer, nearest=True)
    expected = slope(energy_usd(bills))
    assert found.import_usd_per_kwh[steps] == pytest.approx(expected, abs=NOISE_USD_PER_KWH)
    homes_kwh, steps = probed(rng, export_kwh)
    imports = np.tile(import_kwh, (len(homes_kwh), 1))
    bills = kwhen.bill(plan, imports, homes_kwh, start=MONTH[0], customer=customer, nearest=True)
    expected = -slope(energy_usd(bills))
    assert found.export_usd_per_kwh[steps] == pytest.approx(expected, abs=NOISE_USD_PER_KWH)


def test_under_nbt_export_earns_its_table_and_import_pays_retail() -> None:
    plan = kwhen.rate_plan("14328/E-ELEC")
    day = (date(2026, 7, 15), date(2026, 7, 16))
    found = kwhen.prices(plan, *day, customer=kwhen.Customer(export_rule="NBT26"))
    export_kwh = np.zeros((97, 96))
    export_kwh[1 + np.arange(96), np.arange(96)] = STEP_KWH
    bills = kwhen.bill(
        plan,
        np.ones((97, 96)),
        export_kwh,
        start=day[0],
        customer=kwhen.Customer(export_rule="NBT26"),
    )
    credits = sum(x.exact_usd for x in bills.lines if x.charge.startswith("Credit from"))
    assert found.export_usd_per_kwh == pytest.approx(-credits[1:] / STEP_KWH, abs=1e-9)
    assert found.export_rule == "NBT26"


def test_slots_count_from_the_start_and_take_the_price_in_force_there() -> None:
    # The peak of E-TOU-D is 17:00 to 20:00 on weekdays: 01:00 to 04:00 UTC in February.
    start = datetime(2025, 2, 25, 16, 13, 37, 902000, tzinfo=UTC)
    found = kwhen.prices(
        kwhen.rate_plan("14328/E-TOU-D"), start, start.replace(day=26), nearest=True
    )
    price = found.import_usd_per_kwh
    assert len(price) == 96
    assert np.flatnonzero(np.diff(price)).tolist() == [35, 47]
    assert price[40] - price[0] == pytest.approx(0.03861)
    assert np.all(found.export_usd_per_kwh >= 0)


def test_more_expected_use_prices_the_upper_tier() -> None:
    plan = kwhen.rate_plan("14328/E-1/T-B")
    day = (date(2026, 7, 15), date(2026, 7, 16))
    low = kwhen.prices(plan, *day, expected_kwh=100.0).import_usd_per_kwh
    high = kwhen.prices(plan, *day, expected_kwh=900.0).import_usd_per_kwh
    assert np.all(high > low)
    assert kwhen.prices(plan, *day, tier_mode="tier:2").import_usd_per_kwh == pytest.approx(high)
    sure = kwhen.prices(plan, *day, expected_kwh=900.0, tier_mode="expected", spread_frac=0.01)
    assert sure.import_usd_per_kwh == pytest.approx(high)
    unsure = kwhen.prices(
        plan, *day, expected_kwh=201.5, tier_mode="expected", spread_frac=0.2
    )  # 6.5 kWh a day: the middle of the spread
    assert unsure.import_usd_per_kwh == pytest.approx((low + high) / 2, abs=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"expected_kwh": np.ones(7)}, "give one number, 1 monthly values or 96 values"),
        ({"expected_kwh": -1.0}, "finite and 0 or more"),
        ({"tier_mode": "average"}, "'final', 'expected' or 'tier:k'"),
        ({"tier_mode": "tier:²"}, "'final', 'expected' or 'tier:k'"),
        ({"step_minutes": 7}, "must divide an hour"),
    ],
)
def test_what_cannot_be_priced_is_refused(wrong: dict[str, object], message: str) -> None:
    plan = kwhen.rate_plan("14328/E-ELEC")
    with pytest.raises(kwhen.UsageError, match=message):
        kwhen.prices(plan, date(2026, 7, 1), date(2026, 7, 2), **wrong)  # type: ignore[arg-type]
    with pytest.raises(kwhen.UsageError, match="no time zone"):
        kwhen.prices(plan, datetime(2026, 7, 1), date(2026, 7, 2))
    with pytest.raises(kwhen.CoverageError, match="no version in force"):
        kwhen.prices(plan, date(1999, 7, 1), date(1999, 7, 2))
